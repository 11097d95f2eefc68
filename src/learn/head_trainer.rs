//! Training the moment head on finished saliency curves.

use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor, TensorData};
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_pcg::Pcg64Mcg;

use crate::domain::{ClipIndex, SaliencyCurve, TimeSpan};
use crate::learn::adam::ADAM_EPSILON;
use crate::learn::losses::{binary_cross_entropy, soft_dice};
use crate::learn::matching::MatchingError;
use crate::learn::spans::{MomentBatch, MomentLossWeights, moment_loss};
use crate::model::moment_head::{HeadKind, HeadWeights, MomentHead, windows};
use crate::model::prompt::HEAD_THRESHOLD;
use crate::model::try_to_vec;

const LEARNING_RATE: f64 = 0.02;
const N_EPOCHS: usize = 8;
const BATCH: usize = 128;

/// A curve and where its moments truly are.
#[derive(Clone, Debug)]
pub struct HeadExample {
    /// On any scale: the head sees it min–max normalised.
    pub curve: SaliencyCurve,
    pub windows: Vec<TimeSpan>,
}

/// The parts of the loss and their weights.
#[derive(Clone, Copy, Debug)]
struct Recipe {
    dice: f32,
    moments: f32,
    weights: MomentLossWeights,
}

impl Recipe {
    fn of(kind: HeadKind) -> Self {
        match kind {
            HeadKind::Frame => Self {
                dice: 0.0,
                moments: 1.0,
                weights: MomentLossWeights {
                    giou: 1.0,
                    l1: 5.0,
                    // The cross-entropy per clip is the class term.
                    class: 0.0,
                },
            },
            HeadKind::Window => Self {
                dice: 1.0,
                moments: 0.5,
                weights: MomentLossWeights {
                    giou: 1.0,
                    l1: 1.0,
                    class: 0.25,
                },
            },
        }
    }
}

/// Trains one head, on the CPU: it has 91 numbers.
pub struct HeadTrainer {
    head: MomentHead,
    optimiser: ModuleOptimizer,
    recipe: Recipe,
    seed: u64,
    step: usize,
}

impl HeadTrainer {
    pub fn new(kind: HeadKind, seed: u64) -> Self {
        Self {
            head: kind.config().init(seed, &Device::flex().autodiff()),
            optimiser: AdamWConfig::new()
                .with_epsilon(ADAM_EPSILON)
                .with_weight_decay(0.0)
                .init(),
            recipe: Recipe::of(kind),
            seed,
            step: 0,
        }
    }

    /// Small sets get as many steps as a few hundred examples would.
    pub fn n_steps(n_examples: usize) -> usize {
        const MIN_STEPS: usize = 60;
        (N_EPOCHS * n_examples.div_ceil(BATCH)).max(MIN_STEPS)
    }

    pub fn weights(&self) -> HeadWeights {
        self.head.weights()
    }

    /// Learns from one batch and returns its loss.
    ///
    /// # Errors
    /// [`MatchingError`] when the numbers have run away.
    pub fn step(&mut self, examples: &[HeadExample]) -> Result<f32, MatchingError> {
        let batch = self.next_batch(examples.len());
        let batch: Vec<_> = batch.into_iter().map(|i| &examples[i]).collect();
        let loss = loss(&self.head, &batch, self.recipe)?;
        let value = try_to_vec(loss.clone().inner()).map_err(|_| MatchingError)?[0];
        if !value.is_finite() {
            return Err(MatchingError);
        }
        let gradients = GradientsParams::from_grads(loss.backward(), &self.head);
        self.head = self
            .optimiser
            .step(LEARNING_RATE, self.head.clone(), gradients);
        self.step += 1;
        Ok(value)
    }

    fn next_batch(&self, n_examples: usize) -> Vec<usize> {
        let n_batches = n_examples.div_ceil(BATCH).max(1);
        let (epoch, index) = (self.step / n_batches, self.step % n_batches);
        let mut order: Vec<_> = (0..n_examples).collect();
        let mut rng = Pcg64Mcg::seed_from_u64(self.seed ^ (epoch as u64) << 32);
        order.shuffle(&mut rng);
        order.chunks(BATCH).nth(index).unwrap_or_default().to_vec()
    }
}

/// The loss of a batch, `[1]`: cross-entropy + dice + moment terms.
fn loss(
    head: &MomentHead,
    batch: &[&HeadExample],
    recipe: Recipe,
) -> Result<Tensor<1>, MatchingError> {
    let k = head.config().k;
    let lengths: Vec<_> = batch.iter().map(|e| e.curve.n_clips()).collect();
    let width = lengths.iter().copied().max().unwrap_or(0);
    let shape = [batch.len(), width];
    let mut inputs = vec![0.0; batch.len() * width * k];
    let mut labels = vec![0.0; batch.len() * width];
    let mut mask = labels.clone();
    for (row, example) in batch.iter().enumerate() {
        let at = row * width;
        let seen = windows(&example.curve, k);
        inputs[at * k..at * k + seen.len()].copy_from_slice(&seen);
        mask[at..at + lengths[row]].fill(1.0);
        for (clip, label) in labels[at..at + lengths[row]].iter_mut().enumerate() {
            let centre_secs = ClipIndex(clip).centre_secs();
            let inside = example.windows.iter().any(|w| w.contains(centre_secs));
            *label = if inside { 1.0 } else { 0.0 };
        }
    }
    let device = Device::flex().autodiff();
    let matrix = |values: Vec<f32>, shape: [usize; 2]| {
        Tensor::<2>::from_data(TensorData::new(values, shape), &device)
    };
    let logits = head
        .forward(matrix(inputs, [batch.len() * width, k]))
        .reshape(shape);
    let (labels, mask) = (matrix(labels, shape), matrix(mask, shape));
    let mut loss = binary_cross_entropy(logits.clone(), labels.clone(), mask.clone());
    if recipe.dice > 0.0 {
        loss = loss + soft_dice(logits.clone(), labels, mask) * recipe.dice;
    }
    let probabilities = sigmoid(logits);
    let values = try_to_vec(probabilities.clone().inner()).map_err(|_| MatchingError)?;
    let truth: Vec<_> = batch.iter().map(|e| e.windows.clone()).collect();
    let curves = MomentBatch {
        probabilities: &probabilities,
        values: &values,
        lengths: &lengths,
        truth: &truth,
    };
    let moments = moment_loss(curves, HEAD_THRESHOLD, recipe.weights)?;
    Ok(match moments {
        Some(moments) => loss + moments * recipe.moments,
        None => loss,
    })
}

#[cfg(test)]
mod tests {
    use rand::RngExt as _;

    use super::*;
    use crate::find::moments_above;

    /// A noisy curve that is higher inside its window, with lone spikes outside.
    fn examples(n: usize, seed: u64) -> Vec<HeadExample> {
        let mut rng = Pcg64Mcg::seed_from_u64(seed);
        (0..n)
            .map(|_| {
                let n_clips = rng.random_range(20..40_usize);
                let start = rng.random_range(0..n_clips - 8);
                let end = start + rng.random_range(4..8_usize);
                let values = (0..n_clips)
                    .map(|clip| {
                        let inside = (start..end).contains(&clip);
                        let spike = rng.random::<f32>() < 0.1;
                        let level = if inside || spike { 0.3 } else { 0.22 };
                        level + 0.02 * rng.random::<f32>()
                    })
                    .collect();
                HeadExample {
                    curve: SaliencyCurve::new(values),
                    windows: vec![TimeSpan::of_clips(ClipIndex(start), ClipIndex(end - 1))],
                }
            })
            .collect()
    }

    fn mean_iou(head: &MomentHead, examples: &[HeadExample]) -> f64 {
        let total: f64 = examples
            .iter()
            .map(|example| {
                let moments = moments_above(&head.probabilities(&example.curve), HEAD_THRESHOLD);
                moments
                    .first()
                    .map_or(0.0, |m| m.span.iou(example.windows[0]))
            })
            .sum();
        total / examples.len() as f64
    }

    #[test]
    fn both_heads_learn_and_only_the_wide_one_ignores_spikes() {
        let (train, test) = (examples(200, 1), examples(100, 2));
        let trained = |kind| {
            let mut trainer = HeadTrainer::new(kind, 3);
            let first = trainer.step(&train).unwrap();
            let mut last = first;
            for _ in 1..HeadTrainer::n_steps(train.len()) {
                last = trainer.step(&train).unwrap();
            }
            assert!(last < 0.7 * first, "{kind:?}: {first} → {last}");
            mean_iou(
                &MomentHead::from_weights(&trainer.weights(), &Device::flex()),
                &test,
            )
        };
        let (frame, window) = (trained(HeadKind::Frame), trained(HeadKind::Window));
        assert!(frame > 0.3 && window > frame + 0.1, "{frame} {window}");
    }

    #[test]
    fn the_same_seed_gives_the_same_head() {
        let train = examples(40, 1);
        let run = |seed| {
            let mut trainer = HeadTrainer::new(HeadKind::Window, seed);
            for _ in 0..5 {
                trainer.step(&train).unwrap();
            }
            trainer.weights()
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
    }
}
