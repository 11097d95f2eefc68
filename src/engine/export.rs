//! From what was found to what the exporters take.

use crate::engine::{EngineError, SearchResult, VideoIndex};
use crate::export::{ExportDocument, ExportQuery, FrameRate};

/// Where frames come at varying times, cuts are counted as if they came at this rate.
const USUAL_RATE: (u32, u32) = (30, 1);

impl VideoIndex {
    /// The video with an absolute path, and the main moments of `results`.
    ///
    /// # Errors
    /// [`EngineError::FrameRate`] when the file claims an impossible one.
    pub fn export_document(&self, results: &[SearchResult]) -> Result<ExportDocument, EngineError> {
        let told = self.info.frame_rate;
        let told = told.and_then(|(num, den)| Some((num.try_into().ok()?, den.try_into().ok()?)));
        let (num, den) = told.unwrap_or(USUAL_RATE);
        let video = std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone());
        Ok(ExportDocument {
            video,
            duration_secs: self.duration_secs(),
            frame_rate: FrameRate::new(num, den)?,
            width: self.info.width,
            height: self.info.height,
            has_audio: self.info.has_audio,
            queries: results.iter().map(ExportQuery::from).collect(),
        })
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
