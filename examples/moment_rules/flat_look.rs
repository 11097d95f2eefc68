//! A second renderer, of another hand: flat shapes in other colours that move faster, cuts at any
//! time, dissolves, grain.

use image::RgbImage;
use rand::RngExt as _;
use rand_pcg::Pcg64;
use tiny_skia::{Color, FillRule, Paint, Path, PathBuilder, Pixmap, Rect, Transform};

const WIDTH: u32 = 192;
const HEIGHT: u32 = 108;

/// Name and colour: none is the colour that the drawn world has for the name.
const COLOURS: [(&str, [u8; 3]); 9] = [
    ("red", [200, 30, 45]),
    ("green", [40, 150, 70]),
    ("blue", [35, 70, 190]),
    ("yellow", [240, 205, 40]),
    ("orange", [235, 120, 30]),
    ("purple", [120, 45, 150]),
    ("pink", [245, 130, 175]),
    ("white", [245, 245, 240]),
    ("black", [18, 18, 24]),
];

/// Behind the shapes; the first of them is named by nothing that is asked.
const WALLS: [[u8; 3]; 5] = [
    [205, 200, 190],
    [150, 160, 165],
    [95, 100, 105],
    [225, 225, 215],
    [120, 110, 100],
];

const SHAPES: [&str; 6] = ["circle", "square", "triangle", "star", "ring", "cross"];

#[derive(Clone, Copy, PartialEq)]
struct Figure {
    colour: usize,
    shape: usize,
}

#[derive(Clone, Copy)]
struct Shot {
    start_secs: f64,
    end_secs: f64,
    figure: Figure,
    count: usize,
    wall: usize,
    /// Of the height, per second.
    speed: f32,
    phase: f32,
    size: f32,
}

pub struct Film {
    shots: Vec<Shot>,
    /// 0 for cuts.
    dissolve_secs: f64,
    grain: f32,
}

impl Film {
    /// A dozen shots of 3 to 14 seconds; a figure comes back now and then.
    pub fn sample(rng: &mut Pcg64) -> Self {
        let mut shots: Vec<Shot> = Vec::new();
        let mut now_secs = 0.0;
        while shots.len() < 12 {
            let figure = if !shots.is_empty() && rng.random_bool(0.2) {
                shots[rng.random_range(0..shots.len())].figure
            } else {
                Figure {
                    colour: rng.random_range(0..COLOURS.len()),
                    shape: rng.random_range(0..SHAPES.len()),
                }
            };
            if shots.last().is_some_and(|last| last.figure == figure) {
                continue;
            }
            let length_secs = rng.random_range(3.0..14.0_f64);
            // Pale figures need a dark wall.
            let wall = match figure.colour {
                3 | 6 | 7 => 2,
                _ => rng.random_range(0..WALLS.len()),
            };
            shots.push(Shot {
                start_secs: now_secs,
                end_secs: now_secs + length_secs,
                figure,
                count: if rng.random_bool(0.75) { 1 } else { 2 },
                wall,
                speed: rng.random_range(0.0..0.6),
                phase: rng.random_range(0.0..6.0),
                size: rng.random_range(0.16..0.34),
            });
            now_secs += length_secs;
        }
        Self {
            shots,
            dissolve_secs: if rng.random_bool(0.5) { 0.0 } else { 1.0 },
            grain: rng.random_range(0.0..14.0),
        }
    }

    pub fn duration_secs(&self) -> f64 {
        self.shots.last().map_or(0.0, |shot| shot.end_secs)
    }

    /// Whose centre lies inside.
    pub fn n_clips(&self) -> usize {
        (0.5 * self.duration_secs()).round() as usize
    }

    /// Each figure once, with all spans in which it is seen.
    pub fn queries(&self) -> Vec<(String, Vec<[f64; 2]>)> {
        let mut asked: Vec<Figure> = Vec::new();
        for shot in &self.shots {
            if !asked.contains(&shot.figure) {
                asked.push(shot.figure);
            }
        }
        let query = |figure: &Figure| {
            let words = format!("a {} {}", COLOURS[figure.colour].0, SHAPES[figure.shape]);
            let shots = self.shots.iter().filter(|shot| shot.figure == *figure);
            let spans = shots.map(|shot| [shot.start_secs, shot.end_secs]);
            (words, spans.collect())
        };
        asked.iter().map(query).collect()
    }

    pub fn frame_at(&self, time_secs: f64, rng: &mut Pcg64) -> RgbImage {
        let at = self
            .shots
            .partition_point(|shot| shot.end_secs <= time_secs);
        let at = at.min(self.shots.len() - 1);
        let mut image = self.shots[at].draw(time_secs);
        let since_cut = time_secs - self.shots[at].start_secs;
        if at > 0 && since_cut < self.dissolve_secs {
            let part = (since_cut / self.dissolve_secs) as f32;
            let before = self.shots[at - 1].draw(time_secs);
            for (new, old) in image.iter_mut().zip(before.iter()) {
                *new = (f32::from(*old) + part * (f32::from(*new) - f32::from(*old))) as u8;
            }
        }
        for value in image.iter_mut() {
            let noise = self.grain * rng.random_range(-1.0..1.0_f32);
            *value = (f32::from(*value) + noise).clamp(0.0, 255.0) as u8;
        }
        image
    }
}

impl Shot {
    fn draw(&self, time_secs: f64) -> RgbImage {
        let mut pixmap = Pixmap::new(WIDTH, HEIGHT).expect("it has a size");
        pixmap.fill(colour(WALLS[self.wall]));
        let mut paint = Paint::default();
        paint.set_color(colour(COLOURS[self.figure.colour].1));
        paint.anti_alias = true;
        let height = HEIGHT as f32;
        let angle = self.phase + 6.0 * self.speed * time_secs as f32;
        for i in 0..self.count {
            let aside = if self.count == 1 {
                0.0
            } else {
                0.5 * (2.0 * i as f32 - 1.0)
            };
            let x = 0.5 * WIDTH as f32 + height * (0.45 * aside + 0.12 * angle.cos());
            let y = height * (0.5 + 0.15 * (1.3 * angle).sin());
            let scale = self.size * height;
            let place = Transform::from_rotate(20.0 * angle.sin())
                .post_scale(scale, scale)
                .post_translate(x, y);
            let path = outline(self.figure.shape);
            pixmap.fill_path(&path, &paint, FillRule::EvenOdd, place, None);
        }
        let pixels = pixmap
            .pixels()
            .iter()
            .flat_map(|p| [p.red(), p.green(), p.blue()]);
        RgbImage::from_raw(WIDTH, HEIGHT, pixels.collect()).expect("three bytes for each pixel")
    }
}

fn colour([red, green, blue]: [u8; 3]) -> Color {
    Color::from_rgba8(red, green, blue, 255)
}

/// About the origin, as high as 2.
fn outline(shape: usize) -> Path {
    let mut path = PathBuilder::new();
    let corners = |n: usize, radius: &dyn Fn(usize) -> f32| -> Vec<(f32, f32)> {
        let corner = |i: usize| {
            let angle = std::f32::consts::TAU * i as f32 / n as f32;
            (radius(i) * angle.sin(), -radius(i) * angle.cos())
        };
        (0..n).map(corner).collect()
    };
    let mut polygon = |corners: Vec<(f32, f32)>| {
        for (i, (x, y)) in corners.into_iter().enumerate() {
            if i == 0 {
                path.move_to(x, y);
            } else {
                path.line_to(x, y);
            }
        }
        path.close();
    };
    match SHAPES[shape] {
        "square" => path.push_rect(Rect::from_ltrb(-0.9, -0.9, 0.9, 0.9).expect("ordered")),
        "triangle" => polygon(corners(3, &|_| 1.15)),
        "star" => polygon(corners(10, &|i| if i % 2 == 0 { 1.2 } else { 0.5 })),
        "ring" => {
            path.push_circle(0.0, 0.0, 1.0);
            path.push_circle(0.0, 0.0, 0.6);
        }
        "cross" => {
            let (a, b) = (0.35, 1.0);
            polygon(vec![
                (-a, -b),
                (a, -b),
                (a, -a),
                (b, -a),
                (b, a),
                (a, a),
                (a, b),
                (-a, b),
                (-a, a),
                (-b, a),
                (-b, -a),
                (-a, -a),
            ]);
        }
        _ => path.push_circle(0.0, 0.0, 1.0),
    }
    path.finish().expect("it has points")
}
