//! The noun that everything here is about.

use serde::Serialize;

use crate::domain::TimeSpan;

/// A predicted time span with the score it is ranked by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    pub span: TimeSpan,
    pub score: f32,
}

/// What the moments shown for a query are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The parts that stand out.
    Moments,
    /// More of the video fits than not, or all of it alike: long parts, or the whole video.
    AlmostEverywhere,
    /// It may be there, but no part fits better than the rest: the one moment is a guess.
    NothingStandsOut,
    /// No clip fits better than it fits unrelated words: the one moment is a guess.
    ProbablyNotHere,
}

impl Verdict {
    /// As people read it after the query: “two red hearts: in this video”.
    pub fn words(self) -> &'static str {
        match self {
            Self::Moments => "in this video",
            Self::AlmostEverywhere => "almost everywhere in this video",
            Self::NothingStandsOut => "no part of this video stands out",
            Self::ProbablyNotHere => "probably not in this video",
        }
    }

    /// Whether what is shown is only where to look first.
    pub fn is_guess(self) -> bool {
        matches!(self, Self::NothingStandsOut | Self::ProbablyNotHere)
    }
}
