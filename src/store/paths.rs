//! Where files are kept: in the XDG places, or where the environment says.

use std::env;
use std::path::{Path, PathBuf};

use directories::{BaseDirs, ProjectDirs};

/// The directories of the program. None of them needs to exist yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// Can be deleted at any time. `VCL_CACHE_DIR`, else `$XDG_CACHE_HOME/vcl`.
    pub cache_dir: PathBuf,
    /// What the user made: prompts, labels, settings. `VCL_DATA_DIR`, else `$XDG_DATA_HOME/vcl`.
    pub data_dir: PathBuf,
    /// One directory per model. `VCL_MODEL_DIR`, else `models` in the data directory.
    pub model_dir: PathBuf,
    /// Downloaded models, shared with other programs: `HF_HUB_CACHE`, else `hub` in `HF_HOME`, else
    /// `$XDG_CACHE_HOME/huggingface/hub`.
    pub hub_dir: PathBuf,
}

/// The user has no home directory, and the environment does not name other places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no home directory: set VCL_CACHE_DIR and VCL_DATA_DIR to writable directories")]
pub struct PathsError;

impl Paths {
    /// The places of this user.
    pub fn from_env() -> Result<Self, PathsError> {
        Self::from_lookup(|name| env::var_os(name).map(PathBuf::from))
    }

    /// All of them below one directory.
    pub fn below(root: &Path) -> Self {
        Self {
            cache_dir: root.join("cache"),
            data_dir: root.join("data"),
            model_dir: root.join("models"),
            hub_dir: root.join("hub"),
        }
    }

    fn from_lookup(lookup: impl Fn(&str) -> Option<PathBuf>) -> Result<Self, PathsError> {
        let lookup = |name| lookup(name).filter(|path| !path.as_os_str().is_empty());
        let project = ProjectDirs::from("", "", "vcl");
        let place = |name, of_project: fn(&ProjectDirs) -> &Path| {
            lookup(name)
                .or_else(|| project.as_ref().map(|dirs| of_project(dirs).to_path_buf()))
                .ok_or(PathsError)
        };
        let data_dir = place("VCL_DATA_DIR", ProjectDirs::data_dir)?;
        let hub_dir = lookup("HF_HUB_CACHE")
            .or_else(|| Some(lookup("HF_HOME")?.join("hub")))
            .or_else(|| Some(BaseDirs::new()?.cache_dir().join("huggingface/hub")));
        Ok(Self {
            hub_dir: hub_dir.unwrap_or_else(|| data_dir.join("hub")),
            cache_dir: place("VCL_CACHE_DIR", ProjectDirs::cache_dir)?,
            model_dir: lookup("VCL_MODEL_DIR").unwrap_or_else(|| data_dir.join("models")),
            data_dir,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_overrides_the_usual_places() {
        let paths = Paths::from_lookup(|name| match name {
            "VCL_CACHE_DIR" => Some("/c".into()),
            "VCL_DATA_DIR" => Some("/d".into()),
            "VCL_MODEL_DIR" => Some("".into()),
            "HF_HOME" => Some("/h".into()),
            _ => None,
        })
        .unwrap();
        assert_eq!(paths.cache_dir, Path::new("/c"));
        assert_eq!(paths.data_dir, Path::new("/d"));
        assert_eq!(paths.model_dir, Path::new("/d/models"), "empty means unset");
        assert_eq!(paths.hub_dir, Path::new("/h/hub"));
    }
}
