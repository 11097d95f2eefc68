//! Which model to load: the bundled one, an installed or downloaded one by name, or a directory.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::engine::known_models::KnownModel;
use crate::model::TextFiles;
use crate::model::{BUNDLED, ModelError, ModelFiles};
use crate::store::{HubCache, Paths, RepoId};

/// What `--model` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ModelChoice {
    /// The model that is compiled into the program.
    #[default]
    Bundled,
    /// A directory below the model directory, any directory, or a downloaded model.
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

/// As `--model` takes it.
impl fmt::Display for ModelChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bundled => f.write_str(BUNDLED),
            Self::Named(name) => write!(f, "{}", name.display()),
        }
    }
}

impl ModelChoice {
    /// The files of the chosen model: an installed model before a directory of that name, and that
    /// before a downloaded one. `IMAGES+TEXTS` takes the images of one model and the text tower of
    /// another; a text tower that is known brings its images itself.
    ///
    /// # Errors
    /// [`ModelError`] when there is no such model or a file of it is missing.
    pub fn files(&self, paths: &Paths) -> Result<ModelFiles, ModelError> {
        let Self::Named(name) = self else {
            return Ok(ModelFiles::bundled());
        };
        let text = name.to_str().unwrap_or_default();
        if let Some((images, texts)) = text.split_once(BESIDE).filter(|_| !is_there(paths, name)) {
            let Ok(images) = images.parse::<Self>();
            return with_text(images.files(paths)?, paths, Path::new(texts), text);
        }
        if let Some(images) = KnownModel::of(text).and_then(|known| known.describes) {
            let Ok(images) = images.parse::<Self>();
            return with_text(images.files(paths)?, paths, name, text);
        }
        let dir = dir_of(paths, name)?;
        let mut files = match ModelFiles::from_dir(&dir) {
            Err(ModelError::TextOnly(_)) => Err(ModelError::TextOnly(text.to_owned())),
            files => files,
        }?;
        if dir != *name {
            files.name = name.display().to_string();
        }
        Ok(files)
    }

    /// The bundled model, then those in the model directory by name, then those that this or another
    /// program downloaded whole.
    ///
    /// A name may have two parts (`openai/clip-vit-base-patch32`).
    pub fn installed(paths: &Paths) -> Vec<InstalledModel> {
        let mut dirs = Vec::new();
        for dir in subdirectories(&paths.model_dir) {
            if ModelFiles::are_meant_in(&dir) {
                dirs.push(dir);
            } else {
                dirs.extend(
                    subdirectories(&dir)
                        .into_iter()
                        .filter(|dir| ModelFiles::are_meant_in(dir)),
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
        for repo in HubCache::new(&paths.hub_dir).repos() {
            let name = repo.to_string();
            if models.iter().all(|model| model.name != name)
                && let Some(dir) = downloaded_dir(paths, &repo)
            {
                let dir = Some(dir);
                models.push(InstalledModel { name, dir });
            }
        }
        models
    }
}

/// Between the model whose images are meant and the one whose text tower is.
const BESIDE: char = '+';

fn with_text(
    images: ModelFiles,
    paths: &Paths,
    texts: &Path,
    name: &str,
) -> Result<ModelFiles, ModelError> {
    let mut tower = TextFiles::from_dir(&dir_of(paths, texts)?)?;
    tower.name = texts.display().to_string();
    let mut files = images.with_text(tower);
    files.name = name.to_owned();
    Ok(files)
}

/// Whether a name means something as it is.
fn is_there(paths: &Paths, name: &Path) -> bool {
    name.exists() || paths.model_dir.join(name).exists()
}

/// Where the model of a name lies.
fn dir_of(paths: &Paths, name: &Path) -> Result<PathBuf, ModelError> {
    let installed = paths.model_dir.join(name);
    if ModelFiles::are_meant_in(&installed) {
        return Ok(installed);
    }
    let repo = name.to_str().and_then(|name| name.parse::<RepoId>().ok());
    match repo {
        Some(repo) if !name.exists() => {
            downloaded_dir(paths, &repo).ok_or_else(|| ModelError::NotDownloaded(repo.to_string()))
        }
        _ => Ok(name.to_owned()),
    }
}

/// Where a downloaded model lies, if it is whole.
fn downloaded_dir(paths: &Paths, repo: &RepoId) -> Option<PathBuf> {
    let snapshots = HubCache::new(&paths.hub_dir).snapshots(repo);
    snapshots.into_iter().find(|dir| ModelFiles::are_in(dir))
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
