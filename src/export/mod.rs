//! Moments out: the formats that editors and spreadsheets read.
//!
//! [`write()`] turns an [`ExportDocument`] into the text of a file; it touches no file itself.
//! Everything that an editor cuts by is counted in frames at the video's true rate: a frame belongs
//! to a moment when its time lies in the moment's `[start, end)`, so neighbouring moments share
//! no frame and leave none out. Moments are cut at the ends of the video.
//!
//! [`write_cuts`] instead writes every moment as a video file of its own.
//!
//! The edit lists (EDL, FCPXML, OTIO) hold the moments of each query in the order of the video, the
//! tables (JSON, CSV) in the order of their scores, captions (SRT) in the order of their times.

mod cut;
mod cuts;
mod edl;
mod fcpxml;
mod frame_rate;
mod otio;
mod srt;
mod tables;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

pub use cuts::{WrittenCut, write_cuts};
pub use frame_rate::{FrameRate, FrameRateError};

use crate::domain::{Highlight, Moment, Query};
use crate::video::VideoInfo;

/// What is known about a video and what was found in it.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportDocument {
    /// Absolute, so that an editor finds the file.
    pub video: PathBuf,
    /// When the last frame ends.
    pub duration_secs: f64,
    pub frame_rate: FrameRate,
    /// Pixels as shown, after rotation.
    pub width: u32,
    pub height: u32,
    pub has_audio: bool,
    pub queries: Vec<ExportQuery>,
}

impl ExportDocument {
    /// A video with nothing found in it yet. Where frames come at varying times or at an impossible
    /// rate, they are counted as if they came at [`FrameRate::USUAL`].
    pub fn of_video(path: &Path, info: &VideoInfo, duration_secs: f64) -> Self {
        let told = info.frame_rate.and_then(|(num, den)| {
            FrameRate::new(u32::try_from(num).ok()?, u32::try_from(den).ok()?).ok()
        });
        Self {
            video: std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
            duration_secs,
            frame_rate: told.unwrap_or(FrameRate::USUAL),
            width: info.width,
            height: info.height,
            has_audio: info.has_audio,
            queries: Vec::new(),
        }
    }
}

/// What was found for one query.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportQuery {
    pub query: Query,
    /// How sure it is that the query occurs at all, `0.0..=1.0`, where that is known.
    pub present: Option<f32>,
    pub highlight: Option<Highlight>,
    /// Best first.
    pub moments: Vec<Moment>,
}

/// A file format for moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// The part of `vcl search --format json` that is about moments, with frames.
    Json,
    /// One line per moment, for spreadsheets.
    Csv,
    /// SubRip: moments as captions.
    Srt,
    /// CMX 3600 edit decision list.
    Edl,
    /// Final Cut Pro XML 1.9: one project per query.
    Fcpxml,
    /// OpenTimelineIO: one timeline, with query and score in the metadata of every clip.
    Otio,
}

impl Format {
    pub const ALL: [Self; 6] = [
        Self::Json,
        Self::Csv,
        Self::Srt,
        Self::Edl,
        Self::Fcpxml,
        Self::Otio,
    ];

    /// Its name on the command line, which is also the usual file extension.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Srt => "srt",
            Self::Edl => "edl",
            Self::Fcpxml => "fcpxml",
            Self::Otio => "otio",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.extension())
    }
}

/// A name that is no [`Format`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no export format {0:?}: choose json, csv, srt, edl, fcpxml or otio")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|format| format.extension().eq_ignore_ascii_case(name))
            .ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

/// Why moments do not fit a format.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(
        "an EDL cannot count {0} frames per second in two digits: export fcpxml or otio instead"
    )]
    TooFastForEdl(f64),
    #[error("cannot write JSON: {0}")]
    Json(serde_json::Error),
    #[error("cannot write CSV: {0}")]
    Csv(csv::Error),
}

impl From<serde_json::Error> for ExportError {
    fn from(cause: serde_json::Error) -> Self {
        Self::Json(cause)
    }
}

impl From<csv::Error> for ExportError {
    fn from(cause: csv::Error) -> Self {
        Self::Csv(cause)
    }
}

/// The text of a file in this format, UTF-8.
///
/// A query without moments is no error: it gives no line, event or project.
///
/// # Errors
/// EDL above 99 frames per second; numbers that JSON cannot hold.
pub fn write(format: Format, document: &ExportDocument) -> Result<String, ExportError> {
    match format {
        Format::Json => tables::json(document),
        Format::Csv => tables::csv(document),
        Format::Srt => Ok(srt::srt(document)),
        Format::Edl => edl::edl(document),
        Format::Fcpxml => Ok(fcpxml::fcpxml(document)),
        Format::Otio => otio::otio(document),
    }
}

#[cfg(test)]
mod tests;
