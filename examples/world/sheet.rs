//! `sheet`: random scenes on one picture, their captions on stdout.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;
use image::RgbImage;
use image::imageops::{FilterType, replace, resize};
use rand::SeedableRng as _;
use rand_pcg::Pcg64;

use crate::world::camera::degrade;
use crate::world::caption::{Detail, sample_caption};
use crate::world::render::render;
use crate::world::scene::{
    Backdrop, Brightness, Colour, Content, Figure, Fill, Place, Scene, Scenery, Shape, Size,
    Special, Split, Surface, contrasts,
};

#[derive(Args)]
pub struct SheetArguments {
    /// Where the PNG goes.
    output: PathBuf,
    /// What is drawn: `random`, `figures` (every shape in every colour), `fills` or `sceneries`.
    #[arg(long, default_value = "random")]
    kind: String,
    /// How many random scenes.
    #[arg(long, default_value_t = 64)]
    n: usize,
    #[arg(long, default_value_t = 10)]
    columns: usize,
    /// Side of the pictures, as the encoder sees them.
    #[arg(long, default_value_t = 64)]
    side: u32,
    /// Width to height.
    #[arg(long, default_value_t = 1.0)]
    aspect: f32,
    /// How often each pixel is repeated.
    #[arg(long, default_value_t = 2)]
    zoom: u32,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Degrade the pictures as a camera does.
    #[arg(long)]
    camera: bool,
    /// Draw of `train` scenes or of all.
    #[arg(long)]
    train: bool,
}

fn figure_scene(rng: &mut Pcg64, colour: Colour, shape: Shape, fill: Fill) -> Scene {
    let background = loop {
        let background = Colour::random(rng);
        if contrasts(colour, background) {
            break background;
        }
    };
    Scene {
        content: Content::Group {
            figure: Figure {
                colour,
                shape,
                size: if fill == Fill::Plain {
                    Size::random(rng)
                } else {
                    Size::Medium
                },
                fill,
            },
            count: 1,
            place: Place::Centre,
        },
        backdrop: Backdrop::Wall {
            colour: background,
            surface: Surface::random(rng),
        },
        brightness: Brightness::Normal,
    }
}

fn scenes(arguments: &SheetArguments, rng: &mut Pcg64) -> Vec<Scene> {
    use crate::world::scene::Pairs;
    match arguments.kind.as_str() {
        "figures" => Colour::ALL
            .iter()
            .flat_map(|&colour| Shape::ALL.iter().map(move |&shape| (colour, shape)))
            .map(|(colour, shape)| figure_scene(rng, colour, shape, Fill::Plain))
            .collect(),
        "fills" => [Fill::Striped, Fill::Dotted]
            .into_iter()
            .flat_map(|fill| Shape::ALL.iter().map(move |&shape| (fill, shape)))
            .cycle()
            .take(40)
            .map(|(fill, shape)| {
                let colour = Colour::random(rng);
                figure_scene(rng, colour, shape, fill)
            })
            .collect(),
        "sceneries" => Scenery::ALL
            .iter()
            .map(|&scenery| (Content::Empty, Backdrop::Scenery(scenery)))
            .chain(Special::ALL.iter().map(|&special| {
                let backdrop = Backdrop::Wall {
                    colour: Colour::Black,
                    surface: Surface::Plain,
                };
                (Content::Special(special), backdrop)
            }))
            .flat_map(|(content, backdrop)| {
                let scene = Scene {
                    content,
                    backdrop,
                    brightness: Brightness::Normal,
                };
                std::iter::repeat_n(scene, arguments.columns)
            })
            .collect(),
        _ => {
            let split = if arguments.train {
                Split::Train
            } else {
                Split::HeldOut(Pairs::Any)
            };
            (0..arguments.n)
                .map(|_| Scene::sample(rng, split))
                .collect()
        }
    }
}

pub fn run(arguments: &SheetArguments) -> anyhow::Result<()> {
    let mut rng = Pcg64::seed_from_u64(arguments.seed);
    let scenes = scenes(arguments, &mut rng);
    let (height, columns) = (arguments.side, arguments.columns.max(1));
    let width = (height as f32 * arguments.aspect).round() as u32;
    let (cell_width, cell_height) = (width * arguments.zoom + 4, height * arguments.zoom + 4);
    let n_rows = scenes.len().div_ceil(columns) as u32;
    let mut sheet = RgbImage::new(cell_width * columns as u32, cell_height * n_rows);
    let (mut drawing, mut degrading) = (Duration::ZERO, Duration::ZERO);
    for (i, scene) in scenes.iter().enumerate() {
        let started = Instant::now();
        let mut picture = render(scene, width, height, &mut rng);
        drawing += started.elapsed();
        if arguments.camera {
            let started = Instant::now();
            picture = degrade(picture, &mut rng);
            degrading += started.elapsed();
        }
        let large = resize(
            &picture,
            width * arguments.zoom,
            height * arguments.zoom,
            FilterType::Nearest,
        );
        let (column, row) = ((i % columns) as u32, (i / columns) as u32);
        replace(
            &mut sheet,
            &large,
            i64::from(column * cell_width),
            i64::from(row * cell_height),
        );
        let full = sample_caption(scene, &mut rng, Detail::Full);
        let brief = sample_caption(scene, &mut rng, Detail::Brief);
        println!("{row},{column}: {} | {}", full.text, brief.text);
    }
    let n = scenes.len().max(1) as u32;
    eprintln!(
        "{:?} to draw, {:?} to degrade each",
        drawing / n,
        degrading / n
    );
    sheet
        .save(&arguments.output)
        .with_context(|| format!("cannot write {}", arguments.output.display()))
}
