//! The part of a film in which a cut lies: nearly all films consist of one.

use crate::domain::format_timestamp;
use crate::video::file::edits::Edit;
use crate::video::file::timing::{TOLERANCE_NS, secs};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub start_ns: i64,
    is_first: bool,
    /// From times in the media to those in the film; `None` for a film of one part.
    shift_ns: Option<i64>,
}

impl Part {
    /// Of a span in stream time, where the film begins at `zero_ns`.
    ///
    /// # Errors
    /// Why the span cannot be cut: it goes over a joint.
    pub fn of(
        parts: &[Edit],
        zero_ns: i64,
        (start_ns, end_ns): (i64, i64),
    ) -> Result<Self, String> {
        let mut from_start = parts.iter();
        let part = from_start.find(|part| start_ns + TOLERANCE_NS < part.end_ns);
        let last = parts.last();
        match part {
            Some(part) if end_ns > part.end_ns + TOLERANCE_NS && Some(part) != last => {
                let joint = format_timestamp(secs(part.end_ns - zero_ns));
                Err(format!(
                    "its edit list joins two parts at {joint}, and a cut lies in one of them"
                ))
            }
            part => {
                let start_ns = part.map_or(zero_ns, |part| part.start_ns.max(zero_ns));
                Ok(Self {
                    start_ns,
                    is_first: start_ns <= zero_ns,
                    shift_ns: part.map(|part| part.start_ns - part.media_ns),
                })
            }
        }
    }

    /// Whether a packet belongs to it whose times are shifted by so much. A jump to the beginning of a
    /// part lands in the one before it.
    pub fn holds(self, shift_ns: i64) -> bool {
        self.shift_ns
            .is_none_or(|own_ns| (own_ns - shift_ns).abs() <= TOLERANCE_NS)
    }

    /// Whether reading from there makes sense, `None` being the beginning of the file: from the
    /// beginning only for the first part, and a jump in it only where that saves something.
    pub fn takes(self, from_ns: Option<i64>) -> bool {
        from_ns.map_or(self.is_first, |from_ns| {
            !self.is_first || from_ns > self.start_ns
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEC: i64 = 1_000_000_000;

    #[test]
    fn a_cut_lies_in_one_part() {
        let part = |start: i64, end: i64, media: i64| Edit {
            start_ns: start * SEC,
            end_ns: end * SEC,
            media_ns: media * SEC,
        };
        let parts = [part(1, 4, 0), part(4, 6, 9)];
        let of = |start: f64, end: f64| {
            let ns = |secs: f64| ((secs + 1.0) * 1e9) as i64;
            Part::of(&parts, SEC, (ns(start), ns(end)))
        };
        for (span, start_ns) in [
            ((0.0, 3.0), SEC),
            ((2.5, 3.0005), SEC),
            ((3.0, 4.0), 4 * SEC),
            ((4.0, 9.0), 4 * SEC),
        ] {
            assert_eq!(of(span.0, span.1).unwrap().start_ns, start_ns, "{span:?}");
        }
        let error = of(2.0, 3.5).unwrap_err();
        assert!(error.contains("two parts at 0:03.0"), "{error}");
        let second = of(3.2, 4.0).unwrap();
        assert!(second.takes(Some(4 * SEC)) && !second.takes(None));
        assert!(second.holds(-5 * SEC) && !second.holds(SEC));
        let whole = Part::of(&[], SEC, (5 * SEC, 6 * SEC)).unwrap();
        assert!(
            whole.holds(7)
                && whole.takes(None)
                && whole.takes(Some(2 * SEC))
                && !whole.takes(Some(SEC))
        );
    }
}
