//! One query against one video: curve, highlight, moments, and whether it is there at all.

use crate::domain::{Highlight, Moment, Query, SaliencyCurve, ZERO_SHOT_THRESHOLD, moments_of};
use crate::engine::{Engine, EngineError, VideoIndex};

/// Two highlights nearer than this say the same.
const MIN_HIGHLIGHT_DISTANCE: usize = 2;

/// How results are formed from a curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SearchOptions {
    /// Clips at or above it belong to moments; on the curve's own scale of 0…1.
    pub threshold: f32,
    /// At most so many highlights.
    pub n_highlights: usize,
}

impl Default for SearchOptions {
    fn default() -> Self {
        Self {
            threshold: ZERO_SHOT_THRESHOLD,
            n_highlights: 5,
        }
    }
}

/// What a query found in a video.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchResult {
    pub query: Query,
    /// Cosine of each clip with the query, `[n_clips]`.
    pub cosines: SaliencyCurve,
    /// Calibrated: about 0 where the words fit no better than any others, 1 where surely there.
    pub saliency: SaliencyCurve,
    /// 0…1 within this video: what the threshold is compared with.
    pub shape: SaliencyCurve,
    /// The best clip, its score calibrated.
    pub highlight: Highlight,
    /// The best clips, not next to each other, best first.
    pub highlights: Vec<Highlight>,
    /// Whether `shape` comes from a trained moment head rather than from `saliency` itself.
    pub has_head: bool,
    /// Where `shape` reaches the threshold, best first; scores are of `saliency`.
    pub moments: Vec<Moment>,
    /// 0…1, how sure that the query occurs in the video at all.
    pub present: f32,
}

impl Engine {
    /// Scores an indexed video, or one that is still being indexed, for a query.
    ///
    /// Costs one text encoding for a new query and one matrix-vector product.
    ///
    /// # Errors
    /// [`EngineError::NotIndexed`] before the first clip; [`EngineError::Model`] when the query
    /// cannot be encoded.
    pub fn search(
        &mut self,
        index: &VideoIndex,
        query: &Query,
        options: SearchOptions,
    ) -> Result<SearchResult, EngineError> {
        let text = self.embed_query(query)?;
        let embeddings = index.embeddings();
        let cosines = embeddings.cosines(&text);
        if cosines.n_clips() == 0 {
            return Err(EngineError::NotIndexed);
        }
        let level = match index.neutral_level.get() {
            Some(level) => *level,
            None => {
                let level = self.neutral()?.level(&embeddings);
                *index.neutral_level.get_or_init(|| level)
            }
        };
        let (scale, bias) = level.calibration();
        let saliency = cosines.calibrated(scale, bias);
        let highlights = distinct_highlights(&saliency, options.n_highlights.max(1));
        let highlight = *highlights.first().ok_or(EngineError::NotIndexed)?;
        let shape = cosines.min_max_normalised();
        Ok(SearchResult {
            query: query.clone(),
            present: level.presence(&cosines),
            moments: moments_of(&shape, &saliency, options.threshold, index.duration_secs()),
            has_head: false,
            cosines,
            saliency,
            shape,
            highlight,
            highlights,
        })
    }
}

/// The best clips, each at least [`MIN_HIGHLIGHT_DISTANCE`] clips from all better ones.
pub(super) fn distinct_highlights(saliency: &SaliencyCurve, n: usize) -> Vec<Highlight> {
    let mut kept: Vec<Highlight> = Vec::new();
    for candidate in saliency.top(saliency.n_clips()) {
        if kept.len() == n {
            break;
        }
        let is_new = kept
            .iter()
            .all(|other| other.clip.0.abs_diff(candidate.clip.0) >= MIN_HIGHLIGHT_DISTANCE);
        if is_new {
            kept.push(candidate);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn highlights_are_not_neighbours() {
        let curve = SaliencyCurve::new(vec![0.1, 0.8, 0.9, 0.7, 0.6, 0.0]);
        let clips: Vec<_> = distinct_highlights(&curve, 3)
            .iter()
            .map(|h| h.clip.0)
            .collect();
        assert_eq!(clips, [2, 4, 0]);
    }
}
