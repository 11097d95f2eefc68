//! The few statistics that judging needs.

/// Student's t, one-sided, for the mean of `n` values: at 90 %, and at 99 % below eight values. A
/// handful of labels is often fitted by luck, and it is better to wait for a few more labels than to
/// use a prompt that is worse than none.
pub fn t_value(n: usize) -> f64 {
    const FEW: [f64; 6] = [31.82, 6.965, 4.541, 3.747, 3.365, 3.143];
    const SOME: [f64; 4] = [1.41, 1.40, 1.38, 1.37];
    match n {
        ..8 => FEW[n.saturating_sub(2)],
        8..12 => SOME[n - 8],
        _ => 1.3,
    }
}

/// Each clip's part of the covariance of values and labels, in units of the deviations of the labels
/// and of `all` values; none where all labels are equal.
pub fn agreement(values: &[f64], labels: &[f64], all: &[f64]) -> Vec<f64> {
    let (mean_value, mean_label) = (mean(values), mean(labels));
    let label_deviation = deviation(labels);
    if label_deviation < 1e-9 {
        return Vec::new();
    }
    let scale = label_deviation * deviation(all).max(1e-12);
    values
        .iter()
        .zip(labels)
        .map(|(value, label)| (value - mean_value) * (label - mean_label) / scale)
        .collect()
}

pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

pub fn deviation(values: &[f64]) -> f64 {
    let mean_value = mean(values);
    let squares: Vec<_> = values.iter().map(|x| (x - mean_value).powi(2)).collect();
    mean(&squares).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_line_have_the_correlation_as_mean() {
        let (values, labels) = ([1.0, 2.0, 3.0], [0.0, 0.5, 1.0]);
        assert!((mean(&agreement(&values, &labels, &values)) - 1.0).abs() < 1e-12);
        assert!(agreement(&values, &[0.5; 3], &values).is_empty());
    }

    #[test]
    fn few_values_need_a_larger_t() {
        assert!((2..20).all(|n| t_value(n + 1) <= t_value(n)));
    }
}
