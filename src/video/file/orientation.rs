//! How a stored picture becomes the one people see: turned upright, with square pixels.

use gstreamer as gst;

/// How a stored picture has to be turned to be upright.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Orientation {
    /// Mirrored left to right, before turning.
    pub mirrored: bool,
    /// Clockwise quarter turns, 0 to 3.
    pub quarter_turns: u8,
}

impl Orientation {
    /// From the tag `image-orientation` (`rotate-90`, `flip-rotate-180`, …).
    pub(in crate::video) fn from_tags(tags: &gst::TagListRef) -> Option<Self> {
        let tag = tags.get::<gst::tags::ImageOrientation>()?;
        let text = tag.get();
        let (mirrored, turn) = match text.strip_prefix("flip-") {
            Some(turn) => (true, turn),
            None => (false, text),
        };
        let quarter_turns = match turn {
            "rotate-0" => 0,
            "rotate-90" => 1,
            "rotate-180" => 2,
            "rotate-270" => 3,
            _ => return None,
        };
        Some(Self {
            mirrored,
            quarter_turns,
        })
    }

    /// From the first entries of an MP4 track's matrix (only their signs count): a point `(x, y)` goes
    /// to `(a·x + c·y, b·x + d·y)`. `None` for other angles than quarter turns.
    pub(in crate::video) fn from_matrix(entries: [i32; 4]) -> Option<Self> {
        let signs = entries.map(i32::signum);
        let mut all = [false, true].into_iter().flat_map(|mirrored| {
            (0..4).map(move |quarter_turns| Self {
                mirrored,
                quarter_turns,
            })
        });
        all.find(|orientation| orientation.matrix() == signs)
    }

    /// The entries `a, b, c, d` of that matrix, each -1, 0 or 1.
    pub(in crate::video) fn matrix(self) -> [i32; 4] {
        let [a, b, c, d] = match self.quarter_turns {
            0 => [1, 0, 0, 1],
            1 => [0, 1, -1, 0],
            2 => [-1, 0, 0, -1],
            _ => [0, -1, 1, 0],
        };
        if self.mirrored {
            [-a, -b, c, d]
        } else {
            [a, b, c, d]
        }
    }

    /// From Matroska's pose: a turn against the clock, after a half turn about the upright axis,
    /// which mirrors. `None` for other angles.
    pub(in crate::video) fn from_pose(yaw: f64, roll: f64) -> Option<Self> {
        let quarters = roll / 90.0;
        if !quarters.is_finite() || (quarters - quarters.round()).abs() > 0.01 || yaw % 180.0 != 0.0
        {
            return None;
        }
        Some(Self {
            mirrored: yaw % 360.0 != 0.0,
            quarter_turns: (-quarters.round()).rem_euclid(4.0) as u8,
        })
    }

    /// Whether width and height change places.
    pub fn is_sideways(self) -> bool {
        self.quarter_turns % 2 == 1
    }
}

/// No camera and no standard has longer pixels; a file that says so is damaged, and its pictures would fill the
/// memory.
const MAX_PIXEL_ASPECT: f64 = 16.0;

/// Size with square pixels: the longer side of a pixel is kept, so that no detail is lost.
pub(in crate::video) fn square_size(
    width: u32,
    height: u32,
    pixel_aspect: gst::Fraction,
) -> (u32, u32) {
    let (numer, denom) = (pixel_aspect.numer(), pixel_aspect.denom());
    if numer <= 0 || denom <= 0 || numer == denom {
        return (width, height);
    }
    let aspect = f64::from(numer) / f64::from(denom);
    if !(1.0 / MAX_PIXEL_ASPECT..=MAX_PIXEL_ASPECT).contains(&aspect) {
        return (width, height);
    }
    if aspect > 1.0 {
        ((f64::from(width) * aspect).round() as u32, height)
    } else {
        (width, (f64::from(height) / aspect).round() as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matrices_and_poses_say_how_a_picture_is_turned() {
        for (matrix, mirrored, quarter_turns) in [
            ([1, 0, 0, 1], false, 0),
            ([0, 1, -1, 0], false, 1),
            ([0, -1, 1, 0], false, 3),
            ([-1, 0, 0, 1], true, 0),
            ([1, 0, 0, -1], true, 2),
            ([0, 1, 1, 0], true, 3),
        ] {
            let expected = Orientation {
                mirrored,
                quarter_turns,
            };
            let found = Orientation::from_matrix(matrix.map(|entry| entry * (1 << 16)));
            assert_eq!(found, Some(expected), "{matrix:?}");
            assert_eq!(expected.matrix(), matrix);
        }
        assert_eq!(Orientation::from_matrix([1, 1, -1, 1]), None);
        let turned =
            |yaw, roll| Orientation::from_pose(yaw, roll).map(|it| (it.mirrored, it.quarter_turns));
        assert_eq!(turned(0.0, 0.0), Some((false, 0)));
        assert_eq!(turned(0.0, 90.0), Some((false, 3)));
        assert_eq!(turned(0.0, -90.0), Some((false, 1)));
        assert_eq!(turned(0.0, 270.0), Some((false, 1)));
        assert_eq!(turned(180.0, 180.0), Some((true, 2)));
        assert_eq!(turned(0.0, 45.0), None);
        assert_eq!(turned(0.0, f64::NAN), None);
    }

    #[test]
    fn square_pixels_keep_the_longer_side() {
        let size = |numer, denom| square_size(720, 576, gst::Fraction::new(numer, denom));
        assert_eq!(size(1, 1), (720, 576));
        assert_eq!(size(16, 11), (1047, 576));
        assert_eq!(size(8, 9), (720, 648));
        // Damage, not a camera.
        assert_eq!(size(65024, 1), (720, 576));
        assert_eq!(size(1, 17), (720, 576));
    }
}
