//! A query, an indexed video and a way to answer: the answer.

use crate::domain::Query;
use crate::engine::{Engine, EngineError, Snapshot, VideoIndex};
use crate::find::{Answer, Way};
use crate::model::MomentDetector;

impl Engine {
    /// Scores what is known of a video for a query.
    ///
    /// Costs one text encoding for a new query and one matrix-vector product.
    ///
    /// # Errors
    /// [`EngineError::NotIndexed`] before the first clip; those of [`Engine::embed_query`].
    pub fn answer(
        &mut self,
        known: &Snapshot<'_>,
        query: &Query,
        way: &Way,
    ) -> Result<Answer, EngineError> {
        let text = self.embed_query(query, way)?;
        let measured;
        let way = match way {
            Way::Plain(None) => {
                measured = Way::Plain(Some(self.neutral_level(known)?));
                &measured
            }
            way => way,
        };
        Answer::of(&known.embeddings, &text, way, known.end_secs).ok_or(EngineError::NotIndexed)
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
