//! The arguments, as `--help` shows them.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::engine::{DatasetSource, ModelChoice};
use crate::export::Format;
use crate::model::DeviceChoice;
use crate::model::moment_head::HeadKind;
use crate::model::prompt_learner::DEFAULT_N_CTX;

/// Find the moment in a video: type what you look for, see where it happens.
#[derive(Debug, Parser)]
#[command(version, disable_help_subcommand = true)]
pub struct Args {
    #[command(subcommand)]
    pub command: Option<CommandLine>,

    /// A video to search
    pub video: Option<PathBuf>,

    /// What to look for in it; can be given several times
    #[arg(short, long = "query", value_name = "QUERY")]
    pub queries: Vec<String>,

    #[command(flatten)]
    pub global: GlobalArgs,
}

/// Arguments that every command takes.
#[derive(Debug, clap::Args)]
pub struct GlobalArgs {
    /// Which model: a name from `vcl model list`, or a directory in Hugging Face CLIP layout; else
    /// the bundled one, in the window the one used last
    #[arg(long, global = true, value_name = "NAME|DIR")]
    pub model: Option<ModelChoice>,

    /// Search with what `vcl train` or the window taught
    #[arg(long, global = true, value_name = "FILE")]
    pub prompt: Option<PathBuf>,

    /// Where the model runs; else auto, in the window what was chosen last
    #[arg(long, global = true, value_enum)]
    pub device: Option<DeviceArg>,

    /// Encode only frames that differ from the one encoded before: quicker on still pictures, and
    /// not quite the same
    #[arg(long, global = true)]
    pub skip_near_duplicates: bool,

    /// Tell more; twice or thrice for even more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum DeviceArg {
    /// A GPU if there is a real one, else the CPU
    Auto,
    Gpu,
    Cpu,
    #[value(hide = true)]
    SoftwareGpu,
}

impl From<DeviceArg> for DeviceChoice {
    fn from(arg: DeviceArg) -> Self {
        match arg {
            DeviceArg::Auto => Self::Auto,
            DeviceArg::Gpu => Self::Gpu,
            DeviceArg::Cpu => Self::Cpu,
            DeviceArg::SoftwareGpu => Self::SoftwareGpu,
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum CommandLine {
    /// Show where in a video something happens
    Search(SearchArgs),
    /// Write moments for editors and spreadsheets
    Export(ExportArgs),
    /// Embed videos, or all videos of folders, ahead of time
    Index(IndexArgs),
    /// Write the model's features to a NumPy file
    Embed(EmbedArgs),
    /// Teach a prompt on a data set in QVHighlights format
    Train(TrainArgs),
    /// Measure zero-shot search, and a prompt, on a data set
    Evaluate(EvaluateArgs),
    /// The official QVHighlights metrics of a prediction file
    Score(ScoreArgs),
    /// Show and download models
    Model(ModelArgs),
}

#[derive(Debug, clap::Args)]
pub struct SearchArgs {
    pub video: PathBuf,

    /// What to look for
    #[arg(required = true, value_name = "QUERY")]
    pub queries: Vec<String>,

    /// How many highlights to list for each query, and moments in the table
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub top: u16,

    /// How salient a clip must be to belong to a moment, between the least (0) and most (1)
    /// salient; else 0.4, or 0.5 for a prompt with a trained moment head
    #[arg(long, value_name = "T", value_parser = parse_fraction)]
    pub threshold: Option<f32>,

    #[arg(long, value_enum, default_value_t = ResultFormat::Table)]
    pub format: ResultFormat,

    /// Draw the curves to a .png or .svg file
    #[arg(long, value_name = "FILE")]
    pub plot: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ResultFormat {
    Table,
    Json,
    Csv,
}

#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    pub video: PathBuf,

    /// What to look for
    #[arg(required = true, value_name = "QUERY")]
    pub queries: Vec<String>,

    /// json, csv, srt, edl, fcpxml or otio; or cuts: every moment as a video file of its own,
    /// not re-encoded, so it begins with the key frame before the moment
    #[arg(long, value_parser = parse_export_format)]
    pub format: ExportFormat,

    /// The file to write; for cuts the folder
    #[arg(short, long, value_name = "PATH")]
    pub output: PathBuf,

    /// Tell of the cuts in JSON
    #[arg(long)]
    pub json: bool,

    /// As for `vcl search`
    #[arg(long, value_name = "T", value_parser = parse_fraction)]
    pub threshold: Option<f32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// One file about all moments.
    File(Format),
    /// One video file for each moment.
    Cuts,
}

#[derive(Debug, clap::Args)]
pub struct IndexArgs {
    /// Videos, or folders that are searched for videos
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct EmbedArgs {
    #[command(subcommand)]
    pub what: EmbedCommand,
}

#[derive(Debug, Subcommand)]
pub enum EmbedCommand {
    /// Image features of a video, one row per 2-second clip: key `features`, [n_clips, dim]
    Video {
        video: PathBuf,
        /// The .npz file to write
        #[arg(short, long, value_name = "FILE.npz")]
        output: PathBuf,
    },
    /// Text features: key `pooler_output`, [n, dim]
    Text {
        #[arg(required = true, value_name = "TEXT")]
        texts: Vec<String>,
        /// The .npz file to write
        #[arg(short, long, value_name = "FILE.npz")]
        output: PathBuf,
    },
}

/// A data set: annotations, and its videos in one form or the other.
#[derive(Debug, clap::Args)]
pub struct DataArgs {
    /// Annotations in QVHighlights format
    #[arg(long, value_name = "LABELS.jsonl")]
    pub data: PathBuf,

    #[command(flatten)]
    pub videos: VideosArgs,
}

/// The videos of a data set, in one form or the other.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub struct VideosArgs {
    /// A folder with {vid}.npz for every video, made with the same model
    #[arg(long, value_name = "DIR")]
    pub features: Option<PathBuf>,

    /// A folder with the videos themselves, {vid}.*
    #[arg(long, value_name = "DIR")]
    pub videos: Option<PathBuf>,
}

impl VideosArgs {
    pub fn source(&self) -> DatasetSource {
        match (&self.features, &self.videos) {
            (Some(dir), _) => DatasetSource::Features(dir.clone()),
            // The parser demands one of the two.
            (None, videos) => DatasetSource::Videos(videos.clone().unwrap_or_default()),
        }
    }
}

#[derive(Debug, clap::Args)]
pub struct TrainArgs {
    #[command(flatten)]
    pub data: DataArgs,

    /// The prompt to write
    #[arg(short, long, value_name = "PROMPT.safetensors")]
    pub output: PathBuf,

    /// Which moment head; `window` unless --paper says `frame`
    #[arg(long, value_enum)]
    pub head: Option<HeadArg>,

    /// Learn from so many labelled queries only, drawn by --seed
    #[arg(long, value_name = "N")]
    pub shots: Option<usize>,

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
    Centred,
    Plain,
}

#[derive(Debug, clap::Args)]
pub struct EvaluateArgs {
    #[command(flatten)]
    pub data: DataArgs,

    /// Write predictions in official format: of the prompt where one is given
    #[arg(long, value_name = "OUT.jsonl")]
    pub predictions: Option<PathBuf>,

    /// Leave out the windows of further thresholds, as in the paper
    #[arg(long)]
    pub main_moments_only: bool,

    #[arg(long, value_enum, default_value_t = ScoreFormat::Table)]
    pub format: ScoreFormat,
}

#[derive(Debug, clap::Args)]
pub struct ScoreArgs {
    /// Annotations
    #[arg(long, value_name = "GT.jsonl")]
    pub truth: PathBuf,

    /// Predictions for the same queries
    #[arg(long, value_name = "PRED.jsonl")]
    pub predictions: PathBuf,

    #[arg(long, value_enum, default_value_t = ScoreFormat::Table)]
    pub format: ScoreFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ScoreFormat {
    Table,
    Json,
}

#[derive(Debug, clap::Args)]
pub struct ModelArgs {
    #[command(subcommand)]
    pub what: ModelCommand,
}

#[derive(Debug, Subcommand)]
pub enum ModelCommand {
    /// List the bundled, the installed and the downloaded models
    List,
    /// Show layers, sizes and parameters of a model
    Info {
        /// A name from `vcl model list` or a directory; else that of --model
        #[arg(value_name = "MODEL")]
        name: Option<ModelChoice>,
    },
    /// Fetch a model from huggingface.co, or from where HF_ENDPOINT says
    Download {
        /// Such as openai/clip-vit-base-patch32, openai/clip-vit-base-patch16,
        /// openai/clip-vit-large-patch14, laion/CLIP-ViT-B-32-laion2B-s34B-b79K, or any other
        /// CLIP in the same layout
        #[arg(value_name = "OWNER/NAME")]
        name: String,

        /// A branch, a commit or refs/pr/N; else the one that suits the model
        #[arg(long)]
        revision: Option<String>,
    },
}

impl Args {
    /// What the parser cannot say: a video to open and a command exclude each other.
    pub fn check(&self) -> Result<(), &'static str> {
        if self.command.is_some() && (self.video.is_some() || !self.queries.is_empty()) {
            Err("give either a video to open or a command")
        } else if self.video.is_none() && !self.queries.is_empty() {
            Err("-q needs a video to search")
        } else if matches!(&self.command, Some(CommandLine::Export(export))
            if export.json && export.format != ExportFormat::Cuts)
        {
            Err("--json goes with --format cuts only")
        } else {
            Ok(())
        }
    }
}

/// More context than this leaves no room for the words of a query.
fn parse_n_ctx(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n @ 1..=32) => Ok(n),
        _ => Err("give a number from 1 to 32".to_owned()),
    }
}

fn parse_export_format(text: &str) -> Result<ExportFormat, String> {
    if text.eq_ignore_ascii_case("cuts") {
        return Ok(ExportFormat::Cuts);
    }
    let format = text.parse().map(ExportFormat::File);
    format.map_err(|error: crate::export::UnknownFormat| format!("{error}, or cuts"))
}

fn parse_fraction(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        _ => Err("give a number from 0 to 1".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_definition_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn global_arguments_stand_before_or_after_the_command() {
        for words in [
            ["vcl", "--device", "cpu", "search", "a.mp4", "x"],
            ["vcl", "search", "a.mp4", "x", "--device", "cpu"],
        ] {
            let args = Args::try_parse_from(words).unwrap();
            args.check().unwrap();
            assert!(matches!(args.global.device, Some(DeviceArg::Cpu)));
        }
    }

    #[test]
    fn a_data_set_has_features_or_videos() {
        for (source, expected) in [
            ("--features", DatasetSource::Features("d".into())),
            ("--videos", DatasetSource::Videos("d".into())),
        ] {
            let words = ["vcl", "evaluate", "--data", "a.jsonl", source, "d"];
            let args = Args::try_parse_from(words).unwrap();
            let Some(CommandLine::Evaluate(evaluate)) = args.command else {
                panic!("another command");
            };
            assert_eq!(evaluate.data.videos.source(), expected);
        }
    }

    #[test]
    fn a_video_alone_is_opened() {
        let args = Args::try_parse_from(["vcl", "a.mp4", "-q", "x", "-q", "y"]).unwrap();
        args.check().unwrap();
        assert_eq!(args.video, Some(PathBuf::from("a.mp4")));
        assert_eq!(args.queries, ["x", "y"]);
    }

    #[test]
    fn nonsense_is_refused() {
        for words in [
            &["vcl", "search", "a.mp4"][..],
            &["vcl", "search", "a.mp4", "x", "--threshold", "1.5"],
            &["vcl", "search", "a.mp4", "x", "--threshold", "nan"],
            &["vcl", "search", "a.mp4", "x", "--top", "0"],
            &["vcl", "index"],
            &["vcl", "embed", "text", "-o", "x.npz"],
            &["vcl", "model"],
            &["vcl", "train", "--data", "a.jsonl", "-o", "x"],
            &[
                "vcl",
                "evaluate",
                "--data",
                "a.jsonl",
                "--features",
                "f",
                "--videos",
                "v",
            ],
            &["vcl", "score", "--truth", "a.jsonl"],
        ] {
            assert!(Args::try_parse_from(words).is_err(), "{words:?}");
        }
        for words in [
            &["vcl", "-q", "x"][..],
            &["vcl", "-q", "x", "model", "list"],
        ] {
            let args = Args::try_parse_from(words).unwrap();
            assert!(args.check().is_err(), "{words:?}");
        }
    }
}
