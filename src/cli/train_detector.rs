//! `vcl train --detector`: a moment detector of our own.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::args::{GlobalArgs, TrainArgs, TrainDetectorArgs};
use crate::cli::train::checkpoint_path;
use crate::cli::{output, progress};
use crate::domain::{Annotation, count};
use crate::engine::{Dataset, FeatureFolders, FileFeatures, ModelFeatures};
use crate::eval::read_annotations_with;
use crate::learn::detector::{
    Checked, DetectorConfig, DetectorFeatures, DetectorProgress, DetectorTrainer, NetworkSize,
};
use crate::model::ComputeDevice;
use crate::model::detector::{DetectorFile, DetectorKind};
use crate::store::check_target;

pub fn run(global: &GlobalArgs, args: &TrainArgs, kind: DetectorKind) -> anyhow::Result<()> {
    let checkpoint = checkpoint_path(&args.output);
    for path in [&args.output, &checkpoint] {
        args.data.check_target(global, path)?;
        if let Some(check) = &args.detector.check {
            check_target(path, &[check])?;
        }
    }
    let (annotations, n_checked) = labels(args)?;
    let (features, device) = features(global, args, annotations.clone())?;
    let config = config(args, kind);
    let mut trainer = DetectorTrainer::new(config, annotations, n_checked, features, &device)?;
    resume(&mut trainer, &checkpoint);
    train(
        &mut trainer,
        &checkpoint,
        Duration::from_secs(args.save_every),
    )?;
    let file = trainer.finish();
    output::write(&args.output, &file.to_bytes()?)?;
    match fs::remove_file(&checkpoint) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            log::warn!("cannot remove {}: {error}", checkpoint.display());
        }
        _ => {}
    }
    output::print(&summary(&args.output, &file))
}

/// All labels, and how many of them, the last ones, are for measuring.
fn labels(args: &TrainArgs) -> anyhow::Result<(Vec<Annotation>, usize)> {
    let tolerance = args.data.tolerance();
    let mut annotations = output::told(read_annotations_with(&args.data.data, tolerance)?);
    let mut n_checked = 0;
    if let Some(check) = &args.detector.check {
        let checked = output::told(read_annotations_with(check, tolerance)?);
        n_checked = checked.len();
        annotations.extend(checked);
    }
    Ok((annotations, n_checked))
}

/// From files, or of the model; and where to train.
fn features(
    global: &GlobalArgs,
    args: &TrainArgs,
    annotations: Vec<Annotation>,
) -> anyhow::Result<(Box<dyn DetectorFeatures>, ComputeDevice)> {
    if let Some(text) = &args.detector.text_features {
        let folders = FeatureFolders {
            video: args.data.videos.features.clone(),
            text: text.clone(),
            rows_per_clip: args.data.rows_per_clip(),
        };
        let device = ComputeDevice::open(global.device.map(Into::into).unwrap_or_default())?;
        return Ok((Box::new(FileFeatures::new(folders, annotations)?), device));
    }
    let mut engine = global.open_engine()?;
    let source = args.data.source();
    let features = engine.work(|engine| {
        let index = progress::index_with_bar;
        let dataset = Dataset::load(engine, annotations, &source, index)?;
        ModelFeatures::new(engine, Arc::new(dataset))
    })?;
    Ok((Box::new(features), engine.get().encoder().device().clone()))
}

fn config(args: &TrainArgs, kind: DetectorKind) -> DetectorConfig {
    let usual = DetectorConfig::new(kind);
    let TrainDetectorArgs {
        epochs,
        batch,
        learning_rate,
        width,
        check_every,
        patience,
        ..
    } = args.detector;
    let size = match width {
        Some(width) => NetworkSize {
            width,
            inner: 4 * width,
            ..usual.size
        },
        None => usual.size,
    };
    DetectorConfig {
        size,
        n_epochs: epochs.unwrap_or(usual.n_epochs),
        batch: batch.unwrap_or(usual.batch),
        learning_rate: learning_rate.unwrap_or(usual.learning_rate),
        check_every: check_every.unwrap_or(usual.check_every),
        patience: patience.unwrap_or(usual.patience),
        seed: args.seed,
        ..usual
    }
}

/// Continues an interrupted training of the same kind.
fn resume(trainer: &mut DetectorTrainer, checkpoint: &Path) {
    let Ok(bytes) = fs::read(checkpoint) else {
        return;
    };
    match trainer.resume(&bytes) {
        Ok(()) => log::warn!("going on with {}", checkpoint.display()),
        Err(error) => log::warn!("{} is not used: {error}", checkpoint.display()),
    }
}

fn train(
    trainer: &mut DetectorTrainer,
    checkpoint: &Path,
    save_every: Duration,
) -> anyhow::Result<()> {
    // indicatif draws nothing when stderr is not a terminal.
    let bar = ProgressBar::new(0);
    bar.set_style(
        ProgressStyle::with_template("{spinner} {msg} {wide_bar} {pos}/{len} {eta} left")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let mut saved = Instant::now();
    let mut told = None;
    while !trainer.is_done() {
        let progress = trainer.step()?;
        show(&bar, &progress);
        if progress.checked != told {
            told.clone_from(&progress.checked);
            if let Some(checked) = &told {
                bar.suspend(|| log::info!("{}", line(checked, progress.loss)));
            }
        }
        if saved.elapsed() >= save_every && trainer.is_between_batches() {
            output::write(checkpoint, &trainer.checkpoint()?)?;
            saved = Instant::now();
        }
    }
    bar.finish_and_clear();
    Ok(())
}

fn show(bar: &ProgressBar, progress: &DetectorProgress) {
    bar.set_length((progress.n_epochs * progress.n_batches) as u64);
    bar.set_position((progress.epoch * progress.n_batches + progress.batch) as u64);
    let loss = progress
        .loss
        .map_or_else(String::new, |loss| format!(", loss {loss:.3}"));
    let best = progress
        .best
        .as_ref()
        .map_or_else(String::new, |best| format!(", best mAP {:.2}", best.map));
    bar.set_message(format!(
        "epoch {} of {}{loss}{best}",
        progress.epoch + 1,
        progress.n_epochs
    ));
}

fn line(checked: &Checked, loss: Option<f64>) -> String {
    format!(
        "epoch {}: loss {:.3}, R1@0.5 {:.2}, R1@0.7 {:.2}, mAP {:.2}, HL mAP {:.2}, HIT@1 {:.2}",
        checked.epoch,
        loss.unwrap_or_default(),
        checked.r1_at_50,
        checked.r1_at_70,
        checked.map,
        checked.highlight_map,
        checked.hit1
    )
}

fn summary(path: &Path, file: &DetectorFile) -> String {
    let Some(metadata) = &file.metadata else {
        return String::new();
    };
    let training = &metadata.training;
    let mut lines = format!(
        "{}: {}, {} parameters, {} on {}, best after {}\n",
        path.display(),
        file.kind.title(),
        file.weights.n_parameters(),
        count(training.n_queries, "query"),
        count(training.n_videos, "video"),
        count(training.n_epochs, "epoch"),
    );
    let checked = training.checked.iter();
    let checked: Vec<_> = checked
        .map(|(name, value)| format!("{name} {value:.2}"))
        .collect();
    if !checked.is_empty() {
        lines.push_str(&format!("checked: {}\n", checked.join("  ")));
    }
    lines
}
