//! Text in XML.

/// For text and attributes; what XML 1.0 cannot hold becomes U+FFFD.
pub fn xml_escaped(text: &str) -> String {
    let shown = |c: char| match c {
        '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        c => c,
    };
    let text: String = text.chars().map(shown).collect();
    quick_xml::escape::escape(text).into_owned()
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
