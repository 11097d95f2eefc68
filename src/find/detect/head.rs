//! The moment head of a prompt, which learned from labels where moments begin and end.

use std::ops::Range;

use crate::domain::SaliencyCurve;
use crate::model::moment_head::HeadWeights;
use crate::model::prompt::HEAD_THRESHOLD;

/// A head is trained for this threshold.
pub const THRESHOLD: f32 = HEAD_THRESHOLD;

/// A probability for each clip, `[n_clips]`.
pub fn shape(weights: &HeadWeights, cosines: &SaliencyCurve) -> SaliencyCurve {
    weights.probabilities(cosines)
}

/// Maximal runs of clips that are at least so likely, in order. The head has learned where they end,
/// so nothing is smoothed and no cut is lower.
pub fn runs(probabilities: &SaliencyCurve, threshold: f32) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let mut first = 0;
    let values = probabilities.values();
    for run in values.chunk_by(|a, b| (*a >= threshold) == (*b >= threshold)) {
        let end = first + run.len();
        if run[0] >= threshold {
            runs.push(first..end);
        }
        first = end;
    }
    runs
}
