//! The moment head of a prompt, which learned from labels where moments begin and end.

use crate::domain::SaliencyCurve;
use crate::model::moment_head::HeadWeights;
use crate::model::prompt::HEAD_THRESHOLD;

/// A head is trained for this threshold.
pub const THRESHOLD: f32 = HEAD_THRESHOLD;

/// A probability for each clip, `[n_clips]`.
pub fn shape(weights: &HeadWeights, cosines: &SaliencyCurve) -> SaliencyCurve {
    weights.probabilities(cosines)
}
