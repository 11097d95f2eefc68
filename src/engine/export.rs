//! From what was found to what the exporters take.

use std::path::Path;

use crate::domain::Query;
use crate::export::{ExportDocument, ExportQuery};
use crate::find::{Answer, Found};
use crate::video::VideoInfo;

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
