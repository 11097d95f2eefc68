//! Moments as an evaluator takes them: the rule of the published comparisons.
//!
//! What people are shown is formed by [`runs`](super::runs).

use crate::domain::{ClipIndex, Moment, SaliencyCurve, TimeSpan};

/// Threshold on the min–max normalised saliency where no head is trained (DESIGN section 9).
pub const PROTOCOL_THRESHOLD: f32 = 0.4;

/// As many windows as the evaluator looks at.
pub const MAX_WINDOWS: usize = 10;

/// Further thresholds, relative to 0.5, tried in this order for the windows beyond the main ones.
const EXTRA_THRESHOLD_OFFSETS: [f32; 6] = [-0.1, 0.1, -0.2, 0.2, -0.3, 0.3];

/// Extra windows that overlap a kept one this much say nothing new.
const SAME_WINDOW_IOU: f64 = 0.75;

/// Maximal runs of clips with `probability >= threshold`, ranked by their peak, best first.
///
/// `probabilities` is `[n_clips]`: a head's output, or the min–max normalised saliency. Boundaries
/// lie on clip edges; no gap is filled and no run is too short.
pub fn moments_above(probabilities: &SaliencyCurve, threshold: f32) -> Vec<Moment> {
    let values = probabilities.values();
    let mut moments = Vec::new();
    let mut first = 0;
    for run in values.chunk_by(|a, b| (*a >= threshold) == (*b >= threshold)) {
        let last = first + run.len() - 1;
        if run[0] >= threshold {
            moments.push(Moment {
                span: TimeSpan::of_clips(ClipIndex(first), ClipIndex(last)),
                score: run.iter().copied().fold(f32::NEG_INFINITY, f32::max),
            });
        }
        first = last + 1;
    }
    moments.sort_by(|a, b| b.score.total_cmp(&a.score));
    moments
}

/// The moments at `threshold`, then up to [`MAX_WINDOWS`] in all from further thresholds around it
/// that differ from those kept.
///
/// First come those of [`moments_above`] at `threshold`, as many as there is room for; the later ones
/// get lower scores than all before them (mAP looks at them, people do not).
pub fn moments_at_thresholds(probabilities: &SaliencyCurve, threshold: f32) -> Vec<Moment> {
    let mut kept = moments_above(probabilities, threshold);
    for offset in EXTRA_THRESHOLD_OFFSETS {
        for candidate in moments_above(probabilities, threshold + offset) {
            let is_new = kept
                .iter()
                .all(|moment| moment.span.iou(candidate.span) < SAME_WINDOW_IOU);
            if is_new {
                let floor = kept.last().map_or(1.0, |moment| moment.score);
                kept.push(Moment {
                    score: candidate.score.min(floor) * 0.99,
                    ..candidate
                });
            }
        }
    }
    kept.truncate(MAX_WINDOWS);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_become_moments_ranked_by_their_peak() {
        let curve = SaliencyCurve::new(vec![0.5, 0.1, 0.4, 1.0, 0.3, 0.45]);
        let moments = moments_above(&curve, PROTOCOL_THRESHOLD);
        let spans: Vec<_> = moments
            .iter()
            .map(|m| (m.span.start_secs, m.span.end_secs))
            .collect();
        assert_eq!(spans, [(4.0, 8.0), (0.0, 2.0), (10.0, 12.0)]);
        assert_eq!(moments[0].score, 1.0);
    }

    #[test]
    fn no_clip_above_means_no_moment() {
        assert!(moments_above(&SaliencyCurve::new(vec![0.1; 5]), 0.4).is_empty());
        assert!(moments_above(&SaliencyCurve::default(), 0.4).is_empty());
    }

    #[test]
    fn extra_windows_follow_the_main_ones_with_lower_scores() {
        let curve = SaliencyCurve::new(vec![0.2, 0.9, 0.55, 0.65, 0.2, 0.35]);
        let main = moments_above(&curve, 0.5);
        let all = moments_at_thresholds(&curve, 0.5);
        assert_eq!(all[..main.len()], main[..]);
        assert!(all.len() > main.len());
        assert!(all.is_sorted_by(|a, b| a.score >= b.score));
        let spans: Vec<_> = all.iter().map(|m| m.span).collect();
        for (i, a) in spans.iter().enumerate() {
            assert!(spans[i + 1..].iter().all(|b| a.iou(*b) < SAME_WINDOW_IOU));
        }
    }
}
