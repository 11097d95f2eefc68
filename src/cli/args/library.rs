//! The commands about all videos at once: `library` and `find`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::asked::AskedArgs;
use super::detector::DetectorChoice;
use super::export_format::ExportFormat;
use super::find::{MatchArg, ResultFormat};
use super::shaping::ShapingArgs;
use super::values::{self, ExportTarget, parse_fraction, parse_secs, parse_since};
use crate::export::{ExportError, FileFormat, NameTemplate};
use crate::library::Library;
use crate::store::Paths;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vcl library add ~/Videos /media/archive
  vcl library update                          look for what is new, was moved or is gone
  vcl library watch                           the same as soon as it happens
  vcl find \"a red circle\" --in ~/Videos --since 2026

What is interrupted goes on where it stopped when the same command is run again, and several processes
may index one library at once.")]
pub struct LibraryArgs {
    #[command(flatten)]
    pub place: LibraryPlace,

    #[command(subcommand)]
    pub what: LibraryCommand,
}

/// Which library is meant.
#[derive(Debug, clap::Args)]
pub struct LibraryPlace {
    /// A library that several machines share: a PostgreSQL server with pgvector, such as
    /// postgres://user@host/database?sslmode=verify-full; the password from there or from PGPASSWORD
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub library: Option<String>,
}

impl LibraryPlace {
    /// Opens it, or that of this user.
    pub fn open(&self) -> anyhow::Result<Library> {
        let paths = Paths::from_env()?;
        Ok(match &self.library {
            Some(address) => Library::open_shared(address, &paths)?,
            None => Library::open(&paths)?,
        })
    }
}

#[derive(Debug, Subcommand)]
pub enum LibraryCommand {
    /// Add videos, or folders with all videos below them, and index what is new
    Add {
        /// Videos and folders
        #[arg(required = true, value_name = "PATH", value_parser = values::path())]
        paths: Vec<PathBuf>,
    },
    /// Look through all folders again, and index what is new or was changed
    Update,
    /// Keep watching the folders, and index what comes, until it is stopped
    Watch {
        /// How long a file must have been left alone, such as by whoever copies it
        #[arg(long, default_value_t = 2.0, value_name = "SECS", value_parser = parse_secs)]
        quiet: f64,
    },
    /// Take videos or folders out of the library; the files stay
    Remove {
        /// What was added, or a file that is gone
        #[arg(required = true, value_name = "PATH", value_parser = values::path())]
        paths: Vec<PathBuf>,
    },
    /// List the videos with their length, day and state
    List {
        /// How to print them
        #[arg(long, value_enum, default_value_t = ListFormat::Table)]
        format: ListFormat,
    },
    /// Show how much there is, how far it is indexed, what went wrong, and the disk that it takes
    Status {
        /// How to print it
        #[arg(long, value_enum, default_value_t = StatusFormat::Table)]
        format: StatusFormat,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For people
    Table,
    /// An array with one object for each video
    Json,
    /// One row for each video
    Csv,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StatusFormat {
    /// For people
    Table,
    /// For programs
    Json,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vcl find \"a red circle\"
  vcl find night \"waves on the sea\" --in ~/Videos/2026 --longer 60 --top 5
  vcl find --image shell.jpg --and \"a beach\"
  vcl find \"a flumbo\" --prompt flumbo.safetensors --format json
  vcl find night --top 20 --export night.edl       one timeline of many videos

Nothing is listed that unrelated words reach as well somewhere in what is searched.")]
pub struct FindArgs {
    #[command(flatten)]
    pub place: LibraryPlace,

    #[command(flatten)]
    pub asked: AskedArgs,

    /// Only this video, or the videos below this folder; can be given several times
    #[arg(long = "in", value_name = "PATH", value_parser = values::path())]
    pub inside: Vec<PathBuf>,

    /// Only videos whose file was last changed on this day or later (UTC)
    #[arg(long, value_name = "DATE", value_parser = parse_since)]
    pub since: Option<i64>,

    /// Only videos that are longer than so many seconds
    #[arg(long, value_name = "SECS", value_parser = parse_secs)]
    pub longer: Option<f64>,

    /// How many moments to list for each query
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub top: u16,

    /// How many of them from one video at most
    #[arg(long, default_value_t = 3, value_name = "K", value_parser = clap::value_parser!(u16).range(1..))]
    pub per_video: u16,

    /// As for `vcl search`
    #[arg(long, value_name = "T", value_parser = parse_fraction, allow_negative_numbers = true)]
    pub threshold: Option<f32>,

    #[command(flatten)]
    pub detector: DetectorChoice,
    /// In what to look: what is seen, or the subtitles in the files and beside them
    #[arg(long = "match", value_enum, default_value_t = MatchArg::Both, value_name = "WHAT")]
    pub matches: MatchArg,

    /// How to print what was found
    #[arg(long, value_enum, default_value_t = ResultFormat::Table)]
    pub format: ResultFormat,

    /// Draw the curves of the best videos to a .png or .svg file
    #[arg(long, value_name = "FILE", value_parser = values::plot_file())]
    pub plot: Option<PathBuf>,

    /// Write what was found to one file for an editing program, which its ending names: .edl .fcpxml
    /// .otio .xml .mlt .csv .json and others; to a folder every moment as a video file of its own, not
    /// re-encoded
    #[arg(long, value_name = "FILE|DIR", value_parser = values::export_target())]
    pub export: Option<ExportTarget>,

    /// What to write there, if not what the ending says; as for `vcl export`
    #[arg(
        long,
        value_enum,
        ignore_case = true,
        value_name = "FORMAT",
        requires = "export"
    )]
    pub export_format: Option<ExportFormat>,

    /// Write one video file of all moments one behind the other
    #[arg(long, requires = "export", conflicts_with_all = ["export_format", "name"])]
    pub join: bool,

    /// Begin and end cuts on the very pictures; as for `vcl export`
    #[arg(long, requires = "export", conflicts_with = "join")]
    pub exact: bool,

    /// How cuts are called, such as {video}-{query}-{n}; there are also {rank} {start} {end} {score}
    #[arg(long, value_name = "TEMPLATE", requires = "export")]
    pub name: Option<NameTemplate>,

    /// For --export
    #[command(flatten)]
    pub shaping: ShapingArgs,
}

impl FindArgs {
    /// In which form what was found is written, if it is.
    ///
    /// # Errors
    /// Where the name of the file says none, or one that takes a single video only.
    pub fn written_as(&self) -> Result<Option<ExportFormat>, String> {
        let Some(target) = &self.export else {
            return Ok(None);
        };
        let format = match self.export_format {
            Some(format) => format,
            None if self.join => ExportFormat::Cuts,
            None => target.format.clone()?,
        };
        match format {
            ExportFormat::File(FileFormat {
                takes_several: false,
                title,
                name,
                ..
            }) => Err(ExportError::OfOneVideo { title, name }.to_string()),
            format => Ok(Some(format)),
        }
    }

    pub fn check(&self) -> Result<(), String> {
        let format = self.written_as()?;
        if format.is_none() && self.shaping.is_given() {
            return Err(
                "--pad, --min-length, --join-gap, --refine and --order go with --export".to_owned(),
            );
        }
        if self.name.is_some() && format != Some(ExportFormat::Cuts) {
            return Err("--name goes with a folder for cuts only".to_owned());
        }
        if self.exact && format != Some(ExportFormat::Cuts) {
            return Err("--exact goes with a folder for cuts only".to_owned());
        }
        Ok(())
    }
}
