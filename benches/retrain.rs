//! How long teaching takes: `cargo bench --profile dev --bench retrain`.
//!
//! The text tower has the shape of ViT-B/32 with random weights (the image tower is small: its
//! features are cached, it takes no part). First what the window does: one query, 20 labels on one
//! video of 75 clips, all default settings: cross-validation with four folds, five sequences in one
//! pass. The budget is 15 s on two cores. Then steps of 32 queries, as on a data set.

use std::time::{Duration, Instant};

use burn::tensor::DType;
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use vcl::domain::{ClipIndex, Embeddings, Grade, Labels};
use vcl::learn::{Example, Phase, Trainer, TrainerConfig, TrainingSet};
use vcl::model::{ComputeDevice, Encoder, ModelFiles};

#[path = "../tests/support/full_size.rs"]
#[allow(dead_code, reason = "only its helpers are needed")]
mod full_size;

const N_CLIPS: usize = 75;
const N_LABELS: usize = 20;
const QUERY: &str = "a man in a red jacket repairs a bicycle";

const TEXT_OF_VIT_B_32: &str = r#"{
    "projection_dim": 512,
    "text_config": {"eos_token_id": 2, "hidden_size": 512, "intermediate_size": 2048,
        "num_hidden_layers": 12, "num_attention_heads": 8, "vocab_size": 2000,
        "max_position_embeddings": 77, "hidden_act": "quick_gelu"},
    "vision_config": {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 1,
        "num_attention_heads": 4, "image_size": 224, "patch_size": 32, "hidden_act": "quick_gelu"}
}"#;

fn main() {
    // `cargo test --benches` runs every bench with this flag, only to see that it starts.
    let is_test = std::env::args().any(|argument| argument == "--test");
    let dir = tempfile::tempdir().unwrap();
    let clip = full_size::random_clip(TEXT_OF_VIT_B_32);
    full_size::save(&clip, TEXT_OF_VIT_B_32, DType::F32, dir.path());
    drop(clip);
    let device = ComputeDevice::cpu();
    let encoder = Encoder::load(&ModelFiles::from_dir(dir.path()).unwrap(), &device).unwrap();

    few_labels(&encoder, is_test);
    data_set(&encoder, is_test);
}

/// One query, a few labels: what the window does.
fn few_labels(encoder: &Encoder, is_test: bool) {
    let config = TrainerConfig {
        n_steps: is_test.then_some(1),
        ..TrainerConfig::default()
    };
    let n_tokens = encoder.tokenize(QUERY, 0).unwrap().n_positions();
    println!(
        "{}, {N_LABELS} labels, a query of {n_tokens} tokens",
        encoder.device()
    );
    let start = Instant::now();
    let trainer = Trainer::new(encoder, labelled_video(encoder.dim()), config).unwrap();
    let (mut trainer, times) = train(encoder, trainer);
    let outcome = trainer.finish(encoder).unwrap();
    println!("retrain: {:.2?}, {:?}", start.elapsed(), outcome.verdict);
    times.print();
}

/// Many queries: steps of a batch, in parts between which a worker answers.
fn data_set(encoder: &Encoder, is_test: bool) {
    let set = data_set_of(encoder.dim());
    let lengths: Vec<_> = set
        .queries()
        .iter()
        .map(|query| encoder.tokenize(query, 0).unwrap().n_positions())
        .collect();
    let config = TrainerConfig {
        n_steps: Some(if is_test { 1 } else { 8 }),
        ..TrainerConfig::default()
    };
    println!(
        "\nbatches of {} out of {} queries of {:.1} tokens in the mean",
        config.batch,
        lengths.len(),
        lengths.iter().sum::<usize>() as f64 / lengths.len() as f64
    );
    let trainer = Trainer::new(encoder, set, config).unwrap();
    train(encoder, trainer).1.print();
}

#[derive(Default)]
struct Times {
    /// From one update of the context to the next.
    steps: Vec<Duration>,
    /// Of one call: how long somebody else waits at most.
    calls: Vec<Duration>,
}

impl Times {
    fn print(mut self) {
        for (name, times) in [("step", &mut self.steps), ("call", &mut self.calls)] {
            times.sort_unstable();
            println!(
                "{} {name}s: {:.0?} at best, {:.0?} in the median, {:.0?} at worst",
                times.len(),
                times[0],
                times[times.len() / 2],
                times[times.len() - 1]
            );
        }
    }
}

/// Runs to the end.
fn train(encoder: &Encoder, mut trainer: Trainer) -> (Trainer, Times) {
    let mut times = Times::default();
    let mut step = Duration::ZERO;
    loop {
        let start = Instant::now();
        let progress = trainer.step(encoder).unwrap();
        times.calls.push(start.elapsed());
        step += start.elapsed();
        if progress.loss.is_some() && progress.phase == Phase::Context {
            times.steps.push(step);
            step = Duration::ZERO;
        }
        if progress.phase == Phase::Done {
            return (trainer, times);
        }
    }
}

/// Sixty-four queries of five to twenty words on eight videos.
fn data_set_of(dim: usize) -> TrainingSet {
    let words: Vec<_> = QUERY.split(' ').collect();
    let mut rng = Pcg64Mcg::seed_from_u64(2);
    let mut set = TrainingSet::default();
    for _ in 0..8 {
        let values = (0..N_CLIPS * dim).map(|_| rng.random_range(-1.0..1.0));
        let video = Embeddings::from_features(dim, values.collect()).unwrap();
        set.videos.push(video.into());
    }
    for i in 0..64 {
        let n_words = 5 + i % 16;
        let query = (0..n_words).map(|_| words[rng.random_range(0..words.len())]);
        set.examples.push(Example {
            query: query.collect::<Vec<_>>().join(" "),
            video: i % 8,
            grades: (0..N_CLIPS)
                .map(|clip| Some([if clip % 15 < 5 { 4 } else { 0 }; 3]))
                .collect(),
            windows: vec![],
        });
    }
    set
}

/// Random clips; those that a person likes share a direction.
fn labelled_video(dim: usize) -> TrainingSet {
    let mut rng = Pcg64Mcg::seed_from_u64(1);
    let liked: Vec<f32> = (0..dim).map(|_| rng.random_range(-1.0..1.0)).collect();
    let mut values = Vec::with_capacity(N_CLIPS * dim);
    let mut labels = Labels::default();
    for clip in 0..N_CLIPS {
        let is_liked = clip % 15 < 3;
        let share = if is_liked { 1.0 } else { 0.0 };
        values.extend(
            liked
                .iter()
                .map(|x| share * x + rng.random_range(-1.0..1.0)),
        );
        if clip % 15 < 5 && labels.n_labels() < N_LABELS {
            let grade = if is_liked {
                Grade::VeryGood
            } else {
                Grade::VeryBad
            };
            labels.set(ClipIndex(clip), Some(grade));
        }
    }
    TrainingSet {
        videos: vec![Embeddings::from_features(dim, values).unwrap().into()],
        examples: vec![Example::from_labels(QUERY, 0, N_CLIPS, &labels)],
    }
}
