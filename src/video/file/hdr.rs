//! Pictures of high dynamic range as ordinary screens show them. Encoders have learned from those.

use image::RgbImage;

use crate::video::file::transfer::{Transfer, stored};

/// Steps of linear light in the table of stored values.
const N_STEPS: usize = 4096;

/// Makes an ordinary picture of one whose values stand for light in this way.
pub(super) fn make_ordinary(image: &mut RgbImage, transfer: Transfer) {
    if transfer == Transfer::Ordinary {
        return;
    }
    let light: Vec<f64> = (0..=255_u8)
        .map(|value| transfer.light(f64::from(value) / 255.0))
        .collect();
    let stored: Vec<u8> = (0..=N_STEPS)
        .map(|step| (255.0 * stored(step as f64 / N_STEPS as f64)).round() as u8)
        .collect();
    for pixel in image.pixels_mut() {
        let rgb = pixel.0.map(|value| light[usize::from(value)]);
        pixel.0 = transfer.shown(rgb).map(|light| {
            let step = (light * N_STEPS as f64).round() as usize;
            stored[step.min(N_STEPS)]
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_say_what_the_formulas_say() {
        let values = [0, 20, 60, 112, 148, 191, 255_u8];
        for transfer in [Transfer::Ordinary, Transfer::Pq, Transfer::Hlg] {
            for r in values {
                for (g, b) in values.into_iter().zip(values.into_iter().rev()) {
                    let mut image = RgbImage::from_pixel(1, 1, image::Rgb([r, g, b]));
                    make_ordinary(&mut image, transfer);
                    let expected = transfer.to_ordinary([r, g, b].map(|x| f64::from(x) / 255.0));
                    for (found, expected) in image.get_pixel(0, 0).0.iter().zip(expected) {
                        let off = f64::from(*found) - 255.0 * expected;
                        assert!(off.abs() < 1.1, "{transfer:?} {r} {g} {b}: {off}");
                    }
                }
            }
        }
    }
}
