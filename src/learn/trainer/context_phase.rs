//! The second phase: Adam on the context vectors, judged on held-out labels on the way.

use crate::learn::batches::{Direction, batch_of, positions_per_call, steps_per_epoch};
use crate::learn::context::LearnerRun;
use crate::learn::gradient_step::{GradientStep, StepInputs};
use crate::learn::matching::MatchingError;
use crate::learn::plan::Check;
use crate::learn::trainer::{TrainError, Trainer};
use crate::model::Encoder;

impl Trainer {
    /// An evaluation or a part of a step; returns the loss when the step is complete.
    pub(super) fn step_context(&mut self, encoder: &Encoder) -> Result<Option<f32>, TrainError> {
        if self.gradient_step.is_none() {
            if self.is_evaluation_due() {
                self.step_evaluation(encoder)?;
                return Ok(None);
            }
            if self.is_context_over() {
                self.end_context()?;
                return Ok(None);
            }
        }
        let mut step = match self.gradient_step.take() {
            Some(step) => step,
            None => self.new_gradient_step(),
        };
        step.advance(StepInputs {
            encoder,
            set: &self.set,
            tokens: &self.tokens,
            runs: &self.runs,
            loss: self.config.loss,
            max_positions: positions_per_call(encoder, Direction::ForwardAndBackward),
        })?;
        let loss = step.loss();
        if !loss.is_finite() {
            return Err(MatchingError.into());
        }
        if !step.is_complete() {
            self.gradient_step = Some(step);
            return Ok(None);
        }
        if self.plan.has_single_lesson && self.plan.is_checked() {
            let judged = self.judge(|run, _| step.embeddings(run).first());
            self.record(judged)?;
            if self.is_context_over() {
                self.end_context()?;
                return Ok(Some(loss));
            }
        }
        let learning_rate = self.learning_rate();
        step.update(&mut self.runs, learning_rate);
        self.step += 1;
        self.is_evaluated = false;
        Ok(Some(loss))
    }

    fn new_gradient_step(&self) -> GradientStep {
        let batches: Vec<_> = self.runs.iter().map(|run| self.batch(run)).collect();
        GradientStep::new(&self.runs, &batches)
    }

    fn batch(&self, run: &LearnerRun) -> Vec<usize> {
        let lessons = &run.plan.lessons;
        let length = |query: &String| self.tokens[query].n_positions();
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

    fn is_context_over(&self) -> bool {
        const PATIENCE_STEPS: usize = 25;
        const PATIENCE_EVALUATIONS: usize = 6;
        let patience = if self.plan.has_single_lesson {
            PATIENCE_STEPS
        } else {
            PATIENCE_EVALUATIONS
        };
        self.step >= self.n_steps || self.n_stale >= patience
    }

    pub(super) fn steps_per_epoch(&self) -> usize {
        let n_lessons = self.plan.runs.first().map_or(0, |run| run.lessons.len());
        steps_per_epoch(n_lessons, self.config.batch)
    }
}
