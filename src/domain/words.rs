//! Words for people: numbers with their nouns, names of files, and what a panic said.

use std::any::Any;
use std::path::Path;

/// `1 clip`, `2 clips`, `0 queries`: for nouns with a regular plural.
pub fn count(n: usize, noun: &str) -> String {
    match (n, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (n, Some(stem)) => format!("{n} {stem}ies"),
        (n, None) => format!("{n} {noun}s"),
    }
}

/// The last part of the path.
pub fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// What a panic said, from the payload that `catch_unwind` gives.
pub fn panic_text(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("unknown")
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
    }

    #[test]
    fn a_path_without_a_last_part_is_its_own_name() {
        assert_eq!(file_name(Path::new("/films/kite.mov")), "kite.mov");
        assert_eq!(file_name(Path::new("/")), "/");
        assert_eq!(file_name(Path::new("..")), "..");
    }
}
