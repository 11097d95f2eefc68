//! From a buffer's timestamps to the seconds that people see.

use gstreamer as gst;

use crate::domain::{CLIP_SECS, ClipIndex};

/// Two timestamps of the same moment differ by at most this: Matroska and FLV round to milliseconds.
pub(in crate::video) const TOLERANCE_NS: i64 = 1_000_000;

const NS_PER_SEC: f64 = 1e9;

pub(in crate::video) fn secs(ns: i64) -> f64 {
    ns as f64 / NS_PER_SEC
}

pub(in crate::video) fn ns(secs: f64) -> i64 {
    (secs * NS_PER_SEC).round() as i64
}

/// When a frame is on screen, in nanoseconds of stream time (before zero is moved to the first frame).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::video) struct Shown {
    pub start_ns: i64,
    /// `None` where neither the packet nor the frame rate says.
    pub end_ns: Option<i64>,
}

/// Turns PTS into stream time. An edit list (or a cut without re-encoding) arrives as a segment.
/// Frames outside the segment have to be decoded, but are never shown.
#[derive(Clone, Debug, Default)]
pub(in crate::video) struct StreamClock {
    segment: Option<gst::FormattedSegment<gst::ClockTime>>,
    /// See [`crate::video::file::container::Container::pts_is_stream_time`].
    pts_is_stream_time: bool,
}

impl StreamClock {
    pub fn new(pts_is_stream_time: bool) -> Self {
        Self {
            segment: None,
            pts_is_stream_time,
        }
    }

    pub fn set_segment(&mut self, segment: gst::FormattedSegment<gst::ClockTime>) {
        self.segment = Some(segment);
    }

    /// Stream time of any timestamp, even of a hidden frame; may be negative.
    pub fn stream_time_ns(&self, pts: gst::ClockTime) -> i64 {
        let pts_ns = time_ns(Some(pts));
        match &self.segment {
            Some(segment) if !self.pts_is_stream_time => {
                pts_ns - time_ns(segment.start()) + time_ns(segment.time())
            }
            _ => pts_ns,
        }
    }

    /// The part of `[pts, pts + duration)` that lies in the segment, `None` if nothing does.
    pub fn shown(&self, pts: gst::ClockTime, duration: Option<gst::ClockTime>) -> Option<Shown> {
        let mut start = pts;
        let mut end = duration.map(|duration| pts.saturating_add(duration));
        if let (Some(segment), false) = (&self.segment, self.pts_is_stream_time) {
            let first = segment.start().unwrap_or(gst::ClockTime::ZERO);
            if end.unwrap_or(pts) < first || end == Some(first) && pts < first {
                return None;
            }
            start = start.max(first);
            if let Some(stop) = segment.stop() {
                if pts >= stop {
                    return None;
                }
                end = end.map(|end| end.min(stop));
            }
        }
        Some(Shown {
            start_ns: self.stream_time_ns(start),
            end_ns: end.map(|end| self.stream_time_ns(end)),
        })
    }
}

/// What a segment adds to timestamps.
pub(in crate::video) fn shift_ns(segment: &gst::FormattedSegment<gst::ClockTime>) -> i64 {
    time_ns(segment.time()) - time_ns(segment.start())
}

/// Thirty-six years. A damaged file says later times, with which nobody could reckon.
const LATEST_NS: u64 = i64::MAX as u64 / 8;

fn time_ns(time: Option<gst::ClockTime>) -> i64 {
    time.map_or(0, |time| time.nseconds().min(LATEST_NS) as i64)
}

/// Where the video begins and ends according to its frames: containers are wrong about it.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::video) struct Extent {
    zero_ns: i64,
    last_ns: Option<i64>,
    before_last_ns: Option<i64>,
    end_ns: Option<i64>,
}

impl Extent {
    pub fn new(zero_ns: i64) -> Self {
        Self {
            zero_ns,
            ..Self::default()
        }
    }

    /// Adds a frame; the order does not matter.
    pub fn add(&mut self, shown: Shown) {
        if shown.start_ns < self.zero_ns {
            return;
        }
        if self.last_ns.is_none_or(|last| shown.start_ns > last) {
            self.before_last_ns = self.last_ns;
            self.last_ns = Some(shown.start_ns);
            self.end_ns = shown.end_ns;
        } else if self.before_last_ns.is_none_or(|at| shown.start_ns > at)
            && self.last_ns != Some(shown.start_ns)
        {
            self.before_last_ns = Some(shown.start_ns);
        }
    }

    /// Length from the first frame to where the last one ends.
    pub fn duration_ns(&self) -> i64 {
        let Some(last_ns) = self.last_ns else {
            return 0;
        };
        let gap_ns = self.before_last_ns.map_or(0, |before| last_ns - before);
        let end_ns = self.end_ns.unwrap_or(last_ns + gap_ns);
        snap_to_centre(end_ns.max(last_ns) - self.zero_ns)
    }
}

/// Whether a frame is so far after the previous one, and so far after the end that the container
/// states, that its timestamp must be damaged. One flipped bit can mean a day.
pub(in crate::video) fn is_wild_jump(
    from_ns: i64,
    to_ns: i64,
    container_end_ns: Option<i64>,
) -> bool {
    const MAX_JUMP_NS: i64 = 10_000_000_000;
    container_end_ns.is_some_and(|end_ns| {
        to_ns > from_ns.saturating_add(MAX_JUMP_NS) && to_ns > end_ns.saturating_add(MAX_JUMP_NS)
    })
}

/// A length that is past a clip's centre only because of rounding is moved back to the centre, so
/// that the same video has the same number of clips in every container.
fn snap_to_centre(duration_ns: i64) -> i64 {
    let clip_ns = ns(CLIP_SECS);
    let over_ns = (duration_ns - clip_ns / 2).rem_euclid(clip_ns);
    if over_ns <= 2 * TOLERANCE_NS && duration_ns > over_ns {
        duration_ns - over_ns
    } else {
        duration_ns
    }
}

/// The moment of the frame that stands for a clip, counted from the first frame.
pub(in crate::video) fn centre_ns(clip: ClipIndex) -> i64 {
    ns(clip.centre_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_where_the_last_frame_ends() {
        let mut extent = Extent::new(100);
        for (start_ns, end_ns) in [(100, 200), (400, 500), (200, 300), (300, 400)] {
            let end_ns = Some(end_ns);
            extent.add(Shown { start_ns, end_ns });
        }
        assert_eq!(extent.duration_ns(), 400);
    }

    #[test]
    fn without_durations_the_last_frame_lasts_as_long_as_the_one_before() {
        let mut extent = Extent::new(0);
        for start_ns in [0, 80, 40, 120] {
            let end_ns = None;
            extent.add(Shown { start_ns, end_ns });
        }
        assert_eq!(extent.duration_ns(), 160);
    }

    #[test]
    fn only_jumps_out_of_the_video_are_wild() {
        assert!(is_wild_jump(ns(5.0), ns(5000.0), Some(ns(9.0))));
        assert!(
            !is_wild_jump(ns(5.0), ns(5000.0), Some(ns(5001.0))),
            "a still picture"
        );
        assert!(
            !is_wild_jump(ns(50.0), ns(50.04), Some(ns(9.0))),
            "a container that lies"
        );
        assert!(!is_wild_jump(ns(5.0), ns(5000.0), None));
    }

    #[test]
    fn rounding_does_not_make_a_clip() {
        assert_eq!(snap_to_centre(3_001_000_000), 3_000_000_000);
        assert_eq!(snap_to_centre(3_040_000_000), 3_040_000_000);
        assert_eq!(snap_to_centre(2_999_999_999), 2_999_999_999);
        assert_eq!(snap_to_centre(1_000_000), 1_000_000);
    }

    #[test]
    fn an_edit_list_hides_and_shifts() -> Result<(), gst::glib::Error> {
        gst::init()?;
        let mut segment = gst::FormattedSegment::<gst::ClockTime>::new();
        segment.set_start(gst::ClockTime::from_seconds(2));
        segment.set_stop(gst::ClockTime::from_seconds(5));
        segment.set_time(gst::ClockTime::from_seconds(1));
        let mut clock = StreamClock::new(false);
        clock.set_segment(segment);
        let second = Some(gst::ClockTime::SECOND);
        assert_eq!(clock.shown(gst::ClockTime::from_seconds(1), second), None);
        assert_eq!(clock.shown(gst::ClockTime::from_seconds(5), second), None);
        let shown = clock.shown(gst::ClockTime::from_mseconds(1500), second);
        assert_eq!(
            shown,
            Some(Shown {
                start_ns: ns(1.0),
                end_ns: Some(ns(1.5))
            })
        );
        Ok(())
    }

    #[test]
    fn times_of_damaged_files_can_be_reckoned_with() -> Result<(), gst::glib::Error> {
        gst::init()?;
        let mut segment = gst::FormattedSegment::<gst::ClockTime>::new();
        segment.set_time(gst::ClockTime::MAX);
        let mut with_segment = StreamClock::new(false);
        with_segment.set_segment(segment);
        for clock in [StreamClock::new(true), with_segment] {
            for late in [gst::ClockTime::MAX, gst::ClockTime::from_nseconds(1 << 63)] {
                let Some(shown) = clock.shown(late, Some(late)) else {
                    panic!("it is shown at some time");
                };
                let end_ns = shown.end_ns.unwrap_or(0);
                assert!((0..i64::MAX / 2).contains(&shown.start_ns), "{shown:?}");
                assert!(
                    (shown.start_ns..i64::MAX / 2).contains(&end_ns),
                    "{shown:?}"
                );
            }
        }
        Ok(())
    }
}
