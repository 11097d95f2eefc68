//! Curves of a model that sees badly: true moments as long and as many as people mark them, and
//! noise between as loud as they are high.

use anyhow::Context as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64;
use vcl::domain::TimeSpan;

use crate::cases::{Case, Set};
use crate::rules::answer_of_curve;

const N_CLIPS: usize = 75;

/// How far the moments stand out, in deviations of the noise, and how much of it one clip shares
/// with the next.
const KINDS: [(&str, f32, f32); 3] = [
    ("noisy curves, 1.6 deviations", 1.6, 0.0),
    ("noisy curves, 2 deviations, slow noise", 2.0, 0.5),
    ("noisy curves, 3 deviations", 3.0, 0.0),
];

pub fn simulated(n_curves: usize, seed: u64) -> anyhow::Result<Vec<Set>> {
    let set = |(name, height, shared)| {
        let mut rng = Pcg64::seed_from_u64(seed + 3);
        let cases = (0..n_curves).map(|_| case(&mut rng, height, shared));
        Ok(Set {
            name: String::from(name),
            others: Vec::new(),
            cases: cases.collect::<anyhow::Result<_>>()?,
        })
    };
    KINDS.into_iter().map(set).collect()
}

fn case(rng: &mut Pcg64, height: f32, shared: f32) -> anyhow::Result<Case> {
    let mut truth = vec![0.0_f32; N_CLIPS];
    let n_moments = [1, 1, 1, 1, 1, 1, 2, 2, 3, 4][rng.random_range(0..10)];
    for _ in 0..n_moments {
        // About seven clips, one to thirty.
        let length = (1.9 + 0.8 * normal(rng)).exp().clamp(1.0, 30.0) as usize;
        let first = rng.random_range(0..=N_CLIPS - length);
        let strength = (1.0 + 0.35 * normal(rng)).max(0.3);
        truth[first..first + length].fill(strength);
    }
    let mut noise = normal(rng);
    let values = truth.iter().map(|strength| {
        noise = shared * noise + (1.0 - shared * shared).sqrt() * normal(rng);
        height * strength + noise
    });
    let answer = answer_of_curve(values.collect()).context("it has clips")?;
    let mut spans: Vec<TimeSpan> = Vec::new();
    for (clip, strength) in truth.iter().enumerate() {
        let (start_secs, end_secs) = (2.0 * clip as f64, 2.0 * clip as f64 + 2.0);
        match spans.last_mut() {
            _ if *strength == 0.0 => {}
            Some(last) if last.end_secs == start_secs => last.end_secs = end_secs,
            _ => spans.push(TimeSpan::new(start_secs, end_secs)),
        }
    }
    Ok(Case {
        answer,
        truth: spans,
        others: Vec::new(),
    })
}

/// Box and Muller.
fn normal(rng: &mut Pcg64) -> f32 {
    let (a, b): (f32, f32) = (
        rng.random_range(f32::EPSILON..1.0),
        rng.random_range(0.0..1.0),
    );
    (-2.0 * a.ln()).sqrt() * (std::f32::consts::TAU * b).cos()
}
