//! What a camera and a codec do to a picture.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, Rgb, RgbImage};
use rand::RngExt as _;
use rand_pcg::Pcg64;

/// Degrades a picture as a hand-held camera, its sensor and a codec would; each effect happens in
/// some pictures only, and none hides what is shown.
pub fn degrade(image: RgbImage, rng: &mut Pcg64) -> RgbImage {
    let mut image = image;
    if rng.random_bool(0.5) {
        image = reframed(&image, rng);
    }
    if rng.random_bool(0.3) {
        let strength = rng.random_range(0.2..1.0);
        blur(&mut image, strength);
        if rng.random_bool(0.3) {
            blur(&mut image, strength);
        }
    }
    if rng.random_bool(0.6) {
        tone(&mut image, rng);
    }
    if rng.random_bool(0.35) {
        sensor_noise(&mut image, rng);
    }
    if rng.random_bool(0.4) {
        image = through_jpeg(&image, rng.random_range(25..85));
    }
    image
}

/// Darkens the corners as a lens does; `strength` is the loss in the very corner.
pub fn vignette(image: &mut RgbImage, strength: f32) {
    let (width, height) = image.dimensions();
    let (half_x, half_y) = (width as f32 / 2.0, height as f32 / 2.0);
    let reach = half_x * half_x + half_y * half_y;
    for (x, y, Rgb(pixel)) in image.enumerate_pixels_mut() {
        let (dx, dy) = (x as f32 + 0.5 - half_x, y as f32 + 0.5 - half_y);
        let far = (dx * dx + dy * dy) / reach;
        let gain = 1.0 - strength * far * far;
        *pixel = pixel.map(|sample| (f32::from(sample) * gain + 0.5) as u8);
    }
}

/// A little nearer or farther, shifted and tilted, sampled bilinearly; the border repeats.
fn reframed(image: &RgbImage, rng: &mut Pcg64) -> RgbImage {
    let (width, height) = image.dimensions();
    let zoom = rng.random_range(0.94..1.05_f32);
    let (sin, cos) = rng.random_range(-0.05..0.05_f32).sin_cos();
    let (half_x, half_y) = (width as f32 / 2.0, height as f32 / 2.0);
    let side = width.min(height) as f32;
    let shift_x = rng.random_range(-0.03..0.03) * side;
    let shift_y = rng.random_range(-0.03..0.03) * side;
    let samples = image.as_raw();
    let at = |x: i32, y: i32| {
        let x = x.clamp(0, width as i32 - 1) as usize;
        let y = y.clamp(0, height as i32 - 1) as usize;
        let i = (y * width as usize + x) * 3;
        [samples[i], samples[i + 1], samples[i + 2]].map(f32::from)
    };
    let mut out = RgbImage::new(width, height);
    for (x, y, pixel) in out.enumerate_pixels_mut() {
        let (dx, dy) = (
            (x as f32 + 0.5 - half_x) * zoom,
            (y as f32 + 0.5 - half_y) * zoom,
        );
        let sx = dx * cos - dy * sin + half_x + shift_x - 0.5;
        let sy = dx * sin + dy * cos + half_y + shift_y - 0.5;
        let (ix, iy) = (sx.floor(), sy.floor());
        let (fx, fy) = (sx - ix, sy - iy);
        let (ix, iy) = (ix as i32, iy as i32);
        let corners = [
            at(ix, iy),
            at(ix + 1, iy),
            at(ix, iy + 1),
            at(ix + 1, iy + 1),
        ];
        for channel in 0..3 {
            let [a, b, c, d] = corners.map(|rgb| rgb[channel]);
            let (top, bottom) = (a + (b - a) * fx, c + (d - c) * fx);
            pixel.0[channel] = (top + (bottom - top) * fy + 0.5) as u8;
        }
    }
    out
}

/// Mixes every pixel with its neighbours, first along rows, then along columns.
fn blur(image: &mut RgbImage, strength: f32) {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let side = (strength * 80.0) as u32; // weight of each neighbour, of 256
    let centre = 256 - 2 * side;
    let mut pass = |stride: usize, n: usize, starts: &mut dyn Iterator<Item = usize>| {
        let samples: &mut [u8] = image;
        for start in starts {
            let mut before = u32::from(samples[start]);
            for i in 0..n {
                let here = u32::from(samples[start + i * stride]);
                let after = u32::from(samples[start + (i + 1).min(n - 1) * stride]);
                samples[start + i * stride] =
                    ((here * centre + (before + after) * side + 128) >> 8) as u8;
                before = here;
            }
        }
    };
    pass(
        3,
        width,
        &mut (0..height).flat_map(|y| (0..3).map(move |c| y * width * 3 + c)),
    );
    pass(width * 3, height, &mut (0..width * 3));
}

/// Exposure, contrast, gamma and colour cast through one table for each channel.
fn tone(image: &mut RgbImage, rng: &mut Pcg64) {
    let exposure = rng.random_range(0.85..1.14_f32);
    let contrast = rng.random_range(0.82..1.15_f32);
    let gamma = rng.random_range(0.85..1.18_f32);
    let lift = rng.random_range(0.0..0.04_f32);
    let tables: [[u8; 256]; 3] = std::array::from_fn(|_| {
        let cast = rng.random_range(0.94..1.06_f32);
        std::array::from_fn(|i| {
            let x = (i as f32 / 255.0).powf(gamma) * exposure * cast;
            let y = (x - 0.5) * contrast + 0.5;
            ((y * (1.0 - lift) + lift) * 255.0 + 0.5) as u8
        })
    });
    for Rgb(pixel) in image.pixels_mut() {
        for (sample, table) in pixel.iter_mut().zip(&tables) {
            *sample = table[usize::from(*sample)];
        }
    }
}

/// About Gaussian: four random bytes added.
pub fn sensor_noise(image: &mut RgbImage, rng: &mut Pcg64) {
    let strength = rng.random_range(1.0..7.0_f32) / 148.0; // the sum of four bytes deviates by 148
    let in_colour = rng.random_bool(0.5);
    let mut gray = 0.0;
    let samples: &mut [u8] = image;
    for (i, sample) in samples.iter_mut().enumerate() {
        if in_colour || i % 3 == 0 {
            let sum: u32 = rng
                .random::<u32>()
                .to_le_bytes()
                .map(u32::from)
                .iter()
                .sum();
            gray = (sum as f32 - 510.0) * strength;
        }
        *sample = (f32::from(*sample) + gray + 0.5) as u8;
    }
}

fn through_jpeg(image: &RgbImage, quality: u8) -> RgbImage {
    let mut bytes = Vec::new();
    let encoded = JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(image);
    let decoded = encoded.and_then(|()| {
        image::ImageReader::with_format(Cursor::new(&bytes), ImageFormat::Jpeg).decode()
    });
    decoded.map_or_else(|_| image.clone(), image::DynamicImage::into_rgb8)
}
