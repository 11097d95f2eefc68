//! Set-based matching as in DETR: which predicted moment answers for which true window.

use crate::domain::{Moment, TimeSpan};
use crate::learn::losses::giou_of;

/// A cost that is not a number: training has diverged.
#[derive(Debug, thiserror::Error)]
#[error("training diverged (a matching cost is not a number): use a smaller learning rate")]
pub struct MatchingError;

/// Weights of the matching cost, as in DETR.
#[derive(Clone, Copy, Debug)]
pub struct MatchingWeights {
    /// Of the predicted probability.
    pub class: f64,
    /// Of the distance of the boundaries, as a share of the video.
    pub l1: f64,
    /// Of the generalised IoU.
    pub giou: f64,
}

impl Default for MatchingWeights {
    fn default() -> Self {
        Self {
            class: 2.0,
            l1: 5.0,
            giou: 2.0,
        }
    }
}

/// The cheapest one-to-one assignment between rows and columns of a row-major cost matrix:
/// `min(n_rows, n_cols)` pairs `(row, column)`, sorted by row.
///
/// # Panics
/// When `cost` does not have `n_rows · n_cols` entries.
fn assign(
    n_rows: usize,
    n_cols: usize,
    cost: &[f64],
) -> Result<Vec<(usize, usize)>, MatchingError> {
    assert_eq!(cost.len(), n_rows * n_cols, "cost matrix of another shape");
    let (rows, cols) =
        lsap::solve(n_rows, n_cols, &cost.to_vec(), false).map_err(|_| MatchingError)?;
    let mut pairs: Vec<_> = rows.into_iter().zip(cols).collect();
    pairs.sort_unstable();
    Ok(pairs)
}

/// Pairs `(predicted, truth)` of indices, at least cost in all:
/// `−class·p + l1·(|Δstart| + |Δend|)/length − giou·gIoU`.
pub fn match_moments(
    predicted: &[Moment],
    truth: &[TimeSpan],
    length_secs: f64,
    weights: MatchingWeights,
) -> Result<Vec<(usize, usize)>, MatchingError> {
    let mut cost = Vec::with_capacity(predicted.len() * truth.len());
    for moment in predicted {
        for window in truth {
            let l1 = (moment.span.start_secs - window.start_secs).abs()
                + (moment.span.end_secs - window.end_secs).abs();
            cost.push(
                weights.l1 * l1 / length_secs
                    - weights.class * f64::from(moment.score)
                    - weights.giou * giou_of(moment.span, *window),
            );
        }
    }
    assign(predicted.len(), truth.len(), &cost)
}

/// Pairs `(query, window)` of what a network of the DETR kind proposes, by the cost that it was
/// published with: `10·(|Δcentre| + |Δwidth|) − gIoU − 4·p`.
///
/// `predicted` are start, end and probability, `truth` centre and width, all as shares of the video.
pub fn match_spans(
    predicted: &[(f64, f64, f64)],
    truth: &[[f64; 2]],
) -> Result<Vec<(usize, usize)>, MatchingError> {
    let mut cost = Vec::with_capacity(predicted.len() * truth.len());
    for (start, end, score) in predicted {
        for [centre, width] in truth {
            let l1 = (0.5 * (start + end) - centre).abs() + (end - start - width).abs();
            let own = TimeSpan::new(*start, *end);
            let window = TimeSpan::new(centre - 0.5 * width, centre + 0.5 * width);
            cost.push(10.0 * l1 - giou_of(own, window) - 4.0 * score);
        }
    }
    assign(predicted.len(), truth.len(), &cost)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Case {
        shape: [usize; 2],
        cost: Vec<Vec<f64>>,
        rows: Vec<usize>,
        cols: Vec<usize>,
        total: f64,
        unique: bool,
    }

    #[test]
    fn assignments_equal_the_reference() {
        let text = include_str!("../../tests/fixtures/losses/assignment.json");
        let cases: Vec<Case> = serde_json::from_str(text).unwrap();
        assert_eq!(cases.len(), 12);
        for case in cases {
            let [n_rows, n_cols] = case.shape;
            let cost = case.cost.concat();
            let pairs = assign(n_rows, n_cols, &cost).unwrap();
            let total: f64 = pairs.iter().map(|(r, c)| cost[r * n_cols + c]).sum();
            assert!((total - case.total).abs() < 1e-9, "{total} {}", case.total);
            if case.unique {
                let expected: Vec<_> = case.rows.into_iter().zip(case.cols).collect();
                assert_eq!(pairs, expected);
            }
        }
    }

    #[test]
    fn nothing_matches_nothing_and_nan_is_an_error() {
        assert!(assign(0, 3, &[]).unwrap().is_empty());
        assert!(assign(1, 1, &[f64::NAN]).is_err());
    }

    #[test]
    fn each_window_gets_the_moment_that_lies_on_it() {
        let moment = |start_secs, end_secs, score| Moment {
            span: TimeSpan::new(start_secs, end_secs),
            score,
        };
        let predicted = [
            moment(80.0, 90.0, 0.9),
            moment(40.0, 44.0, 0.8),
            moment(2.0, 11.0, 0.6),
        ];
        let truth = [TimeSpan::new(0.0, 10.0), TimeSpan::new(84.0, 90.0)];
        let pairs = match_moments(&predicted, &truth, 100.0, MatchingWeights::default()).unwrap();
        assert_eq!(pairs, [(0, 1), (2, 0)]);
    }
}
