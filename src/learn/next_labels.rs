//! What to label next: the clips that the model is least sure of.

use crate::domain::{ClipIndex, Labels, SaliencyCurve};

/// Two proposals that are closer would teach the same.
const MIN_DISTANCE: usize = 2;

/// Up to `n` clips without a grade, the most doubtful first.
///
/// `probabilities` is `[n_clips]` in 0…1, the curve of a [`Detection`](crate::find::Detection), and
/// `threshold` where a moment begins. A clip is doubtful when it is near the threshold; no proposal
/// is a neighbour of another one or of a graded clip, unless nothing else is left.
pub fn next_labels(
    probabilities: &SaliencyCurve,
    threshold: f32,
    labels: &Labels,
    n: usize,
) -> Vec<ClipIndex> {
    let doubt = |clip: &ClipIndex| (probabilities.values()[clip.0] - threshold).abs();
    let mut open: Vec<_> = (0..probabilities.n_clips())
        .map(ClipIndex)
        .filter(|&clip| labels.grade(clip).is_none())
        .collect();
    open.sort_by(|a, b| doubt(a).total_cmp(&doubt(b)));
    let mut proposed: Vec<ClipIndex> = Vec::new();
    for min_distance in [MIN_DISTANCE, 1] {
        for &clip in &open {
            let is_far = |other: &ClipIndex| other.0.abs_diff(clip.0) >= min_distance;
            if proposed.len() < n && proposed.iter().all(is_far) && labels.grades.keys().all(is_far)
            {
                proposed.push(clip);
            }
        }
    }
    proposed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Grade;

    #[test]
    fn the_most_doubtful_clips_come_first_and_apart() {
        let curve = SaliencyCurve::new(vec![0.9, 0.5, 0.45, 0.1, 0.3, 0.0, 0.7]);
        let mut labels = Labels::default();
        let clips = |labels: &Labels, n| -> Vec<usize> {
            let proposed = next_labels(&curve, 0.5, labels, n);
            proposed.into_iter().map(|clip| clip.0).collect()
        };
        assert_eq!(clips(&labels, 3), [1, 4, 6]);
        labels.set(ClipIndex(1), Some(Grade::Good));
        assert_eq!(clips(&labels, 2), [4, 6]);
        assert_eq!(clips(&labels, 9), [4, 6, 2, 0, 3, 5]);
        assert!(next_labels(&SaliencyCurve::default(), 0.5, &labels, 3).is_empty());
    }
}
