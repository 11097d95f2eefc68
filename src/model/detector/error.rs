//! What can be wrong with a detector.

use std::path::PathBuf;

use crate::model::ModelError;

/// Why a detector cannot be used, in one line each.
#[derive(Debug, thiserror::Error)]
pub enum DetectorError {
    #[error("{}: {cause}", path.display())]
    At {
        path: PathBuf,
        cause: Box<DetectorError>,
    },
    #[error("cannot be read: {0}")]
    Io(#[from] std::io::Error),
    #[error("the detector is not usable: {0}")]
    Damaged(String),
    #[error("this is {0}, which vcl cannot run: give a Moment-DETR, a QD-DETR, a UniVTG or a UMT")]
    OtherKind(&'static str),
    #[error(
        "this is no moment detector: give the .ckpt of a Moment-DETR, QD-DETR or UniVTG, the .pth of a UMT, \
         or a safetensors file with the same tensors"
    )]
    NotADetector,
    #[error(
        "the detector was trained on video features of {trained} numbers and words of \
         {trained_words}; those of {whose} have {found} and {found_words}: choose the model that it \
         was trained on (--model), or a detector for this one"
    )]
    OtherWidths {
        trained: usize,
        trained_words: usize,
        whose: String,
        found: usize,
        found_words: usize,
    },
    #[error(
        "the detector was trained on features of {trained}, not of {given}: choose that model \
         (--model), or a detector for this one"
    )]
    OtherModel { trained: String, given: String },
    #[error(
        "a UMT needs features that were not normalised, and mostly those of other networks and of \
         sound: it can be measured with `vcl evaluate --features`, but finds nothing in a video"
    )]
    FeaturesOnly,
    #[error(
        "this UMT listens: give its audio features after the video features (--features twice)"
    )]
    NoAudio,
    #[error("this detector takes no sound: give the video features alone")]
    Deaf,
    #[error("the audio features have {found} numbers, the detector was trained on {trained}")]
    OtherAudio { trained: usize, found: usize },
    #[error(transparent)]
    Model(#[from] ModelError),
}
