//! Words for people: numbers with their nouns, names of files, texts that fit a line.

use std::path::Path;

/// `1 clip`, `2 clips`, `0 queries`: for nouns with a regular plural.
pub fn count(n: usize, noun: &str) -> String {
    match (n, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (n, Some(stem)) => format!("{n} {stem}ies"),
        (n, None) => format!("{n} {noun}s"),
    }
}

/// The verb that goes with so many: `verb(1, "is", "are")`.
pub fn verb<'a>(n: usize, of_one: &'a str, of_many: &'a str) -> &'a str {
    if n == 1 { of_one } else { of_many }
}

/// The last part of the path.
pub fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// Joins lines, so that an error is one line whatever is in it, and removes what a terminal would
/// take for a command.
pub fn one_line(text: &str) -> String {
    plain(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The text without control characters, which would begin an escape sequence of the terminal.
pub fn plain(text: &str) -> String {
    let shown = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    text.chars().map(shown).collect()
}

/// The text itself, or its first `n_chars` characters and `…` where it is longer.
pub fn beginning(text: &str, n_chars: usize) -> String {
    match text.char_indices().nth(n_chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular_and_nothing_is_not() {
        assert_eq!(count(1, "clip"), "1 clip");
        assert_eq!(count(0, "clip"), "0 clips");
        assert_eq!(count(1, "query"), "1 query");
        assert_eq!(count(12, "query"), "12 queries");
        assert_eq!(
            [0, 1, 2].map(|n| verb(n, "fits", "fit")),
            ["fit", "fits", "fit"]
        );
    }

    #[test]
    fn errors_are_one_harmless_line() {
        assert_eq!(one_line("a\n  b\u{1b}[2J"), "a b\u{fffd}[2J");
    }

    #[test]
    fn a_long_text_is_told_by_its_beginning() {
        assert_eq!(beginning("été", 3), "été");
        assert_eq!(beginning("étés", 3), "été…");
    }

    #[test]
    fn a_path_without_a_last_part_is_its_own_name() {
        assert_eq!(file_name(Path::new("/films/kite.mov")), "kite.mov");
        assert_eq!(file_name(Path::new("/")), "/");
        assert_eq!(file_name(Path::new("..")), "..");
    }
}
