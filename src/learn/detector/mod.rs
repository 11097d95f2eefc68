//! Training of moment detectors, as their makers train them.
//!
//! A [`DetectorTrainer`] holds the numbers of the network in main memory and takes one step at a time:
//! a batch through the network on the device, the gradients back, AdamW. Between epochs it measures
//! itself on queries that it does not learn from and keeps the best.
//!
//! Sources: the training programs of `jayleicn/moment_detr` and `wjun0830/QD-DETR`. Golden numbers of
//! the losses, of gradients and of one step of the optimiser in `tests/fixtures/detectors`.

mod adamw;
mod checkpoint;
mod config;
mod error;
mod gradients;
mod init;
mod losses;
mod network;
mod progress;
mod targets;
mod trainer;

#[cfg(test)]
mod golden;
#[cfg(test)]
mod tests;

pub use adamw::AdamW;
pub use config::DetectorConfig;
pub use error::{DetectorTrainError, FeatureError};
pub use gradients::{GradientWork, Gradients, Sample};
pub use init::{NetworkSize, initial_weights};
pub use losses::{DetrLosses, detr_losses};
pub use network::Network;
pub use progress::{Checked, DetectorProgress};
pub use targets::{ClipPairs, Targets};
pub use trainer::{DetectorFeatures, DetectorTrainer};
