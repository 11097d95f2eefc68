//! How a detector is trained.

use serde::{Deserialize, Serialize};

use crate::learn::detector::init::NetworkSize;
use crate::model::detector::{DetectorKind, Dropout};

/// Sizes and schedule; the defaults are those of the official programs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DetectorConfig {
    pub kind: DetectorKind,
    pub size: NetworkSize,
    pub n_epochs: usize,
    /// Queries per step.
    pub batch: usize,
    pub learning_rate: f64,
    pub weight_decay: f64,
    /// Epochs after which the learning rate becomes a tenth, and again after as many.
    pub drop_after: usize,
    /// Greatest length of the gradient of all parameters together.
    pub max_gradient: f64,
    /// Share of values that are dropped in the layers.
    pub dropout: f64,
    /// The same before the projections of the inputs.
    pub input_dropout: f64,
    /// Epochs between measurements.
    pub check_every: usize,
    /// Measurements in a row that are no better than the best, after which it stops.
    pub patience: usize,
    pub seed: u64,
}

impl DetectorConfig {
    pub fn new(kind: DetectorKind) -> Self {
        Self {
            kind,
            size: NetworkSize::default(),
            n_epochs: 200,
            batch: 32,
            learning_rate: 1e-4,
            weight_decay: 1e-4,
            drop_after: 400,
            max_gradient: 0.1,
            dropout: 0.1,
            input_dropout: 0.5,
            check_every: 5,
            patience: 200,
            seed: 2018,
        }
    }

    pub fn learning_rate_in(&self, epoch: usize) -> f64 {
        self.learning_rate * 0.1_f64.powi((epoch / self.drop_after.max(1)) as i32)
    }

    pub(super) fn dropout(&self) -> Dropout {
        Dropout {
            layers: self.dropout,
            inputs: self.input_dropout,
        }
    }
}
