//! Why a model cannot be used, in one line each.

use std::path::PathBuf;

/// Why a model cannot be used; each is one line that names the file and the fault.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("there is no model directory {0}: give a directory or a name from `vcl model list`")]
    NoDirectory(PathBuf),
    #[error("{0} is not a directory: give the directory that holds the model's files")]
    NotADirectory(PathBuf),
    #[error("the model {0} is not on this machine: get it with `vcl model download {0}`")]
    NotDownloaded(String),
    #[error("the model directory {dir} has no {file}: download the whole model")]
    Missing { dir: PathBuf, file: String },
    #[error("cannot read {path}: {cause}")]
    Io {
        path: PathBuf,
        cause: std::io::Error,
    },
    #[error("{file} is not usable: {reason}")]
    Config { file: &'static str, reason: String },
    #[error(
        "config.json says that this is a model of the type {0:?}, which vcl cannot run: \
         choose a CLIP model"
    )]
    UnknownFamily(String),
    #[error("the model's weights are not usable: {0}")]
    Weights(String),
    #[error(
        "the model gives features that are not numbers: its weights are damaged, so download it \
         again or choose another model"
    )]
    NotFinite,
    #[error("the text cannot be split into tokens: {0}")]
    Tokenize(String),
    #[error(
        "{n_ctx} context vectors leave no room for words in a model that reads {n_positions} \
         tokens: use fewer"
    )]
    NoRoom { n_ctx: usize, n_positions: usize },
    #[error("no GPU that can run the model was found: use --device cpu")]
    NoGpu,
    #[error("the GPU has failed: restart the program to try it again, or use --device cpu")]
    GpuLost,
    #[error("the device gave no result: {0}")]
    Device(String),
    /// Nothing that runs on the device will give a result any more.
    #[error("the device was lost: {0}")]
    DeviceLost(String),
}
