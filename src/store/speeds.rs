//! How fast models were measured to be on this machine: `speeds.json` in the cache directory.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::store::atomic;

/// One measurement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Speed {
    pub frames_per_sec: f64,
    /// Where the model ran.
    pub device: String,
}

/// The measurements by the name of the model; the file may be missing or damaged.
#[derive(Clone, Debug)]
pub struct Speeds {
    path: PathBuf,
}

impl Speeds {
    pub fn new(cache_dir: &Path) -> Self {
        Self {
            path: cache_dir.join("speeds.json"),
        }
    }

    pub fn all(&self) -> BTreeMap<String, Speed> {
        let json = fs::read(&self.path).unwrap_or_default();
        serde_json::from_slice(&json).unwrap_or_default()
    }

    /// # Errors
    /// When the file cannot be written.
    pub fn keep(&self, model: &str, speed: Speed) -> io::Result<()> {
        let mut all = self.all();
        all.insert(model.to_owned(), speed);
        atomic::write(&self.path, &serde_json::to_vec_pretty(&all)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_measurement_of_each_model_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let speeds = Speeds::new(dir.path());
        assert!(speeds.all().is_empty());
        let speed = |frames_per_sec| Speed {
            frames_per_sec,
            device: "CPU".into(),
        };
        speeds.keep("a", speed(1.0)).unwrap();
        speeds.keep("b/c", speed(2.0)).unwrap();
        speeds.keep("a", speed(3.0)).unwrap();
        assert_eq!(speeds.all()["a"], speed(3.0));
        assert_eq!(speeds.all().len(), 2);
        fs::write(dir.path().join("speeds.json"), "{").unwrap();
        assert!(speeds.all().is_empty());
    }
}
