//! What teaching is worth, measured on the drawn world: zero-shot against tuned by number of labels.
//!
//! Every concept is a query whose words the bundled model has never met or knows in another sense,
//! and a rule that says which scenes are meant. Videos of 75 clips are drawn, a "person" labels some
//! clips of the training videos, the prompt is taught on those labels alone and judged on videos
//! that it never saw. Where training finds no sure gain on held-out labels, zero-shot is used.
//!
//! `cargo run --example teach`

#[path = "../world/world/mod.rs"]
#[allow(unused_imports, reason = "only a part of the world is needed")]
mod world;

mod detectors;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clap::Parser;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64;
use vcl::domain::{Annotation, Embeddings, Moment, SaliencyCurve, UnitVector};
use vcl::eval::{Metrics, Prediction, score};
use vcl::find::Way;
use vcl::learn::{Example, Trainer, TrainerConfig, TrainingSet, Unlisted, Verdict};
use vcl::model::detector::DetectorKind;
use vcl::model::moment_head::HeadKind;
use vcl::model::{ComputeDevice, Encoder, ModelFiles, Pixels};

use world::caption::Caption;
use world::claim::{Claim, FigureClaim, ScenerySet};
use world::scene::{Fill, Pairs, Scene, Scenery, Shape, Special, Split};
use world::storyboard::{CLIP_SECS, StoryQuery, Storyboard};

/// Clips of a video, as in QVHighlights.
const N_CLIPS: usize = 75;

/// About this share of the scenes is meant by the query.
const POSITIVE_SHARE: f64 = 0.25;

/// Frames are drawn at the size that the bundled model sees.
const FRAME_SIZE: u32 = 64;

/// Frames per call of the image tower.
const BATCH: usize = 25;

#[derive(Parser)]
#[command(about = "Measure zero-shot against tuned search on the drawn world")]
struct Arguments {
    /// The model, in Hugging Face layout; else the bundled one
    #[arg(long)]
    model: Option<std::path::PathBuf>,
    /// Videos to learn from, per concept; 50 and more train a moment head on all labels
    #[arg(long, default_value_t = 56)]
    train_videos: usize,
    /// Videos to judge on, per concept
    #[arg(long, default_value_t = 24)]
    test_videos: usize,
    /// How many labels; `all` counts every clip of every training video, once with each head
    #[arg(long, value_delimiter = ',', default_value = "4,16,64,256,all", value_parser = Amount::parse)]
    labels: Vec<Amount>,
    /// Trainings with different labels and different starting points
    #[arg(long, default_value_t = 3)]
    seeds: u64,
    /// Train detectors as well: on all clips of as many videos as the labels are on
    #[arg(long)]
    detectors: bool,
    /// Tell what each concept gives
    #[arg(short, long)]
    verbose: bool,
}

/// So many labels; `None` for all.
#[derive(Clone, Debug)]
struct Amount {
    n_labels: Option<usize>,
}

impl Amount {
    fn parse(text: &str) -> Result<Self, String> {
        let n_labels = match text {
            "all" => None,
            number => Some(
                number
                    .parse()
                    .map_err(|_| "a number or `all` is expected")?,
            ),
        };
        Ok(Self { n_labels })
    }

    /// Names of the rows, and the head that each trains.
    fn rows(&self) -> Vec<(String, HeadKind)> {
        match self.n_labels {
            Some(n) => vec![(n.to_string(), HeadKind::Window)],
            None => vec![
                ("all, frame head".to_owned(), HeadKind::Frame),
                ("all, window head".to_owned(), HeadKind::Window),
            ],
        }
    }
}

struct Concept {
    query: &'static str,
    claim: Claim,
}

fn concepts() -> Vec<Concept> {
    let figure = |claim: FigureClaim| Claim {
        figure: Some(claim),
        ..Claim::default()
    };
    let sceneries = |set: &[Scenery]| Claim {
        sceneries: Some(ScenerySet::of(set)),
        ..Claim::default()
    };
    let concept = |query, claim| Concept { query, claim };
    vec![
        // Invented names.
        concept(
            "a flumbo",
            figure(FigureClaim {
                shape: Some(Shape::Star),
                ..FigureClaim::default()
            }),
        ),
        concept(
            "a zorpling",
            figure(FigureClaim {
                shape: Some(Shape::Ring),
                ..FigureClaim::default()
            }),
        ),
        // Style words.
        concept(
            "the candy look",
            figure(FigureClaim {
                fill: Some(Fill::Striped),
                ..FigureClaim::default()
            }),
        ),
        concept(
            "bad reception",
            Claim {
                special: Some(Special::StaticNoise),
                ..Claim::default()
            },
        ),
        // Composites.
        concept(
            "gloomy weather",
            sceneries(&[Scenery::Rain, Scenery::Fog, Scenery::Snow]),
        ),
        concept(
            "our holiday by day",
            sceneries(&[Scenery::Sea, Scenery::BlueSky, Scenery::Desert]),
        ),
    ]
}

/// A video with its embeddings and the truth about one query.
struct Video {
    embeddings: Embeddings,
    annotation: Annotation,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let files = match &arguments.model {
        Some(dir) => ModelFiles::from_dir(dir)?,
        None => ModelFiles::bundled(),
    };
    let encoder = Encoder::load(&files, &ComputeDevice::cpu())?;
    let mut table = Table::default();
    let mut shown: BTreeMap<String, detectors::Shown> = BTreeMap::new();
    for (number, concept) in (1_u64..).zip(concepts()) {
        let draw = |n, first: u64| -> anyhow::Result<Vec<Video>> {
            (0..n as u64)
                .map(|i| draw_video(&encoder, &concept, number * 1_000_000 + first + i))
                .collect()
        };
        let train = draw(arguments.train_videos, 0)?;
        let test = draw(arguments.test_videos, 500_000)?;
        let zero_shot = judge(
            &test,
            &zero_shot_text(&encoder, concept.query)?,
            &Way::default(),
        )?;
        table.add("zero-shot", 0, &zero_shot);
        let text = zero_shot_text(&encoder, concept.query)?;
        let words = detectors::words(&encoder, concept.query)?;
        let mut note = |name: &str, found: detectors::Shown| {
            shown.entry(name.to_owned()).or_default().add(found);
        };
        note(
            "rule",
            detectors::shown(&test, &text, &Way::default(), None)?,
        );
        for seed in 0..arguments.seeds {
            let rows = arguments.labels.iter().flat_map(|amount| {
                let rows = amount.rows().into_iter();
                rows.map(|(name, head)| (name, amount.n_labels, head))
            });
            for (name, n_labels, head) in rows {
                let set = labelled(&train, concept.query, n_labels, seed);
                let config = TrainerConfig {
                    seed,
                    head,
                    ..TrainerConfig::default()
                };
                let outcome = Trainer::new(&encoder, set, config)?.run(&encoder)?;
                let metrics = match outcome.verdict {
                    Verdict::NotBetter | Verdict::Unchecked => zero_shot.clone(),
                    Verdict::Better => {
                        let prompt = outcome.prompt.clone();
                        let texts = prompt.embed_texts(&encoder, &[concept.query])?;
                        let way = Way::from(prompt);
                        note(&name, detectors::shown(&test, &texts[0], &way, None)?);
                        judge(&test, &texts[0], &way)?
                    }
                };
                if arguments.verbose {
                    let values = values(&metrics).map(|value| format!("{value:6.1}"));
                    eprintln!(
                        "{:20} seed {seed} {name:16} {:?} after {} steps: {}",
                        concept.query,
                        outcome.verdict,
                        outcome.prompt.metadata.training.n_steps,
                        values.join(" ")
                    );
                }
                table.add(&name, seed, &metrics);
            }
            if !arguments.detectors {
                continue;
            }
            for (amount, kind) in arguments.labels.iter().flat_map(|amount| {
                [DetectorKind::MomentDetr, DetectorKind::QdDetr].map(|kind| (amount, kind))
            }) {
                let lessons = chosen(&train, amount.n_labels, seed);
                if lessons.len() < 2 {
                    continue;
                }
                let number = amount.n_labels.map_or("all".to_owned(), |n| n.to_string());
                let name = format!("{number}, {}", kind.title());
                let detector = detectors::trained(kind, &lessons, &words, seed)?;
                let asked = Some((&detector, &words));
                note(
                    &name,
                    detectors::shown(&test, &text, &Way::default(), asked)?,
                );
                let metrics = detectors::judge(&detector, &test, &words)?;
                if arguments.verbose {
                    eprintln!(
                        "{:20} seed {seed} {name}: {:.1?}",
                        concept.query,
                        values(&metrics)
                    );
                }
                table.add(&name, seed, &metrics);
            }
        }
    }
    print!("{table}");
    println!("\n| Moments shown by | shown | precision | recall | F1 |\n|---|---|---|---|---|");
    for (name, shown) in &shown {
        println!("{}", shown.row(name));
    }
    Ok(())
}

/// Scenes that the claim holds in and others, in random order.
fn draw_video(encoder: &Encoder, concept: &Concept, seed: u64) -> anyhow::Result<Video> {
    let mut rng = Pcg64::seed_from_u64(seed);
    let mut storyboard = Storyboard::default();
    while storyboard.n_clips() < N_CLIPS {
        // At least the first video half shows what is meant once.
        let is_due =
            storyboard.n_clips() > N_CLIPS / 2 && storyboard.spans_of(&concept.claim).is_empty();
        let wanted = is_due || rng.random_bool(POSITIVE_SHARE);
        let scene = loop {
            let scene = Scene::sample(&mut rng, Split::HeldOut(Pairs::Any));
            if concept.claim.holds_in(&scene) == wanted {
                break scene;
            }
        };
        let left = N_CLIPS - storyboard.n_clips();
        let n_clips = rng.random_range(2..=6).min(left);
        storyboard.push(scene, n_clips, rng.random());
    }
    let query = StoryQuery {
        caption: Caption {
            text: concept.query.to_owned(),
            claim: concept.claim,
        },
        spans: storyboard.spans_of(&concept.claim),
    };
    let line = storyboard.annotation(seed, &format!("video {seed}"), &query);
    let annotation = serde_json::from_value(serde_json::to_value(line)?)?;
    let mut embeddings = Embeddings::empty(encoder.dim());
    let frames: Vec<Pixels> = (0..N_CLIPS)
        .map(|clip| {
            let centre_secs = (clip as f64 + 0.5) * CLIP_SECS;
            encoder.preprocess(&storyboard.frame_at(centre_secs, FRAME_SIZE, FRAME_SIZE))
        })
        .collect();
    for batch in frames.chunks(BATCH) {
        embeddings.push_rows(&encoder.encode_images(batch)?)?;
    }
    Ok(Video {
        embeddings,
        annotation,
    })
}

/// What a person labels: as many clips where it happens as where it does not, a dozen per video.
fn labelled(videos: &[Video], query: &str, n_labels: Option<usize>, seed: u64) -> TrainingSet {
    let mut rng = Pcg64::seed_from_u64(seed);
    let mut set = TrainingSet::default();
    for video in drawn(videos, n_labels, &mut rng) {
        let mut example = Example::from_annotation(
            &video.annotation,
            set.videos.len(),
            N_CLIPS,
            Unlisted::Irrelevant,
        );
        query.clone_into(&mut example.query);
        set.videos.push(video.embeddings.clone().into());
        set.examples.push(example);
    }
    let Some(n_labels) = n_labels else {
        return set;
    };
    let mut kept = std::collections::HashSet::new();
    for relevant in [true, false] {
        let mut clips: Vec<_> = set
            .examples
            .iter()
            .enumerate()
            .flat_map(|(i, example)| example.labels().map(move |(clip, label)| (i, clip, label)))
            .filter(|(_, _, label)| (*label > 0.0) == relevant)
            .map(|(i, clip, _)| (i, clip))
            .collect();
        clips.shuffle(&mut rng);
        kept.extend(clips.into_iter().take(n_labels / 2));
    }
    for (i, example) in set.examples.iter_mut().enumerate() {
        for clip in 0..N_CLIPS {
            if !kept.contains(&(i, clip)) {
                example.grades[clip] = None;
            }
        }
    }
    set
}

/// The videos that so many labels are on, a dozen on each.
fn drawn<'a>(videos: &'a [Video], n_labels: Option<usize>, rng: &mut Pcg64) -> Vec<&'a Video> {
    const LABELS_PER_VIDEO: usize = 12;
    let n_videos = n_labels.map_or(videos.len(), |n| n.div_ceil(LABELS_PER_VIDEO));
    let mut order: Vec<_> = (0..videos.len()).collect();
    order.shuffle(rng);
    order
        .into_iter()
        .take(n_videos)
        .map(|i| &videos[i])
        .collect()
}

/// The same videos for a detector, which learns from all of their clips.
fn chosen(videos: &[Video], n_labels: Option<usize>, seed: u64) -> Vec<&Video> {
    drawn(videos, n_labels, &mut Pcg64::seed_from_u64(seed))
}

fn zero_shot_text(encoder: &Encoder, query: &str) -> anyhow::Result<UnitVector> {
    Ok(encoder.embed_texts(&[query])?.remove(0))
}

/// Official metrics on videos that no training saw.
fn judge(videos: &[Video], text: &UnitVector, way: &Way) -> anyhow::Result<Metrics> {
    let truth: Vec<_> = videos
        .iter()
        .map(|video| video.annotation.clone())
        .collect();
    let predict = |video: &Video| {
        let cosines: SaliencyCurve = video.embeddings.cosines(text);
        let moments = way.detector().windows(&cosines, false);
        let window = |m: &Moment| [m.span.start_secs, m.span.end_secs, f64::from(m.score)];
        Prediction {
            qid: video.annotation.qid.clone(),
            query: video.annotation.query.clone(),
            vid: video.annotation.vid.clone(),
            pred_relevant_windows: Some(moments.iter().map(window).collect()),
            pred_saliency_scores: Some(cosines.values().iter().map(|&x| f64::from(x)).collect()),
        }
    };
    Ok(score(
        &truth,
        &videos.iter().map(predict).collect::<Vec<_>>(),
    )?)
}

const COLUMNS: [&str; 5] = ["HIT@1", "HL mAP", "R1@0.5", "R1@0.7", "mAP"];

fn values(metrics: &Metrics) -> [f64; COLUMNS.len()] {
    let highlights = metrics.highlights.as_ref().map(|h| h.very_good);
    let moments = metrics.moments.as_ref().and_then(|m| m.full);
    [
        highlights.map_or(0.0, |h| h.hit1),
        highlights.map_or(0.0, |h| h.map),
        moments.map_or(0.0, |m| m.r1_at_50()),
        moments.map_or(0.0, |m| m.r1_at_70()),
        moments.map_or(0.0, |m| m.map_average),
    ]
}

/// Means over the concepts, per row and seed.
#[derive(Default)]
struct Table(Vec<(String, Vec<Vec<[f64; COLUMNS.len()]>>)>);

impl Table {
    fn add(&mut self, row: &str, seed: u64, metrics: &Metrics) {
        let at = match self.0.iter().position(|(name, _)| name == row) {
            Some(at) => at,
            None => {
                self.0.push((row.to_owned(), Vec::new()));
                self.0.len() - 1
            }
        };
        let seeds = &mut self.0[at].1;
        let seed = seed as usize;
        if seeds.len() <= seed {
            seeds.resize(seed + 1, Vec::new());
        }
        seeds[seed].push(values(metrics));
    }
}

impl std::fmt::Display for Table {
    /// Mean over seeds, and the lowest and the highest seed behind it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "| Labels | {} |", COLUMNS.join(" | "))?;
        writeln!(f, "|---|{}", "---|".repeat(COLUMNS.len()))?;
        for (name, seeds) in &self.0 {
            let mut line = format!("| {name} |");
            for column in 0..COLUMNS.len() {
                let means: Vec<f64> = seeds
                    .iter()
                    .map(|rows| rows.iter().map(|row| row[column]).sum::<f64>() / rows.len() as f64)
                    .collect();
                let mean = means.iter().sum::<f64>() / means.len() as f64;
                let low = means.iter().copied().fold(f64::INFINITY, f64::min);
                let high = means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let _ = match seeds.len() {
                    1 => write!(line, " {mean:.1} |"),
                    _ => write!(line, " {mean:.1} ({low:.1}–{high:.1}) |"),
                };
            }
            writeln!(f, "{line}")?;
        }
        Ok(())
    }
}
