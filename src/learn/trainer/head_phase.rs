//! The last phase: the moment head, on the curves that the best context gives.

use crate::find::Detector;
use crate::learn::head_trainer::{HeadExample, HeadTrainer};
use crate::learn::held_out::{moment_quality, shown_clips, shown_runs};
use crate::learn::plan::MIN_EXAMPLES_FOR_HEAD;
use crate::learn::trainer::{Phase, TrainError, Trainer};
use crate::model::moment_head::HeadWeights;
use crate::model::prompt::ShownClips;

/// A head in training, and what it learns from.
pub(super) struct HeadState {
    trainer: HeadTrainer,
    train: Vec<HeadExample>,
    pub step: usize,
    pub n_steps: usize,
    pub best: Option<(f64, HeadWeights)>,
}

impl Trainer {
    pub(super) fn start_head(&mut self) {
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

    pub(super) fn step_head(&mut self) -> Result<Option<f32>, TrainError> {
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
            let value = self.judge_moments(Detector::Head(&weights));
            if state.best.as_ref().is_none_or(|(known, _)| value >= *known) {
                state.best = Some((value, weights));
            }
        }
        if is_last {
            let untrained = self.judge_moments(Detector::Runs);
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

    /// What people would be shown of the held-out videos; `None` without a head.
    pub(super) fn shown_with_head(&self) -> Option<ShownClips> {
        let detector = Detector::Head(self.head_weights.as_ref()?);
        let judged = self.plan.held_out_examples.iter().filter_map(|&i| {
            let example = self.head_example(i)?;
            let clips: Vec<_> = (0..example.curve.n_clips()).collect();
            let runs = shown_runs(&example.curve, detector);
            Some(shown_clips(&self.set, i, &clips, &runs))
        });
        judged.reduce(ShownClips::plus)
    }

    /// Mean of R1@0.5, R1@0.7 and mAP on held-out videos, in percent.
    fn judge_moments(&self, detector: Detector<'_>) -> f64 {
        let examples: Vec<_> = self
            .plan
            .held_out_examples
            .iter()
            .copied()
            .filter(|&i| self.head_example(i).is_some())
            .collect();
        let judged = moment_quality(&self.set, &examples, |i| {
            self.head_example(i)
                .map(|example| detector.windows(&example.curve, self.config.paper))
                .unwrap_or_default()
        });
        judged.map_or(0.0, |m| (m.r1_at_50() + m.r1_at_70() + m.map_average) / 3.0)
    }
}
