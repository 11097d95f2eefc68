//! Why moments do not fit a format.

use std::io;

use crate::video::VideoError;

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(
        "an EDL cannot count {0} frames per second in two digits: export fcpxml or otio instead"
    )]
    TooFastForEdl(f64),
    #[error(
        "an EDL numbers its events up to 999, and there are {0}: write fewer (with a higher threshold \
         or only the best moments), or export fcpxml or otio instead"
    )]
    TooManyForEdl(usize),
    #[error(
        "“{title}” belongs to one video, and this is for several: `vcl export VIDEO … --format {name}` \
         writes that of one"
    )]
    OfOneVideo {
        title: &'static str,
        name: &'static str,
    },
    #[error("a sheet of {0} pictures is too large: write fewer, such as only the best moments")]
    TooManyForSheet(usize),
    #[error("{0}")]
    Video(VideoError),
    #[error("the picture cannot be drawn: {0}")]
    Picture(String),
    #[error("cannot write JSON: {0}")]
    Json(serde_json::Error),
    #[error("cannot write CSV: {0}")]
    Csv(csv::Error),
    #[error("cannot write XML: {0}")]
    Xml(io::Error),
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

impl From<VideoError> for ExportError {
    fn from(cause: VideoError) -> Self {
        Self::Video(cause)
    }
}
