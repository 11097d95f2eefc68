//! `train`: teaches the bundled model, seeded, resumable, on any burn device.
//!
//! Every step draws fresh scenes. The batch is split over lanes, one thread each, whose gradients
//! are added: on a CPU whole samples side by side beat products split over threads.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context as _;
use burn::module::Module as _;
use burn::optim::{AdamWConfig, GradientsAccumulator, GradientsParams, ModuleOptimizer};
use burn::store::{BurnpackStore, ModuleSnapshot as _};
use burn::tensor::{DType, Device, DeviceKind};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};
use vcl::model::Preprocess;
use vcl::model::encoder::clip::ClipTokenizer;
use vcl::model::encoder::weights;

use crate::recipe::{Batch, IMAGE_SIZE, PREPROCESSOR_JSON, Student, clip_config};
use crate::tokens::tokenizer_json;

#[derive(Args)]
pub struct TrainArguments {
    /// Where the checkpoint is kept; an interrupted run continues from it.
    #[arg(long, default_value = "target/world")]
    checkpoint: PathBuf,
    /// Where the finished model goes, in Hugging Face layout.
    #[arg(long, default_value = "weights")]
    output: PathBuf,
    /// Length of the training; the last two fifths cool down.
    #[arg(long, default_value_t = 3400)]
    steps: usize,
    /// Scenes per lane and step.
    #[arg(long, default_value_t = 64)]
    batch: usize,
    /// Batches side by side; part of the recipe, not of the machine.
    #[arg(long, default_value_t = 2)]
    lanes: usize,
    #[arg(long, default_value_t = 1e-3)]
    learning_rate: f64,
    #[arg(long, default_value_t = 20_261_123)]
    seed: u64,
    /// Train on the GPU instead of the CPU.
    #[arg(long)]
    gpu: bool,
    /// Stop after this step, as an interruption would.
    #[arg(long)]
    stop_after: Option<usize>,
}

/// How far a checkpoint got.
#[derive(Serialize, Deserialize)]
struct Progress {
    step: usize,
}

struct Paths {
    student: PathBuf,
    optimizer: PathBuf,
    progress: PathBuf,
}

impl Paths {
    fn new(dir: &Path) -> Self {
        Self {
            student: dir.join("student.bpk"),
            optimizer: dir.join("optimizer.bpk"),
            progress: dir.join("progress.json"),
        }
    }
}

const WARM_UP_STEPS: f64 = 150.0;
const SAVE_EVERY: usize = 250;
/// Share of the newest value in the losses shown.
const SMOOTHING: f32 = 0.02;

/// Warm-up, constant, then linear to zero over the last 40 %.
fn rate(base: f64, step: usize, steps: usize) -> f64 {
    let warm_up = ((step + 1) as f64 / WARM_UP_STEPS).min(1.0);
    let cool_down = ((steps - step) as f64 / (0.4 * steps as f64)).min(1.0);
    base * warm_up * cool_down
}

pub fn run(arguments: &TrainArguments) -> anyhow::Result<()> {
    std::fs::create_dir_all(&arguments.checkpoint)?;
    let paths = Paths::new(&arguments.checkpoint);
    let config = clip_config();
    let known_tokenizer = arguments.checkpoint.join("model/tokenizer.json");
    let tokenizer_json = match std::fs::read(&known_tokenizer) {
        Ok(json) => json,
        Err(_) => tokenizer_json(arguments.seed)?,
    };
    let tokenizer = ClipTokenizer::from_json(&tokenizer_json, &config.text_config)?;
    let preprocess = Preprocess::from_json(PREPROCESSOR_JSON.as_bytes(), IMAGE_SIZE)?;
    let inner = if arguments.gpu {
        Device::wgpu(DeviceKind::DefaultDevice)
    } else {
        Device::flex()
    };
    inner.seed(arguments.seed);
    let device = inner.autodiff();

    let mut student = Student::init(&config, &device);
    let mut optimizer: ModuleOptimizer = AdamWConfig::new()
        .with_beta_2(0.98)
        .with_epsilon(1e-8)
        .with_weight_decay(0.02)
        .init();
    let mut first = 0;
    if paths.progress.exists() {
        let progress: Progress = serde_json::from_slice(&std::fs::read(&paths.progress)?)?;
        let mut store = BurnpackStore::from_file(&paths.student);
        student
            .load_from(&mut store)
            .map_err(|error| anyhow::anyhow!("{error}"))
            .context("the checkpoint cannot be read: remove it to start anew")?;
        optimizer = optimizer
            .load(&paths.optimizer)
            .map_err(|error| anyhow::anyhow!("{error:?}"))?;
        first = progress.step;
        eprintln!("going on from step {first}");
    }
    eprintln!("{} parameters", student.clip.num_params());

    let lanes: Vec<rayon::ThreadPool> = (0..arguments.lanes)
        .map(|_| rayon::ThreadPoolBuilder::new().num_threads(1).build())
        .collect::<Result<_, _>>()?;
    let last = arguments
        .stop_after
        .unwrap_or(arguments.steps)
        .min(arguments.steps);
    let bar = ProgressBar::new(last as u64).with_position(first as u64);
    bar.set_style(ProgressStyle::with_template(
        "{wide_bar} {pos}/{len} {per_sec} {eta} left {msg}",
    )?);
    let started = Instant::now();
    let mut shown = [0.0f32; 2];
    for step in first..last {
        let outcomes: Vec<anyhow::Result<(GradientsParams, [f32; 2])>> =
            std::thread::scope(|scope| {
                let running: Vec<_> = lanes
                    .iter()
                    .enumerate()
                    .map(|(lane, pool)| {
                        let student = student.clone().fork(&device);
                        let seed =
                            arguments.seed ^ (((step * arguments.lanes + lane) as u64) << 20);
                        let (tokenizer, preprocess, device) = (&tokenizer, &preprocess, &device);
                        let n = arguments.batch;
                        scope.spawn(move || {
                            pool.install(|| {
                                let batch = Batch::draw(seed, n, tokenizer, preprocess)?;
                                let (contrastive, probes) = student.loss(&batch, device);
                                let shown = [scalar(&contrastive)?, scalar(&probes)?];
                                let gradients = (contrastive + probes).backward();
                                Ok((GradientsParams::from_grads(gradients, &student), shown))
                            })
                        })
                    })
                    .collect();
                running
                    .into_iter()
                    .map(|lane| lane.join().unwrap_or_else(|_| anyhow::bail!("a lane died")))
                    .collect()
            });
        let mut sum = GradientsAccumulator::new();
        for outcome in outcomes {
            let (gradients, losses) = outcome?;
            sum.accumulate(&student, gradients);
            for (shown, loss) in shown.iter_mut().zip(losses) {
                *shown += SMOOTHING * (loss - *shown);
            }
        }
        let rate = rate(arguments.learning_rate, step, arguments.steps);
        student = optimizer.step(rate, student, sum.grads());
        bar.inc(1);
        if (step + 1) % 50 == 0 {
            let per_sec = (step + 1 - first) as f64 / started.elapsed().as_secs_f64();
            bar.set_message(format!(
                "contrastive {:.3} probes {:.3}",
                shown[0], shown[1]
            ));
            if bar.is_hidden() {
                eprintln!(
                    "step {} contrastive {:.3} probes {:.3} {per_sec:.2} steps/s",
                    step + 1,
                    shown[0],
                    shown[1]
                );
            }
        }
        if (step + 1) % SAVE_EVERY == 0 || step + 1 == last {
            save(&paths, &student, &optimizer, step + 1)?;
            write_model(
                &arguments.checkpoint.join("model"),
                &student,
                &config,
                &tokenizer_json,
            )?;
        }
    }
    if last == arguments.steps {
        write_model(&arguments.output, &student, &config, &tokenizer_json)?;
    }
    Ok(())
}

fn scalar(loss: &burn::tensor::Tensor<1>) -> anyhow::Result<f32> {
    let values = loss.clone().inner().into_data().try_into_vec::<f32>();
    let values = values.map_err(|error| anyhow::anyhow!("{error:?}"))?;
    values.first().copied().context("a loss is one number")
}

fn save(
    paths: &Paths,
    student: &Student,
    optimizer: &ModuleOptimizer,
    step: usize,
) -> anyhow::Result<()> {
    let mut store = BurnpackStore::from_file(&paths.student).overwrite(true);
    student
        .save_into(&mut store)
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    optimizer
        .save(&paths.optimizer)
        .map_err(|error| anyhow::anyhow!("{error:?}"))?;
    std::fs::write(&paths.progress, serde_json::to_vec(&Progress { step })?)?;
    Ok(())
}

fn write_model(
    dir: &Path,
    student: &Student,
    config: &vcl::model::encoder::clip::ClipConfig,
    tokenizer_json: &[u8],
) -> anyhow::Result<()> {
    std::fs::create_dir_all(dir)?;
    let bytes = weights::to_safetensors(&student.clip.clone().valid(), DType::F16)?;
    std::fs::write(dir.join("model.safetensors"), bytes)?;
    let mut config_json = serde_json::to_value(config)?;
    config_json["model_type"] = "clip".into();
    config_json["architectures"] = serde_json::json!(["CLIPModel"]);
    std::fs::write(
        dir.join("config.json"),
        serde_json::to_vec_pretty(&config_json)?,
    )?;
    std::fs::write(dir.join("tokenizer.json"), tokenizer_json)?;
    std::fs::write(dir.join("preprocessor_config.json"), PREPROCESSOR_JSON)?;
    Ok(())
}
