//! `framing`: what is found of scenes whose figures lie at the side of a wide frame, by the part of the
//! frame that is looked at.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use image::RgbImage;
use image::imageops::crop_imm;
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64;
use vcl::domain::{Embeddings, Query};
use vcl::engine::{Engine, EngineConfig, FrameChoice, ModelChoice, Snapshot};
use vcl::find::Way;
use vcl::model::{DeviceChoice, Framing};
use vcl::store::Paths;

use crate::evaluate::is_question;
use crate::presence::Beliefs;
use crate::world::camera::degrade;
use crate::world::caption::{Detail, sample_caption};
use crate::world::render::render_at;
use crate::world::scene::{Pairs, Scene, Split};
use crate::world::storyboard::{StoryQuery, Storyboard, Take};

const SPLIT: Split = Split::HeldOut(Pairs::Any);

const WIDTH: u32 = 160;
const HEIGHT: u32 = 90;

/// Where the middle of a figure lies that is at the side: in a frame of 16:9 the central square begins
/// at 35.
const AT_SIDE: u32 = 24;

#[derive(Args)]
pub struct FramingArguments {
    /// The model, in Hugging Face layout.
    #[arg(long, default_value = "weights")]
    model: PathBuf,
    /// Videos of ten scenes.
    #[arg(long, default_value_t = 60)]
    videos: usize,
    /// Never used in training.
    #[arg(long, default_value_t = 11_000_000)]
    seed: u64,
}

/// Where the figures of a scene are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spot {
    Middle,
    Left,
    Right,
}

/// A way to look at a frame, and how well it did.
struct Look {
    name: &'static str,
    framing: Framing,
    /// Of the squares, those that are taken.
    takes: &'static [usize],
    elapsed: Duration,
    n_frames: usize,
    /// Figures in the middle, figures at a side, no figures.
    right: [(usize, usize); 3],
    beliefs: Beliefs,
}

impl Look {
    fn new(name: &'static str, framing: Framing, takes: &'static [usize]) -> Self {
        Self {
            name,
            framing,
            takes,
            elapsed: Duration::ZERO,
            n_frames: 0,
            right: [(0, 0); 3],
            beliefs: Beliefs::default(),
        }
    }
}

pub fn run(arguments: &FramingArguments) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut engine = Engine::open(&EngineConfig {
        model: ModelChoice::Named(arguments.model.clone()),
        device: DeviceChoice::Cpu,
        frame_choice: FrameChoice::default(),
        paths: Paths::below(folder.path()),
    })?;
    let mut looks = [
        Look::new("centre", Framing::Centre, &[0]),
        Look::new("whole", Framing::Whole, &[0]),
        Look::new("two squares", Framing::Tiles, &[0, 2]),
        Look::new("tiles", Framing::Tiles, &[0, 1, 2]),
    ];
    let mut rng = Pcg64::seed_from_u64(arguments.seed);
    for _ in 0..arguments.videos {
        let story = Storyboard::sample(&mut rng, SPLIT, 10);
        let spots: Vec<_> = story.takes.iter().map(|_| spot(&mut rng)).collect();
        let frames: Vec<_> = (0..story.n_clips())
            .map(|clip| {
                let time_secs = 2.0 * clip as f64 + 1.0;
                let at = story
                    .takes
                    .iter()
                    .position(|take| take.end_secs > time_secs);
                let at = at.unwrap_or(0);
                degrade(draw(&story.takes[at], spots[at], time_secs), &mut rng)
            })
            .collect();
        let mut queries = Vec::new();
        for (take, spot) in story.takes.iter().zip(&spots) {
            let caption = sample_caption(&take.scene, &mut rng, Detail::Full);
            let spans = story.spans_of(&caption.claim);
            let query = StoryQuery { caption, spans };
            if is_question(&query, &story) {
                let group = match (take.scene.figures().is_empty(), spot) {
                    (true, _) => 2,
                    (false, Spot::Middle) => 0,
                    (false, _) => 1,
                };
                queries.push((query, group, absent(&story, &mut rng)));
            }
        }
        for look in &mut looks {
            let embeddings = embed(&mut engine, &frames, look)?;
            let film = Snapshot::of(&embeddings);
            for (query, group, absent) in &queries {
                let asked = Query::new(&query.caption.text)?;
                let answer = engine.answer(&film, &asked, &Way::default())?;
                let at = answer.highlight.clip.centre_secs();
                let is_right = query
                    .spans
                    .iter()
                    .any(|[start, end]| (*start..*end).contains(&at));
                look.right[*group].0 += usize::from(is_right);
                look.right[*group].1 += 1;
                look.beliefs.present.push(answer.present);
                let answer = engine.answer(&film, &Query::new(absent)?, &Way::default())?;
                look.beliefs.absent.push(answer.present);
            }
        }
    }
    println!(
        "| Framing | figures in the middle | figures at a side | no figures | ROC AUC of presence | frames/s |"
    );
    println!("|---|---|---|---|---|---|");
    for look in &looks {
        let percent = |(n, of): (usize, usize)| 100.0 * n as f64 / of.max(1) as f64;
        println!(
            "| {} | {:.1} % of {} | {:.1} % of {} | {:.1} % of {} | {:.3} | {:.0} |",
            look.name,
            percent(look.right[0]),
            look.right[0].1,
            percent(look.right[1]),
            look.right[1].1,
            percent(look.right[2]),
            look.right[2].1,
            look.beliefs.auc(),
            look.n_frames as f64 / look.elapsed.as_secs_f64()
        );
    }
    Ok(())
}

fn spot(rng: &mut Pcg64) -> Spot {
    [Spot::Middle, Spot::Left, Spot::Right][rng.random_range(0..3)]
}

/// A wider picture, of which the frame is the part in which the middle lies where it should.
fn draw(take: &Take, spot: Spot, time_secs: f64) -> RgbImage {
    let width = 2 * (WIDTH - AT_SIDE);
    let middle = width / 2;
    let left = match spot {
        Spot::Middle => middle - WIDTH / 2,
        Spot::Left => middle - AT_SIDE,
        Spot::Right => middle - (WIDTH - AT_SIDE),
    };
    let secs = time_secs - take.start_secs;
    let wide = render_at(&take.scene, width, HEIGHT, secs, take.look);
    crop_imm(&wide, left, 0, WIDTH, HEIGHT).to_image()
}

/// A full caption that fits no scene of the story.
fn absent(story: &Storyboard, rng: &mut Pcg64) -> String {
    loop {
        let caption = sample_caption(&Scene::sample(rng, SPLIT), rng, Detail::Full);
        if story.spans_of(&caption.claim).is_empty() {
            return caption.text;
        }
    }
}

fn embed(engine: &mut Engine, frames: &[RgbImage], look: &mut Look) -> anyhow::Result<Embeddings> {
    let preprocess = engine.encoder().preprocessor().framed(look.framing);
    let began = Instant::now();
    let mut squares = Vec::new();
    for frame in frames {
        let all = preprocess.apply_all(frame);
        squares.extend(look.takes.iter().map(|at| all[*at].clone()));
    }
    let features = engine.encode_images(&squares)?;
    look.elapsed += began.elapsed();
    look.n_frames += frames.len();
    let embeddings = Embeddings::from_features(engine.encoder().dim(), features)?;
    Ok(embeddings.with_rows_per_clip(look.takes.len())?)
}
