//! All labels as one file for other programs.

use std::path::Path;

use super::{LabelError, LabelStore, Line, write};
use crate::domain::{Annotation, QueryId};

/// What [`LabelStore::export`] wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExportedLabels {
    pub n_queries: usize,
    /// Queries without any clip from Fair upwards, which are left out: the official code stops at a
    /// query that has no window.
    pub n_left_out: usize,
}

impl LabelStore {
    /// Writes all labels as one annotation file for other programs: `vid` is the name of the video
    /// file (with the id where two videos share a name), `qid` counts from 1.
    ///
    /// # Errors
    /// When labels cannot be read or `path` cannot be written.
    pub fn export(&self, path: &Path) -> Result<ExportedLabels, LabelError> {
        let lines = self.all_lines()?;
        let vid = |line: &Line| {
            let (name, id) = (&line.video_name, &line.annotation.vid);
            let is_shared = lines
                .iter()
                .any(|other| other.video_name == *name && other.annotation.vid != *id);
            match (name.is_empty(), is_shared) {
                (true, _) => id.clone(),
                (false, true) => format!("{name}_{id}"),
                (false, false) => name.clone(),
            }
        };
        let usable = lines
            .iter()
            .filter(|line| !line.annotation.relevant_windows.is_empty());
        let annotations: Vec<Annotation> = usable
            .zip(1..)
            .map(|(line, qid)| Annotation {
                qid: QueryId::Number(qid),
                vid: vid(line),
                ..line.annotation.clone()
            })
            .collect();
        write(path, &annotations)?;
        Ok(ExportedLabels {
            n_queries: annotations.len(),
            n_left_out: lines.len() - annotations.len(),
        })
    }
}
