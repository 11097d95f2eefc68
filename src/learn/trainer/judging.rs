//! Judging the learners on labels that they did not see, and keeping the best context.

use std::collections::HashMap;

use crate::domain::{SaliencyCurve, UnitVector};
use crate::learn::batches::{Direction, n_fitting, positions_per_call};
use crate::learn::context::{LearnerRun, embed};
use crate::learn::held_out::{Observation, Quality, quality};
use crate::learn::plan::Check;
use crate::learn::trainer::{Phase, TrainError, Trainer};
use crate::model::{Encoder, try_to_vec};

/// The best context so far.
#[derive(Clone, Debug)]
pub(super) struct Best {
    pub step: usize,
    pub quality: Quality,
    pub context: Vec<f32>,
}

/// Evaluating all runs takes several calls on a large set.
#[derive(Default)]
pub(super) struct Evaluation {
    queries: Vec<(usize, String)>,
    embeddings: HashMap<(usize, String), UnitVector>,
}

impl Trainer {
    /// With one query all held-out clips share the features of the step itself, and are judged on the
    /// way.
    pub(super) fn is_evaluation_due(&self) -> bool {
        const FOLD_STEPS: usize = 10;
        let every = match self.plan.check {
            Check::Unchecked => return false,
            _ if self.plan.has_single_lesson => return false,
            Check::CrossValidation => FOLD_STEPS,
            Check::HeldOutVideos => (self.steps_per_epoch() / 2).max(FOLD_STEPS),
        };
        !self.is_evaluated && (self.step.is_multiple_of(every) || self.step == self.n_steps)
    }

    pub(super) fn step_evaluation(&mut self, encoder: &Encoder) -> Result<(), TrainError> {
        let mut evaluation = match self.evaluation.take() {
            Some(evaluation) => evaluation,
            None => Evaluation {
                queries: self.held_out_queries(),
                ..Evaluation::default()
            },
        };
        let open = &evaluation.queries[evaluation.embeddings.len()..];
        let n_rows = self.n_rows_per_call(encoder, open.iter().map(|(_, query)| query));
        let chunk: Vec<_> = open[..n_rows]
            .iter()
            .map(|(run, query)| (*run, query.as_str()))
            .collect();
        let embeddings = embed(encoder, &self.tokens, &self.runs, &chunk)?;
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

    /// How many of the first queries, each with a context, the text tower takes in one call.
    pub(super) fn n_rows_per_call<'a>(
        &self,
        encoder: &Encoder,
        queries: impl Iterator<Item = &'a String>,
    ) -> usize {
        let length = |query: &String| self.tokens[query].n_positions();
        n_fitting(
            queries.map(length),
            positions_per_call(encoder, Direction::Forward),
        )
    }

    fn held_out_queries(&self) -> Vec<(usize, String)> {
        let mut queries = Vec::new();
        for (run, plan) in self.plan.runs.iter().enumerate() {
            for (example, _) in plan.held_out.iter().filter_map(|ranking| ranking.0.first()) {
                let key = (run, self.set.examples[*example].query.clone());
                queries.push(key);
            }
        }
        queries.sort_unstable_by(|a, b| {
            let length = |query: &String| self.tokens[query].n_positions();
            (a.0, length(&a.1), &a.1).cmp(&(b.0, length(&b.1), &b.1))
        });
        queries.dedup();
        queries
    }

    /// Quality over the runs that have something held out.
    pub(super) fn judge<'a>(
        &self,
        embedding: impl Fn(usize, &str) -> Option<&'a UnitVector>,
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
                    self.observation(),
                    |example| match embedding(run, &self.set.examples[example].query) {
                        Some(embedding) => self.set.cosines(example, embedding),
                        None => self.flat_curve(example),
                    },
                )
            })
            .collect();
        Quality::joined(&qualities)
    }

    pub(super) fn observation(&self) -> Observation {
        if self.plan.has_single_lesson {
            Observation::Clip
        } else {
            Observation::Ranking
        }
    }

    pub(super) fn flat_curve(&self, example: usize) -> SaliencyCurve {
        let n_clips = self.set.videos[self.set.examples[example].video].n_clips();
        SaliencyCurve::new(vec![0.0; n_clips])
    }

    pub(super) fn record(&mut self, judged: Option<Quality>) -> Result<(), TrainError> {
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

    pub(super) fn current_context(&self) -> Result<Vec<f32>, TrainError> {
        let learner = &self.runs[0].learner;
        Ok(try_to_vec(learner.context().inner())?)
    }

    pub(super) fn end_context(&mut self) -> Result<(), TrainError> {
        self.keep_best_context()?;
        self.phase = Phase::Features;
        Ok(())
    }

    pub(super) fn keep_best_context(&mut self) -> Result<(), TrainError> {
        self.runs.truncate(1);
        if let Some(best) = &self.best
            && let Some(run) = self.runs.pop()
        {
            let learner = run.learner.with_context(&best.context);
            self.runs.push(LearnerRun { learner, ..run });
        }
        Ok(())
    }
}
