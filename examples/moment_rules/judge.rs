//! Counting what is right.

use vcl::domain::TimeSpan;

use crate::cases::{Case, Set};
use crate::rules::{RULES, Rule};

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
    for (name, rule) in RULES {
        let Tally {
            n_shown,
            n_right,
            n_first_right,
        } = tally(&set.cases, (name, rule));
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

fn tally(cases: &[Case], (_, rule): Rule) -> Tally {
    let mut tally = Tally::default();
    for case in cases {
        let shown = rule(&case.answer);
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
