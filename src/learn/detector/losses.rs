//! What the training of Moment-DETR and QD-DETR minimises.
//!
//! | Term | Weight | Meaning |
//! |---|---|---|
//! | span | 10 | mean distance of centre and width, over all pairs of a query and its window |
//! | giou | 1 | mean of 1 − generalised IoU over the pairs |
//! | label | 4 | cross entropy of foreground and background, the background counting a tenth |
//! | saliency | 1 | the better clip of a pair shall be 0.2 above the other; QD-DETR has two more terms |
//!
//! All but the last once more for every earlier layer of the decoder.

use burn::tensor::activation::{log_softmax, relu, softplus};
use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::learn::detector::error::DetectorTrainError;
use crate::learn::detector::targets::Targets;
use crate::learn::losses::{SpanTensors, giou};
use crate::learn::matching::{MatchingError, match_spans};
use crate::model::detector::{Batch, DetrMoments, DetrOutput, detr_proposals};

const SPAN_WEIGHT: f64 = 10.0;
const GIOU_WEIGHT: f64 = 1.0;
const LABEL_WEIGHT: f64 = 4.0;
const BACKGROUND_WEIGHT: f32 = 0.1;
const MARGIN: f64 = 0.2;

/// Of QD-DETR's ranking term: what divides scores, and the number of grades that it is divided by.
const TEMPERATURE: f64 = 0.5;
const N_RANKS: f64 = 12.0;

/// Three annotators give up to 4 each.
const HIGHEST_GRADE: u8 = 12;

/// The terms of a batch before they are weighted, each `[1]`.
#[derive(Clone, Debug)]
pub struct DetrLosses {
    /// Span, giou and label of the last layer of the decoder, then of the earlier ones.
    pub layers: Vec<[Tensor<1>; 3]>,
    pub saliency: Tensor<1>,
    /// Which query answers for which window, of each sample, for each of the layers.
    pub pairs: Vec<Vec<Vec<(usize, usize)>>>,
}

impl DetrLosses {
    /// What is minimised, `[1]`, where this batch is a part of another: its shares of the samples, and
    /// of the pairs of a query and a window.
    pub fn total_of_part(&self, of_samples: f64, of_pairs: f64) -> Tensor<1> {
        let mut total = self.saliency.clone() * of_samples;
        for [span, giou, label] in &self.layers {
            total = total
                + span.clone() * (SPAN_WEIGHT * of_pairs)
                + giou.clone() * (GIOU_WEIGHT * of_pairs)
                + label.clone() * (LABEL_WEIGHT * of_samples);
        }
        total
    }
}

/// The terms for what a network says of a batch.
///
/// # Errors
/// [`DetectorTrainError`] when the device fails or numbers have run away.
pub fn detr_losses(
    output: &DetrOutput,
    batch: &Batch,
    targets: &[&Targets],
) -> Result<DetrLosses, DetectorTrainError> {
    let (mut layers, mut pairs) = (Vec::new(), Vec::new());
    for moments in std::iter::once(&output.moments).chain(&output.earlier) {
        let matched = match_batch(moments, targets)?;
        layers.push(layer_losses(moments, targets, &matched));
        pairs.push(matched);
    }
    let mut saliency = margin_loss(&output.saliency, targets);
    if let Some(wrong) = &output.saliency_of_wrong_text {
        saliency = saliency
            + wrong_text_loss(wrong, batch)
            + ranking_loss(&output.saliency, wrong, batch, targets);
    }
    Ok(DetrLosses {
        layers,
        saliency,
        pairs,
    })
}

/// Which query of each sample answers for which of its windows, sorted by query.
fn match_batch(
    moments: &DetrMoments,
    targets: &[&Targets],
) -> Result<Vec<Vec<(usize, usize)>>, DetectorTrainError> {
    let plain = DetrMoments {
        logits: moments.logits.clone().inner(),
        spans: moments.spans.clone().inner(),
    };
    let proposals = detr_proposals(&plain)?;
    let matched = proposals.iter().zip(targets);
    let matched = matched.map(|(proposals, targets)| {
        let predicted: Vec<_> = proposals
            .iter()
            .map(|p| (f64::from(p.start), f64::from(p.end), f64::from(p.score)))
            .collect();
        let truth: Vec<_> = targets
            .spans
            .iter()
            .map(|span| span.map(f64::from))
            .collect();
        match_spans(&predicted, &truth)
    });
    Ok(matched.collect::<Result<_, MatchingError>>()?)
}

fn floats<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn indices(values: Vec<i64>, device: &Device) -> Tensor<1, Int> {
    let n = values.len();
    Tensor::from_data(TensorData::new(values, [n]), device)
}

fn layer_losses(
    moments: &DetrMoments,
    targets: &[&Targets],
    matched: &[Vec<(usize, usize)>],
) -> [Tensor<1>; 3] {
    let [n_samples, n_queries, _] = moments.logits.dims();
    let device = moments.logits.device();
    let mut rows = Vec::new();
    let mut truth = Vec::new();
    // Of foreground and background, negative for the sum below.
    let mut class_weights = [0.0, -BACKGROUND_WEIGHT].repeat(n_samples * n_queries);
    for (sample, pairs) in matched.iter().enumerate() {
        for (query, window) in pairs {
            let row = sample * n_queries + query;
            rows.push(row as i64);
            truth.extend(targets[sample].spans[*window]);
            class_weights[2 * row..2 * row + 2].copy_from_slice(&[-1.0, 0.0]);
        }
    }
    let n_pairs = rows.len();
    let spans = moments.spans.clone().reshape([n_samples * n_queries, 2]);
    let spans = spans.select(0, indices(rows, &device)); // [pairs, 2]
    let truth = floats(truth, [n_pairs, 2], &device);
    let distance = (spans.clone() - truth.clone()).abs().mean();
    let overlap = (-giou(&ends(&spans), &ends(&truth)) + 1.0).mean();

    let logits = moments.logits.clone().reshape([n_samples * n_queries, 2]);
    let class_weights = floats(class_weights, [n_samples * n_queries, 2], &device);
    let label = (log_softmax(logits, 1) * class_weights).sum() / (n_samples * n_queries) as f64;
    [distance, overlap, label]
}

/// `[pairs, 2]` centres and widths as starts and ends.
fn ends(spans: &Tensor<2>) -> SpanTensors {
    let column = |at: usize| spans.clone().narrow(1, at, 1).squeeze_dim::<1>(1);
    let (centre, half) = (column(0), column(1) * 0.5);
    SpanTensors {
        starts: centre.clone() - half.clone(),
        ends: centre + half,
    }
}

fn margin_loss(saliency: &Tensor<2>, targets: &[&Targets]) -> Tensor<1> {
    let [n_samples, n_clips] = saliency.dims();
    let device = saliency.device();
    let flat = saliency.clone().reshape([n_samples * n_clips]);
    let pick = |clips: fn(&Targets) -> [usize; 2]| {
        let at = targets.iter().enumerate();
        let at = at.flat_map(|(sample, t)| clips(t).map(|clip| (sample * n_clips + clip) as i64));
        flat.clone().select(0, indices(at.collect(), &device))
    };
    let (better, worse) = (pick(|t| t.pairs.better), pick(|t| t.pairs.worse));
    // Two pairs for each sample, and a factor of two.
    relu(worse - better + MARGIN).sum() / n_samples as f64
}

/// 1 for each clip of each video, `[batch, clips]`.
fn clip_mask(batch: &Batch, device: &Device) -> Tensor<2> {
    let n = batch.most_clips();
    let rows = batch.n_clips.iter();
    let mask =
        rows.flat_map(|n_clips| (0..n).map(move |clip| f32::from(u8::from(clip < *n_clips))));
    floats(mask.collect(), [batch.n_samples(), n], device)
}

/// A text that belongs to another video shall score low: `−log(1 − σ(s))` summed over the clips.
fn wrong_text_loss(wrong: &Tensor<2>, batch: &Batch) -> Tensor<1> {
    let mask = clip_mask(batch, &wrong.device());
    (softplus(wrong.clone(), 1.0) * mask).sum() / batch.n_samples() as f64
}

/// Clips with at least a grade shall score above all others and above the wrong text, for each grade.
fn ranking_loss(
    right: &Tensor<2>,
    wrong: &Tensor<2>,
    batch: &Batch,
    targets: &[&Targets],
) -> Tensor<1> {
    const PADDING: f32 = -1000.0;
    const TINY: f64 = 1e-6;
    let device = right.device();
    let [n_samples, n_clips] = right.dims();
    let mask = clip_mask(batch, &device);
    let mask = Tensor::cat(vec![mask.clone(), mask], 1);
    let scores = Tensor::cat(vec![right.clone(), wrong.clone()], 1);
    let scores = scores * mask.clone() + (-mask + 1.0) * PADDING;
    let scores = scores / TEMPERATURE;
    let scores = scores.clone() - scores.max_dim(1).detach();
    let log_shares = scores.clone() - (scores.exp().sum_dim(1) + TINY).log();
    // Every grade is a mean over its clips, so what each clip counts can be added up beforehand.
    let mut weights = vec![0.0_f32; n_samples * 2 * n_clips];
    for (sample, targets) in targets.iter().enumerate() {
        for least in 1..HIGHEST_GRADE {
            let reaches = |grade: &&f32| **grade >= f32::from(least);
            let n = targets.grades.iter().filter(reaches).count();
            for (clip, grade) in targets.grades.iter().enumerate() {
                if *grade >= f32::from(least) {
                    weights[sample * 2 * n_clips + clip] -= 1.0 / (n as f32 + TINY as f32);
                }
            }
        }
    }
    let weights = floats(weights, [n_samples, 2 * n_clips], &device);
    (log_shares * weights).sum() / (n_samples as f64 * N_RANKS)
}
