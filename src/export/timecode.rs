//! Timecode: frames as hours, minutes, seconds and frames, with or without dropped numbers (SMPTE ST 12-1).

use super::FrameRate;
use crate::video::StartTimecode;

/// How the frames of a video are numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbering {
    rate: FrameRate,
    /// Of the first frame of the file.
    first: u64,
    is_drop_frame: bool,
}

impl Numbering {
    /// Counts from zero, in the usual way of this rate.
    pub fn from_zero(rate: FrameRate) -> Self {
        Self {
            rate,
            first: 0,
            is_drop_frame: rate.may_drop_frames(),
        }
    }

    /// As the file says.
    pub fn from_file(rate: FrameRate, start: StartTimecode) -> Self {
        Self {
            rate,
            first: rate.converted(start),
            is_drop_frame: start.is_drop_frame && rate.may_drop_frames(),
        }
    }

    /// The number of the first frame of the file.
    pub fn first(self) -> u64 {
        self.first
    }

    pub fn is_drop_frame(self) -> bool {
        self.is_drop_frame
    }

    /// `00:01:02:03`, or `00:01:02;03` for drop-frame timecode, where the first 2 (of 60: 4) numbers
    /// of every minute but each tenth do not exist. After a day it begins again.
    pub fn timecode(self, frame: u64) -> String {
        let base = self.rate.timecode_base();
        let (number, separator) = if self.is_drop_frame {
            (frame + self.n_dropped_before(frame), ';')
        } else {
            (frame, ':')
        };
        let (secs, frames) = (number / base, number % base);
        let (hours, minutes, secs) = (secs / 3600 % 24, secs / 60 % 60, secs % 60);
        format!("{hours:02}:{minutes:02}:{secs:02}{separator}{frames:02}")
    }

    /// The frame that has the timecode `01:00:00:00`.
    pub fn hour_one(self) -> u64 {
        let n_numbers = 3600 * self.rate.timecode_base();
        if self.is_drop_frame {
            n_numbers - 54 * self.n_dropped_per_minute()
        } else {
            n_numbers
        }
    }

    fn n_dropped_per_minute(self) -> u64 {
        self.rate.timecode_base() / 15
    }

    /// How many numbers are skipped up to this frame.
    fn n_dropped_before(self, frame: u64) -> u64 {
        let drop = self.n_dropped_per_minute();
        let whole_minute = 60 * self.rate.timecode_base();
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn numbered(num: u32, den: u32) -> Numbering {
        Numbering::from_zero(FrameRate::new(num, den).unwrap())
    }

    #[test]
    fn a_file_numbers_its_frames_as_it_likes() {
        let rate = FrameRate::new(30_000, 1001).unwrap();
        let start = |n_frames, is_drop_frame| StartTimecode {
            n_frames,
            frame_secs: (1001, 30_000),
            is_drop_frame,
        };
        for (start, first, n, later) in [
            (start(107_894, true), "01:00:00;02", 1798, "01:01:00;02"),
            (start(108_000, false), "01:00:00:00", 1800, "01:01:00:00"),
            (start(2_589_407, true), "23:59:59;29", 1, "00:00:00;00"),
        ] {
            let numbers = Numbering::from_file(rate, start);
            assert_eq!(numbers.timecode(numbers.first()), first);
            assert_eq!(numbers.timecode(numbers.first() + n), later);
        }
        // A clock beside the rate of the video: counts are counts, whatever the flag says.
        for (num, den) in [(30, 1), (30_000, 1001)] {
            let rate = FrameRate::new(num, den).unwrap();
            let numbers = Numbering::from_file(rate, start(1_794_902, den == 1001));
            assert_eq!(numbers.first(), 1_794_902, "{num}/{den}");
        }
        let whole = FrameRate::new(30, 1).unwrap();
        let numbers = Numbering::from_file(whole, start(1_794_902, true));
        assert_eq!(numbers.first(), 1_794_902);
        assert_eq!(numbers.timecode(numbers.first()), "16:37:10:02");
        let film = FrameRate::new(24, 1).unwrap();
        let hour = StartTimecode {
            n_frames: 86_400,
            frame_secs: (1001, 24_000),
            is_drop_frame: false,
        };
        assert_eq!(Numbering::from_file(film, hour).first(), 86_400);
        // At a rate that fits the clock nothing is dropped: the same second has the same name.
        let pal = FrameRate::new(25, 1).unwrap();
        let numbers = Numbering::from_file(pal, start(107_892, true));
        assert_eq!(numbers.timecode(numbers.first()), "01:00:00:00");
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
            assert_eq!(numbered(num, den).timecode(frame), expected, "{num}/{den}");
        }
        for (num, den) in [(30000, 1001), (60000, 1001), (24000, 1001), (25, 1)] {
            let numbers = numbered(num, den);
            let timecode = numbers.timecode(numbers.hour_one());
            assert_eq!(timecode.replace(';', ":"), "01:00:00:00");
        }
    }

    /// Straight from the definition: count all numbers, then take off those that do not exist.
    fn frame_of(numbers: Numbering, timecode: &str) -> u64 {
        let fields = timecode
            .split([':', ';'])
            .map(|field| field.parse().unwrap());
        let [h, m, s, f]: [u64; 4] = fields.collect::<Vec<_>>().try_into().unwrap();
        let number = (3600 * h + 60 * m + s) * numbers.rate.timecode_base() + f;
        if !numbers.is_drop_frame {
            return number;
        }
        let drop = numbers.rate.timecode_base() / 15;
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
            let drop_or_not = Numbering { is_drop_frame: false, ..numbered(num, den) };
            for numbers in [numbered(num, den), drop_or_not] {
                let frame = frame % (24 * numbers.hour_one());
                let timecode = numbers.timecode(frame);
                prop_assert_eq!(frame_of(numbers, &timecode), frame, "{}", timecode);
            }
        }

        #[test]
        fn drop_frame_timecode_stays_with_the_clock(frame in 0_u64..24 * 107_892) {
            let rate = numbered(30000, 1001).rate;
            let timecode = numbered(30000, 1001).timecode(frame);
            let numbers = timecode.split([':', ';']).map(|field| field.parse::<f64>().unwrap());
            let [h, m, s, f]: [f64; 4] = numbers.collect::<Vec<_>>().try_into().unwrap();
            let shown_secs = 3600.0 * h + 60.0 * m + s + f / 30.0;
            // Two frames within a minute, and 86.4 ms a day that the standard leaves.
            prop_assert!((shown_secs - rate.secs(frame)).abs() < 0.067 + 0.0865);
        }
    }
}
