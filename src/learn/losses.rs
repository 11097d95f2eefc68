//! What training minimises.
//!
//! Clip-wise losses take `[batch, n_clips]` and a mask of the same shape: 1 where a clip has a
//! label, 0 where it has none or where a shorter video is padded. Span losses take boundaries
//! `[n_spans]` in any one unit.

use burn::tensor::Tensor;
use burn::tensor::activation::{log_sigmoid, sigmoid};

use crate::domain::TimeSpan;

/// Keeps 0/0 at 0 without touching any real length.
const TINY: f32 = 1e-12;

/// Mean over all labelled clips together of `(saliency − label)²`: `[1]`.
pub fn saliency_mse(saliency: Tensor<2>, labels: Tensor<2>, mask: Tensor<2>) -> Tensor<1> {
    masked_mean((saliency - labels).square(), mask)
}

/// Like [`saliency_mse`] after subtracting from saliency and label their mean over the labelled
/// clips of the row: only the shape of the curve is taught, not its level.
///
/// A row without labels does not count.
pub fn centred_saliency_mse(saliency: Tensor<2>, labels: Tensor<2>, mask: Tensor<2>) -> Tensor<1> {
    let centred = |values: Tensor<2>| {
        let n_labelled = mask.clone().sum_dim(1).clamp_min(1.0); // [batch, 1]
        let mean = (values.clone() * mask.clone()).sum_dim(1) / n_labelled;
        values - mean
    };
    masked_mean((centred(saliency) - centred(labels)).square(), mask)
}

/// Binary cross-entropy between logits and labels in 0…1, mean over all labelled clips: `[1]`.
pub fn binary_cross_entropy(logits: Tensor<2>, labels: Tensor<2>, mask: Tensor<2>) -> Tensor<1> {
    // −y·log σ(x) − (1 − y)·log σ(−x), and log σ(−x) = log σ(x) − x.
    let per_clip = logits.clone() * (-labels + 1.0) - log_sigmoid(logits);
    masked_mean(per_clip, mask)
}

/// `1 − (2·Σ p·y + 1) / (Σ p + Σ y + 1)` per row, mean over the rows: `[1]`.
///
/// Counts a row as one whole, so that a short moment weighs as much as a long one.
pub fn soft_dice(logits: Tensor<2>, labels: Tensor<2>, mask: Tensor<2>) -> Tensor<1> {
    let probabilities = sigmoid(logits) * mask.clone();
    let labels = labels * mask;
    let shared = (probabilities.clone() * labels.clone()).sum_dim(1);
    let sizes = probabilities.sum_dim(1) + labels.sum_dim(1);
    let overlap = (shared * 2.0 + 1.0) / (sizes + 1.0);
    (-overlap + 1.0).mean()
}

fn masked_mean(values: Tensor<2>, mask: Tensor<2>) -> Tensor<1> {
    let n_labelled = mask.clone().sum().clamp_min(1.0);
    (values * mask).sum() / n_labelled
}

/// Starts and ends of spans, each `[n_spans]`.
#[derive(Clone, Debug)]
pub struct SpanTensors {
    pub starts: Tensor<1>,
    pub ends: Tensor<1>,
}

/// Generalised intersection over union of spans in pairs, in −1…1: `[n_spans]`.
///
/// `shared / union − (hull − union) / hull`. Two empty spans make both fractions 0/0 (or the first
/// alone, when they lie apart); 0/0 counts as 0 here, so two empty spans in one place give 0 and
/// two apart give −1, the limit of spans that shrink there. See [`giou_of`] for the same in plain
/// numbers.
pub fn giou(a: &SpanTensors, b: &SpanTensors) -> Tensor<1> {
    let shared = (a.ends.clone().min_pair(b.ends.clone())
        - a.starts.clone().max_pair(b.starts.clone()))
    .clamp_min(0.0);
    let length = |span: &SpanTensors| span.ends.clone() - span.starts.clone();
    let union = length(a) + length(b) - shared.clone();
    let hull =
        a.ends.clone().max_pair(b.ends.clone()) - a.starts.clone().min_pair(b.starts.clone());
    let outside = hull.clone() - union.clone();
    shared / union.clamp_min(TINY) - outside / hull.clamp_min(TINY)
}

/// [`giou`] of two spans in plain numbers.
pub fn giou_of(a: TimeSpan, b: TimeSpan) -> f64 {
    let ratio = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    let shared = (a.end_secs.min(b.end_secs) - a.start_secs.max(b.start_secs)).max(0.0);
    let union = a.length_secs() + b.length_secs() - shared;
    let hull = a.end_secs.max(b.end_secs) - a.start_secs.min(b.start_secs);
    ratio(shared, union) - ratio(hull - union, hull)
}

/// `|start − start'| + |end − end'|` of spans in pairs: `[n_spans]`.
pub fn span_l1(a: &SpanTensors, b: &SpanTensors) -> Tensor<1> {
    (a.starts.clone() - b.starts.clone()).abs() + (a.ends.clone() - b.ends.clone()).abs()
}

#[cfg(test)]
pub(crate) mod tests {
    use burn::tensor::{Device, TensorData};
    use serde::Deserialize;

    use super::*;
    use crate::model::try_to_vec;

    /// Compares the gradient of `loss` at `at` with central differences.
    pub fn assert_gradient(at: &[f32], shape: [usize; 2], loss: impl Fn(Tensor<2>) -> Tensor<1>) {
        let device = Device::flex();
        let tensor = |values: &[f32], device: &Device| -> Tensor<2> {
            Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
        };
        let leaf = tensor(at, &device.clone().autodiff()).require_grad();
        let gradients = loss(leaf.clone()).backward();
        let gradient = try_to_vec(leaf.grad(&gradients).unwrap()).unwrap();
        assert!(
            gradient.iter().any(|g| g.abs() > 1e-4),
            "nothing to compare"
        );
        let value =
            |values: &[f32]| f64::from(try_to_vec(loss(tensor(values, &device))).unwrap()[0]);
        for (i, &exact) in gradient.iter().enumerate() {
            let step = 2e-3;
            let mut moved = at.to_vec();
            moved[i] = at[i] + step;
            let above = value(&moved);
            moved[i] = at[i] - step;
            let numeric = (above - value(&moved)) / f64::from(2.0 * step);
            let error = (f64::from(exact) - numeric).abs();
            assert!(
                error < 2e-3 * (1.0 + numeric.abs()),
                "{i}: {exact} against {numeric}"
            );
        }
    }

    fn matrix(values: &[f32], shape: [usize; 2]) -> Tensor<2> {
        Tensor::from_data(TensorData::new(values.to_vec(), shape), &Device::flex())
    }

    fn scalar(tensor: Tensor<1>) -> f32 {
        try_to_vec(tensor).unwrap()[0]
    }

    const LOGITS: [f32; 8] = [0.3, -1.2, 2.0, 0.1, -0.4, 0.9, -2.5, 0.7];
    const LABELS: [f32; 8] = [1.0, 0.0, 1.0, 0.25, 0.0, 0.75, 0.5, 1.0];
    const MASK: [f32; 8] = [1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0];

    fn labels() -> Tensor<2> {
        matrix(&LABELS, [2, 4])
    }

    fn mask() -> Tensor<2> {
        matrix(&MASK, [2, 4])
    }

    #[test]
    fn clips_without_label_count_nothing() {
        let losses: [fn(Tensor<2>, Tensor<2>, Tensor<2>) -> Tensor<1>; 4] = [
            saliency_mse,
            centred_saliency_mse,
            binary_cross_entropy,
            soft_dice,
        ];
        let mut changed = LOGITS;
        changed[2] = -7.0;
        changed[5] = 5.0;
        for loss in losses {
            let before = scalar(loss(matrix(&LOGITS, [2, 4]), labels(), mask()));
            let after = scalar(loss(matrix(&changed, [2, 4]), labels(), mask()));
            assert_eq!(before, after);
            let empty = matrix(&[0.0; 8], [2, 4]);
            assert!(scalar(loss(matrix(&LOGITS, [2, 4]), labels(), empty)).is_finite());
        }
    }

    #[test]
    fn values_follow_the_formulas() {
        let ones = || matrix(&[1.0; 8], [2, 4]);
        let mean = |f: &dyn Fn(f64, f64) -> f64| {
            let pairs = LOGITS.iter().zip(LABELS);
            pairs
                .map(|(x, y)| f(f64::from(*x), f64::from(y)))
                .sum::<f64>()
                / 8.0
        };
        let mse = scalar(saliency_mse(matrix(&LOGITS, [2, 4]), labels(), ones()));
        assert!((f64::from(mse) - mean(&|x, y| (x - y).powi(2))).abs() < 1e-6);
        let bce = scalar(binary_cross_entropy(
            matrix(&LOGITS, [2, 4]),
            labels(),
            ones(),
        ));
        let expected = mean(&|x: f64, y: f64| {
            let p = 1.0 / (1.0 + (-x).exp());
            -y * p.ln() - (1.0 - y) * (1.0 - p).ln()
        });
        assert!((f64::from(bce) - expected).abs() < 1e-6);
        let sure = matrix(&[60.0, -60.0], [1, 2]);
        let right = matrix(&[1.0, 0.0], [1, 2]);
        let all = matrix(&[1.0, 1.0], [1, 2]);
        assert!(scalar(soft_dice(sure.clone(), right.clone(), all.clone())) < 1e-6);
        assert!(scalar(binary_cross_entropy(sure, right, all)) < 1e-6);
    }

    #[test]
    fn the_level_of_a_curve_does_not_matter_when_centred() {
        let moved = LOGITS.map(|x| x + 3.0);
        let a = scalar(centred_saliency_mse(
            matrix(&LOGITS, [2, 4]),
            labels(),
            mask(),
        ));
        let b = scalar(centred_saliency_mse(
            matrix(&moved, [2, 4]),
            labels(),
            mask(),
        ));
        assert!((a - b).abs() < 1e-5);
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        assert_gradient(&LOGITS, [2, 4], |x| saliency_mse(x, labels(), mask()));
        assert_gradient(&LOGITS, [2, 4], |x| {
            centred_saliency_mse(x, labels(), mask())
        });
        assert_gradient(&LOGITS, [2, 4], |x| {
            binary_cross_entropy(x, labels(), mask())
        });
        assert_gradient(&LOGITS, [2, 4], |x| soft_dice(x, labels(), mask()));
    }

    #[test]
    fn giou_and_l1_have_right_gradients() {
        let truth = || SpanTensors {
            starts: Tensor::from_floats([0.0, 2.5, 6.0, 1.0], &Device::flex()),
            ends: Tensor::from_floats([2.0, 5.0, 9.0, 1.5], &Device::flex()),
        };
        // Overlapping, inside, apart, around.
        let spans = [0.5, 3.0, 1.0, 0.2, 2.7, 4.5, 2.2, 4.0];
        let split = |x: Tensor<2>| SpanTensors {
            starts: x.clone().slice(0..1).squeeze_dim(0),
            ends: x.slice(1..2).squeeze_dim(0),
        };
        assert_gradient(&spans, [2, 4], |x| giou(&split(x), &truth()).mean());
        assert_gradient(&spans, [2, 4], |x| span_l1(&split(x), &truth()).mean());
    }

    #[derive(Deserialize)]
    struct GiouCase {
        a: [f64; 2],
        b: [f64; 2],
        giou: Option<f64>,
    }

    #[test]
    fn giou_equals_the_reference() {
        let text = include_str!("../../tests/fixtures/losses/giou.json");
        let cases: Vec<GiouCase> = serde_json::from_str(text).unwrap();
        assert_eq!(cases.len(), 44);
        let spans = |pick: fn(&GiouCase) -> [f64; 2]| {
            let column = |i: usize| -> Tensor<1> {
                let values: Vec<_> = cases.iter().map(|case| pick(case)[i] as f32).collect();
                Tensor::from_floats(values.as_slice(), &Device::flex())
            };
            SpanTensors {
                starts: column(0),
                ends: column(1),
            }
        };
        let values = try_to_vec(giou(&spans(|case| case.a), &spans(|case| case.b))).unwrap();
        for (case, value) in cases.iter().zip(values) {
            let span = |[start, end]: [f64; 2]| TimeSpan::new(start, end);
            let apart = case.a[0] != case.b[0];
            let expected = case.giou.unwrap_or(if apart { -1.0 } else { 0.0 });
            let exact = giou_of(span(case.a), span(case.b));
            assert!((exact - expected).abs() < 1e-12, "{exact} {expected}");
            assert!(
                (f64::from(value) - expected).abs() < 1e-6,
                "{value} {expected}"
            );
        }
    }
}
