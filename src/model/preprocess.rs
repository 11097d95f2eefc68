//! Image preprocessing, byte for byte as Pillow and transformers do it.
//!
//! CLIP: resize the short side with antialiasing, centre crop. SigLIP: squeeze the whole image into the
//! square. Then scale to `0..=1` and normalise with the model's mean and deviation. Everything is
//! read from the model's files.

mod config;
mod framing;
mod resize;

use image::RgbImage;

pub use framing::Framing;

use resize::{Filter, resize_window};

/// A preprocessed image, `[3, size, size]`, ready for the image encoder.
#[derive(Clone, Debug, PartialEq)]
pub struct Pixels {
    pub size: usize,
    pub values: Vec<f32>,
}

/// How a model wants its images.
#[derive(Clone, Debug, PartialEq)]
pub struct Preprocess {
    crop: Crop,
    /// Several squares of an image beside each other, in place of the middle one.
    is_tiled: bool,
    /// Side of the result.
    size: u32,
    filter: Filter,
    rescale: f32,
    mean: [f32; 3],
    std: [f32; 3],
}

/// What becomes of an image that is not square.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Crop {
    /// The short side is made so long, then the middle is cut out.
    Centre { short_edge: u32, halves: Halves },
    /// All of it is squeezed into the square.
    Whole,
}

/// Where the middle begins when an odd number of pixels is left over.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Halves {
    /// One pixel before the half, as transformers does.
    Down,
    /// At the even one of the two, as torchvision does, and so open_clip.
    ToEven,
}

impl Halves {
    fn of(self, n: u32) -> u32 {
        match self {
            Self::Down => n / 2,
            Self::ToEven => n / 2 + u32::from(n % 4 == 3),
        }
    }
}

impl Preprocess {
    /// An image of any size, as the encoder takes it.
    pub fn apply(&self, image: &RgbImage) -> Pixels {
        self.normalise(&self.resize_and_crop(image))
    }

    /// The bytes after resize and centre crop, `[size, size, 3]`.
    pub fn resize_and_crop(&self, image: &RgbImage) -> RgbImage {
        self.window(image, Halves::of)
    }

    /// The square that begins where `part` says of the pixels that are left over along each side.
    fn window(&self, image: &RgbImage, part: impl Fn(Halves, u32) -> u32) -> RgbImage {
        let (width, height) = match self.crop {
            Crop::Centre { short_edge, .. } => with_short_edge(image.dimensions(), short_edge),
            Crop::Whole => (self.size, self.size),
        };
        let halves = match self.crop {
            Crop::Centre { halves, .. } => halves,
            Crop::Whole => Halves::Down,
        };
        let left = part(halves, width - self.size);
        let top = part(halves, height - self.size);
        resize_window(image, (width, height), (left, top), self.size, self.filter)
    }

    /// All that decides what becomes of an image, for a hash that must be the same in every version.
    pub(super) fn describe(&self) -> Vec<u8> {
        let (framing, short_edge) = match self.crop {
            Crop::Whole => (0, 0),
            Crop::Centre {
                short_edge,
                halves: Halves::Down,
            } => (1, short_edge),
            Crop::Centre {
                short_edge,
                halves: Halves::ToEven,
            } => (2, short_edge),
        };
        let filter = match self.filter {
            Filter::Bilinear => 2,
            Filter::Bicubic => 3,
        };
        let floats = [self.rescale].into_iter().chain(self.mean).chain(self.std);
        let numbers = [framing, short_edge, self.size, filter].into_iter();
        let numbers = numbers.chain(floats.map(f32::to_bits));
        numbers.flat_map(u32::to_le_bytes).collect()
    }

    fn normalise(&self, image: &RgbImage) -> Pixels {
        let size = self.size as usize;
        let plane = size * size;
        let mut values = vec![0.0; 3 * plane];
        for channel in 0..3 {
            let (mean, std) = (self.mean[channel], self.std[channel]);
            // 256 levels: a table keeps the division out of the loop and equals it exactly.
            let level: Vec<f32> = (0..=255u8)
                .map(|byte| (f32::from(byte) * self.rescale - mean) / std)
                .collect();
            let bytes = image.as_raw().iter().skip(channel).step_by(3);
            let row = &mut values[channel * plane..(channel + 1) * plane];
            for (value, &byte) in row.iter_mut().zip(bytes) {
                *value = level[usize::from(byte)];
            }
        }
        Pixels { size, values }
    }
}

/// The short edge as long as wanted; the long edge is cut off, not rounded, as transformers does.
fn with_short_edge((width, height): (u32, u32), short_edge: u32) -> (u32, u32) {
    let long_edge = |long: u32, short: u32| {
        let edge = u64::from(short_edge) * u64::from(long) / u64::from(short.max(1));
        u32::try_from(edge).unwrap_or(u32::MAX)
    };
    if width <= height {
        (short_edge, long_edge(height, width))
    } else {
        (long_edge(width, height), short_edge)
    }
}
