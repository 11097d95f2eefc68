//! Highlight detection: does the best-scored clip please an annotator, and are all clips ranked well?

use crate::domain::{Annotation, CLIP_SECS, N_ANNOTATORS};

use super::numpy;
use super::table::{GradeMetrics, HighlightMetrics, percent};

/// The grades and the predicted scores of one query.
pub struct QueryScores<'a> {
    pub truth: &'a Annotation,
    /// One per clip in theory; fewer or more in practice.
    pub predicted: &'a [f64],
}

/// `queries` in the order of the prediction file.
pub fn highlight_metrics(queries: &[QueryScores<'_>]) -> HighlightMetrics {
    HighlightMetrics {
        fair: grade_metrics(queries, 2),
        good: grade_metrics(queries, 3),
        very_good: grade_metrics(queries, 4),
    }
}

/// A clip counts as positive for an annotator who gave it `least` or more.
fn grade_metrics(queries: &[QueryScores<'_>], least: u8) -> GradeMetrics {
    let mut precisions = Vec::with_capacity(N_ANNOTATORS * queries.len());
    let mut hits = Vec::with_capacity(queries.len());
    for query in queries {
        let positives = positives(query.truth, least);
        let is_hit = first_argmax(query.predicted).is_some_and(|clip| {
            positives
                .iter()
                .any(|is_positive| is_positive.get(clip) == Some(&true))
        });
        hits.push(f64::from(u8::from(is_hit)));
        for is_positive in &positives {
            precisions.push(average_precision(is_positive, query.predicted));
        }
    }
    GradeMetrics {
        map: percent(numpy::mean(&precisions)),
        hit1: percent(numpy::mean(&hits)),
    }
}

/// Per annotator, which of the `int(duration / 2)` clips are positive.
fn positives(truth: &Annotation, least: u8) -> [Vec<bool>; N_ANNOTATORS] {
    let n_clips = (truth.duration / CLIP_SECS) as usize;
    let mut positives = [(); N_ANNOTATORS].map(|()| vec![false; n_clips]);
    for (&clip, grades) in truth.relevant_clip_ids.iter().zip(&truth.saliency_scores) {
        for (is_positive, &grade) in positives.iter_mut().zip(grades) {
            if let Some(is_positive) = is_positive.get_mut(clip) {
                *is_positive = grade >= least;
            }
        }
    }
    positives
}

fn first_argmax(scores: &[f64]) -> Option<usize> {
    let (best, _) = scores
        .iter()
        .enumerate()
        .reduce(|best, next| if next.1 > best.1 { next } else { best })?;
    Some(best)
}

/// Mean of the precision at every score where recall changes, clips of equal score taken together.
///
/// Scores past the last clip are cut, missing ones are 0, which outranks negative ones.
fn average_precision(is_positive: &[bool], scores: &[f64]) -> f64 {
    let n_positive = is_positive.iter().filter(|&&is| is).count();
    if n_positive == 0 {
        return 0.0;
    }
    if n_positive == is_positive.len() {
        return 1.0;
    }
    let scores = scores.iter().copied().chain(std::iter::repeat(0.0));
    let mut ranked: Vec<(f64, bool)> = scores.zip(is_positive.iter().copied()).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    // One point per distinct score, from the highest down: (hits so far, precision).
    let (mut n_seen, mut n_hits) = (0, 0);
    let mut points = vec![(0, 1.0)];
    for equals in ranked.chunk_by(|a, b| a.0 == b.0) {
        n_seen += equals.len();
        n_hits += equals
            .iter()
            .filter(|(_, is_positive)| *is_positive)
            .count();
        points.push((n_hits, n_hits as f64 / n_seen as f64));
    }
    points.reverse();
    for i in 1..points.len() {
        points[i].1 = f64::max(points[i - 1].1, points[i].1);
    }
    let precisions: Vec<f64> = points
        .windows(2)
        .filter(|pair| pair[0].0 != pair[1].0)
        .map(|pair| pair[0].1)
        .collect();
    numpy::mean(&precisions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_scores_share_one_precision() {
        let truth = [true, false, true, false];
        assert_eq!(average_precision(&truth, &[0.9, 0.1, 0.8, 0.2]), 1.0);
        assert_eq!(average_precision(&truth, &[0.5; 4]), 0.5);
        assert_eq!(average_precision(&truth, &[-0.0, 0.0, -0.0, 0.0]), 0.5);
    }

    #[test]
    fn missing_scores_are_zero_and_outrank_negative_ones() {
        let truth = [false, false, true];
        assert_eq!(average_precision(&truth, &[-1.0, -2.0]), 1.0);
        assert_eq!(average_precision(&truth, &[1.0, 2.0]), 1.0 / 3.0);
        assert_eq!(average_precision(&truth, &[1.0, 2.0, 3.0, 9.0]), 1.0);
    }

    #[test]
    fn constant_truth_needs_no_ranking() {
        assert_eq!(average_precision(&[true; 3], &[0.0; 3]), 1.0);
        assert_eq!(average_precision(&[false; 3], &[0.0; 3]), 0.0);
        assert_eq!(average_precision(&[], &[1.0]), 0.0);
    }

    #[test]
    fn the_highlight_may_lie_past_the_last_clip() {
        let line = r#"{"qid":1,"query":"q","duration":4,"vid":"v","relevant_clip_ids":[1],"saliency_scores":[[4,0,2]]}"#;
        let truth = serde_json::from_str(line).unwrap();
        let hit1 = |predicted| {
            let query = QueryScores {
                truth: &truth,
                predicted,
            };
            highlight_metrics(&[query]).very_good.hit1
        };
        assert_eq!(hit1(&[0.1, 0.9]), 100.0);
        assert_eq!(hit1(&[0.9, 0.9]), 0.0);
        assert_eq!(hit1(&[0.1, 0.2, 0.3]), 0.0);
        assert_eq!(hit1(&[]), 0.0);
    }
}
