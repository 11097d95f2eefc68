//! Counting what is right.

use vcl::domain::TimeSpan;
use vcl::find::Answer;

use crate::cases::{Case, Set};
use crate::rules::RULES;

/// A moment is right if it overlaps a true one so much, and no better moment took that one.
const RIGHT_IOU: f64 = 0.5;

#[derive(Clone, Copy, Default)]
struct Tally {
    n_queries: usize,
    n_true: usize,
    n_shown: usize,
    n_right: usize,
    n_first_right: usize,
}

impl Tally {
    fn precision(self) -> f64 {
        share(self.n_right, self.n_shown)
    }

    fn recall(self) -> f64 {
        share(self.n_right, self.n_true)
    }

    fn f1(self) -> f64 {
        share(2 * self.n_right, self.n_shown + self.n_true)
    }

    fn first_right(self) -> f64 {
        share(self.n_first_right, self.n_queries)
    }
}

fn share(n: usize, of: usize) -> f64 {
    n as f64 / of.max(1) as f64
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
        let tally = tally(&set.cases, |case| rule(&case.answer));
        println!(
            "| {name} | {} | {} | {:.3} | {:.3} | {:.3} | {:.3} |",
            tally.n_shown,
            tally.n_right,
            tally.precision(),
            tally.recall(),
            tally.f1(),
            tally.first_right()
        );
    }
}

/// All sets in one table: what people are shown by the rule, and by what was learned.
pub fn print_shown(sets: &[Set]) {
    println!("\n| moments by | shown | precision | recall | F1 | first right |");
    println!("|---|---|---|---|---|---|");
    for set in sets {
        println!("| **{}** | | | | | |", set.name);
        let rule = tally(&set.cases, |case| shown(&case.answer));
        print_means("the rule", &[rule]);
        let mut names: Vec<&str> = Vec::new();
        for name in &set.others {
            if !names.contains(&&**name) {
                names.push(name);
            }
        }
        for name in names {
            let others = (0..set.others.len()).filter(|at| set.others[*at] == name);
            let of = |case: &Case, at: usize| case.others.get(at).map(shown).unwrap_or_default();
            let tallies = others.map(|at| tally(&set.cases, |case| of(case, at)));
            print_means(name, &tallies.collect::<Vec<_>>());
        }
    }
}

/// Means over trainings; of F1 and the first moment also the lowest and the highest.
fn print_means(name: &str, tallies: &[Tally]) {
    let mean = |of: &dyn Fn(Tally) -> f64| {
        tallies.iter().map(|tally| of(*tally)).sum::<f64>() / tallies.len() as f64
    };
    let spread = |of: &dyn Fn(Tally) -> f64| {
        let all = || tallies.iter().map(|tally| of(*tally));
        match tallies.len() {
            1 => format!("{:.3}", mean(of)),
            _ => format!(
                "{:.3} ({:.3}–{:.3})",
                mean(of),
                all().fold(f64::INFINITY, f64::min),
                all().fold(0.0, f64::max)
            ),
        }
    };
    println!(
        "| {name} | {:.0} | {:.3} | {:.3} | {} | {} |",
        mean(&|tally| tally.n_shown as f64),
        mean(&Tally::precision),
        mean(&Tally::recall),
        spread(&Tally::f1),
        spread(&Tally::first_right)
    );
}

fn shown(answer: &Answer) -> Vec<TimeSpan> {
    let moments = answer.found(None).moments;
    moments.into_iter().map(|moment| moment.span).collect()
}

fn tally(cases: &[Case], shown: impl Fn(&Case) -> Vec<TimeSpan>) -> Tally {
    let mut tally = Tally::default();
    for case in cases {
        let shown = shown(case);
        tally.n_queries += 1;
        tally.n_true += case.truth.len();
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
