//! Why moments do not fit a format.

use std::io;

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
        "captions belong to one video, and this is for several: `vcl export VIDEO … --format srt` writes \
         those of one; csv, json, edl, fcpxml and otio take several"
    )]
    CaptionsOfSeveral,
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
