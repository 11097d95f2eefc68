//! Whether a query is in a language that the model can read.
//!
//! CLIP was trained on English captions, and so it finds little for words of other languages, without
//! any sign of it. Words in a script that the tokenizer has no pieces for fall apart into bytes, which
//! is seen for any model. Words in Latin letters look like any others to the tokenizer, so they are
//! told by the common words that most sentences of a language have.

/// Common words that English does not have: Spanish, Portuguese, French, German, Italian.
const FOREIGN: &str = "un una unos unas por sobre está dos tres cuatro rojo roja rojos rojas mujer \
    perro coche corriendo uma não ao pela dois duas mulher homem une dans avec aux qui deux trois \
    femme homme chien der ein eine einen einem einer und auf zwei drei nella della gli uomo donna";

/// Small words of other languages that names in English have too (Los Angeles, Tour de France): one
/// of them says little.
const IN_NAMES: &str = "el la las los le les de da del du des en et di il y das dem den im mit van \
    con para sur nel";

/// Small words of English: where one stands, the query is English, whatever names are in it.
const ENGLISH: &str = "a an the of in on at with and or is are to from for by his her their who that \
    this someone man woman people up into near over i it my you not no";

/// A sentence in languages of several scripts: how many bytes its pieces stand for tells whether a
/// tokenizer has words of them.
const KOREAN: &str = "여자가 개와 함께 해변을 걷는다";
const OF_MANY: [&str; 5] = [
    KOREAN,
    "женщина гуляет по пляжу с собакой",
    "女の人が犬と海辺を歩いている",
    "امرأة تمشي على الشاطئ مع كلبها",
    "एक महिला अपने कुत्ते के साथ चल रही है",
];
const OF_ENGLISH: &str = "a woman walks along the beach with her dog";

/// What a model reads, as its tokenizer shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Languages {
    /// CLIP's, and those that cannot be told.
    English,
    Korean,
    Many,
}

impl Languages {
    /// By how many pieces a text is cut into.
    pub fn of<E>(n_pieces: impl Fn(&str) -> Result<usize, E>) -> Result<Self, E> {
        let has_words = |text: &&str| Ok(3 * n_pieces(text)? <= n_bytes(text));
        let n_read = OF_MANY.iter().filter_map(|text| match has_words(text) {
            Ok(false) => None,
            told => Some(told.map(drop)),
        });
        let n_read = n_read.collect::<Result<Vec<()>, E>>()?.len();
        if n_read + 1 >= OF_MANY.len() {
            return Ok(Self::Many);
        }
        // English is hardly longer in pieces than in words where it was learned.
        let n_words = OF_ENGLISH.split(' ').count();
        let is_english = 2 * n_pieces(OF_ENGLISH)? <= 3 * n_words;
        Ok(match has_words(&KOREAN)? && !is_english {
            true => Self::Korean,
            false => Self::English,
        })
    }

    /// For a person who should say it in another language.
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Korean => "Korean",
            Self::Many => "many languages, but not this one",
        }
    }
}

/// Whether the model will hardly understand `words`, which its tokenizer cuts into `n_pieces`.
pub(super) fn is_hardly_read(words: &str, n_pieces: usize, languages: Languages) -> bool {
    match languages {
        Languages::English => falls_into_bytes(words, n_pieces) || has_foreign_words(words),
        Languages::Many => falls_into_bytes(words, n_pieces),
        Languages::Korean => {
            falls_into_bytes(words, n_pieces) || falls_into_letters(words, n_pieces)
        }
    }
}

/// Whether most letters are Latin and a piece stands for less than two of them.
fn falls_into_letters(words: &str, n_pieces: usize) -> bool {
    let letters = || words.chars().filter(|c| c.is_alphabetic());
    let n_latin = letters().filter(|&c| is_latin(c)).count();
    2 * n_latin > letters().count() && 2 * n_pieces > n_latin
}

fn n_bytes(words: &str) -> usize {
    words.split_whitespace().map(str::len).sum()
}

/// Whether most letters are of another script than Latin, and the tokenizer has no pieces of words
/// for it. CLIP's has one piece for three or four bytes of English, and more than one for three bytes
/// of Korean, Russian, Japanese, Arabic or Greek.
fn falls_into_bytes(words: &str, n_pieces: usize) -> bool {
    let letters = || words.chars().filter(|c| c.is_alphabetic());
    let n_other = letters().filter(|&c| !is_latin(c)).count();
    2 * n_other > letters().count() && 3 * n_pieces > n_bytes(words)
}

/// Latin letters, with marks or without, also in their full width.
fn is_latin(c: char) -> bool {
    matches!(c, '\0'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' | '\u{ff21}'..='\u{ff5a}' | 'ﬀ'..='ﬆ')
}

fn has_foreign_words(words: &str) -> bool {
    let is_in = |list: &str, word: &str| list.split(' ').any(|known| known == word);
    let mut words: Vec<&str> = words
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty())
        .collect();
    words.sort_unstable();
    words.dedup();
    if words
        .iter()
        .any(|word| is_in(ENGLISH, &word.to_lowercase()))
    {
        return false;
    }
    // Compared as typed: UN is not "un".
    let count = |list: &str| words.iter().filter(|word| is_in(list, word)).count();
    let has_marks = words.iter().any(|word| !word.is_ascii());
    2 * count(FOREIGN) + count(IN_NAMES) + usize::from(has_marks) >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With the number of pieces that CLIP's own vocabulary of 49,408 entries gives.
    #[test]
    fn other_languages_are_told_from_english() {
        for (query, n_pieces) in [
            ("собака бежит по пляжу", 24),
            ("красная машина", 15),
            ("개가 해변을 달린다", 16),
            ("빨간 자동차", 10),
            ("犬が走る", 10),
            ("一只狗在跑", 12),
            ("الكلب يجري", 8),
            ("σκύλος τρέχει", 24),
            ("un perro corriendo en la playa", 8),
            ("perro en la playa", 5),
            ("un chien court sur la plage", 8),
            ("ein hund rennt am strand", 7),
            ("un homme à vélo", 6),
            ("dos corazones rojos", 5),
        ] {
            assert!(
                is_hardly_read(query, n_pieces, Languages::English),
                "{query}"
            );
        }
    }

    #[test]
    fn english_with_accents_and_names_gets_no_hint() {
        for (query, n_pieces) in [
            ("a dog running on the beach", 6),
            ("a café at night", 4),
            ("a naïve jalapeño piñata", 8),
            ("Beyoncé", 3),
            ("jalapeño piñata", 7),
            ("no parking sign", 3),
            ("crème brûlée with a spoon", 7),
            ("Los Angeles at night", 4),
            ("tour de france", 3),
            ("UN soldiers", 2),
            ("la la land", 3),
            ("El Niño", 3),
            ("a sign that says собака", 10),
            ("two red hearts", 3),
            ("ＡＢＣ", 3),
            ("42 %", 3),
            ("🐕", 2),
        ] {
            assert!(
                !is_hardly_read(query, n_pieces, Languages::English),
                "{query}"
            );
        }
    }

    #[test]
    fn a_tokenizer_that_has_words_of_the_script_reads_it() {
        for (query, n_pieces) in [
            ("개가 해변을 달린다", 5),
            ("собака бежит по пляжу", 7),
            ("一只狗在跑", 5),
            ("un perro corriendo en la playa", 6),
        ] {
            assert!(!is_hardly_read(query, n_pieces, Languages::Many), "{query}");
        }
        // A script that even this one has no pieces for.
        assert!(is_hardly_read("ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ", 27, Languages::Many));
    }

    #[test]
    fn what_a_tokenizer_reads_is_told_by_its_pieces() {
        let told = |bytes_per_piece: usize, letters_per_piece: usize| {
            Languages::of(|text: &str| {
                let n_bytes = n_bytes(text);
                let is_english = text.is_ascii();
                let n = if is_english {
                    letters_per_piece
                } else {
                    bytes_per_piece
                };
                Ok::<_, ()>(n_bytes.div_ceil(n))
            })
        };
        assert_eq!(told(1, 4), Ok(Languages::English), "CLIP");
        assert_eq!(told(6, 4), Ok(Languages::Many), "Gemma's");
        assert_eq!(told(1, 1), Ok(Languages::English), "nothing can be told");
        let korean = Languages::of(|text: &str| {
            let has_words = text == KOREAN;
            Ok::<_, ()>(n_bytes(text).div_ceil(if has_words { 6 } else { 1 }))
        });
        assert_eq!(korean, Ok(Languages::Korean));
        assert!(is_hardly_read("a dog on the beach", 14, Languages::Korean));
        assert!(!is_hardly_read("개가 해변을 달린다", 5, Languages::Korean));
        assert!(!is_hardly_read("42", 2, Languages::Korean));
    }
}
