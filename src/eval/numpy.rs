//! Sums in numpy's order, so that a mean has exactly the bits that numpy gives it.

/// Below this many values numpy adds with eight running sums, above it splits in two.
const BLOCK: usize = 128;

/// `np.sum` of a contiguous float64 array.
fn sum(values: &[f64]) -> f64 {
    let n = values.len();
    if n < 8 {
        values.iter().fold(0.0, |sum, x| sum + x)
    } else if n <= BLOCK {
        let (eights, rest) = values.as_chunks::<8>();
        let mut r = [0.0; 8];
        for eight in eights {
            r.iter_mut().zip(eight).for_each(|(r, x)| *r += x);
        }
        let all = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
        rest.iter().fold(all, |sum, x| sum + x)
    } else {
        let half = n / 2 - n / 2 % 8;
        sum(&values[..half]) + sum(&values[half..])
    }
}

/// `np.mean`, 0 for no values.
pub fn mean(values: &[f64]) -> f64 {
    if values.is_empty() {
        0.0
    } else {
        sum(values) / values.len() as f64
    }
}

/// `np.sum(a * b)`.
pub fn dot(pairs: impl Iterator<Item = (f64, f64)>) -> f64 {
    sum(&pairs.map(|(a, b)| a * b).collect::<Vec<_>>())
}

/// `array.mean(0)` of `[n_rows, N]`: rows are added one after another.
pub fn mean_of_rows<const N: usize>(rows: &[[f64; N]]) -> [f64; N] {
    let mut sums = [0.0; N];
    for row in rows {
        sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
    }
    sums.map(|sum| sum / rows.len().max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `np.sum(1 / np.arange(1, n + 1))` with numpy 2.4; adding one by one differs from 128 on.
    #[test]
    fn sums_have_the_bits_of_numpy() {
        for (n, expected) in [
            (5, 2.283333333333333),
            (8, 2.7178571428571425),
            (13, 3.180133755133755),
            (100, 5.187377517639621),
            (128, 5.433147092589173),
            (129, 5.440899030573669),
            (300, 6.282663880299504),
            (1000, 7.485470860550345),
        ] {
            let values: Vec<f64> = (1..=n).map(|i| 1.0 / f64::from(i)).collect();
            assert_eq!(sum(&values), expected, "{n} values");
        }
        assert_eq!(mean(&[]), 0.0);
    }
}
