//! Clips and spans of stream time (DESIGN section 4).

use serde::{Deserialize, Serialize};

/// Length of a clip, as in QVHighlights.
pub const CLIP_SECS: f64 = 2.0;

/// The 2-second unit: clip `i` covers `[2i, 2i + 2)` seconds of stream time.
///
/// Time zero is the first video frame, whatever its PTS in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClipIndex(pub usize);

impl ClipIndex {
    /// The clip that shows `time_secs`; times before zero belong to the first clip.
    pub fn at(time_secs: f64) -> Self {
        Self((time_secs / CLIP_SECS).max(0.0) as usize)
    }

    pub fn start_secs(self) -> f64 {
        self.0 as f64 * CLIP_SECS
    }

    /// The moment whose frame stands for the whole clip.
    pub fn centre_secs(self) -> f64 {
        self.start_secs() + CLIP_SECS / 2.0
    }

    pub fn end_secs(self) -> f64 {
        self.start_secs() + CLIP_SECS
    }

    pub fn span(self) -> TimeSpan {
        TimeSpan {
            start_secs: self.start_secs(),
            end_secs: self.end_secs(),
        }
    }
}

/// How many clips a video of this length has: those whose centre lies inside it, at least one.
pub fn n_clips(duration_secs: f64) -> usize {
    let whole = (duration_secs / CLIP_SECS).max(0.0);
    let has_last_centre = whole.fract() * CLIP_SECS > CLIP_SECS / 2.0;
    (whole as usize + usize::from(has_last_centre)).max(1)
}

/// A half-open span `[start_secs, end_secs)` of stream time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimeSpan {
    pub start_secs: f64,
    pub end_secs: f64,
}

impl TimeSpan {
    pub fn new(start_secs: f64, end_secs: f64) -> Self {
        Self {
            start_secs,
            end_secs,
        }
    }

    /// The clips `first..=last`.
    pub fn of_clips(first: ClipIndex, last: ClipIndex) -> Self {
        Self::new(first.start_secs(), last.end_secs())
    }

    pub fn length_secs(self) -> f64 {
        (self.end_secs - self.start_secs).max(0.0)
    }

    pub fn contains(self, time_secs: f64) -> bool {
        self.start_secs <= time_secs && time_secs < self.end_secs
    }

    /// Intersection over union, 0 where both spans are empty.
    pub fn iou(self, other: Self) -> f64 {
        let shared =
            (self.end_secs.min(other.end_secs) - self.start_secs.max(other.start_secs)).max(0.0);
        let union = self.length_secs() + other.length_secs() - shared;
        if union > 0.0 { shared / union } else { 0.0 }
    }
}

/// `1:02:03.4` or `2:03.4`: what people read and paste; negative times show as zero.
pub fn format_timestamp(time_secs: f64) -> String {
    let tenths = (time_secs.max(0.0) * 10.0).round() as u64;
    let (secs, tenth) = (tenths / 10, tenths % 10);
    let (hours, minutes, secs) = (secs / 3600, secs / 60 % 60, secs % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{secs:02}.{tenth}")
    } else {
        format!("{minutes}:{secs:02}.{tenth}")
    }
}

/// `1:02:03` or `2:03`: how long a video is.
pub fn format_duration(secs: f64) -> String {
    let secs = secs.max(0.0).round() as u64;
    let (hours, minutes, secs) = (secs / 3600, secs / 60 % 60, secs % 60);
    match hours {
        0 => format!("{minutes}:{secs:02}"),
        _ => format!("{hours}:{minutes:02}:{secs:02}"),
    }
}

/// `43 s`, `2 min 05 s`, `1 h 12 min`: an estimate, so not more exact than it can be.
pub fn time_left(secs: f64) -> String {
    let secs = secs.max(0.0).ceil() as u64;
    match secs {
        0..60 => format!("{secs} s"),
        60..3600 => format!("{} min {:02} s", secs / 60, secs % 60),
        _ => format!("{} h {:02} min", secs / 3600, secs / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clip_exists_when_its_centre_lies_inside_the_video() {
        for (duration_secs, expected) in [
            (0.0, 1),
            (0.04, 1),
            (1.0, 1),
            (2.0, 1),
            (3.0, 1),
            (3.04, 2),
            (4.0, 2),
            (150.0, 75),
            (151.5, 76),
        ] {
            assert_eq!(n_clips(duration_secs), expected, "{duration_secs} s");
        }
    }

    #[test]
    fn clips_know_their_seconds() {
        assert_eq!(ClipIndex::at(3.99), ClipIndex(1));
        assert_eq!(ClipIndex::at(-1.0), ClipIndex(0));
        assert_eq!(ClipIndex(3).span(), TimeSpan::new(6.0, 8.0));
        assert_eq!(ClipIndex(3).centre_secs(), 7.0);
    }

    #[test]
    fn overlap_is_intersection_over_union() {
        let span = TimeSpan::new(0.0, 10.0);
        assert_eq!(span.iou(TimeSpan::new(5.0, 15.0)), 5.0 / 15.0);
        assert_eq!(span.iou(TimeSpan::new(20.0, 30.0)), 0.0);
        assert_eq!(TimeSpan::new(1.0, 1.0).iou(TimeSpan::new(1.0, 1.0)), 0.0);
    }

    #[test]
    fn timestamps_read_as_on_a_player() {
        assert_eq!(format_timestamp(0.0), "0:00.0");
        assert_eq!(format_timestamp(59.96), "1:00.0");
        assert_eq!(format_timestamp(3723.44), "1:02:03.4");
        assert_eq!(format_duration(3723.44), "1:02:03");
        assert_eq!(format_duration(59.6), "1:00");
    }

    #[test]
    fn time_left_has_two_units_at_most() {
        assert_eq!(time_left(4.6), "5 s");
        assert_eq!(time_left(61.0), "1 min 01 s");
        assert_eq!(time_left(7265.0), "2 h 01 min");
    }
}
