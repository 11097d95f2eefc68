//! Steps of training a detector, and all that PyTorch needs to take the same ones.
//!
//! ```text
//! cargo bench --bench detector_training -- --out /tmp/steps --dropout 0 --input-dropout 0
//! python3 benches/pytorch_detector.py /tmp/steps CHECKOUT_OF_MOMENT_DETR
//! ```
//! Features are invented: as in QVHighlights, 75 clips and a dozen words of 512 numbers each; the
//! clips of the true windows lean towards the words.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use clap::Parser;
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use serde_json::json;
use vcl::domain::Annotation;
use vcl::learn::detector::{
    AdamW, GradientWork, Network, NetworkSize, Sample, Targets, initial_weights,
};
use vcl::model::ComputeDevice;
use vcl::model::detector::{
    DetectorFile, DetectorKind, Dropout, MOST_CLIPS, N_TIME_COLUMNS, Rows, video_features,
    word_features,
};

const DIM: usize = 512;

#[derive(Parser)]
struct Arguments {
    /// Train a QD-DETR, not a Moment-DETR
    #[arg(long)]
    qd: bool,
    /// Where PyTorch finds the data, the weights and the order
    #[arg(long)]
    out: PathBuf,
    #[arg(long, default_value_t = 320)]
    queries: usize,
    #[arg(long, default_value_t = 60)]
    steps: usize,
    #[arg(long, default_value_t = 32)]
    batch: usize,
    #[arg(long, default_value_t = 0.1)]
    dropout: f64,
    #[arg(long, default_value_t = 0.5)]
    input_dropout: f64,
    /// Cargo gives it to every bench
    #[arg(long, hide = true)]
    bench: bool,
}

fn sample(query: usize, rng: &mut Pcg64Mcg) -> Sample {
    let start = rng.random_range(0..MOST_CLIPS - 20);
    let end = start + rng.random_range(3..20);
    let n_words = rng.random_range(8..16);
    let mut noise =
        |scale: f32| scale * (rng.random_range(-1.0_f32..1.0) + rng.random_range(-1.0_f32..1.0));
    let topic: Vec<f32> = (0..DIM).map(|_| noise(1.0)).collect();
    let words = (0..n_words * DIM)
        .map(|i| topic[i % DIM] + noise(0.7))
        .collect();
    let video = (0..MOST_CLIPS * DIM).map(|i| {
        let leans = (start..end).contains(&(i / DIM));
        noise(1.0) + if leans { topic[i % DIM] } else { 0.0 }
    });
    let video = video.collect();
    let clips: Vec<usize> = (start..end).collect();
    let annotation: Annotation = serde_json::from_value(json!({
        "qid": query, "query": "q", "duration": 150, "vid": format!("v{query}"),
        "relevant_windows": [[2 * start, 2 * end]],
        "relevant_clip_ids": clips,
        "saliency_scores": (start..end).map(|i| [2 + i % 3, 3, 4]).collect::<Vec<_>>(),
    }))
    .expect("an annotation");
    Sample {
        video: video_features(&[Rows {
            width: DIM,
            values: video,
        }]),
        words: word_features(&Rows {
            width: DIM,
            values: words,
        }),
        targets: Targets::draw(&annotation, MOST_CLIPS, rng).expect("it has windows"),
    }
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let kind = if arguments.qd {
        DetectorKind::QdDetr
    } else {
        DetectorKind::MomentDetr
    };
    let mut rng = Pcg64Mcg::seed_from_u64(7);
    let samples: Vec<_> = (0..arguments.queries)
        .map(|query| sample(query, &mut rng))
        .collect();
    let size = NetworkSize::default();
    let mut weights = initial_weights(kind, size, DIM + N_TIME_COLUMNS, DIM, 1);
    fs::create_dir_all(&arguments.out)?;
    let file = DetectorFile {
        kind,
        n_heads: size.n_heads,
        weights: weights.clone(),
        metadata: None,
    };
    fs::write(arguments.out.join("initial.safetensors"), file.to_bytes()?)?;
    let rows = |rows: &Rows, path: String| {
        fs::write(
            arguments.out.join(path),
            bytemuck::cast_slice::<f32, u8>(&rows.values),
        )
    };
    for (i, sample) in samples.iter().enumerate() {
        rows(&sample.video, format!("video{i}.f32"))?;
        rows(&sample.words, format!("words{i}.f32"))?;
    }
    let order: Vec<usize> = (0..arguments.steps * arguments.batch)
        .map(|_| rng.random_range(0..samples.len()))
        .collect();
    let targets = samples.iter().map(|sample| {
        json!({
            "spans": sample.targets.spans, "better": sample.targets.pairs.better,
            "worse": sample.targets.pairs.worse, "grades": sample.targets.grades,
        })
    });
    let steps = json!({
        "qd": arguments.qd, "batch": arguments.batch, "dropout": arguments.dropout,
        "input_dropout": arguments.input_dropout, "order": order,
        "targets": targets.collect::<Vec<_>>(),
    });
    fs::write(arguments.out.join("steps.json"), steps.to_string())?;

    let cpu = ComputeDevice::cpu();
    let work = GradientWork::on(&cpu)?;
    println!("{} on {cpu}", kind.title());
    let dropout = Dropout {
        layers: arguments.dropout,
        inputs: arguments.input_dropout,
    };
    let mut optimiser = AdamW::default();
    let mut times = Vec::new();
    for (step, order) in order.chunks(arguments.batch).enumerate() {
        let began = Instant::now();
        let chosen: Vec<_> = order.iter().map(|i| samples[*i].clone()).collect();
        let network = Network {
            kind,
            weights: &weights,
            n_heads: size.n_heads,
        };
        let (loss, gradients) = work.of(network, &chosen, dropout, step as u64)?;
        optimiser.step(&mut weights, &gradients, 1e-4, 1e-4, 0.1);
        times.push(began.elapsed().as_secs_f64());
        if step % 10 == 0 || step + 1 == arguments.steps {
            println!("step {step}: loss {loss:.4}, {:.3} s", times[step]);
        }
    }
    times.sort_by(f64::total_cmp);
    println!("median {:.3} s", times[times.len() / 2]);
    Ok(())
}
