//! A path as text, for settings, JSON and tables, and the way back.
//!
//! Most paths are text and stand for themselves. One that is not (on Linux a name can be any bytes)
//! becomes a `file://` address, in which every such byte is written as `%E9`. What we write can
//! therefore be read back to the same file, by us and by every program that knows addresses.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serializer};
use url::Url;

/// The path itself, or its address where the path is not text or would be taken for an address.
pub fn path_text(path: &Path) -> String {
    match path.to_str() {
        Some(text) if !is_address(text) => text.to_owned(),
        _ => address(path).unwrap_or_else(|| path.to_string_lossy().into_owned()),
    }
}

/// The path that a text of [`path_text`], a file manager or a user stands for.
pub fn path_of_text(text: &str) -> PathBuf {
    let address = is_address(text).then(|| Url::parse(text).ok()).flatten();
    let path = address.and_then(|address| address.to_file_path().ok());
    path.unwrap_or_else(|| text.into())
}

/// The files that a text names, one in each line, as file managers copy them; none where any of it is no
/// whole path.
pub fn absolute_paths(text: &str) -> Vec<PathBuf> {
    let lines = text.lines().map(str::trim);
    // GNOME says first what is to be done with them.
    let lines =
        lines.filter(|line| !matches!(*line, "" | "copy" | "cut" | "x-special/nautilus-clipboard"));
    let paths: Vec<_> = lines.map(path_of_text).collect();
    if paths.iter().all(|path| path.is_absolute()) {
        paths
    } else {
        Vec::new()
    }
}

fn address(path: &Path) -> Option<String> {
    let absolute = std::path::absolute(path).ok()?;
    Some(Url::from_file_path(absolute).ok()?.into())
}

fn is_address(text: &str) -> bool {
    let scheme = text.get(..6);
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("file:/"))
}

/// For serde's `serialize_with`: serde itself refuses a path that is not text.
pub fn serialize_path<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path_text(path))
}

/// For serde's `with`: a list of paths.
pub mod path_list {
    use super::{Deserialize, Deserializer, PathBuf, Serializer, path_of_text, path_text};

    pub fn serialize<S: Serializer>(paths: &[PathBuf], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(paths.iter().map(|path| path_text(path)))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<PathBuf>, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        Ok(texts.iter().map(|text| path_of_text(text)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stands_for_itself() {
        for text in [
            "/films/kite.mov",
            "kite.mov",
            "카이트 %41.mp4",
            "files/a",
            "",
        ] {
            assert_eq!(path_text(Path::new(text)), text);
            assert_eq!(path_of_text(text), Path::new(text));
        }
    }

    #[test]
    fn addresses_of_files_are_paths_and_others_are_left_alone() {
        for (text, path) in [
            ("file:///a/b%20c.mp4", "/a/b c.mp4"),
            ("file:/a/%EC%97%B0.mp4", "/a/연.mp4"),
            ("FILE://localhost/a/b.mp4", "/a/b.mp4"),
            ("file://elsewhere/a.mp4", "file://elsewhere/a.mp4"),
            ("http://localhost/a.mp4", "http://localhost/a.mp4"),
            ("file:", "file:"),
        ] {
            assert_eq!(path_of_text(text), Path::new(path), "{text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_not_text_come_back_as_they_were() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt as _;
        for bytes in [
            &b"/films/caf\xe9.mp4"[..],
            b"/\xff%41 #?/a",
            b"/\xec\x97/\xb0.mp4",
            b"file:/a", // a folder called `file:`
        ] {
            let path = Path::new(OsStr::from_bytes(bytes));
            let text = path_text(path);
            assert!(text.starts_with("file:///"), "{text}");
            let back = path_of_text(&text);
            assert_eq!(back, std::path::absolute(path).unwrap(), "{text}");
        }
        let text = path_text(Path::new(OsStr::from_bytes(b"/films/caf\xe9.mp4")));
        assert_eq!(text, "file:///films/caf%E9.mp4");
    }
}
