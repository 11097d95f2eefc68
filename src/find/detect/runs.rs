//! Runs of salient clips become moments.

use crate::domain::{CLIP_SECS, ClipIndex, Moment, SaliencyCurve, TimeSpan};

/// Threshold on the min–max normalised saliency where no head is trained (DESIGN section 9).
pub const ZERO_SHOT_THRESHOLD: f32 = 0.4;

/// As many windows as the evaluator looks at.
pub const MAX_WINDOWS: usize = 10;

/// Further thresholds, relative to 0.5, tried in this order for the windows beyond the main ones.
const EXTRA_THRESHOLD_OFFSETS: [f32; 6] = [-0.1, 0.1, -0.2, 0.2, -0.3, 0.3];

/// Extra windows that overlap a kept one this much say nothing new.
const SAME_WINDOW_IOU: f64 = 0.75;

/// What the threshold is compared with: the curve between its least and its greatest value.
pub fn shape(cosines: &SaliencyCurve) -> SaliencyCurve {
    cosines.min_max_normalised()
}

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

/// The moments of one video as people are shown them: runs where `shape` reaches the threshold, each
/// with the greatest saliency inside it, best first.
///
/// `shape` and `saliency` are both `[n_clips]`. A run that reaches the last clip ends with the video,
/// at `end_secs`: the last clip may reach past it, or end up to half a clip before it.
pub fn moments_of(
    shape: &SaliencyCurve,
    saliency: &SaliencyCurve,
    threshold: f32,
    end_secs: f64,
) -> Vec<Moment> {
    let mut moments = moments_above(shape, threshold);
    let last_end_secs = ClipIndex(shape.n_clips()).start_secs();
    for moment in &mut moments {
        let TimeSpan {
            start_secs,
            end_secs: run_end_secs,
        } = moment.span;
        let clips = ClipIndex::at(start_secs).0..ClipIndex::at(run_end_secs).0;
        let inside = saliency.values().get(clips).unwrap_or_default();
        moment.score = inside.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let is_at_end = run_end_secs >= last_end_secs && end_secs - run_end_secs <= 0.5 * CLIP_SECS;
        if is_at_end {
            moment.span.end_secs = end_secs.max(start_secs);
        }
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
        let moments = moments_above(&curve, ZERO_SHOT_THRESHOLD);
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
    fn people_see_every_moment_with_its_best_saliency_up_to_the_end_of_the_video() {
        let n = 2 * MAX_WINDOWS + 6;
        let shape = SaliencyCurve::new((0..n).map(|i| (i % 2) as f32).collect());
        let saliency = SaliencyCurve::new((0..n).map(|i| 0.01 * i as f32).collect());
        let moments = moments_of(&shape, &saliency, 0.5, 2.0 * n as f64 + 0.9);
        assert_eq!(moments.len(), n / 2);
        let best = moments[0];
        assert_eq!(best.score, 0.01 * (n - 1) as f32);
        assert_eq!(best.span.end_secs, 2.0 * n as f64 + 0.9);
        assert!(moments.is_sorted_by(|a, b| a.score > b.score));
        assert_eq!(moments.last().unwrap().span, TimeSpan::new(2.0, 4.0));

        let ends = |end_secs| {
            moments_of(&shape, &saliency, 0.5, end_secs)[0]
                .span
                .end_secs
        };
        assert_eq!(ends(2.0 * n as f64 - 0.5), 2.0 * n as f64 - 0.5, "cut");
        assert_eq!(
            ends(2.0 * n as f64 + 1.0),
            2.0 * n as f64 + 1.0,
            "no centre"
        );
        assert_eq!(ends(400.0), 2.0 * n as f64, "more clips are to come");
    }

    #[test]
    fn the_only_clip_is_a_moment() {
        let curve = SaliencyCurve::new(vec![0.3]);
        let moments = moments_of(&curve.min_max_normalised(), &curve, 0.4, 0.5);
        assert_eq!(moments[0].span, TimeSpan::new(0.0, 0.5));
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
