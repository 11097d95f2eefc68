//! Pillow's resize, byte for byte, computed only inside the wanted window.
//!
//! The kernels are Keys' with a = −0.5 and the triangle, widened when shrinking. The horizontal pass
//! comes first and is rounded and clipped to bytes before the vertical one; weights are fixed-point numbers of 22 bits.
//! Each of these is visible in the bytes, so each is kept.

use image::RgbImage;

/// Fractional bits of a weight: a sum of bytes times weights just fits 32 bits.
const PRECISION_BITS: u32 = 22;
const CHANNELS: usize = 3;

/// How pixels between the grid are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Filter {
    Bilinear,
    Bicubic,
}

impl Filter {
    /// How far the kernel reaches, in pixels of the smaller grid.
    fn support(self) -> f64 {
        match self {
            Self::Bilinear => 1.0,
            Self::Bicubic => 2.0,
        }
    }

    fn weight(self, x: f64) -> f64 {
        match self {
            Self::Bilinear => (1.0 - x.abs()).max(0.0),
            Self::Bicubic => keys(x),
        }
    }
}

/// The source pixels that make one target pixel.
struct Taps {
    first: usize,
    weights: Vec<i32>,
}

/// What `image` shows at `[left, top]` to `[left + size, top + size]` after a resize to
/// `[width, height]`; the window must lie inside.
pub(super) fn resize_window(
    image: &RgbImage,
    (width, height): (u32, u32),
    (left, top): (u32, u32),
    size: u32,
    filter: Filter,
) -> RgbImage {
    let (src_width, src_height) = image.dimensions();
    let columns = taps(src_width, width, left, size, filter);
    let rows = taps(src_height, height, top, size, filter);

    let size = size as usize;
    let stride = src_width as usize * CHANNELS;
    let first_row = rows.iter().map(|taps| taps.first).min().unwrap_or(0);
    let end_row = rows.iter().map(Taps::end).max().unwrap_or(0);
    let source = image.as_raw().get(first_row * stride..end_row * stride);
    let mut across = Vec::with_capacity((end_row - first_row) * size * CHANNELS);
    for row in source.unwrap_or_default().chunks_exact(stride.max(1)) {
        for taps in &columns {
            let pixels = row[taps.first * CHANNELS..taps.end() * CHANNELS].chunks_exact(CHANNELS);
            let mut sums = [1 << (PRECISION_BITS - 1); CHANNELS];
            for (pixel, weight) in pixels.zip(&taps.weights) {
                for (sum, &byte) in sums.iter_mut().zip(pixel) {
                    *sum += i32::from(byte) * weight;
                }
            }
            across.extend(sums.map(to_byte));
        }
    }

    let stride = size * CHANNELS;
    let mut resized = Vec::with_capacity(size * stride);
    let mut sums = vec![0; stride];
    for taps in &rows {
        sums.fill(1 << (PRECISION_BITS - 1));
        let lines = across.chunks_exact(stride).skip(taps.first - first_row);
        for (line, &weight) in lines.zip(&taps.weights) {
            for (sum, &byte) in sums.iter_mut().zip(line) {
                *sum += i32::from(byte) * weight;
            }
        }
        resized.extend(sums.iter().map(|&sum| to_byte(sum)));
    }
    let side = size as u32;
    // The buffer was made for exactly this size.
    RgbImage::from_raw(side, side, resized).unwrap_or_else(|| RgbImage::new(side, side))
}

impl Taps {
    fn end(&self) -> usize {
        self.first + self.weights.len()
    }
}

/// The taps of the target pixels `first..first + n` when `src` pixels become `target`.
fn taps(src: u32, target: u32, first: u32, n: u32, filter: Filter) -> Vec<Taps> {
    if src == target {
        let itself = |position: u32| Taps {
            first: position as usize,
            weights: vec![1 << PRECISION_BITS],
        };
        return (first..first + n).map(itself).collect();
    }
    let scale = f64::from(src) / f64::from(target);
    let widening = scale.max(1.0);
    let support = filter.support() * widening;
    let tap = |position: u32| {
        let centre = (f64::from(position) + 0.5) * scale;
        // Casts to unsigned saturate, so what lies left of the image becomes 0.
        let start = (centre - support + 0.5) as usize;
        let end = ((centre + support + 0.5) as usize).min(src as usize);
        let weights: Vec<f64> = (start..end)
            .map(|x| filter.weight((x as f64 - centre + 0.5) / widening))
            .collect();
        let sum: f64 = weights.iter().sum();
        let fixed = |weight: &f64| (weight / sum * f64::from(1 << PRECISION_BITS)).round() as i32;
        Taps {
            first: start,
            weights: weights.iter().map(fixed).collect(),
        }
    };
    (first..first + n).map(tap).collect()
}

/// Keys' cubic convolution kernel with a = −0.5.
fn keys(x: f64) -> f64 {
    const A: f64 = -0.5;
    let x = x.abs();
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}

fn to_byte(sum: i32) -> u8 {
    (sum >> PRECISION_BITS).clamp(0, 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_picture_stays_even_at_any_size() {
        for (width, height) in [(1, 1), (7, 3), (31, 64), (100, 33)] {
            for filter in [Filter::Bilinear, Filter::Bicubic] {
                let image = RgbImage::from_pixel(width, height, image::Rgb([0, 100, 255]));
                let resized = resize_window(&image, (32, 48), (0, 8), 32, filter);
                assert_eq!(resized.dimensions(), (32, 32));
                assert!(
                    resized.pixels().all(|pixel| pixel.0 == [0, 100, 255]),
                    "{width}x{height}"
                );
            }
        }
    }

    #[test]
    fn a_window_equals_the_same_part_of_the_whole() {
        let image = RgbImage::from_fn(50, 40, |x, y| {
            let level = |a: u32, b: u32| ((x * a + y * b) % 256) as u8;
            image::Rgb([level(7, 3), level(31, 11), level(2, 97)])
        });
        let whole = resize_window(&image, (24, 24), (0, 0), 24, Filter::Bicubic);
        let window = resize_window(&image, (24, 24), (5, 9), 10, Filter::Bicubic);
        let part = image::imageops::crop_imm(&whole, 5, 9, 10, 10).to_image();
        assert_eq!(window, part);
    }

    #[test]
    fn a_long_strip_needs_no_long_buffer() {
        let image = RgbImage::from_pixel(2, 4000, image::Rgb([9, 9, 9]));
        let middle = (448_000 - 224) / 2;
        let resized = resize_window(&image, (224, 448_000), (0, middle), 224, Filter::Bicubic);
        assert!(resized.pixels().all(|pixel| pixel.0 == [9, 9, 9]));
    }

    #[test]
    fn an_image_without_pixels_is_black() {
        let resized = resize_window(&RgbImage::new(0, 0), (8, 8), (0, 0), 8, Filter::Bicubic);
        assert_eq!(resized, RgbImage::new(8, 8));
    }
}
