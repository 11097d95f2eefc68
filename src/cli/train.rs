//! `vcl train`: teach a prompt on a data set.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::args::{DataArgs, GlobalArgs, LossArg, TrainArgs};
use crate::cli::cli_engine::CliEngine;
use crate::cli::{output, progress};
use crate::domain::count;
use crate::engine::{Dataset, Engine, EngineError, TuneJob};
use crate::eval::{Tolerance, read_annotations_with};
use crate::learn::{Outcome, Phase, Progress, SaliencyLoss, TrainerConfig, TrainingSet};
use crate::model::prompt::{HeldOutScores, ShownClips};
use crate::video::is_video_name;

pub fn run(global: &GlobalArgs, args: &TrainArgs) -> anyhow::Result<()> {
    let checkpoint = checkpoint_path(&args.output);
    for path in [&args.output, &checkpoint] {
        args.data.check_target(global, path)?;
    }
    let mut engine = global.open_engine_for_research()?;
    let mut set = load(&mut engine, &args.data)?.training_set();
    if let Some(shots) = args.shots {
        set = set.shots(shots, args.seed)?;
    }
    let save_every = Duration::from_secs(args.save_every);
    let outcome = train(&mut engine, &set, &config(args), &checkpoint, save_every)?;
    output::write(&args.output, &outcome.prompt.to_bytes()?)?;
    match fs::remove_file(&checkpoint) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            log::warn!("cannot remove {}: {error}", checkpoint.display());
        }
        _ => {}
    }
    output::print(&summary(&args.output, &outcome))
}

/// The annotations of `--data` with the embeddings of their videos.
pub fn load(engine: &mut CliEngine, data: &DataArgs) -> anyhow::Result<Dataset> {
    let annotations = output::told(read_annotations_with(&data.data, data.tolerance())?);
    let source = data.source();
    let dataset = engine
        .work(|engine| Dataset::load(engine, annotations, &source, progress::index_with_bar))?;
    log::info!(
        "{} on {}",
        count(dataset.annotations.len(), "query"),
        count(dataset.n_videos(), "video")
    );
    Ok(dataset)
}

impl DataArgs {
    pub fn tolerance(&self) -> Tolerance {
        if self.strict {
            Tolerance::Strict
        } else {
            Tolerance::SkipLines
        }
    }

    /// Files of the data set must not be overwritten.
    pub fn check_target(&self, global: &GlobalArgs, path: &Path) -> anyhow::Result<()> {
        let dirs = self.videos.features.iter().chain(&self.videos.videos);
        let mut inputs = vec![self.data.clone()];
        // A prompt may lie beside the videos and be taught again.
        let is_input =
            |path: &Path| is_video_name(path) || path.extension() == Some("npz".as_ref());
        // A folder that cannot be read is an error later, when it is needed.
        for entry in dirs.flat_map(fs::read_dir).flatten().flatten() {
            inputs.extend(Some(entry.path()).filter(|path| is_input(path)));
        }
        let inputs: Vec<&Path> = inputs.iter().map(PathBuf::as_path).collect();
        Ok(global.check_target(path, &inputs)?)
    }
}

fn config(args: &TrainArgs) -> TrainerConfig {
    let base = if args.paper {
        TrainerConfig::paper()
    } else {
        TrainerConfig::default()
    };
    TrainerConfig {
        head: args.head.map_or(base.head, Into::into),
        loss: args.loss.map_or(base.loss, |loss| match loss {
            LossArg::Centred => SaliencyLoss::Centred,
            LossArg::Plain => SaliencyLoss::Plain,
        }),
        seed: args.seed,
        n_steps: args.steps,
        n_ctx: args.n_ctx,
        ..base
    }
}

fn train(
    engine: &mut CliEngine,
    set: &TrainingSet,
    config: &TrainerConfig,
    checkpoint: &Path,
    save_every: Duration,
) -> anyhow::Result<Outcome> {
    let mut job = start(engine.get(), set, config, checkpoint)?;
    // indicatif draws nothing when stderr is not a terminal.
    let bar = ProgressBar::new(0);
    bar.set_style(
        ProgressStyle::with_template("{spinner} {msg} {wide_bar} {pos}/{len} {prefix}")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let mut saved = Instant::now();
    loop {
        let progress = engine.work_below(&bar, |engine| job.step(engine))?;
        if progress.phase == Phase::Done {
            break;
        }
        show(&bar, &progress);
        if saved.elapsed() >= save_every && progress.phase == Phase::Context {
            output::write(checkpoint, &job.checkpoint(engine.get())?)?;
            saved = Instant::now();
        }
    }
    bar.finish_and_clear();
    Ok(engine.work(|engine| job.finish(engine))?)
}

/// Continues an interrupted training of the same kind.
fn start(
    engine: &Engine,
    set: &TrainingSet,
    config: &TrainerConfig,
    checkpoint: &Path,
) -> Result<TuneJob, EngineError> {
    if let Ok(bytes) = fs::read(checkpoint) {
        match TuneJob::resume(engine, set.clone(), config.clone(), &bytes) {
            Ok(job) => {
                log::warn!("going on with {}", checkpoint.display());
                return Ok(job);
            }
            Err(error) => log::warn!("{} is not used: {error}", checkpoint.display()),
        }
    }
    TuneJob::start(engine, set.clone(), config.clone())
}

fn show(bar: &ProgressBar, progress: &Progress) {
    let phase = match progress.phase {
        Phase::Baseline => "zero-shot",
        Phase::Context => "context",
        Phase::Features => "curves",
        Phase::Head => "moments",
        Phase::Done => "done",
    };
    bar.set_length(progress.n_steps as u64);
    bar.set_position(progress.step as u64);
    if let Some(loss) = progress.loss {
        let now = progress.now.map_or_else(String::new, |now| {
            format!(", HIT@1 {:.1}, mAP {:.1}", now.hit1, now.mean_ap)
        });
        bar.set_message(format!("{phase}: loss {loss:.4}{now}"));
    } else if progress.phase != Phase::Context {
        bar.set_message(phase);
    }
    if let Some(secs) = progress.secs_left {
        let left = indicatif::HumanDuration(Duration::from_secs_f64(secs.clamp(0.0, 1e6)));
        bar.set_prefix(format!("{left:#} left"));
    }
}

/// `out.safetensors` → `out.safetensors.checkpoint`
pub fn checkpoint_path(output: &Path) -> PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(".checkpoint");
    name.into()
}

fn summary(path: &Path, outcome: &Outcome) -> String {
    let training = &outcome.prompt.metadata.training;
    let mut lines = format!(
        "{}: {} of {} on {}, {}\n",
        path.display(),
        count(training.n_labels, "label"),
        count(training.n_queries, "query"),
        count(training.n_videos, "video"),
        count(training.n_steps, "step")
    );
    let mut row = |name: &str, scores: Option<HeldOutScores>| {
        let Some(scores) = scores else { return };
        let HeldOutScores { hit1, mean_ap, .. } = scores;
        let percent = |share: Option<f64>| {
            share.map_or_else(|| format!("{:>6}", "-"), |share| format!("{share:>6.2}"))
        };
        let shown = scores.shown;
        lines.push_str(&format!(
            "held out, {name:<9}  HIT@1 {hit1:>6.2}  mAP {mean_ap:>6.2}  shown clips: precision {}  \
             recall {}\n",
            percent(shown.and_then(ShownClips::precision)),
            percent(shown.and_then(ShownClips::recall)),
        ));
    };
    row("zero-shot", outcome.before);
    row("prompt", outcome.after);
    let head = match &outcome.prompt.head {
        Some(_) => "with a trained moment head",
        None => "moments by the untrained rule",
    };
    lines + &format!("{}; {head}\n", outcome.verdict)
}
