//! Is the query in this video at all? Compared with what unrelated words score on it.
//!
//! A cosine says little alone: its level depends on the model, on the video and on the words. So a
//! fixed bank of neutral texts is scored on the same clips. Where their curves peak shows how high
//! chance reaches here; a query is believed as far as its own peak stands above that.

use crate::domain::{Embeddings, SaliencyCurve, l2_normalise};
use crate::engine::{Engine, EngineError};

/// From this [`presence`](crate::engine::SearchResult::present) on, a find is called probable.
pub const PROBABLY_PRESENT: f32 = 0.5;

/// Everyday things and scenes, far apart from each other, in the words of captions.
///
/// A video shows few of them; the robust statistics below ignore those that it does.
const NEUTRAL_TEXTS: [&str; 32] = [
    "a photo of a person",
    "a photo of an animal",
    "a bowl of soup on a table",
    "a page of printed text",
    "an empty room",
    "a busy street with cars",
    "a close-up of a hand",
    "a piece of furniture",
    "a musical instrument",
    "an airplane in the air",
    "people playing sports",
    "a computer screen",
    "a plate with food",
    "a wooden floor",
    "a map of a country",
    "a child with a toy",
    "a boat on a river",
    "a mountain landscape",
    "a bicycle next to a wall",
    "a bottle and a glass",
    "a building with many windows",
    "a crowd at a concert",
    "a flower in a garden",
    "a pair of shoes",
    "a train at a station",
    "a man giving a talk",
    "a woman cooking",
    "a dog running",
    "a blurry picture",
    "an abstract pattern",
    "a drawing",
    "something else",
];

/// How many deviations above the usual peak of a neutral text a query is as likely there as not.
///
/// Set on the bundled model and its demo video: every true query lies above, words of the same world
/// that are nowhere in the video lie below. Words from outside a model's world can land anywhere.
const EVEN_ODDS_DEVIATIONS: f32 = 0.65;

/// How quickly doubt turns into belief around that point, per deviation.
const STEEPNESS: f32 = 3.0;

/// Deviations above the usual peak at which the calibrated saliency reads 1.
const FULL_DEVIATIONS: f32 = 3.0;

/// A deviation below this is a chance of few clips.
const LEAST_DEVIATION: f32 = 0.01;

/// Unit embeddings of the neutral texts.
pub(super) struct NeutralBank {
    texts: Vec<Vec<f32>>,
}

/// What neutral texts score on a video.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct NeutralLevel {
    /// Median over texts of the mean over clips.
    mean: f32,
    /// Median over texts of the highest clip.
    peak: f32,
    /// Robust deviation of the peaks.
    deviation: f32,
}

impl NeutralBank {
    pub fn embed(engine: &mut Engine) -> Result<Self, EngineError> {
        let mut features = engine.encode_texts(&NEUTRAL_TEXTS)?;
        let dim = engine.encoder().dim();
        features.chunks_exact_mut(dim).for_each(l2_normalise);
        Ok(Self {
            texts: features.chunks_exact(dim).map(<[f32]>::to_vec).collect(),
        })
    }

    /// `None` for a video without clips.
    pub fn level(&self, embeddings: &Embeddings) -> NeutralLevel {
        let curves = self.texts.iter().map(|text| embeddings.cosines(text));
        let (means, peaks): (Vec<_>, Vec<_>) = curves
            .map(|curve| {
                let values = curve.values();
                let sum: f32 = values.iter().sum();
                (sum / values.len().max(1) as f32, peak_of(&curve))
            })
            .unzip();
        let peak = median(peaks.clone());
        let distances = peaks.iter().map(|value| (value - peak).abs()).collect();
        NeutralLevel {
            mean: median(means),
            peak,
            // 1.48 makes the median distance a standard deviation for a normal distribution.
            deviation: (1.48 * median(distances)).max(LEAST_DEVIATION),
        }
    }
}

impl NeutralLevel {
    /// 0…1, how sure that the query of this cosine curve occurs at all.
    pub fn presence(&self, cosines: &SaliencyCurve) -> f32 {
        let deviations = (peak_of(cosines) - self.peak) / self.deviation;
        1.0 / (1.0 + (-STEEPNESS * (deviations - EVEN_ODDS_DEVIATIONS)).exp())
    }

    /// Scale and bias that make a cosine read 0 at the level of any text and 1 where belief is full.
    pub fn calibration(&self) -> (f32, f32) {
        let full = self.peak + FULL_DEVIATIONS * self.deviation;
        let scale = 1.0 / (full - self.mean).max(LEAST_DEVIATION);
        (scale, -self.mean * scale)
    }
}

fn peak_of(curve: &SaliencyCurve) -> f32 {
    curve.highlight().map_or(0.0, |highlight| highlight.score)
}

fn median(mut values: Vec<f32>) -> f32 {
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
