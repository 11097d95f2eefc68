//! Adam on the parameters of one prompt learner.
//!
//! Its state is held per parameter rather than by burn's module optimiser, whose saved state only
//! loads onto the default device, and that may be a GPU that is not there.

use burn::optim::{Adam, AdamConfig, AdamState, Optimizer as _};
use burn::tensor::{Gradients, Tensor};

use crate::model::prompt_learner::PromptLearner;

/// Burn's default of 1e-5 would drown small gradients.
pub const ADAM_EPSILON: f32 = 1e-8;

/// Adam's running means of one learner; `None` before the first step.
#[derive(Clone, Default)]
pub struct AdamMoments {
    pub context: Option<AdamState<2>>,
    pub scale: Option<AdamState<1>>,
    pub bias: Option<AdamState<1>>,
}

/// Gradients of one learner's parameters; `None` where one took no part in the loss.
#[derive(Default)]
pub struct LearnerGradients {
    context: Option<Tensor<2>>,
    scale: Option<Tensor<1>>,
    bias: Option<Tensor<1>>,
}

impl AdamMoments {
    /// The learner after one step.
    pub fn step(
        &mut self,
        learner: &PromptLearner,
        gradients: LearnerGradients,
        learning_rate: f64,
    ) -> PromptLearner {
        let step = AdamStep {
            adam: AdamConfig::new().with_epsilon(ADAM_EPSILON).build(),
            learning_rate,
        };
        let context = step.of(learner.context(), gradients.context, &mut self.context);
        let scale = step.of(learner.scale(), gradients.scale, &mut self.scale);
        let bias = step.of(learner.bias(), gradients.bias, &mut self.bias);
        learner.clone().with_parameters(context, scale, bias)
    }
}

impl LearnerGradients {
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

struct AdamStep {
    adam: Adam,
    learning_rate: f64,
}

impl AdamStep {
    /// The parameter after the step; unchanged where it has no gradient.
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
