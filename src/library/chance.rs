//! Is the query anywhere in the library? Compared with what unrelated words score there.
//!
//! In one video a query is believed as far as it stands out above unrelated words on that video, each
//! measured against its own usual level ([`NeutralLevel`](crate::find::NeutralLevel)). Between videos
//! that level says little: a film of one thing has a high one for its very subject. What counts there is
//! the cosine itself, and chance reaches the further the more there is to search. So the best cosine
//! of each unrelated text *anywhere* in what is searched is the yardstick.
//!
//! Measured on drawn videos of five scenes (`cargo run --example world -- library`): among 40 videos the
//! best cosine is in the right place for 191 of 200 full captions, the best on the video's own scale
//! for 136; `docs/LIBRARY.md` has the rest.

use crate::find::{NeutralLevel, PictureChance, belief};

/// Deviations above it at which the score reads 1.
const FULL_DEVIATIONS: f32 = 2.0;

/// A deviation of the best cosines below this part of that of all cosines is a chance of few clips.
const SHARE_OF_CHANCE: f32 = 0.06;

/// What unrelated texts score on all that is searched.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LibraryLevel {
    /// Mean over videos of the level of any text.
    mean: f32,
    /// Median over texts of the best cosine in all videos.
    peak: f32,
    /// Robust deviation of that.
    deviation: f32,
}

impl LibraryLevel {
    /// From what any texts score on each video and its best cosine with each unrelated text, in the
    /// same order in all videos. `None` without a video.
    pub fn of<'a>(videos: impl IntoIterator<Item = (NeutralLevel, &'a [f32])>) -> Option<Self> {
        let (mut sum, mut n_videos) = (0.0, 0);
        let mut least_deviation = f32::INFINITY;
        let mut best: Vec<f32> = Vec::new();
        for (level, peaks) in videos {
            sum += f64::from(level.mean());
            least_deviation = least_deviation.min(SHARE_OF_CHANCE * level.deviation());
            n_videos += 1;
            best.resize(peaks.len(), f32::NEG_INFINITY);
            best.iter_mut()
                .zip(peaks)
                .for_each(|(best, peak)| *best = best.max(*peak));
        }
        let peak = median(best.clone())?;
        let deviation = median(best.iter().map(|value| (value - peak).abs()).collect())?;
        Some(Self {
            mean: (sum / f64::from(n_videos.max(1))) as f32,
            peak,
            // 1.48 makes the median distance a standard deviation for a normal distribution.
            deviation: (1.48 * deviation).max(least_deviation),
        })
    }

    /// For a picture: half-way from chance to the same it is as likely there as not, and at the same the
    /// score is 1.
    pub fn of_pictures(chance: PictureChance) -> Self {
        let way = (chance.same - chance.chance).max(f32::EPSILON);
        Self {
            mean: chance.chance,
            peak: chance.chance + 0.5 * way,
            deviation: 0.5 * way / FULL_DEVIATIONS,
        }
    }

    /// The cosine from which on something is listed: where it is as good as the usual unrelated text.
    pub fn least_cosine(&self) -> f32 {
        self.peak
    }

    /// 0…1, how sure that a query occurs anywhere, by its best cosine.
    pub fn belief(&self, cosine: f32) -> f32 {
        belief((cosine - self.peak) / self.deviation, 0.0)
    }

    /// The number that people see: 0 at the level of any text, 1 where it is surely there.
    pub fn score(&self, cosine: f32) -> f32 {
        let full = self.peak + FULL_DEVIATIONS * self.deviation;
        (cosine - self.mean) / (full - self.mean).max(self.deviation)
    }
}

fn median(mut values: Vec<f32>) -> Option<f32> {
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: f32 = 0.01;

    fn level(mean: f32) -> NeutralLevel {
        NeutralLevel::of_numbers([mean, 0.0, LEAST / SHARE_OF_CHANCE])
    }

    #[test]
    fn the_best_of_unrelated_texts_anywhere_is_the_yardstick() {
        let videos = [
            (level(0.0), &[0.1, 0.2, 0.3][..]),
            (level(0.1), &[0.3, 0.1, 0.2]),
        ];
        // Best of the texts: 0.3, 0.2, 0.3; median 0.3, distances 0, 0.1, 0: the least deviation.
        let level = LibraryLevel::of(videos).unwrap();
        assert_eq!((level.peak, level.deviation), (0.3, LEAST));
        assert!((level.mean - 0.05).abs() < 1e-6);
        assert!((level.belief(level.least_cosine()) - 0.5).abs() < 1e-3);
        assert!(level.belief(0.4) > 0.99 && level.belief(0.25) < 0.01);
        assert!((level.score(0.05)).abs() < 1e-6);
        assert!((level.score(0.32) - 1.0).abs() < 1e-4);
        assert_eq!(LibraryLevel::of([]), None);
    }

    #[test]
    fn more_videos_leave_more_to_chance() {
        let few = LibraryLevel::of([(level(0.0), &[0.1, 0.2, 0.3][..])]).unwrap();
        let more = LibraryLevel::of([
            (level(0.0), &[0.1, 0.2, 0.3][..]),
            (level(0.0), &[0.4, 0.4, 0.1]),
        ])
        .unwrap();
        assert!(more.least_cosine() > few.least_cosine());
    }
}
