//! Text slides, static noise, the black screen.

use rand::RngExt as _;
use rand_pcg::Pcg64;

use super::super::scene::Special;
use super::Shot;
use super::canvas::{Canvas, Rgb, blend};
use super::glyphs::{self, text_width};
use super::noise::{floor, hash01};

pub fn draw(canvas: &mut Canvas, shot: &mut Shot, special: Special) {
    match special {
        Special::TextSlide => text_slide(canvas, shot),
        Special::StaticNoise => static_noise(canvas, shot),
        Special::BlackScreen => {
            let level = shot.rng.random_range(0.0..0.025);
            canvas.shade(|_, _| [level; 3]);
        }
    }
}

/// A title on dark blue: lines of capitals with their heights, centred, one under the other.
pub fn title(canvas: &mut Canvas, lines: &[(&str, f32)]) {
    let (paper, ink): (Rgb, Rgb) = ([0.07, 0.11, 0.24], [0.96, 0.96, 0.94]);
    canvas.shade(|_, _| paper);
    let gap = 0.055;
    let height: f32 = lines.iter().map(|(_, size)| size + gap).sum::<f32>() - gap;
    let mut v = -0.5 * height;
    for &(text, size) in lines {
        // The last letter's space is not seen.
        let left = -0.5 * (text_width(text, size) - 0.3 * size);
        let bold = if size > 0.08 { 0.17 } else { 0.13 };
        glyphs::draw(canvas, text, left, v, size, ink, bold);
        v += size + gap;
    }
}

fn static_noise(canvas: &mut Canvas, shot: &mut Shot) {
    let rng = &mut shot.rng;
    let seed: u32 = rng.random();
    let frame = floor(shot.time_secs * 10.0);
    let grain = rng.random_range(0.010..0.024_f32).max(canvas.pixel());
    // Codecs wash noise out.
    let contrast = rng.random_range(0.4..1.0_f32);
    let tint = if rng.random_bool(0.15) { 0.5 } else { 0.0 };
    canvas.shade(|u, v| {
        let (x, y) = (floor((u + 2.0) / grain), floor((v + 2.0) / grain));
        let level = |k: u32| {
            let n = hash01(x, y, seed.wrapping_add(frame as u32 * 7919) ^ k);
            0.5 + contrast * (n - 0.5)
        };
        let gray = level(0);
        if tint > 0.0 {
            blend([gray; 3], [level(1), level(2), level(3)], tint)
        } else {
            [gray; 3]
        }
    });
}

const WORDS: &[&str] = &[
    "THE", "MOMENT", "VIDEO", "TIME", "SCENE", "LIGHT", "FRAME", "SOUND", "STORY", "CHAPTER",
    "PART", "ONE", "TWO", "SEARCH", "MOVING", "PICTURE", "WORLD", "OF", "AND", "IN", "A", "TO",
    "QUIET", "MORNING", "RIVER", "PAPER", "LETTER", "WINDOW", "DAY", "LONG", "FIRST", "LAST",
    "WORDS", "BY", "SHOW", "WATCH", "AGAIN", "WITH", "EVERY", "NEW", "OLD", "HOUSE", "JOURNEY",
    "END", "BEGIN",
];

fn words(rng: &mut Pcg64, size: f32, room: f32) -> String {
    let mut text = String::new();
    loop {
        let word = WORDS[rng.random_range(0..WORDS.len())];
        let longer = if text.is_empty() {
            word.to_owned()
        } else {
            format!("{text} {word}")
        };
        if text_width(&longer, size) > room {
            return if text.is_empty() { longer } else { text };
        }
        text = longer;
    }
}

fn text_slide(canvas: &mut Canvas, shot: &mut Shot) {
    let rng = &mut shot.rng;
    let papers: [(Rgb, Rgb); 8] = [
        ([0.98, 0.98, 0.97], [0.08, 0.08, 0.10]),
        ([0.98, 0.98, 0.97], [0.10, 0.16, 0.40]),
        ([0.95, 0.92, 0.84], [0.20, 0.14, 0.10]),
        ([0.86, 0.87, 0.89], [0.12, 0.12, 0.14]),
        ([0.04, 0.04, 0.05], [0.96, 0.96, 0.95]),
        ([0.08, 0.12, 0.26], [0.95, 0.96, 0.98]),
        ([0.10, 0.24, 0.20], [0.96, 0.95, 0.88]),
        ([0.05, 0.05, 0.06], [0.98, 0.84, 0.38]),
    ];
    let (paper, ink) = papers[rng.random_range(0..papers.len())];
    canvas.shade(|_, _| paper);
    let centred = rng.random_bool(0.5);
    let room = 0.84;
    // The lines stand still but for a slow rise, as credits do.
    let rise = 0.004 * shot.time_secs;
    let mut v = rng.random_range(-0.40..-0.26_f32) - rise;
    let line = |canvas: &mut Canvas, rng: &mut Pcg64, v: f32, size: f32, room: f32, bold: f32| {
        let text = words(rng, size, room);
        let left = if centred {
            -0.5 * text_width(&text, size)
        } else {
            -0.42
        };
        glyphs::draw(canvas, &text, left, v, size, ink, bold);
    };
    if rng.random_bool(0.8) {
        let size = rng.random_range(0.085..0.12);
        for _ in 0..rng.random_range(1..3) {
            line(canvas, rng, v, size, room, 0.2);
            v += size * 1.5;
        }
        v += 0.05;
    }
    let size = rng.random_range(0.042..0.066);
    for _ in 0..rng.random_range(2..8) {
        if v + size > 0.45 {
            break;
        }
        let share = rng.random_range(0.6..1.0);
        line(canvas, rng, v, size, room * share, 0.15);
        v += size * 1.75;
    }
}
