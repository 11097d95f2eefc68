//! Text that was pasted from web pages and office programs, as CLIP's own tokenizer cleans it.
//!
//! CLIP was trained on captions from web pages whose typography had been undone: entities of HTML,
//! curly quotes, full-width letters, ligatures. A query that is pasted with them would be read as
//! other words. `tokenizer.json` does not have these rules, it only lowers case and joins whitespace.
//!
//! Source: `basic_clean` and `whitespace_clean` of OpenAI's `simple_tokenizer.py`, and the steps of
//! `ftfy.fix_text` that change typography. Its repair of text in a wrong encoding is left out.

/// The text with its typography undone and its whitespace joined.
pub fn clean_pasted(text: &str) -> String {
    let plain: String = text.chars().filter_map(plain_char).collect();
    // Twice, as OpenAI does: captions were often escaped twice.
    let unescaped = unescape(&unescape(&plain));
    let words: Vec<_> = unescaped.split_whitespace().collect();
    spelt_out(&words.join(" "))
}

/// A character as it is on a typewriter; `None` for one that is not printed.
fn plain_char(c: char) -> Option<char> {
    match c {
        '\u{2018}'..='\u{201b}' | '\u{2bc}' => Some('\''),
        '\u{201c}'..='\u{201f}' => Some('"'),
        // Full-width forms of ASCII, in the same order.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xff01 + 0x21),
        '\u{3000}' => Some(' '),
        '\0'..='\u{8}' | '\u{b}' | '\u{e}'..='\u{1f}' | '\u{7f}' => None,
        '\u{206a}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffc}' => None,
        c => Some(c),
    }
}

/// Ligatures as the letters they stand for.
fn spelt_out(text: &str) -> String {
    const LIGATURES: [(char, &str); 7] = [
        ('ﬀ', "ff"),
        ('ﬁ', "fi"),
        ('ﬂ', "fl"),
        ('ﬃ', "ffi"),
        ('ﬄ', "ffl"),
        ('ﬅ', "ſt"),
        ('ﬆ', "st"),
    ];
    let mut text = text.to_owned();
    for (ligature, letters) in LIGATURES {
        if text.contains(ligature) {
            text = text.replace(ligature, letters);
        }
    }
    text
}

/// The entities that pasted text has: those of XML, spaces, dashes, quotes and the like. The letters
/// of Latin-1 follow in [`LATIN_1`].
const ENTITIES: [(&str, char); 21] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("ensp", '\u{2002}'),
    ("emsp", '\u{2003}'),
    ("thinsp", '\u{2009}'),
    ("zwnj", '\u{200c}'),
    ("zwj", '\u{200d}'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("sbquo", '‚'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("bdquo", '„'),
    ("hellip", '…'),
    ("euro", '€'),
    ("trade", '™'),
];

/// The names of U+00A0 to U+00FF in order.
const LATIN_1: &str = "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg \
    macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 \
    iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave \
    Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc \
    Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc \
    euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave \
    uacute ucirc uuml yacute thorn yuml";

/// Replaces each `&name;`, `&#10;` and `&#x41;` by its character; what is no entity stays.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let mut near = rest.bytes().take(MAX_ENTITY_BYTES + 1);
        let end = near.position(|byte| byte == b';');
        match end.and_then(|end| Some((end, entity(&rest[1..end])?))) {
            Some((end, c)) => {
                out.push(c);
                rest = &rest[end + 1..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out + rest
}

const MAX_ENTITY_BYTES: usize = 10;

/// The character that stands between `&` and `;` by its name or number.
fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => number.parse(),
        };
        return char::from_u32(code.ok()?).and_then(plain_char);
    }
    if let Some((_, c)) = ENTITIES.iter().find(|(known, _)| *known == name) {
        return plain_char(*c);
    }
    let position = LATIN_1.split(' ').position(|known| known == name)?;
    char::from_u32(0xa0 + u32::try_from(position).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand from the rules of OpenAI's tokenizer.
    #[test]
    fn typography_is_undone_as_clip_was_trained() {
        for (typed, read) in [
            ("fish &amp; chips", "fish & chips"),
            ("&amp;amp;", "&"),
            ("&amp;amp;amp;", "&amp;"),
            ("&lt;b&gt;bold&lt;/b&gt;", "<b>bold</b>"),
            ("it&#39;s &#x41; &quot;dog&quot;", "it's A \"dog\""),
            ("caf&eacute; &Agrave; &yuml;", "café À ÿ"),
            ("&nbsp;x&nbsp; y", "x y"),
            ("it’s “quoted” ‘so’", "it's \"quoted\" 'so'"),
            ("can&rsquo;t", "can't"),
            ("ＡＢＣ　ｄｏｇ！", "ABC dog!"),
            ("a ﬁsh, a raﬄe", "a fish, a raffle"),
            (" two\t spaces\r\n here ", "two spaces here"),
            ("bell\u{7} null\0byte \u{feff}x", "bell nullbyte x"),
        ] {
            assert_eq!(clean_pasted(typed), read, "{typed:?}");
        }
    }

    #[test]
    fn what_is_no_entity_stays() {
        for text in [
            "",
            "AT&T",
            "a & b; c",
            "&nosuch;",
            "&;",
            "&#;",
            "&#x110000;",
            "&#xd800;",
            "&amp",
            "&a long sentence;",
            "a café at night — 日本",
            "&é;",
        ] {
            assert_eq!(clean_pasted(text), text);
        }
    }
}
