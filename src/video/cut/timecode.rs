//! The timecode with which a cut begins.

use gstreamer as gst;
use gstreamer_video as gst_video;

use crate::video::file::beginning::StartTimecode;
use crate::video::file::timing::secs;

/// The timecode of what is shown at `at_ns`, given that of time zero. `None` where it is none that
/// GStreamer can write.
pub(super) fn timecode_at(
    start: StartTimecode,
    at_ns: i64,
) -> Option<gst_video::ValidVideoTimeCode> {
    let (frame_duration, timescale) = start.frame_secs;
    if frame_duration == 0 || timescale == 0 {
        return None;
    }
    let fps = gst::Fraction::new(timescale.try_into().ok()?, frame_duration.try_into().ok()?);
    let flags = match start.is_drop_frame {
        true => gst_video::VideoTimeCodeFlags::DROP_FRAME,
        false => gst_video::VideoTimeCodeFlags::empty(),
    };
    let midnight = gst_video::VideoTimeCode::new(fps, None, flags, 0, 0, 0, 0, 0);
    let mut timecode = gst_video::ValidVideoTimeCode::try_from(midnight).ok()?;
    let frame_secs = f64::from(frame_duration) / f64::from(timescale);
    let n_frames = (secs(at_ns) / frame_secs).round() as i64;
    timecode.add_frames(i64::from(start.n_frames) + n_frames);
    Some(timecode)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timecode_goes_on_from_that_of_the_source() {
        let start = |n_frames, frame_secs, is_drop_frame| StartTimecode {
            n_frames,
            frame_secs,
            is_drop_frame,
        };
        gst::init().unwrap();
        for (start, at_secs, expected) in [
            (start(900_000, (1, 25), false), 78.0, "10:01:18:00"),
            (start(900_000, (1, 25), false), -0.48, "09:59:59:13"),
            // The clock of drop-frame timecode keeps up with time.
            (start(107_892, (1001, 30_000), true), 60.06, "01:01:00;02"),
            (start(0, (1, 30), false), 86_400.5, "00:00:00:15"),
        ] {
            let timecode = timecode_at(start, (at_secs * 1e9) as i64).unwrap();
            assert_eq!(timecode.to_string(), expected, "{at_secs}");
        }
        assert!(timecode_at(start(0, (0, 0), false), 0).is_none());
    }
}
