//! `demo`: the video that ships with the program, and what can be found in it.
//!
//! Its looks are held-out seeds: training draws its own, from 64-bit random numbers.

mod encode;
mod music;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use image::RgbImage;
use image::imageops::{FilterType, replace, resize};

use crate::world::camera::vignette;
use crate::world::caption::{Caption, Claim, FigureClaim, Number, Relation, ScenerySet};
use crate::world::render::render_title;
use crate::world::scene::{
    Arrangement, Backdrop, Brightness, Colour, Content, Figure, Fill, Place, Scene, Scenery, Shape,
    Size, Special, Surface,
};
use crate::world::storyboard::{StoryQuery, Storyboard};

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

fn scenery(scenery: Scenery) -> Scene {
    Scene {
        content: Content::Empty,
        backdrop: Backdrop::Scenery(scenery),
        brightness: Brightness::Normal,
    }
}

fn special(special: Special) -> Scene {
    on_wall(Content::Special(special), Colour::Black, Surface::Plain)
}

fn on_wall(content: Content, colour: Colour, surface: Surface) -> Scene {
    Scene {
        content,
        backdrop: Backdrop::Wall { colour, surface },
        brightness: Brightness::Normal,
    }
}

fn figure(colour: Colour, shape: Shape, size: Size, fill: Fill) -> Figure {
    Figure {
        colour,
        shape,
        size,
        fill,
    }
}

fn group(figure: Figure, count: u8, place: Place) -> Content {
    Content::Group {
        figure,
        count,
        place,
    }
}

fn says_figure(colour: Colour, shape: Shape) -> Claim {
    Claim {
        figure: Some(FigureClaim {
            colour: Some(colour),
            shape: Some(shape),
            ..FigureClaim::default()
        }),
        ..Claim::default()
    }
}

fn says_number(colour: Colour, shape: Shape, n: u8) -> Claim {
    Claim {
        number: Some(Number::Exactly(n)),
        ..says_figure(colour, shape)
    }
}

fn says_two(
    (colour, shape): (Colour, Shape),
    relation: Relation,
    (other_colour, other_shape): (Colour, Shape),
) -> Claim {
    let other = says_figure(other_colour, other_shape).figure;
    Claim {
        other: other.map(|other| (relation, other)),
        ..says_figure(colour, shape)
    }
}

fn says_scenery(sceneries: &[Scenery]) -> Claim {
    Claim {
        sceneries: Some(ScenerySet::of(sceneries)),
        ..Claim::default()
    }
}

fn says_special(special: Special) -> Claim {
    Claim {
        special: Some(special),
        ..Claim::default()
    }
}

/// Every scene with its length in clips, its look and the words for it.
fn script() -> Vec<(Scene, usize, u64, &'static str, Claim)> {
    use Colour::{Black, Blue, Cyan, Gray, Green, Orange, Purple, Red, White, Yellow};
    use Shape::{Circle, Crescent, Cross, Diamond, Heart, Square, Star, Triangle};
    use Size::{Large, Medium};
    let plain = |colour, shape, size| figure(colour, shape, size, Fill::Plain);
    let pair = |first, second, arrangement| Content::Pair {
        first,
        second,
        arrangement,
    };
    vec![
        (
            special(Special::TextSlide),
            2,
            0,
            "a text slide",
            says_special(Special::TextSlide),
        ),
        (
            scenery(Scenery::BlueSky),
            2,
            411,
            "white clouds in a blue sky",
            says_scenery(&[Scenery::BlueSky]),
        ),
        (
            on_wall(
                group(plain(Red, Circle, Large), 1, Place::Centre),
                White,
                Surface::Gradient,
            ),
            3,
            212,
            "a red circle",
            says_figure(Red, Circle),
        ),
        (
            scenery(Scenery::Sea),
            4,
            13,
            "waves on the sea",
            says_scenery(&[Scenery::Sea]),
        ),
        (
            on_wall(
                group(plain(Yellow, Star, Medium), 3, Place::Centre),
                Blue,
                Surface::Gradient,
            ),
            2,
            214,
            "three yellow stars",
            says_number(Yellow, Star, 3),
        ),
        (
            scenery(Scenery::Forest),
            2,
            115,
            "a forest of tall trees",
            says_scenery(&[Scenery::Forest]),
        ),
        (
            on_wall(
                pair(
                    plain(Blue, Square, Large),
                    plain(Green, Triangle, Large),
                    Arrangement::SideBySide,
                ),
                White,
                Surface::Plain,
            ),
            3,
            316,
            "a blue square to the left of a green triangle",
            says_two((Blue, Square), Relation::LeftOf, (Green, Triangle)),
        ),
        (
            scenery(Scenery::Sunset),
            3,
            117,
            "the sun going down",
            says_scenery(&[Scenery::Sunset]),
        ),
        (
            on_wall(
                group(plain(White, Crescent, Medium), 1, Place::Top),
                Purple,
                Surface::Gradient,
            ),
            2,
            118,
            "a white crescent at the top",
            Claim {
                place: Some(Place::Top),
                ..says_figure(White, Crescent)
            },
        ),
        (
            scenery(Scenery::CityLights),
            2,
            19,
            "city lights at night",
            says_scenery(&[Scenery::CityLights]),
        ),
        (
            special(Special::StaticNoise),
            1,
            20,
            "static noise",
            says_special(Special::StaticNoise),
        ),
        (
            special(Special::BlackScreen),
            1,
            21,
            "a black screen",
            says_special(Special::BlackScreen),
        ),
        (
            scenery(Scenery::Fire),
            3,
            222,
            "a burning fire",
            says_scenery(&[Scenery::Fire]),
        ),
        (
            on_wall(
                pair(
                    plain(Orange, Cross, Large),
                    plain(Cyan, Diamond, Large),
                    Arrangement::Stacked,
                ),
                Gray,
                Surface::Textured,
            ),
            3,
            523,
            "an orange cross above a cyan diamond",
            says_two((Orange, Cross), Relation::Above, (Cyan, Diamond)),
        ),
        (
            scenery(Scenery::Snow),
            2,
            124,
            "falling snow",
            says_scenery(&[Scenery::Snow]),
        ),
        (
            on_wall(
                group(
                    figure(Orange, Diamond, Large, Fill::Striped),
                    1,
                    Place::Centre,
                ),
                Black,
                Surface::Gradient,
            ),
            2,
            525,
            "a striped orange diamond",
            Claim {
                figure: Some(FigureClaim {
                    colour: Some(Orange),
                    shape: Some(Diamond),
                    fill: Some(Fill::Striped),
                    ..FigureClaim::default()
                }),
                ..Claim::default()
            },
        ),
        (
            scenery(Scenery::Desert),
            2,
            26,
            "sand dunes in the desert",
            says_scenery(&[Scenery::Desert]),
        ),
        (
            on_wall(
                group(plain(Red, Heart, Large), 2, Place::Centre),
                White,
                Surface::Gradient,
            ),
            2,
            127,
            "two red hearts",
            says_number(Red, Heart, 2),
        ),
        (
            Scene {
                content: group(plain(Yellow, Star, Large), 1, Place::Centre),
                ..scenery(Scenery::Sea)
            },
            2,
            428,
            "a yellow star over the sea",
            Claim {
                sceneries: Some(ScenerySet::of(&[Scenery::Sea])),
                ..says_figure(Yellow, Star)
            },
        ),
        (
            scenery(Scenery::Rain),
            2,
            529,
            "it is raining",
            says_scenery(&[Scenery::Rain]),
        ),
        (
            scenery(Scenery::StarryNight),
            3,
            530,
            "stars in the night sky",
            says_scenery(&[Scenery::StarryNight]),
        ),
    ]
}

fn storyboard() -> Storyboard {
    let mut storyboard = Storyboard::default();
    for (scene, n_clips, look, ..) in script() {
        storyboard.push(scene, n_clips, look);
    }
    storyboard
}

/// One query for every scene, then some that hold in several.
fn queries(storyboard: &Storyboard) -> Vec<StoryQuery> {
    let several = [
        ("the sea", says_scenery(&[Scenery::Sea])),
        (
            "something red",
            Claim {
                figure: Some(FigureClaim {
                    colour: Some(Colour::Red),
                    ..FigureClaim::default()
                }),
                ..Claim::default()
            },
        ),
        (
            "night",
            says_scenery(&[Scenery::StarryNight, Scenery::CityLights]),
        ),
    ];
    script()
        .into_iter()
        .map(|(.., text, claim)| (text, claim))
        .chain(several)
        .map(|(text, claim)| StoryQuery {
            caption: Caption {
                text: text.to_owned(),
                claim,
            },
            spans: storyboard.spans_of(&claim),
        })
        .collect()
}

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
    let storyboard = storyboard();
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
    let lines: Vec<String> = queries(&storyboard)
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
