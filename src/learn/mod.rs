//! Teaching: the labels to learn from, the losses, and the trainer that works step by step.
//!
//! [`TrainingSet`] holds videos as cached embeddings and examples as graded clips. [`Trainer`]
//! turns it into a [`Prompt`](crate::model::prompt::Prompt): only the text tower runs, because the
//! images are embedded already.

mod adam;
mod batches;
pub mod calibration;
mod context;
pub mod detector;
mod gradient_step;
mod head_trainer;
pub mod held_out;
pub mod losses;
pub mod matching;
mod next_labels;
mod plan;
pub mod spans;
mod statistics;
mod trainer;
mod training_set;

#[cfg(test)]
mod prompt_golden;

pub use context::SaliencyLoss;
pub use head_trainer::{HeadExample, HeadTrainer};
pub use next_labels::next_labels;
pub use plan::{Check, MIN_EXAMPLES_FOR_HEAD};
pub use trainer::{
    ENOUGH_LABELS, Outcome, Phase, Progress, TrainError, Trainer, TrainerConfig, Verdict,
};
pub use training_set::{Example, TrainingSet, TrainingSetError, Unlisted};
