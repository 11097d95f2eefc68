//! Learning context vectors: several learners side by side in one pass of the text tower.
//!
//! Cross-validation trains a learner per fold. Their queries ride in one batch, which reads the
//! tower's weights once, and each has its own optimiser, so the answer is that of separate trainings.

use std::collections::HashMap;

use burn::module::Module as _;
use burn::optim::{Adam, AdamConfig, AdamState, Optimizer as _};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_pcg::Pcg64Mcg;

use crate::domain::{Embeddings, l2_normalise};
use crate::learn::dataset::TrainingSet;
use crate::learn::losses::{centred_saliency_mse, saliency_mse};
use crate::learn::plan::{Lesson, RunPlan};
use crate::model::prompt_learner::{PromptLearner, embed_queries, frames_tensor};
use crate::model::{Encoder, ModelError, try_to_vec};

/// Adam's ε; burn's default of 1e-5 would drown small gradients.
const ADAM_EPSILON: f32 = 1e-8;

/// Batches are made of queries of like length out of a pool of this many batches.
const POOL_BATCHES: usize = 8;

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

    /// One step of Adam along the learner's own part of the gradients.
    pub fn update(&mut self, gradients: &mut Gradients, learning_rate: f64) {
        let adam = AdamConfig::new().with_epsilon(ADAM_EPSILON).build();
        let (learner, moments) = (&self.learner, &mut self.moments);
        let mut step = Step {
            adam,
            gradients,
            learning_rate,
        };
        let context = step.of(learner.context(), &mut moments.context);
        let scale = step.of(learner.scale(), &mut moments.scale);
        let bias = step.of(learner.bias(), &mut moments.bias);
        self.learner = learner.clone().with_parameters(context, scale, bias);
    }
}

struct Step<'a> {
    adam: Adam,
    gradients: &'a mut Gradients,
    learning_rate: f64,
}

impl Step<'_> {
    /// The parameter after the step; as it was where it took no part in the loss.
    fn of<const D: usize>(
        &mut self,
        parameter: Tensor<D>,
        state: &mut Option<AdamState<D>>,
    ) -> Tensor<D> {
        let Some(gradient) = parameter.grad_remove(self.gradients) else {
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

/// The forward pass of one step.
pub struct Pass {
    losses: Tensor<1>,
    n_runs: usize,
    /// Per run the unit embeddings `[dim]` of its lessons.
    pub embeddings: Vec<Vec<Vec<f32>>>,
}

/// Runs the lessons `batches[run]` of every run through the tower.
pub fn forward(
    encoder: &Encoder,
    set: &TrainingSet,
    ids: &QueryIds,
    runs: &[Run],
    batches: &[Vec<usize>],
    loss: SaliencyLoss,
) -> Result<Pass, ModelError> {
    let lessons: Vec<Vec<&Lesson>> = runs
        .iter()
        .zip(batches)
        .map(|(run, batch)| batch.iter().map(|&i| &run.plan.lessons[i]).collect())
        .collect();
    let queries = lessons
        .iter()
        .flatten()
        .map(|lesson| ids_of(ids, &lesson.query));
    let learners = runs.iter().map(|run| &run.learner).zip(&lessons);
    let features = features_of(
        encoder,
        &queries.collect::<Vec<_>>(),
        learners.map(|(learner, lessons)| (learner, lessons.len())),
    );

    let mut values = try_to_vec(features.clone().inner())?;
    values
        .chunks_exact_mut(encoder.dim())
        .for_each(l2_normalise);
    let mut rows = values.chunks_exact(encoder.dim()).map(<[f32]>::to_vec);
    let mut embeddings = Vec::with_capacity(runs.len());
    let mut losses = Vec::with_capacity(runs.len());
    let mut first = 0;
    for (run, lessons) in runs.iter().zip(&lessons) {
        embeddings.push(rows.by_ref().take(lessons.len()).collect());
        let part = features.clone().narrow(0, first, lessons.len());
        first += lessons.len();
        let targets = Targets::new(set, lessons, &features.device());
        let saliency = run.learner.saliency(targets.frames, part);
        losses.push(match loss {
            SaliencyLoss::Centred => centred_saliency_mse(saliency, targets.labels, targets.mask),
            SaliencyLoss::Plain => saliency_mse(saliency, targets.labels, targets.mask),
        });
    }
    Ok(Pass {
        losses: Tensor::cat(losses, 0),
        n_runs: runs.len(),
        embeddings,
    })
}

impl Pass {
    /// Loss of the first run: the one that becomes the prompt.
    pub fn loss(&self) -> Result<f32, ModelError> {
        Ok(try_to_vec(self.losses.clone().inner())?[0])
    }

    /// One step of Adam for every run.
    pub fn update(self, runs: &mut [Run], learning_rate: f64) {
        debug_assert_eq!(runs.len(), self.n_runs);
        // A sum keeps the gradients of the runs apart: none depends on another's parameters.
        let mut gradients = self.losses.sum().backward();
        for run in runs {
            run.update(&mut gradients, learning_rate);
        }
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
fn features_of<'a>(
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

fn ids_of(ids: &QueryIds, query: &str) -> Vec<u32> {
    ids.get(query).cloned().unwrap_or_default()
}

/// What a batch of lessons should give.
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
        let dim = set.videos.first().map_or(0, Embeddings::dim);
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

/// Lessons of step `step`: each once per epoch in an order drawn by `seed`, queries of like length
/// together. A function of its arguments alone, so that a resumed training goes on as it was.
pub fn batch_of(lengths: &[usize], batch: usize, seed: u64, step: usize) -> Vec<usize> {
    let n_batches = steps_per_epoch(lengths.len(), batch);
    if n_batches <= 1 {
        return (0..lengths.len()).collect();
    }
    let (epoch, index) = (step / n_batches, step % n_batches);
    let mut rng =
        Pcg64Mcg::seed_from_u64(seed.wrapping_mul(0x9e37_79b9).wrapping_add(epoch as u64));
    let mut order: Vec<_> = (0..lengths.len()).collect();
    order.shuffle(&mut rng);
    for pool in order.chunks_mut(batch * POOL_BATCHES) {
        pool.sort_by_key(|&i| lengths[i]);
    }
    let mut batches: Vec<_> = order.chunks(batch).collect();
    batches.shuffle(&mut rng);
    batches[index].to_vec()
}

pub fn steps_per_epoch(n_lessons: usize, batch: usize) -> usize {
    n_lessons.div_ceil(batch.max(1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_shows_each_lesson_once_in_batches_of_like_length() {
        let lengths: Vec<_> = (0..100).map(|i| 3 + (i * 7) % 20).collect();
        let n_steps = steps_per_epoch(100, 8);
        for epoch in 0..2 {
            let batches: Vec<_> = (0..n_steps)
                .map(|i| batch_of(&lengths, 8, 5, epoch * n_steps + i))
                .collect();
            let mut all = batches.concat();
            all.sort_unstable();
            assert_eq!(all, (0..100).collect::<Vec<_>>());
            let padding: usize = batches
                .iter()
                .map(|batch| {
                    let longest = batch.iter().map(|&i| lengths[i]).max().unwrap();
                    batch.iter().map(|&i| longest - lengths[i]).sum::<usize>()
                })
                .sum();
            assert!(padding < 300, "{padding} padded tokens of about 1250");
        }
        assert_ne!(
            batch_of(&lengths, 8, 5, 0),
            batch_of(&lengths, 8, 5, n_steps)
        );
        assert_eq!(batch_of(&[4, 5, 6], 8, 5, 9), [0, 1, 2]);
    }
}
