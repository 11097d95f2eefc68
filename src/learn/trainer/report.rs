//! What a training reports while it runs and when it is over.

use std::time::Duration;

use crate::learn::held_out::{Quality, concordance};
use crate::learn::trainer::{TrainError, Trainer};
use crate::model::Encoder;
use crate::model::prompt::{HeldOutScores, Prompt, TrainingSummary, Verdict};

/// What the trainer is doing.
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
    /// Of this phase.
    pub steps_per_sec: f64,
    /// Of this phase, once its pace is known.
    pub secs_left: Option<f64>,
}

/// The result of a training.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The best of all steps, whether or not it should be used.
    pub prompt: Prompt,
    pub verdict: Verdict,
    pub before: Option<HeldOutScores>,
    pub after: Option<HeldOutScores>,
}

/// With fewer labels on one query, a gain is hardly ever believed.
pub const ENOUGH_LABELS: usize = 10;

impl Trainer {
    pub(super) fn outcome(&self, encoder: &Encoder) -> Result<Outcome, TrainError> {
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
        let (before_scores, mut after_scores) = (scores(before), scores(after));
        if let Some(scores) = &mut after_scores {
            scores.shown = self.shown_with_head().or(scores.shown);
        }
        prompt.metadata.before = before_scores;
        prompt.metadata.after = after_scores;
        let verdict = match verdict(before, after) {
            Verdict::Better if self.is_luck_likely() => Verdict::Unchecked,
            // A better order of the clips is no gain for who is shown more wrong moments.
            Verdict::Better if shows_worse(before_scores, after_scores) => Verdict::NotBetter,
            verdict => verdict,
        };
        prompt.metadata.verdict = Some(verdict);
        Ok(Outcome {
            prompt,
            verdict,
            before: before_scores,
            after: after_scores,
        })
    }

    /// A handful of labels on one query is often fitted by luck, and cross-validation that holds out
    /// one or two of them does not notice. A gain is then believed only where the plain words fail
    /// on these very labels: where they order them no better than chance, little can be lost.
    fn is_luck_likely(&self) -> bool {
        const CHANCE: f64 = 0.5;
        if !self.plan.has_single_lesson || self.set.n_labels() >= ENOUGH_LABELS {
            return false;
        }
        let zero_shot = |i: usize| {
            let text = self.baseline.zero_shot.get(&self.set.examples[i].query);
            text.map_or_else(|| self.flat_curve(i), |text| self.set.cosines(i, text))
        };
        concordance(&self.set, zero_shot).is_none_or(|share| share > CHANCE)
    }

    pub(super) fn progress(&self, loss: Option<f32>) -> Progress {
        let (step, n_steps) = self.position();
        let secs = self
            .phase_start
            .elapsed()
            .max(Duration::from_micros(1))
            .as_secs_f64();
        let n_done = step.saturating_sub(self.phase_first);
        let steps_per_sec = n_done as f64 / secs;
        Progress {
            phase: self.phase,
            step,
            n_steps,
            loss,
            before: self.before.as_ref().map(|quality| quality.scores),
            now: self.now.as_ref().map(|quality| quality.scores),
            steps_per_sec,
            secs_left: (n_done > 0).then(|| (n_steps - step.min(n_steps)) as f64 / steps_per_sec),
        }
    }

    /// Steps done and steps in all, of this phase.
    pub(super) fn position(&self) -> (usize, usize) {
        match self.phase {
            Phase::Baseline => (self.baseline.n_done(), self.baseline.n_pieces),
            Phase::Context => (self.step, self.n_steps),
            Phase::Features => (self.features.len(), self.tokens.len()),
            Phase::Head => self.head.as_ref().map_or((0, 0), |h| (h.step, h.n_steps)),
            Phase::Done => (0, 0),
        }
    }
}

fn shows_worse(before: Option<HeldOutScores>, after: Option<HeldOutScores>) -> bool {
    let shown = |scores: Option<HeldOutScores>| scores.and_then(|scores| scores.shown);
    matches!((shown(before), shown(after)), (Some(before), Some(after)) if after.is_worse_than(before))
}

fn verdict(before: Option<&Quality>, after: Option<&Quality>) -> Verdict {
    match (before, after) {
        (Some(before), Some(after)) if after.is_gain_over(before) => Verdict::Better,
        (Some(_), Some(_)) => Verdict::NotBetter,
        _ => Verdict::Unchecked,
    }
}
