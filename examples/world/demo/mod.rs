//! `demo`: the video that ships with the program, and what can be found in it.
//!
//! Its looks are held-out seeds: training draws its own, from 64-bit random numbers.

mod encode;
mod music;
mod script;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use image::RgbImage;
use image::imageops::{FilterType, replace, resize};

use crate::world::camera::vignette;
use crate::world::render::render_title;
use crate::world::storyboard::Storyboard;

const WIDTH: u32 = 640;
const HEIGHT: u32 = 360;
const FRAMES_PER_SECOND: u32 = 25;

#[derive(Args)]
pub struct DemoArguments {
    #[arg(long, default_value = "assets/demo.mp4")]
    video: PathBuf,
    #[arg(long, default_value = "assets/demo.jsonl")]
    annotations: PathBuf,
    /// Only draw the middle of every scene on one picture.
    #[arg(long, value_name = "PNG")]
    sheet: Option<PathBuf>,
    /// With `--sheet`: how many looks of every scene to draw side by side, for choosing one.
    #[arg(long, default_value_t = 1)]
    looks: u64,
    /// The audio as raw interleaved stereo `f32` at 44.1 kHz, for listening to it alone.
    #[arg(long, value_name = "RAW")]
    music: Option<PathBuf>,
}

const TITLE: &[(&str, f32)] = &[
    ("FIND", 0.12),
    ("THE MOMENT", 0.12),
    ("A SMALL FILM TO SEARCH IN", 0.042),
];

fn frame(storyboard: &Storyboard, time_secs: f64) -> RgbImage {
    let mut picture = if time_secs < storyboard.takes[0].end_secs {
        render_title(TITLE, WIDTH, HEIGHT)
    } else {
        storyboard.frame_at(time_secs, WIDTH, HEIGHT)
    };
    vignette(&mut picture, 0.22);
    picture
}

/// Distance between the looks that are offered for one scene.
const NEXT_LOOK: u64 = 100;

fn draw_sheet(storyboard: &Storyboard, n_looks: u64, path: &Path) -> anyhow::Result<()> {
    let pictures: Vec<RgbImage> = storyboard
        .takes
        .iter()
        .enumerate()
        .flat_map(|(i, take)| {
            (0..n_looks).map(move |look| {
                let mut storyboard = storyboard.clone();
                storyboard.takes[i].look += look * NEXT_LOOK;
                frame(&storyboard, 0.5 * (take.start_secs + take.end_secs))
            })
        })
        .collect();
    let columns = if n_looks == 1 { 4 } else { n_looks as usize };
    let n_rows = pictures.len().div_ceil(columns) as u32;
    let (width, height) = (WIDTH / 2, HEIGHT / 2);
    let mut sheet = RgbImage::new(columns as u32 * (width + 4), n_rows * (height + 4));
    for (i, picture) in pictures.iter().enumerate() {
        let (column, row) = ((i % columns) as u32, (i / columns) as u32);
        replace(
            &mut sheet,
            &resize(picture, width, height, FilterType::Triangle),
            i64::from(column * (width + 4)),
            i64::from(row * (height + 4)),
        );
    }
    sheet
        .save(path)
        .with_context(|| format!("cannot write {}", path.display()))
}

pub fn run(arguments: &DemoArguments) -> anyhow::Result<()> {
    let storyboard = script::storyboard();
    if let Some(path) = &arguments.sheet {
        return draw_sheet(&storyboard, arguments.looks.max(1), path);
    }
    let audio = music::compose(&storyboard);
    if let Some(path) = &arguments.music {
        let bytes: Vec<u8> = audio
            .iter()
            .flatten()
            .flat_map(|x| x.to_le_bytes())
            .collect();
        return fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()));
    }
    let lines: Vec<String> = script::queries(&storyboard)
        .iter()
        .enumerate()
        .map(|(qid, query)| {
            serde_json::to_string(&storyboard.annotation(qid as u64, "demo", query))
        })
        .collect::<Result<_, _>>()?;
    fs::write(&arguments.annotations, lines.join("\n") + "\n")
        .with_context(|| format!("cannot write {}", arguments.annotations.display()))?;
    let n_frames = (storyboard.duration_secs() * f64::from(FRAMES_PER_SECOND)) as u64;
    encode::encode(
        &arguments.video,
        encode::Film {
            size: (WIDTH, HEIGHT),
            frames_per_second: FRAMES_PER_SECOND,
            n_frames,
            frame: &|time_secs| frame(&storyboard, time_secs),
            audio: &audio,
        },
    )
}
