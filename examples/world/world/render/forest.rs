//! Forest: tall trunks under leaves, or firs behind firs.

use rand::RngExt as _;
use tiny_skia::PathBuilder;

use super::Shot;
use super::canvas::{Canvas, Rgb, blend, scaled};
use super::noise::{fbm, smoothstep, value};

pub fn forest(canvas: &mut Canvas, shot: &mut Shot) {
    if shot.rng.random_bool(0.6) {
        leafy(canvas, shot);
    } else {
        firs(canvas, shot);
    }
}

fn leafy(canvas: &mut Canvas, shot: &mut Shot) {
    let rng = &mut shot.rng;
    let seed: u32 = rng.random();
    let ground = rng.random_range(0.2..0.36_f32);
    let light_u = rng.random_range(-0.35..0.35_f32);
    let t = shot.time_secs;
    let breeze = 0.02 * (0.8 * t).sin();
    canvas.shade(|u, v| {
        if v > ground + 0.03 * (value(u * 5.0, 0.0, seed) - 0.5) {
            let n = fbm(u * 7.0, v * 16.0, seed ^ 2, 3);
            let floor = blend([0.16, 0.20, 0.06], [0.36, 0.36, 0.14], n);
            return scaled(floor, 1.0 - 0.5 * smoothstep(ground, 0.5, v));
        }
        let leaves = fbm(u * 7.0 + breeze, v * 7.0, seed, 3);
        let light = (-((u - light_u) * 2.2).powi(2) - (v * 1.8).powi(2)).exp();
        let green = blend(
            [0.05, 0.15, 0.04],
            [0.34, 0.55, 0.15],
            smoothstep(0.3, 0.75, leaves),
        );
        blend(
            green,
            [0.78, 0.88, 0.52],
            0.55 * light * smoothstep(0.35, 0.65, leaves),
        )
    });
    let reach = canvas.half_width() + 0.1;
    for layer in 0..3 {
        let nearness = layer as f32 / 2.0;
        let n = (reach * [13.0, 7.0, 4.0][layer]) as usize;
        for _ in 0..n {
            let u = rng.random_range(-reach..reach);
            let width = rng.random_range(0.010..0.018) * (1.0 + 3.0 * nearness);
            let foot = ground + 0.02 + 0.14 * nearness + rng.random_range(-0.01..0.03);
            let brown = rng.random_range(0.75..1.15);
            let bark = blend(
                [0.27, 0.30, 0.16],
                [0.22, 0.145, 0.085],
                0.35 + 0.65 * nearness,
            );
            trunk(
                canvas,
                u,
                foot,
                width,
                scaled(bark, brown),
                rng.random_range(-0.04..0.04),
            );
        }
    }
    let hem = rng.random_range(-0.28..-0.08_f32);
    canvas.shade_over(|u, v| {
        if v > hem + 0.2 {
            return ([0.0; 3], 0.0);
        }
        let leaves = fbm(u * 5.5 + 1.5 * breeze + 20.0, v * 5.5, seed ^ 21, 3);
        let thick = smoothstep(hem + 0.2, hem - 0.3, v);
        let alpha = smoothstep(0.62, 0.7, leaves + 0.54 * thick - 0.2);
        let rgb = blend(
            [0.06, 0.20, 0.05],
            [0.30, 0.52, 0.14],
            fbm(u * 15.0 + 2.0 * breeze, v * 15.0, seed ^ 4, 2),
        );
        (rgb, alpha)
    });
}

fn trunk(canvas: &mut Canvas, u: f32, foot: f32, width: f32, bark: Rgb, lean: f32) {
    let top = -0.55;
    for (inset, rgb) in [(0.0, scaled(bark, 0.75)), (0.35, scaled(bark, 1.2))] {
        let mut path = PathBuilder::new();
        path.move_to(u + lean - width * (0.36 - 0.6 * inset), top);
        path.line_to(u + lean + width * 0.36, top);
        path.line_to(u + width * 0.5, foot - width * 0.6);
        path.line_to(u + width * (0.75 - inset), foot);
        path.line_to(u - width * (0.75 - 2.0 * inset), foot);
        path.line_to(u - width * (0.5 - 1.2 * inset), foot - width * 0.6);
        path.close();
        if let Some(path) = path.finish() {
            canvas.fill_rgb(&path, rgb, 1.0);
        }
    }
}

fn firs(canvas: &mut Canvas, shot: &mut Shot) {
    let rng = &mut shot.rng;
    let seed: u32 = rng.random();
    let sky_top = [0.60, 0.74, 0.82];
    let sky_low = [0.86, 0.91, 0.86];
    let far = [0.42, 0.58, 0.46];
    let near = [0.05, 0.17, 0.08];
    canvas.shade(|u, v| {
        let sky = blend(sky_top, sky_low, smoothstep(-0.5, -0.1, v));
        let wood = -0.12 - 0.14 * (fbm(u * 3.0, 4.0, seed, 3) - 0.5);
        blend(
            sky,
            blend(far, near, 0.15),
            smoothstep(wood - 0.03, wood + 0.03, v),
        )
    });
    let reach = canvas.half_width() + 0.15;
    let t = shot.time_secs;
    for layer in 0..4 {
        let nearness = layer as f32 / 3.0;
        let spacing = 0.085 + 0.07 * nearness;
        let n = (2.0 * reach / spacing) as i32;
        for i in 0..=n {
            let u = -reach + spacing * (i as f32 + rng.random_range(-0.35..0.35));
            let height = (0.30 + 0.26 * nearness) * rng.random_range(0.7..1.15);
            let foot = 0.02 + 0.20 * layer as f32 + rng.random_range(-0.02..0.04);
            let rgb = scaled(
                blend(far, near, 0.3 + 0.7 * nearness),
                rng.random_range(0.85..1.2),
            );
            let sway = 0.004 * (t + 7.0 * u).sin();
            fir(canvas, u, foot, height, sway, rgb);
        }
    }
}

fn fir(canvas: &mut Canvas, u: f32, foot: f32, height: f32, sway: f32, rgb: Rgb) {
    let n_tiers = 5;
    // Half the width and the height of the hem of each tier, from the top down.
    let tiers: Vec<(f32, f32)> = (1..=n_tiers)
        .map(|i| {
            let down = i as f32 / n_tiers as f32;
            (height * 0.26 * down, foot - height * (1.0 - down * 0.94))
        })
        .collect();
    let mut path = PathBuilder::new();
    path.move_to(u + sway, foot - height);
    for &(half, v) in &tiers {
        path.line_to(u + half, v);
        path.line_to(u + half * 0.55, v - height * 0.015);
    }
    path.line_to(u + height * 0.03, foot - height * 0.06);
    path.line_to(u + height * 0.03, foot + 0.4);
    path.line_to(u - height * 0.03, foot + 0.4);
    path.line_to(u - height * 0.03, foot - height * 0.06);
    for &(half, v) in tiers.iter().rev() {
        path.line_to(u - half * 0.55, v - height * 0.015);
        path.line_to(u - half, v);
    }
    path.close();
    if let Some(path) = path.finish() {
        canvas.fill_rgb(&path, rgb, 1.0);
    }
}
