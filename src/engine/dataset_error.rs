//! Why the features of a data set cannot be used.

use std::path::PathBuf;

use crate::domain::CLIP_SECS;
use crate::store::NpzError;

/// Why a data set cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    #[error("there are no features for the video {vid:?}: {} does not exist", path.display())]
    NoFeatures { vid: String, path: PathBuf },
    #[error(
        "there is no video {vid:?} in {}: a file {vid}.mp4, .mkv or the like is expected; it has \
         {n_videos} videos and {n_others} other files", dir.display()
    )]
    NoVideo {
        vid: String,
        dir: PathBuf,
        n_videos: usize,
        n_others: usize,
    },
    #[error("there are no features for the words of query {qid}: {} does not exist", path.display())]
    NoTextFeatures { qid: String, path: PathBuf },
    #[error("{} has the shape {shape:?}, not [rows, numbers]", path.display())]
    NotRows { path: PathBuf, shape: Vec<usize> },
    #[error("{:?} cannot be the name of a video: it leads out of the folder", .0)]
    Name(String),
    #[error(
        "{} has features {shape:?}: [n_clips, {dim}] is expected, one row for each clip of 2 s",
        path.display()
    )]
    NoRows {
        path: PathBuf,
        shape: Vec<usize>,
        dim: usize,
    },
    #[error(
        "{} has {n_rows} rows of features, {per_clip} for each of the {n_clips} clips of 2 s that \
         its labels speak of: say --clip-secs {} if that is what a row stands for, or make \
         features with one row every 2 s, as `vcl embed video` does", path.display(),
        CLIP_SECS / *per_clip as f64
    )]
    OtherRate {
        path: PathBuf,
        n_rows: usize,
        n_clips: usize,
        per_clip: usize,
    },
    #[error(
        "{} has features {shape:?}, the model makes [n_clips, {dim}]: \
         choose the model they were made with (--model)", path.display()
    )]
    OtherModel {
        path: PathBuf,
        shape: Vec<usize>,
        dim: usize,
    },
    #[error(transparent)]
    Npz(#[from] NpzError),
}
