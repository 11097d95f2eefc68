//! Which model to load: the bundled one, an installed one by name, or a directory.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::model::{BUNDLED, ModelError, ModelFiles};
use crate::store::Paths;

/// What `--model` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ModelChoice {
    /// The model that is compiled into the program.
    #[default]
    Bundled,
    /// A directory below the model directory, or any directory.
    Named(PathBuf),
}

/// A model that can be chosen by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstalledModel {
    /// What `--model` takes.
    pub name: String,
    /// `None` for the bundled model.
    pub dir: Option<PathBuf>,
}

impl FromStr for ModelChoice {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            BUNDLED => Self::Bundled,
            name => Self::Named(PathBuf::from(name)),
        })
    }
}

impl ModelChoice {
    /// The files of the chosen model: an installed model before a directory of that name.
    ///
    /// # Errors
    /// [`ModelError`] when there is no such model or a file of it is missing.
    pub fn files(&self, paths: &Paths) -> Result<ModelFiles, ModelError> {
        match self {
            Self::Bundled => Ok(ModelFiles::bundled()),
            Self::Named(name) => {
                let installed = paths.model_dir.join(name);
                let dir = if is_model_dir(&installed) {
                    &installed
                } else {
                    name
                };
                ModelFiles::from_dir(dir)
            }
        }
    }

    /// The bundled model, then those in the model directory by name.
    ///
    /// A name may have two parts (`openai/clip-vit-base-patch32`).
    pub fn installed(paths: &Paths) -> Vec<InstalledModel> {
        let mut dirs = Vec::new();
        for dir in subdirectories(&paths.model_dir) {
            if is_model_dir(&dir) {
                dirs.push(dir);
            } else {
                dirs.extend(
                    subdirectories(&dir)
                        .into_iter()
                        .filter(|dir| is_model_dir(dir)),
                );
            }
        }
        let mut models: Vec<_> = dirs
            .into_iter()
            .map(|dir| InstalledModel {
                name: dir
                    .strip_prefix(&paths.model_dir)
                    .unwrap_or(&dir)
                    .display()
                    .to_string(),
                dir: Some(dir),
            })
            .collect();
        models.sort_by(|a, b| a.name.cmp(&b.name));
        let bundled = InstalledModel {
            name: BUNDLED.to_owned(),
            dir: None,
        };
        models.insert(0, bundled);
        models
    }
}

fn is_model_dir(dir: &Path) -> bool {
    dir.join("config.json").is_file()
}

fn subdirectories(dir: &Path) -> Vec<PathBuf> {
    fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn installed_models_are_found_by_name() {
        let root = tempfile::tempdir().unwrap();
        let paths = Paths::below(root.path());
        for name in ["b-model", "openai/clip", "no-model/inner"] {
            fs::create_dir_all(paths.model_dir.join(name)).unwrap();
        }
        for name in ["b-model", "openai/clip"] {
            fs::write(paths.model_dir.join(name).join("config.json"), "{}").unwrap();
        }
        let names: Vec<_> = ModelChoice::installed(&paths)
            .into_iter()
            .map(|m| m.name)
            .collect();
        assert_eq!(names, ["bundled", "b-model", "openai/clip"]);

        let chosen: ModelChoice = "openai/clip".parse().unwrap();
        let error = chosen.files(&paths).unwrap_err().to_string();
        assert!(
            error.contains("openai/clip"),
            "found, but not whole: {error}"
        );
        let none: ModelChoice = "nowhere".parse().unwrap();
        assert!(none.files(&paths).is_err());
        assert_eq!("bundled".parse(), Ok(ModelChoice::Bundled));
    }
}
