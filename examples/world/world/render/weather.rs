//! Fire, rain, fog.

use rand::RngExt as _;

use super::Shot;
use super::canvas::{Canvas, Rgb, blend, scaled};
use super::noise::{fbm, floor, hash01, mix, smoothstep, value};

/// Colours of hot soot by heat from 0 (none) to 1.
fn flame(heat: f32) -> Rgb {
    const STOPS: [(f32, Rgb); 6] = [
        (0.0, [0.02, 0.01, 0.01]),
        (0.25, [0.38, 0.04, 0.01]),
        (0.45, [0.82, 0.20, 0.02]),
        (0.65, [0.98, 0.48, 0.05]),
        (0.85, [1.0, 0.78, 0.20]),
        (1.0, [1.0, 0.95, 0.66]),
    ];
    let heat = heat.clamp(0.0, 1.0);
    for pair in STOPS.windows(2) {
        let ((from, a), (to, b)) = (pair[0], pair[1]);
        if heat <= to {
            return blend(a, b, (heat - from) / (to - from));
        }
    }
    STOPS[5].1
}

pub fn fire(canvas: &mut Canvas, shot: &mut Shot) {
    let rng = &mut shot.rng;
    let seed: u32 = rng.random();
    let height = rng.random_range(0.55..1.0_f32);
    // A wall of flames, or one fire in the middle.
    let width = if rng.random_bool(0.5) {
        4.0
    } else {
        rng.random_range(0.36..0.6_f32)
    };
    let logs = width < 1.0 && rng.random_bool(0.7);
    let scale = rng.random_range(3.2..5.2_f32);
    let t = shot.time_secs;
    canvas.shade(|u, v| {
        let up = 0.46 - v; // above the bed of the fire
        let sway = 0.16 * up.max(0.0) * (value(u * 2.0, v * 2.5 + 1.6 * t, seed ^ 7) - 0.5) * 3.0;
        let x = (u + sway) * scale;
        let tongues = fbm(x, v * scale * 0.55 + 1.9 * t, seed, 4);
        let column = 1.0 - (u / width * (1.0 + 0.6 * up.max(0.0))).powi(2);
        let reach = up / height;
        let heat = 0.42 + 1.5 * (tongues - 0.42) + 0.62 * column.min(1.0)
            - 1.05 * reach.max(0.0)
            - 2.0 * (-up).max(0.0)
            - 0.2;
        let heat = heat.clamp(0.0, 1.0);
        let background = scaled([0.16, 0.05, 0.02], (1.0 - reach.abs()).clamp(0.0, 1.0));
        blend(background, flame(heat), smoothstep(0.02, 0.25, heat))
    });
    if logs {
        let n = 3;
        for i in 0..n {
            let v = 0.36 + 0.05 * i as f32;
            let half = width * rng.random_range(0.55..0.8);
            let shift = rng.random_range(-0.05..0.05);
            let rgb = scaled([0.22, 0.11, 0.06], rng.random_range(0.7..1.2));
            canvas.rect(shift - half, v, shift + half, v + 0.045, rgb, 0.92);
        }
    }
    let pixel = canvas.pixel();
    let radius = (0.6 * pixel).max(0.004);
    canvas.shade_over(|u, v| {
        let (cell, rise) = (0.1, 0.35);
        let x = (u + 0.02 * (2.0 * t + 9.0 * v).sin() + 3.0) / cell;
        let y = (v + rise * t) / cell;
        let (ix, iy) = (floor(x), floor(y));
        if hash01(ix, iy, seed ^ 31) > 0.16 {
            return ([0.0; 3], 0.0);
        }
        let fx = x - ix as f32 - 0.3 - 0.4 * hash01(ix, iy, seed ^ 32);
        let fy = y - iy as f32 - 0.3 - 0.4 * hash01(ix, iy, seed ^ 33);
        let nearness = (fx * fx + fy * fy) * cell * cell / (radius * radius);
        ([1.0, 0.72, 0.25], smoothstep(1.6, 0.3, nearness))
    });
}

pub fn rain(canvas: &mut Canvas, shot: &mut Shot) {
    let rng = &mut shot.rng;
    let seed: u32 = rng.random();
    let dark = rng.random_range(0.0..1.0_f32);
    let top = blend([0.44, 0.48, 0.53], [0.26, 0.30, 0.36], dark);
    let low = blend([0.58, 0.61, 0.64], [0.40, 0.43, 0.48], dark);
    let ground = rng
        .random_bool(0.6)
        .then(|| rng.random_range(0.22..0.38_f32));
    let t = shot.time_secs;
    canvas.shade_rows(
        |v| blend(top, low, smoothstep(-0.5, 0.4, v)),
        |u, v, &sky| {
            let clouds = fbm(u * 1.8 + 0.04 * t, v * 4.0, seed, 3) - 0.5;
            let gray = scaled(sky, 1.0 + 0.55 * clouds * smoothstep(0.4, -0.3, v));
            let Some(edge) = ground else { return gray };
            if v < edge {
                return gray;
            }
            // A wet street that mirrors the sky.
            let depth = (v - edge) / (0.5 - edge);
            let wet = value(u * 5.0, v * 30.0, seed ^ 5);
            scaled(low, 0.55 + 0.35 * wet * (1.0 - 0.5 * depth))
        },
    );
    if let Some(edge) = ground {
        let n = (26.0 * canvas.half_width()) as u32;
        let beat = floor(t * 3.0);
        for i in 0..n {
            // Rings of drops that hit the ground, new ones three times a second.
            let draw = |k: u32| hash01(i as i32, beat, seed ^ k);
            let age = t * 3.0 - beat as f32;
            let v = mix(edge + 0.02, 0.5, draw(1));
            let size = (0.012 + 0.03 * (v - edge)) * (0.4 + age);
            let u = (2.0 * draw(2) - 1.0) * canvas.half_width();
            canvas.rect(
                u - size,
                v,
                u + size,
                v + 0.006,
                [0.80, 0.84, 0.88],
                0.5 * (1.0 - age),
            );
        }
    }
    let slant = rng.random_range(-0.28..0.28_f32);
    let heavy = rng.random_range(0.4..0.7_f32);
    let pixel = canvas.pixel();
    for (layer, (column, length, speed, alpha)) in
        [(0.020, 0.11, 1.5, 0.32_f32), (0.034, 0.19, 2.1, 0.50)]
            .into_iter()
            .enumerate()
    {
        let column = f32::max(column, 1.3 * pixel);
        let half = (0.18 * column).max(0.30 * pixel);
        let layer_seed = seed ^ (layer as u32 * 91 + 3);
        canvas.shade_over(|u, v| {
            let x = (u + slant * v + 5.0) / column;
            let ix = floor(x);
            let y = v / length - speed / length * t * (0.85 + 0.3 * hash01(ix, 1, layer_seed))
                + 17.0 * hash01(ix, 0, layer_seed);
            let iy = floor(y);
            if hash01(ix, iy, layer_seed ^ 5) > heavy {
                return ([0.0; 3], 0.0);
            }
            let along = y - iy as f32;
            let across = (x - ix as f32 - 0.5).abs() * column;
            let body = smoothstep(0.0, 0.5, along) * smoothstep(1.0, 0.85, along);
            (
                [0.86, 0.90, 0.95],
                alpha * body * smoothstep(half + 0.5 * pixel, half - 0.2 * pixel, across),
            )
        });
    }
}

pub fn fog(canvas: &mut Canvas, shot: &mut Shot) {
    let rng = &mut shot.rng;
    let seed: u32 = rng.random();
    let light = rng.random_range(0.62..0.82_f32);
    let cool = rng.random_range(0.0..0.035_f32);
    let veil: Rgb = [light - cool, light, light + cool * 0.7];
    let t = shot.time_secs;
    let top = scaled(veil, rng.random_range(0.95..1.08));
    let low = scaled(veil, rng.random_range(0.84..0.96));
    // Nothing but fog, hills or trees.
    let kind = [0, 1, 1, 1, 2, 2, 2][rng.random_range(0..7)];
    let layers: Vec<(f32, f32, u32)> = (0..3)
        .map(|i| {
            let i = i as f32;
            (
                0.02 + 0.14 * i + rng.random_range(-0.03..0.03),
                0.07 + 0.06 * i,
                rng.random(),
            )
        })
        .collect();
    canvas.shade_rows(
        |v| blend(top, low, smoothstep(-0.5, 0.5, v)),
        |u, v, &base| {
            let mut rgb = base;
            if kind > 0 {
                for &(edge, strength, layer_seed) in &layers {
                    let hill = edge - 0.16 * (fbm(u * 1.7, 0.0, layer_seed, 3) - 0.5);
                    let silhouette = if kind == 1 {
                        hill
                    } else {
                        // Crowns: cells of pointed tops on the hill.
                        let x = u * 9.0 + 40.0 * hash01(0, 0, layer_seed);
                        let ix = floor(x);
                        let tall = 0.06 + 0.15 * hash01(ix, 3, layer_seed);
                        let side = (x - ix as f32 - 0.5).abs() * 2.0;
                        hill - tall * (1.0 - side).max(0.0)
                    };
                    let inside = smoothstep(silhouette - 0.012, silhouette + 0.012, v);
                    let fades = smoothstep(silhouette + 0.34, silhouette, v);
                    rgb = blend(rgb, scaled(veil, 0.42), strength * 2.2 * inside * fades);
                }
            }
            let wisps = fbm(u * 1.3 + 0.05 * t, v * 3.4, seed, 3) - 0.5;
            blend(
                rgb,
                [0.93, 0.94, 0.95],
                (0.16 + 0.5 * wisps).clamp(0.0, 0.6),
            )
        },
    );
}
