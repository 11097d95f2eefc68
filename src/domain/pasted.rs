//! Text as it is copied from web pages and office programs, made into what a model was taught on.
//!
//! OpenAI cleaned every caption with `ftfy` and `html.unescape`, twice, before its tokenizer saw it.
//! This is the part of that which pasted queries need: a model that reads `&amp;` or full-width
//! letters as they are finds something else.

/// The longest name or number between `&` and `;`.
const MAX_ENTITY_CHARS: usize = 10;

/// Entities replaced, full-width letters and ligatures made plain, curly quotes made straight, byte
/// order marks left out.
pub fn clean_pasted(text: &str) -> String {
    let text = unescaped(&unescaped(text));
    let mut cleaned = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{2018}'..='\u{201b}' => cleaned.push('\''),
            '\u{201c}'..='\u{201f}' => cleaned.push('"'),
            '\u{ff01}'..='\u{ff5e}' => cleaned.extend(char::from_u32(u32::from(c) - 0xfee0)),
            '\u{fb00}' => cleaned.push_str("ff"),
            '\u{fb01}' => cleaned.push_str("fi"),
            '\u{fb02}' => cleaned.push_str("fl"),
            '\u{fb03}' => cleaned.push_str("ffi"),
            '\u{fb04}' => cleaned.push_str("ffl"),
            '\u{feff}' => {}
            c => cleaned.push(c),
        }
    }
    cleaned
}

fn unescaped(text: &str) -> String {
    let mut rest = text;
    let mut out = String::with_capacity(text.len());
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let end = after.find(';').filter(|&end| end <= MAX_ENTITY_CHARS);
        match end.and_then(|end| Some((entity(&after[..end])?, end))) {
            Some((c, end)) => {
                out.push(c);
                rest = &after[end + 1..];
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out + rest
}

/// Those that text, not mathematics, is written with.
fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        return char::from_u32(code.ok()?).filter(|c| *c != '\0');
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        "laquo" => '«',
        "raquo" => '»',
        "deg" => '°',
        "euro" => '€',
        "copy" => '©',
        "reg" => '®',
        "trade" => '™',
        "agrave" => 'à',
        "aacute" => 'á',
        "acirc" => 'â',
        "atilde" => 'ã',
        "auml" => 'ä',
        "aring" => 'å',
        "ccedil" => 'ç',
        "egrave" => 'è',
        "eacute" => 'é',
        "ecirc" => 'ê',
        "euml" => 'ë',
        "iacute" => 'í',
        "ntilde" => 'ñ',
        "oacute" => 'ó',
        "ocirc" => 'ô',
        "ouml" => 'ö',
        "oslash" => 'ø',
        "szlig" => 'ß',
        "uacute" => 'ú',
        "uuml" => 'ü',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pages_write_for_signs_is_the_sign() {
        for (pasted, plain) in [
            ("cats &amp; dogs", "cats & dogs"),
            ("cats &amp;amp; dogs", "cats & dogs"),
            ("&lt;b&gt; &#39;x&#x27;", "<b> 'x'"),
            ("caf&eacute;", "café"),
            ("&ldquo;stop&rdquo;", "\"stop\""),
            ("R&B; rock & roll", "R&B; rock & roll"),
            (
                "&unknown; &; &#0; &#x110000;",
                "&unknown; &; &#0; &#x110000;",
            ),
            ("&", "&"),
        ] {
            assert_eq!(clean_pasted(pasted), plain, "{pasted}");
        }
    }

    #[test]
    fn letters_and_quotes_are_those_of_a_keyboard() {
        for (pasted, plain) in [
            ("ｒｅｄ　ｃａｒ！", "red\u{3000}car!"),
            ("the dog’s “ball”", "the dog's \"ball\""),
            ("‚low‛ „high‟", "'low' \"high\""),
            ("ﬁre ﬂies", "fire flies"),
            ("\u{feff}a\tb", "a\tb"),
            ("빨간 자동차 — été", "빨간 자동차 — été"),
        ] {
            assert_eq!(clean_pasted(pasted), plain, "{pasted}");
        }
    }
}
