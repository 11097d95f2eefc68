//! The pictures that were searched for, so that the history can ask them again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::store::atomic;

/// More than the history has.
const MAX_KEPT: usize = 200;

/// Far above a million pixels.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// One PNG file for each picture, named by the key of its query.
#[derive(Clone, Debug)]
pub struct PictureFolder {
    dir: PathBuf,
}

impl PictureFolder {
    /// The directory is made when something is saved.
    pub fn new(data_dir: &Path) -> Self {
        Self {
            dir: data_dir.join("pictures"),
        }
    }

    /// `picture:…` as a name that every file system takes.
    fn path(&self, key: &str) -> PathBuf {
        self.dir.join(format!("{}.png", key.replace(':', "-")))
    }

    /// The file of a picture; `None` where there is none that can be read.
    pub fn load(&self, key: &str) -> Option<Vec<u8>> {
        let path = self.path(key);
        let is_small = fs::metadata(&path).is_ok_and(|file| file.len() <= MAX_FILE_BYTES);
        let bytes = is_small.then(|| fs::read(&path).ok()).flatten()?;
        // If the time cannot be set, only the order in which they are forgotten suffers.
        if let Ok(file) = fs::File::options().write(true).open(&path) {
            let _ = file.set_modified(SystemTime::now());
        }
        Some(bytes)
    }

    pub fn has(&self, key: &str) -> bool {
        self.path(key).exists()
    }

    /// Keeps a picture, and forgets those that were not asked for longest beyond a number.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn save(&self, key: &str, png: &[u8]) -> io::Result<()> {
        atomic::write(&self.path(key), png)?;
        let entries = fs::read_dir(&self.dir)?.flatten();
        let mut files: Vec<_> = entries
            .filter(|entry| entry.path().extension().is_some_and(|name| name == "png"))
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        files.sort();
        for (_, path) in &files[..files.len().saturating_sub(MAX_KEPT)] {
            // Another window may have done so already.
            let _ = fs::remove_file(path);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_kept_by_their_keys_and_the_oldest_are_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let folder = PictureFolder::new(dir.path());
        let key = |n: usize| format!("picture:{n:032}");
        assert_eq!(folder.load(&key(0)), None);
        for n in 0..MAX_KEPT + 3 {
            folder.save(&key(n), b"a picture").unwrap();
            let old = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(n as u64);
            let file = fs::File::options().write(true).open(folder.path(&key(n)));
            file.unwrap().set_modified(old).unwrap();
        }
        assert_eq!(folder.load(&key(2)), None);
        assert!(folder.has(&key(3)));
        assert_eq!(folder.load(&key(MAX_KEPT)).unwrap(), b"a picture");
    }
}
