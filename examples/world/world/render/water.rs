//! Sea waves.

use rand::RngExt as _;

use super::Shot;
use super::canvas::{Canvas, Rgb, blend};
use super::noise::{fbm, smoothstep, value};

pub fn sea(canvas: &mut Canvas, shot: &mut Shot) {
    let rng = &mut shot.rng;
    let seed: u32 = rng.random();
    // Sometimes there is only water.
    let horizon = if rng.random_bool(0.15) {
        -0.7
    } else {
        rng.random_range(-0.26..0.08_f32)
    };
    let haze = rng.random_range(0.0..1.0_f32);
    let sky_top = blend([0.30, 0.58, 0.90], [0.62, 0.74, 0.84], haze);
    let sky_low = blend([0.78, 0.90, 0.97], [0.88, 0.92, 0.94], haze);
    let teal = rng.random_range(0.0..1.0_f32);
    let deep: Rgb = blend([0.02, 0.15, 0.40], [0.02, 0.24, 0.38], teal);
    let light: Rgb = blend([0.12, 0.42, 0.68], [0.14, 0.52, 0.62], teal);
    let rough = rng.random_range(0.0..1.0_f32);
    let t = shot.time_secs;
    canvas.shade_rows(
        |v| {
            let depth = ((v - horizon) / (0.5 - horizon)).max(0.0);
            let row = 6.5 * (depth + 0.055).ln();
            (
                depth,
                row,
                blend(sky_top, sky_low, smoothstep(-0.5, horizon, v)),
            )
        },
        |u, v, &(depth, row, sky)| {
            if v < horizon {
                let cloud = smoothstep(0.55, 0.8, fbm(u * 1.8 + 0.02 * t, v * 7.0, seed ^ 9, 2));
                return blend(sky, [1.0; 3], 0.6 * cloud);
            }
            let spread = 3.2 / (0.16 + depth);
            let bend = 1.3 * value(u * spread * 0.5 + 0.15 * t, row * 0.5, seed ^ 3);
            // Crests run towards the shore.
            let phase = row * 2.1 + bend * 2.2 - 1.1 * t;
            let crest = 0.5 + 0.5 * phase.sin();
            let chop = fbm(u * spread + 0.3 * t, row * 2.4 - 0.5 * t, seed, 3);
            let height = 0.6 * crest + 0.8 * (chop - 0.5) + 0.2;
            let water = blend(deep, light, smoothstep(0.05, 0.95, height));
            let glare = blend(water, sky, 0.45 * smoothstep(0.25, 0.0, depth));
            let foam = smoothstep(0.80 - 0.14 * rough, 0.96, height + 0.35 * (chop - 0.5))
                * smoothstep(0.02, 0.2, depth);
            blend(glare, [0.90, 0.96, 0.99], 0.85 * foam)
        },
    );
}
