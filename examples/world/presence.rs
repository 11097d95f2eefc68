//! `presence`: how well the engine distinguishes queries that a video shows from those that it does not.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use rand::SeedableRng as _;
use rand_pcg::Pcg64;
use vcl::domain::{Embeddings, Query};
use vcl::engine::{Engine, EngineConfig, FrameChoice, ModelChoice, Snapshot};
use vcl::find::{PROBABLY_PRESENT, Way};
use vcl::model::DeviceChoice;
use vcl::store::Paths;

use crate::evaluate::{filmed, is_question};
use crate::world::caption::{Detail, sample_caption};
use crate::world::scene::{Pairs, Scene, Split};
use crate::world::storyboard::{StoryQuery, Storyboard};

const SPLIT: Split = Split::HeldOut(Pairs::Any);

#[derive(Args)]
pub struct PresenceArguments {
    /// The model, in Hugging Face layout.
    #[arg(long, default_value = "weights")]
    model: PathBuf,
    /// Videos of ten scenes, each asked twenty queries.
    #[arg(long, default_value_t = 200)]
    videos: usize,
    /// Never used in training, nor for choosing the constants.
    #[arg(long, default_value_t = 8_000_000)]
    seed: u64,
}

/// What the engine said of queries that are there and of queries that are not.
#[derive(Default)]
pub struct Beliefs {
    pub present: Vec<f32>,
    pub absent: Vec<f32>,
}

pub fn run(arguments: &PresenceArguments) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut engine = Engine::open(&EngineConfig {
        model: ModelChoice::Named(arguments.model.clone()),
        device: DeviceChoice::Cpu,
        frame_choice: FrameChoice::default(),
        paths: Paths::below(folder.path()),
    })?;
    let mut rng = Pcg64::seed_from_u64(arguments.seed);
    let (mut full, mut brief) = (Beliefs::default(), Beliefs::default());
    for _ in 0..arguments.videos {
        let story = Storyboard::sample(&mut rng, SPLIT, 10);
        let pixels: Vec<_> = filmed(&story, &mut rng)
            .iter()
            .map(|frame| engine.encoder().preprocess(frame))
            .collect();
        let features = engine.encode_images(&pixels)?;
        let embeddings = Embeddings::from_features(engine.encoder().dim(), features)?;
        let video = Snapshot::of(&embeddings);
        let mut presence = |words: &str| -> anyhow::Result<f32> {
            let answer = engine.answer(&video, &Query::new(words)?, &Way::default())?;
            Ok(answer.present)
        };
        for (detail, beliefs) in [(Detail::Full, &mut full), (Detail::Brief, &mut brief)] {
            let shown: Vec<_> = story
                .takes
                .iter()
                .map(|take| query_of(&take.scene, &story, detail, &mut rng))
                .filter(|query| is_question(query, &story))
                .collect();
            for query in &shown {
                beliefs.present.push(presence(&query.caption.text)?);
                let other = absent_query(&story, detail, &mut rng)?;
                beliefs.absent.push(presence(&other.caption.text)?);
            }
        }
    }
    println!("| Queries | of each kind | ROC AUC | found when there | doubted when not | right |");
    println!("|---|---|---|---|---|---|");
    full.print("full captions");
    brief.print("a few words");
    Ok(())
}

fn query_of(scene: &Scene, story: &Storyboard, detail: Detail, rng: &mut Pcg64) -> StoryQuery {
    let caption = sample_caption(scene, rng, detail);
    let spans = story.spans_of(&caption.claim);
    StoryQuery { caption, spans }
}

/// Describes a scene from elsewhere with words that fit no scene of the story.
fn absent_query(story: &Storyboard, detail: Detail, rng: &mut Pcg64) -> anyhow::Result<StoryQuery> {
    (0..1000)
        .map(|_| {
            let scene = Scene::sample(rng, SPLIT);
            query_of(&scene, story, detail, rng)
        })
        .find(|query| query.spans.is_empty())
        .context("everything is in this video")
}

impl Beliefs {
    /// Percent of those that are there and were found, and of those that are not and were doubted.
    pub fn shares(&self) -> (f64, f64) {
        let share = |beliefs: &[f32], is_right: fn(f32) -> bool| {
            let n_right = beliefs.iter().filter(|belief| is_right(**belief)).count();
            100.0 * n_right as f64 / beliefs.len().max(1) as f64
        };
        let found = share(&self.present, |belief| belief >= PROBABLY_PRESENT);
        let doubted = share(&self.absent, |belief| belief < PROBABLY_PRESENT);
        (found, doubted)
    }

    fn print(&self, name: &str) {
        let (found, doubted) = self.shares();
        println!(
            "| {name} | {} | {:.3} | {found:.1} % | {doubted:.1} % | {:.1} % |",
            self.present.len(),
            self.auc(),
            0.5 * (found + doubted)
        );
    }

    /// How often a query that is there is believed more than one that is not; a tie counts half.
    pub fn auc(&self) -> f64 {
        let mut absent = self.absent.clone();
        absent.sort_by(f32::total_cmp);
        let n_below: f64 = self
            .present
            .iter()
            .map(|belief| {
                let below = absent.partition_point(|other| other < belief);
                let not_above = absent.partition_point(|other| other <= belief);
                0.5 * (below + not_above) as f64
            })
            .sum();
        n_below / (self.present.len() * absent.len()).max(1) as f64
    }
}
