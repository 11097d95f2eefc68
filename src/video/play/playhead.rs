//! Where the playhead is, and which frame is on screen: times on the video's scale.

use crate::video::file::timing::{TOLERANCE_NS, ns, secs};

/// Seeks that land earlier than this have other reasons, such as a damaged file.
const MAX_OFFSET_SECS: f64 = 0.5;

#[derive(Clone, Copy, Debug)]
pub(super) enum Position {
    /// The user put it there, or it was left there.
    At(f64),
    /// It is moving; the pipeline knows where it is.
    Running,
}

/// The first frame on both scales; they differ if the demuxer's own zero does (Matroska).
#[derive(Clone, Copy, Debug)]
pub(super) struct Zero {
    /// What frame times are counted from.
    pub frames_ns: i64,
    /// What seeks and the pipeline's clock are counted from.
    pub stream_ns: i64,
}

/// When the newest frame is shown.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FrameSpan {
    pub start_secs: f64,
    pub end_secs: f64,
    /// Where a seek cut into the frame, else its start.
    pub cut_secs: f64,
}

#[derive(Debug)]
pub(super) struct Playhead {
    pub position: Position,
    /// The frame that was asked for has not come yet.
    pub is_seeking: bool,
    pub frame: FrameSpan,
    /// Known once the first frame came.
    pub zero: Option<Zero>,
}

impl Default for Playhead {
    fn default() -> Self {
        Self {
            position: Position::At(0.0),
            is_seeking: false,
            frame: FrameSpan::default(),
            zero: None,
        }
    }
}

impl Playhead {
    /// It is where the user put it, at once; the frame follows.
    pub fn move_to(&mut self, time_secs: f64) {
        self.position = Position::At(time_secs);
        self.is_seeking = true;
    }

    /// Back to the frame on screen: no other will come.
    pub fn stay(&mut self) {
        self.hold();
        self.is_seeking = false;
    }

    /// Stops at the frame on screen.
    pub fn hold(&mut self) {
        self.position = Position::At(self.frame.start_secs);
    }

    pub fn is_running(&self) -> bool {
        matches!(self.position, Position::Running)
    }

    /// Where it is now, given what the pipeline's clock says while it runs.
    pub fn now_secs(&self, clock_ns: Option<i64>) -> f64 {
        match (self.position, clock_ns) {
            (Position::At(time_secs), _) => time_secs,
            (Position::Running, Some(now_ns)) => secs(now_ns - self.stream_zero_ns()).max(0.0),
            (Position::Running, None) => self.frame.start_secs,
        }
    }

    /// The pipeline's time of a moment of the video.
    pub fn stream_ns(&self, time_secs: f64) -> i64 {
        self.stream_zero_ns() + ns(time_secs)
    }

    /// If an exact seek landed a little early, moves the zero of seeks by as much, so that later
    /// ones land right. Returns the offset.
    pub fn correct_zero(&mut self, sought_secs: f64) -> Option<i64> {
        let early_secs = sought_secs - self.frame.end_secs;
        if early_secs <= secs(TOLERANCE_NS) || early_secs >= MAX_OFFSET_SECS {
            return None;
        }
        let offset_ns = ns(sought_secs - self.frame.cut_secs) + TOLERANCE_NS;
        if let Some(zero) = &mut self.zero {
            zero.stream_ns += offset_ns;
        }
        Some(offset_ns)
    }

    fn stream_zero_ns(&self) -> i64 {
        self.zero.map_or(0, |zero| zero.stream_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seek_that_lands_a_little_early_corrects_the_later_ones() {
        let mut playhead = Playhead {
            zero: Some(Zero {
                frames_ns: 0,
                stream_ns: ns(1.0),
            }),
            frame: FrameSpan {
                start_secs: 4.84,
                end_secs: 4.88,
                cut_secs: 4.86,
            },
            ..Playhead::default()
        };
        // Within its frame, or far off for another reason.
        assert_eq!(playhead.correct_zero(4.87), None);
        assert_eq!(playhead.correct_zero(6.0), None);
        assert_eq!(playhead.stream_ns(5.0), ns(6.0));
        let offset_ns = playhead.correct_zero(5.0).unwrap();
        assert_eq!(offset_ns, ns(0.14) + TOLERANCE_NS);
        assert_eq!(playhead.stream_ns(5.0), ns(6.0) + offset_ns);
    }

    #[test]
    fn while_it_runs_the_clock_says_where_it_is() {
        let mut playhead = Playhead::default();
        playhead.move_to(3.0);
        assert_eq!(playhead.now_secs(Some(ns(8.0))), 3.0);
        playhead.position = Position::Running;
        assert_eq!(playhead.now_secs(Some(ns(8.0))), 8.0);
        assert_eq!(playhead.now_secs(None), 0.0);
        playhead.stay();
        assert!(!playhead.is_running() && !playhead.is_seeking);
    }
}
