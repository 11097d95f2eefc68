//! Learning context vectors: several learners side by side in one pass of the text tower.
//!
//! Cross-validation trains a learner per fold. Their queries ride in one batch, which reads the
//! tower's weights once, and each has its own optimiser, so the answer is that of separate trainings.

use std::collections::HashMap;

use burn::module::Module as _;
use burn::optim::{Adam, AdamConfig, AdamState, Optimizer as _};
use burn::tensor::{Gradients, Tensor};

use crate::domain::l2_normalise;
use crate::learn::plan::RunPlan;
use crate::model::prompt_learner::{PromptLearner, embed_queries};
use crate::model::{Encoder, ModelError, try_to_vec};

/// Adam's ε; burn's default of 1e-5 would drown small gradients.
const ADAM_EPSILON: f32 = 1e-8;

/// Which distance between saliency and label is minimised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SaliencyLoss {
    /// Both less their mean over the lesson: the shape of the curve only.
    Centred,
    /// As they are, as in the paper.
    Plain,
}

/// One learner with its optimiser.
pub struct Run {
    pub learner: PromptLearner,
    pub moments: AdamMoments,
    pub plan: RunPlan,
}

/// Adam's running means of one learner; `None` before the first step.
///
/// Held per parameter rather than by burn's module optimiser, whose saved state only loads onto the
/// default device, and that may be a GPU that is not there.
#[derive(Clone, Default)]
pub struct AdamMoments {
    pub context: Option<AdamState<2>>,
    pub scale: Option<AdamState<1>>,
    pub bias: Option<AdamState<1>>,
}

/// Token ids of every query, SOT and EOT included, with room for the context.
pub type QueryIds = HashMap<String, Vec<u32>>;

impl Run {
    pub fn new(learner: PromptLearner, plan: RunPlan) -> Self {
        Self {
            learner,
            moments: AdamMoments::default(),
            plan,
        }
    }

    /// One step of Adam.
    pub fn update(&mut self, gradients: RunGradients, learning_rate: f64) {
        let adam = AdamConfig::new().with_epsilon(ADAM_EPSILON).build();
        let (learner, moments) = (&self.learner, &mut self.moments);
        let step = Step {
            adam,
            learning_rate,
        };
        let context = step.of(learner.context(), gradients.context, &mut moments.context);
        let scale = step.of(learner.scale(), gradients.scale, &mut moments.scale);
        let bias = step.of(learner.bias(), gradients.bias, &mut moments.bias);
        self.learner = learner.clone().with_parameters(context, scale, bias);
    }
}

/// Gradients of one learner's parameters; `None` where one took no part in the loss.
#[derive(Default)]
pub struct RunGradients {
    context: Option<Tensor<2>>,
    scale: Option<Tensor<1>>,
    bias: Option<Tensor<1>>,
}

impl RunGradients {
    /// Adds the learner's own part of what one backward pass gave.
    pub fn add(&mut self, learner: &PromptLearner, gradients: &mut Gradients) {
        add(&mut self.context, &learner.context(), gradients);
        add(&mut self.scale, &learner.scale(), gradients);
        add(&mut self.bias, &learner.bias(), gradients);
    }
}

fn add<const D: usize>(
    sum: &mut Option<Tensor<D>>,
    parameter: &Tensor<D>,
    gradients: &mut Gradients,
) {
    if let Some(gradient) = parameter.grad_remove(gradients) {
        *sum = Some(match sum.take() {
            Some(sum) => sum + gradient,
            None => gradient,
        });
    }
}

struct Step {
    adam: Adam,
    learning_rate: f64,
}

impl Step {
    /// The parameter after the step; as it was where it has no gradient.
    fn of<const D: usize>(
        &self,
        parameter: Tensor<D>,
        gradient: Option<Tensor<D>>,
        state: &mut Option<AdamState<D>>,
    ) -> Tensor<D> {
        let Some(gradient) = gradient else {
            return parameter.inner();
        };
        let (parameter, next) = self.adam.step(
            self.learning_rate,
            parameter.inner(),
            gradient,
            state.take(),
        );
        *state = next;
        parameter
    }
}

/// Unit embeddings `[dim]` of queries, each with the context of one run; no gradient.
pub fn embed(
    encoder: &Encoder,
    ids: &QueryIds,
    runs: &[Run],
    queries: &[(usize, &str)],
) -> Result<Vec<Vec<f32>>, ModelError> {
    let learners: Vec<_> = queries
        .iter()
        .map(|(run, _)| runs[*run].learner.valid())
        .collect();
    let rows: Vec<_> = queries
        .iter()
        .map(|(_, query)| ids_of(ids, query))
        .collect();
    let features = features_of(encoder, &rows, learners.iter().map(|learner| (learner, 1)));
    let mut values = try_to_vec(features)?;
    values
        .chunks_exact_mut(encoder.dim())
        .for_each(l2_normalise);
    Ok(values
        .chunks_exact(encoder.dim())
        .map(<[f32]>::to_vec)
        .collect())
}

/// Features `[rows, dim]` of queries; each learner's context goes into the next so many rows.
pub fn features_of<'a>(
    encoder: &Encoder,
    queries: &[Vec<u32>],
    learners: impl Iterator<Item = (&'a PromptLearner, usize)>,
) -> Tensor<2> {
    let (tokens, mut eot) = embed_queries(encoder, queries);
    let mut inputs = Vec::new();
    let mut first = 0;
    for (learner, n_rows) in learners.filter(|(_, n_rows)| *n_rows > 0) {
        let rows = tokens.clone().narrow(0, first, n_rows);
        inputs.push(learner.insert_context(rows));
        eot[first..first + n_rows]
            .iter_mut()
            .for_each(|position| *position += learner.n_ctx());
        first += n_rows;
    }
    encoder
        .clip()
        .text_features_at(Tensor::cat(inputs, 0), &eot)
}

pub fn ids_of(ids: &QueryIds, query: &str) -> Vec<u32> {
    ids.get(query).cloned().unwrap_or_default()
}
