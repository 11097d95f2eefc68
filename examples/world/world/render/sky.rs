//! Blue sky, sunset, starry night.

use rand::RngExt as _;

use super::Shot;
use super::canvas::{Canvas, Rgb, blend, scaled};
use super::noise::{fbm, floor, hash01, smoothstep, value};

pub fn blue_sky(canvas: &mut Canvas, shot: &mut Shot) {
    let rng = &mut shot.rng;
    let seed: u32 = rng.random();
    let depth = rng.random_range(0.75..1.05_f32);
    let top: Rgb = [0.13 * depth, 0.38 * depth, 0.84 * depth];
    let bottom: Rgb = [
        rng.random_range(0.50..0.68),
        rng.random_range(0.74..0.84),
        0.97,
    ];
    let cover = rng.random_range(0.42..0.68_f32);
    let (stretch, fine) = (
        rng.random_range(1.6..2.6_f32),
        rng.random_range(3.6..5.5_f32),
    );
    let drift = 0.03 * shot.time_secs + 10.0;
    canvas.shade_rows(
        |v| blend(top, bottom, smoothstep(-0.6, 0.55, v)),
        |u, v, &sky| {
            let (x, y) = (u * stretch + drift, v * fine);
            let n = fbm(x, y, seed, 4);
            let thick = smoothstep(cover, cover + 0.2, n + 0.06 * v);
            if thick <= 0.0 {
                return sky;
            }
            let lit = 0.5 + 2.0 * (n - fbm(x - 0.08, y - 0.3, seed, 2));
            let cloud = blend([0.78, 0.82, 0.88], [1.0; 3], lit.clamp(0.0, 1.0));
            blend(sky, cloud, thick)
        },
    );
}

pub fn sunset(canvas: &mut Canvas, shot: &mut Shot) {
    let rng = &mut shot.rng;
    let seed: u32 = rng.random();
    let horizon = rng.random_range(0.1..0.3_f32);
    let sun_u = rng.random_range(-0.28..0.28_f32);
    let sun_radius = rng.random_range(0.06..0.1_f32);
    let sun_v = horizon - rng.random_range(-0.02..0.16_f32) + 0.0015 * shot.time_secs;
    let over_sea = rng.random_bool(0.55);
    let redness = rng.random_range(0.0..1.0_f32);
    let top = blend([0.24, 0.22, 0.46], [0.36, 0.14, 0.32], redness);
    let middle = blend([0.84, 0.40, 0.40], [0.82, 0.26, 0.20], redness);
    let low = blend([1.0, 0.62, 0.24], [0.98, 0.46, 0.14], redness);
    let edge: Rgb = [1.0, 0.83, 0.42];
    let sky_at = move |height: f32| {
        // 0 at the horizon, 1 at the top
        if height < 0.18 {
            blend(edge, low, height / 0.18)
        } else if height < 0.5 {
            blend(low, middle, (height - 0.18) / 0.32)
        } else {
            blend(middle, top, ((height - 0.5) / 0.5).min(1.0))
        }
    };
    let cloud_cover = rng.random_range(0.5..0.66_f32);
    let t = shot.time_secs;
    let ground = [0.07, 0.045, 0.075];
    canvas.shade_rows(
        |v| sky_at(((horizon - v) / (horizon + 0.5)).abs().min(1.0)),
        |u, v, &sky| {
            let (du, dv) = (u - sun_u, v - sun_v);
            let distance = (du * du + dv * dv).sqrt();
            if v < horizon {
                let streak = fbm(u * 1.6 + 0.02 * t, v * 9.0, seed, 3);
                let cloud = smoothstep(cloud_cover, cloud_cover + 0.2, streak);
                let cloud_rgb = blend(
                    [0.50, 0.20, 0.30],
                    [1.0, 0.55, 0.35],
                    smoothstep(0.5, 0.0, distance),
                );
                let with_clouds = blend(sky, cloud_rgb, 0.8 * cloud);
                let glow = (-distance * 7.0).exp() * 0.7;
                let glowing = blend(with_clouds, [1.0, 0.88, 0.55], glow);
                let disc = smoothstep(sun_radius + 0.008, sun_radius - 0.008, distance);
                return blend(glowing, [1.0, 0.96, 0.74], disc);
            }
            let depth = (v - horizon) / (0.5 - horizon);
            if over_sea {
                let row = 6.0 * (depth + 0.08).ln();
                let ripple = value(u * 7.0 / (0.25 + depth), row * 4.0 + 0.8 * t, seed);
                let water = scaled(sky, 0.5 - 0.18 * depth);
                let width = sun_radius * (0.5 + 1.2 * depth);
                let path = (-(du / width).powi(2)).exp() * smoothstep(0.25, 0.75, ripple);
                let shaded = scaled(water, 0.8 + 0.4 * ripple);
                return blend(shaded, [1.0, 0.78, 0.42], 0.85 * path);
            }
            blend(scaled(sky, 0.2), ground, smoothstep(0.0, 0.25, depth))
        },
    );
    if !over_sea {
        // Hills against the light.
        canvas.shade_over(|u, v| {
            let crest = horizon - 0.09 * (fbm(u * 2.6, 3.0, seed ^ 5, 3) - 0.3);
            (ground, smoothstep(crest - 0.006, crest + 0.006, v))
        });
    }
}

/// Light of stars that lie one to a cell of the given size, at the share given.
fn stars(u: f32, v: f32, cell: f32, share: f32, radius: f32, seed: u32, t: f32) -> f32 {
    let (x, y) = (u / cell, v / cell);
    let (ix, iy) = (floor(x), floor(y));
    let draw = hash01(ix, iy, seed);
    if draw > share {
        return 0.0;
    }
    let brightness = 0.35 + 0.65 * (draw / share);
    let su = (ix as f32 + 0.15 + 0.7 * hash01(ix, iy, seed ^ 1)) * cell;
    let sv = (iy as f32 + 0.15 + 0.7 * hash01(ix, iy, seed ^ 2)) * cell;
    let nearness = ((u - su).powi(2) + (v - sv).powi(2)) / (radius * radius);
    if nearness > 6.0 {
        return 0.0;
    }
    let twinkle = 0.8 + 0.2 * (2.5 * t + 40.0 * draw / share).sin();
    brightness * twinkle * (-nearness).exp()
}

pub fn starry_night(canvas: &mut Canvas, shot: &mut Shot) {
    let rng = &mut shot.rng;
    let seed: u32 = rng.random();
    let violet = rng.random_range(0.0..1.0_f32);
    let top = blend([0.01, 0.015, 0.06], [0.03, 0.01, 0.07], violet);
    let bottom = blend([0.04, 0.08, 0.21], [0.12, 0.06, 0.22], violet);
    let band_strength = rng.random_range(0.0..0.5_f32);
    let (sin, cos) = rng.random_range(-0.9..0.9_f32).sin_cos();
    let hills = rng
        .random_bool(0.5)
        .then(|| rng.random_range(0.32..0.46_f32));
    let share = rng.random_range(0.16..0.4_f32);
    let (grid_sin, grid_cos) = rng.random_range(0.3..1.2_f32).sin_cos();
    let pixel = canvas.pixel();
    let (small, big) = ((0.7 * pixel).max(0.0032), (0.95 * pixel).max(0.0062));
    let t = shot.time_secs;
    let turn = 0.004 * t; // the sky goes slowly by
    canvas.shade_rows(
        |v| blend(top, bottom, smoothstep(-0.5, 0.5, v)),
        |u, v, &sky| {
            if let Some(base) = hills {
                let crest = base - 0.12 * (fbm(u * 2.2, 9.0, seed ^ 5, 3) - 0.4);
                if v > crest {
                    return [0.004, 0.006, 0.014];
                }
            }
            let u = u + turn;
            let mut rgb = sky;
            if band_strength > 0.05 {
                let across = (v * cos - u * sin) * 3.2;
                let band = (-across * across).exp() * fbm(u * 4.0, v * 4.0, seed ^ 3, 3);
                rgb = blend(rgb, [0.55, 0.5, 0.72], band_strength * band);
            }
            // Cells turned against each other, so that no grid shows.
            let (a, b) = (u * grid_cos - v * grid_sin, u * grid_sin + v * grid_cos);
            let light = stars(a, b, 0.05, share, small, seed ^ 11, t)
                + stars(
                    0.8 * a - 0.6 * b,
                    0.6 * a + 0.8 * b,
                    0.043,
                    share,
                    small,
                    seed ^ 13,
                    t,
                )
                + 1.3 * stars(u + 3.0, v, 0.17, 0.45, big, seed ^ 12, t);
            blend(rgb, [1.0, 0.98, 0.94], light.min(1.0))
        },
    );
}
