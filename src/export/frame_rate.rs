//! Frames, seconds and timecode at the rates that videos really have.

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

/// No rate at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{num}/{den} frames per second is no frame rate")]
pub struct FrameRateError {
    num: u32,
    den: u32,
}

/// What rounding in seconds may add to a count of frames.
const SAME_FRAME: f64 = 1e-4;

impl FrameRate {
    /// Of most screens and phones: for videos whose own rate cannot be told.
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

    /// Whether timecode skips numbers to keep up with the clock: at 29.97 and 59.94.
    pub fn is_drop_frame(self) -> bool {
        self.den == 1001 && [30, 60].contains(&self.timecode_base())
    }

    /// `00:01:02:03`, or `00:01:02;03` for drop-frame timecode, where the first 2 (of 60: 4) numbers
    /// of every minute but each tenth do not exist.
    pub fn timecode(self, frame: u64) -> String {
        let base = self.timecode_base();
        let (number, separator) = if self.is_drop_frame() {
            (frame + self.n_dropped_before(frame), ';')
        } else {
            (frame, ':')
        };
        let (secs, frames) = (number / base, number % base);
        let (hours, minutes, secs) = (secs / 3600, secs / 60 % 60, secs % 60);
        format!("{hours:02}:{minutes:02}:{secs:02}{separator}{frames:02}")
    }

    /// The frame that has the timecode `01:00:00:00`.
    pub fn first_frame_of_hour_one(self) -> u64 {
        let n_numbers = 3600 * self.timecode_base();
        if self.is_drop_frame() {
            n_numbers - 54 * self.n_dropped_per_minute()
        } else {
            n_numbers
        }
    }

    fn n_dropped_per_minute(self) -> u64 {
        self.timecode_base() / 15
    }

    /// How many numbers are skipped up to this frame.
    fn n_dropped_before(self, frame: u64) -> u64 {
        let drop = self.n_dropped_per_minute();
        let whole_minute = 60 * self.timecode_base();
        let short_minute = whole_minute - drop;
        let ten_minutes = whole_minute + 9 * short_minute;
        let (tens, rest) = (frame / ten_minutes, frame % ten_minutes);
        let n_short_begun = match rest.checked_sub(whole_minute) {
            Some(past_first) => 1 + past_first / short_minute,
            None => 0,
        };
        drop * (9 * tens + n_short_begun)
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
    }

    #[test]
    fn timecode_at_well_known_frames() {
        for ((num, den), frame, expected) in [
            ((30000, 1001), 1799, "00:00:59;29"),
            ((30000, 1001), 1800, "00:01:00;02"),
            ((30000, 1001), 17981, "00:09:59;29"),
            ((30000, 1001), 17982, "00:10:00;00"),
            ((30000, 1001), 107_892, "01:00:00;00"),
            ((60000, 1001), 3599, "00:00:59;59"),
            ((60000, 1001), 3600, "00:01:00;04"),
            ((60000, 1001), 35964, "00:10:00;00"),
            ((24000, 1001), 1440, "00:01:00:00"),
            ((25, 1), 90_024, "01:00:00:24"),
            ((30, 1), 1800, "00:01:00:00"),
            ((1, 10), 61, "00:01:01:00"),
        ] {
            assert_eq!(rate(num, den).timecode(frame), expected, "{num}/{den}");
        }
        for (num, den) in [(30000, 1001), (60000, 1001), (24000, 1001), (25, 1)] {
            let rate = rate(num, den);
            let timecode = rate.timecode(rate.first_frame_of_hour_one());
            assert_eq!(timecode.replace(';', ":"), "01:00:00:00");
        }
    }

    /// Reads by the definition: count all numbers, then take off those that do not exist.
    fn frame_of(rate: FrameRate, timecode: &str) -> u64 {
        let fields = timecode
            .split([':', ';'])
            .map(|field| field.parse().unwrap());
        let [h, m, s, f]: [u64; 4] = fields.collect::<Vec<_>>().try_into().unwrap();
        let number = (3600 * h + 60 * m + s) * rate.timecode_base() + f;
        if !rate.is_drop_frame() {
            return number;
        }
        let drop = rate.timecode_base() / 15;
        assert!(
            s > 0 || m % 10 == 0 || f >= drop,
            "{timecode} is no timecode"
        );
        let minutes = 60 * h + m;
        number - drop * (minutes - minutes / 10)
    }

    proptest! {
        #[test]
        fn timecode_goes_there_and_back(
            frame in 0_u64..24 * 3600 * 60,
            (num, den) in prop::sample::select(vec![
                (24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (50, 1), (60000, 1001),
                (60, 1), (25, 2), (15, 1),
            ]),
        ) {
            let rate = rate(num, den);
            let timecode = rate.timecode(frame);
            prop_assert_eq!(frame_of(rate, &timecode), frame, "{}", timecode);
        }

        #[test]
        fn drop_frame_timecode_stays_with_the_clock(frame in 0_u64..24 * 107_892) {
            let rate = rate(30000, 1001);
            let timecode = rate.timecode(frame);
            let numbers = timecode.split([':', ';']).map(|field| field.parse::<f64>().unwrap());
            let [h, m, s, f]: [f64; 4] = numbers.collect::<Vec<_>>().try_into().unwrap();
            let shown_secs = 3600.0 * h + 60.0 * m + s + f / 30.0;
            // Two frames within a minute, and 86.4 ms a day that the standard leaves.
            prop_assert!((shown_secs - rate.secs(frame)).abs() < 0.067 + 0.0865);
        }

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
