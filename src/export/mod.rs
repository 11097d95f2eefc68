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
mod timecode;
mod xml;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

pub use cut::file_name;
pub use cuts::{WrittenCut, write_cuts};
pub use frame_rate::{FrameRate, FrameRateError};
pub use tables::{HighlightRow, MomentRow};
pub use timecode::Numbering;
pub use xml::xml_escaped;

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
    /// The same before pixels are made square.
    pub stored_size: (u32, u32),
    /// Width to height of a stored pixel.
    pub pixel_aspect: (u32, u32),
    /// Of the first sound track, 0 without sound.
    pub n_audio_channels: u32,
    /// What the file calls its frames.
    pub numbering: Numbering,
    /// How long the file has only sound before the first picture. Other programs count from the
    /// beginning of the file, [`Moment`]s from the first picture.
    pub video_start_secs: f64,
    pub queries: Vec<ExportQuery>,
}

impl ExportDocument {
    /// A video with nothing found in it yet. Where frames come at varying times or at an impossible
    /// rate, they are counted as if they came at [`FrameRate::USUAL`].
    pub fn of_video(path: &Path, info: &VideoInfo, duration_secs: f64) -> Self {
        let told = info.frame_rate.and_then(|(num, den)| {
            FrameRate::new(u32::try_from(num).ok()?, u32::try_from(den).ok()?).ok()
        });
        let frame_rate = told.unwrap_or(FrameRate::USUAL);
        Self {
            video: std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
            duration_secs,
            frame_rate,
            width: info.width,
            height: info.height,
            stored_size: info.stored_size,
            pixel_aspect: info.pixel_aspect,
            n_audio_channels: info.n_audio_channels,
            numbering: info.start_timecode.map_or_else(
                || Numbering::from_zero(frame_rate),
                |start| Numbering::from_file(frame_rate, start),
            ),
            video_start_secs: info.video_start_secs,
            queries: Vec::new(),
        }
    }

    /// Frames of the file before the first picture.
    fn n_frames_before(&self) -> u64 {
        self.frame_rate.first_frame_from(self.video_start_secs)
    }

    /// What other programs call a frame that is counted from the first picture.
    fn file_frame(&self, frame: u64) -> u64 {
        self.numbering.first() + self.n_frames_before() + frame
    }

    /// Its timecode.
    fn timecode(&self, frame: u64) -> String {
        self.numbering.timecode(self.file_frame(frame))
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
