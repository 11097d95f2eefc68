//! Which part of a wide picture is looked at.

use image::RgbImage;
use serde::{Deserialize, Serialize};

use super::{Crop, Halves, Pixels, Preprocess};

/// Squares beside each other.
const N_TILES: usize = 3;

/// Up to this ratio of its sides a picture is square enough for one.
const NEARLY_SQUARE: f64 = 1.05;

/// What becomes of a picture that is not square.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Framing {
    /// The middle is seen and the sides are lost.
    Centre,
    /// Three squares, at both ends and in the middle; the one that fits best counts.
    Tiles,
    /// All of it, squeezed into the square.
    Whole,
}

impl Framing {
    /// How many rows of features a clip has.
    pub fn rows_per_clip(self) -> usize {
        match self {
            Self::Tiles => N_TILES,
            Self::Centre | Self::Whole => 1,
        }
    }
}

impl Preprocess {
    /// Of a model as it comes, what its makers trained it on.
    pub fn framing(&self) -> Framing {
        match self.crop {
            _ if self.is_tiled => Framing::Tiles,
            Crop::Centre { .. } => Framing::Centre,
            Crop::Whole => Framing::Whole,
        }
    }

    /// The same for another part of the picture.
    #[must_use]
    pub fn framed(&self, framing: Framing) -> Self {
        let crop = match (framing, self.crop) {
            (Framing::Whole, _) => Crop::Whole,
            (_, Crop::Centre { .. }) => self.crop,
            (_, Crop::Whole) => Crop::Centre {
                short_edge: self.size,
                halves: Halves::Down,
            },
        };
        Self {
            crop,
            is_tiled: framing == Framing::Tiles,
            ..self.clone()
        }
    }

    /// An image of any size, as the encoder takes it: [`rows_per_clip`](Framing::rows_per_clip) squares
    /// from left to right or from top to bottom, or a single one that stands for all of them.
    pub fn apply_all(&self, image: &RgbImage) -> Vec<Pixels> {
        let (width, height) = (f64::from(image.width()), f64::from(image.height()));
        let is_wide = width.max(height) > NEARLY_SQUARE * width.min(height);
        if !(self.is_tiled && is_wide) {
            return vec![self.apply(image)];
        }
        let first = self.window(image, |_, _| 0);
        let last = self.window(image, |_, n_left_over| n_left_over);
        [first, self.resize_and_crop(image), last]
            .iter()
            .map(|square| self.normalise(square))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIP: &[u8] = br#"{"size": 8, "crop_size": 8, "resample": 3,
        "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}"#;
    const SIGLIP: &[u8] = br#"{"size": {"height": 8, "width": 8}}"#;

    /// Black, grey and white from left to right.
    fn wide() -> RgbImage {
        RgbImage::from_fn(48, 16, |x, _| {
            image::Rgb([[0, 128, 255][x as usize / 16]; 3])
        })
    }

    fn middle(pixels: &Pixels) -> f32 {
        pixels.values[4 * 8 + 4]
    }

    #[test]
    fn tiles_see_the_sides_and_the_middle_one_is_the_models_own() {
        let own = Preprocess::from_json(CLIP, 8).unwrap();
        assert_eq!(own.framing(), Framing::Centre);
        let tiled = own.framed(Framing::Tiles);
        assert_eq!(
            (tiled.framing(), own.framed(Framing::Centre)),
            (Framing::Tiles, own.clone())
        );
        let tiles = tiled.apply_all(&wide());
        assert_eq!(tiles.len(), Framing::Tiles.rows_per_clip());
        assert!(middle(&tiles[0]) < -0.99 && middle(&tiles[2]) > 0.99);
        assert_eq!(tiles[1], own.apply(&wide()));
        let tall = image::imageops::rotate90(&wide());
        assert!(middle(&tiled.apply_all(&tall)[0]) < -0.99);
        let square = RgbImage::from_pixel(16, 16, image::Rgb([9; 3]));
        assert_eq!(tiled.apply_all(&square), [own.apply(&square)]);
    }

    #[test]
    fn the_whole_is_squeezed_and_a_model_that_squeezes_can_be_told_not_to() {
        let own = Preprocess::from_json(CLIP, 8)
            .unwrap()
            .framed(Framing::Whole);
        let whole = own.apply(&wide());
        assert!(whole.values[4 * 8] < -0.99 && whole.values[4 * 8 + 7] > 0.99);
        let siglip = Preprocess::whole_frame(SIGLIP, 8).unwrap();
        assert_eq!(siglip.framing(), Framing::Whole);
        let centre = siglip.framed(Framing::Centre).apply(&wide());
        for column in [0, 7] {
            assert!(
                centre.values[4 * 8 + column].abs() < 0.1,
                "neither black nor white"
            );
        }
    }
}
