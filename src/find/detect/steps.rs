//! A curve without its noise: the steps that explain it best.
//!
//! One frame in two seconds makes a noisy curve. A moving mean would blur the cuts, where a curve
//! really jumps; so it is fitted by constant pieces, each as long as its clips differ by no more
//! than chance (the Potts functional: squared error + a price for each piece). The price is that of
//! Schwarz' criterion, `2 · variance · ln(n)`, with the variance of the noise from the differences
//! between neighbours. So there is nothing to tune: a clean curve stays as it is.

use crate::domain::SaliencyCurve;

/// No step is longer, in clips, so that the work grows with the length of a video and not with its
/// square. A longer piece becomes several steps of about the same height.
const LONGEST: usize = 128;

/// In fewer clips noise cannot be told from what happens.
const LEAST_CLIPS: usize = 8;

/// `[n_clips]`, each clip with the mean of its step.
pub fn steps(curve: &SaliencyCurve) -> SaliencyCurve {
    let values: Vec<f64> = curve.values().iter().map(|&x| f64::from(x)).collect();
    let price = 2.0 * noise_variance(&values) * (values.len() as f64).ln();
    if price <= 0.0 || values.len() < LEAST_CLIPS {
        return curve.clone();
    }
    let sums = Sums::of(&values);
    let n = values.len();
    // Least cost of the first so many clips, and where the last of their steps begins.
    let mut costs = vec![0.0; n + 1];
    let mut begins = vec![0; n + 1];
    for end in 1..=n {
        let (mut least, mut at) = (f64::INFINITY, 0);
        let begins_at = end.saturating_sub(LONGEST);
        for (begin, before) in costs[..end].iter().enumerate().skip(begins_at) {
            let cost = before + price + sums.error(begin, end);
            if cost < least {
                (least, at) = (cost, begin);
            }
        }
        (costs[end], begins[end]) = (least, at);
    }
    let mut smooth = vec![0.0; n];
    let mut end = n;
    while end > 0 {
        let begin = begins[end];
        smooth[begin..end].fill(sums.mean(begin, end) as f32);
        end = begin;
    }
    SaliencyCurve::new(smooth)
}

/// Of the noise alone: the median does not see the few differences where something changes.
fn noise_variance(values: &[f64]) -> f64 {
    let mut differences: Vec<_> = values
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).abs())
        .collect();
    differences.sort_by(f64::total_cmp);
    let Some(&above) = differences.get(differences.len() / 2) else {
        return 0.0;
    };
    let below = differences[(differences.len() - 1) / 2];
    // 1.4826 makes it the deviation of a normal distribution; a difference has twice the variance.
    let deviation = 1.4826 * 0.5 * (below + above);
    0.5 * deviation * deviation
}

/// Sums from the first value on, from which those of any stretch follow.
struct Sums {
    values: Vec<f64>,
    squares: Vec<f64>,
}

impl Sums {
    fn of(values: &[f64]) -> Self {
        let mut sums = Self {
            values: vec![0.0],
            squares: vec![0.0],
        };
        let (mut sum, mut square) = (0.0, 0.0);
        for value in values {
            sum += value;
            square += value * value;
            sums.values.push(sum);
            sums.squares.push(square);
        }
        sums
    }

    fn mean(&self, begin: usize, end: usize) -> f64 {
        (self.values[end] - self.values[begin]) / (end - begin) as f64
    }

    /// Sum of the squared distances from the mean.
    fn error(&self, begin: usize, end: usize) -> f64 {
        let sum = self.values[end] - self.values[begin];
        let squares = self.squares[end] - self.squares[begin];
        (squares - sum * sum / (end - begin) as f64).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt as _, SeedableRng as _};
    use rand_pcg::Pcg64Mcg;

    use super::*;

    fn curve(values: &[f32]) -> SaliencyCurve {
        SaliencyCurve::new(values.to_vec())
    }

    const CLEAN: [f32; 9] = [0.1, 0.1, 0.1, 0.9, 0.9, 0.1, 0.1, 0.1, 0.3];

    #[test]
    fn a_clean_curve_stays_as_it_is() {
        for values in [&[][..], &[0.3], &[0.1, 0.9, 0.2, 0.5], &CLEAN] {
            assert_eq!(steps(&curve(values)).values(), values);
        }
    }

    #[test]
    fn noise_becomes_flat_and_the_jumps_stay_where_they_are() {
        let mut rng = Pcg64Mcg::seed_from_u64(5);
        let truth = |i: usize| if (400..412).contains(&i) { 1.0 } else { 0.2 };
        let values = (0..700).map(|i| truth(i) + rng.random_range(-0.15..0.15));
        let smooth = steps(&SaliencyCurve::new(values.collect()));
        for (i, value) in smooth.values().iter().enumerate() {
            assert!((value - truth(i)).abs() < 0.1, "{value} at {i}");
        }
        let jumps = smooth.values().windows(2).filter(|pair| pair[0] != pair[1]);
        assert!(jumps.count() < 12, "two jumps, and the longest step");
    }

    #[test]
    fn moving_and_stretching_a_curve_moves_and_stretches_its_steps() {
        let mut rng = Pcg64Mcg::seed_from_u64(6);
        let noise = SaliencyCurve::new((0..60).map(|_| rng.random_range(0.0..1.0)).collect());
        let moved = steps(&noise.calibrated(3.0, -1.0));
        let expected = steps(&noise).calibrated(3.0, -1.0);
        for (a, b) in moved.values().iter().zip(expected.values()) {
            assert!((a - b).abs() < 1e-4, "{a} {b}");
        }
    }
}
