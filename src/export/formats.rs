//! The file formats for moments: each is one file in `formats/` and one row of [`FORMATS`].

use std::fmt;

use super::document::Export;
use super::error::ExportError;

mod edl;
mod fcpxml;
mod otio;
mod srt;
mod tables;

pub use tables::{HighlightRow, MomentRow};

/// What `vcl export --format` and the menu of the window offer, in this order.
pub static FORMATS: &[FileFormat] = &[
    FileFormat {
        extension: "json",
        title: "JSON, for programs",
        about: "Moments with seconds, frames and scores",
        write: tables::json,
    },
    FileFormat {
        extension: "csv",
        title: "CSV, for spreadsheets",
        about: "The same for spreadsheets, with timecodes",
        write: tables::csv,
    },
    FileFormat {
        extension: "srt",
        title: "SRT, as captions",
        about: "Captions (SubRip)",
        write: srt::srt,
    },
    FileFormat {
        extension: "edl",
        title: "EDL, for Resolve or Premiere",
        about: "Edit decision list (CMX 3600), which every editing program reads",
        write: edl::edl,
    },
    FileFormat {
        extension: "fcpxml",
        title: "FCPXML, for Final Cut or Resolve",
        about: "Final Cut Pro, DaVinci Resolve",
        write: fcpxml::fcpxml,
    },
    FileFormat {
        extension: "otio",
        title: "OTIO, for OpenTimelineIO",
        about: "OpenTimelineIO",
        write: otio::otio,
    },
];

/// A file format for moments.
#[derive(Clone, Copy)]
pub struct FileFormat {
    /// Its name on the command line, which is also the usual file extension.
    pub extension: &'static str,
    /// Its name in the window, with what reads it.
    pub title: &'static str,
    /// Its line in the help of the command line.
    pub about: &'static str,
    /// The text of a file, UTF-8. A query without moments is not an error: it gives no line, event
    /// or project. EDL has errors of its own, above 99 frames per second and above 999 moments, and
    /// captions belong to one video.
    pub write: fn(Export<'_>) -> Result<String, ExportError>,
}

/// Formats are told apart by their name: function pointers have no reliable identity.
impl PartialEq for FileFormat {
    fn eq(&self, other: &Self) -> bool {
        self.extension == other.extension
    }
}

impl Eq for FileFormat {}

impl fmt::Debug for FileFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.extension)
    }
}
