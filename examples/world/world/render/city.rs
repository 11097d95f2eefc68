//! City lights at night.

use rand::RngExt as _;

use super::Shot;
use super::canvas::{Canvas, Rgb, blend, scaled};
use super::noise::{floor, hash01, smoothstep};

const LIGHTS: [Rgb; 5] = [
    [1.0, 0.82, 0.42],
    [1.0, 0.72, 0.30],
    [1.0, 0.92, 0.70],
    [0.80, 0.90, 1.0],
    [1.0, 0.58, 0.25],
];

pub fn city_lights(canvas: &mut Canvas, shot: &mut Shot) {
    let rng = &mut shot.rng;
    let seed: u32 = rng.random();
    let glow = rng.random_range(0.0..1.0_f32);
    let sky_top = [0.015, 0.02, 0.06];
    let sky_low = blend([0.08, 0.09, 0.20], [0.26, 0.16, 0.16], glow);
    let street = rng.random_range(0.26..0.42_f32);
    canvas.shade_rows(
        |v| blend(sky_top, sky_low, smoothstep(-0.45, 0.3, v)),
        |_, _, &sky| sky,
    );
    let t = shot.time_secs;
    let reach = canvas.half_width();
    for layer in 0..3 {
        let nearness = layer as f32 / 2.0;
        let mut left = -reach - rng.random_range(0.0..0.1_f32);
        while left < reach {
            let width = rng.random_range(0.08..0.17) * (0.8 + 0.5 * nearness);
            let height = rng.random_range(0.18..0.66) * (1.1 - 0.42 * nearness);
            let base = [0.05 + 0.02 * rng.random::<f32>(), 0.05, 0.09];
            let wall = scaled(base, 1.25 - 0.75 * nearness);
            let building = [left, street - height, left + width, street];
            let draw = rng.random();
            lit_building(canvas, building, wall, nearness, draw, t);
            left += width + rng.random_range(0.0..0.05) * (1.0 + nearness);
        }
    }
    // The street: dark, with the lights of lamps and cars mirrored in it.
    canvas.shade_over(|u, v| {
        if v < street {
            return ([0.0; 3], 0.0);
        }
        let depth = (v - street) / (0.5 - street);
        let x = (u + 4.0) / 0.055;
        let ix = floor(x);
        let shine = (1.0 - (2.0 * (x - ix as f32) - 1.0).abs()) * smoothstep(1.0, 0.0, depth);
        let lit = if hash01(ix, 0, seed) < 0.55 {
            0.55 * shine
        } else {
            0.05 * shine
        };
        let light = LIGHTS[(hash01(ix, 1, seed) * 5.0) as usize % 5];
        (blend([0.03, 0.03, 0.05], light, lit), 1.0)
    });
    let n = (8.0 * reach) as usize;
    for _ in 0..n {
        let phase = rng.random_range(0.0..1.0_f32);
        let speed = if rng.random_bool(0.5) { 0.12 } else { -0.12 };
        let u = ((phase + speed * t / (2.0 * reach)).rem_euclid(1.0) * 2.0 - 1.0) * reach;
        let v = street + rng.random_range(0.01..0.06);
        let rgb = if speed > 0.0 {
            [1.0, 0.95, 0.8]
        } else {
            [1.0, 0.2, 0.12]
        };
        canvas.rect(u - 0.008, v - 0.006, u + 0.008, v + 0.006, rgb, 0.95);
    }
}

fn lit_building(
    canvas: &mut Canvas,
    building: [f32; 4],
    wall: Rgb,
    nearness: f32,
    seed: u32,
    t: f32,
) {
    let [left, top, right, bottom] = building;
    canvas.rect(left, top, right, bottom, wall, 1.0);
    let cell_u = 0.026 + 0.012 * nearness;
    let cell_v = 0.034 + 0.014 * nearness;
    let share = 0.30 + 0.35 * hash01(1, 1, seed);
    let tint = LIGHTS[(hash01(2, 2, seed) * 5.0) as usize % 5];
    let n_columns = ((right - left) / cell_u) as i32;
    let n_rows = ((bottom - top) / cell_v) as i32;
    let margin = 0.5 * (right - left - n_columns as f32 * cell_u);
    for column in 0..n_columns {
        for row in 0..n_rows {
            // A window lights up or goes dark every few seconds.
            let shift = floor(t / 9.0 + 9.0 * hash01(column, row, seed ^ 5));
            if hash01(column, row + 1000 * shift, seed ^ 9) > share {
                continue;
            }
            let u = left + margin + column as f32 * cell_u;
            let v = top + 0.014 + row as f32 * cell_v;
            let gain = 0.55 + 0.45 * hash01(column, row, seed ^ 4);
            canvas.rect(
                u + 0.22 * cell_u,
                v,
                u + 0.80 * cell_u,
                v + 0.58 * cell_v,
                scaled(tint, gain),
                0.75 + 0.25 * nearness,
            );
        }
    }
}
