//! How the values of a picture stand for light, and what an ordinary screen shows of high dynamic range.
//!
//! Without this, the values that mean light of up to 10,000 nits are taken for ordinary ones, and the
//! picture is grey and dull. Formulas: ITU-R BT.2100 (PQ and HLG), BT.2408 (203 nits are white), BT.709.
//! The window does the same on the GPU, in `shaders/yuv_to_rgb.wgsl`.

use gstreamer::glib::translate::IntoGlib as _;
use gstreamer_video as gst_video;

/// GStreamer's numbers for the two; the names are newer than the version that is needed at least.
const SMPTE_2084: i32 = 14;
const ARIB_STD_B67: i32 = 15;

/// What ordinary white is, in nits.
const WHITE_NITS: f64 = 203.0;

/// The screen for which HLG's formula is used.
const HLG_PEAK_NITS: f64 = 1000.0;

/// From here on light is compressed, in parts of white, so that what is brighter stays different.
const KNEE: f64 = 0.8;

/// How the values of a picture stand for light.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transfer {
    /// As for ordinary screens.
    #[default]
    Ordinary,
    /// Of high dynamic range, with the primaries of BT.2020: values are absolute.
    Pq,
    /// The same: values are parts of what the screen can do.
    Hlg,
}

impl Transfer {
    pub(in crate::video) fn of(info: &gst_video::VideoInfo) -> Self {
        match info.colorimetry().transfer().into_glib() {
            SMPTE_2084 => Self::Pq,
            ARIB_STD_B67 => Self::Hlg,
            _ => Self::Ordinary,
        }
    }

    /// The colour that an ordinary screen shows for a stored one; both are RGB of 0…1.
    pub fn to_ordinary(self, rgb: [f64; 3]) -> [f64; 3] {
        match self {
            Self::Ordinary => rgb,
            _ => self.shown(rgb.map(|signal| self.light(signal))).map(stored),
        }
    }

    /// From a stored value of 0…1 to light: for PQ in parts of white, for HLG in parts of the scene's
    /// peak.
    pub(in crate::video) fn light(self, signal: f64) -> f64 {
        match self {
            Self::Ordinary => signal,
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

    /// From light as [`Self::light`] gives it to light with the primaries of BT.709, at most 1.
    pub(in crate::video) fn shown(self, [r, g, b]: [f64; 3]) -> [f64; 3] {
        // What the screen adds depends on the brightness of the whole pixel.
        let gain = match self {
            Self::Hlg => {
                (0.2627 * r + 0.678 * g + 0.0593 * b).powf(0.2) * HLG_PEAK_NITS / WHITE_NITS
            }
            _ => 1.0,
        };
        let linear = [
            1.6605 * r - 0.5876 * g - 0.0728 * b,
            -0.1246 * r + 1.1329 * g - 0.0083 * b,
            -0.0182 * r - 0.1006 * g + 1.1187 * b,
        ];
        linear.map(|part| compressed(part * gain))
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

/// The value of 0…1 that an ordinary video stores for light.
pub(in crate::video) fn stored(light: f64) -> f64 {
    if light < 0.018 {
        4.5 * light
    } else {
        1.099 * light.powf(0.45) - 0.099
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A grey value as an ordinary picture has it, of 255.
    fn grey(transfer: Transfer, value: u8) -> f64 {
        let [r, g, b] = transfer.to_ordinary([f64::from(value) / 255.0; 3]);
        assert!(
            (r - g).abs() < 0.004 && (g - b).abs() < 0.004,
            "{r} {g} {b}"
        );
        255.0 * g
    }

    #[test]
    fn white_is_bright_and_black_is_black() {
        // 203 nits are 58 % of PQ's signal and 75 % of HLG's.
        for (transfer, white) in [(Transfer::Pq, 148), (Transfer::Hlg, 191)] {
            assert!(grey(transfer, 0) < 0.5, "{transfer:?}");
            let shown = grey(transfer, white);
            assert!((225.0..=245.0).contains(&shown), "{transfer:?}: {shown}");
            assert!(grey(transfer, 255) > 250.0, "{transfer:?}");
            let greys: Vec<_> = (0..=255).map(|value| grey(transfer, value)).collect();
            assert!(greys.is_sorted(), "{transfer:?}");
        }
        // A quarter of white: 50 % of an ordinary signal, 44 % of PQ's.
        let quarter = grey(Transfer::Pq, 112);
        assert!((quarter - 123.0).abs() < 6.0, "{quarter}");
        let rgb = [0.1, 0.5, 0.9];
        assert_eq!(Transfer::Ordinary.to_ordinary(rgb), rgb);
    }

    #[test]
    fn red_stays_red() {
        let rgb = [140.0, 60.0, 50.0].map(|value| value / 255.0);
        let [r, g, b] = Transfer::Pq.to_ordinary(rgb);
        assert!(r > 0.7 && g < 0.24 && b < 0.24, "{r} {g} {b}");
    }
}
