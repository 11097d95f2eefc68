//! The commands that teach and measure: `train`, `evaluate`, `score`.

use std::path::PathBuf;

use clap::{ValueEnum, builder::RangedU64ValueParser};

use super::values::{self, parse_n_ctx, parse_rate, parse_width};
use crate::domain::CLIP_SECS;
use crate::engine::DatasetSource;
use crate::model::detector::DetectorKind;
use crate::model::moment_head::HeadKind;
use crate::model::prompt_learner::DEFAULT_N_CTX;

/// A data set: annotations, and its videos in one form or the other.
#[derive(Debug, clap::Args)]
pub struct DataArgs {
    /// Annotations in QVHighlights format
    #[arg(long, value_name = "LABELS.jsonl", value_parser = values::path())]
    pub data: PathBuf,

    #[command(flatten)]
    pub videos: VideosArgs,

    /// How many seconds a row of features stands for; rows shorter than a clip of 2 s are averaged
    #[arg(
        long, default_value_t = CLIP_SECS, value_name = "SECS", value_parser = values::clip_secs,
        conflicts_with = "videos"
    )]
    pub clip_secs: f64,

    /// Refuse labels with a line that says something impossible, rather than leaving it out
    #[arg(long)]
    pub strict: bool,
}

/// The videos of a data set, in one form or the other.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = true)]
pub struct VideosArgs {
    /// A folder with {vid}.npz for every video, made with the same model; detectors with
    /// --text-features take several kinds, given in the order of their training, sound last
    #[arg(long, value_name = "DIR", value_parser = values::path())]
    pub features: Vec<PathBuf>,

    /// A folder with the videos themselves, {vid}.*
    #[arg(long, value_name = "DIR", value_parser = values::path(), conflicts_with = "features")]
    pub videos: Option<PathBuf>,
}

impl DataArgs {
    /// Of features, that stand for a clip together.
    pub fn rows_per_clip(&self) -> usize {
        (CLIP_SECS / self.clip_secs).round() as usize
    }

    pub fn source(&self) -> DatasetSource {
        match (self.videos.features.first(), &self.videos.videos) {
            (Some(dir), _) => DatasetSource::Features {
                dir: dir.clone(),
                rows_per_clip: self.rows_per_clip(),
            },
            // The parser insists on one of the two.
            (None, videos) => DatasetSource::Videos(videos.clone().unwrap_or_default()),
        }
    }
}

impl VideosArgs {
    /// With features of the words the model is not asked, so that any features do.
    fn check(&self, text: Option<&PathBuf>, has_detector: bool) -> Result<(), String> {
        if text.is_some() && !has_detector {
            return Err("--text-features is for detectors: give --detector as well".to_owned());
        }
        if text.is_some() && self.features.is_empty() {
            return Err("--text-features needs --features for the videos".to_owned());
        }
        if text.is_none() && self.features.len() > 1 {
            return Err(
                "several kinds of --features need --text-features and --detector".to_owned(),
            );
        }
        Ok(())
    }
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vcl train --data labels.jsonl --videos clips/ -o prompt.safetensors
  vcl search film.mp4 \"a flumbo\" --prompt prompt.safetensors

  vcl train --detector qd-detr --data train.jsonl --check val.jsonl --features clip_features \\
      --text-features clip_text_features -o qd.safetensors

An interrupted training goes on from PROMPT.safetensors.checkpoint.")]
pub struct TrainArgs {
    #[command(flatten)]
    pub data: DataArgs,

    /// The prompt to write
    #[arg(short, long, value_name = "PROMPT.safetensors", value_parser = values::file())]
    pub output: PathBuf,

    /// Which moment head; `window` unless --paper says `frame`
    #[arg(long, value_enum)]
    pub head: Option<HeadArg>,

    #[command(flatten)]
    pub detector: TrainDetectorArgs,

    /// Learn from so many labelled queries only, drawn by --seed
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    pub shots: Option<usize>,

    /// Chooses what is drawn at random; the same seed gives the same prompt
    #[arg(long, default_value_t = 0)]
    pub seed: u64,

    /// Steps at most; else the number of labels decides
    #[arg(long, value_name = "N")]
    pub steps: Option<usize>,

    /// Compare curves with labels around their means, or as they are; `centred` unless --paper
    #[arg(long, value_enum)]
    pub loss: Option<LossArg>,

    /// Context vectors
    #[arg(long = "context", default_value_t = DEFAULT_N_CTX, value_name = "N", value_parser = parse_n_ctx)]
    pub n_ctx: usize,

    /// As in the paper: frame head, plain loss, one threshold
    #[arg(long)]
    pub paper: bool,

    /// Seconds between checkpoints, from which an interrupted training goes on
    #[arg(long, default_value_t = 30, value_name = "SECS")]
    pub save_every: u64,
}

/// Training a detector instead of a prompt.
#[derive(Debug, clap::Args)]
pub struct TrainDetectorArgs {
    /// Train a moment detector, not a prompt
    #[arg(long, value_name = "KIND", value_enum)]
    pub detector: Option<DetectorKindArg>,

    /// A folder with qid{qid}.npz for every query, key `last_hidden_state`: no model is loaded then,
    /// and --features may be of any networks, given several times
    #[arg(long, value_name = "DIR", value_parser = values::path(), requires = "detector")]
    pub text_features: Option<PathBuf>,

    /// Labels to measure on while training; else those of a tenth of the videos are kept for it
    #[arg(long, value_name = "LABELS.jsonl", value_parser = values::path(), requires = "detector")]
    pub check: Option<PathBuf>,

    /// Passes over the labels; 200 as in the official programs
    #[arg(long, value_name = "N", requires = "detector")]
    pub epochs: Option<usize>,

    /// Queries per step; 32 as in the official programs
    #[arg(long, value_name = "N", requires = "detector", value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    pub batch: Option<usize>,

    /// How far a step goes; 0.0001 as in the official programs
    #[arg(long, value_name = "RATE", requires = "detector", value_parser = parse_rate)]
    pub learning_rate: Option<f64>,

    /// Width of the network, a multiple of 16; 256 as published
    #[arg(long, value_name = "N", requires = "detector", value_parser = parse_width)]
    pub width: Option<usize>,

    /// Epochs between measurements; 5 as in the official programs
    #[arg(long, value_name = "N", requires = "detector", value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    pub check_every: Option<usize>,

    /// Stop after so many measurements that are no better than the best; 200 as in the official
    /// programs
    #[arg(long, value_name = "N", requires = "detector")]
    pub patience: Option<usize>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum DetectorKindArg {
    /// Lei, Berg, Bansal 2021
    MomentDetr,
    /// Moon and others 2023
    QdDetr,
}

impl From<DetectorKindArg> for DetectorKind {
    fn from(arg: DetectorKindArg) -> Self {
        match arg {
            DetectorKindArg::MomentDetr => Self::MomentDetr,
            DetectorKindArg::QdDetr => Self::QdDetr,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum HeadArg {
    /// Every clip by itself
    Frame,
    /// Seven neighbouring clips
    Window,
}

impl From<HeadArg> for HeadKind {
    fn from(arg: HeadArg) -> Self {
        match arg {
            HeadArg::Frame => Self::Frame,
            HeadArg::Window => Self::Window,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LossArg {
    /// Around the mean of the video
    Centred,
    /// As they are, as in the paper
    Plain,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vcl evaluate --data labels.jsonl --videos clips/ --prompt prompt.safetensors
  vcl evaluate --data val.jsonl --features clip_features --predictions pred.jsonl
  vcl evaluate --data val.jsonl --features slowfast_features --features clip_features \\
      --text-features clip_text_features --detector model_best.ckpt")]
pub struct EvaluateArgs {
    #[command(flatten)]
    pub data: DataArgs,

    /// Measure a trained detector as well: a name from `vcl detector list`, or a file; can be given
    /// several times
    #[arg(long, value_name = "NAME|FILE", value_parser = values::path())]
    pub detector: Vec<PathBuf>,

    /// A folder with qid{qid}.npz for every query, key `last_hidden_state`: detectors take any
    /// features then, and no model is loaded
    #[arg(long, value_name = "DIR", value_parser = values::path())]
    pub text_features: Option<PathBuf>,

    /// Write predictions in official format: of the last detector or the prompt where one is given
    #[arg(long, value_name = "OUT.jsonl", value_parser = values::file())]
    pub predictions: Option<PathBuf>,

    /// Measure further prompts as well, such as those of other numbers of shots; can be given several
    /// times
    #[arg(long, value_name = "FILE", value_parser = values::path())]
    pub with_prompt: Vec<PathBuf>,

    /// Print both tables of the paper, with its own numbers beside what was measured
    #[arg(long)]
    pub paper_tables: bool,

    /// Leave out the windows of further thresholds, as in the paper
    #[arg(long)]
    pub main_moments_only: bool,

    /// How to print the metrics
    #[arg(long, value_enum, default_value_t = ScoreFormat::Table)]
    pub format: ScoreFormat,
}

impl EvaluateArgs {
    pub fn check(&self) -> Result<(), String> {
        if self.text_features.is_some() && !self.with_prompt.is_empty() {
            return Err("--with-prompt needs the model: leave --text-features out".to_owned());
        }
        let videos = &self.data.videos;
        videos.check(self.text_features.as_ref(), !self.detector.is_empty())
    }
}

impl TrainArgs {
    pub fn check(&self) -> Result<(), String> {
        let detector = &self.detector;
        self.data
            .videos
            .check(detector.text_features.as_ref(), detector.detector.is_some())?;
        let of_prompts = [
            ("--head", self.head.is_some()),
            ("--steps", self.steps.is_some()),
            ("--loss", self.loss.is_some()),
            ("--paper", self.paper),
            ("--shots", self.shots.is_some()),
        ];
        match of_prompts.into_iter().find(|(_, is_given)| *is_given) {
            Some((name, _)) if detector.detector.is_some() => Err(format!(
                "{name} is for prompts: it means nothing with --detector"
            )),
            _ => Ok(()),
        }
    }
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vcl score --truth highlight_val_release.jsonl --predictions pred.jsonl --format json")]
pub struct ScoreArgs {
    /// Annotations
    #[arg(long, value_name = "GT.jsonl", value_parser = values::path())]
    pub truth: PathBuf,

    /// Refuse annotations with windows that are no span inside the video, rather than cutting them
    #[arg(long)]
    pub strict: bool,

    /// Predictions for the same queries
    #[arg(long, value_name = "PRED.jsonl", value_parser = values::path())]
    pub predictions: PathBuf,

    /// How to print the metrics
    #[arg(long, value_enum, default_value_t = ScoreFormat::Table)]
    pub format: ScoreFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ScoreFormat {
    /// For people
    Table,
    /// For programs
    Json,
}
