//! Ways that learned from drawn videos: moment heads and detectors.

use std::path::Path;

use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_pcg::Pcg64;
use vcl::domain::{Annotation, Embeddings};
use vcl::engine::Engine;
use vcl::find::Way;
use vcl::learn::detector::{
    DetectorConfig, DetectorFeatures, DetectorTrainer, FeatureError, NetworkSize,
};
use vcl::learn::{Example, Trainer, TrainerConfig, TrainingSet, Unlisted};
use vcl::model::detector::{DetectorKind, Rows, video_features, word_features};
use vcl::model::moment_head::HeadKind;
use vcl::model::{BaseModel, ComputeDevice, MomentDetector};

/// The published networks have a width of 256.
const SIZE: NetworkSize = NetworkSize {
    width: 64,
    inner: 256,
    n_heads: 8,
    n_layers: 2,
    n_queries: 10,
};

/// Ten times the official one: the network is small. What is best on held-out videos is kept.
const LEARNING_RATE: f64 = 1e-3;

/// Steps of a training at the most, and epochs.
const N_STEPS: usize = 2000;
const MAX_EPOCHS: usize = 120;
const BATCH: usize = 32;

/// Before the projections: there are a quarter as many features as those of the published ones.
const INPUT_DROPOUT: f64 = 0.2;

const N_CHECKS: usize = 20;

/// Drawn videos and queries about them.
#[derive(Default)]
pub struct Lessons {
    pub videos: Vec<Embeddings>,
    /// Each with its video.
    pub queries: Vec<(usize, Annotation)>,
}

/// What finds moments in place of the rule.
pub struct Method {
    pub name: String,
    pub by: By,
}

pub enum By {
    Head(Way),
    Detector(Box<MomentDetector>),
}

/// All ways that learn from `n` of the queries.
pub fn learn(
    engine: &mut Engine,
    lessons: &Lessons,
    n: usize,
    seed: u64,
    folder: Option<&Path>,
) -> anyhow::Result<Vec<Method>> {
    let mut order: Vec<_> = (0..lessons.queries.len()).collect();
    order.shuffle(&mut Pcg64::seed_from_u64(seed));
    order.truncate(n);
    let mut methods = Vec::new();
    for (title, kind) in [("frame", HeadKind::Frame), ("window", HeadKind::Window)] {
        methods.push(Method {
            name: format!("{title} head, {n} queries"),
            by: By::Head(taught(engine, lessons, &order, kind, seed)?),
        });
    }
    for kind in [DetectorKind::MomentDetr, DetectorKind::QdDetr] {
        let name = format!("{}, {n} queries", kind.title());
        let mut trainer = trainer(engine, lessons, &order, kind, seed)?;
        while !trainer.is_done() {
            trainer.step()?;
        }
        let file = trainer.finish();
        if let Some(training) = file.metadata.as_ref().map(|it| &it.training) {
            eprintln!(
                "{name}, seed {seed}: epoch {}, {:.1?}",
                training.n_epochs, training.checked
            );
        }
        if let Some(folder) = folder {
            let path = folder.join(format!("{name}, seed {seed}.safetensors"));
            std::fs::write(path, file.to_bytes()?)?;
        }
        let detector = MomentDetector::of(&file, &ComputeDevice::cpu())?;
        methods.push(Method {
            name,
            by: By::Detector(Box::new(detector)),
        });
    }
    Ok(methods)
}

/// A prompt for all queries, with its head.
fn taught(
    engine: &Engine,
    lessons: &Lessons,
    order: &[usize],
    head: HeadKind,
    seed: u64,
) -> anyhow::Result<Way> {
    let mut set = TrainingSet {
        videos: lessons.videos.iter().cloned().map(Into::into).collect(),
        examples: Vec::new(),
    };
    for &at in order {
        let (video, annotation) = &lessons.queries[at];
        let n_clips = lessons.videos[*video].n_clips();
        let unlisted = Unlisted::Irrelevant;
        let example = Example::from_annotation(annotation, *video, n_clips, unlisted);
        set.examples.push(example);
    }
    let config = TrainerConfig {
        seed,
        head,
        ..TrainerConfig::default()
    };
    let encoder = engine.encoder();
    let outcome = Trainer::new(encoder, set, config)?.run(encoder)?;
    eprintln!(
        "{head:?} head, {} queries, seed {seed}: {:?}",
        order.len(),
        outcome.verdict
    );
    Ok(Way::from(outcome.prompt))
}

fn trainer(
    engine: &mut Engine,
    lessons: &Lessons,
    order: &[usize],
    kind: DetectorKind,
    seed: u64,
) -> anyhow::Result<DetectorTrainer> {
    let mut features = Features {
        videos: Vec::new(),
        words: Vec::new(),
        width: engine.encoder().dim(),
        model: BaseModel::new(engine.encoder().id(), engine.encoder().text_width()),
    };
    let mut annotations = Vec::new();
    for &at in order {
        let (video, annotation) = &lessons.queries[at];
        let video = &lessons.videos[*video];
        features.videos.push(video_features(&[Rows {
            width: video.dim(),
            values: video.values().to_vec(),
        }]));
        let values = engine.encoder().word_states(&annotation.query)?;
        let width = engine.encoder().text_width();
        features.words.push(word_features(&Rows { width, values }));
        annotations.push(annotation.clone());
    }
    let n_epochs = (N_STEPS / order.len().div_ceil(BATCH)).clamp(1, MAX_EPOCHS);
    let config = DetectorConfig {
        size: SIZE,
        n_epochs,
        batch: BATCH,
        learning_rate: LEARNING_RATE,
        drop_after: (3 * n_epochs).div_ceil(4),
        input_dropout: INPUT_DROPOUT,
        check_every: n_epochs.div_ceil(N_CHECKS),
        seed,
        ..DetectorConfig::new(kind)
    };
    let features = Box::new(features);
    let cpu = ComputeDevice::cpu();
    Ok(DetectorTrainer::new(
        config,
        annotations,
        0,
        features,
        &cpu,
    )?)
}

struct Features {
    videos: Vec<Rows>,
    words: Vec<Rows>,
    width: usize,
    model: BaseModel,
}

impl DetectorFeatures for Features {
    fn video(&self, query: usize) -> Result<Rows, FeatureError> {
        Ok(self.videos[query].clone())
    }

    fn words(&self, query: usize) -> Result<Rows, FeatureError> {
        Ok(self.words[query].clone())
    }

    fn widths(&self) -> Vec<usize> {
        vec![self.width]
    }

    fn base_model(&self) -> Option<BaseModel> {
        Some(self.model.clone())
    }
}
