//! Labels that were saved when the video had another id.

use std::fs;
use std::path::Path;

use super::{LabelError, LabelStore, Line, in_file, next_qid, read, write};
use crate::domain::{Labels, Query};

impl LabelStore {
    /// Gives the labels that a video has under a former id to its new one. Where both speak of a
    /// query, the clips of both are kept, and the new grade counts for a clip that has two.
    ///
    /// Does nothing, and makes no folder, where there are none.
    ///
    /// # Errors
    /// When a file cannot be read or written; nothing is lost then.
    pub fn adopt(data_dir: &Path, former_id: &str, id: &str) -> Result<(), LabelError> {
        let store = Self {
            dir: data_dir.join("labels"),
        };
        let former_path = store.path_of(former_id);
        if former_id == id || !former_path.exists() {
            return Ok(());
        }
        let _lock = store.lock()?;
        let path = store.path_of(id);
        let mut lines = read(&path)?;
        for former in read(&former_path)? {
            let Ok(query) = Query::new(&former.annotation.query) else {
                continue; // such a line is not read
            };
            match lines.iter_mut().find(|line| line.is_about(&query)) {
                Some(line) => line.add(&former, &query),
                None => {
                    let mut line = former;
                    line.annotation.qid = next_qid(&lines);
                    id.clone_into(&mut line.annotation.vid);
                    lines.push(line);
                }
            }
        }
        // After a crash between the two, the next time adds what is there already.
        write(&path, &lines)?;
        fs::remove_file(&former_path).map_err(in_file(&former_path))
    }
}

impl Line {
    fn add(&mut self, former: &Self, query: &Query) {
        let annotation = &self.annotation;
        let mut labels = Labels::from_annotation(&former.annotation);
        labels
            .grades
            .extend(Labels::from_annotation(annotation).grades);
        let duration_secs = annotation.duration.max(former.annotation.duration);
        let (qid, vid) = (annotation.qid.clone(), annotation.vid.clone());
        self.annotation = labels.to_annotation(qid, &vid, duration_secs, query);
    }
}
