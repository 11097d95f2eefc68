//! From what was found to what the exporters take.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::domain::{Moment, Query};
use crate::export::{ExportDocument, ExportQuery};
use crate::find::{Answer, Found};
use crate::video::{Source, VideoError, VideoInfo};

/// A video with what was found in it: for each query its answer and what of it is exported.
pub fn export_document<'a>(
    video: &Path,
    info: &VideoInfo,
    duration_secs: f64,
    found: impl IntoIterator<Item = (&'a Query, &'a Answer, Found)>,
) -> ExportDocument {
    let queries = found.into_iter().map(|(query, answer, found)| ExportQuery {
        query: query.clone(),
        present: Some(answer.present),
        verdict: Some(found.verdict),
        highlight: Some(answer.highlight),
        moments: found.moments,
    });
    ExportDocument {
        queries: queries.collect(),
        ..ExportDocument::of_video(video, info, duration_secs)
    }
}

/// A moment that was found in one of several videos.
#[derive(Clone, Debug, PartialEq)]
pub struct VideoMoment {
    pub path: PathBuf,
    /// Of the whole video.
    pub duration_secs: f64,
    /// Which of the queries it answers.
    pub query: usize,
    pub moment: Moment,
}

/// What was found in several videos, best first, as the exporters take it: one document for each video
/// in the order in which they come, all with all queries. Each file is opened for its frame rate and
/// timecode; what cannot be opened is left out, and the reasons are the second value.
pub fn export_documents(
    queries: &[Query],
    found: &[VideoMoment],
) -> (Vec<ExportDocument>, Vec<VideoError>) {
    let mut documents: Vec<ExportDocument> = Vec::new();
    let mut at: HashMap<&Path, Option<usize>> = HashMap::new();
    let mut problems = Vec::new();
    for it in found {
        let index = *at.entry(&it.path).or_insert_with(|| {
            let opened = Source::open(&it.path).and_then(|source| source.info().cloned());
            match opened {
                Ok(info) => {
                    let mut document = ExportDocument::of_video(&it.path, &info, it.duration_secs);
                    document.queries = queries.iter().map(nothing_found).collect();
                    documents.push(document);
                    Some(documents.len() - 1)
                }
                Err(error) => {
                    problems.push(error);
                    None
                }
            }
        });
        if let Some(query) = index.and_then(|index| documents[index].queries.get_mut(it.query)) {
            query.moments.push(it.moment);
        }
    }
    (documents, problems)
}

fn nothing_found(query: &Query) -> ExportQuery {
    ExportQuery {
        query: query.clone(),
        present: None,
        verdict: None,
        highlight: None,
        moments: Vec::new(),
    }
}
