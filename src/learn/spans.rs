//! Moments as differentiable spans, and the loss on those that match a true window.

use std::ops::Range;

use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::domain::{CLIP_SECS, ClipIndex, Moment, TimeSpan};
use crate::learn::losses::{SpanTensors, giou, span_l1};
use crate::learn::matching::{MatchingError, MatchingWeights, match_moments};

/// Probabilities below this count as this in the class term; its logarithm stays finite.
const MIN_PROBABILITY: f32 = 1e-6;

/// Weights of the parts of [`moment_loss`].
#[derive(Clone, Copy, Debug)]
pub struct MomentLossWeights {
    pub giou: f32,
    pub l1: f32,
    /// Of the cross-entropy of a run's peak: 1 where it matches a window, else 0.
    pub class: f32,
}

/// Curves in a batch, and where their moments truly are.
#[derive(Clone, Copy)]
pub struct MomentBatch<'a> {
    /// `[batch, n_clips]`
    pub probabilities: &'a Tensor<2>,
    /// The same in plain memory.
    pub values: &'a [f32],
    /// How many clips of each row are real.
    pub lengths: &'a [usize],
    /// The true windows of each row.
    pub truth: &'a [Vec<TimeSpan>],
}

/// A maximal run of clips at or above a threshold, in one row of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClipRun {
    pub row: usize,
    pub clips: Range<usize>,
}

/// Runs of the first `n_clips` clips of a row of probabilities.
fn runs_of_row(row: usize, probabilities: &[f32], threshold: f32) -> Vec<ClipRun> {
    let mut runs = Vec::new();
    let mut first = 0;
    for chunk in probabilities.chunk_by(|a, b| (*a >= threshold) == (*b >= threshold)) {
        if chunk[0] >= threshold {
            runs.push(ClipRun {
                row,
                clips: first..first + chunk.len(),
            });
        }
        first += chunk.len();
    }
    runs
}

/// Where each run begins and ends, in clips, each `[n_runs]`.
///
/// A boundary lies where the line between the probabilities of neighbouring clips (at their
/// centres) crosses the threshold, so the loss reaches both; a run that touches the border of the
/// video begins or ends there.
///
/// # Shapes
/// - probabilities: `[batch, n_clips]`, of which `lengths` are real
/// - output: `[n_runs]` starts and as many ends
pub fn boundaries(
    probabilities: &Tensor<2>,
    lengths: &[usize],
    runs: &[ClipRun],
    threshold: f32,
) -> SpanTensors {
    let [_, width] = probabilities.dims();
    let device = probabilities.device();
    let flat: Tensor<1> = probabilities.clone().flatten(0, 1);
    let crossing = |sides: Vec<(usize, Option<usize>)>| -> Tensor<1> {
        let inside: Vec<_> = sides.iter().map(|(inside, _)| *inside).collect();
        let outside: Vec<_> = sides
            .iter()
            .map(|(i, outside)| outside.unwrap_or(*i))
            .collect();
        // 0 at a border: there the fraction becomes (…)·0 / (0 + 1).
        let is_inner: Vec<_> = sides
            .iter()
            .map(|(_, outside)| if outside.is_some() { 1.0 } else { 0.0 })
            .collect();
        let is_inner = floats(&is_inner, &device);
        let inside = flat.clone().select(0, indices(&inside, &device));
        let outside = flat.clone().select(0, indices(&outside, &device));
        let rise = inside - outside.clone() + (-is_inner.clone() + 1.0);
        (-outside + threshold) * is_inner / rise
    };
    let mut before = Vec::new();
    let mut after = Vec::new();
    let mut start_base = Vec::new();
    let mut end_base = Vec::new();
    for ClipRun { row, clips } in runs {
        let at = row * width;
        let touches_start = clips.start == 0;
        let touches_end = clips.end == lengths[*row];
        before.push((
            at + clips.start,
            (!touches_start).then(|| at + clips.start - 1),
        ));
        after.push((at + clips.end - 1, (!touches_end).then_some(at + clips.end)));
        let border = |touches: bool| if touches { 0.0 } else { 0.5 };
        start_base.push(clips.start as f32 - border(touches_start));
        end_base.push(clips.end as f32 + border(touches_end));
    }
    SpanTensors {
        starts: floats(&start_base, &device) + crossing(before),
        ends: floats(&end_base, &device) - crossing(after),
    }
}

/// Loss of the moments at `threshold` against the true windows: `[1]`, or `None` where no row has a
/// moment (cross-entropy has to raise the probabilities first).
///
/// Matched by [`match_moments`]; L1 is a share of the video's length; means are over the matched
/// moments, and over all moments for the class.
///
/// # Errors
/// [`MatchingError`] when the numbers have run away.
pub fn moment_loss(
    batch: MomentBatch<'_>,
    threshold: f32,
    weights: MomentLossWeights,
) -> Result<Option<Tensor<1>>, MatchingError> {
    let MomentBatch {
        probabilities,
        values,
        lengths,
        truth,
    } = batch;
    let [_, width] = probabilities.dims();
    let device = probabilities.device();
    let mut runs = Vec::new();
    let mut peaks = Vec::new();
    let mut is_matched = Vec::new();
    let mut matched: Vec<(usize, TimeSpan)> = Vec::new();
    for (row, windows) in truth.iter().enumerate() {
        let row_values = &values[row * width..row * width + lengths[row]];
        let row_runs = runs_of_row(row, row_values, threshold);
        let moments: Vec<_> = row_runs
            .iter()
            .map(|run| {
                let peak = peak_of(run, row_values);
                peaks.push(row * width + peak);
                Moment {
                    span: TimeSpan::of_clips(
                        ClipIndex(run.clips.start),
                        ClipIndex(run.clips.end - 1),
                    ),
                    score: row_values[peak],
                }
            })
            .collect();
        let length_secs = lengths[row] as f64 * CLIP_SECS;
        let pairs = match_moments(&moments, windows, length_secs, MatchingWeights::default())?;
        let first = runs.len();
        is_matched.resize(first + row_runs.len(), 0.0);
        for (predicted, window) in pairs {
            is_matched[first + predicted] = 1.0;
            matched.push((first + predicted, windows[window]));
        }
        runs.extend(row_runs);
    }
    if runs.is_empty() {
        return Ok(None);
    }

    let flat: Tensor<1> = probabilities.clone().flatten(0, 1);
    let peaks = flat
        .select(0, indices(&peaks, &device))
        .clamp(MIN_PROBABILITY, 1.0 - MIN_PROBABILITY);
    let is_matched = floats(&is_matched, &device);
    let class =
        -(peaks.clone().log() * is_matched.clone() + (-peaks + 1.0).log() * (-is_matched + 1.0));
    let mut loss = class.mean() * weights.class;

    if !matched.is_empty() {
        let matched_runs: Vec<_> = matched.iter().map(|(i, _)| runs[*i].clone()).collect();
        let predicted = boundaries(probabilities, lengths, &matched_runs, threshold);
        let column = |pick: fn(&TimeSpan) -> f64| {
            let clips: Vec<_> = matched
                .iter()
                .map(|(_, window)| (pick(window) / CLIP_SECS) as f32)
                .collect();
            floats(&clips, &device)
        };
        let windows = SpanTensors {
            starts: column(|window| window.start_secs),
            ends: column(|window| window.end_secs),
        };
        let shares: Vec<_> = matched_runs
            .iter()
            .map(|run| (lengths[run.row] as f32).recip())
            .collect();
        let l1 = span_l1(&predicted, &windows) * floats(&shares, &device);
        let giou = -giou(&predicted, &windows) + 1.0;
        loss = loss + giou.mean() * weights.giou + l1.mean() * weights.l1;
    }
    Ok(Some(loss))
}

/// The first of the highest clips of a run.
fn peak_of(run: &ClipRun, values: &[f32]) -> usize {
    let mut peak = run.clips.start;
    for clip in run.clips.clone() {
        if values[clip] > values[peak] {
            peak = clip;
        }
    }
    peak
}

fn floats(values: &[f32], device: &Device) -> Tensor<1> {
    Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), device)
}

fn indices(values: &[usize], device: &Device) -> Tensor<1, Int> {
    let values: Vec<_> = values.iter().map(|&i| i as i64).collect();
    let shape = [values.len()];
    Tensor::from_data(TensorData::new(values, shape), device)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::losses::tests::assert_gradient;
    use crate::model::try_to_vec;

    const PROBABILITIES: [f32; 12] = [
        0.7, 0.8, 0.2, 0.3, 0.9, 0.1, //
        0.1, 0.6, 0.55, 0.3, 0.4, 0.95,
    ];

    fn batch(values: &[f32]) -> Tensor<2> {
        Tensor::from_data(TensorData::new(values.to_vec(), [2, 6]), &Device::flex())
    }

    #[test]
    fn boundaries_lie_where_the_line_crosses_the_threshold() {
        let mut runs = runs_of_row(0, &PROBABILITIES[..6], 0.5);
        runs.extend(runs_of_row(1, &PROBABILITIES[6..11], 0.5));
        let expected = [(0, 0..2), (0, 4..5), (1, 1..3)];
        let found: Vec<_> = runs
            .iter()
            .map(|run| (run.row, run.clips.clone()))
            .collect();
        assert_eq!(found, expected);
        let spans = boundaries(&batch(&PROBABILITIES), &[6, 5], &runs, 0.5);
        // 0.8 → 0.2 crosses half-way between the centres 1.5 and 2.5; the first run touches 0.
        let starts = try_to_vec(spans.starts).unwrap();
        let ends = try_to_vec(spans.ends).unwrap();
        let exact_starts = [0.0, 3.5 + 0.2 / 0.6, 0.5 + 0.4 / 0.5];
        let exact_ends = [2.0, 5.5 - 0.4 / 0.8, 3.5 - 0.2 / 0.25];
        for (value, exact) in starts
            .iter()
            .chain(&ends)
            .zip(exact_starts.iter().chain(&exact_ends))
        {
            assert!((value - exact).abs() < 1e-5, "{value} {exact}");
        }
    }

    #[test]
    fn a_run_over_a_whole_padded_row_spans_the_video() {
        let runs = runs_of_row(1, &[0.9, 0.8, 0.7], 0.5);
        let values = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.9, 0.8, 0.7, 0.0, 0.0, 0.0];
        let spans = boundaries(&batch(&values), &[6, 3], &runs, 0.5);
        assert_eq!(try_to_vec(spans.starts).unwrap(), [0.0]);
        assert_eq!(try_to_vec(spans.ends).unwrap(), [3.0]);
    }

    #[test]
    fn the_loss_has_the_right_gradient_and_falls_towards_the_truth() {
        let weights = MomentLossWeights {
            giou: 1.0,
            l1: 2.0,
            class: 0.25,
        };
        let truth = [
            vec![TimeSpan::new(0.0, 6.0), TimeSpan::new(7.0, 9.0)],
            vec![TimeSpan::new(2.0, 8.0)],
        ];
        let loss = |probabilities: Tensor<2>| {
            let values = try_to_vec(probabilities.clone()).unwrap();
            let batch = MomentBatch {
                probabilities: &probabilities,
                values: &values,
                lengths: &[6, 6],
                truth: &truth,
            };
            moment_loss(batch, 0.5, weights).unwrap().unwrap()
        };
        assert_gradient(&PROBABILITIES, [2, 6], loss);
        let right = [
            0.9, 0.9, 0.9, 0.1, 0.9, 0.1, //
            0.1, 0.9, 0.9, 0.9, 0.1, 0.1,
        ];
        let near = try_to_vec(loss(batch(&right))).unwrap()[0];
        let far = try_to_vec(loss(batch(&PROBABILITIES))).unwrap()[0];
        assert!(near < far, "{near} {far}");
    }

    #[test]
    fn without_moments_there_is_no_loss() {
        let weights = MomentLossWeights {
            giou: 1.0,
            l1: 1.0,
            class: 1.0,
        };
        let low = [0.2; 12];
        let truth = [vec![TimeSpan::new(0.0, 4.0)], vec![]];
        let loss = |values: &[f32]| {
            let batch = MomentBatch {
                probabilities: &batch(values),
                values,
                lengths: &[6, 6],
                truth: &truth,
            };
            moment_loss(batch, 0.5, weights).unwrap()
        };
        assert!(loss(&low).is_none());
        assert!(loss(&[0.9; 12]).is_some());
    }
}
