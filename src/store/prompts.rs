//! The user's prompts: one file each, under the name the user gave it, never evicted.
//!
//! This module knows only names and files; the model knows what is in a file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::store::atomic;
use crate::store::named::{EXTENSION, MAX_NAME_BYTES, is_name, is_name_char, names_in};

/// Far above any prompt, and small enough to read whole.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// Why a prompt cannot be kept, found or moved.
#[derive(Debug, thiserror::Error)]
pub enum PromptFileError {
    #[error("{0:?} cannot be a prompt's name: use letters, digits and spaces, at most 200 bytes")]
    Name(String),
    #[error("there is already a prompt named {0:?}: choose another name or delete that one first")]
    Taken(String),
    #[error("there is no prompt named {0:?}")]
    Unknown(String),
    #[error("{0} is too large for a prompt")]
    TooLarge(PathBuf),
    #[error("cannot read or write the prompt {path}: {cause}")]
    Io { path: PathBuf, cause: io::Error },
}

/// The directory of all prompts.
#[derive(Clone, Debug)]
pub struct PromptFolder {
    dir: PathBuf,
}

impl PromptFolder {
    /// The directory is made when something is saved.
    pub fn new(data_dir: &Path) -> Self {
        Self {
            dir: data_dir.join("prompts"),
        }
    }

    /// Names of all prompts in alphabetical order.
    pub fn names(&self) -> Result<Vec<String>, PromptFileError> {
        names_in(&self.dir).map_err(io_error(&self.dir))
    }

    pub fn read(&self, name: &str) -> Result<Vec<u8>, PromptFileError> {
        read_bounded(&self.existing(name)?)
    }

    /// Writes a prompt, replacing one of the same name; a failure leaves the old one untouched.
    pub fn save(&self, name: &str, bytes: &[u8]) -> Result<(), PromptFileError> {
        let path = self.path(name)?;
        atomic::write(&path, bytes).map_err(io_error(&path))
    }

    /// # Errors
    /// [`PromptFileError::Taken`] rather than replacing another prompt.
    pub fn rename(&self, name: &str, new_name: &str) -> Result<(), PromptFileError> {
        let (from, to) = (self.existing(name)?, self.path(new_name)?);
        if from == to {
            return Ok(());
        }
        if to.exists() {
            return Err(PromptFileError::Taken(new_name.to_owned()));
        }
        fs::rename(&from, &to).map_err(io_error(&from))
    }

    pub fn delete(&self, name: &str) -> Result<(), PromptFileError> {
        let path = self.existing(name)?;
        fs::remove_file(&path).map_err(io_error(&path))
    }

    /// Copies a prompt to a file of the user's choice.
    pub fn export(&self, name: &str, to: &Path) -> Result<(), PromptFileError> {
        atomic::write(to, &self.read(name)?).map_err(io_error(to))
    }

    /// Copies the file `from` into the folder under a free name made from its file name, and returns
    /// that name.
    ///
    /// Only the size is checked: decode [`PromptFolder::read_file`] first.
    pub fn import(&self, from: &Path) -> Result<String, PromptFileError> {
        let bytes = Self::read_file(from)?;
        let stem = from.file_stem().map(|stem| stem.to_string_lossy());
        let name = self.free_name(stem.as_deref().unwrap_or("prompt"))?;
        self.save(&name, &bytes)?;
        Ok(name)
    }

    /// The bytes of a prompt file in any place.
    pub fn read_file(path: &Path) -> Result<Vec<u8>, PromptFileError> {
        read_bounded(path)
    }

    /// A name like `wish` that no prompt has: [`PromptFolder::name_like`], with a number if that name
    /// is taken.
    pub fn free_name(&self, wish: &str) -> Result<String, PromptFileError> {
        let base = Self::name_like(wish);
        let mut name = base.clone();
        let mut n = 2;
        while self.path(&name)?.exists() {
            name = format!("{base} {n}");
            n += 1;
        }
        Ok(name)
    }

    /// The nearest possible name to any wish: characters that file names cannot have become spaces.
    pub fn name_like(wish: &str) -> String {
        let allowed = |c: char| if is_name_char(c) { c } else { ' ' };
        let cleaned: String = wish.chars().map(allowed).collect();
        let words: Vec<_> = cleaned.split_whitespace().collect();
        let mut base = words.join(" ");
        while base.len() > MAX_NAME_BYTES - 8 {
            base.pop();
        }
        match base.trim_start_matches(['.', ' ']).trim_end() {
            base if is_name(base) => base.to_owned(),
            _ => "prompt".to_owned(),
        }
    }

    fn existing(&self, name: &str) -> Result<PathBuf, PromptFileError> {
        let path = self.path(name)?;
        if path.is_file() {
            Ok(path)
        } else {
            Err(PromptFileError::Unknown(name.to_owned()))
        }
    }

    fn path(&self, name: &str) -> Result<PathBuf, PromptFileError> {
        if is_name(name) {
            Ok(self.dir.join(format!("{name}.{EXTENSION}")))
        } else {
            Err(PromptFileError::Name(name.to_owned()))
        }
    }
}

fn read_bounded(path: &Path) -> Result<Vec<u8>, PromptFileError> {
    let metadata = fs::metadata(path).map_err(io_error(path))?;
    if metadata.len() > MAX_FILE_BYTES {
        return Err(PromptFileError::TooLarge(path.to_path_buf()));
    }
    fs::read(path).map_err(io_error(path))
}

fn io_error(path: &Path) -> impl Fn(io::Error) -> PromptFileError {
    let path = path.to_path_buf();
    move |cause| PromptFileError::Io {
        path: path.clone(),
        cause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_are_kept_listed_renamed_and_deleted() {
        let dir = tempfile::tempdir().unwrap();
        let folder = PromptFolder::new(dir.path());
        assert!(folder.names().unwrap().is_empty());
        folder.save("the red kite", b"one").unwrap();
        folder.save("Boats", b"two").unwrap();
        folder.save("Boats", b"three").unwrap();
        assert_eq!(folder.names().unwrap(), ["Boats", "the red kite"]);
        assert_eq!(folder.read("Boats").unwrap(), b"three");

        let taken = folder.rename("Boats", "the red kite").unwrap_err();
        assert!(taken.to_string().contains("already"), "{taken}");
        folder.rename("Boats", "ships").unwrap();
        folder.delete("the red kite").unwrap();
        assert_eq!(folder.names().unwrap(), ["ships"]);
        assert!(matches!(
            folder.delete("Boats"),
            Err(PromptFileError::Unknown(_))
        ));
    }

    #[test]
    fn a_name_never_leaves_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let folder = PromptFolder::new(dir.path());
        for name in [
            "",
            "..",
            "../up",
            "a/b",
            "a\\b",
            " a",
            ".hidden",
            "a\0b",
            &"x".repeat(201),
        ] {
            assert!(folder.save(name, b"").is_err(), "{name:?}");
        }
        assert!(!dir.path().join("prompts").exists());
    }

    #[test]
    fn import_and_export_keep_the_bytes_and_no_name_is_taken_twice() {
        let dir = tempfile::tempdir().unwrap();
        let folder = PromptFolder::new(dir.path());
        folder.save("kite", b"numbers").unwrap();
        let file = dir.path().join("kite.safetensors");
        folder.export("kite", &file).unwrap();
        assert_eq!(folder.import(&file).unwrap(), "kite 2");
        assert_eq!(folder.read("kite 2").unwrap(), b"numbers");
        assert_eq!(folder.free_name("a/b: c?").unwrap(), "a b c");
        assert_eq!(folder.free_name("/").unwrap(), "prompt");
        assert!(folder.import(&dir.path().join("none")).is_err());
    }

    #[test]
    fn every_wish_gets_a_name_that_a_file_can_have() {
        for (wish, name) in [
            (". .net logo", "net logo"),
            (" . .. a.b ", "a.b"),
            ("…", "…"),
            (". .", "prompt"),
            ("\u{7f}. \u{3000}", "prompt"),
        ] {
            assert_eq!(PromptFolder::name_like(wish), name, "{wish:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_name_like_any_text_is_a_name(wish in "[. /\u{7f}\u{3000}\u{e9}a-c]{0,300}|\\PC{0,80}") {
            let name = PromptFolder::name_like(&wish);
            proptest::prop_assert!(is_name(&name), "{:?}", name);
        }
    }

    #[test]
    fn unfinished_files_are_not_listed() {
        let dir = tempfile::tempdir().unwrap();
        let folder = PromptFolder::new(dir.path());
        folder.save("kite", b"numbers").unwrap();
        fs::write(dir.path().join("prompts/.vcl-unfinished-x"), b"half").unwrap();
        assert_eq!(folder.names().unwrap(), ["kite"]);
    }
}
