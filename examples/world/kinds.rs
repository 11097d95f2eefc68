//! `kinds`: what queries of other kinds than words find: pictures, and two queries joined.

use std::path::PathBuf;

use clap::Args;
use image::RgbImage;
use image::imageops::crop_imm;
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64;
use vcl::domain::{Embeddings, Join, Query, SaliencyCurve};
use vcl::engine::{Engine, EngineConfig, FrameChoice, ModelChoice, Snapshot, query_picture};
use vcl::find::{NeutralLevel, PROBABLY_PRESENT, Way, joined};
use vcl::model::DeviceChoice;
use vcl::store::Paths;

use crate::evaluate::filmed;
use crate::presence::Beliefs;
use crate::recipe::photograph;
use crate::world::caption::{Caption, Detail, sample_caption};
use crate::world::scene::{Pairs, Scene, Split};
use crate::world::storyboard::Storyboard;

const SPLIT: Split = Split::HeldOut(Pairs::Any);

#[derive(Args)]
pub struct KindsArguments {
    /// The model, in Hugging Face layout.
    #[arg(long, default_value = "weights")]
    model: PathBuf,
    /// Videos of ten scenes.
    #[arg(long, default_value_t = 60)]
    videos: usize,
    /// Never used in training.
    #[arg(long, default_value_t = 10_000_000)]
    seed: u64,
}

/// A way to make one curve of two, and what it is called.
type Rule = (&'static str, fn(&SaliencyCurve, &Second) -> SaliencyCurve);

/// The second query: its curve, and how sure it is of each clip.
struct Second {
    saliency: SaliencyCurve,
    beliefs: SaliencyCurve,
}

const AND: [Rule; 3] = [
    ("min(a, b)", |a, b| joined(a, Join::And, &b.saliency)),
    ("a · b", |a, b| {
        each(a, &b.saliency, |a, b| a.max(0.0) * b.max(0.0))
    }),
    ("(a + b) / 2", |a, b| {
        each(a, &b.saliency, |a, b| 0.5 * (a + b))
    }),
];

const WITHOUT: [Rule; 5] = [
    ("a · (1 − belief in b)", |a, b| {
        joined(a, Join::Without, &b.beliefs)
    }),
    ("a · (1 − b)", |a, b| {
        joined(a, Join::Without, &b.saliency)
    }),
    ("min(a, 1 − b)", |a, b| {
        each(a, &b.saliency, |a, b| a.min(1.0 - b.clamp(0.0, 1.0)))
    }),
    ("a − b, b from 0 on", |a, b| {
        each(a, &b.saliency, |a, b| a - b.max(0.0))
    }),
    ("a alone", |a, _| a.clone()),
];

fn each(a: &SaliencyCurve, b: &SaliencyCurve, of: fn(f32, f32) -> f32) -> SaliencyCurve {
    let pairs = a.values().iter().zip(b.values());
    SaliencyCurve::new(pairs.map(|(a, b)| of(*a, *b)).collect())
}

/// How often the best clip is right.
#[derive(Default)]
struct Hits {
    n: usize,
    n_right: usize,
}

impl Hits {
    fn add(&mut self, is_right: bool) {
        self.n += 1;
        self.n_right += usize::from(is_right);
    }

    fn percent(&self) -> f64 {
        100.0 * self.n_right as f64 / self.n.max(1) as f64
    }
}

pub fn run(arguments: &KindsArguments) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut engine = Engine::open(&EngineConfig {
        model: ModelChoice::Named(arguments.model.clone()),
        device: DeviceChoice::Cpu,
        frame_choice: FrameChoice::default(),
        paths: Paths::below(folder.path()),
    })?;
    let mut rng = Pcg64::seed_from_u64(arguments.seed);
    let mut pictures: [(&str, Hits, Beliefs); 3] = [
        (
            "another picture of the scene",
            Hits::default(),
            Beliefs::default(),
        ),
        ("the middle of a frame", Hits::default(), Beliefs::default()),
        (
            "the same, in a video of this scene alone",
            Hits::default(),
            Beliefs::default(),
        ),
    ];
    let mut and: [Hits; AND.len()] = Default::default();
    let mut without: [Hits; WITHOUT.len()] = Default::default();
    let mut words = Hits::default();
    for _ in 0..arguments.videos {
        let story = Storyboard::sample(&mut rng, SPLIT, 10);
        let frames = filmed(&story, &mut rng);
        let embeddings = embed(&mut engine, &frames)?;
        let film = Snapshot::of(&embeddings);
        let calibration = engine.encoder().calibration();
        let level = NeutralLevel::of(engine.neutral_directions()?, &embeddings, calibration);
        for take in &story.takes {
            let first = (take.start_secs / 2.0) as usize;
            let end = (take.end_secs / 2.0) as usize;
            let frame = &frames[rng.random_range(first..end)];
            let (width, height) = frame.dimensions();
            let part = crop_imm(frame, width / 5, height / 5, 3 * width / 5, 3 * height / 5);
            let shown = [photograph(&take.scene, &mut rng), part.to_image()];
            let other = photograph(&foreign(&story, &mut rng), &mut rng);
            for (shown, (_, hits, beliefs)) in shown.iter().zip(&mut pictures) {
                let answer = engine.answer(&film, &as_query(shown), &Way::default())?;
                hits.add(is_scene(
                    &story,
                    answer.highlight.clip.centre_secs(),
                    &take.scene,
                ));
                beliefs.present.push(answer.present);
                let answer = engine.answer(&film, &as_query(&other), &Way::default())?;
                beliefs.absent.push(answer.present);
            }
            // A video of one thing has no other scene to compare with.
            let rows = embeddings.rows().skip(first).take(end - first).flatten();
            let alone = Embeddings::from_features(embeddings.dim(), rows.copied().collect())?;
            let alone = Snapshot::of(&alone);
            let (_, hits, beliefs) = &mut pictures[2];
            let answer = engine.answer(&alone, &as_query(&shown[0]), &Way::default())?;
            hits.add(true);
            beliefs.present.push(answer.present);
            let answer = engine.answer(&alone, &as_query(&other), &Way::default())?;
            beliefs.absent.push(answer.present);
        }
        for _ in 0..20 {
            let take = &story.takes[rng.random_range(0..story.takes.len())];
            let first = sample_caption(&take.scene, &mut rng, Detail::Brief);
            let other = &story.takes[rng.random_range(0..story.takes.len())];
            let second = sample_caption(&other.scene, &mut rng, Detail::Brief);
            let (a, b) = (shows(&story, &first), shows(&story, &second));
            let n = |is_shown: fn(bool, bool) -> bool| {
                a.iter().zip(&b).filter(|(a, b)| is_shown(**a, **b)).count()
            };
            let (n_both, n_only) = (n(|a, b| a && b), n(|a, b| a && !b));
            // Otherwise the first alone would say as much.
            if n_both == 0 || n_only == 0 {
                continue;
            }
            let way = Way::Plain(Some(level));
            let mut curve = |caption: &str| -> anyhow::Result<Second> {
                let query = Query::new(caption)?;
                let answer = engine.answer(&film, &query, &way)?;
                Ok(Second {
                    beliefs: way.beliefs(&answer.cosines),
                    saliency: answer.saliency,
                })
            };
            let (first_curve, second_curve) = (curve(&first.text)?.saliency, curve(&second.text)?);
            let best = |curve: &SaliencyCurve| curve.highlight().map_or(0, |best| best.clip.0);
            for ((_, rule), hits) in AND.iter().zip(&mut and) {
                let at = best(&rule(&first_curve, &second_curve));
                hits.add(a[at] && b[at]);
            }
            for ((_, rule), hits) in WITHOUT.iter().zip(&mut without) {
                let at = best(&rule(&first_curve, &second_curve));
                hits.add(a[at] && !b[at]);
            }
            let at = best(&curve(&format!("{} and {}", first.text, second.text))?.saliency);
            words.add(a[at] && b[at]);
        }
    }
    println!("| Picture | best clip right | of | ROC AUC | found when there | doubted when not |");
    println!("|---|---|---|---|---|---|");
    for (name, hits, beliefs) in &pictures {
        let (found, doubted) = beliefs.shares();
        println!(
            "| {name} | {:.1} % | {} | {:.3} | {found:.1} % | {doubted:.1} % |",
            hits.percent(),
            hits.n,
            beliefs.auc()
        );
    }
    println!("\nBelief from {PROBABLY_PRESENT} on is *found*.\n");
    println!("| Two queries | rule | best clip right | of |\n|---|---|---|---|");
    let rows = |name: &str, rules: &[Rule], hits: &[Hits]| {
        for ((rule, _), hits) in rules.iter().zip(hits) {
            println!("| {name} | {rule} | {:.1} % | {} |", hits.percent(), hits.n);
        }
    };
    rows("A and B", &AND, &and);
    println!(
        "| A and B | the words “A and B” | {:.1} % | {} |",
        words.percent(),
        words.n
    );
    rows("A without B", &WITHOUT, &without);
    Ok(())
}

fn embed(engine: &mut Engine, frames: &[RgbImage]) -> anyhow::Result<Embeddings> {
    let encoder = engine.encoder();
    let pixels: Vec<_> = frames
        .iter()
        .map(|frame| encoder.preprocess(frame))
        .collect();
    let features = engine.encode_images(&pixels)?;
    Ok(Embeddings::from_features(engine.encoder().dim(), features)?)
}

fn as_query(image: &RgbImage) -> Query {
    let picture = query_picture(image).expect("a picture has pixels");
    Query::of_picture(picture, "a picture")
}

/// Whether what is on at this time looks as this scene does.
fn is_scene(story: &Storyboard, secs: f64, scene: &Scene) -> bool {
    story.take_at(secs).is_some_and(|take| {
        take.scene.content == scene.content && take.scene.backdrop == scene.backdrop
    })
}

/// A scene from elsewhere, of which a full caption fits none of the story.
fn foreign(story: &Storyboard, rng: &mut Pcg64) -> Scene {
    loop {
        let scene = Scene::sample(rng, SPLIT);
        let caption = sample_caption(&scene, rng, Detail::Full);
        if story.spans_of(&caption.claim).is_empty() {
            return scene;
        }
    }
}

/// For each clip, whether it shows what the caption says.
fn shows(story: &Storyboard, caption: &Caption) -> Vec<bool> {
    let spans = story.spans_of(&caption.claim);
    let is_shown = |clip: usize| {
        let secs = 2.0 * clip as f64 + 1.0;
        spans
            .iter()
            .any(|[start, end]| *start <= secs && secs < *end)
    };
    (0..story.n_clips()).map(is_shown).collect()
}
