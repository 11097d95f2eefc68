//! Is this picture in the video? Compared with how alike other pictures are.
//!
//! Cosines between two pictures lie in another range than those between a text and a picture, so neutral
//! texts say nothing about them. What says something is the video itself:
//! - *chance*: how alike clips are that lie far apart, and so show something else. A stand-in for a
//!   foreign picture reaches this with a fifth of the clips.
//! - *the same*: how alike neighbours are, since most show one scene; of the neighbours' cosines the 90 %
//!   quantile, for some lie across a cut.
//!
//! Half-way between the two it is as likely there as not, and at *the same* its saliency is 1: the
//! unit that for words is the deviation of neutral texts is the way from chance to the same.
//!
//! Where clips far apart are nearly as alike as neighbours, the video shows one thing throughout and has
//! no foreign picture to offer. Then, and where the video is short, chance is what the picture itself
//! reaches with its parts thrown into disorder: its colours without what they show.

use super::NeutralLevel;
use crate::domain::{Embeddings, SaliencyCurve, UnitVector};
use crate::model::Calibration;

/// Clips that stand in for foreign pictures.
const N_STAND_INS: usize = 64;

/// Clips nearer than this, 16 seconds, may show the same.
const FAR: usize = 8;

/// So good is a stand-in's chance find among the clips far from it.
const CHANCE_QUANTILE: f32 = 0.8;

/// So alike are two neighbours without a cut between them.
const SAME_QUANTILE: f32 = 0.9;

/// Beyond this part of the way from disorder to the same, clips far apart are the same too.
const ONE_THING: f32 = 0.8;

/// How alike pictures are by chance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PictureChance {
    /// What any clip has in common with another.
    pub mean: f32,
    /// What is reached by chance.
    pub chance: f32,
    /// What two pictures of the same have in common.
    pub same: f32,
}

impl PictureChance {
    /// From a video and the directions of the picture in disorder.
    pub fn of(embeddings: &Embeddings, disorder: &[UnitVector]) -> Self {
        let rows: Vec<_> = embeddings.middle_rows().collect();
        let neighbours = rows.windows(2).map(|pair| cosine(pair[0], pair[1]));
        let same = quantile(neighbours.collect(), SAME_QUANTILE).unwrap_or(1.0);
        let curves: Vec<_> = disorder.iter().map(|it| embeddings.cosines(it)).collect();
        let all = curves.iter().flat_map(SaliencyCurve::values).copied();
        let peaks = curves.iter().filter_map(SaliencyCurve::highlight);
        let floor = Self {
            mean: quantile(all.collect(), 0.5).unwrap_or(0.0),
            chance: peaks.map(|peak| peak.score).fold(-1.0, f32::max),
            same,
        };
        match far_apart(&rows) {
            Some((mean, far)) if far > floor.chance => {
                let is_one_thing = far - floor.chance > ONE_THING * (same - floor.chance);
                match is_one_thing {
                    true => floor,
                    false => Self {
                        mean,
                        chance: far,
                        same,
                    },
                }
            }
            _ => floor,
        }
    }
}

impl NeutralLevel {
    /// For a picture: see [`PictureChance`].
    pub fn of_pictures(chance: PictureChance, calibration: Calibration) -> Self {
        Self {
            mean: chance.mean.min(chance.chance),
            peak: chance.chance,
            deviation: (chance.same - chance.chance).max(super::least_deviation(calibration)),
            sigmoid: None,
        }
    }
}

/// The usual cosine of clips that lie far apart, and what a stand-in reaches with the best of them.
fn far_apart(rows: &[&[f32]]) -> Option<(f32, f32)> {
    let n_stand_ins = rows.len().min(N_STAND_INS);
    let (mut all, mut reached) = (Vec::new(), Vec::new());
    for i in 0..n_stand_ins {
        let at = i * rows.len() / n_stand_ins;
        let far = rows
            .iter()
            .enumerate()
            .filter(|(j, _)| at.abs_diff(*j) >= FAR);
        let cosines: Vec<_> = far.map(|(_, row)| cosine(rows[at], row)).collect();
        all.extend_from_slice(&cosines);
        reached.extend(quantile(cosines, CHANCE_QUANTILE));
    }
    Some((quantile(all, 0.5)?, quantile(reached, 0.5)?))
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The value below which so great a part of the others lies; `None` of nothing.
pub fn quantile(mut values: Vec<f32>, part: f32) -> Option<f32> {
    values.sort_by(f32::total_cmp);
    let last = values.len().checked_sub(1)?;
    values.get((part * last as f32).round() as usize).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALIBRATION: Calibration = Calibration {
        scale: 40.0,
        bias: None,
    };

    /// Scenes of ten clips, each of its own direction with a little of what all have, and of its own.
    fn video(n_scenes: usize) -> Embeddings {
        let dim = 16;
        let mut rows = Vec::new();
        for clip in 0..10 * n_scenes {
            let mut row = vec![0.0; dim];
            row[0] = 0.6;
            row[1 + clip / 10] = 0.8;
            row[15] = 0.1 * (clip % 3) as f32;
            rows.extend(row);
        }
        Embeddings::from_features(dim, rows).unwrap()
    }

    fn direction(parts: &[(usize, f32)]) -> UnitVector {
        let mut values = vec![0.0; 16];
        for (at, value) in parts {
            values[*at] = *value;
        }
        UnitVector::normalised(values)
    }

    fn presence(embeddings: &Embeddings, picture: &[(usize, f32)]) -> f32 {
        let disorder = [direction(&[(0, 0.5), (14, 0.9)])];
        let chance = PictureChance::of(embeddings, &disorder);
        let level = NeutralLevel::of_pictures(chance, CALIBRATION);
        level.presence(&embeddings.cosines(&direction(picture)))
    }

    #[test]
    fn a_picture_of_a_scene_is_there_and_one_of_another_is_not() {
        let film = video(6);
        assert!(presence(&film, &[(0, 0.6), (3, 0.8)]) > 0.8);
        assert!(
            presence(&film, &[(0, 0.6), (3, 0.7), (13, 0.4)]) > 0.6,
            "nearly"
        );
        let foreign = presence(&film, &[(0, 0.6), (13, 0.8)]);
        assert!(foreign < 0.2, "{foreign}");
    }

    #[test]
    fn a_video_of_one_thing_holds_that_thing() {
        let film = video(1);
        let chance = PictureChance::of(&film, &[direction(&[(0, 0.5), (14, 0.9)])]);
        assert!(chance.chance < 0.4, "{chance:?}");
        assert!(presence(&film, &[(0, 0.6), (1, 0.8)]) > 0.8);
        assert!(presence(&film, &[(0, 0.3), (13, 0.8)]) < 0.3);
    }

    #[test]
    fn nothing_is_said_of_nothing() {
        for n_clips in [0, 1] {
            let rows = vec![0.5; 16 * n_clips];
            let embeddings = Embeddings::from_features(16, rows).unwrap();
            let chance = PictureChance::of(&embeddings, &[]);
            let level = NeutralLevel::of_pictures(chance, CALIBRATION);
            let belief = level.presence(&embeddings.cosines(&direction(&[(0, 1.0)])));
            assert!(belief.is_finite(), "{belief}");
        }
    }
}
