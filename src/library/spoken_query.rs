//! What a query asks of subtitles.

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

/// Letters in a row that have an index.
const PART_CHARS: usize = 3;

/// What a query asks of subtitles: that all its words are there, or begin words there. In scripts
/// without spaces between words they may be anywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpokenQuery {
    words: Vec<String>,
    has_spaces: bool,
}

impl SpokenQuery {
    pub fn new(text: &str) -> Self {
        let folded = folded(text);
        let mut words: Vec<_> = words_of(&folded).map(str::to_owned).collect();
        let is_article = |word: &String| matches!(word.as_str(), "a" | "an" | "the");
        if !words.iter().all(is_article) {
            words.retain(|word| !is_article(word));
        }
        let has_spaces = !folded.chars().any(is_without_spaces);
        Self { words, has_spaces }
    }

    /// A table and what it is asked for, in the language of FTS5.
    pub(super) fn full_text(&self) -> Option<(&'static str, String)> {
        let (table, asked): (_, Vec<_>) = match self.has_spaces {
            true => {
                let words = self.words.iter();
                (
                    "caption_words",
                    words.map(|word| format!("\"{word}\"*")).collect(),
                )
            }
            false => {
                let long = self.words.iter().filter(|word| !is_short(word));
                (
                    "caption_parts",
                    long.map(|word| format!("\"{word}\"")).collect(),
                )
            }
        };
        (!asked.is_empty()).then(|| (table, asked.join(" ")))
    }

    /// What must begin words, and what may be anywhere.
    pub(super) fn words_and_parts(&self) -> (&[String], &[String]) {
        match self.has_spaces {
            true => (&self.words, &[]),
            false => (&[], &self.words),
        }
    }

    /// What must be there and is too short for an index.
    pub(super) fn short_parts(&self) -> impl Iterator<Item = &String> {
        let words = self.words.iter().filter(|_| !self.has_spaces);
        words.filter(|word| is_short(word))
    }

    /// How well a caption that has all of it fits.
    pub(super) fn score(&self, text: &str) -> f32 {
        if !self.has_spaces {
            return 1.0;
        }
        let folded = folded(text);
        let said: Vec<_> = words_of(&folded).collect();
        if said
            .windows(self.words.len().max(1))
            .any(|row| row.iter().eq(self.words.iter()))
        {
            1.0
        } else if self.words.iter().all(|word| said.contains(&word.as_str())) {
            0.9
        } else {
            0.8
        }
    }
}

/// In small letters without accents, so that `Été` is `ete`.
pub(super) fn folded(text: &str) -> String {
    let apart = DecomposingNormalizerBorrowed::new_nfd().normalize(text);
    let is_accent = |c: &char| matches!(u32::from(*c), 0x0300..=0x036f);
    let bare: String = apart.chars().filter(|c| !is_accent(c)).collect();
    // What is not an accent, such as the parts of a Korean syllable, belongs together again.
    let whole = ComposingNormalizerBorrowed::new_nfc().normalize(&bare);
    whole.to_lowercase()
}

/// The words of a folded text.
pub(super) fn words_of(folded: &str) -> impl Iterator<Item = &str> {
    let words = folded.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty())
}

fn is_short(word: &str) -> bool {
    word.chars().count() < PART_CHARS
}

/// Of scripts that are written without spaces, or whose words change at their ends: Thai to Burmese,
/// Khmer, Hangul, kana, Han.
fn is_without_spaces(c: char) -> bool {
    matches!(u32::from(c),
        0x0e00..=0x109f | 0x1100..=0x11ff | 0x1780..=0x17ff | 0x3040..=0x30ff | 0x3130..=0x318f
        | 0x31f0..=0x31ff | 0x3400..=0x9fff | 0xac00..=0xd7ff | 0xf900..=0xfaff | 0x20000..=0x3ffff)
}
