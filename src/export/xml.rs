//! Text in XML.

/// The text with U+FFFD for every character that XML 1.0 cannot hold, not escaped yet.
pub(super) fn xml_text(text: &str) -> String {
    let shown = |c: char| match c {
        '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        c => c,
    };
    text.chars().map(shown).collect()
}

/// The same, ready to stand in an element or an attribute.
pub fn xml_escaped(text: &str) -> String {
    quick_xml::escape::escape(xml_text(text)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_reads_otherwise_is_escaped() {
        assert_eq!(
            xml_escaped("a<b>&\"c'\n\u{fffe}é"),
            "a&lt;b&gt;&amp;&quot;c&apos;\u{fffd}\u{fffd}é"
        );
    }
}
