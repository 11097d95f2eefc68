//! Moment retrieval: R1 and mAP over intersection thresholds, per length of the true windows.

use std::cmp::Ordering;

use super::numpy;
use super::table::{IOU_THRESHOLDS, MomentMetrics, N_THRESHOLDS, RangeMetrics, percent};

/// mAP looks at this many windows, in file order.
const MAX_WINDOWS: usize = 10;

/// The true and the predicted windows of one query.
#[derive(Clone)]
pub struct QueryWindows<'a> {
    /// `[start, end]` in seconds.
    pub truth: Vec<[f64; 2]>,
    /// `[start, end, score]` in file order.
    pub predicted: &'a [[f64; 3]],
}

/// `queries` in the order of the prediction file.
pub fn moment_metrics(queries: &[QueryWindows<'_>]) -> MomentMetrics {
    let in_range = |low: f64, high: f64| {
        let kept = queries.iter().map(|query| QueryWindows {
            truth: query
                .truth
                .iter()
                .copied()
                .filter(|[start, end]| low < end - start && end - start <= high)
                .collect(),
            ..*query
        });
        range_metrics(&kept.collect::<Vec<_>>())
    };
    MomentMetrics {
        full: range_metrics(queries),
        long: in_range(30.0, 150.0),
        middle: in_range(10.0, 30.0),
        short: in_range(0.0, 10.0),
    }
}

/// `None` when no query has a true window.
fn range_metrics(queries: &[QueryWindows<'_>]) -> Option<RangeMetrics> {
    let queries: Vec<_> = queries.iter().filter(|q| !q.truth.is_empty()).collect();
    if queries.is_empty() {
        return None;
    }
    let precisions: Vec<_> = queries
        .iter()
        .map(|query| average_precisions(&query.truth, query.predicted))
        .collect();
    let mean_precisions = numpy::mean_of_rows(&precisions);
    let best_ious: Vec<_> = queries
        .iter()
        .map(|query| first_window_iou(query))
        .collect();
    let recall_at = |threshold| {
        let n_hits = best_ious.iter().filter(|&&iou| iou >= threshold).count();
        percent(n_hits as f64 / queries.len() as f64)
    };
    Some(RangeMetrics {
        map: mean_precisions.map(percent),
        map_average: percent(numpy::mean(&mean_precisions)),
        r1: IOU_THRESHOLDS.map(recall_at),
        r1_at_30: recall_at(0.3),
        mean_iou: percent(numpy::mean(&best_ious)),
    })
}

/// Intersection over union; NaN where the union is empty, which the official code counts as a hit
/// in mAP.
fn iou(predicted: [f64; 2], truth: [f64; 2]) -> f64 {
    let shared = (predicted[1].min(truth[1]) - predicted[0].max(truth[0])).max(0.0);
    let union = (predicted[1] - predicted[0]) + (truth[1] - truth[0]) - shared;
    shared / union
}

/// Intersection over hull, 0 where the hull is empty: R1 uses this one.
fn iou_of_hull(predicted: [f64; 2], truth: [f64; 2]) -> f64 {
    let shared = (predicted[1].min(truth[1]) - predicted[0].max(truth[0])).max(0.0);
    let hull = predicted[1].max(truth[1]) - predicted[0].min(truth[0]);
    if hull == 0.0 { 0.0 } else { shared / hull }
}

/// numpy's order: NaN is the greatest.
fn numpy_order(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b)
        .unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// How well the first listed window fits the true one it overlaps best (the first of equals).
fn first_window_iou(query: &QueryWindows<'_>) -> f64 {
    let Some(&[start, end, _]) = query.predicted.first() else {
        return 0.0;
    };
    let best = query.truth.iter().copied().reduce(|best, window| {
        let (a, b) = (iou([start, end], best), iou([start, end], window));
        if numpy_order(b, a).is_gt() {
            window
        } else {
            best
        }
    });
    best.map_or(0.0, |window| iou_of_hull([start, end], window))
}

/// Average precision at each threshold.
fn average_precisions(truth: &[[f64; 2]], predicted: &[[f64; 3]]) -> [f64; N_THRESHOLDS] {
    let mut ranked: Vec<_> = predicted.iter().take(MAX_WINDOWS).collect();
    ranked.sort_by(|a, b| numpy_order(b[2], a[2]));
    // Per prediction the true windows by falling overlap, the last of equals first.
    let candidates: Vec<Vec<(usize, f64)>> = ranked
        .iter()
        .map(|&&[start, end, _]| {
            let ious = truth.iter().map(|&window| iou([start, end], window));
            let mut ious: Vec<_> = ious.enumerate().collect();
            ious.sort_by(|a, b| numpy_order(a.1, b.1));
            ious.reverse();
            ious
        })
        .collect();
    IOU_THRESHOLDS.map(|threshold| {
        let mut is_taken = vec![false; truth.len()];
        let is_hit: Vec<bool> = candidates
            .iter()
            .map(|candidates| {
                let free = candidates
                    .iter()
                    .take_while(|(_, iou)| *iou >= threshold || iou.is_nan())
                    .find(|(window, _)| !is_taken[*window]);
                if let Some(&(window, _)) = free {
                    is_taken[window] = true;
                }
                free.is_some()
            })
            .collect();
        interpolated_precision(&is_hit, truth.len())
    })
}

/// Area under the precision–recall curve, precision made non-increasing from the right (VOC 2011).
fn interpolated_precision(is_hit: &[bool], n_truth: usize) -> f64 {
    if is_hit.is_empty() {
        return 0.0;
    }
    let mut n_hits = 0.0;
    let (mut precision, mut recall) = (vec![0.0], vec![0.0]);
    for (rank, hit) in (1..).zip(is_hit) {
        n_hits += f64::from(u8::from(*hit));
        precision.push(n_hits / f64::from(rank));
        recall.push(n_hits / n_truth as f64);
    }
    precision.push(0.0);
    recall.push(1.0);
    for i in (0..precision.len() - 1).rev() {
        precision[i] = f64::max(precision[i], precision[i + 1]);
    }
    let steps = recall.windows(2).zip(&precision[1..]);
    numpy::dot(
        steps
            .filter(|(step, _)| step[0] != step[1])
            .map(|(step, &precision)| (step[1] - step[0], precision)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_precision_lifts_earlier_precision() {
        assert_eq!(
            interpolated_precision(&[true, false, true], 2),
            0.5 + 0.5 * (2.0 / 3.0)
        );
        assert_eq!(interpolated_precision(&[false, true], 1), 0.5);
        assert_eq!(interpolated_precision(&[false, false], 3), 0.0);
    }

    #[test]
    fn recall_looks_at_the_first_window_and_precision_at_the_best_scored() {
        let predicted = [[0.0, 2.0, 0.1], [10.0, 20.0, 0.9]];
        let query = QueryWindows {
            truth: vec![[10.0, 20.0]],
            predicted: &predicted,
        };
        let metrics = moment_metrics(&[query]);
        let full = metrics.full.unwrap();
        assert_eq!(full.r1, [0.0; 10]);
        assert_eq!(full.map, [100.0; 10]);
        assert_eq!(metrics.short, Some(full));
        assert_eq!(metrics.long, None);
    }

    #[test]
    fn what_other_evaluators_give_comes_from_the_first_window_too() {
        let metrics = |end_secs| {
            let predicted = [[0.0, end_secs, 0.1], [0.0, 10.0, 0.9]];
            let query = QueryWindows {
                truth: vec![[20.0, 30.0], [0.0, 10.0]],
                predicted: &predicted,
            };
            let full = moment_metrics(&[query]).full.unwrap();
            (full.r1_at_30, full.mean_iou)
        };
        assert_eq!(metrics(4.0), (100.0, 40.0));
        assert_eq!(metrics(2.5), (0.0, 25.0));
    }

    #[test]
    fn a_true_window_is_found_once() {
        let twice = [[0.0, 10.0, 0.9], [0.0, 10.0, 0.8], [20.0, 30.0, 0.7]];
        let precisions = average_precisions(&[[0.0, 10.0], [20.0, 30.0]], &twice);
        assert_eq!(precisions, [0.5 + 0.5 * (2.0 / 3.0); 10]);
    }

    #[test]
    fn queries_without_windows_do_not_crash() {
        let nothing = QueryWindows {
            truth: vec![[0.0, 4.0]],
            predicted: &[],
        };
        let full = moment_metrics(std::slice::from_ref(&nothing)).full.unwrap();
        assert_eq!((full.map_average, full.r1[0]), (0.0, 0.0));
        let no_truth = QueryWindows {
            truth: vec![],
            predicted: &[[0.0, 4.0, 1.0]],
        };
        assert_eq!(
            moment_metrics(&[no_truth.clone(), nothing]).full,
            Some(full)
        );
        assert_eq!(moment_metrics(&[no_truth]).full, None);
    }
}
