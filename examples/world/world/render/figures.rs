//! Shapes in their places.

use std::f32::consts::{PI, TAU};

use rand::RngExt as _;
use rand_pcg::Pcg64;
use tiny_skia::{
    GradientStop, LinearGradient, Path, PathBuilder, Point, Rect, SpreadMode, Transform,
};

use super::super::scene::{Arrangement, Backdrop, Content, Figure, Fill, Place, Shape, Size};
use super::Shot;
use super::canvas::{Canvas, Rgb, blend, color, plain_paint, scaled};
use super::palette::{luminance, shade_of};

/// Where a figure is drawn, in units.
#[derive(Clone, Copy)]
struct Pose {
    u: f32,
    v: f32,
    radius: f32,
    /// Radians, clockwise.
    turn: f32,
}

pub fn draw(canvas: &mut Canvas, shot: &mut Shot, content: &Content, backdrop: Backdrop) {
    match *content {
        Content::Group {
            figure,
            count,
            place,
        } => {
            let rgb = shade_of(figure.colour, &mut shot.rng);
            let poses = group_poses(&mut shot.rng, &figure, count, place);
            let outlined = shot.rng.random_bool(outline_chance(backdrop));
            let tilt = sample_turn(&mut shot.rng, figure.shape);
            for pose in poses {
                // Copies differ a little, as drawn by hand.
                let turn = tilt + shot.rng.random_range(-0.08..0.08);
                let pose = Pose { turn, ..pose };
                draw_figure(canvas, shot, &figure, rgb, pose, outlined);
            }
        }
        Content::Pair {
            first,
            second,
            arrangement,
        } => {
            let poses = pair_poses(&mut shot.rng, &first, &second, arrangement);
            let outlined = shot.rng.random_bool(outline_chance(backdrop));
            for (figure, pose) in [first, second].iter().zip(poses) {
                let rgb = shade_of(figure.colour, &mut shot.rng);
                let turn = sample_turn(&mut shot.rng, figure.shape);
                draw_figure(canvas, shot, figure, rgb, Pose { turn, ..pose }, outlined);
            }
        }
        Content::Empty | Content::Special(_) => {}
    }
}

fn outline_chance(backdrop: Backdrop) -> f64 {
    match backdrop {
        Backdrop::Wall { .. } => 0.1,
        Backdrop::Scenery(_) => 0.4,
    }
}

fn sample_turn(rng: &mut Pcg64, shape: Shape) -> f32 {
    match shape {
        Shape::Arrow | Shape::Circle | Shape::Ring => rng.random_range(0.0..TAU),
        Shape::Crescent => {
            rng.random_range(-0.6..0.6) + if rng.random_bool(0.35) { PI } else { 0.0 }
        }
        Shape::Star => rng.random_range(-0.35..0.35),
        Shape::Diamond => rng.random_range(-0.15..0.15),
        _ => rng.random_range(-0.22..0.22),
    }
}

/// The circle that a single figure of this size fills.
fn sample_radius(rng: &mut Pcg64, size: Size) -> f32 {
    match size {
        Size::Small => rng.random_range(0.085..0.11),
        Size::Medium => rng.random_range(0.155..0.19),
        Size::Large => rng.random_range(0.27..0.35),
    }
}

fn group_poses(rng: &mut Pcg64, figure: &Figure, count: u8, place: Place) -> Vec<Pose> {
    let mut near = |spread: f32| rng.random_range(-spread..spread);
    if count == 1 {
        let (du, dv) = (near(1.0), near(1.0));
        let mut radius = sample_radius(rng, figure.size);
        if place != Place::Centre {
            radius = radius.min(0.26);
        }
        let away = (0.47 - radius).min(0.31);
        let (u, v) = match place {
            Place::Left => (-away, dv * 0.06),
            Place::Right => (away, dv * 0.06),
            Place::Top => (du * 0.06, -away),
            Place::Bottom => (du * 0.06, away),
            Place::Centre => (du * 0.04, dv * 0.04),
        };
        let wobble = (0.49 - radius).clamp(0.0, 0.02);
        return vec![Pose {
            u: u + du * wobble,
            v: v + dv * wobble,
            radius,
            turn: 0.0,
        }];
    }
    let centre = (near(0.03), near(0.03));
    let radius: f32 = match figure.size {
        Size::Small => rng.random_range(0.07..0.085),
        Size::Medium => rng.random_range(0.115..0.135),
        Size::Large => rng.random_range(0.175..0.2),
    };
    // Corners of a segment or a triangle about the centre, far enough apart never to touch.
    let apart = (radius * rng.random_range(1.12..1.5)).max(0.13);
    let (start, reach) = if count == 2 {
        let start = match rng.random_range(0..3) {
            0 => 0.0,
            1 => PI / 4.0,
            _ => -PI / 4.0,
        };
        (start + rng.random_range(-0.25..0.25), apart)
    } else if radius < 0.14 && rng.random_bool(0.35) {
        // Three in a row.
        let step = (radius * rng.random_range(2.2..2.5)).min(0.335);
        let angle: f32 =
            rng.random_range(-0.2..0.2) + if rng.random_bool(0.3) { PI / 2.0 } else { 0.0 };
        let (sin, cos) = angle.sin_cos();
        return [-step, 0.0, step]
            .map(|s| Pose {
                u: centre.0 * 0.3 + s * cos,
                v: centre.1 * 0.3 + s * sin,
                radius,
                turn: 0.0,
            })
            .to_vec();
    } else {
        let start = if rng.random_bool(0.5) {
            -PI / 2.0
        } else {
            PI / 2.0
        };
        (start + rng.random_range(-0.3..0.3), apart * 1.16)
    };
    (0..count)
        .map(|i| {
            let angle = start + TAU * f32::from(i) / f32::from(count);
            Pose {
                u: centre.0 + reach.min(0.48 - radius) * angle.cos(),
                v: centre.1 + reach.min(0.48 - radius) * angle.sin(),
                radius,
                turn: 0.0,
            }
        })
        .collect()
}

fn pair_poses(
    rng: &mut Pcg64,
    first: &Figure,
    second: &Figure,
    arrangement: Arrangement,
) -> [Pose; 2] {
    let mut radius = |size: Size| -> f32 {
        match size {
            Size::Small => rng.random_range(0.085..0.105),
            Size::Medium => rng.random_range(0.135..0.16),
            Size::Large => rng.random_range(0.195..0.22),
        }
    };
    let (a, b) = (radius(first.size), radius(second.size));
    let gap = rng.random_range(0.03..(0.96 - 2.0 * (a + b)).clamp(0.05, 0.22));
    // The two and the gap between them, centred.
    let whole = 2.0 * (a + b) + gap;
    let slack = ((0.98 - whole) / 2.0).clamp(0.0, 0.06);
    let shift = rng.random_range(-1.0..1.0_f32) * slack;
    let (along_a, along_b) = (-whole / 2.0 + a + shift, whole / 2.0 - b + shift);
    let (across_a, across_b) = (rng.random_range(-0.06..0.06), rng.random_range(-0.06..0.06));
    match arrangement {
        Arrangement::SideBySide => [(along_a, across_a, a), (along_b, across_b, b)],
        Arrangement::Stacked => [(across_a, along_a, a), (across_b, along_b, b)],
    }
    .map(|(u, v, radius)| Pose {
        u,
        v,
        radius,
        turn: 0.0,
    })
}

fn draw_figure(
    canvas: &mut Canvas,
    shot: &mut Shot,
    figure: &Figure,
    rgb: Rgb,
    pose: Pose,
    outlined: bool,
) {
    let rng = &mut shot.rng;
    let phase: f32 = rng.random_range(0.0..TAU);
    let t = shot.time_secs;
    let alive = Pose {
        u: pose.u + 0.008 * (0.9 * t + phase).sin(),
        v: pose.v + 0.008 * (1.1 * t + 2.0 * phase).cos(),
        radius: pose.radius * (1.0 + 0.02 * (1.7 * t + phase).sin()),
        turn: pose.turn + 0.06 * (0.8 * t + phase).sin(),
    };
    let Some(path) = outline(figure.shape).and_then(|path| path.transform(placed(alive))) else {
        return;
    };
    let mut paint = plain_paint(rgb, 1.0);
    if rng.random_bool(0.35) {
        let strength = rng.random_range(0.08..0.2);
        let gradient = LinearGradient::new(
            Point::from_xy(alive.u - alive.radius * 0.5, alive.v - alive.radius),
            Point::from_xy(alive.u + alive.radius * 0.5, alive.v + alive.radius),
            vec![
                GradientStop::new(0.0, color(blend(rgb, [1.0; 3], strength), 1.0)),
                GradientStop::new(1.0, color(scaled(rgb, 1.0 - strength), 1.0)),
            ],
            SpreadMode::Pad,
            Transform::identity(),
        );
        if let Some(shader) = gradient {
            paint.shader = shader;
        }
    }
    canvas.fill(&path, &paint, None);
    if figure.fill != Fill::Plain {
        draw_pattern(canvas, rng, figure.fill, rgb, alive, &path);
        // The second tone may be that of the background: keep the shape whole.
        canvas.stroke(&path, rgb, 1.0, alive.radius * 0.1);
    }
    if outlined {
        let line = if luminance(rgb) > 0.45 {
            scaled(rgb, 0.35)
        } else {
            blend(rgb, [1.0; 3], 0.75)
        };
        canvas.stroke(&path, line, 0.9, alive.radius * 0.07);
    }
}

fn placed(pose: Pose) -> Transform {
    Transform::from_scale(pose.radius, pose.radius)
        .post_concat(Transform::from_rotate(pose.turn.to_degrees()))
        .post_translate(pose.u, pose.v)
}

fn draw_pattern(
    canvas: &mut Canvas,
    rng: &mut Pcg64,
    fill: Fill,
    rgb: Rgb,
    pose: Pose,
    path: &Path,
) {
    let second = if luminance(rgb) > 0.6 {
        scaled(rgb, 0.28)
    } else {
        blend(rgb, [1.0; 3], 0.88)
    };
    let mut pattern = PathBuilder::new();
    let r = pose.radius;
    if fill == Fill::Striped {
        let period = (r * rng.random_range(0.42..0.55)).max(0.05);
        let thickness = period * rng.random_range(0.38..0.48);
        let mut at = -1.5 * r;
        while at < 1.5 * r {
            if let Some(stripe) = Rect::from_xywh(-1.6 * r, at, 3.2 * r, thickness) {
                pattern.push_rect(stripe);
            }
            at += period;
        }
    } else {
        let period = (r * rng.random_range(0.46..0.58)).max(0.06);
        let dot = period * rng.random_range(0.26..0.32);
        let n = (1.5 * r / period).ceil() as i32;
        for row in -n..=n {
            for column in -n..=n {
                let shift = if row % 2 == 0 { 0.0 } else { 0.5 };
                pattern.push_circle(
                    (column as f32 + shift) * period,
                    row as f32 * period * 0.87,
                    dot,
                );
            }
        }
    }
    let turn = [0.0, 45.0, 90.0, 135.0][rng.random_range(0..4)] + rng.random_range(-12.0..12.0);
    let transform = Transform::from_rotate(turn).post_translate(pose.u, pose.v);
    if let Some(pattern) = pattern.finish().and_then(|p| p.transform(transform)) {
        let mask = canvas.mask(path);
        canvas.fill(&pattern, &plain_paint(second, 1.0), mask.as_ref());
    }
}

/// The shape about the origin, within a circle of radius 1.
fn outline(shape: Shape) -> Option<Path> {
    let mut path = PathBuilder::new();
    match shape {
        Shape::Circle => path.push_circle(0.0, 0.0, 0.95),
        Shape::Square => path.push_rect(Rect::from_ltrb(-0.8, -0.8, 0.8, 0.8)?),
        Shape::Triangle => polygon(&mut path, &[(0.0, -0.95), (0.98, 0.78), (-0.98, 0.78)]),
        Shape::Star => {
            let points: Vec<(f32, f32)> = (0..10)
                .map(|i| {
                    let radius = if i % 2 == 0 { 1.0 } else { 0.42 };
                    let angle = PI * i as f32 / 5.0 - PI / 2.0;
                    (radius * angle.cos(), radius * angle.sin() + 0.05)
                })
                .collect();
            polygon(&mut path, &points);
        }
        Shape::Ring => {
            path.push_circle(0.0, 0.0, 0.95);
            path.push_circle(0.0, 0.0, 0.55);
        }
        Shape::Cross => {
            let (a, b) = (0.3, 0.92);
            let quarter = [(-a, -b), (a, -b), (a, -a)];
            let points: Vec<(f32, f32)> = (0..4)
                .flat_map(|i| {
                    let (sin, cos) = (PI / 2.0 * i as f32).sin_cos();
                    quarter.map(|(x, y)| (x * cos - y * sin, x * sin + y * cos))
                })
                .collect();
            polygon(&mut path, &points);
        }
        Shape::Heart => {
            path.move_to(0.0, 0.92);
            path.cubic_to(-0.5, 0.5, -1.02, 0.1, -1.02, -0.36);
            path.cubic_to(-1.02, -0.95, -0.2, -1.05, 0.0, -0.42);
            path.cubic_to(0.2, -1.05, 1.02, -0.95, 1.02, -0.36);
            path.cubic_to(1.02, 0.1, 0.5, 0.5, 0.0, 0.92);
            path.close();
        }
        Shape::Diamond => polygon(
            &mut path,
            &[(0.0, -1.0), (0.68, 0.0), (0.0, 1.0), (-0.68, 0.0)],
        ),
        Shape::Arrow => polygon(
            &mut path,
            &[
                (-1.0, -0.26),
                (0.1, -0.26),
                (0.1, -0.72),
                (1.0, 0.0),
                (0.1, 0.72),
                (0.1, 0.26),
                (-1.0, 0.26),
            ],
        ),
        Shape::Crescent => {
            // The outer circle's long arc, and back along a circle shifted to the right.
            let arc = |centre: f32, radius: f32, from: f32, to: f32| {
                (0..=24).map(move |i| {
                    let angle = from + (to - from) * i as f32 / 24.0;
                    (centre + radius * angle.cos(), radius * angle.sin())
                })
            };
            let tip = 0.82_f32; // half the opening angle of the outer circle
            let (tip_u, tip_v) = (tip.cos(), tip.sin());
            let centre = 0.52_f32;
            let inner = ((tip_u - centre).powi(2) + tip_v * tip_v).sqrt();
            let inner_angle = tip_v.atan2(tip_u - centre);
            let points: Vec<(f32, f32)> = arc(0.0, 1.0, tip, TAU - tip)
                .chain(arc(centre, inner, TAU - inner_angle, inner_angle))
                .map(|(x, y)| (x + 0.15, y))
                .collect();
            polygon(&mut path, &points);
        }
    }
    path.finish()
}

fn polygon(path: &mut PathBuilder, points: &[(f32, f32)]) {
    for (i, &(x, y)) in points.iter().enumerate() {
        if i == 0 {
            path.move_to(x, y);
        } else {
            path.line_to(x, y);
        }
    }
    path.close();
}
