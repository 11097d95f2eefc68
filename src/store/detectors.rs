//! The user's moment detectors: one file each, under the name of the file it came from.
//!
//! This module knows only names and files; the model knows what is in a file.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::store::atomic;
use crate::store::named::{EXTENSION, is_name, names_in};
use crate::store::prompts::PromptFolder;

/// Which detector is used with which model.
const CHOICES: &str = "in-use.json";

/// Why a detector cannot be kept, found or removed.
#[derive(Debug, thiserror::Error)]
pub enum DetectorFileError {
    #[error(
        "there is no detector named {name:?}, nor a file of that name: add one with `vcl detector \
         add FILE`; those there are: {known}"
    )]
    Unknown { name: String, known: String },
    #[error(
        "there is already a detector named {0:?}: remove it first, or add the file under another name (--name)"
    )]
    Taken(String),
    #[error("{0:?} cannot be a detector's name: use letters, digits and spaces, at most 200 bytes")]
    Name(String),
    #[error("cannot read or write {path}: {cause}", path = path.display())]
    Io { path: PathBuf, cause: io::Error },
}

/// The directory of all detectors.
#[derive(Clone, Debug)]
pub struct DetectorFolder {
    dir: PathBuf,
}

impl DetectorFolder {
    /// The directory is made when something is added.
    pub fn new(data_dir: &Path) -> Self {
        Self {
            dir: data_dir.join("detectors"),
        }
    }

    /// Names of all detectors in alphabetical order.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn names(&self) -> Result<Vec<String>, DetectorFileError> {
        names_in(&self.dir).map_err(io_error(&self.dir))
    }

    /// The file of a detector by its name, or of any path.
    ///
    /// # Errors
    /// [`DetectorFileError::Unknown`] where there is neither.
    pub fn find(&self, name_or_path: &Path) -> Result<PathBuf, DetectorFileError> {
        let name = name_or_path.to_str().filter(|name| is_name(name));
        if let Some(name) = name {
            let path = self.path(name);
            if path.is_file() {
                return Ok(path);
            }
        }
        if name_or_path.exists() {
            return Ok(name_or_path.to_owned());
        }
        let known = self.names()?;
        Err(DetectorFileError::Unknown {
            name: name_or_path.display().to_string(),
            known: match known.is_empty() {
                true => "none".to_owned(),
                false => known.join(", "),
            },
        })
    }

    /// Keeps the bytes of a detector under `name`, or under one made of the name of the file that it
    /// came from, and returns it.
    ///
    /// # Errors
    /// [`DetectorFileError::Taken`] rather than replacing another.
    pub fn add(
        &self,
        bytes: &[u8],
        name: Option<&str>,
        from: &Path,
    ) -> Result<String, DetectorFileError> {
        let stem = from.file_stem().unwrap_or(from.as_os_str());
        let name = match name {
            Some(name) => name.to_owned(),
            None => PromptFolder::name_like(&stem.to_string_lossy()),
        };
        if !is_name(&name) {
            return Err(DetectorFileError::Name(name));
        }
        let path = self.path(&name);
        if path.exists() {
            return Err(DetectorFileError::Taken(name));
        }
        atomic::write(&path, bytes).map_err(io_error(&path))?;
        Ok(name)
    }

    /// # Errors
    /// [`DetectorFileError::Unknown`] where there is none of that name.
    pub fn remove(&self, name: &str) -> Result<(), DetectorFileError> {
        let path = self.path(name);
        if !is_name(name) || !path.is_file() {
            return Err(DetectorFileError::Unknown {
                name: name.to_owned(),
                known: self.names()?.join(", "),
            });
        }
        fs::remove_file(&path).map_err(io_error(&path))
    }

    /// The detector that was used last with a model, by the model's hash.
    pub fn choice(&self, model: &str) -> Option<String> {
        self.choices().remove(model)
    }

    /// Remembers which detector is used with a model; `None` for none.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn choose(&self, model: &str, name: Option<&str>) -> Result<(), DetectorFileError> {
        let mut choices = self.choices();
        let before = match name {
            Some(name) => choices.insert(model.to_owned(), name.to_owned()),
            None => choices.remove(model),
        };
        if before.as_deref() == name {
            return Ok(());
        }
        let path = self.dir.join(CHOICES);
        let json = serde_json::to_vec(&choices).unwrap_or_default();
        atomic::write(&path, &json).map_err(io_error(&path))
    }

    /// None where the file is missing or damaged: it is chosen again then.
    fn choices(&self) -> BTreeMap<String, String> {
        let json = fs::read(self.dir.join(CHOICES)).unwrap_or_default();
        serde_json::from_slice(&json).unwrap_or_default()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}.{EXTENSION}"))
    }
}

fn io_error(path: &Path) -> impl Fn(io::Error) -> DetectorFileError {
    let path = path.to_path_buf();
    move |cause| DetectorFileError::Io {
        path: path.clone(),
        cause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detectors_are_added_found_and_removed() {
        let root = tempfile::tempdir().unwrap();
        let folder = DetectorFolder::new(root.path());
        assert!(folder.names().unwrap().is_empty());
        let told = folder.find(Path::new("qd")).unwrap_err().to_string();
        assert!(told.contains("those there are: none"), "{told}");
        let from = Path::new("/x/model: best.ckpt");
        assert_eq!(folder.add(b"1", None, from).unwrap(), "model best");
        assert_eq!(folder.add(b"2", Some("qd"), from).unwrap(), "qd");
        assert!(matches!(
            folder.add(b"3", None, from),
            Err(DetectorFileError::Taken(_))
        ));
        assert!(matches!(
            folder.add(b"3", Some("a/b"), from),
            Err(DetectorFileError::Name(_))
        ));
        assert_eq!(folder.names().unwrap(), ["model best", "qd"]);
        folder.choose("clip", Some("qd")).unwrap();
        folder.choose("other", Some("model best")).unwrap();
        folder.choose("other", None).unwrap();
        assert_eq!(folder.choice("clip").as_deref(), Some("qd"));
        assert_eq!(folder.choice("other"), None);
        let found = folder.find(Path::new("qd")).unwrap();
        assert_eq!(fs::read(found).unwrap(), b"2");
        let own = root.path().join("own.pth");
        fs::write(&own, b"4").unwrap();
        assert_eq!(folder.find(&own).unwrap(), own);
        folder.remove("qd").unwrap();
        assert!(folder.remove("qd").is_err());
        assert!(folder.remove("../data").is_err());
    }
}
