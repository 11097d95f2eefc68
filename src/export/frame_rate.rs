//! Frames and seconds at the rates that videos really have.

use crate::video::StartTimecode;

/// Frames per second as a fraction in lowest terms.
///
/// Containers round: 29.97, 2997/100 and 30000/1001 are one rate, and so are 60 and the 59.999999
/// that comes of a frame duration in whole nanoseconds. Rates within 0.02 % of an NTSC rate or
/// 0.001 % of a whole number are taken for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameRate {
    num: u32,
    den: u32,
}

/// Not a rate at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{num}/{den} frames per second is no frame rate")]
pub struct FrameRateError {
    num: u32,
    den: u32,
}

/// What rounding in seconds may add to a count of frames.
const SAME_FRAME: f64 = 1e-4;

impl FrameRate {
    /// The rate of most screens and phones: for videos whose own rate is not known.
    pub const USUAL: Self = Self { num: 30, den: 1 };

    /// # Errors
    /// When either number is zero: the rate of a still image or an unknown one.
    pub fn new(num: u32, den: u32) -> Result<Self, FrameRateError> {
        if num == 0 || den == 0 {
            return Err(FrameRateError { num, den });
        }
        let rate = f64::from(num) / f64::from(den);
        let is_near = |target: f64, tolerance: f64| (rate / target - 1.0).abs() < tolerance;
        let whole = rate.round();
        let ntsc = (rate * 1.001).round();
        if whole >= 1.0 && is_near(whole, 1e-5) {
            return Ok(Self {
                num: whole as u32,
                den: 1,
            });
        }
        if ntsc > 0.0 && ntsc % 6.0 == 0.0 && ntsc <= 240.0 && is_near(ntsc / 1.001, 2e-4) {
            return Ok(Self {
                num: ntsc as u32 * 1000,
                den: 1001,
            });
        }
        let divisor = greatest_common_divisor(num, den);
        Ok(Self {
            num: num / divisor,
            den: den / divisor,
        })
    }

    /// Numerator: 30000 of 30000/1001.
    pub fn num(self) -> u32 {
        self.num
    }

    /// Denominator: 1001 of 30000/1001.
    pub fn den(self) -> u32 {
        self.den
    }

    /// Frames in so many seconds, times the denominator.
    pub(super) fn product(self, secs: u32) -> u64 {
        u64::from(self.num) * u64::from(secs)
    }

    /// 29.97002997… for 30000/1001.
    pub fn per_sec(self) -> f64 {
        f64::from(self.num) / f64::from(self.den)
    }

    /// When a frame is shown first.
    pub fn secs(self, frame: u64) -> f64 {
        frame as f64 * f64::from(self.den) / f64::from(self.num)
    }

    /// How many frames a video of this length has, at least one.
    pub fn n_frames(self, duration_secs: f64) -> u64 {
        ((duration_secs * self.per_sec()).round() as u64).max(1)
    }

    /// The first frame that is shown at `time_secs` or later.
    pub fn first_frame_from(self, time_secs: f64) -> u64 {
        let exact = time_secs * f64::from(self.num) / f64::from(self.den);
        let nearest = exact.round();
        let is_same = (exact - nearest).abs() < SAME_FRAME;
        (if is_same { nearest } else { exact.ceil() }) as u64
    }

    /// Frames that timecode counts to a second: 30 for 29.97, 24 for 23.976.
    pub fn timecode_base(self) -> u64 {
        (self.per_sec().round() as u64).max(1)
    }

    /// Whether timecode can skip numbers to keep up with the clock: at 29.97 and 59.94.
    pub fn may_drop_frames(self) -> bool {
        self.den == 1001 && [30, 60].contains(&self.timecode_base())
    }

    /// The number at this rate of the frame that a clock calls by `start`; 0 where that is not a
    /// clock.
    ///
    /// A clock counts frames and not seconds: where both count the same number of frames to a second,
    /// the count stays, even if one of the two rates is 0.1 % beside the other. Where they do not,
    /// the name of the frame stays, as far as possible.
    pub fn converted(self, start: StartTimecode) -> u64 {
        let (frame_duration, timescale) = start.frame_secs;
        if frame_duration == 0 || timescale == 0 {
            return 0;
        }
        let base = (f64::from(timescale) / f64::from(frame_duration))
            .round()
            .max(1.0) as u128;
        let own_base = u128::from(self.timecode_base());
        let n = u128::from(start.n_frames);
        let (numer, denom) = if start.is_drop_frame && base != own_base && !self.may_drop_frames() {
            // Numbers that were dropped to keep up with the clock.
            let (numer, denom) = (u128::from(frame_duration), u128::from(timescale));
            (numer * u128::from(self.num), denom * u128::from(self.den))
        } else {
            (own_base, base)
        };
        let rounded = (n * numer + denom / 2).checked_div(denom);
        rounded.and_then(|n| n.try_into().ok()).unwrap_or(0)
    }
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rate(num: u32, den: u32) -> FrameRate {
        FrameRate::new(num, den).unwrap()
    }

    #[test]
    fn rounded_rates_are_recognised() {
        for ((num, den), expected) in [
            ((30000, 1001), (30000, 1001)),
            ((2997, 100), (30000, 1001)),
            ((2398, 100), (24000, 1001)),
            ((23976, 1000), (24000, 1001)),
            ((19001, 317), (60000, 1001)),
            ((120_000, 1001), (120_000, 1001)),
            ((50, 2), (25, 1)),
            ((1_000_000_000, 16_666_667), (60, 1)),
            ((24, 1), (24, 1)),
            ((25, 2), (25, 2)),
            ((15000, 1001), (15000, 1001)),
            ((1, 10), (1, 10)),
        ] {
            let rate = rate(num, den);
            assert_eq!((rate.num(), rate.den()), expected, "{num}/{den}");
        }
        assert!(FrameRate::new(0, 1).is_err());
        let error = FrameRate::new(25, 0).unwrap_err().to_string();
        assert_eq!(error, "25/0 frames per second is no frame rate");
    }

    #[test]
    fn a_frame_belongs_to_the_moment_that_holds_its_time() {
        let pal = rate(25, 1);
        assert_eq!(pal.first_frame_from(2.0), 50);
        assert_eq!(pal.first_frame_from(2.01), 51);
        // Frame 60 of 29.97 is shown at 2.002 s, frame 59 at 1.969 s.
        let ntsc = rate(30000, 1001);
        assert_eq!(ntsc.first_frame_from(2.0), 60);
        assert_eq!(ntsc.first_frame_from(ntsc.secs(60)), 60);
        assert_eq!(ntsc.n_frames(10.01), 300);
        assert_eq!(ntsc.n_frames(0.0), 1);
        let converted = |rate: FrameRate, n_frames, frame_secs| {
            rate.converted(StartTimecode {
                n_frames,
                frame_secs,
                is_drop_frame: false,
            })
        };
        assert_eq!(converted(ntsc, 107_892, (1001, 30_000)), 107_892);
        assert_eq!(converted(ntsc, 107_892, (100, 2997)), 107_892, "rounded");
        assert_eq!(converted(rate(50, 1), 90_000, (1, 25)), 180_000);
        assert_eq!(converted(pal, 1, (1, 0)), 0);
    }

    proptest! {
        #[test]
        fn seconds_and_frames_go_there_and_back(
            frame in 0_u64..10_000_000,
            num in 1_u32..240_000,
            den in 1_u32..2000,
        ) {
            let rate = rate(num, den);
            prop_assert_eq!(rate.first_frame_from(rate.secs(frame)), frame);
        }
    }
}
