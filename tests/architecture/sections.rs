//! Sections of the design that the sources cite.

use std::collections::BTreeSet;

/// The sections of the design that a text cites as `section N`, or as an anchor, and that are not
/// there.
pub fn missing_sections(design: &str, text: &str) -> Vec<String> {
    let headings = design.lines().filter(|line| line.starts_with('#'));
    let headings = headings.map(|line| line.trim_start_matches('#').trim().to_lowercase());
    let mut numbers = BTreeSet::new();
    let mut anchors = BTreeSet::new();
    for heading in headings {
        numbers.extend(heading.split_once('.').map(|(number, _)| number.to_owned()));
        let kept = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
        let anchor: String = heading.chars().filter(|c| kept(*c)).collect();
        anchors.insert(anchor.replace(' ', "-"));
    }
    let lines = text
        .lines()
        .map(|line| line.trim().trim_start_matches(['/', '!']).trim());
    let text = lines.collect::<Vec<_>>().join(" ");
    let mut missing = Vec::new();
    for cited in text.split("DESIGN").skip(1) {
        let cited = cited.strip_prefix(".md").unwrap_or(cited);
        if let Some(anchor) = cited.strip_prefix('#') {
            let end = anchor.find(|c: char| !c.is_alphanumeric() && c != '-' && c != '_');
            let anchor = &anchor[..end.unwrap_or(anchor.len())];
            if !anchors.contains(anchor) {
                missing.push(format!("#{anchor}"));
            }
        } else if let Some(sections) = cited.strip_prefix(" section") {
            let n_cited = if sections.starts_with('s') {
                usize::MAX
            } else {
                1
            };
            let words = sections.trim_start_matches('s').split_whitespace();
            let words = words.filter(|word| *word != "and");
            let leading = |word: &str| word.chars().take_while(char::is_ascii_digit).collect();
            let cited = words
                .map(leading)
                .take_while(|digits: &String| !digits.is_empty());
            let cited = cited
                .take(n_cited)
                .filter(|number| !numbers.contains(number));
            missing.extend(cited.map(|number| format!("section {number}")));
        }
    }
    missing
}

#[test]
fn missing_sections_are_seen() {
    let design = "# The design\n## 1. What flows where\n## 2. The house (today)\n";
    for (cited, missing) in [
        (" section 1).", &[][..]),
        (".md section 3", &["section 3"]),
        ("\n//! section 12, 1", &["section 12"]),
        (" sections 1, 2 and 4 of it, 5", &["section 4"]),
        (".md#1-what-flows-where)", &[]),
        (".md#2-the-house-today", &[]),
        (".md#1-what-flows", &["#1-what-flows"]),
        (" is a page", &[]),
    ] {
        // In two pieces, because this file is searched as well.
        let text = format!("//! See {}{cited}", "DESIGN");
        assert_eq!(missing_sections(design, &text), missing, "{text}");
    }
}
