//! A query, an indexed video and a way to answer: the answer.

use crate::domain::Query;
use crate::engine::{Engine, EngineError, Snapshot, VideoIndex};
use crate::find::{Answer, Levels, Probe, Way};
use crate::model::MomentDetector;

impl Engine {
    /// Scores what is known of a video for a query.
    ///
    /// Costs one text encoding for a new query and one matrix-vector product.
    ///
    /// # Errors
    /// [`EngineError::NotIndexed`] before the first clip; those of [`Engine::probe`].
    pub fn answer(
        &mut self,
        known: &Snapshot<'_>,
        query: &Query,
        way: &Way,
    ) -> Result<Answer, EngineError> {
        let probe = self.probe(query, way)?;
        self.answer_probe(known, &probe)
    }

    /// The same for a query that was made ready.
    ///
    /// # Errors
    /// [`EngineError::NotIndexed`] before the first clip; [`EngineError::Model`] when the neutral texts
    /// cannot be encoded.
    pub fn answer_probe(
        &mut self,
        known: &Snapshot<'_>,
        probe: &Probe,
    ) -> Result<Answer, EngineError> {
        let words = match probe.asks_neutral_texts() {
            true => Some(self.neutral_level(known)?),
            false => None,
        };
        let answer = probe.answer(&known.embeddings, Levels { words }, known.end_secs);
        answer.ok_or(EngineError::NotIndexed)
    }

    /// Every query in order on the same video, with the moments of a detector where one is given.
    ///
    /// # Errors
    /// As [`Engine::answer`], at the first query that cannot be answered.
    pub fn answer_all(
        &mut self,
        index: &VideoIndex,
        queries: &[Query],
        way: &Way,
        detector: Option<&MomentDetector>,
    ) -> Result<Vec<Answer>, EngineError> {
        let known = index.snapshot();
        queries
            .iter()
            .map(|query| self.answer_with(&known, query, way, detector))
            .collect()
    }
}
