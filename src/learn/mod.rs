//! Teaching: what is learned from, what is minimised, and the trainer that does it step by step.
//!
//! [`TrainingSet`] holds videos as cached embeddings and examples as graded clips. [`Trainer`]
//! turns it into a [`Prompt`](crate::model::prompt::Prompt): only the text tower runs, no image is
//! looked at again.

mod accumulation;
mod batches;
pub mod calibration;
mod context;
mod dataset;
mod head_trainer;
pub mod held_out;
pub mod losses;
pub mod matching;
mod next_labels;
mod plan;
pub mod spans;
mod trainer;

#[cfg(test)]
mod prompt_golden;

pub use context::SaliencyLoss;
pub use dataset::{DatasetError, Example, TrainingSet, Unlisted};
pub use head_trainer::{HeadExample, HeadTrainer};
pub use next_labels::next_labels;
pub use plan::{Check, MIN_EXAMPLES_FOR_HEAD};
pub use trainer::{
    ENOUGH_LABELS, Outcome, Phase, Progress, TrainError, Trainer, TrainerConfig, Verdict,
};
