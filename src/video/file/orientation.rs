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

    /// Whether width and height change places.
    pub fn is_sideways(self) -> bool {
        self.quarter_turns % 2 == 1
    }
}

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
    fn square_pixels_keep_the_longer_side() {
        let size = |numer, denom| square_size(720, 576, gst::Fraction::new(numer, denom));
        assert_eq!(size(1, 1), (720, 576));
        assert_eq!(size(16, 11), (1047, 576));
        assert_eq!(size(8, 9), (720, 648));
    }
}
