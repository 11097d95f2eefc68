//! The commands that teach and measure: `train`, `evaluate`, `score`.

use std::path::PathBuf;

use clap::{ValueEnum, builder::RangedU64ValueParser};

use super::values::{self, parse_n_ctx};
use crate::domain::CLIP_SECS;
use crate::engine::DatasetSource;
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
#[group(required = true, multiple = false)]
pub struct VideosArgs {
    /// A folder with {vid}.npz for every video, made with the same model
    #[arg(long, value_name = "DIR", value_parser = values::path())]
    pub features: Option<PathBuf>,

    /// A folder with the videos themselves, {vid}.*
    #[arg(long, value_name = "DIR", value_parser = values::path())]
    pub videos: Option<PathBuf>,
}

impl DataArgs {
    pub fn source(&self) -> DatasetSource {
        match (&self.videos.features, &self.videos.videos) {
            (Some(dir), _) => DatasetSource::Features {
                dir: dir.clone(),
                rows_per_clip: (CLIP_SECS / self.clip_secs).round() as usize,
            },
            // The parser insists on one of the two.
            (None, videos) => DatasetSource::Videos(videos.clone().unwrap_or_default()),
        }
    }
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vcl train --data labels.jsonl --videos clips/ -o prompt.safetensors
  vcl search film.mp4 \"a flumbo\" --prompt prompt.safetensors

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
  vcl evaluate --data val.jsonl --features clip_features --predictions pred.jsonl")]
pub struct EvaluateArgs {
    #[command(flatten)]
    pub data: DataArgs,

    /// Write predictions in official format: of the prompt where one is given
    #[arg(long, value_name = "OUT.jsonl", value_parser = values::file())]
    pub predictions: Option<PathBuf>,

    /// Leave out the windows of further thresholds, as in the paper
    #[arg(long)]
    pub main_moments_only: bool,

    /// How to print the metrics
    #[arg(long, value_enum, default_value_t = ScoreFormat::Table)]
    pub format: ScoreFormat,
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
