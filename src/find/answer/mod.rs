//! What a query finds in a video, as plain data that anyone can form moments from.

mod network;
mod shown;

use crate::domain::{ClipIndex, Embeddings, Highlight, SaliencyCurve, UnitVector};
use crate::find::{Detection, Detector, PROBABLY_PRESENT, Way};

pub use shown::Found;

/// Two highlights nearer than this, in clips, say the same.
const MIN_HIGHLIGHT_DISTANCE: usize = 2;

/// One query on one video. Moments are not part of it: they depend on a threshold that people move.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Cosine of each clip with the query, `[n_clips]`; never without a clip. Of joined queries, which
    /// have none, the saliency.
    pub cosines: SaliencyCurve,
    /// Calibrated: about 0 where the query fits no better than any other, 1 where it is surely there.
    pub saliency: SaliencyCurve,
    /// What moments are formed from.
    pub detection: Detection,
    /// The best clip, with its saliency.
    pub highlight: Highlight,
    /// 0…1, how sure that the query occurs in the video at all.
    pub present: f32,
    /// Where the video ends, as far as it was known when this was answered.
    pub end_secs: f64,
    /// What the thresholds 0 and 1 are on the scale of the saliency.
    threshold_range: (f32, f32),
    /// The curve differs by too little to tell one clip from another.
    is_flat: bool,
}

impl Answer {
    /// Scores `embeddings` against a text; `None` without a clip.
    ///
    /// Here is all that a detector could ask for: one that looks at more than the curve takes the
    /// embeddings and the text from here.
    pub fn of(
        embeddings: &Embeddings,
        text: &UnitVector,
        way: &Way,
        end_secs: f64,
    ) -> Option<Self> {
        Self::of_curve(embeddings.cosines(text), way, end_secs)
    }

    /// From the cosines of each clip, `[n_clips]`; `None` without a clip.
    pub fn of_curve(cosines: SaliencyCurve, way: &Way, end_secs: f64) -> Option<Self> {
        let saliency = way.calibrate(&cosines);
        let detection = way.shape(&cosines);
        let threshold_range = match &detection {
            Detection::Runs {
                range: (low, high), ..
            } => way
                .calibrate(&SaliencyCurve::new(vec![*low, *high]))
                .range(),
            // Probabilities are drawn on that scale as they are.
            Detection::Head(_) | Detection::Proposals { .. } => (0.0, 1.0),
        };
        Some(Self {
            highlight: saliency.highlight()?,
            is_flat: threshold_range.1 - threshold_range.0 <= way.least_contrast(),
            threshold_range,
            detection,
            present: way.presence(&cosines),
            saliency,
            cosines,
            end_secs,
        })
    }

    /// From a curve that is calibrated already, and how sure it is of each clip that the query is there,
    /// both `[n_clips]`; `None` without a clip.
    pub fn of_saliency(
        saliency: SaliencyCurve,
        beliefs: &SaliencyCurve,
        least_contrast: f32,
        end_secs: f64,
    ) -> Option<Self> {
        let detection = Detector::Runs.detect(&saliency);
        let threshold_range = match &detection {
            Detection::Runs { range, .. } => *range,
            Detection::Head(_) | Detection::Proposals { .. } => (0.0, 1.0),
        };
        Some(Self {
            highlight: saliency.highlight()?,
            is_flat: threshold_range.1 - threshold_range.0 <= least_contrast,
            threshold_range,
            detection,
            present: beliefs.highlight()?.score,
            cosines: saliency.clone(),
            saliency,
            end_secs,
        })
    }

    /// Up to `n` of the best clips, not next to each other, best first.
    pub fn highlights(&self, n: usize) -> Vec<Highlight> {
        let mut kept: Vec<Highlight> = Vec::new();
        for candidate in self.saliency.top(self.saliency.n_clips()) {
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

    /// Whether the query is rather in the video than not.
    pub fn is_probable(&self) -> bool {
        self.present >= PROBABLY_PRESENT
    }

    /// Saliency of the clip at a time.
    pub fn saliency_at(&self, time_secs: f64) -> Option<f32> {
        let values = self.saliency.values();
        values.get(ClipIndex::at(time_secs).0).copied()
    }

    /// Least and greatest saliency.
    pub fn saliency_range(&self) -> (f32, f32) {
        self.saliency.range()
    }

    /// Where a threshold lies on the scale on which the curve is drawn.
    pub fn level_of(&self, threshold: f32) -> f32 {
        let (low, high) = self.threshold_range;
        low + threshold * (high - low)
    }

    /// The inverse of [`Answer::level_of`]; `None` for a flat curve.
    pub fn threshold_at(&self, level: f32) -> Option<f32> {
        let (low, high) = self.threshold_range;
        (high > low).then(|| ((level - low) / (high - low)).clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests;
