//! From what was found to what the exporters take.

use std::path::Path;

use crate::domain::{Moment, Query};
use crate::export::{ExportDocument, ExportQuery};
use crate::find::Answer;
use crate::video::VideoInfo;

/// A video with what was found in it: for each query its answer and the moments to be exported.
pub fn export_document<'a>(
    video: &Path,
    info: &VideoInfo,
    duration_secs: f64,
    found: impl IntoIterator<Item = (&'a Query, &'a Answer, Vec<Moment>)>,
) -> ExportDocument {
    let queries = found
        .into_iter()
        .map(|(query, answer, moments)| ExportQuery {
            query: query.clone(),
            present: Some(answer.present),
            highlight: Some(answer.highlight),
            moments,
        });
    ExportDocument {
        queries: queries.collect(),
        ..ExportDocument::of_video(video, info, duration_secs)
    }
}
