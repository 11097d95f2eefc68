//! Every moment as a video file of its own, nothing re-encoded.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde::Serialize;

use super::document::ExportDocument;
use super::frame_span::listed;
use super::names::{NameTemplate, Named, Names};
use crate::domain::{TimeSpan, serialize_path};
use crate::video::{Cutter, VideoError};

/// How moments become files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CutOptions {
    /// What the files are called; else `film-01-0m12.0s-0m16.0s`, with the words where there are several queries.
    pub name: Option<NameTemplate>,
    /// They begin and end on the very pictures of the moments: the edges are encoded anew.
    pub is_exact: bool,
}

/// A moment that was written as a file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WrittenCut {
    pub query: String,
    /// 1 for the best moment of its query.
    pub rank: usize,
    #[serde(serialize_with = "serialize_path")]
    pub path: PathBuf,
    /// The moment in the source.
    pub start_secs: f64,
    pub end_secs: f64,
    pub score: f32,
    /// What comes before the moment, because a file can begin only with a key frame.
    pub lead_in_secs: f64,
    /// What comes after it: a few frames where the last ones depend on later ones.
    pub lead_out_secs: f64,
    /// Length of the file.
    pub duration_secs: f64,
    pub n_audio_tracks: usize,
}

/// Writes the moments of all queries to `dir`, best first or as the document says, as
/// `<video>-<NN>-<start>-<end>.<ext>` or as the template says; `<NN>` counts over all queries.
/// `written` is called with each cut as soon as its file is whole. Where there are several queries,
/// the words of each follow `<NN>`.
///
/// Earlier cuts of the same name are replaced, each only when the new one is whole. A moment found
/// by two queries is written for both. Setting `cancel` stops the work almost at once; the cuts
/// that are whole stay.
///
/// # Errors
/// The first cut that fails; those before it stay.
pub fn write_cuts(
    document: &ExportDocument,
    dir: &Path,
    options: &CutOptions,
    cancel: Arc<AtomicBool>,
    written: impl FnMut(&WrittenCut),
) -> Result<Vec<WrittenCut>, VideoError> {
    let stem = document.video.file_stem().unwrap_or_default();
    let writer = Writer {
        dir,
        options,
        cancel,
    };
    writer.write(
        document,
        &stem.to_string_lossy(),
        &mut Names::default(),
        written,
    )
}

/// As [`write_cuts`], of several videos into one folder. Where two have the same name, the later one is
/// called `<video>_2`.
///
/// # Errors
/// As there.
pub fn write_cuts_of_several(
    documents: &[ExportDocument],
    dir: &Path,
    options: &CutOptions,
    cancel: &Arc<AtomicBool>,
    mut written: impl FnMut(&ExportDocument, &WrittenCut),
) -> Result<(), VideoError> {
    let mut n_of_name: HashMap<String, usize> = HashMap::new();
    let mut names = Names::default();
    for document in documents {
        let stem = document.video.file_stem().unwrap_or_default();
        let mut stem = stem.to_string_lossy().into_owned();
        // Some file systems take names for one that differ only in their capitals.
        let n = n_of_name.entry(stem.to_lowercase()).or_default();
        *n += 1;
        if *n > 1 {
            stem = format!("{stem}_{n}");
        }
        let tell = |cut: &WrittenCut| written(document, cut);
        let cancel = Arc::clone(cancel);
        let writer = Writer {
            dir,
            options,
            cancel,
        };
        writer.write(document, &stem, &mut names, tell)?;
    }
    Ok(())
}

struct Writer<'a> {
    dir: &'a Path,
    options: &'a CutOptions,
    cancel: Arc<AtomicBool>,
}

impl Writer<'_> {
    fn write(
        self,
        document: &ExportDocument,
        stem: &str,
        names: &mut Names,
        mut written: impl FnMut(&WrittenCut),
    ) -> Result<Vec<WrittenCut>, VideoError> {
        let dir = self.dir;
        if dir.exists() && !dir.is_dir() {
            return Err(VideoError::Unwritable {
                path: dir.to_path_buf(),
                reason: "it is a file, and cuts need a folder".to_owned(),
            });
        }
        let cutter = Cutter::open(&document.video, self.cancel)?;
        let usual = NameTemplate::usual(document.queries.len());
        let template = self.options.name.as_ref().unwrap_or(&usual);
        let mut cuts: Vec<WrittenCut> = Vec::new();
        for query in &document.queries {
            for moment in listed(document, query) {
                let span = TimeSpan::new(moment.start_secs, moment.end_secs);
                let named = Named {
                    video: stem,
                    query: query.query.title(),
                    n: cuts.len() + 1,
                    rank: moment.rank,
                    start_secs: span.start_secs,
                    end_secs: span.end_secs,
                    score: moment.score,
                };
                let path = dir.join(names.name(template, &named, cutter.extension()));
                let extent = match self.options.is_exact {
                    true => cutter.cut_exactly(span, &path)?,
                    false => cutter.cut(span, &path)?,
                };
                let cut = WrittenCut {
                    query: query.query.title().to_owned(),
                    rank: moment.rank,
                    path,
                    start_secs: span.start_secs,
                    end_secs: span.end_secs,
                    score: moment.score,
                    lead_in_secs: to_millis(extent.lead_in_secs(span)),
                    lead_out_secs: to_millis(extent.lead_out_secs(span)),
                    duration_secs: to_millis(extent.end_secs - extent.start_secs),
                    n_audio_tracks: extent.n_audio_tracks,
                };
                written(&cut);
                cuts.push(cut);
            }
        }
        Ok(cuts)
    }
}

/// Sums of nanoseconds are not round numbers.
fn to_millis(secs: f64) -> f64 {
    (secs * 1000.0).round() / 1000.0
}
