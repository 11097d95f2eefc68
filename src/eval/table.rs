//! The numbers of the official evaluator.

pub(super) const N_THRESHOLDS: usize = 10;

/// A predicted window is a hit when it overlaps a true one at least this much.
pub const IOU_THRESHOLDS: [f64; N_THRESHOLDS] =
    [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95];

// Places in `IOU_THRESHOLDS`.
pub(super) const AT_50: usize = 0;
pub(super) const AT_70: usize = 4;
pub(super) const AT_75: usize = 5;

/// All numbers of the official evaluator, in percent with two decimals.
///
/// Serializes to the official layout: `brief` first, then the parts by name. A half that was not
/// predicted is absent.
#[derive(Clone, Debug, PartialEq)]
pub struct Metrics {
    pub moments: Option<MomentMetrics>,
    pub highlights: Option<HighlightMetrics>,
}

/// Moment retrieval by length of the true windows; `None` where no true window has that length.
#[derive(Clone, Debug, PartialEq)]
pub struct MomentMetrics {
    pub full: Option<RangeMetrics>,
    /// (30, 150] seconds.
    pub long: Option<RangeMetrics>,
    /// (10, 30] seconds.
    pub middle: Option<RangeMetrics>,
    /// (0, 10] seconds.
    pub short: Option<RangeMetrics>,
}

/// Moment retrieval over one range of lengths, at each of [`IOU_THRESHOLDS`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RangeMetrics {
    pub map: [f64; N_THRESHOLDS],
    pub map_average: f64,
    pub r1: [f64; N_THRESHOLDS],
    /// At an intersection of 0.3, which other evaluators give and the official one does not.
    pub r1_at_30: f64,
    /// Mean intersection of the first window with the true one that it overlaps best, likewise.
    pub mean_iou: f64,
}

impl RangeMetrics {
    pub fn r1_at_50(&self) -> f64 {
        self.r1[AT_50]
    }

    pub fn r1_at_70(&self) -> f64 {
        self.r1[AT_70]
    }

    pub fn map_at_50(&self) -> f64 {
        self.map[AT_50]
    }

    pub fn map_at_75(&self) -> f64 {
        self.map[AT_75]
    }
}

/// Highlight detection by the grade that a clip needs to count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HighlightMetrics {
    pub fair: GradeMetrics,
    pub good: GradeMetrics,
    pub very_good: GradeMetrics,
}

/// Highlight detection at one grade.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GradeMetrics {
    pub map: f64,
    pub hit1: f64,
}

/// `float(f"{100 * fraction:.2f}")`: exact halves go to the even digit in both languages.
pub(super) fn percent(fraction: f64) -> f64 {
    let percent = 100.0 * fraction;
    format!("{percent:.2}").parse().unwrap_or(percent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_goes_to_the_even_digit() {
        assert_eq!(percent(0.34375), 34.38);
        assert_eq!(percent(0.53125), 53.12);
        assert_eq!(percent(2.0 / 3.0), 66.67);
    }
}
