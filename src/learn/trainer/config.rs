//! How a prompt is taught, and how long.

use serde::{Deserialize, Serialize};

use crate::learn::batches::steps_per_epoch;
use crate::learn::context::SaliencyLoss;
use crate::learn::plan::{Check, Plan};
use crate::learn::training_set::TrainingSet;
use crate::model::moment_head::HeadKind;
use crate::model::prompt_learner::{ContextInit, DEFAULT_N_CTX};

/// How a prompt is taught.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainerConfig {
    pub n_ctx: usize,
    /// Starting points; the one is taken that fits the labels best before any step.
    pub inits: Vec<ContextInit>,
    pub head: HeadKind,
    pub loss: SaliencyLoss,
    pub seed: u64,
    /// Steps of the context; `None` lets the number of labels decide.
    pub n_steps: Option<usize>,
    pub learning_rate: f64,
    /// Queries per step.
    pub batch: usize,
    /// Passes over a set that is large enough for hold-out.
    pub n_epochs: usize,
    /// One threshold and no extra windows when moments are judged; a trained head is kept even
    /// where the untrained rule is better.
    pub paper: bool,
}

impl Default for TrainerConfig {
    fn default() -> Self {
        Self {
            n_ctx: DEFAULT_N_CTX,
            inits: vec![ContextInit::default(), ContextInit::Random],
            head: HeadKind::Window,
            loss: SaliencyLoss::Centred,
            seed: 0,
            n_steps: None,
            learning_rate: 1e-3,
            batch: 32,
            n_epochs: 8,
            paper: false,
        }
    }
}

impl TrainerConfig {
    /// As in the paper: words as starting point, `frame` head, plain MSE.
    pub fn paper() -> Self {
        Self {
            inits: vec![ContextInit::default()],
            head: HeadKind::Frame,
            loss: SaliencyLoss::Plain,
            paper: true,
            ..Self::default()
        }
    }
}

/// As many steps as the labels allow, found by experiment; held-out labels stop earlier.
pub fn default_steps(set: &TrainingSet, plan: &Plan, config: &TrainerConfig) -> usize {
    const FEW_QUERIES: usize = 150;
    const MIN_HELD_OUT: usize = 200;
    match plan.check {
        Check::HeldOutVideos => {
            let n_lessons = plan.runs.first().map_or(0, |run| run.lessons.len());
            (config.n_epochs * steps_per_epoch(n_lessons, config.batch)).max(MIN_HELD_OUT)
        }
        _ if !plan.has_single_lesson => FEW_QUERIES,
        check => match (set.n_labels(), check) {
            (..5, _) => 6,
            (5..10, Check::Unchecked) => 12,
            (5..10, _) => 25,
            (10.., Check::Unchecked) => 25,
            (10..50, _) => 100,
            (50.., _) => 200,
        },
    }
}
