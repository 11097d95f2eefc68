//! Two curves to one: what *and*, *then* and *without* mean.
//!
//! Both curves are calibrated: 0 is what anything reaches, 1 is surely there; of what must not be there the
//! curve is how sure one can be of it, 0…1. Of clip `i` with the values `a` and `b` of the two queries:
//!
//! | | value | in words |
//! |---|---|---|
//! | `A and B` | `min(aᵢ, bᵢ)` | as sure as the less sure of the two |
//! | `A without B` | `aᵢ · (1 − bᵢ)`, `b` kept within 0…1 | as sure as of A, as far as B is not |
//! | `A then B` | the greatest `min(aⱼ, bₖ)` of all `j ≤ i ≤ k` with `j < k ≤ j + N` | every clip from A to B, both included, as sure as the less sure of the two |
//!
//! A value of A below 0 stays as it is: what is not there is not there without B either.

use crate::domain::{CLIP_SECS, Join, SaliencyCurve};

/// The value of both together that is as likely as not.
const EVEN_ODDS: f32 = 0.5;

/// How quickly doubt turns into belief there.
const STEEPNESS: f32 = 8.0;

/// Joins the curves of two queries, both `[n_clips]`.
pub fn joined(first: &SaliencyCurve, join: Join, second: &SaliencyCurve) -> SaliencyCurve {
    let (a, b) = (first.values(), second.values());
    let pairs = a.iter().zip(b);
    SaliencyCurve::new(match join {
        Join::And => pairs.map(|(a, b)| a.min(*b)).collect(),
        Join::Without => pairs.map(|(a, b)| without(*a, *b)).collect(),
        Join::Then { within_secs } => then(a, b, n_clips_within(within_secs)),
    })
}

/// How sure it is of each clip that it shows the joined query, `[n_clips]`; the queries are believed so far:
/// `first` and `second`, each of every clip, and `together` is their joined curve.
///
/// Of two that must come together neither needs to stand out in the whole video once more where the
/// other one does: half-way from anything to certainty is as likely as not. But both must be in the video.
pub fn joined_beliefs(
    first: &SaliencyCurve,
    join: Join,
    second: &SaliencyCurve,
    together: &SaliencyCurve,
) -> SaliencyCurve {
    if join == Join::Without {
        return joined(first, join, second);
    }
    let present = |beliefs: &SaliencyCurve| beliefs.highlight().map_or(0.0, |best| best.score);
    let most = present(first).min(present(second));
    let belief = |value: &f32| 1.0 / (1.0 + (-STEEPNESS * (value - EVEN_ODDS)).exp());
    let values = together.values().iter();
    SaliencyCurve::new(values.map(|value| belief(value).min(most)).collect())
}

fn without(a: f32, b: f32) -> f32 {
    match a > 0.0 {
        true => a * (1.0 - b.clamp(0.0, 1.0)),
        false => a,
    }
}

/// At least the next clip.
fn n_clips_within(secs: u32) -> usize {
    ((f64::from(secs) / CLIP_SECS).floor() as usize).max(1)
}

fn then(a: &[f32], b: &[f32], n_within: usize) -> Vec<f32> {
    let n = a.len().min(b.len());
    let least = a.iter().chain(b).copied().fold(f32::INFINITY, f32::min);
    let mut values = vec![least; n];
    for (first, value) in a.iter().enumerate().take(n) {
        let last = (first + n_within).min(n - 1);
        // The best end at or behind each clip, from the last one back.
        let mut best = f32::NEG_INFINITY;
        for at in (first..=last).rev() {
            if at > first {
                best = best.max(b[at]);
            }
            if last > first {
                values[at] = values[at].max(value.min(best));
            }
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(a: &[f32], join: Join, b: &[f32]) -> Vec<f32> {
        let curve = |values: &[f32]| SaliencyCurve::new(values.to_vec());
        joined(&curve(a), join, &curve(b)).values().to_vec()
    }

    const THEN: Join = Join::Then { within_secs: 4 };

    #[test]
    fn and_is_as_sure_as_the_less_sure() {
        let both = of(&[0.1, 1.0, 0.9, -0.2], Join::And, &[0.8, 0.2, 1.1, 0.5]);
        assert_eq!(both, [0.1, 0.2, 0.9, -0.2]);
    }

    #[test]
    fn without_takes_away_what_shows_the_other() {
        let (a, b) = ([1.0, 1.2, 0.5, -0.1], [1.3, -0.4, 0.5, 1.0]);
        assert_eq!(of(&a, Join::Without, &b), [0.0, 1.2, 0.25, -0.1]);
    }

    #[test]
    fn two_together_are_believed_where_both_are_in_the_video() {
        let curve = |values: &[f32]| SaliencyCurve::new(values.to_vec());
        let beliefs = |a: &[f32], b: &[f32], both: &[f32]| {
            let found = joined_beliefs(&curve(a), Join::And, &curve(b), &curve(both));
            found.highlight().map_or(0.0, |best| best.score)
        };
        assert!(beliefs(&[0.9, 0.2], &[0.1, 0.9], &[0.8, 0.1]) > 0.85);
        assert!(beliefs(&[0.9, 0.2], &[0.1, 0.9], &[0.3, 0.2]) < 0.2);
        assert!(beliefs(&[0.9, 0.2], &[0.1, 0.1], &[0.8, 0.1]) <= 0.1);
    }

    #[test]
    fn then_covers_all_from_the_first_to_the_second() {
        // Two clips on at most.
        let a = [0.0, 1.0, 0.0, 0.0, 0.0, 0.8, 0.0];
        let b = [0.0, 0.0, 0.0, 0.9, 0.0, 0.0, 0.0];
        assert_eq!(of(&a, THEN, &b), [0.0, 0.9, 0.9, 0.9, 0.0, 0.0, 0.0]);
        // Not at once, and not the other way round.
        assert_eq!(of(&b, THEN, &a), [0.0, 0.0, 0.0, 0.8, 0.8, 0.8, 0.0]);
        assert_eq!(of(&[0.0, 1.0, 0.0], THEN, &[0.0, 1.0, 0.0]), [0.0; 3]);
        let far = of(&[1.0, 0.0, 0.0, 0.0], THEN, &[0.0, 0.0, 0.0, 1.0]);
        assert_eq!(far, [0.0; 4]);
        assert_eq!(
            of(&[1.0, 0.0], Join::Then { within_secs: 0 }, &[0.0, 1.0]),
            [1.0; 2]
        );
    }

    #[test]
    fn then_in_few_clips_is_no_reason_to_panic() {
        assert!(of(&[], THEN, &[]).is_empty());
        assert_eq!(of(&[0.5], THEN, &[0.7]), [0.5], "as much as nothing");
        let slow = |a: &[f32], b: &[f32], n: usize| -> Vec<f32> {
            let least = a.iter().chain(b).copied().fold(f32::INFINITY, f32::min);
            let pair = |i: usize| {
                let pairs = (0..=i).flat_map(|j| (i.max(j + 1)..=j + n).map(move |k| (j, k)));
                let inside = pairs.filter(|(_, k)| *k < b.len());
                inside.map(|(j, k)| a[j].min(b[k])).fold(least, f32::max)
            };
            (0..a.len()).map(pair).collect()
        };
        let wave = |i: u32, f: f32| (f * i as f32).sin();
        let a: Vec<_> = (0..40).map(|i| wave(i, 0.7)).collect();
        let b: Vec<_> = (0..40).map(|i| wave(i, 1.9)).collect();
        for n in [1, 2, 5, 100] {
            let join = Join::Then { within_secs: 2 * n };
            assert_eq!(of(&a, join, &b), slow(&a, &b, n as usize), "{n}");
        }
    }
}
