//! The arguments, as `--help` shows them.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::domain::ZERO_SHOT_THRESHOLD;
use crate::engine::ModelChoice;
use crate::export::Format;
use crate::model::DeviceChoice;

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
    /// Which model: a name from `vcl model list`, or a directory in Hugging Face CLIP layout
    #[arg(
        long,
        global = true,
        value_name = "NAME|DIR",
        default_value = "bundled"
    )]
    pub model: ModelChoice,

    /// Where the model runs
    #[arg(long, global = true, value_enum, default_value_t = DeviceArg::Auto)]
    pub device: DeviceArg,

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
}

impl From<DeviceArg> for DeviceChoice {
    fn from(arg: DeviceArg) -> Self {
        match arg {
            DeviceArg::Auto => Self::Auto,
            DeviceArg::Gpu => Self::Gpu,
            DeviceArg::Cpu => Self::Cpu,
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
    /// Show models
    Model(ModelArgs),
}

#[derive(Debug, clap::Args)]
pub struct SearchArgs {
    pub video: PathBuf,

    /// What to look for
    #[arg(required = true, value_name = "QUERY")]
    pub queries: Vec<String>,

    /// How many highlights to list for each query
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub top: u16,

    /// How salient a clip must be to belong to a moment, between the least (0) and most (1) salient
    #[arg(long, default_value_t = ZERO_SHOT_THRESHOLD, value_name = "T", value_parser = parse_fraction)]
    pub threshold: f32,

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

    /// json, csv, srt, edl, fcpxml or otio
    #[arg(long)]
    pub format: Format,

    /// The file to write
    #[arg(short, long, value_name = "PATH")]
    pub output: PathBuf,

    /// As for `vcl search`
    #[arg(long, default_value_t = ZERO_SHOT_THRESHOLD, value_name = "T", value_parser = parse_fraction)]
    pub threshold: f32,
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

#[derive(Debug, clap::Args)]
pub struct ModelArgs {
    #[command(subcommand)]
    pub what: ModelCommand,
}

#[derive(Debug, Subcommand)]
pub enum ModelCommand {
    /// List the bundled and the installed models
    List,
    /// Show layers, sizes and parameters of a model
    Info {
        /// A name from `vcl model list` or a directory; else that of --model
        #[arg(value_name = "MODEL")]
        name: Option<ModelChoice>,
    },
}

impl Args {
    /// What the parser cannot say: a video to open and a command exclude each other.
    pub fn check(&self) -> Result<(), &'static str> {
        if self.command.is_some() && (self.video.is_some() || !self.queries.is_empty()) {
            Err("give either a video to open or a command")
        } else if self.video.is_none() && !self.queries.is_empty() {
            Err("-q needs a video to search")
        } else {
            Ok(())
        }
    }
}

impl SearchArgs {
    /// A search with all the defaults.
    pub fn plain(video: PathBuf, queries: Vec<String>) -> Self {
        Self {
            video,
            queries,
            top: 5,
            threshold: ZERO_SHOT_THRESHOLD,
            format: ResultFormat::Table,
            plot: None,
        }
    }
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
            assert!(matches!(args.global.device, DeviceArg::Cpu));
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
