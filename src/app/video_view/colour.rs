//! What the samples of a frame mean: the plain twin of `shaders/yuv_to_rgb.wgsl`.

use crate::video::Orientation;
use crate::video::player::{ColourMatrix, PlaneFormat};

/// Weights of red and blue in luma, from the recommendation of each name.
pub fn luma_weights(matrix: ColourMatrix) -> (f32, f32) {
    match matrix {
        ColourMatrix::Bt601 => (0.299, 0.114),
        ColourMatrix::Bt709 => (0.2126, 0.0722),
        ColourMatrix::Bt2020 => (0.2627, 0.0593),
    }
}

/// Where black, white and neutral chroma lie among the samples of 0…1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SampleRange {
    pub luma_offset: f32,
    pub luma_scale: f32,
    pub chroma_offset: f32,
    pub chroma_scale: f32,
}

impl SampleRange {
    pub fn of(format: PlaneFormat, is_full_range: bool) -> Self {
        // In units of an 8-bit sample; 10 bits count four steps for one.
        let (steps, most) = match format {
            PlaneFormat::I420 | PlaneFormat::Nv12 => (1.0, 255.0),
            PlaneFormat::I420p10 => (4.0, 1023.0),
        };
        let (black, luma_span, chroma_span) = if is_full_range {
            (0.0, most, most)
        } else {
            (16.0 * steps, 219.0 * steps, 224.0 * steps)
        };
        Self {
            luma_offset: black / most,
            luma_scale: most / luma_span,
            chroma_offset: 128.0 * steps / most,
            chroma_scale: most / chroma_span,
        }
    }
}

/// Rows `x` and `y` of the matrix that leads from a place on screen to one in the stored picture,
/// both 0…1 from the top left: `dot(row, [s, t, 1])`.
pub fn stored_from_display(orientation: Orientation) -> [[f32; 3]; 2] {
    let [mut x, y] = match orientation.quarter_turns % 4 {
        1 => [[0.0, 1.0, 0.0], [-1.0, 0.0, 1.0]],
        2 => [[-1.0, 0.0, 1.0], [0.0, -1.0, 1.0]],
        3 => [[0.0, -1.0, 1.0], [1.0, 0.0, 0.0]],
        _ => [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
    };
    if orientation.mirrored {
        // 1 - x.
        x = [-x[0], -x[1], 1.0 - x[2]];
    }
    [x, y]
}

#[cfg(test)]
pub mod twin {
    //! The shader's arithmetic again, straight from the recommendations.

    use super::*;

    /// Samples of 0…1 to gamma-encoded RGB of 0…1.
    pub fn rgb_from_yuv(
        [y, cb, cr]: [f32; 3],
        format: PlaneFormat,
        matrix: ColourMatrix,
        is_full_range: bool,
    ) -> [f32; 3] {
        let n_bits = if format == PlaneFormat::I420p10 {
            10
        } else {
            8
        };
        let most = ((1 << n_bits) - 1) as f32;
        let unit = (1 << (n_bits - 8)) as f32;
        let (kr, kb) = luma_weights(matrix);
        let kg = 1.0 - kr - kb;
        let middle = 128.0 * unit;
        let (y, pb, pr) = if is_full_range {
            (y, (cb * most - middle) / most, (cr * most - middle) / most)
        } else {
            (
                (y * most - 16.0 * unit) / (219.0 * unit),
                (cb * most - middle) / (224.0 * unit),
                (cr * most - middle) / (224.0 * unit),
            )
        };
        let red = y + 2.0 * (1.0 - kr) * pr;
        let green = y - 2.0 * kb * (1.0 - kb) / kg * pb - 2.0 * kr * (1.0 - kr) / kg * pr;
        let blue = y + 2.0 * (1.0 - kb) * pb;
        [red, green, blue].map(|value| value.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn textbook_samples_become_textbook_colours() {
        let limited_709 = |samples: [u8; 3]| {
            let samples = samples.map(|sample| f32::from(sample) / 255.0);
            twin::rgb_from_yuv(samples, PlaneFormat::I420, ColourMatrix::Bt709, false)
                .map(|value| (255.0 * value).round() as u8)
        };
        assert_eq!(limited_709([16, 128, 128]), [0, 0, 0]);
        assert_eq!(limited_709([235, 128, 128]), [255, 255, 255]);
        // The primaries of 100 % colour bars.
        assert_eq!(limited_709([63, 102, 240]), [255, 1, 0]);
        assert_eq!(limited_709([173, 42, 26]), [0, 255, 1]);
        let full_601 = twin::rgb_from_yuv(
            [76.0, 85.0, 255.0].map(|sample: f32| sample / 255.0),
            PlaneFormat::I420,
            ColourMatrix::Bt601,
            true,
        );
        assert_eq!(
            full_601.map(|value| (255.0 * value).round() as u8),
            [254, 0, 0]
        );
    }

    #[test]
    fn every_orientation_is_undone() {
        // A point near the top left of the stored picture, and where turning carries it.
        let stored = [0.1, 0.2];
        for (mirrored, quarter_turns, shown) in [
            (false, 0, [0.1, 0.2]),
            (false, 1, [0.8, 0.1]),
            (false, 2, [0.9, 0.8]),
            (false, 3, [0.2, 0.9]),
            (true, 0, [0.9, 0.2]),
            (true, 1, [0.8, 0.9]),
        ] {
            let orientation = Orientation {
                mirrored,
                quarter_turns,
            };
            let rows = stored_from_display(orientation);
            let back = rows.map(|row| row[0] * shown[0] + row[1] * shown[1] + row[2]);
            for (back, stored) in back.iter().zip(stored) {
                assert!(
                    (back - stored).abs() < 1e-6_f32,
                    "{orientation:?}: {back} {stored}"
                );
            }
        }
    }
}
