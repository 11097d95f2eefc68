//! Teaching a prompt, step by step.
//!
//! 1. *Baseline*: the queries as they are, how good their curves are on held-out labels, and the
//!    context to start from.
//! 2. *Context*: Adam on the context vectors, judged on held-out labels on the way.
//! 3. *Features*: all training queries with the best context; scale and bias by least squares.
//! 4. *Head*: from [`MIN_EXAMPLES_FOR_HEAD`](crate::learn::MIN_EXAMPLES_FOR_HEAD) fully judged
//!    queries on, the moment head.
//!
//! Each [`Trainer::step`] does one piece of this, none of which takes long; whoever drives it can do
//! other work in between, save a checkpoint, or stop and keep the best so far.

mod baseline;
mod checkpoint;
mod config;
mod context_phase;
mod head_phase;
mod judging;
mod report;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::time::Instant;

use crate::domain::UnitVector;
use crate::learn::calibration::least_squares;
use crate::learn::context::{LearnerRun, QueryTokens, SaliencyLoss, embed};
use crate::learn::gradient_step::GradientStep;
use crate::learn::held_out::Quality;
use crate::learn::matching::MatchingError;
use crate::learn::plan::{Check, Plan};
use crate::learn::training_set::{TrainingSet, TrainingSetError};
use crate::model::moment_head::HeadWeights;
use crate::model::prompt_learner::{PromptLearner, PromptLearnerConfig};
use crate::model::{Encoder, ModelError};

pub use crate::model::prompt::Verdict;
use baseline::Baseline;
pub use config::TrainerConfig;
use config::default_steps;
use head_phase::HeadState;
use judging::{Best, Evaluation};
pub use report::{ENOUGH_LABELS, Outcome, Phase, Progress};

/// Why training cannot begin or continue.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    #[error(transparent)]
    TrainingSet(#[from] TrainingSetError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Diverged(#[from] MatchingError),
    #[error("the checkpoint cannot be continued: {0}; start again from the beginning")]
    Checkpoint(String),
}

/// Teaches one prompt on one training set.
pub struct Trainer {
    config: TrainerConfig,
    set: TrainingSet,
    plan: Plan,
    tokens: QueryTokens,
    runs: Vec<LearnerRun>,
    phase: Phase,
    baseline: Baseline,
    /// Context steps done.
    step: usize,
    n_steps: usize,
    /// The step that is under way.
    gradient_step: Option<GradientStep>,
    before: Option<Quality>,
    now: Option<Quality>,
    best: Option<Best>,
    n_stale: usize,
    evaluation: Option<Evaluation>,
    is_evaluated: bool,
    /// Training queries with the best context.
    features: HashMap<String, UnitVector>,
    scale_bias: (f32, f32),
    head: Option<HeadState>,
    head_weights: Option<HeadWeights>,
    phase_start: Instant,
    /// Where the phase began: not at 0 when a training is resumed.
    phase_first: usize,
}

impl Trainer {
    /// Checks the labels and reads the queries; the work is in [`Trainer::step`].
    ///
    /// # Errors
    /// [`TrainError::TrainingSet`] where there is nothing to learn.
    pub fn new(
        encoder: &Encoder,
        set: TrainingSet,
        config: TrainerConfig,
    ) -> Result<Self, TrainError> {
        set.check(encoder.dim())?;
        let plan = Plan::new(&set, config.seed);
        let mut tokens = HashMap::new();
        for query in set.queries() {
            tokens.insert(query.to_owned(), encoder.tokenize(query, config.n_ctx)?);
        }
        let n_steps = config
            .n_steps
            .unwrap_or_else(|| default_steps(&set, &plan, &config));
        Ok(Self {
            baseline: Baseline::new(encoder, &set, &plan, &tokens, &config)?,
            config,
            plan,
            tokens,
            runs: Vec::new(),
            phase: Phase::Baseline,
            step: 0,
            n_steps,
            gradient_step: None,
            before: None,
            now: None,
            best: None,
            n_stale: 0,
            evaluation: None,
            is_evaluated: false,
            features: HashMap::new(),
            scale_bias: (1.0, 0.0),
            head: None,
            head_weights: None,
            phase_start: Instant::now(),
            phase_first: 0,
            set,
        })
    }

    /// One piece of work that does not take long; does nothing once the phase is [`Phase::Done`].
    ///
    /// # Errors
    /// [`TrainError::Model`] when the device fails, [`TrainError::Diverged`] when the numbers run
    /// away.
    pub fn step(&mut self, encoder: &Encoder) -> Result<Progress, TrainError> {
        let phase = self.phase;
        let mut loss = None;
        match phase {
            Phase::Baseline => self.step_baseline(encoder)?,
            Phase::Context => loss = self.step_context(encoder)?,
            Phase::Features => self.step_features(encoder)?,
            Phase::Head => loss = self.step_head()?,
            Phase::Done => {}
        }
        if self.phase != phase {
            self.phase_start = Instant::now();
            self.phase_first = self.position().0;
        }
        Ok(self.progress(loss))
    }

    /// Runs to the end.
    ///
    /// # Errors
    /// Those of [`Trainer::step`].
    pub fn run(mut self, encoder: &Encoder) -> Result<Outcome, TrainError> {
        while self.step(encoder)?.phase != Phase::Done {}
        self.finish(encoder)
    }

    pub fn check(&self) -> Check {
        self.plan.check
    }

    pub fn is_done(&self) -> bool {
        self.phase == Phase::Done
    }

    /// The best so far as a prompt, at any time: this is what is kept when a person cancels.
    ///
    /// # Errors
    /// [`TrainError::Model`] when the device fails.
    pub fn finish(&mut self, encoder: &Encoder) -> Result<Outcome, TrainError> {
        /// Enough clips for two numbers.
        const MAX_QUERIES: usize = 16;
        if self.runs.is_empty() {
            self.start_from(encoder, 0)?;
        }
        if matches!(self.phase, Phase::Baseline | Phase::Context) {
            self.keep_best_context()?;
        }
        if !matches!(self.phase, Phase::Head | Phase::Done) {
            let mut missing = self.open_queries();
            missing.truncate(MAX_QUERIES.saturating_sub(self.features.len()));
            self.embed_features(encoder, &missing)?;
            self.calibrate();
        }
        if let Some((_, weights)) = self.head.take().and_then(|head| head.best) {
            self.head_weights = Some(weights);
        }
        self.outcome(encoder)
    }

    /// A learner at this context, calibrated for the plain loss.
    fn learner(&self, encoder: &Encoder, context: &[f32]) -> PromptLearner {
        let device = encoder.device().tensor_device().clone().autodiff();
        let config = PromptLearnerConfig {
            n_ctx: self.config.n_ctx,
            text_width: encoder.text_width(),
            head: self.config.head,
        };
        let learner = config.init_with_context(context, self.config.seed, &device);
        match self.config.loss {
            // Scaling to the deviation of the labels ruins training, and the level does not matter.
            SaliencyLoss::Centred => learner,
            SaliencyLoss::Plain => {
                let (scale, bias) = self.fit(&self.baseline.zero_shot);
                learner.with_calibration(scale, bias)
            }
        }
    }

    fn step_features(&mut self, encoder: &Encoder) -> Result<(), TrainError> {
        let open = self.open_queries();
        let chunk = &open[..self.n_rows_per_call(encoder, open.iter())];
        self.embed_features(encoder, chunk)?;
        if chunk.len() == open.len() {
            self.calibrate();
            self.start_head();
        }
        Ok(())
    }

    /// Queries that have not been embedded with the best context yet.
    fn open_queries(&self) -> Vec<String> {
        let queries = self.set.queries().into_iter();
        let open = queries.filter(|query| !self.features.contains_key(*query));
        open.map(str::to_owned).collect()
    }

    fn embed_features(&mut self, encoder: &Encoder, queries: &[String]) -> Result<(), TrainError> {
        if queries.is_empty() {
            return Ok(());
        }
        let keys: Vec<_> = queries.iter().map(|query| (0, query.as_str())).collect();
        let embeddings = embed(encoder, &self.tokens, &self.runs, &keys)?;
        self.features
            .extend(queries.iter().cloned().zip(embeddings));
        Ok(())
    }

    fn calibrate(&mut self) {
        self.scale_bias = self.fit(&self.features);
    }

    /// Least squares over all training clips whose query has an embedding.
    fn fit(&self, embeddings: &HashMap<String, UnitVector>) -> (f32, f32) {
        let mut pairs = Vec::new();
        for &i in &self.plan.train_examples {
            let example = &self.set.examples[i];
            let Some(embedding) = embeddings.get(&example.query) else {
                continue;
            };
            let curve = self.set.cosines(i, embedding);
            pairs.extend(
                example
                    .labels()
                    .map(|(clip, label)| (curve.values()[clip], label)),
            );
        }
        least_squares(pairs.iter().copied())
    }
}
