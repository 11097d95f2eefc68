//! The moments that people are shown: runs of clips that stand out. `docs/MOMENT_RULES.md` compares
//! this rule with others on curves whose true moments are known.

use std::ops::Range;

use crate::domain::{CLIP_SECS, ClipIndex, Moment, SaliencyCurve, TimeSpan};

/// A part of the video is a moment if it reaches this level, between the least (0) and the greatest
/// (1) step of the curve.
const USUAL_THRESHOLD: f32 = 0.725;

/// Where more parts than this reach it, each says less: most of them are the next best.
const MOST_PARTS: usize = 2;

/// Then only parts about as good as the best are moments.
const CROWDED_THRESHOLD: f32 = 0.9;

/// Where more of the video than this reaches the usual threshold, it shows the query throughout.
const MOST_SHARE: f32 = 0.6;

/// Where a curve between 0 and 1 is cut for moments that reach `threshold`.
///
/// Above the usual threshold the cut stays behind: a moment does not become shorter because it has
/// to be better.
fn cut(threshold: f32) -> f32 {
    threshold.min(USUAL_THRESHOLD + (threshold - USUAL_THRESHOLD) / 3.0)
}

/// Maximal runs of clips at or above the cut, of which one clip at least reaches `threshold`; in
/// order.
pub fn runs(shape: &SaliencyCurve, threshold: f32) -> Vec<Range<usize>> {
    let values = shape.values();
    let cut = cut(threshold);
    let mut runs = Vec::new();
    let mut first = 0;
    for run in values.chunk_by(|a, b| (*a >= cut) == (*b >= cut)) {
        let end = first + run.len();
        if run.iter().any(|value| *value >= threshold) {
            runs.push(first..end);
        }
        first = end;
    }
    runs
}

/// Whether the curve is high almost everywhere, so that its parts say little.
pub fn is_everywhere(runs: &[Range<usize>], shape: &SaliencyCurve) -> bool {
    let n_inside: usize = runs.iter().map(ExactSizeIterator::len).sum();
    n_inside as f32 > MOST_SHARE * shape.n_clips() as f32
}

/// Whether there are so many runs that one cannot tell which of them is meant.
pub fn is_crowded(runs: &[Range<usize>]) -> bool {
    runs.len() > MOST_PARTS
}

/// The threshold for a curve if nobody chooses one.
pub fn usual_threshold(shape: &SaliencyCurve) -> f32 {
    let usual = runs(shape, USUAL_THRESHOLD);
    if is_crowded(&usual) && !is_everywhere(&usual, shape) {
        CROWDED_THRESHOLD
    } else {
        USUAL_THRESHOLD
    }
}

/// Runs as moments, each with the greatest saliency inside it, best first.
///
/// `saliency` is `[n_clips]`. A run that reaches the last clip ends with the video, at `end_secs`:
/// the last clip may reach past it, or end up to half a clip before it.
pub fn moments_of(runs: &[Range<usize>], saliency: &SaliencyCurve, end_secs: f64) -> Vec<Moment> {
    let last_end_secs = ClipIndex(saliency.n_clips()).start_secs();
    let moment = |run: &Range<usize>| {
        let inside = saliency.values().get(run.clone()).unwrap_or_default();
        let mut span = TimeSpan::of_clips(ClipIndex(run.start), ClipIndex(run.end - 1));
        if span.end_secs >= last_end_secs && end_secs - span.end_secs <= 0.5 * CLIP_SECS {
            span.end_secs = end_secs.max(span.start_secs);
        }
        Moment {
            span,
            score: inside.iter().copied().fold(f32::NEG_INFINITY, f32::max),
        }
    };
    let mut moments: Vec<_> = runs.iter().map(moment).collect();
    moments.sort_by(|a, b| b.score.total_cmp(&a.score));
    moments
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(run: Range<usize>) -> Vec<Range<usize>> {
        std::iter::once(run).collect()
    }

    fn curve(values: &[f32]) -> SaliencyCurve {
        SaliencyCurve::new(values.to_vec())
    }

    #[test]
    fn a_run_is_cut_below_the_level_that_it_reaches() {
        let shape = curve(&[0.2, 0.75, 1.0, 0.79, 0.1, 0.79, 0.0, 0.9]);
        // The cut is at 0.725 + 0.175 / 3.
        assert_eq!(runs(&shape, 0.9), [2..4, 7..8]);
        assert_eq!(runs(&shape, 0.725), [1..4, 5..6, 7..8]);
        assert_eq!(runs(&shape, 0.1), [0..6, 7..8], "at the threshold itself");
        assert_eq!(runs(&shape, 1.0), only(2..3), "the best");
        assert_eq!(runs(&shape, 0.0).len(), 1, "everything");
        assert!(runs(&SaliencyCurve::default(), 0.725).is_empty());
    }

    #[test]
    fn of_many_parts_only_the_best_count_unless_they_are_most_of_the_video() {
        let two = curve(&[1.0, 0.1, 0.75, 0.1, 0.0, 0.2]);
        assert_eq!(usual_threshold(&two), USUAL_THRESHOLD);
        let comb = curve(&[1.0, 0.1, 0.75, 0.1, 0.8, 0.2]);
        assert_eq!(usual_threshold(&comb), CROWDED_THRESHOLD);
        let everywhere = curve(&[1.0, 0.8, 0.75, 0.1, 0.8, 0.2, 0.9]);
        assert_eq!(usual_threshold(&everywhere), USUAL_THRESHOLD);
        let runs = runs(&everywhere, USUAL_THRESHOLD);
        assert!(is_crowded(&runs) && is_everywhere(&runs, &everywhere));
    }

    #[test]
    fn every_moment_has_its_best_saliency_and_the_last_ends_with_the_video() {
        let saliency = curve(&[0.0, 0.1, 0.3, 0.2, 0.5]);
        let moments = moments_of(&[1..3, 4..5], &saliency, 10.9);
        let spans = [TimeSpan::new(8.0, 10.9), TimeSpan::new(2.0, 6.0)];
        assert_eq!(moments.iter().map(|m| m.span).collect::<Vec<_>>(), spans);
        assert_eq!(
            moments.iter().map(|m| m.score).collect::<Vec<_>>(),
            [0.5, 0.3]
        );
        let end = |end_secs| {
            moments_of(&only(4..5), &saliency, end_secs)[0]
                .span
                .end_secs
        };
        assert_eq!(end(9.5), 9.5, "cut");
        assert_eq!(end(11.0), 11.0, "no centre");
        assert_eq!(end(400.0), 10.0, "more clips are to come");
    }
}
