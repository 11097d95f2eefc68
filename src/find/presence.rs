//! Is the query in this video at all? Compared with what unrelated words score on it.
//!
//! A cosine says little alone: its level and its range depend on the model and on the video. So a
//! fixed bank of neutral texts is scored on the same clips. The mean of their best clips shows how far
//! chance reaches here, and the deviation of all their cosines is the unit: it is of the model's own
//! making, so that the constants below mean the same for every model. A query is believed as far as
//! its best clip stands out above chance in that unit.
//!
//! Measured on 60 held-out videos of the drawn world with as many queries that are there as not
//! (`cargo run --example world -- presence --videos 60`), and on the same with another training of the
//! model, which is worse: `docs/DESIGN.md`, section 9, has both.

mod pictures;

use crate::domain::{Embeddings, SaliencyCurve, UnitVector};
use crate::model::Calibration;

pub use pictures::{PictureChance, quantile};

/// From this [presence](crate::find::Answer::present) on, a find is called probable.
pub const PROBABLY_PRESENT: f32 = 0.5;

/// How many deviations a query's best clip lies above those of neutral texts when it is as likely there
/// as not. Words from outside a model's world can land anywhere.
const EVEN_ODDS_DEVIATIONS: f32 = 0.5;

/// How quickly doubt turns into belief around that point, per deviation.
const STEEPNESS: f32 = 4.0;

/// The same in the library, whose deviations are smaller.
const LIBRARY_STEEPNESS: f32 = 3.0;

/// Deviations above the usual peak at which the calibrated saliency reads 1.
const FULL_DEVIATIONS: f32 = 1.0;

/// How much of a curve's usual level is no merit of its peak: some words fit everything a little.
/// Not much of it, because in a video that shows one thing only, the usual level *is* the find.
const BASE_SHARE: f32 = 0.1;

/// A deviation below so many of the model's own logits (`logit_scale` times the cosine) is a chance of
/// few clips. In cosines it differs from model to model as their ranges do: 0.01 for the bundled one,
/// 0.004 for OpenAI's.
const LEAST_DEVIATION: f32 = 0.4;

/// What chance scores on a video: neutral texts, or for a picture other pictures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NeutralLevel {
    /// Mean over texts and clips.
    mean: f32,
    /// Mean over texts of the highest clip.
    peak: f32,
    /// Deviation over texts and clips.
    deviation: f32,
    /// Scale and bias of a model that says of a pair by itself how probable it is.
    sigmoid: Option<(f32, f32)>,
}

impl NeutralLevel {
    /// From the directions of neutral texts, for a model that reads cosines so.
    pub fn of(texts: &[UnitVector], embeddings: &Embeddings, calibration: Calibration) -> Self {
        let curves: Vec<_> = texts.iter().map(|text| embeddings.cosines(text)).collect();
        let all = || curves.iter().flat_map(SaliencyCurve::values);
        let mean = mean_of(all().copied());
        let variance = mean_of(all().map(|cosine| (cosine - mean).powi(2)));
        Self {
            mean,
            peak: mean_of(curves.iter().map(peak_of)),
            deviation: variance.sqrt().max(least_deviation(calibration)),
            sigmoid: calibration.bias.map(|bias| (calibration.scale, bias)),
        }
    }

    /// 0…1, how sure that the query of this cosine curve occurs at all.
    pub fn presence(&self, cosines: &SaliencyCurve) -> f32 {
        self.belief(peak_of(cosines), cosines.median().unwrap_or(0.0))
    }

    /// The same of each clip by itself, `[n_clips]`; the greatest is the [presence](Self::presence).
    pub fn beliefs(&self, cosines: &SaliencyCurve) -> SaliencyCurve {
        let usual = cosines.median().unwrap_or(0.0);
        let values = cosines.values().iter();
        SaliencyCurve::new(values.map(|cosine| self.belief(*cosine, usual)).collect())
    }

    /// 0…1, how sure that a clip of this cosine shows a query whose usual clip has that one.
    fn belief(&self, cosine: f32, usual: f32) -> f32 {
        let base = BASE_SHARE * (usual - self.mean);
        let deviations = (cosine - base - self.peak) / self.deviation;
        let by_chance = sigmoid(STEEPNESS * (deviations - EVEN_ODDS_DEVIATIONS));
        // What the model itself holds for more probable than not is there, whatever else there is.
        // Short words get small probabilities also where they fit, so that those say nothing.
        let own = self
            .sigmoid
            .map_or(0.0, |(scale, bias)| sigmoid(scale * cosine + bias));
        by_chance.max(own)
    }

    /// What any text scores on a usual clip.
    pub fn mean(&self) -> f32 {
        self.mean
    }

    /// How far chance takes a text on this video.
    pub fn deviation(&self) -> f32 {
        self.deviation
    }

    /// To keep it somewhere, for [`NeutralLevel::of_numbers`]. What the model says by itself is not among
    /// them.
    pub fn numbers(&self) -> [f32; 3] {
        [self.mean, self.peak, self.deviation]
    }

    pub fn of_numbers([mean, peak, deviation]: [f32; 3]) -> Self {
        Self {
            mean,
            peak,
            deviation,
            sigmoid: None,
        }
    }

    /// Scale and bias that make a cosine read 0 at the level of any text and 1 where belief is full.
    pub fn calibration(&self) -> (f32, f32) {
        let by_chance = self.peak + FULL_DEVIATIONS * self.deviation;
        // Where the model itself says that it is there.
        let own = self.sigmoid.map(|(scale, bias)| -bias / scale.max(1.0));
        let full = own
            .filter(|own| own - self.mean > self.deviation)
            .map_or(by_chance, |own| own.min(by_chance));
        let scale = 1.0 / (full - self.mean).max(self.deviation).max(f32::EPSILON);
        (scale, -self.mean * scale)
    }
}

/// The least deviation in cosines that says anything.
fn least_deviation(calibration: Calibration) -> f32 {
    LEAST_DEVIATION / calibration.scale.max(1.0)
}

/// 0…1, how sure it is that something occurs that stands out so many deviations, where chance reaches
/// `even_odds`.
pub fn belief(deviations: f32, even_odds: f32) -> f32 {
    sigmoid(LIBRARY_STEEPNESS * (deviations - even_odds))
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

fn peak_of(curve: &SaliencyCurve) -> f32 {
    curve.highlight().map_or(0.0, |highlight| highlight.score)
}

/// 0 of nothing.
fn mean_of(values: impl Iterator<Item = f32>) -> f32 {
    let (mut sum, mut n) = (0.0, 0_u32);
    for value in values {
        sum += f64::from(value);
        n += 1;
    }
    (sum / f64::from(n.max(1))) as f32
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

    /// A model trained with a sigmoid says by itself what fits.
    #[test]
    fn what_a_sigmoid_is_sure_of_is_there() {
        // A video of one thing: a query for it stands out no more than others do.
        let row: Vec<f32> = (0..DIM).map(|i| if i == 7 { 0.9 } else { 0.3 }).collect();
        let embeddings = Embeddings::from_features(DIM, row.repeat(4)).unwrap();
        let texts: Vec<_> = (0..6).map(axis).collect();
        let level = |bias| NeutralLevel::of(&texts, &embeddings, Calibration { scale: 40.0, bias });
        let (shown, not_shown) = (embeddings.cosines(&axis(7)), embeddings.cosines(&axis(6)));
        let best = peak_of(&shown);
        // Even odds half-way between the two.
        let bias = Some(-40.0 * 0.5 * (best + peak_of(&not_shown)));
        assert!(level(bias).presence(&shown) > 0.99);
        assert!(level(bias).presence(&not_shown) < 0.3);
        let (scale, offset) = level(bias).calibration();
        assert!(
            scale * best + offset > 1.0,
            "past even odds it is surely there"
        );
        // A bias that nothing overcomes leaves the judgement to the neutral texts.
        assert_eq!(
            level(Some(-400.0)).presence(&shown),
            level(None).presence(&shown)
        );
        assert_eq!(level(Some(-400.0)).calibration(), level(None).calibration());
    }

    #[test]
    fn no_clip_is_no_reason_to_panic() {
        let level = level_of(&Embeddings::empty(DIM));
        let belief = level.presence(&SaliencyCurve::default());
        assert!(belief.is_finite() && level.calibration().0.is_finite());
    }
}
