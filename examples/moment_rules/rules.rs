//! From a curve to spans of clips: the rules that are compared.

use std::ops::Range;

use vcl::domain::{ClipIndex, SaliencyCurve, TimeSpan};
use vcl::find::{Answer, PROTOCOL_THRESHOLD, moments_above};

/// A name and what it makes of an answer, best first.
pub type Rule = (&'static str, fn(&Answer) -> Vec<TimeSpan>);

pub const RULES: [Rule; 10] = [
    ("min–max ≥ 0.4 (old)", |answer| {
        above(&answer.cosines, PROTOCOL_THRESHOLD)
    }),
    ("min–max ≥ 0.7", |answer| above(&answer.cosines, 0.7)),
    ("three-tap mean ≥ 0.7", |answer| {
        above(&three_tap(&answer.cosines), 0.7)
    }),
    ("runs ≥ 0.6 that reach 0.8", |answer| {
        hysteresis(answer, &answer.cosines.min_max_normalised(), 0.6, 0.8)
    }),
    ("steps ≥ 0.7", |answer| {
        hysteresis(answer, steps(answer), 0.7, 0.7)
    }),
    ("steps ≥ 0.8, crowded 0.9", |answer| {
        crowded(answer, 0.8, 0.9)
    }),
    ("steps ≥ 0.7 that reach 0.8", |answer| {
        hysteresis(answer, steps(answer), 0.7, 0.8)
    }),
    ("steps ≥ 0.7 that reach 0.85", |answer| {
        hysteresis(answer, steps(answer), 0.7, 0.85)
    }),
    ("chosen: steps, 0.725 or crowded 0.9", |answer| {
        spans(answer.moments(answer.usual_threshold()))
    }),
    ("chosen, as shown with its verdict", |answer| {
        spans(answer.found(None).moments)
    }),
];

fn spans(moments: Vec<vcl::domain::Moment>) -> Vec<TimeSpan> {
    moments.into_iter().map(|moment| moment.span).collect()
}

fn above(curve: &SaliencyCurve, threshold: f32) -> Vec<TimeSpan> {
    spans(moments_above(&curve.min_max_normalised(), threshold))
}

/// The curve without its noise, as the program has it.
fn steps(answer: &Answer) -> &SaliencyCurve {
    answer.detection.curve()
}

/// The ends are repeated.
fn three_tap(curve: &SaliencyCurve) -> SaliencyCurve {
    let values = curve.values();
    let last = values.len().saturating_sub(1);
    let mean = |i: usize| (values[i.saturating_sub(1)] + values[i] + values[last.min(i + 1)]) / 3.0;
    SaliencyCurve::new((0..values.len()).map(mean).collect())
}

/// Runs at or above `low` of which one clip reaches `high`.
fn hysteresis(answer: &Answer, shape: &SaliencyCurve, low: f32, high: f32) -> Vec<TimeSpan> {
    let mut runs = runs(shape, low, high);
    runs.sort_by(|a, b| peak(&answer.saliency, b).total_cmp(&peak(&answer.saliency, a)));
    let span = |run: Range<usize>| TimeSpan::of_clips(ClipIndex(run.start), ClipIndex(run.end - 1));
    runs.into_iter().map(span).collect()
}

/// Runs of the steps at or above `usual`; where there are more than two, only those that reach
/// `many`.
fn crowded(answer: &Answer, usual: f32, many: f32) -> Vec<TimeSpan> {
    let is_crowded = runs(steps(answer), usual, usual).len() > 2;
    let high = if is_crowded { many } else { usual };
    hysteresis(answer, steps(answer), usual, high)
}

fn runs(shape: &SaliencyCurve, low: f32, high: f32) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let mut first = 0;
    for run in shape.values().chunk_by(|a, b| (*a >= low) == (*b >= low)) {
        let range = first..first + run.len();
        first = range.end;
        if run[0] >= low && peak(shape, &range) >= high {
            runs.push(range);
        }
    }
    runs
}

fn peak(curve: &SaliencyCurve, run: &Range<usize>) -> f32 {
    let inside = curve.values()[run.clone()].iter().copied();
    inside.fold(f32::NEG_INFINITY, f32::max)
}

/// An answer to a curve that no model made.
pub fn answer_of_curve(values: Vec<f32>) -> Option<Answer> {
    let end_secs = ClipIndex(values.len()).start_secs();
    let curve = SaliencyCurve::new(values);
    Answer::of_curve(curve, &vcl::find::Way::default(), end_secs)
}
