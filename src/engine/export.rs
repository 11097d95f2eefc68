//! From what was found to what the exporters take.

use crate::engine::{SearchResult, VideoIndex};
use crate::export::{ExportDocument, ExportQuery};

impl VideoIndex {
    /// The video with an absolute path, and the main moments of `results`.
    pub fn export_document(&self, results: &[SearchResult]) -> ExportDocument {
        let document = ExportDocument::of_video(&self.path, &self.info, self.duration_secs());
        ExportDocument {
            queries: results.iter().map(ExportQuery::from).collect(),
            ..document
        }
    }
}

impl From<&SearchResult> for ExportQuery {
    fn from(result: &SearchResult) -> Self {
        Self {
            query: result.query.clone(),
            present: Some(result.present),
            highlight: Some(result.highlight),
            moments: result.moments.clone(),
        }
    }
}
