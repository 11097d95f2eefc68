//! Grass field, snow, desert.

use rand::RngExt as _;
use tiny_skia::PathBuilder;

use super::Shot;
use super::canvas::{Canvas, Rgb, blend, scaled};
use super::noise::{fbm, floor, hash01, smoothstep, value};

pub fn grass_field(canvas: &mut Canvas, shot: &mut Shot) {
    let rng = &mut shot.rng;
    let seed: u32 = rng.random();
    // Sometimes the camera looks down and there is no sky.
    let horizon = if rng.random_bool(0.2) {
        -0.75
    } else {
        rng.random_range(-0.25..0.12_f32)
    };
    let sky_top: Rgb = [0.30, 0.58, 0.90];
    let sky_low: Rgb = [0.80, 0.90, 0.96];
    let lush = rng.random_range(0.0..1.0_f32);
    let near = blend([0.12, 0.42, 0.08], [0.20, 0.50, 0.12], lush);
    let far = blend([0.42, 0.62, 0.24], [0.34, 0.64, 0.26], lush);
    let flowers = if rng.random_bool(0.35) { 0.1 } else { 0.0 };
    let flower_rgb = [[1.0, 0.95, 0.3], [1.0, 1.0, 1.0], [0.9, 0.25, 0.2]][rng.random_range(0..3)];
    let t = shot.time_secs;
    canvas.shade_rows(
        |v| {
            let depth = ((v - horizon) / (0.5 - horizon)).max(0.0);
            (
                depth,
                1.0 / (0.06 + depth),
                blend(sky_top, sky_low, smoothstep(-0.5, horizon, v)),
            )
        },
        |u, v, &(depth, distance, sky)| {
            if v < horizon + 0.012 * (value(u * 9.0, 1.0, seed) - 0.5) {
                let cloud = smoothstep(0.55, 0.8, fbm(u * 2.0 + 0.02 * t, v * 6.0, seed ^ 9, 2));
                return blend(sky, [1.0; 3], 0.7 * cloud);
            }
            let sway = 0.006 * (1.6 * t + u * 9.0 + v * 5.0).sin() * depth;
            let row = 5.0 * (depth + 0.05).ln();
            let blades = value((u + sway) * 9.0 * distance.max(5.0), row * 5.0, seed);
            let patches = fbm(u * 2.5 * distance.min(4.0), row * 1.6, seed ^ 4, 2);
            let base = blend(far, near, smoothstep(0.0, 0.7, depth));
            let grass = scaled(base, 0.68 + 0.42 * blades + 0.45 * (patches - 0.35));
            if flowers > 0.0 && depth > 0.12 {
                let cell = 0.02 + 0.05 * depth;
                let (ix, iy) = (floor((u + 5.0) / cell), floor(row * 9.0));
                let centre = ((u + 5.0) / cell - ix as f32 - 0.5).abs()
                    + (row * 9.0 - iy as f32 - 0.5).abs();
                if hash01(ix, iy, seed ^ 8) < flowers && centre < 0.42 {
                    return flower_rgb;
                }
            }
            grass
        },
    );
}

pub fn snow(canvas: &mut Canvas, shot: &mut Shot) {
    let rng = &mut shot.rng;
    let seed: u32 = rng.random();
    let horizon = rng.random_range(-0.12..0.2_f32);
    let gray = rng.random_range(0.0..1.0_f32);
    let sky_top = blend([0.46, 0.54, 0.66], [0.54, 0.56, 0.60], gray);
    let sky_low = blend([0.76, 0.81, 0.88], [0.78, 0.79, 0.82], gray);
    let t = shot.time_secs;
    canvas.shade_rows(
        |v| blend(sky_top, sky_low, smoothstep(-0.5, horizon, v)),
        |u, v, &sky| {
            let far = horizon - 0.10 * (fbm(u * 1.9, 2.0, seed, 3) - 0.5);
            let near = horizon + 0.17 - 0.14 * (fbm(u * 1.3, 7.0, seed ^ 3, 2) - 0.5);
            let mut rgb = sky;
            rgb = blend(
                rgb,
                blend(
                    [0.80, 0.85, 0.92],
                    [0.93, 0.95, 0.98],
                    smoothstep(far, far + 0.2, v),
                ),
                smoothstep(far - 0.008, far + 0.008, v),
            );
            let soft = 0.08 * (value(u * 6.0, v * 16.0, seed ^ 6) - 0.5);
            blend(
                rgb,
                blend(
                    [0.90, 0.93, 0.98],
                    [1.0, 1.0, 1.0],
                    smoothstep(near, near + 0.14, v),
                )
                .map(|x| x + soft),
                smoothstep(near - 0.008, near + 0.008, v),
            )
        },
    );
    if rng.random_bool(0.6) {
        let n = rng.random_range(2..7);
        for _ in 0..n {
            let u = rng.random_range(-1.0..1.0) * canvas.half_width();
            let height = rng.random_range(0.09..0.24);
            let base = horizon + height * 0.35 + rng.random_range(-0.01..0.05);
            snowy_fir(canvas, u, base, height);
        }
    }
    // Flakes in three depths, falling and drifting.
    let dense = rng.random_range(0.3..0.6_f32);
    let pixel = canvas.pixel();
    for (layer, (cell, size, speed)) in [
        (0.07, 0.006, 0.10),
        (0.11, 0.010, 0.16),
        (0.19, 0.016, 0.24),
    ]
    .into_iter()
    .enumerate()
    {
        let layer_seed = seed ^ (layer as u32 * 77 + 13);
        let radius = f32::max(size, 0.62 * pixel);
        canvas.shade_over(|u, v| {
            let x = (u + 0.02 * (0.7 * t + v * 5.0).sin() + 4.0) / cell;
            let y = (v - speed * t) / cell;
            let (ix, iy) = (floor(x), floor(y));
            if hash01(ix, iy, layer_seed) > dense {
                return ([1.0; 3], 0.0);
            }
            let fx = x - ix as f32 - 0.3 - 0.4 * hash01(ix, iy, layer_seed ^ 1);
            let fy = y - iy as f32 - 0.3 - 0.4 * hash01(ix, iy, layer_seed ^ 2);
            let nearness = (fx * fx + fy * fy) * cell * cell / (radius * radius);
            ([1.0; 3], 0.95 * smoothstep(1.5, 0.4, nearness))
        });
    }
}

fn snowy_fir(canvas: &mut Canvas, u: f32, base: f32, height: f32) {
    canvas.rect(
        u - height * 0.04,
        base - height * 0.12,
        u + height * 0.04,
        base,
        [0.25, 0.18, 0.13],
        1.0,
    );
    for (i, share) in [(0, 1.0_f32), (1, 0.76), (2, 0.5)] {
        let bottom = base - height * (0.1 + 0.27 * i as f32);
        let half = height * 0.34 * share;
        let top = bottom - height * 0.42;
        let mut path = PathBuilder::new();
        path.move_to(u, top);
        path.line_to(u + half, bottom);
        path.line_to(u - half, bottom);
        path.close();
        if let Some(path) = path.finish() {
            canvas.fill_rgb(&path, [0.14, 0.27, 0.22], 1.0);
        }
        let mut cap = PathBuilder::new();
        cap.move_to(u, top);
        cap.line_to(u + half * 0.62, top + (bottom - top) * 0.62);
        cap.line_to(u, top + (bottom - top) * 0.42);
        cap.line_to(u - half * 0.62, top + (bottom - top) * 0.62);
        cap.close();
        if let Some(cap) = cap.finish() {
            canvas.fill_rgb(&cap, [0.94, 0.96, 1.0], 0.95);
        }
    }
}

pub fn desert(canvas: &mut Canvas, shot: &mut Shot) {
    let rng = &mut shot.rng;
    let seed: u32 = rng.random();
    let horizon = rng.random_range(-0.2..0.12_f32);
    let haze = rng.random_range(0.0..1.0_f32);
    let sky_top = blend([0.28, 0.56, 0.88], [0.52, 0.66, 0.80], haze);
    let sky_low = blend([0.80, 0.86, 0.90], [0.93, 0.85, 0.70], haze);
    let warm = rng.random_range(0.0..1.0_f32);
    let lit = blend([0.93, 0.76, 0.48], [0.90, 0.64, 0.36], warm);
    let shadow = blend([0.70, 0.50, 0.28], [0.62, 0.38, 0.20], warm);
    let lean = if rng.random_bool(0.5) { 1.0 } else { -1.0 };
    // Crests from far to near: height above their base, width, lowering.
    let ridges: Vec<(f32, f32, f32, f32)> = (0..4)
        .map(|i| {
            let i = i as f32;
            (
                horizon + 0.02 + 0.03 * i * i + rng.random_range(-0.01..0.02),
                0.06 + 0.045 * i,
                rng.random_range(1.7..2.6) / (1.0 + 0.3 * i),
                rng.random_range(0.0..9.0),
            )
        })
        .collect();
    let t = shot.time_secs;
    canvas.shade_rows(
        |v| blend(sky_top, sky_low, smoothstep(-0.5, horizon, v)),
        |u, v, &sky| {
            let mut rgb = sky;
            for (i, &(base, amplitude, frequency, phase)) in ridges.iter().enumerate() {
                // A saw with a soft back: dunes rise slowly and fall steeply.
                let x = (lean * u + 0.25 * (value(u * 1.3, phase, seed) - 0.5)) * frequency + phase;
                let f = x - floor(x) as f32;
                let rise = 0.66;
                let profile = if f < rise {
                    smoothstep(0.0, rise, f)
                } else {
                    1.0 - smoothstep(rise, 1.0, f)
                };
                let crest = base - amplitude * (profile - 0.4);
                let inside = smoothstep(crest - 0.005, crest + 0.005, v);
                if inside <= 0.0 {
                    continue;
                }
                let below = v - crest;
                // The edge between light and shadow winds down the dune from its crest.
                let winding = x + lean
                    * below
                    * frequency
                    * (1.1 + 0.8 * value(below * 9.0, phase, seed ^ 2));
                let side = winding - floor(winding) as f32;
                let lee = smoothstep(rise - 0.04, rise + 0.03, side) * smoothstep(1.0, 0.86, side);
                let shade = (0.9 * lee * smoothstep(0.34, 0.02, below)
                    + 0.45 * smoothstep(0.05, 0.4, below))
                .min(1.0);
                let ripples = 0.05
                    * ((below * (150.0 - 25.0 * i as f32)) + 6.0 * value(u * 5.0, v * 9.0, seed)
                        - 0.4 * t)
                        .sin()
                    * smoothstep(0.02, 0.1, below);
                let distance = 0.28 * (1.0 - i as f32 / 3.0);
                let sand = scaled(blend(lit, shadow, shade), 1.0 + ripples);
                rgb = blend(rgb, blend(sand, sky_low, distance), inside);
            }
            rgb
        },
    );
}
