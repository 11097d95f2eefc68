//! Is the query in this video at all? Compared with what unrelated words score on it.
//!
//! A cosine says little alone: its level depends on the model, on the video and on the words. So a
//! fixed bank of neutral texts is scored on the same clips, and how far their curves stand out
//! shows how far chance reaches here. A query is believed as far as its own curve stands out more.
//!
//! Measured on 200 held-out videos of the drawn world with as many queries that are there as not
//! (`cargo run --example world -- presence`): area under the ROC curve 0.983 for full captions and
//! 0.911 for a few words; at the threshold 90.9 % and 83.3 % are judged rightly. The constants were
//! chosen on the demo video, whose queries are none of these.

use crate::domain::{Embeddings, SaliencyCurve, UnitVector};
use crate::model::Calibration;

/// From this [presence](crate::find::Answer::present) on, a find is called probable.
pub const PROBABLY_PRESENT: f32 = 0.5;

/// How many deviations a query stands out above neutral texts when it is as likely there as not.
///
/// Set on the bundled model and its demo video: every true query lies above, words of the same world
/// that are nowhere in the video lie below. Words from outside a model's world can land anywhere.
const EVEN_ODDS_DEVIATIONS: f32 = 1.0;

/// How quickly doubt turns into belief around that point, per deviation.
const STEEPNESS: f32 = 3.0;

/// Deviations above the usual peak at which the calibrated saliency reads 1.
const FULL_DEVIATIONS: f32 = 2.0;

/// How much of a curve's usual level is no merit of its peak: some words fit everything a little.
/// Not all of it, because in a video that shows one thing only, the usual level *is* the find.
const BASE_SHARE: f32 = 0.5;

/// A deviation below so many of the model's own logits (`logit_scale` times the cosine) is a chance of
/// few clips. In cosines it differs from model to model as their ranges do: 0.01 for the bundled one,
/// 0.004 for OpenAI's.
const LEAST_DEVIATION: f32 = 0.4;

/// What neutral texts score on a video.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NeutralLevel {
    /// Median over texts of the mean over clips.
    mean: f32,
    /// Median over texts of the highest clip.
    peak: f32,
    /// Median over texts of how far they stand out.
    prominence: f32,
    /// Robust deviation of that.
    deviation: f32,
}

impl NeutralLevel {
    /// From the directions of neutral texts, for a model that reads cosines so.
    pub fn of(texts: &[UnitVector], embeddings: &Embeddings, calibration: Calibration) -> Self {
        let curves: Vec<_> = texts.iter().map(|text| embeddings.cosines(text)).collect();
        let over_texts = |of: fn(&SaliencyCurve) -> f32| curves.iter().map(of).collect();
        let prominences: Vec<f32> = over_texts(prominence_of);
        let prominence = median(prominences.clone());
        let distances = prominences.iter().map(|value| (value - prominence).abs());
        Self {
            mean: median(over_texts(mean_of)),
            peak: median(over_texts(peak_of)),
            prominence,
            // 1.48 makes the median distance a standard deviation for a normal distribution.
            deviation: (1.48 * median(distances.collect())).max(least_deviation(calibration)),
        }
    }

    /// 0…1, how sure that the query of this cosine curve occurs at all.
    pub fn presence(&self, cosines: &SaliencyCurve) -> f32 {
        let deviations = (prominence_of(cosines) - self.prominence) / self.deviation;
        belief(deviations, EVEN_ODDS_DEVIATIONS)
    }

    /// What any text scores on a usual clip.
    pub fn mean(&self) -> f32 {
        self.mean
    }

    /// How far chance takes a text on this video.
    pub fn deviation(&self) -> f32 {
        self.deviation
    }

    /// To keep it somewhere, for [`NeutralLevel::of_numbers`].
    pub fn numbers(&self) -> [f32; 4] {
        [self.mean, self.peak, self.prominence, self.deviation]
    }

    pub fn of_numbers([mean, peak, prominence, deviation]: [f32; 4]) -> Self {
        Self {
            mean,
            peak,
            prominence,
            deviation,
        }
    }

    /// Scale and bias that make a cosine read 0 at the level of any text and 1 where belief is full.
    pub fn calibration(&self) -> (f32, f32) {
        let full = self.peak + FULL_DEVIATIONS * self.deviation;
        let scale = 1.0 / (full - self.mean).max(self.deviation).max(f32::EPSILON);
        (scale, -self.mean * scale)
    }
}

/// The least deviation in cosines that says anything.
pub fn least_deviation(calibration: Calibration) -> f32 {
    LEAST_DEVIATION / calibration.scale.max(1.0)
}

/// 0…1, how sure it is that something occurs that stands out so many deviations, where chance reaches
/// `even_odds`.
pub fn belief(deviations: f32, even_odds: f32) -> f32 {
    1.0 / (1.0 + (-STEEPNESS * (deviations - even_odds)).exp())
}

fn peak_of(curve: &SaliencyCurve) -> f32 {
    curve.highlight().map_or(0.0, |highlight| highlight.score)
}

fn mean_of(curve: &SaliencyCurve) -> f32 {
    curve.values().iter().sum::<f32>() / curve.n_clips().max(1) as f32
}

fn prominence_of(curve: &SaliencyCurve) -> f32 {
    peak_of(curve) - BASE_SHARE * curve.median().unwrap_or(0.0)
}

fn median(mut values: Vec<f32>) -> f32 {
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIM: usize = 8;

    /// The bundled model's, so that the least deviation is 0.01.
    const CALIBRATION: Calibration = Calibration {
        scale: 40.0,
        bias: None,
    };

    fn axis(i: usize) -> UnitVector {
        let values = (0..DIM).map(|j| if i == j { 1.0 } else { 0.0 });
        UnitVector::normalised(values.collect())
    }

    /// With texts along the first six of eight axes.
    fn level_of(embeddings: &Embeddings) -> NeutralLevel {
        let texts: Vec<_> = (0..6).map(axis).collect();
        NeutralLevel::of(&texts, embeddings, CALIBRATION)
    }

    #[test]
    fn what_stands_out_is_believed_and_what_does_not_is_not() {
        // Each of six clips fits one neutral text a little; the third shows the query clearly.
        let mut rows = Vec::new();
        for clip in 0..6 {
            let mut row = vec![0.1; DIM];
            row[clip] = 0.2 + 0.02 * clip as f32;
            row[7] = if clip == 2 { 0.9 } else { 0.05 };
            rows.extend(row);
        }
        let embeddings = Embeddings::from_features(DIM, rows).unwrap();
        let level = level_of(&embeddings);
        let shown = embeddings.cosines(&axis(7));
        let not_shown = embeddings.cosines(&axis(6));
        assert!(level.presence(&shown) > 0.9, "{}", level.presence(&shown));
        assert!(
            level.presence(&not_shown) < 0.3,
            "{}",
            level.presence(&not_shown)
        );
        let (scale, bias) = level.calibration();
        assert!(scale > 0.0);
        let saliency = shown.calibrated(scale, bias);
        assert!(
            saliency.values()[2] > 0.9 && saliency.values()[0] < 0.1,
            "{saliency:?}"
        );
    }

    #[test]
    fn no_clip_is_no_reason_to_panic() {
        let level = level_of(&Embeddings::empty(DIM));
        let belief = level.presence(&SaliencyCurve::default());
        assert!(belief.is_finite() && level.calibration().0.is_finite());
    }
}
