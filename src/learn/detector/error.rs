//! Why a detector cannot be trained.

use crate::learn::matching::MatchingError;
use crate::model::{DetectorError, ModelError};

/// What goes wrong with features; the sentence is that of whoever reads them.
pub type FeatureError = Box<dyn std::error::Error + Send + Sync>;

/// Why training cannot begin or continue, in one line each.
#[derive(Debug, thiserror::Error)]
pub enum DetectorTrainError {
    #[error(
        "there is nothing to learn from: a detector needs queries with windows and graded clips, on \
         two videos or more"
    )]
    Nothing,
    #[error("{0}")]
    Features(FeatureError),
    #[error("the features of {0:?} have other widths than those before")]
    OtherWidths(String),
    #[error(transparent)]
    Detector(#[from] DetectorError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Matching(#[from] MatchingError),
    #[error("training diverged (the loss is not a number): use a smaller learning rate")]
    Diverged,
    #[error("what it predicts cannot be measured: {0}")]
    Score(#[from] crate::eval::ScoreError),
    #[error("the checkpoint cannot be continued: {0}; start again from the beginning")]
    Checkpoint(String),
}
