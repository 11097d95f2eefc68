//! The frame rate of a recording whose pictures come at varying distances.

/// Rates that cameras and screens have.
const USUAL: [(i32, i32); 19] = [
    (10, 1),
    (12, 1),
    (25, 2),
    (15_000, 1001),
    (15, 1),
    (20, 1),
    (24_000, 1001),
    (24, 1),
    (25, 1),
    (30_000, 1001),
    (30, 1),
    (48, 1),
    (50, 1),
    (60_000, 1001),
    (60, 1),
    (100, 1),
    (120_000, 1001),
    (120, 1),
    (240, 1),
];

/// Fewer distances say nothing.
const MIN_DISTANCES: usize = 8;

/// A measured rate is a usual one if it is off by less than this; the nearest of them are 0.1 % apart.
const MAX_OFF: f64 = 0.003;

/// Whether a stated rate is one that a camera was set to, and not the average of a recording.
pub(super) fn is_plain((numer, denom): (i32, i32)) -> bool {
    let rate = f64::from(numer) / f64::from(denom);
    let is_near = |target: f64, tolerance: f64| (rate / target - 1.0).abs() < tolerance;
    rate >= 1.0 && is_near(rate.round(), 1e-5)
        || is_near((rate * 1.001).round() / 1.001, 2e-4)
        || USUAL
            .iter()
            .any(|(n, d)| is_near(f64::from(*n) / f64::from(*d), 1e-4))
}

/// The usual rate that most distances between pictures say, given when each is shown. Pictures may
/// be missing, and times may tremble. `None` if the distances vary too much.
pub(super) fn rate_of_most(starts_ns: impl Iterator<Item = i64>) -> Option<(i32, i32)> {
    let mut starts_ns: Vec<_> = starts_ns.collect();
    starts_ns.sort_unstable();
    starts_ns.dedup();
    let distances: Vec<_> = starts_ns
        .windows(2)
        .map(|pair| (pair[1] - pair[0]) as f64)
        .collect();
    if distances.len() < MIN_DISTANCES {
        return None;
    }
    let mut sorted = distances.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    let median = sorted[sorted.len() / 2];
    let n_single = distances
        .iter()
        .filter(|distance| (*distance / median - 1.0).abs() < 0.25);
    if n_single.count() * 10 < distances.len() * 7 {
        return None;
    }
    // Over many pictures the trembling of each does not count.
    let n_frames: f64 = distances
        .iter()
        .map(|distance| (distance / median).round())
        .sum();
    let per_sec = n_frames * 1e9 / distances.iter().sum::<f64>();
    let off =
        |(numer, denom): (i32, i32)| (per_sec * f64::from(denom) / f64::from(numer) - 1.0).abs();
    let nearest = USUAL.into_iter().min_by(|a, b| off(*a).total_cmp(&off(*b)));
    nearest.filter(|rate| off(*rate) < MAX_OFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without every `missing`th picture, each up to 2 ms early or late.
    fn trembling(per_sec: f64, missing: i64) -> impl Iterator<Item = i64> {
        (0..600).filter(move |n| n % missing != 3).map(move |n| {
            let tremble_ns = (n * 7919 % 4001 - 2000) * 1000;
            (n as f64 * 1e9 / per_sec) as i64 + tremble_ns
        })
    }

    #[test]
    fn most_distances_say_the_rate() {
        for (per_sec, missing, expected) in [
            (30_000.0 / 1001.0, 97, (30_000, 1001)),
            (30.0, 41, (30, 1)),
            (25.0, 10_000, (25, 1)),
            (24_000.0 / 1001.0, 50, (24_000, 1001)),
            (60_000.0 / 1001.0, 11, (60_000, 1001)),
        ] {
            assert_eq!(rate_of_most(trembling(per_sec, missing)), Some(expected));
        }
        let doubling = (0..30).map(|n| 40_000_000 * n * n);
        assert_eq!(rate_of_most(doubling), None);
        assert_eq!(rate_of_most(trembling(25.0, 97).take(8)), None);
        assert_eq!(rate_of_most(trembling(27.3, 97)), None);
    }

    #[test]
    fn averages_are_not_plain_rates() {
        for plain in [
            (25, 1),
            (30_000, 1001),
            (2997, 100),
            (1, 1),
            (25, 2),
            (19_001, 317),
        ] {
            assert!(is_plain(plain), "{plain:?}");
        }
        for average in [(89, 3), (117, 4)] {
            assert!(!is_plain(average), "{average:?}");
        }
    }
}
