//! The arguments, as `--help` shows them.

mod asked;
mod detector;
mod export_format;
mod find;
mod learn;
mod library;
mod shaping;
mod values;

use std::path::PathBuf;
use std::sync::LazyLock;

use clap::{Parser, Subcommand, ValueEnum, ValueHint};

use crate::domain::{Query, VERSION, build_date, count, parts};
use crate::engine::{Frames, ModelChoice};
use crate::model::{DeviceChoice, Framing};
use crate::video::gstreamer_version;

pub use detector::{DetectorArgs, DetectorChoice, DetectorCommand};
pub use export_format::ExportFormat;
pub use find::{EmbedArgs, EmbedCommand, ExportArgs, IndexArgs, ResultFormat, SearchArgs};
pub use learn::{
    DataArgs, EvaluateArgs, LossArg, ScoreArgs, ScoreFormat, TrainArgs, TrainDetectorArgs,
};
pub use library::{FindArgs, LibraryArgs, LibraryCommand, ListFormat, StatusFormat};

const EXAMPLES: &str = "\
Examples:
  vcl film.mp4 -q \"a red circle\"                           open the window and ask
  vcl search film.mp4 \"a red circle\" \"waves on the sea\"   the same without a window
  vcl library add ~/Videos; vcl find \"a red circle\"       the same in all your videos
  vcl export film.mp4 night --format edl -o night.edl      for an editing program
  vcl model download openai/clip-vit-base-patch32          a model that knows the real world";

const REFERENCE: &str = "\
Environment:
  VCL_CACHE_DIR   what can be made again: image features of videos
  VCL_DATA_DIR    what cannot: prompts, labels, settings
  VCL_MODEL_DIR   directories with models, for --model NAME
  HF_HUB_CACHE, HF_HOME, HF_ENDPOINT   where models are downloaded to and from
  HF_TOKEN, HF_TOKEN_PATH              your token there; else the one that a login has stored
  SSL_CERT_FILE, SSL_CERT_DIR          authorities to trust besides Mozilla's, in place of the system's

Exit codes:
  0   everything asked was done
  1   something was not; the last line on standard error says what
  2   the arguments make no sense";

/// What `--version` says; `-V` only says which.
static LONG_VERSION: LazyLock<String> = LazyLock::new(|| {
    let built = build_date().map_or_else(String::new, |date| format!(", built on {date}"));
    let n_crates = count(parts().count(), "crate");
    format!(
        "{VERSION}{built}\n{}\nMIT or Apache-2.0; contains {n_crates}: vcl licences",
        gstreamer_version()
    )
});

/// Find the moment in a video: type what you look for, see where it happens.
///
/// Without a command it opens the window.
#[derive(Debug, Parser)]
#[command(
    version,
    long_version = LONG_VERSION.as_str(),
    override_usage = "vcl [OPTIONS] [VIDEO]...\n       vcl [OPTIONS] <COMMAND>",
    after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{REFERENCE}")
)]
pub struct Args {
    #[command(subcommand)]
    pub command: Option<CommandLine>,

    /// A video to open in the window; a folder, or several, for the library
    #[arg(value_name = "VIDEO", value_parser = values::path(), value_hint = ValueHint::FilePath)]
    pub videos: Vec<PathBuf>,

    /// What to look for there; can be given several times
    #[arg(short, long = "query", value_name = "QUERY", value_parser = values::parse_query)]
    pub queries: Vec<Query>,

    #[command(flatten)]
    pub global: GlobalArgs,
}

/// The same without a video to open: it names the command that `vcl serch film.mp4` was meant to be.
#[derive(Debug, Parser)]
pub struct CommandsOnly {
    #[command(subcommand)]
    pub command: CommandLine,

    #[command(flatten)]
    pub global: GlobalArgs,
}

/// Arguments that every command takes; --model and --device also where they change nothing, so that
/// an alias can hold them.
#[derive(Debug, clap::Args)]
pub struct GlobalArgs {
    /// Which model: a name from `vcl model list`, or the directory of a CLIP or SigLIP; else
    /// the bundled one, in the window the one used last
    #[arg(long, global = true, value_name = "NAME|DIR")]
    pub model: Option<ModelChoice>,

    /// Search with what `vcl train` or the window taught
    #[arg(long, global = true, value_name = "FILE", value_parser = values::path())]
    pub prompt: Option<PathBuf>,

    /// Where the model runs; else auto, in the window what was chosen last
    #[arg(long, global = true, value_enum)]
    pub device: Option<DeviceArg>,

    /// Encode only frames that differ from the one encoded before: quicker on still pictures, and
    /// not quite the same
    #[arg(long, global = true)]
    pub skip_near_duplicates: bool,

    /// Which frame stands for a clip; else exact, unless the video is known by its key frames. A library
    /// that was indexed by key frames is searched by them with the same option
    #[arg(long, global = true, value_enum)]
    pub frames: Option<FramesArg>,

    /// Which part of a wide frame is looked at; else the one that the model was trained on: the centre
    /// for CLIP, the whole for SigLIP
    #[arg(long, global = true, value_enum)]
    pub framing: Option<FramingArg>,

    /// Tell more; twice or thrice for even more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum DeviceArg {
    /// A GPU if there is a real one, else the CPU
    Auto,
    /// A GPU or nothing
    Gpu,
    /// The processor
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

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum FramesArg {
    /// A key frame inside the clip, the exact one only where there is none: many times quicker
    Keys,
    /// What is on screen at the centre of the clip
    Exact,
}

impl From<FramesArg> for Frames {
    fn from(arg: FramesArg) -> Self {
        match arg {
            FramesArg::Keys => Self::Keys,
            FramesArg::Exact => Self::Exact,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FramingArg {
    /// The middle square; what is at the sides is not seen
    Centre,
    /// Three squares beside each other, of which the best counts: everything is seen, at three times the cost
    Tiles,
    /// All of it, squeezed into a square
    Whole,
}

impl From<FramingArg> for Framing {
    fn from(arg: FramingArg) -> Self {
        match arg {
            FramingArg::Centre => Self::Centre,
            FramingArg::Tiles => Self::Tiles,
            FramingArg::Whole => Self::Whole,
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum CommandLine {
    /// Show where in a video something happens
    Search(SearchArgs),
    /// Show in which videos of the library something happens, and where
    Find(FindArgs),
    /// Add folders to the library, see what is in it and how far it is indexed
    Library(LibraryArgs),
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
    /// Add, show and remove trained moment detectors
    Detector(DetectorArgs),
    /// Read a little of a video, for a window that does not want to end with it
    #[command(hide = true)]
    TryVideo {
        /// The video
        #[arg(value_parser = values::path())]
        video: PathBuf,
    },
    /// Show the licences of all that the program is made of
    Licences,
    /// Write what belongs beside an installed program: man pages, completions, icons, licences
    #[command(hide = true)]
    PackageFiles {
        /// A folder, as `/usr/share`
        #[arg(value_name = "DIR", value_parser = values::path())]
        dir: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
pub struct ModelArgs {
    #[command(subcommand)]
    pub what: ModelCommand,
}

#[derive(Debug, Subcommand)]
pub enum ModelCommand {
    /// List the models that are here, and those that can be fetched, with what each is good for
    List,
    /// Show layers, sizes and parameters of a model
    Info {
        /// A name from `vcl model list` or a directory; else that of --model
        #[arg(value_name = "MODEL")]
        name: Option<ModelChoice>,
    },
    /// Fetch a model from huggingface.co, or from where HF_ENDPOINT says
    Download {
        /// One that `vcl model list` recommends, or any other CLIP, SigLIP or SigLIP 2 in the layout
        /// of transformers or open_clip
        #[arg(value_name = "OWNER/NAME")]
        name: String,

        /// A branch, a commit or refs/pr/N; else the one that suits the model
        #[arg(long)]
        revision: Option<String>,
    },
    /// Measure for ten seconds how many frames per second a model takes here
    Measure {
        /// A name from `vcl model list` or a directory; else that of --model
        #[arg(value_name = "MODEL")]
        name: Option<ModelChoice>,
    },
}

impl Args {
    /// What the parser cannot check: a video to open and a command exclude each other, and an option
    /// must mean something for the command.
    pub fn check(&self) -> Result<(), String> {
        if self.command.is_some() && (!self.videos.is_empty() || !self.queries.is_empty()) {
            return Err("give either a video to open or a command".to_owned());
        }
        if self.videos.is_empty() && !self.queries.is_empty() {
            return Err("-q needs a video to search".to_owned());
        }
        let Some(command) = &self.command else {
            return Ok(());
        };
        match command {
            CommandLine::Search(search) => search.asked.check()?,
            CommandLine::Train(train) => train.check()?,
            CommandLine::Evaluate(evaluate) => evaluate.check()?,
            CommandLine::Export(export) => {
                export.asked.check()?;
                export.check()?;
            }
            CommandLine::Find(find) => {
                find.asked.check()?;
                find.check()?;
            }
            _ => {}
        }
        let (name, takes_prompt, reads_videos) = command.takes();
        if self.global.prompt.is_some() && !takes_prompt {
            return Err(format!("--prompt means nothing for `vcl {name}`"));
        }
        let frame_options = [
            ("--skip-near-duplicates", self.global.skip_near_duplicates),
            ("--frames", self.global.frames.is_some()),
            ("--framing", self.global.framing.is_some()),
        ];
        let is_taught = matches!(command, CommandLine::Train(_) | CommandLine::Evaluate(_));
        if is_taught && self.global.framing == Some(FramingArg::Tiles) {
            return Err(format!(
                "`vcl {name}` takes one square of a frame, not tiles"
            ));
        }
        for (option, is_given) in frame_options {
            if is_given && !reads_videos {
                return Err(format!(
                    "{option} means nothing for this `vcl {name}`: no video is read"
                ));
            }
        }
        Ok(())
    }
}

impl CommandLine {
    /// Its name, whether it searches with a prompt, and whether it looks at videos.
    fn takes(&self) -> (&'static str, bool, bool) {
        match self {
            Self::Search(_) => ("search", true, true),
            Self::Find(_) => ("find", true, true),
            Self::Library(_) => ("library", false, true),
            Self::Export(_) => ("export", true, true),
            Self::Index(_) => ("index", false, true),
            Self::Embed(embed) => match embed.what {
                EmbedCommand::Video { .. } => ("embed video", false, true),
                EmbedCommand::Image { .. } => ("embed image", false, false),
                EmbedCommand::Text { .. } => ("embed text", false, false),
            },
            Self::Train(train) => ("train", false, train.data.videos.videos.is_some()),
            Self::Evaluate(evaluate) => ("evaluate", true, evaluate.data.videos.videos.is_some()),
            Self::Score(_) => ("score", false, false),
            Self::Model(_) => ("model", false, false),
            Self::Detector(_) => ("detector", false, false),
            Self::TryVideo { .. } => ("try-video", false, true),
            Self::Licences => ("licences", false, false),
            Self::PackageFiles { .. } => ("package-files", false, false),
        }
    }
}

#[cfg(test)]
mod tests;
