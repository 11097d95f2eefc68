//! Which colours carry which name.

use rand::RngExt as _;
use rand_pcg::Pcg64;

use super::super::scene::Colour;
use super::canvas::Rgb;

/// Converts hue (degrees), saturation and lightness to RGB.
pub fn rgb_from_hsl(hue: f32, saturation: f32, lightness: f32) -> Rgb {
    let chroma = saturation * lightness.min(1.0 - lightness);
    [0.0, 8.0, 4.0].map(|offset| {
        let k = (offset + hue.rem_euclid(360.0) / 30.0) % 12.0;
        lightness - chroma * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0)
    })
}

/// Hue, saturation and lightness between which everybody uses this name.
fn ranges(colour: Colour) -> [(f32, f32); 3] {
    match colour {
        Colour::Red => [(352.0, 363.0), (0.72, 0.95), (0.40, 0.52)],
        Colour::Orange => [(24.0, 34.0), (0.88, 1.0), (0.50, 0.57)],
        Colour::Yellow => [(49.0, 57.0), (0.88, 1.0), (0.50, 0.62)],
        Colour::Green => [(105.0, 148.0), (0.5, 0.9), (0.27, 0.44)],
        Colour::Cyan => [(177.0, 189.0), (0.75, 1.0), (0.45, 0.62)],
        Colour::Blue => [(214.0, 236.0), (0.68, 0.95), (0.38, 0.54)],
        Colour::Purple => [(268.0, 288.0), (0.48, 0.8), (0.32, 0.46)],
        Colour::Pink => [(324.0, 345.0), (0.8, 1.0), (0.70, 0.80)],
        Colour::Brown => [(18.0, 31.0), (0.42, 0.65), (0.20, 0.31)],
        Colour::Black => [(0.0, 360.0), (0.0, 0.2), (0.02, 0.09)],
        Colour::White => [(0.0, 360.0), (0.0, 0.2), (0.95, 1.0)],
        Colour::Gray => [(0.0, 360.0), (0.0, 0.05), (0.43, 0.58)],
    }
}

/// A shade that bears the colour's name.
pub fn shade_of(colour: Colour, rng: &mut Pcg64) -> Rgb {
    let [h, s, l] = ranges(colour).map(|(from, to)| rng.random_range(from..to));
    rgb_from_hsl(h, s, l)
}

pub fn luminance([r, g, b]: Rgb) -> f32 {
    0.3 * r + 0.59 * g + 0.11 * b
}
