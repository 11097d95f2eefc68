//! Moments out: the formats that editors and spreadsheets read.
//!
//! A [`FileFormat`] turns an [`ExportDocument`], or those of several videos, into the bytes of a file; it
//! writes none, and only a contact sheet looks into the videos.
//! To add a format, write its file in `formats/` and give it a row in [`FORMATS`]: the command line
//! and the window offer what that table holds.
//!
//! Everything that an editor cuts by is counted in frames at the video's true rate: a frame belongs
//! to a moment when its time lies in the moment's `[start, end)`, so neighbouring moments share
//! no frame and leave none out. Moments are cut at the ends of the video.
//!
//! [`write_cuts`] instead writes every moment as a video file of its own, [`write_joined`] all of them as one.
//!
//! The edit lists (EDL, FCPXML, OTIO) hold the moments of each query in the order of the video, the
//! tables (JSON, CSV) in the order of their scores, unless the document says otherwise; what marks a video
//! (captions, markers, chapters) is in the order of its times. Of
//! several videos one is behind the other on one timeline, which has the rate that most moments have.

mod cut_files;
mod document;
mod error;
mod formats;
mod frame_rate;
mod frame_span;
mod joined;
mod names;
mod raster;
mod timecode;
mod xml;

pub use cut_files::{CutOptions, WrittenCut, write_cuts, write_cuts_of_several};
pub use document::{Export, ExportDocument, ExportQuery};
pub use error::ExportError;
pub use formats::{FORMATS, FileFormat, HighlightRow, MomentRow};
pub use frame_rate::{FrameRate, FrameRateError};
pub use joined::{Joined, JoinedPart, write_joined};
pub use names::{NameTemplate, NameTemplateError};
pub use raster::rasterise;
pub use timecode::Numbering;
pub use xml::xml_escaped;

pub use crate::domain::file_name;

#[cfg(test)]
mod several_tests;
#[cfg(test)]
mod tests;
