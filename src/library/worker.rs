//! Which processes are at work: each holds a lock on a file of its own while it lives.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::library::error::LibraryError;
use crate::store::atomic;

/// This process as others see it; the system frees its lock when it ends, however it ends.
pub struct Worker {
    name: String,
    path: PathBuf,
    _lock: File,
}

impl Worker {
    /// # Errors
    /// When the file of the lock cannot be made.
    pub fn start(dir: &Path) -> Result<Self, LibraryError> {
        fs::create_dir_all(dir).map_err(|error| LibraryError::of_io(dir, &error))?;
        for left in fs::read_dir(dir).into_iter().flatten().flatten() {
            Self::is_alive(dir, &left.file_name().to_string_lossy());
        }
        loop {
            let started = Self::lock_new(dir);
            let worker = started.map_err(|error| LibraryError::of_io(dir, &error))?;
            // Before it was locked, another process may have taken it for that of a dead one.
            if worker.path.exists() {
                return Ok(worker);
            }
        }
    }

    fn lock_new(dir: &Path) -> io::Result<Self> {
        let name = format!("{}-{:016x}", std::process::id(), rand::random::<u64>());
        let path = dir.join(&name);
        let lock = File::create_new(&path)?;
        match lock.lock() {
            // Then a worker that died is taken for one that lives, until its file is removed.
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {}
            locked => locked?,
        }
        Ok(Self {
            name,
            path,
            _lock: lock,
        })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the worker of a name is running; the file of one that is not is removed.
    pub fn is_alive(dir: &Path, name: &str) -> bool {
        let path = dir.join(name);
        let Ok(file) = File::options().write(true).open(&path) else {
            return false;
        };
        match file.try_lock() {
            Ok(()) => {
                let _ = fs::remove_file(&path);
                false
            }
            Err(TryLockError::WouldBlock) => true,
            Err(TryLockError::Error(_)) => true,
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// A name for this machine and user that stays the same.
///
/// # Errors
/// When it cannot be kept.
pub fn machine(dir: &Path) -> Result<String, LibraryError> {
    let path = dir.join("machine");
    let read = || {
        fs::read_to_string(&path)
            .ok()
            .filter(|name| !name.is_empty())
    };
    if let Some(name) = read() {
        return Ok(name);
    }
    let name = format!("{:016x}", rand::random::<u64>());
    let made = fs::create_dir_all(dir).and_then(|()| atomic::write(&path, name.as_bytes()));
    made.map_err(|error| LibraryError::of_io(dir, &error))?;
    // Another process may have been quicker.
    Ok(read().unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_alive_until_it_is_dropped_or_its_lock_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let worker = Worker::start(dir.path()).unwrap();
        let name = worker.name().to_owned();
        assert!(Worker::is_alive(dir.path(), &name));
        drop(worker);
        assert!(!Worker::is_alive(dir.path(), &name));
        // One that was killed leaves its file without a lock.
        File::create(dir.path().join("killed")).unwrap();
        assert!(!Worker::is_alive(dir.path(), "killed"));
        assert!(!dir.path().join("killed").exists());
    }
}
