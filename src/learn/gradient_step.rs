//! One step of all learners, in parts of which none takes long.
//!
//! A batch of thirty queries keeps a full-size text tower busy for a second on two cores. Its
//! gradients are the sum of those of its parts, so whoever drives the training can do something
//! else between two parts.

use burn::tensor::{Device, Tensor, TensorData};

use crate::domain::UnitVector;
use crate::learn::adam::LearnerGradients;
use crate::learn::batches::n_fitting;
use crate::learn::context::{LearnerRun, QueryTokens, SaliencyLoss};
use crate::learn::losses::{centred_saliency_mse, saliency_mse};
use crate::learn::plan::Lesson;
use crate::learn::training_set::TrainingSet;
use crate::model::prompt_learner::frames_tensor;
use crate::model::{Encoder, ModelError, try_to_vec};

/// What all parts of a step are computed from.
#[derive(Clone, Copy)]
pub struct StepInputs<'a> {
    pub encoder: &'a Encoder,
    pub set: &'a TrainingSet,
    pub tokens: &'a QueryTokens,
    pub runs: &'a [LearnerRun],
    pub loss: SaliencyLoss,
    /// Positions of the text tower in one part.
    pub max_positions: usize,
}

/// A step under way: gradients and losses of the parts done so far.
pub struct GradientStep {
    /// `(run, lesson)` in the order of the runs.
    lessons: Vec<(usize, usize)>,
    n_done: usize,
    /// Labelled clips per run: the mean of its loss is over these.
    n_clips: Vec<usize>,
    gradients: Vec<LearnerGradients>,
    losses: Vec<f32>,
    embeddings: Vec<Vec<UnitVector>>,
}

impl GradientStep {
    /// A step in which every run learns its lessons `batches[run]`.
    pub fn new(runs: &[LearnerRun], batches: &[Vec<usize>]) -> Self {
        let lessons = (0..runs.len())
            .flat_map(|run| batches[run].iter().map(move |&lesson| (run, lesson)))
            .collect();
        let n_clips = runs.iter().zip(batches).map(|(run, batch)| {
            let lessons = batch.iter().map(|&i| run.plan.lessons[i].clips.len());
            lessons.sum()
        });
        Self {
            lessons,
            n_done: 0,
            n_clips: n_clips.collect(),
            gradients: runs.iter().map(|_| LearnerGradients::default()).collect(),
            losses: vec![0.0; runs.len()],
            embeddings: vec![Vec::new(); runs.len()],
        }
    }

    pub fn is_complete(&self) -> bool {
        self.n_done == self.lessons.len()
    }

    /// Loss of the first run: the one that becomes the prompt.
    pub fn loss(&self) -> f32 {
        self.losses.first().copied().unwrap_or(0.0)
    }

    /// The directions of the run's lessons, before the step.
    pub fn embeddings(&self, run: usize) -> &[UnitVector] {
        &self.embeddings[run]
    }

    /// One step of Adam for every run.
    pub fn update(self, runs: &mut [LearnerRun], learning_rate: f64) {
        debug_assert!(self.is_complete(), "a part of the batch is missing");
        for (run, gradients) in runs.iter_mut().zip(self.gradients) {
            run.update(gradients, learning_rate);
        }
    }

    /// The next part: as many lessons as fit into `max_positions`, each padded to the longest.
    ///
    /// # Errors
    /// [`ModelError::Device`] when the device does not hand its numbers over.
    pub fn advance(&mut self, inputs: StepInputs<'_>) -> Result<(), ModelError> {
        let StepInputs {
            encoder,
            set,
            tokens,
            runs,
            loss,
            max_positions,
        } = inputs;
        let lesson_of = |&(run, lesson): &(usize, usize)| &runs[run].plan.lessons[lesson];
        let tokens_of = |lesson: &Lesson| &tokens[&lesson.query];
        let open = &self.lessons[self.n_done..];
        let lengths = open.iter().map(|at| tokens_of(lesson_of(at)).n_positions());
        let part = &open[..n_fitting(lengths, max_positions)];
        if part.is_empty() {
            return Ok(());
        }
        let by_run: Vec<(usize, Vec<&Lesson>)> = part
            .chunk_by(|a, b| a.0 == b.0)
            .map(|same| (same[0].0, same.iter().map(lesson_of).collect()))
            .collect();
        let rows: Vec<_> = by_run
            .iter()
            .map(|(run, lessons)| {
                let texts = lessons.iter().map(|lesson| tokens_of(lesson)).collect();
                runs[*run].learner.rows(texts)
            })
            .collect();
        let features = encoder.prompt_features(&rows)?;
        let values = try_to_vec(features.clone().inner())?;
        let mut embeddings = UnitVector::of_rows(&values, encoder.dim()).into_iter();

        let mut losses = Vec::with_capacity(by_run.len());
        let mut first = 0;
        for (run, lessons) in &by_run {
            self.embeddings[*run].extend(embeddings.by_ref().take(lessons.len()));
            let features = features.clone().narrow(0, first, lessons.len());
            first += lessons.len();
            let targets = Targets::new(set, lessons, &features.device());
            let saliency = runs[*run].learner.saliency(targets.frames, features);
            let mean = match loss {
                SaliencyLoss::Centred => {
                    centred_saliency_mse(saliency, targets.labels, targets.mask)
                }
                SaliencyLoss::Plain => saliency_mse(saliency, targets.labels, targets.mask),
            };
            let n_clips: usize = lessons.iter().map(|lesson| lesson.clips.len()).sum();
            losses.push(mean * (n_clips as f32 / self.n_clips[*run].max(1) as f32));
        }
        let losses = Tensor::cat(losses, 0);
        for ((run, _), loss) in by_run.iter().zip(try_to_vec(losses.clone().inner())?) {
            self.losses[*run] += loss;
        }
        // A sum keeps the gradients of the runs apart: none depends on another's parameters.
        let mut gradients = losses.sum().backward();
        for (run, _) in &by_run {
            self.gradients[*run].add(&runs[*run].learner, &mut gradients);
        }
        self.n_done += part.len();
        Ok(())
    }
}

/// What the curves of a batch of lessons should be.
struct Targets {
    /// `[batch, n_clips, dim]`
    frames: Tensor<3>,
    /// `[batch, n_clips]`
    labels: Tensor<2>,
    /// `[batch, n_clips]`, 0 where a lesson has fewer clips.
    mask: Tensor<2>,
}

impl Targets {
    fn new(set: &TrainingSet, lessons: &[&Lesson], device: &Device) -> Self {
        let dim = set.videos.first().map_or(0, |video| video.dim());
        let n_clips = lessons.iter().map(|l| l.clips.len()).max().unwrap_or(0);
        let shape = [lessons.len(), n_clips];
        let mut frames = vec![0.0; lessons.len() * n_clips * dim];
        let mut labels = vec![0.0; lessons.len() * n_clips];
        let mut mask = labels.clone();
        for (row, lesson) in lessons.iter().enumerate() {
            for (column, &(example, clip)) in lesson.clips.iter().enumerate() {
                let at = row * n_clips + column;
                let video = &set.videos[set.examples[example].video];
                let embedding = &video.values()[clip * dim..(clip + 1) * dim];
                frames[at * dim..(at + 1) * dim].copy_from_slice(embedding);
                labels[at] = set.examples[example].label(clip).unwrap_or(0.0);
                mask[at] = 1.0;
            }
        }
        let matrix = |values| Tensor::<2>::from_data(TensorData::new(values, shape), device);
        Self {
            frames: frames_tensor(frames, [shape[0], shape[1], dim], device),
            labels: matrix(labels),
            mask: matrix(mask),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Embeddings;
    use crate::learn::plan::RunPlan;
    use crate::learn::prompt_golden::clip_tiny;
    use crate::learn::training_set::Example;
    use crate::model::moment_head::HeadKind;
    use crate::model::prompt_learner::PromptLearnerConfig;

    const QUERIES: [&str; 4] = [
        "a dog",
        "snow",
        "two wooden boats on a lake",
        "a kite in the sky",
    ];

    /// Two learners with four lessons each, of six clips.
    fn runs(encoder: &Encoder) -> Vec<LearnerRun> {
        let device = encoder.device().tensor_device().clone().autodiff();
        let config = PromptLearnerConfig {
            n_ctx: 4,
            text_width: encoder.text_width(),
            head: HeadKind::Window,
        };
        let lesson = |(example, query): (usize, &&str)| Lesson {
            query: (*query).to_owned(),
            clips: (0..6 - example).map(|clip| (example, clip)).collect(),
        };
        let plan = RunPlan {
            lessons: QUERIES.iter().enumerate().map(lesson).collect(),
            held_out: vec![],
        };
        (0..2)
            .map(|seed| LearnerRun::new(config.init(seed, &device), plan.clone()))
            .collect()
    }

    fn set(encoder: &Encoder) -> TrainingSet {
        let values = (0..6 * encoder.dim()).map(|i| (i as f32 * 0.7).sin());
        let video = Embeddings::from_features(encoder.dim(), values.collect()).unwrap();
        let example = |query: &&str| Example {
            query: (*query).to_owned(),
            video: 0,
            grades: (0..6).map(|clip| Some([clip % 5; 3])).collect(),
            windows: vec![],
        };
        TrainingSet {
            videos: vec![video.into()],
            examples: QUERIES.iter().map(example).collect(),
        }
    }

    /// Contexts, scales and biases after a step, and the loss before it.
    fn after_step(loss: SaliencyLoss, max_positions: usize) -> (usize, f32, Vec<f32>) {
        let encoder = clip_tiny();
        let (mut runs, set) = (runs(&encoder), set(&encoder));
        let tokens: QueryTokens = QUERIES
            .iter()
            .map(|query| ((*query).to_owned(), encoder.tokenize(query, 4).unwrap()))
            .collect();
        let inputs = StepInputs {
            encoder: &encoder,
            set: &set,
            tokens: &tokens,
            runs: &runs,
            loss,
            max_positions,
        };
        let mut step = GradientStep::new(&runs, &[vec![1, 0, 3, 2], vec![1, 0, 3, 2]]);
        let mut n_parts = 0;
        while !step.is_complete() {
            step.advance(inputs).unwrap();
            n_parts += 1;
        }
        assert_eq!(step.embeddings(1).len(), QUERIES.len());
        let value = step.loss();
        step.update(&mut runs, 1e-2);
        let numbers = runs.iter().flat_map(|run| {
            let learner = &run.learner;
            [
                try_to_vec(learner.context().inner()).unwrap(),
                try_to_vec(learner.scale().inner()).unwrap(),
                try_to_vec(learner.bias().inner()).unwrap(),
            ]
        });
        (n_parts, value, numbers.flatten().collect())
    }

    #[test]
    fn a_step_in_parts_is_the_same_step() {
        for loss in [SaliencyLoss::Centred, SaliencyLoss::Plain] {
            let (n_parts, value, whole) = after_step(loss, 10_000);
            assert_eq!(n_parts, 1);
            for max_positions in [1, 30] {
                let (n_parts, value_in_parts, in_parts) = after_step(loss, max_positions);
                assert!(n_parts > 2, "{n_parts} parts");
                assert!((value - value_in_parts).abs() < 1e-6);
                // Adam's first step is 0.01 in the direction of the gradient, and the gradient of a
                // centred loss for a bias is only rounding.
                let n_each = whole.len() / 2;
                let is_noise =
                    |at: usize| loss == SaliencyLoss::Centred && (at + 1).is_multiple_of(n_each);
                for (at, (a, b)) in whole.iter().zip(&in_parts).enumerate() {
                    let is_close = (a - b).abs() < 1e-4;
                    assert!(
                        is_close || is_noise(at),
                        "{max_positions} positions, {at}: {a}, {b}"
                    );
                }
                assert_eq!(
                    in_parts,
                    after_step(loss, max_positions).2,
                    "not deterministic"
                );
            }
        }
    }
}
