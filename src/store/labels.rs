//! The user's labels: one QVHighlights annotation file per video, one line per query.

mod export;
mod former_id;

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::{Annotation, Labels, LineError, Query, QueryId, from_jsonl, to_jsonl};
use crate::store::atomic;

pub use export::ExportedLabels;

/// Longest video id that names its file itself.
const MAX_NAME_CHARS: usize = 100;

/// The video that labels belong to.
#[derive(Clone, Copy, Debug)]
pub struct LabelledVideo<'a> {
    /// Names the content; stays when the file is moved or renamed.
    pub id: &'a str,
    /// The file's name without extension: the `vid` of exported labels.
    pub name: &'a str,
    pub duration_secs: f64,
}

/// Labels on disk, below `labels/` in the data directory.
///
/// Every [`LabelStore::save`] replaces the video's file in one step and returns when it is on disk,
/// so a process killed at any moment has lost nothing that was saved. Several processes may save at
/// the same time. [`Labels`] describes how grades become an annotation.
#[derive(Clone, Debug)]
pub struct LabelStore {
    dir: PathBuf,
}

/// Why labels cannot be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum LabelError {
    #[error("cannot use {path}: {cause}", path = path.display())]
    Io { path: PathBuf, cause: io::Error },
    #[error("{path}, {cause}; mend the line or move the file away", path = path.display())]
    Line { path: PathBuf, cause: LineError },
    #[error("these labels cannot be saved: {0}")]
    Unreadable(String),
}

/// An annotation with the name that the video had when it was last labelled.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Line {
    #[serde(flatten)]
    annotation: Annotation,
    #[serde(default)]
    video_name: String,
}

impl Line {
    fn check(&self) -> Result<(), String> {
        self.annotation.check().map_err(|error| error.to_string())?;
        Query::new(&self.annotation.query).map_err(|error| error.to_string())?;
        Ok(())
    }

    fn is_about(&self, query: &Query) -> bool {
        // Earlier versions kept words as they were pasted.
        Query::new(&self.annotation.query).is_ok_and(|known| known == *query)
    }
}

impl LabelStore {
    /// Makes the folder, and removes what killed processes left unfinished.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(data_dir: &Path) -> Result<Self, LabelError> {
        let dir = data_dir.join("labels");
        fs::create_dir_all(&dir).map_err(in_file(&dir))?;
        let store = Self { dir };
        let _lock = store.lock()?;
        for entry in fs::read_dir(&store.dir).map_err(in_file(&store.dir))? {
            let path = entry.map_err(in_file(&store.dir))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with(atomic::TEMPORARY_PREFIX) {
                fs::remove_file(&path).map_err(in_file(&path))?;
            }
        }
        Ok(store)
    }

    /// The labels of one query; none where nothing was labelled.
    ///
    /// # Errors
    /// When the file cannot be read, or was damaged by another program.
    pub fn load(&self, video_id: &str, query: &Query) -> Result<Labels, LabelError> {
        let lines = read(&self.path_of(video_id))?;
        let line = lines.iter().find(|line| line.is_about(query));
        Ok(line.map_or_else(Labels::default, |line| {
            Labels::from_annotation(&line.annotation)
        }))
    }

    /// Every labelled query of a video, in the order in which they were first labelled.
    ///
    /// # Errors
    /// Those of [`LabelStore::load`].
    pub fn all_for_video(&self, video_id: &str) -> Result<Vec<(Query, Labels)>, LabelError> {
        let lines = read(&self.path_of(video_id))?;
        let labelled = lines.iter().filter_map(|line| {
            let query = Query::new(&line.annotation.query).ok()?;
            Some((query, Labels::from_annotation(&line.annotation)))
        });
        Ok(labelled.collect())
    }

    /// All labels of all videos; `vid` is the id of the video.
    ///
    /// # Errors
    /// Those of [`LabelStore::load`], for the first file that has one.
    pub fn all(&self) -> Result<Vec<Annotation>, LabelError> {
        let lines = self.all_lines()?;
        Ok(lines.into_iter().map(|line| line.annotation).collect())
    }

    /// Replaces the labels of one query, and returns when the new ones are on disk.
    ///
    /// # Errors
    /// When the file cannot be written. A file that cannot be read is left as it is.
    pub fn save(
        &self,
        video: LabelledVideo<'_>,
        query: &Query,
        labels: &Labels,
    ) -> Result<(), LabelError> {
        let path = self.path_of(video.id);
        let _lock = self.lock()?;
        let mut lines = read(&path)?;
        let position = lines.iter().position(|line| line.is_about(query));
        let qid = match position {
            Some(i) => lines[i].annotation.qid.clone(),
            None => next_qid(&lines),
        };
        let line = Line {
            annotation: labels.to_annotation(qid, video.id, video.duration_secs, query),
            video_name: video.name.to_owned(),
        };
        // A line that cannot be read again would take the video's other labels with it.
        line.check().map_err(LabelError::Unreadable)?;
        match position {
            Some(i) if labels.is_empty() => drop(lines.remove(i)),
            Some(i) => lines[i] = line,
            None if labels.is_empty() => return Ok(()),
            None => lines.push(line),
        }
        // The video may have been renamed since its other queries were labelled.
        for line in &mut lines {
            video.name.clone_into(&mut line.video_name);
        }
        write(&path, &lines)
    }

    /// The file that holds the labels of a video, whether it exists or not.
    fn path_of(&self, video_id: &str) -> PathBuf {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let is_name = !video_id.is_empty()
            && video_id.len() <= MAX_NAME_CHARS
            && video_id.chars().all(is_plain);
        if is_name {
            self.dir.join(format!("{video_id}.jsonl"))
        } else {
            // Dots and slashes lead elsewhere, and to some file systems A and a are the same.
            let hash = blake3::hash(video_id.as_bytes()).to_hex();
            self.dir.join(format!("id-{}.jsonl", &hash[..32]))
        }
    }

    /// Sorted by file, so that the answer does not depend on the file system.
    fn all_lines(&self) -> Result<Vec<Line>, LabelError> {
        let mut paths = Vec::new();
        for entry in fs::read_dir(&self.dir).map_err(in_file(&self.dir))? {
            paths.push(entry.map_err(in_file(&self.dir))?.path());
        }
        paths.retain(|path| path.extension().is_some_and(|e| e == "jsonl"));
        paths.sort();
        let mut lines = Vec::new();
        for path in paths {
            lines.extend(read(&path)?);
        }
        Ok(lines)
    }

    /// Held until dropped; the system frees it when a process dies.
    fn lock(&self) -> Result<File, LabelError> {
        let path = self.dir.join(".lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(in_file(&path))?;
        match file.lock() {
            // If the file system has no locks, a single process is still safe.
            Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(file),
            locked => locked.map(|()| file).map_err(in_file(&path)),
        }
    }
}

fn next_qid(lines: &[Line]) -> QueryId {
    let numbers = lines.iter().map(|line| match line.annotation.qid {
        QueryId::Number(number) => number,
        QueryId::Text(_) => 0,
    });
    QueryId::Number(numbers.max().unwrap_or(0).saturating_add(1))
}

fn in_file(path: &Path) -> impl Fn(io::Error) -> LabelError {
    move |cause| LabelError::Io {
        path: path.to_owned(),
        cause,
    }
}

fn read(path: &Path) -> Result<Vec<Line>, LabelError> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        file => file.map_err(in_file(path))?,
    };
    from_jsonl(BufReader::new(file), Line::check).map_err(|cause| LabelError::Line {
        path: path.to_owned(),
        cause,
    })
}

fn write<T: Serialize>(path: &Path, lines: &[T]) -> Result<(), LabelError> {
    let text = to_jsonl(lines).map_err(io::Error::from);
    text.and_then(|text| atomic::write(path, text.as_bytes()))
        .map_err(in_file(path))
}

#[cfg(test)]
mod tests;
