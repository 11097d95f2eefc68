//! The noun that everything here is about.

use crate::domain::TimeSpan;

/// A predicted time span with the score it is ranked by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    pub span: TimeSpan,
    pub score: f32,
}
