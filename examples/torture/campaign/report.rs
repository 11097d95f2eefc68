//! What a campaign comes to, as a table.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::case::{VERDICTS, Verdict};

/// An input on which the program broke a promise.
pub struct Offence {
    pub number: u64,
    pub kind: &'static str,
    pub verdict: Verdict,
    pub damage: Vec<String>,
}

pub struct Outcome {
    pub kind: &'static str,
    pub verdict: Verdict,
    pub peak_bytes: u64,
    pub took: Duration,
    pub offence: Option<Offence>,
}

#[derive(Default)]
pub struct Report {
    rows: BTreeMap<&'static str, Row>,
    pub offences: Vec<Offence>,
}

#[derive(Default)]
struct Row {
    counts: [u64; VERDICTS.len()],
    peak_bytes: u64,
    longest: Duration,
}

impl Report {
    pub fn add(&mut self, outcome: Outcome) {
        let row = self.rows.entry(outcome.kind).or_default();
        row.counts[outcome.verdict.kind()] += 1;
        row.peak_bytes = row.peak_bytes.max(outcome.peak_bytes);
        row.longest = row.longest.max(outcome.took);
        self.offences.extend(outcome.offence);
    }

    pub fn n_inputs(&self) -> u64 {
        self.rows.values().flat_map(|row| row.counts).sum()
    }
}

impl fmt::Display for Offence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "input {}, {}: {:?}",
            self.number, self.kind, self.verdict
        )?;
        self.damage
            .iter()
            .try_for_each(|told| write!(f, "\n    {}", told.escape_debug()))
    }
}

/// In Markdown.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| | inputs | {} | most memory | longest |",
            VERDICTS.join(" | ")
        )?;
        writeln!(f, "|---|{}", "---|".repeat(VERDICTS.len() + 3))?;
        let mut all = Row::default();
        for (kind, row) in &self.rows {
            write_row(f, kind, row)?;
            for (sum, count) in all.counts.iter_mut().zip(row.counts) {
                *sum += count;
            }
            all.peak_bytes = all.peak_bytes.max(row.peak_bytes);
            all.longest = all.longest.max(row.longest);
        }
        write_row(f, "all", &all)
    }
}

fn write_row(f: &mut fmt::Formatter<'_>, name: &str, row: &Row) -> fmt::Result {
    let n_inputs: u64 = row.counts.iter().sum();
    write!(f, "| {name} | {n_inputs} |")?;
    row.counts
        .iter()
        .try_for_each(|count| write!(f, " {count} |"))?;
    let secs = row.longest.as_secs_f64();
    writeln!(f, " {} MB | {secs:.1} s |", row.peak_bytes / 1_000_000)
}
