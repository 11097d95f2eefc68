//! How long teaching from 20 labels takes in the window: `cargo bench --profile dev --bench retrain`.
//!
//! The text tower has the shape of ViT-B/32 with random weights (the image tower is small: its
//! features are cached, it takes no part). One query, 20 labels on one video of 75 clips, all
//! default settings: cross-validation with four folds, five sequences in one pass. The budget is 15 s on two
//! cores.

use std::time::Instant;

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

    let config = TrainerConfig {
        n_steps: is_test.then_some(1),
        ..TrainerConfig::default()
    };
    let n_tokens = encoder.tokenizer().encode(QUERY).unwrap().len();
    println!("{device}, {N_LABELS} labels, a query of {n_tokens} tokens");

    let start = Instant::now();
    let mut trainer = Trainer::new(&encoder, labelled_video(encoder.dim()), config).unwrap();
    let mut steps = Vec::new();
    loop {
        let step = Instant::now();
        let progress = trainer.step(&encoder).unwrap();
        if progress.loss.is_some() {
            steps.push(step.elapsed());
        }
        if progress.phase == Phase::Done {
            break;
        }
    }
    let outcome = trainer.finish(&encoder).unwrap();
    println!("retrain: {:.2?}, {:?}", start.elapsed(), outcome.verdict);
    steps.sort_unstable();
    println!(
        "{} steps: {:.0?} at best, {:.0?} in the median",
        steps.len(),
        steps[0],
        steps[steps.len() / 2]
    );
}

/// Random clips, of which those that a person likes share a direction.
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
        videos: vec![Embeddings::from_features(dim, values).unwrap()],
        examples: vec![Example::from_labels(QUERY, 0, N_CLIPS, &labels)],
    }
}
