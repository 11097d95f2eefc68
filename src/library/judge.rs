//! What decides about a query in all videos: one number for each clip, the same in all of them.

use crate::domain::{Embeddings, Join, SaliencyCurve};
use crate::find::{PROBABLY_PRESENT, Probe, Target, Way, joined, joined_beliefs};
use crate::library::chance::LibraryLevel;

/// A query with what chance scores on all that is searched.
pub(super) enum Judge<'a> {
    One(&'a Target, LibraryLevel),
    Joined(Box<Judge<'a>>, Join, Box<Judge<'a>>),
}

/// What a video can reach at best.
#[derive(Clone, Copy, Debug)]
pub(super) struct Best {
    pub score: f32,
    pub belief: f32,
}

impl<'a> Judge<'a> {
    /// `level_of` says what chance scores for each part of the query.
    pub fn new(probe: &'a Probe, level_of: &mut dyn FnMut(&Target) -> LibraryLevel) -> Self {
        match probe {
            Probe::One(target) => Self::One(target, level_of(target)),
            Probe::Joined(first, join, second) => {
                let first = Self::new(first, level_of);
                let second = Self::new(second, level_of);
                Self::Joined(Box::new(first), *join, Box::new(second))
            }
        }
    }

    /// From which score on a moment is listed.
    pub fn least_score(&self) -> f32 {
        match self {
            Self::One(target, level) => match taught(target) {
                None => level.score(level.least_cosine()),
                Some(_) => PROBABLY_PRESENT,
            },
            Self::Joined(first, Join::Without, _) => first.least_score(),
            // That two come together by chance is much rarer than either.
            Self::Joined(..) => PROBABLY_PRESENT,
        }
    }

    /// The best that a video can reach whose best clips have these cosines with the parts of the query;
    /// takes as many as it has parts.
    pub fn best(&self, peaks: &mut impl Iterator<Item = f32>) -> Best {
        match self {
            Self::One(target, level) => {
                let cosine = peaks.next().unwrap_or(f32::NEG_INFINITY);
                Best {
                    score: score(target, level, cosine),
                    belief: belief(target, level, cosine),
                }
            }
            Self::Joined(first, join, second) => {
                let (first, second) = (first.best(peaks), second.best(peaks));
                match join {
                    // What must not be there may be elsewhere in the video.
                    Join::Without => first,
                    Join::And | Join::Then { .. } => Best {
                        score: first.score.min(second.score),
                        belief: first.belief.min(second.belief),
                    },
                }
            }
        }
    }

    /// Score and belief of each clip of a video, `[n_clips]`.
    pub fn curves(&self, embeddings: &Embeddings) -> (SaliencyCurve, SaliencyCurve) {
        match self {
            Self::One(target, level) => {
                let cosines = embeddings.cosines(target.direction());
                let of = |value: &dyn Fn(f32) -> f32| {
                    SaliencyCurve::new(cosines.values().iter().map(|x| value(*x)).collect())
                };
                (
                    of(&|cosine| score(target, level, cosine)),
                    of(&|cosine| belief(target, level, cosine)),
                )
            }
            Self::Joined(first, join, second) => {
                let (first, second) = (first.curves(embeddings), second.curves(embeddings));
                let other = match join {
                    Join::Without => &second.1,
                    Join::And | Join::Then { .. } => &second.0,
                };
                let scores = joined(&first.0, *join, other);
                let beliefs = joined_beliefs(&first.1, *join, &second.1, &scores);
                (scores, beliefs)
            }
        }
    }
}

/// Scale and bias of what was taught.
fn taught(target: &Target) -> Option<(f32, f32)> {
    match target {
        Target::Words {
            way: Way::Taught(prompt),
            ..
        } => Some((prompt.scale, prompt.bias)),
        Target::Words { .. } | Target::Picture(_) => None,
    }
}

fn score(target: &Target, level: &LibraryLevel, cosine: f32) -> f32 {
    match taught(target) {
        Some((scale, bias)) => scale * cosine + bias,
        None => level.score(cosine),
    }
}

/// 0…1, how sure that what has this cosine is the query, and no chance find among all videos.
fn belief(target: &Target, level: &LibraryLevel, cosine: f32) -> f32 {
    match taught(target) {
        // Labels taught what 0 and 1 mean.
        Some(_) => score(target, level, cosine).clamp(0.0, 1.0),
        None => level.belief(cosine),
    }
}
