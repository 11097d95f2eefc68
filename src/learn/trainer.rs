//! Teaching a prompt, step by step (DESIGN section 9).
//!
//! 1. *Baseline*: the queries as they are, and how good their curves are on held-out labels.
//! 2. *Context*: Adam on the context vectors, judged on held-out labels on the way.
//! 3. *Features*: all training queries with the best context; scale and bias by least squares.
//! 4. *Head*: from [`MIN_EXAMPLES_FOR_HEAD`] fully judged queries on, the moment head.
//!
//! A [`Trainer`] does one bounded piece of this per [`Trainer::step`]; whoever drives it can answer
//! other calls in between, save a checkpoint, or stop and keep the best so far.

use std::collections::HashMap;
use std::fmt;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::domain::{
    Moment, SaliencyCurve, ZERO_SHOT_THRESHOLD, l2_normalise, moments_above, moments_at_thresholds,
};
use crate::learn::calibration::least_squares;
use crate::learn::context::{
    QueryIds, Run, SaliencyLoss, batch_of, embed, forward, steps_per_epoch,
};
use crate::learn::dataset::{DatasetError, TrainingSet};
use crate::learn::head_trainer::{HeadExample, HeadTrainer};
use crate::learn::held_out::{Group, Quality, Unit, moment_quality, quality};
use crate::learn::matching::MatchingError;
use crate::learn::plan::{Check, MIN_EXAMPLES_FOR_HEAD, Plan, RunPlan};
use crate::model::moment_head::{HeadKind, HeadWeights, MomentHead};
use crate::model::prompt::{HEAD_THRESHOLD, HeldOutScores, Prompt, TrainingSummary};
use crate::model::prompt_learner::{
    ContextInit, DEFAULT_N_CTX, PromptLearner, PromptLearnerConfig, initial_context, query_ids,
};
use crate::model::{Encoder, ModelError, try_to_vec};

/// Queries per call where nothing is learned.
const CHUNK: usize = 32;

/// How a prompt is taught.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainerConfig {
    pub n_ctx: usize,
    /// Starting points; the one that fits the labels best before any step is taken.
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
    /// As the paper has it: words as starting point, `frame` head, plain MSE.
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

/// What the trainer is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Baseline,
    Context,
    Features,
    Head,
    Done,
}

/// After one [`Trainer::step`].
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    pub phase: Phase,
    /// Within the phase.
    pub step: usize,
    pub n_steps: usize,
    /// Of this step, where it learned something.
    pub loss: Option<f32>,
    /// On held-out labels, without a prompt.
    pub before: Option<HeldOutScores>,
    /// The latest on held-out labels with the prompt, and not the best: for a live plot.
    pub now: Option<HeldOutScores>,
    pub steps_per_sec: f64,
    /// Of this phase, once its pace is known.
    pub secs_left: Option<f64>,
}

/// Whether the prompt should be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Better than zero-shot on labels that it did not see.
    Better,
    /// Not better on held-out labels: zero-shot stays.
    NotBetter,
    /// There were too few labels to find out.
    Unchecked,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Better => "the prompt is better on labels that it did not see",
            Self::NotBetter => {
                "the prompt is no better on labels that it did not see: the search stays as it was; \
                 label a few more clips"
            }
            Self::Unchecked => {
                "there are too few labels to check the prompt: label at least two clips where it \
                 happens and two where it does not"
            }
        })
    }
}

/// What training gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The best of all steps, whether or not it should be used.
    pub prompt: Prompt,
    pub verdict: Verdict,
    pub before: Option<HeldOutScores>,
    pub after: Option<HeldOutScores>,
}

/// Why training cannot begin or go on.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Diverged(#[from] MatchingError),
    #[error("the checkpoint cannot be continued: {0}; start anew")]
    Checkpoint(String),
}

/// The best context so far.
#[derive(Clone, Debug)]
pub(super) struct Best {
    pub step: usize,
    pub quality: Quality,
    pub context: Vec<f32>,
}

/// Evaluating all runs takes several calls on a large set.
#[derive(Default)]
struct Evaluation {
    queries: Vec<(usize, String)>,
    embeddings: HashMap<(usize, String), Vec<f32>>,
}

struct HeadState {
    trainer: HeadTrainer,
    train: Vec<HeadExample>,
    step: usize,
    n_steps: usize,
    best: Option<(f64, HeadWeights)>,
}

/// Teaches one prompt on one training set.
pub struct Trainer {
    pub(super) config: TrainerConfig,
    pub(super) set: TrainingSet,
    plan: Plan,
    ids: QueryIds,
    pub(super) runs: Vec<Run>,
    phase: Phase,
    /// Context steps done.
    pub(super) step: usize,
    n_steps: usize,
    baseline: Vec<String>,
    zero_shot: HashMap<String, Vec<f32>>,
    before: Option<Quality>,
    now: Option<Quality>,
    pub(super) best: Option<Best>,
    pub(super) n_stale: usize,
    evaluation: Option<Evaluation>,
    pub(super) is_evaluated: bool,
    /// Unit embeddings of training queries with the best context.
    features: HashMap<String, Vec<f32>>,
    scale_bias: (f32, f32),
    head: Option<HeadState>,
    head_weights: Option<HeadWeights>,
    phase_start: Instant,
    phase_steps: usize,
}

impl Trainer {
    /// Checks the labels and reads the queries; the work is in [`Trainer::step`].
    ///
    /// # Errors
    /// [`TrainError::Dataset`] where there is nothing to learn.
    pub fn new(
        encoder: &Encoder,
        set: TrainingSet,
        config: TrainerConfig,
    ) -> Result<Self, TrainError> {
        set.check(encoder.dim())?;
        let plan = Plan::new(&set, config.seed);
        let mut ids = HashMap::new();
        for query in set.queries() {
            ids.insert(query.to_owned(), query_ids(encoder, query, config.n_ctx)?);
        }
        let n_steps = config
            .n_steps
            .unwrap_or_else(|| default_steps(&set, &plan, &config));
        let baseline = baseline_queries(&set, &plan, config.loss);
        Ok(Self {
            config,
            plan,
            ids,
            runs: Vec::new(),
            phase: Phase::Baseline,
            step: 0,
            n_steps,
            baseline,
            zero_shot: HashMap::new(),
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
            phase_steps: 0,
            set,
        })
    }

    /// One bounded piece of work; nothing once the phase is [`Phase::Done`].
    pub fn step(&mut self, encoder: &Encoder) -> Result<Progress, TrainError> {
        let phase = self.phase;
        let loss = match phase {
            Phase::Baseline => self.step_baseline(encoder)?,
            Phase::Context => self.step_context(encoder)?,
            Phase::Features => self.step_features(encoder)?,
            Phase::Head => self.step_head()?,
            Phase::Done => None,
        };
        self.phase_steps += 1;
        if self.phase != phase {
            self.phase_start = Instant::now();
            self.phase_steps = 0;
        }
        Ok(self.progress(loss))
    }

    /// Runs to the end.
    pub fn run(mut self, encoder: &Encoder) -> Result<Outcome, TrainError> {
        while self.step(encoder)?.phase != Phase::Done {}
        self.finish(encoder)
    }

    pub fn check(&self) -> Check {
        self.plan.check
    }

    pub(super) fn n_planned_runs(&self) -> usize {
        self.plan.runs.len()
    }

    pub(super) fn run_plan(&self, run: usize) -> RunPlan {
        self.plan.runs[run].clone()
    }

    pub fn is_done(&self) -> bool {
        self.phase == Phase::Done
    }

    /// The best so far as a prompt, at any time: what cancelling keeps.
    pub fn finish(mut self, encoder: &Encoder) -> Result<Outcome, TrainError> {
        /// Enough clips for two numbers.
        const MAX_QUERIES: usize = 64;
        if self.phase == Phase::Baseline {
            self.start(encoder)?;
        }
        if self.phase == Phase::Context {
            self.keep_best_context()?;
        }
        if matches!(self.phase, Phase::Context | Phase::Features) {
            let missing: Vec<_> = self
                .set
                .queries()
                .into_iter()
                .filter(|query| !self.features.contains_key(*query))
                .take(MAX_QUERIES.saturating_sub(self.features.len()))
                .map(str::to_owned)
                .collect();
            for chunk in missing.chunks(CHUNK) {
                self.embed_features(encoder, chunk)?;
            }
            self.calibrate();
        }
        if let Some((_, weights)) = self.head.take().and_then(|head| head.best) {
            self.head_weights = Some(weights);
        }
        self.outcome(encoder)
    }

    fn step_baseline(&mut self, encoder: &Encoder) -> Result<Option<f32>, TrainError> {
        let first = self.zero_shot.len();
        let chunk: Vec<_> = self
            .baseline
            .iter()
            .skip(first)
            .take(CHUNK)
            .cloned()
            .collect();
        if !chunk.is_empty() {
            let texts: Vec<_> = chunk.iter().map(String::as_str).collect();
            let mut values = encoder.encode_texts(&texts)?;
            values
                .chunks_exact_mut(encoder.dim())
                .for_each(l2_normalise);
            let embeddings = values.chunks_exact(encoder.dim()).map(<[f32]>::to_vec);
            self.zero_shot.extend(chunk.into_iter().zip(embeddings));
        }
        if self.zero_shot.len() == self.baseline.len() {
            self.start(encoder)?;
        }
        Ok(None)
    }

    /// Chooses the starting point and goes on to the context.
    fn start(&mut self, encoder: &Encoder) -> Result<(), TrainError> {
        self.before = self.judge(|_, query| self.zero_shot.get(query));
        if self.before.is_none() {
            self.plan.check = Check::Unchecked;
        }
        if self.runs.is_empty() {
            let context = self.starting_point(encoder)?;
            // Each run gets leaves of its own: clones of one would share their gradients.
            let new_run = |plan: &RunPlan| Run::new(self.learner(encoder, &context), plan.clone());
            self.runs = self.plan.runs.iter().map(new_run).collect();
            if !self.plan.is_checked() {
                self.runs.truncate(1);
            }
        }
        self.phase = Phase::Context;
        Ok(())
    }

    /// A learner at this context, calibrated for the plain loss.
    pub(super) fn learner(&self, encoder: &Encoder, context: &[f32]) -> PromptLearner {
        let device = encoder.device().tensor_device().clone().autodiff();
        let config = PromptLearnerConfig {
            n_ctx: self.config.n_ctx,
            text_width: encoder.clip().text_model().width(),
            head: self.config.head,
        };
        let learner = config.init_with_context(context, self.config.seed, &device);
        match self.config.loss {
            // A scale that matches the deviations ruins training; the level does not matter.
            SaliencyLoss::Centred => learner,
            SaliencyLoss::Plain => {
                let (scale, bias) = self.fit(&self.zero_shot);
                learner.with_calibration(scale, bias)
            }
        }
    }

    fn starting_point(&self, encoder: &Encoder) -> Result<Vec<f32>, TrainError> {
        let all = self.plan.runs.first().map_or(&[][..], |run| &run.lessons);
        let lessons = &all[..all.len().min(CHUNK)];
        let groups: Vec<_> = lessons.iter().map(|l| Group(l.clips.clone())).collect();
        let queries: Vec<_> = lessons.iter().map(|l| (0, l.query.as_str())).collect();
        let mut best: Option<(f64, Vec<f32>)> = None;
        for init in &self.config.inits {
            let context = initial_context(encoder, init, self.config.n_ctx, self.config.seed)?;
            let run = Run::new(self.learner(encoder, &context), RunPlan::default());
            let embeddings = embed(encoder, &self.ids, &[run], &queries)?;
            let by_query: HashMap<_, _> = queries.iter().map(|q| q.1).zip(&embeddings).collect();
            let value = quality(&self.set, &groups, self.unit(), |example| {
                let query = self.set.examples[example].query.as_str();
                by_query
                    .get(query)
                    .map_or_else(SaliencyCurve::default, |e| self.set.cosines(example, e))
            })
            .map_or(0.0, |quality| quality.value());
            if best.as_ref().is_none_or(|(known, _)| value > *known) {
                best = Some((value, context));
            }
        }
        match best {
            Some((_, context)) => Ok(context),
            None => Ok(initial_context(
                encoder,
                &ContextInit::Random,
                self.config.n_ctx,
                self.config.seed,
            )?),
        }
    }

    fn step_context(&mut self, encoder: &Encoder) -> Result<Option<f32>, TrainError> {
        if self.is_evaluation_due() && !self.is_evaluated {
            self.step_evaluation(encoder)?;
            return Ok(None);
        }
        if self.is_context_over() {
            self.end_context()?;
            return Ok(None);
        }
        let batches: Vec<_> = self.runs.iter().map(|run| self.batch(run)).collect();
        let pass = forward(
            encoder,
            &self.set,
            &self.ids,
            &self.runs,
            &batches,
            self.config.loss,
        )?;
        let loss = pass.loss()?;
        if !loss.is_finite() {
            return Err(MatchingError.into());
        }
        if self.plan.is_pooled && self.plan.is_checked() {
            let judged = self.judge(|run, _| pass.embeddings[run].first());
            self.record(judged)?;
            if self.is_context_over() {
                self.end_context()?;
                return Ok(Some(loss));
            }
        }
        let learning_rate = self.learning_rate();
        pass.update(&mut self.runs, learning_rate);
        self.step += 1;
        self.is_evaluated = false;
        Ok(Some(loss))
    }

    fn batch(&self, run: &Run) -> Vec<usize> {
        let lessons = &run.plan.lessons;
        let length = |query: &String| self.ids.get(query).map_or(0, Vec::len);
        let lengths: Vec<_> = lessons.iter().map(|lesson| length(&lesson.query)).collect();
        batch_of(&lengths, self.config.batch, self.config.seed, self.step)
    }

    fn learning_rate(&self) -> f64 {
        match self.plan.check {
            Check::HeldOutVideos => {
                let done = self.step as f64 / self.n_steps.max(1) as f64;
                self.config.learning_rate * 0.5 * (1.0 + (std::f64::consts::PI * done).cos())
            }
            _ => self.config.learning_rate,
        }
    }

    /// With one query all held-out clips share the features of the step itself: judging is free.
    fn is_evaluation_due(&self) -> bool {
        const FOLD_STEPS: usize = 10;
        let every = match self.plan.check {
            Check::Unchecked => return false,
            _ if self.plan.is_pooled => return false,
            Check::CrossValidation => FOLD_STEPS,
            Check::HeldOutVideos => (self.steps_per_epoch() / 2).max(FOLD_STEPS),
        };
        self.step.is_multiple_of(every) || self.step == self.n_steps
    }

    fn is_context_over(&self) -> bool {
        const PATIENCE_STEPS: usize = 25;
        const PATIENCE_EVALUATIONS: usize = 6;
        let patience = if self.plan.is_pooled {
            PATIENCE_STEPS
        } else {
            PATIENCE_EVALUATIONS
        };
        self.step >= self.n_steps || self.n_stale >= patience
    }

    fn steps_per_epoch(&self) -> usize {
        let n_lessons = self.plan.runs.first().map_or(0, |run| run.lessons.len());
        steps_per_epoch(n_lessons, self.config.batch)
    }

    fn step_evaluation(&mut self, encoder: &Encoder) -> Result<(), TrainError> {
        let mut evaluation = match self.evaluation.take() {
            Some(evaluation) => evaluation,
            None => Evaluation {
                queries: self.held_out_queries(),
                ..Evaluation::default()
            },
        };
        let first = evaluation.embeddings.len();
        let chunk: Vec<_> = evaluation
            .queries
            .iter()
            .skip(first)
            .take(CHUNK)
            .map(|(run, query)| (*run, query.as_str()))
            .collect();
        let embeddings = embed(encoder, &self.ids, &self.runs, &chunk)?;
        let keys = chunk
            .into_iter()
            .map(|(run, query)| (run, query.to_owned()));
        let new: Vec<_> = keys.zip(embeddings).collect();
        evaluation.embeddings.extend(new);
        if evaluation.embeddings.len() < evaluation.queries.len() {
            self.evaluation = Some(evaluation);
            return Ok(());
        }
        let judged = self.judge(|run, query| evaluation.embeddings.get(&(run, query.to_owned())));
        self.is_evaluated = true;
        self.record(judged)
    }

    fn held_out_queries(&self) -> Vec<(usize, String)> {
        let mut queries = Vec::new();
        for (run, plan) in self.plan.runs.iter().enumerate() {
            for (example, _) in plan.held_out.iter().filter_map(|group| group.0.first()) {
                let key = (run, self.set.examples[*example].query.clone());
                queries.push(key);
            }
        }
        queries.sort_unstable_by(|a, b| {
            let length = |query: &String| self.ids.get(query).map_or(0, Vec::len);
            (a.0, length(&a.1), &a.1).cmp(&(b.0, length(&b.1), &b.1))
        });
        queries.dedup();
        queries
    }

    /// Mean quality over the runs that have something held out.
    fn judge<'a>(
        &self,
        embedding: impl Fn(usize, &str) -> Option<&'a Vec<f32>>,
    ) -> Option<Quality> {
        let qualities: Vec<_> = self
            .plan
            .runs
            .iter()
            .enumerate()
            .filter_map(|(run, plan)| {
                quality(
                    &self.set,
                    &plan.held_out,
                    self.unit(),
                    |example| match embedding(run, &self.set.examples[example].query) {
                        Some(embedding) => self.set.cosines(example, embedding),
                        None => self.flat_curve(example),
                    },
                )
            })
            .collect();
        Quality::joined(&qualities)
    }

    fn unit(&self) -> Unit {
        if self.plan.is_pooled {
            Unit::Clip
        } else {
            Unit::Group
        }
    }

    fn flat_curve(&self, example: usize) -> SaliencyCurve {
        let n_clips = self.set.videos[self.set.examples[example].video].n_clips();
        SaliencyCurve::new(vec![0.0; n_clips])
    }

    fn record(&mut self, judged: Option<Quality>) -> Result<(), TrainError> {
        let Some(quality) = judged else {
            return Ok(());
        };
        self.now = Some(quality.clone());
        let known = self.best.as_ref().map(|best| best.quality.value());
        if known.is_none_or(|known| quality.value() > known) {
            self.best = Some(Best {
                step: self.step,
                quality,
                context: self.current_context()?,
            });
            self.n_stale = 0;
        } else {
            self.n_stale += 1;
        }
        Ok(())
    }

    fn current_context(&self) -> Result<Vec<f32>, TrainError> {
        let learner = &self.runs[0].learner;
        Ok(try_to_vec(learner.context().inner())?)
    }

    fn end_context(&mut self) -> Result<(), TrainError> {
        self.keep_best_context()?;
        self.phase = Phase::Features;
        Ok(())
    }

    fn keep_best_context(&mut self) -> Result<(), TrainError> {
        self.runs.truncate(1);
        if let Some(best) = &self.best
            && let Some(run) = self.runs.pop()
        {
            let learner = run.learner.with_context(&best.context);
            self.runs.push(Run { learner, ..run });
        }
        Ok(())
    }

    fn step_features(&mut self, encoder: &Encoder) -> Result<Option<f32>, TrainError> {
        let missing: Vec<_> = self
            .set
            .queries()
            .into_iter()
            .filter(|query| !self.features.contains_key(*query))
            .map(str::to_owned)
            .collect();
        let chunk = &missing[..missing.len().min(CHUNK)];
        self.embed_features(encoder, chunk)?;
        if chunk.len() == missing.len() {
            self.calibrate();
            self.start_head();
        }
        Ok(None)
    }

    fn embed_features(&mut self, encoder: &Encoder, queries: &[String]) -> Result<(), TrainError> {
        if queries.is_empty() {
            return Ok(());
        }
        let keys: Vec<_> = queries.iter().map(|query| (0, query.as_str())).collect();
        let embeddings = embed(encoder, &self.ids, &self.runs, &keys)?;
        self.features
            .extend(queries.iter().cloned().zip(embeddings));
        Ok(())
    }

    fn calibrate(&mut self) {
        self.scale_bias = self.fit(&self.features);
    }

    /// Least squares over all training clips whose query has an embedding.
    fn fit(&self, embeddings: &HashMap<String, Vec<f32>>) -> (f32, f32) {
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

    fn start_head(&mut self) {
        let train: Vec<_> = self
            .plan
            .train_examples
            .iter()
            .filter_map(|&i| self.head_example(i))
            .collect();
        let n_judged = train.len() + self.plan.held_out_examples.len();
        if n_judged < MIN_EXAMPLES_FOR_HEAD || train.is_empty() {
            self.phase = Phase::Done;
            return;
        }
        self.head = Some(HeadState {
            trainer: HeadTrainer::new(self.config.head, self.config.seed),
            n_steps: HeadTrainer::n_steps(train.len()),
            train,
            step: 0,
            best: None,
        });
        self.phase = Phase::Head;
    }

    /// Examples whose clips were all judged and that have a moment.
    fn head_example(&self, i: usize) -> Option<HeadExample> {
        let example = &self.set.examples[i];
        let embedding = self.features.get(&example.query)?;
        (example.is_complete() && !example.windows.is_empty()).then(|| HeadExample {
            curve: self.set.cosines(i, embedding),
            windows: example.windows.clone(),
        })
    }

    fn step_head(&mut self) -> Result<Option<f32>, TrainError> {
        const N_EVALUATIONS: usize = 10;
        let Some(mut state) = self.head.take() else {
            self.phase = Phase::Done;
            return Ok(None);
        };
        let loss = state.trainer.step(&state.train)?;
        state.step += 1;
        let is_last = state.step >= state.n_steps;
        if is_last
            || state
                .step
                .is_multiple_of((state.n_steps / N_EVALUATIONS).max(1))
        {
            let weights = state.trainer.weights();
            let head = MomentHead::from_weights(&weights, &burn::tensor::Device::flex());
            let value = self
                .judge_moments(|curve| self.moments(&head.probabilities(curve), HEAD_THRESHOLD));
            if state.best.as_ref().is_none_or(|(known, _)| value >= *known) {
                state.best = Some((value, weights));
            }
        }
        if is_last {
            let untrained = self.judge_moments(|curve| {
                self.moments(&curve.min_max_normalised(), ZERO_SHOT_THRESHOLD)
            });
            self.head_weights = state
                .best
                .filter(|(value, _)| self.config.paper || *value >= untrained)
                .map(|(_, weights)| weights);
            self.phase = Phase::Done;
        } else {
            self.head = Some(state);
        }
        Ok(Some(loss))
    }

    fn moments(&self, probabilities: &SaliencyCurve, threshold: f32) -> Vec<Moment> {
        if self.config.paper {
            moments_above(probabilities, threshold)
        } else {
            moments_at_thresholds(probabilities, threshold)
        }
    }

    /// Mean of R1@0.5, R1@0.7 and mAP on held-out videos, in percent.
    fn judge_moments(&self, moments: impl Fn(&SaliencyCurve) -> Vec<Moment>) -> f64 {
        let examples: Vec<_> = self
            .plan
            .held_out_examples
            .iter()
            .copied()
            .filter(|&i| self.head_example(i).is_some())
            .collect();
        let judged = moment_quality(&self.set, &examples, |i| {
            self.head_example(i)
                .map(|example| moments(&example.curve))
                .unwrap_or_default()
        });
        judged.map_or(0.0, |m| (m.r1_at_50() + m.r1_at_70() + m.map_average) / 3.0)
    }

    fn outcome(&self, encoder: &Encoder) -> Result<Outcome, TrainError> {
        let context = self.current_context()?;
        let mut prompt = Prompt::untrained(encoder, context, self.config.head);
        (prompt.scale, prompt.bias) = self.scale_bias;
        prompt.head = self.head_weights.clone();
        let after = self.best.as_ref().map(|best| &best.quality);
        let before = self.before.as_ref();
        let scores = |quality: Option<&Quality>| quality.map(|quality| quality.scores);
        let queries = self.set.queries();
        prompt.metadata.query = match queries.as_slice() {
            [query] => Some((*query).to_owned()),
            _ => None,
        };
        prompt.metadata.training = TrainingSummary {
            n_videos: self.set.n_used_videos(),
            n_queries: queries.len(),
            n_labels: self.set.n_labels(),
            n_steps: self.best.as_ref().map_or(self.step, |best| best.step),
            seed: self.config.seed,
        };
        prompt.metadata.before = scores(before);
        prompt.metadata.after = scores(after);
        Ok(Outcome {
            prompt,
            verdict: verdict(before, after),
            before: scores(before),
            after: scores(after),
        })
    }

    fn progress(&self, loss: Option<f32>) -> Progress {
        let (step, n_steps) = match self.phase {
            Phase::Baseline => (self.zero_shot.len(), self.baseline.len()),
            Phase::Context => (self.step, self.n_steps),
            Phase::Features => (self.features.len(), self.ids.len()),
            Phase::Head => self.head.as_ref().map_or((0, 0), |h| (h.step, h.n_steps)),
            Phase::Done => (0, 0),
        };
        let secs = self
            .phase_start
            .elapsed()
            .max(Duration::from_micros(1))
            .as_secs_f64();
        let pace = step as f64 / secs;
        let is_known = self.phase_steps > 0 && step > 0;
        Progress {
            phase: self.phase,
            step,
            n_steps,
            loss,
            before: self.before.as_ref().map(|quality| quality.scores),
            now: self.now.as_ref().map(|quality| quality.scores),
            steps_per_sec: self.phase_steps as f64 / secs,
            secs_left: is_known.then(|| (n_steps - step.min(n_steps)) as f64 / pace),
        }
    }
}

fn verdict(before: Option<&Quality>, after: Option<&Quality>) -> Verdict {
    match (before, after) {
        (Some(before), Some(after)) if after.is_gain_over(before) => Verdict::Better,
        (Some(_), Some(_)) => Verdict::NotBetter,
        _ => Verdict::Unchecked,
    }
}

/// As many as the labels allow (DESIGN section 9); held-out labels stop earlier.
fn default_steps(set: &TrainingSet, plan: &Plan, config: &TrainerConfig) -> usize {
    const FEW_QUERIES: usize = 150;
    const MIN_HELD_OUT: usize = 200;
    match plan.check {
        Check::HeldOutVideos => {
            let n_lessons = plan.runs.first().map_or(0, |run| run.lessons.len());
            (config.n_epochs * steps_per_epoch(n_lessons, config.batch)).max(MIN_HELD_OUT)
        }
        _ if !plan.is_pooled => FEW_QUERIES,
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

/// Queries whose zero-shot curves are needed: those that judge, and for the plain loss a sample of
/// those that teach.
fn baseline_queries(set: &TrainingSet, plan: &Plan, loss: SaliencyLoss) -> Vec<String> {
    const SAMPLE: usize = 256;
    let judging = plan
        .runs
        .iter()
        .flat_map(|run| &run.held_out)
        .filter_map(|group| group.0.first())
        .map(|(example, _)| &set.examples[*example].query);
    let n_teaching = match loss {
        SaliencyLoss::Centred => 0,
        SaliencyLoss::Plain => SAMPLE,
    };
    let teaching = plan
        .train_examples
        .iter()
        .take(n_teaching)
        .map(|&i| &set.examples[i].query);
    let mut queries: Vec<_> = judging.chain(teaching).cloned().collect();
    queries.sort_unstable();
    queries.dedup();
    queries
}
