//! A query made ready: what clips are compared with, and how two comparisons become one.

use crate::domain::{Embeddings, Join, SaliencyCurve, UnitVector};
use crate::find::{Answer, NeutralLevel, PictureChance, Way, joined, joined_beliefs};
use crate::model::Calibration;

/// All that has to be known of a query to answer it on any video of a model.
#[derive(Clone, Debug)]
pub enum Probe {
    One(Target),
    Joined(Box<Probe>, Join, Box<Probe>),
}

/// What clips are compared with.
#[derive(Clone, Debug)]
pub enum Target {
    Words { direction: UnitVector, way: Way },
    Picture(PictureTarget),
}

/// A picture, and the same in disorder.
#[derive(Clone, Debug)]
pub struct PictureTarget {
    pub direction: UnitVector,
    /// See [`PictureChance`].
    pub disorder: Vec<UnitVector>,
    /// The model's own.
    pub calibration: Calibration,
}

/// What chance scores on a video, as far as a probe asks for it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Levels {
    /// Of neutral texts.
    pub words: Option<NeutralLevel>,
}

/// The curves of a query on a video.
struct Curves {
    saliency: SaliencyCurve,
    beliefs: SaliencyCurve,
    least_contrast: f32,
}

impl From<(UnitVector, Way)> for Probe {
    fn from((direction, way): (UnitVector, Way)) -> Self {
        Self::One(Target::Words { direction, way })
    }
}

impl PictureTarget {
    /// What chance scores on this video.
    pub fn level(&self, embeddings: &Embeddings) -> NeutralLevel {
        let chance = PictureChance::of(embeddings, &self.disorder);
        NeutralLevel::of_pictures(chance, self.calibration)
    }
}

impl Target {
    pub fn direction(&self) -> &UnitVector {
        match self {
            Self::Words { direction, .. } | Self::Picture(PictureTarget { direction, .. }) => {
                direction
            }
        }
    }

    /// By what it is answered on this video.
    fn way_on(&self, embeddings: &Embeddings, levels: Levels) -> Way {
        match self {
            Self::Words {
                way: Way::Plain(None),
                ..
            } => Way::Plain(levels.words),
            Self::Words { way, .. } => way.clone(),
            Self::Picture(picture) => Way::Plain(Some(picture.level(embeddings))),
        }
    }
}

impl Probe {
    /// What it is joined of, in the order in which it is read.
    pub fn targets(&self) -> Vec<&Target> {
        match self {
            Self::One(target) => vec![target],
            Self::Joined(first, _, second) => [first.targets(), second.targets()].concat(),
        }
    }

    /// Whether [`Levels::words`] is needed.
    pub fn asks_neutral_texts(&self) -> bool {
        let plain = |target: &&Target| {
            matches!(
                target,
                Target::Words {
                    way: Way::Plain(None),
                    ..
                }
            )
        };
        self.targets().iter().any(plain)
    }

    /// `None` without a clip.
    pub fn answer(&self, embeddings: &Embeddings, levels: Levels, end_secs: f64) -> Option<Answer> {
        match self {
            Self::One(target) => {
                let way = target.way_on(embeddings, levels);
                Answer::of(embeddings, target.direction(), &way, end_secs)
            }
            Self::Joined(..) => {
                let Curves {
                    saliency,
                    beliefs,
                    least_contrast,
                } = self.curves(embeddings, levels);
                Answer::of_saliency(saliency, &beliefs, least_contrast, end_secs)
            }
        }
    }

    fn curves(&self, embeddings: &Embeddings, levels: Levels) -> Curves {
        match self {
            Self::One(target) => {
                let cosines = embeddings.cosines(target.direction());
                let way = target.way_on(embeddings, levels);
                Curves {
                    saliency: way.calibrate(&cosines),
                    beliefs: way.beliefs(&cosines),
                    least_contrast: way.least_contrast(),
                }
            }
            Self::Joined(first, join, second) => {
                let first = first.curves(embeddings, levels);
                let second = second.curves(embeddings, levels);
                // What is not believed to be there takes nothing away, however it wavers.
                let other = match join {
                    Join::Without => &second.beliefs,
                    Join::And | Join::Then { .. } => &second.saliency,
                };
                let saliency = joined(&first.saliency, *join, other);
                Curves {
                    beliefs: joined_beliefs(&first.beliefs, *join, &second.beliefs, &saliency),
                    saliency,
                    least_contrast: first.least_contrast.min(second.least_contrast),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIM: usize = 8;

    fn axis(i: usize) -> UnitVector {
        let values = (0..DIM).map(|j| if i == j { 1.0 } else { 0.0 });
        UnitVector::normalised(values.collect())
    }

    /// Eight clips: the first query in 1 to 4, the second in 3 to 6.
    fn film() -> Embeddings {
        let mut rows = Vec::new();
        for clip in 0..8 {
            let mut row = vec![0.1; DIM];
            row[DIM - 1] = 0.6;
            row[0] = if (1..5).contains(&clip) { 0.8 } else { 0.1 };
            row[1] = if (3..7).contains(&clip) { 0.8 } else { 0.1 };
            rows.extend(row);
        }
        Embeddings::from_features(DIM, rows).unwrap()
    }

    fn probe(at: usize) -> Probe {
        (axis(at), Way::default()).into()
    }

    fn answer(probe: &Probe) -> Answer {
        let film = film();
        let calibration = Calibration {
            scale: 40.0,
            bias: None,
        };
        let texts = [axis(3), axis(4)];
        let words = NeutralLevel::of(&texts, &film, calibration);
        assert!(probe.asks_neutral_texts());
        let levels = Levels { words: Some(words) };
        probe.answer(&film, levels, 16.0).unwrap()
    }

    #[test]
    fn a_joined_query_has_a_curve_and_moments_like_any_other() {
        let join = |join, second| Probe::Joined(Box::new(probe(0)), join, Box::new(probe(second)));
        let spans = |probe: &Probe| -> Vec<_> {
            let moments = answer(probe).found(None).moments;
            let span = |m: &crate::domain::Moment| (m.span.start_secs, m.span.end_secs);
            moments.iter().map(span).collect()
        };
        assert_eq!(spans(&probe(0)), [(2.0, 10.0)]);
        assert_eq!(spans(&join(Join::And, 1)), [(6.0, 10.0)]);
        assert_eq!(spans(&join(Join::Without, 1)), [(2.0, 6.0)]);
        let then = Join::Then { within_secs: 4 };
        assert_eq!(spans(&join(then, 1)), [(2.0, 14.0)]);
        for (join, is_there) in [(join(Join::And, 1), true), (join(Join::And, 5), false)] {
            assert_eq!(answer(&join).is_probable(), is_there);
        }
    }
}
