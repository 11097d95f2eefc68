//! The user's changes of moments: one JSON file per video, below `moments/` in the data directory.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::{MomentEdits, Query};
use crate::store::{ContentId, atomic};

/// Why changes of moments cannot be read or kept.
#[derive(Debug, thiserror::Error)]
#[error("the changes of moments in {path} cannot be kept: {reason}", path = path.display())]
pub struct MomentEditError {
    path: PathBuf,
    reason: String,
}

/// Every [`MomentEditStore::save`] replaces the file of a video in one step. Several processes may save at the
/// same time.
#[derive(Clone, Debug)]
pub struct MomentEditStore {
    dir: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Page {
    query: String,
    #[serde(flatten)]
    edits: MomentEdits,
}

impl MomentEditStore {
    pub fn new(data_dir: &Path) -> Self {
        let dir = data_dir.join("moments");
        Self { dir }
    }

    /// What was changed in a video, query by query.
    ///
    /// # Errors
    /// When the file cannot be read, or was damaged by another program.
    pub fn all_for_video(
        &self,
        video: &ContentId,
    ) -> Result<Vec<(Query, MomentEdits)>, MomentEditError> {
        let pages = self.read(video)?.into_iter();
        // A query that an earlier version could ask and this one cannot costs nobody the others.
        let known = pages.filter_map(|page| Some((Query::new(&page.query).ok()?, page.edits)));
        Ok(known.collect())
    }

    /// Replaces what was changed for one query, and returns when it is on disk.
    ///
    /// # Errors
    /// When the file cannot be written. A file that cannot be read is left as it is.
    pub fn save(
        &self,
        video: &ContentId,
        query: &Query,
        edits: &MomentEdits,
    ) -> Result<(), MomentEditError> {
        let path = self.path_of(video);
        fs::create_dir_all(&self.dir).map_err(|cause| at(&self.dir, &cause))?;
        let _lock = self.lock()?;
        let mut pages = self.read(video)?;
        pages.retain(|page| Query::new(&page.query).as_ref() != Ok(query));
        if !edits.is_empty() {
            pages.push(Page {
                query: query.key().to_owned(),
                edits: edits.clone(),
            });
        }
        let text = serde_json::to_string_pretty(&pages).map_err(|cause| at(&path, &cause))?;
        atomic::write(&path, text.as_bytes()).map_err(|cause| at(&path, &cause))
    }

    fn path_of(&self, video: &ContentId) -> PathBuf {
        self.dir.join(format!("{}.json", video.as_str()))
    }

    fn read(&self, video: &ContentId) -> Result<Vec<Page>, MomentEditError> {
        let path = self.path_of(video);
        let text = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            text => text.map_err(|cause| at(&path, &cause))?,
        };
        serde_json::from_slice(&text)
            .map_err(|cause| at(&path, &format!("{cause}; mend the file or move it away")))
    }

    /// Held until dropped; the system frees it when a process dies.
    fn lock(&self) -> Result<File, MomentEditError> {
        let path = self.dir.join(".lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|cause| at(&path, &cause))?;
        match file.lock() {
            // If the file system has no locks, a single process is still safe.
            Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(file),
            locked => locked.map(|()| file).map_err(|cause| at(&path, &cause)),
        }
    }
}

fn at(path: &Path, reason: &dyn std::fmt::Display) -> MomentEditError {
    MomentEditError {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::TimeSpan;

    #[test]
    fn changes_are_kept_per_video_and_query() {
        let dir = tempfile::tempdir().unwrap();
        let store = MomentEditStore::new(dir.path());
        let video = ContentId::parse("0123456789abcdef0123456789abcdef").unwrap();
        let other = ContentId::parse("ffffffffffffffffffffffffffffffff").unwrap();
        let (kite, dog) = (Query::new("kite").unwrap(), Query::new("dog").unwrap());
        assert_eq!(store.all_for_video(&video).unwrap(), []);
        let mut edits = MomentEdits::default();
        edits.set_ends(TimeSpan::new(2.0, 4.0), TimeSpan::new(1.52, 4.04), 10.0);
        edits.add(TimeSpan::new(6.0, 7.0), 10.0);
        edits.tick(TimeSpan::new(6.0, 7.0), false);
        store.save(&video, &kite, &edits).unwrap();
        store.save(&video, &dog, &edits).unwrap();
        store.save(&video, &dog, &MomentEdits::default()).unwrap();
        assert_eq!(
            store.all_for_video(&video).unwrap(),
            [(kite.clone(), edits)]
        );
        assert_eq!(store.all_for_video(&other).unwrap(), []);
        let path = store.path_of(&video);
        fs::write(&path, "[{").unwrap();
        let error = store
            .save(&video, &kite, &MomentEdits::default())
            .unwrap_err();
        assert!(error.to_string().contains("mend the file"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"[{", "what cannot be read stays");
    }
}
