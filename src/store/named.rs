//! Files that people name: prompts and detectors, each in its folder.

use std::fs;
use std::io;
use std::path::Path;

/// Of both: tensors.
pub(super) const EXTENSION: &str = "safetensors";

/// Leaves room for the extension in the 255 bytes that file systems allow.
pub(super) const MAX_NAME_BYTES: usize = 200;

/// Names of all files of a folder in alphabetical order; none where there is no folder.
pub(super) fn names_in(dir: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let is_ours = path.extension().is_some_and(|e| e == EXTENSION) && path.is_file();
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        if let Some(name) = stem.filter(|name| is_ours && is_name(name)) {
            names.push(name.to_owned());
        }
    }
    names.sort_by_key(|name| (name.to_lowercase(), name.clone()));
    Ok(names)
}

/// Whether a name is one plain file name on every system.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_NAME_BYTES
        && name.trim() == name
        && !name.starts_with('.')
        && name.chars().all(is_name_char)
}

pub(super) fn is_name_char(c: char) -> bool {
    !c.is_control() && !r#"/\:*?"<>|"#.contains(c)
}
