//! The commands that search videos: `search`, `export`, `index`, `embed`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::asked::AskedArgs;
use super::detector::DetectorChoice;
use super::export_format::ExportFormat;
use super::shaping::ShapingArgs;
use super::values::{self, Shard, parse_fraction, parse_text};
use crate::export::NameTemplate;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vcl search film.mp4 \"a red circle\" \"waves on the sea\" --plot curve.png
  vcl search film.mp4 \"a beach -people\" --image shell.jpg
  vcl search film.mp4 \"a red circle\" --then \"waves on the sea\" --within 20
  vcl search film.mp4 night --format json | jq '.queries[0].highlight.start_secs'")]
pub struct SearchArgs {
    /// The video to search
    #[arg(value_parser = values::path())]
    pub video: PathBuf,

    #[command(flatten)]
    pub asked: AskedArgs,

    /// How many highlights to list for each query, and moments in the table
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub top: u16,

    /// How high a moment must reach, between the least (0) and most (1) salient part; else 0.725, 0.9
    /// where many parts reach that, 0.5 for a prompt with a trained moment head, or 0.8 for a detector
    #[arg(long, value_name = "T", value_parser = parse_fraction, allow_negative_numbers = true)]
    pub threshold: Option<f32>,

    #[command(flatten)]
    pub detector: DetectorChoice,

    /// How to print what was found
    #[arg(long, value_enum, default_value_t = ResultFormat::Table)]
    pub format: ResultFormat,

    /// Draw the curves to a .png or .svg file
    #[arg(long, value_name = "FILE", value_parser = values::plot_file())]
    pub plot: Option<PathBuf>,

    /// In what to look: what is seen, or the subtitles in the file and beside it
    #[arg(long = "match", value_enum, default_value_t = MatchArg::Both, value_name = "WHAT")]
    pub matches: MatchArg,

    #[command(flatten)]
    pub shaping: ShapingArgs,
}

/// In what to look for a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MatchArg {
    /// What is seen
    Pictures,
    /// What is said, as far as subtitles tell
    Words,
    /// One and the other
    Both,
}

impl MatchArg {
    pub fn takes_pictures(self) -> bool {
        self != Self::Words
    }

    pub fn takes_words(self) -> bool {
        self != Self::Pictures
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ResultFormat {
    /// For people
    Table,
    /// All numbers, with the whole curve of each query
    Json,
    /// One row for each highlight and each moment
    Csv,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vcl export film.mp4 \"city lights at night\" --format edl -o night.edl
  vcl export film.mp4 \"a red circle\" --top 3 --format cuts -o cuts/ --pad 1 --name \"{query} {n}\"
  vcl export film.mp4 \"a red circle\" --format cuts --join -o best.mp4
  vcl export film.mp4 \"a red circle\" --format csv -o - | column -s, -t")]
pub struct ExportArgs {
    /// The video to search
    #[arg(value_parser = values::path())]
    pub video: PathBuf,

    #[command(flatten)]
    pub asked: AskedArgs,

    /// What to write
    #[arg(long, value_enum, ignore_case = true)]
    pub format: ExportFormat,

    /// The file to write, - for standard output; for cuts the folder
    #[arg(short, long, value_name = "PATH", value_parser = values::path())]
    pub output: PathBuf,

    /// Only so many moments of each query, the best ones
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub top: Option<u16>,

    /// With --format cuts: all moments one behind the other in one file
    #[arg(long)]
    pub join: bool,

    /// With --format cuts: begin and end on the very pictures, with the edges encoded anew in the codec of
    /// the video and the rest copied
    #[arg(long, conflicts_with = "join")]
    pub exact: bool,

    /// How cuts are called, such as {video}-{query}-{n}; there are also {rank} {start} {end} {score}
    #[arg(long, value_name = "TEMPLATE")]
    pub name: Option<NameTemplate>,

    /// Tell of the cuts in JSON
    #[arg(long)]
    pub json: bool,

    /// Begin CSV with a byte order mark, from which spreadsheets know that it is UTF-8
    #[arg(long)]
    pub bom: bool,

    /// As for `vcl search`
    #[arg(long, value_name = "T", value_parser = parse_fraction, allow_negative_numbers = true)]
    pub threshold: Option<f32>,

    #[command(flatten)]
    pub detector: DetectorChoice,

    #[command(flatten)]
    pub shaping: ShapingArgs,
}

impl ExportArgs {
    /// What the parser cannot check: what belongs to cuts means nothing elsewhere.
    pub fn check(&self) -> Result<(), String> {
        let is_cuts = self.format == ExportFormat::Cuts;
        let options = [
            ("--json", self.json),
            ("--join", self.join),
            ("--exact", self.exact),
            ("--name", self.name.is_some()),
        ];
        if let Some((option, _)) = options.iter().find(|(_, is_given)| *is_given && !is_cuts) {
            return Err(format!("{option} goes with --format cuts only"));
        }
        if self.join && self.name.is_some() {
            return Err("--name is for several files, and --join writes one".to_owned());
        }
        if is_cuts && self.output.as_os_str() == "-" {
            return Err("--format cuts needs a folder: -o DIR, or with --join a file".to_owned());
        }
        Ok(())
    }
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vcl index ~/Videos holiday.mkv

  vcl index --shard 3/8 /shared/films        the third eighth, for one of eight machines

What is indexed is found by every later search, under whatever name the file has then. An
interrupted index goes on where it stopped. Machines may share one VCL_CACHE_DIR.")]
pub struct IndexArgs {
    /// Videos, or folders that are searched for videos
    #[arg(required = true, value_name = "PATH", value_parser = values::path())]
    pub paths: Vec<PathBuf>,

    /// Only the I-th of N parts of the videos, told apart by their paths; `auto` takes I and N from
    /// SLURM_ARRAY_TASK_ID (with _MIN and _COUNT), or from JOB_COMPLETION_INDEX and
    /// JOB_COMPLETIONS
    #[arg(long, value_name = "I/N|auto", value_parser = values::parse_shard)]
    pub shard: Option<Shard>,
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
        /// The video to look at
        #[arg(value_parser = values::path())]
        video: PathBuf,
        /// The .npz file to write
        #[arg(short, long, value_name = "FILE.npz", value_parser = values::file())]
        output: PathBuf,
    },
    /// Image features of pictures, one row for each: key `features`, [n, dim]
    Image {
        /// JPEG or PNG files
        #[arg(required = true, value_name = "FILE", value_parser = values::path())]
        images: Vec<PathBuf>,
        /// The .npz file to write
        #[arg(short, long, value_name = "FILE.npz", value_parser = values::file())]
        output: PathBuf,
    },
    /// Text features: key `pooler_output`, [n, dim]
    Text {
        /// One row for each; a text that is longer than the model reads is cut
        #[arg(required = true, value_name = "TEXT", value_parser = parse_text)]
        texts: Vec<String>,
        /// The .npz file to write
        #[arg(short, long, value_name = "FILE.npz", value_parser = values::file())]
        output: PathBuf,
    },
}
