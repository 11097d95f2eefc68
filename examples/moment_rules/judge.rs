//! Counting what is right.

use vcl::domain::TimeSpan;

use crate::cases::{Case, Set};
use crate::rules::RULES;

/// A moment is right if it overlaps a true one so much, and no better moment took that one.
const RIGHT_IOU: f64 = 0.5;

#[derive(Default)]
struct Tally {
    n_shown: usize,
    n_right: usize,
    n_first_right: usize,
}

/// One table: a row for each rule.
pub fn print(set: &Set) {
    let n_true: usize = set.cases.iter().map(|case| case.truth.len()).sum();
    println!(
        "\n**{}**: {} queries, {n_true} true moments\n",
        set.name,
        set.cases.len()
    );
    println!("| rule | shown | right | precision | recall | F1 | first right |");
    println!("|---|---|---|---|---|---|---|");
    let rules = RULES
        .into_iter()
        .map(|(name, rule)| (name, tally(&set.cases, |case| Some(rule(&case.answer)))));
    let has_own = set.cases.iter().any(|case| case.own.is_some());
    let own = has_own.then(|| ("its own moments, as shown", tally(&set.cases, own_moments)));
    for (name, tally) in rules.chain(own) {
        let Tally {
            n_shown,
            n_right,
            n_first_right,
        } = tally;
        let share = |n: usize, of: usize| n as f64 / of.max(1) as f64;
        println!(
            "| {name} | {n_shown} | {n_right} | {:.3} | {:.3} | {:.3} | {:.3} |",
            share(n_right, n_shown),
            share(n_right, n_true),
            share(2 * n_right, n_shown + n_true),
            share(n_first_right, set.cases.len())
        );
    }
}

fn own_moments(case: &Case) -> Option<Vec<TimeSpan>> {
    let moments = case.own.as_ref()?.found(None).moments;
    Some(moments.into_iter().map(|moment| moment.span).collect())
}

fn tally(cases: &[Case], shown: impl Fn(&Case) -> Option<Vec<TimeSpan>>) -> Tally {
    let mut tally = Tally::default();
    for case in cases {
        let shown = shown(case).unwrap_or_default();
        let mut open: Vec<TimeSpan> = case.truth.clone();
        for (rank, span) in shown.iter().enumerate() {
            let overlaps = open.iter().map(|truth| span.iou(*truth)).enumerate();
            let best = overlaps.max_by(|a, b| a.1.total_cmp(&b.1));
            if let Some((at, _)) = best.filter(|(_, iou)| *iou >= RIGHT_IOU) {
                open.swap_remove(at);
                tally.n_right += 1;
                tally.n_first_right += usize::from(rank == 0);
            }
        }
        tally.n_shown += shown.len();
    }
    tally
}
