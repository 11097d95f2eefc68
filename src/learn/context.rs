//! Learning context vectors: several learners side by side in one pass of the text tower.
//!
//! Cross-validation trains a learner per fold. Their queries share one batch, which reads the
//! tower's weights once; each learner has its own optimiser, so the result is that of separate
//! trainings.

use std::collections::HashMap;

use burn::module::Module as _;

use crate::domain::UnitVector;
use crate::learn::adam::{AdamMoments, LearnerGradients};
use crate::learn::plan::RunPlan;
use crate::model::encoder::PromptTokens;
use crate::model::prompt_learner::PromptLearner;
use crate::model::{Encoder, ModelError, try_to_vec};

/// Which distance between saliency and label is minimised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SaliencyLoss {
    /// Both minus their mean over the lesson: the shape of the curve only.
    Centred,
    /// As they are, as in the paper.
    Plain,
}

/// One learner with its optimiser and its plan.
pub struct LearnerRun {
    pub learner: PromptLearner,
    pub moments: AdamMoments,
    pub plan: RunPlan,
}

/// Every query with room for the context.
pub type QueryTokens = HashMap<String, PromptTokens>;

impl LearnerRun {
    pub fn new(learner: PromptLearner, plan: RunPlan) -> Self {
        Self {
            learner,
            moments: AdamMoments::default(),
            plan,
        }
    }

    /// One step of Adam.
    pub fn update(&mut self, gradients: LearnerGradients, learning_rate: f64) {
        self.learner = self.moments.step(&self.learner, gradients, learning_rate);
    }
}

/// The directions of queries, each with the context of one run; no gradient.
pub fn embed(
    encoder: &Encoder,
    tokens: &QueryTokens,
    runs: &[LearnerRun],
    queries: &[(usize, &str)],
) -> Result<Vec<UnitVector>, ModelError> {
    if queries.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<_> = queries
        .iter()
        .map(|(run, query)| runs[*run].learner.valid().rows(vec![&tokens[*query]]))
        .collect();
    let features = try_to_vec(encoder.prompt_features(&rows)?)?;
    Ok(UnitVector::of_rows(&features, encoder.dim()))
}
