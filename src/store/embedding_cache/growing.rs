//! Videos that may still be written: a recording that is going on, a download.
//!
//! Every time such a file is looked at it has another content, so another id. What is remembered of it
//! is how long it was and which id that part had; if it begins with the same bytes later on, what was
//! known of it is still true.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::EmbeddingCache;
use crate::store::{ContentId, atomic};

/// A file that was changed so shortly before may change again.
const RECENT: Duration = Duration::from_secs(60);

impl EmbeddingCache {
    /// Remembers a file whose first `n_bytes` have this id, if it was changed shortly before.
    pub fn note_if_growing(&self, path: &Path, id: &ContentId, n_bytes: u64) {
        let changed = fs::metadata(path).and_then(|metadata| metadata.modified());
        let is_recent = changed.is_ok_and(|changed| {
            let since = SystemTime::now().duration_since(changed);
            since.is_ok_and(|since| since < RECENT)
        });
        if !is_recent {
            return;
        }
        let line = format!("{} {n_bytes}\n", id.as_str());
        if let Err(error) = atomic::write(&self.growing_path(path), line.as_bytes()) {
            log::info!("{} is looked at anew if it grows: {error}", path.display());
        }
    }

    /// The id that the file had when it was shorter; `None` if it is not known or does not begin as it
    /// did.
    pub fn id_before_growing(&self, path: &Path) -> Option<ContentId> {
        let line = fs::read_to_string(self.growing_path(path)).ok()?;
        let (id, n_bytes) = line.trim_end().split_once(' ')?;
        let (id, n_bytes) = (ContentId::parse(id)?, n_bytes.parse().ok()?);
        let has_grown = fs::metadata(path).ok()?.len() > n_bytes;
        let begins_alike = || ContentId::of_start(path, n_bytes).ok().as_ref() == Some(&id);
        (has_grown && begins_alike()).then_some(id)
    }

    fn growing_path(&self, path: &Path) -> PathBuf {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let name = blake3::hash(path.as_os_str().as_encoded_bytes()).to_hex();
        self.dir.with_file_name("growing").join(&name[..32])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_grew_is_known_by_its_beginning() {
        let dir = tempfile::tempdir().unwrap();
        let cache = EmbeddingCache::new(dir.path());
        let path = dir.path().join("recording.ts");
        let bytes: Vec<u8> = (0..9000).map(|i| (i >> 3) as u8).collect();
        let id_of = |n: usize| {
            fs::write(&path, &bytes[..n]).unwrap();
            ContentId::of_file(&path).unwrap()
        };
        let short = id_of(5000);
        assert_eq!(cache.id_before_growing(&path), None, "never seen");
        cache.note_if_growing(&path, &short, 5000);
        assert_eq!(cache.id_before_growing(&path), None, "as long as before");
        assert_ne!(id_of(9000), short);
        assert_eq!(cache.id_before_growing(&path), Some(short.clone()));
        // Another recording under the same name.
        let mut other = bytes.clone();
        other[100] ^= 1;
        fs::write(&path, &other).unwrap();
        assert_eq!(cache.id_before_growing(&path), None);
        // One that nobody writes any more.
        let old = dir.path().join("old.ts");
        fs::write(&old, &bytes[..5000]).unwrap();
        let file = fs::File::options().write(true).open(&old).unwrap();
        let hour_ago = SystemTime::now() - Duration::from_hours(1);
        file.set_modified(hour_ago).unwrap();
        cache.note_if_growing(&old, &short, 5000);
        fs::write(&old, &bytes).unwrap();
        assert_eq!(cache.id_before_growing(&old), None);
    }
}
