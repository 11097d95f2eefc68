//! The file formats for moments: each is one file in `formats/` and one row of [`FORMATS`].

use std::fmt;

use super::document::Export;
use super::error::ExportError;

mod contact_sheet;
mod edl;
mod edl_markers;
mod fcpxml;
mod fcpxml_markers;
mod ffmetadata;
mod m3u;
mod matroska_chapters;
mod mlt;
mod otio;
mod premiere;
mod srt;
mod tables;
mod youtube;

pub use tables::{HighlightRow, MomentRow};

/// What `vcl export --format` and the menu of the window offer, in this order. Where two have the same
/// extension, the first is meant by it.
pub static FORMATS: &[FileFormat] = &[
    FileFormat {
        name: "json",
        extension: "json",
        title: "JSON, for programs",
        about: "Moments with seconds, frames and scores",
        takes_several: true,
        writing: Writing::Text(tables::json),
    },
    FileFormat {
        name: "csv",
        extension: "csv",
        title: "CSV, for spreadsheets",
        about: "The same for spreadsheets, with timecodes",
        takes_several: true,
        writing: Writing::Text(tables::csv),
    },
    FileFormat {
        name: "srt",
        extension: "srt",
        title: "SRT, as captions",
        about: "Captions (SubRip)",
        takes_several: false,
        writing: Writing::Text(srt::srt),
    },
    FileFormat {
        name: "edl",
        extension: "edl",
        title: "EDL, for Resolve or Premiere",
        about: "Edit decision list (CMX 3600), which every editing program reads",
        takes_several: true,
        writing: Writing::Text(edl::edl),
    },
    FileFormat {
        name: "fcpxml",
        extension: "fcpxml",
        title: "FCPXML, for Final Cut or Resolve",
        about: "Final Cut Pro, DaVinci Resolve",
        takes_several: true,
        writing: Writing::Text(fcpxml::fcpxml),
    },
    FileFormat {
        name: "otio",
        extension: "otio",
        title: "OTIO, for OpenTimelineIO",
        about: "OpenTimelineIO",
        takes_several: true,
        writing: Writing::Text(otio::otio),
    },
    FileFormat {
        name: "premiere",
        extension: "xml",
        title: "XML, for Premiere",
        about: "Final Cut Pro 7 XML, for Premiere and Resolve",
        takes_several: true,
        writing: Writing::Text(premiere::premiere),
    },
    FileFormat {
        name: "mlt",
        extension: "mlt",
        title: "MLT, for Shotcut or Kdenlive",
        about: "MLT, which Shotcut opens and Kdenlive takes as a clip",
        takes_several: true,
        writing: Writing::Text(mlt::mlt),
    },
    FileFormat {
        name: "edl-markers",
        extension: "edl",
        title: "Markers for Resolve (EDL)",
        about: "Markers for a timeline of DaVinci Resolve that holds the whole video",
        takes_several: false,
        writing: Writing::Text(edl_markers::edl_markers),
    },
    FileFormat {
        name: "fcpxml-markers",
        extension: "fcpxml",
        title: "Markers and keywords for Final Cut",
        about: "The whole video with markers and keyword ranges, for Final Cut Pro",
        takes_several: true,
        writing: Writing::Text(fcpxml_markers::fcpxml_markers),
    },
    FileFormat {
        name: "m3u",
        extension: "m3u8",
        title: "M3U, to play in VLC",
        about: "A playlist of the moments, for VLC",
        takes_several: true,
        writing: Writing::Text(m3u::m3u),
    },
    FileFormat {
        name: "ffmetadata",
        extension: "ffmeta",
        title: "Chapters for ffmpeg",
        about: "Chapters, for ffmpeg to put into a video",
        takes_several: false,
        writing: Writing::Text(ffmetadata::ffmetadata),
    },
    FileFormat {
        name: "matroska-chapters",
        extension: "xml",
        title: "Chapters for Matroska",
        about: "Chapters (XML), for mkvmerge and mkvpropedit",
        takes_several: false,
        writing: Writing::Text(matroska_chapters::matroska_chapters),
    },
    FileFormat {
        name: "youtube",
        extension: "txt",
        title: "Chapters for YouTube",
        about: "Chapters as lines for the description of a video on YouTube",
        takes_several: false,
        writing: Writing::Text(youtube::youtube),
    },
    FileFormat {
        name: "contact-sheet",
        extension: "png",
        title: "Contact sheet (PNG)",
        about: "A picture of every moment on one sheet",
        takes_several: true,
        writing: Writing::Picture(contact_sheet::contact_sheet),
    },
];

/// A file format for moments.
#[derive(Clone, Copy)]
pub struct FileFormat {
    /// On the command line.
    pub name: &'static str,
    /// The usual one of its files.
    pub extension: &'static str,
    /// Its name in the window, with what reads it.
    pub title: &'static str,
    /// Its line in the help of the command line.
    pub about: &'static str,
    /// Whether it can hold moments of several videos.
    pub takes_several: bool,
    writing: Writing,
}

/// How the bytes of a file are made.
#[derive(Clone, Copy)]
enum Writing {
    /// UTF-8.
    Text(fn(Export<'_>) -> Result<String, ExportError>),
    /// Of the videos themselves.
    Picture(fn(Export<'_>) -> Result<Vec<u8>, ExportError>),
}

impl FileFormat {
    /// The one that `--format` calls so.
    pub fn named(name: &str) -> Option<Self> {
        FORMATS.iter().copied().find(|format| format.name == name)
    }

    /// Whether it is the same for the same moments, without a look at the videos.
    pub fn is_text(self) -> bool {
        matches!(self.writing, Writing::Text(_))
    }

    /// The bytes of a file. A query without moments is not an error: it gives no line, event or project.
    ///
    /// # Errors
    /// Several videos where the format is of one; an EDL above 99 frames per second or of more than 999
    /// events; for a picture whatever is wrong with the videos.
    pub fn write(self, export: Export<'_>) -> Result<Vec<u8>, ExportError> {
        if let (false, Export::Several(_)) = (self.takes_several, export) {
            return Err(ExportError::OfOneVideo {
                title: self.title,
                name: self.name,
            });
        }
        match self.writing {
            Writing::Text(write) => Ok(write(export)?.into_bytes()),
            Writing::Picture(write) => write(export),
        }
    }
}

/// Formats are told apart by their name: function pointers have no reliable identity.
impl PartialEq for FileFormat {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for FileFormat {}

impl fmt::Debug for FileFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
