//! Plain, gradient and textured backgrounds.

use rand::RngExt as _;

use super::super::scene::{Colour, Surface};
use super::Shot;
use super::canvas::{Canvas, Rgb, blend, scaled};
use super::noise::{fbm, floor, hash01, value};
use super::palette::{luminance, shade_of};

pub fn draw(canvas: &mut Canvas, shot: &mut Shot, colour: Colour, surface: Surface) {
    let base = shade_of(colour, &mut shot.rng);
    match surface {
        Surface::Plain => canvas.shade(|_, _| base),
        Surface::Gradient => gradient(canvas, shot, base),
        Surface::Textured => texture(canvas, shot, base),
    }
}

/// A darker and a lighter neighbour of the same name.
fn neighbours(base: Rgb, strength: f32) -> (Rgb, Rgb) {
    let light = luminance(base);
    if light > 0.85 {
        return (scaled(base, 1.0 - 0.55 * strength), [1.0; 3]);
    }
    if light < 0.12 {
        return (scaled(base, 0.3), blend(base, [1.0; 3], 0.42 * strength));
    }
    (
        scaled(base, 1.0 - 0.75 * strength),
        blend(base, [1.0; 3], 0.7 * strength),
    )
}

fn gradient(canvas: &mut Canvas, shot: &mut Shot, base: Rgb) {
    let rng = &mut shot.rng;
    let (dark, light) = neighbours(base, rng.random_range(0.5..0.85));
    let (dark, light) = if rng.random_bool(0.5) {
        (dark, light)
    } else {
        (light, dark)
    };
    let between = move |t: f32| {
        let t = t.clamp(0.0, 1.0);
        if t < 0.5 {
            blend(dark, base, t * 2.0)
        } else {
            blend(base, light, t * 2.0 - 1.0)
        }
    };
    if rng.random_bool(0.3) {
        let (cu, cv) = (rng.random_range(-0.2..0.2), rng.random_range(-0.2..0.2));
        canvas.shade(|u, v| between(((u - cu) * (u - cu) + (v - cv) * (v - cv)).sqrt() * 1.5));
    } else {
        let angle: f32 = rng.random_range(0.0..std::f32::consts::TAU);
        let (sin, cos) = angle.sin_cos();
        let reach = 1.0 / (1.2 * (canvas.half_width() * cos.abs() + 0.5 * sin.abs()) * 2.0);
        canvas.shade(|u, v| between(0.5 + (u * cos + v * sin) * reach));
    }
}

fn texture(canvas: &mut Canvas, shot: &mut Shot, base: Rgb) {
    let rng = &mut shot.rng;
    let seed = rng.random();
    let (dark, light) = neighbours(base, rng.random_range(0.3..0.5));
    let tone = move |x: f32| {
        if x < 0.5 {
            blend(dark, base, (x * 2.0).max(0.0))
        } else {
            blend(base, light, (x * 2.0 - 1.0).min(1.0))
        }
    };
    let scale = rng.random_range(5.0..12.0_f32);
    match rng.random_range(0..5) {
        // Mottled like plaster.
        0 => canvas.shade(|u, v| tone(contrast(fbm(u * scale, v * scale, seed, 3), 2.0))),
        // Wood grain along one direction.
        1 => {
            let upright = rng.random_bool(0.5);
            canvas.shade(|u, v| {
                let (along, across) = if upright { (v, u) } else { (u, v) };
                let bend = value(along * 1.5, across * 4.0, seed) * 0.12;
                let grain = fbm(along * 2.0, (across + bend) * scale * 3.0, seed ^ 7, 2);
                tone(contrast(grain, 2.0))
            });
        }
        // Woven cloth.
        2 => {
            let n = rng.random_range(12.0..20.0_f32);
            canvas.shade(|u, v| {
                let (x, y) = (u * n, v * n);
                let (ix, iy) = (floor(x), floor(y));
                let (fx, fy) = (x - ix as f32 - 0.5, y - iy as f32 - 0.5);
                let round = if (ix + iy) % 2 == 0 { fx } else { fy };
                tone(0.85 - 2.6 * round * round + 0.25 * (hash01(ix, iy, seed) - 0.5))
            });
        }
        // Bricks or tiles with joints.
        3 => {
            let n = rng.random_range(4.0..8.0_f32);
            let shift = if rng.random_bool(0.6) { 0.5 } else { 0.0 };
            let aspect = if shift > 0.0 { 2.0 } else { 1.0 };
            canvas.shade(|u, v| {
                let y = v * n;
                let iy = floor(y);
                let x = u * n / aspect + shift * (iy & 1) as f32;
                let ix = floor(x);
                let (fx, fy) = (x - ix as f32, y - iy as f32);
                let joint = fx.min(1.0 - fx) * aspect < 0.06 || fy.min(1.0 - fy) < 0.06;
                tone(if joint {
                    0.0
                } else {
                    0.4 + 0.4 * hash01(ix, iy, seed)
                        + 0.15 * (value(u * 40.0, v * 40.0, seed) - 0.5)
                })
            });
        }
        // Grain like sandpaper.
        _ => {
            let fine = rng.random_range(28.0..48.0_f32);
            canvas.shade(|u, v| tone(contrast(value(u * fine, v * fine, seed), 1.3)));
        }
    }
}

fn contrast(x: f32, gain: f32) -> f32 {
    (x - 0.5) * gain + 0.5
}
