//! Pictures of high dynamic range as ordinary screens show them. Encoders have learned from those.
//!
//! Without this, the values that mean light of up to 10,000 nits are taken for ordinary ones, and the
//! picture is grey and dull. Formulas: ITU-R BT.2100 (PQ and HLG), BT.2408 (203 nits are white), BT.709.

use gstreamer::glib::translate::IntoGlib as _;
use gstreamer_video as gst_video;
use image::RgbImage;

/// GStreamer's numbers for the two; the names are newer than the version that is needed at least.
const SMPTE_2084: i32 = 14;
const ARIB_STD_B67: i32 = 15;

/// What ordinary white is, in nits.
const WHITE_NITS: f64 = 203.0;

/// The screen for which HLG's formula is used.
const HLG_PEAK_NITS: f64 = 1000.0;

/// From here on light is compressed, in parts of white, so that what is brighter stays different.
const KNEE: f64 = 0.8;

/// Steps of linear light in the table of stored values.
const N_STEPS: usize = 4096;

/// How the values of a picture stand for light.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hdr {
    Pq,
    Hlg,
}

impl Hdr {
    /// `None` for ordinary pictures.
    pub fn of(info: &gst_video::VideoInfo) -> Option<Self> {
        match info.colorimetry().transfer().into_glib() {
            SMPTE_2084 => Some(Self::Pq),
            ARIB_STD_B67 => Some(Self::Hlg),
            _ => None,
        }
    }

    /// Makes of a picture with the primaries of BT.2020 an ordinary one.
    pub fn to_sdr(self, image: &mut RgbImage) {
        let light: Vec<f64> = (0..=255_u8).map(|value| self.light(value)).collect();
        let stored: Vec<u8> = (0..=N_STEPS)
            .map(|step| stored(step as f64 / N_STEPS as f64))
            .collect();
        for pixel in image.pixels_mut() {
            let [r, g, b] = pixel.0.map(|value| light[usize::from(value)]);
            // What the screen adds depends on the brightness of the whole pixel.
            let gain = match self {
                Self::Pq => 1.0,
                Self::Hlg => {
                    (0.2627 * r + 0.678 * g + 0.0593 * b).powf(0.2) * HLG_PEAK_NITS / WHITE_NITS
                }
            };
            let linear = [
                1.6605 * r - 0.5876 * g - 0.0728 * b,
                -0.1246 * r + 1.1329 * g - 0.0083 * b,
                -0.0182 * r - 0.1006 * g + 1.1187 * b,
            ];
            pixel.0 = linear.map(|part| {
                let step = compressed(part * gain) * N_STEPS as f64;
                stored[(step.round() as usize).min(N_STEPS)]
            });
        }
    }

    /// For PQ in parts of white, for HLG in parts of the scene's peak.
    fn light(self, value: u8) -> f64 {
        let signal = f64::from(value) / 255.0;
        match self {
            Self::Pq => {
                let (m1, m2) = (2610.0 / 16_384.0, 2523.0 / 32.0);
                let (c1, c2, c3) = (3424.0 / 4096.0, 2413.0 / 128.0, 2392.0 / 128.0);
                let root = signal.powf(1.0 / m2);
                let nits = 10_000.0 * ((root - c1).max(0.0) / (c2 - c3 * root)).powf(1.0 / m1);
                nits / WHITE_NITS
            }
            Self::Hlg if signal <= 0.5 => signal * signal / 3.0,
            Self::Hlg => (((signal - 0.559_910_73) / 0.178_832_77).exp() + 0.284_668_92) / 12.0,
        }
    }
}

/// Light in parts of white, at most 1: what is brighter than the knee comes ever nearer to it.
fn compressed(light: f64) -> f64 {
    if light <= KNEE {
        return light.max(0.0);
    }
    let room = 1.0 - KNEE;
    KNEE + room * (1.0 - (-(light - KNEE) / (2.0 * room)).exp())
}

/// The value that an ordinary video stores for it.
fn stored(light: f64) -> u8 {
    let signal = if light < 0.018 {
        4.5 * light
    } else {
        1.099 * light.powf(0.45) - 0.099
    };
    (signal * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A grey value as an ordinary picture has it.
    fn grey(hdr: Hdr, value: u8) -> u8 {
        let mut image = RgbImage::from_pixel(1, 1, image::Rgb([value; 3]));
        hdr.to_sdr(&mut image);
        let [r, g, b] = image.get_pixel(0, 0).0;
        assert!(r.abs_diff(g) <= 1 && g.abs_diff(b) <= 1, "{r} {g} {b}");
        g
    }

    #[test]
    fn white_is_bright_and_black_is_black() {
        // 203 nits are 58 % of PQ's signal and 75 % of HLG's.
        for (hdr, white) in [(Hdr::Pq, 148), (Hdr::Hlg, 191)] {
            assert_eq!(grey(hdr, 0), 0, "{hdr:?}");
            assert!(
                (225..=245).contains(&grey(hdr, white)),
                "{hdr:?}: {}",
                grey(hdr, white)
            );
            assert!(grey(hdr, 255) > 250, "{hdr:?}");
            let greys: Vec<_> = (0..=255).map(|value| grey(hdr, value)).collect();
            assert!(greys.is_sorted(), "{hdr:?}");
        }
        // A quarter of white: 50 % of an ordinary signal, 44 % of PQ's.
        assert!(
            grey(Hdr::Pq, 112).abs_diff(123) < 6,
            "{}",
            grey(Hdr::Pq, 112)
        );
    }

    #[test]
    fn red_stays_red() {
        let mut image = RgbImage::from_pixel(1, 1, image::Rgb([140, 60, 50]));
        Hdr::Pq.to_sdr(&mut image);
        let [r, g, b] = image.get_pixel(0, 0).0;
        assert!(r > 180 && g < 60 && b < 60, "{r} {g} {b}");
    }
}
