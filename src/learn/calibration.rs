//! Scale and bias that make a curve read as a label: ordinary least squares.

/// The least scale: it says that a cosine tells nothing about the label, and is positive, so that the
/// highlight stays where it is.
const MIN_SCALE: f64 = 1e-3;

/// `(scale, bias)` that minimise Σ (scale · cosine + bias − label)².
///
/// A curve that runs against its labels, or is flat, keeps a tiny positive scale: the highlight of
/// the calibrated curve is always that of the cosines. Without any pair the answer is `(1, 0)`.
pub fn least_squares(pairs: impl Iterator<Item = (f32, f32)> + Clone) -> (f32, f32) {
    let (mut n, mut sum_x, mut sum_y) = (0.0_f64, 0.0_f64, 0.0_f64);
    for (x, y) in pairs.clone() {
        n += 1.0;
        sum_x += f64::from(x);
        sum_y += f64::from(y);
    }
    if n == 0.0 {
        return (1.0, 0.0);
    }
    let (mean_x, mean_y) = (sum_x / n, sum_y / n);
    let (mut covariance, mut variance) = (0.0, 0.0);
    for (x, y) in pairs {
        let dx = f64::from(x) - mean_x;
        covariance += dx * (f64::from(y) - mean_y);
        variance += dx * dx;
    }
    let slope = if variance > 0.0 {
        covariance / variance
    } else {
        0.0
    };
    let scale = slope.max(MIN_SCALE);
    (scale as f32, (mean_y - scale * mean_x) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_again() {
        let pairs = [0.1_f32, 0.2, 0.25, 0.4].map(|x| (x, 3.0 * x - 0.36));
        let (scale, bias) = least_squares(pairs.into_iter());
        assert!((scale - 3.0).abs() < 1e-5 && (bias + 0.36).abs() < 1e-5);
    }

    #[test]
    fn the_order_of_clips_is_never_reversed() {
        let (scale, bias) = least_squares([(0.1, 1.0), (0.3, 0.0)].into_iter());
        assert!(scale > 0.0);
        assert!((scale * 0.2 + bias - 0.5).abs() < 1e-6);
        assert!(least_squares([(0.1, 1.0)].into_iter()).0 > 0.0);
        assert_eq!(least_squares(std::iter::empty()), (1.0, 0.0));
    }
}
