//! What the process holds, by `/proc/self`.

use std::fs;

use anyhow::Context as _;
use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
pub struct Reading {
    pub secs: f64,
    pub n_actions: usize,
    pub resident_mb: f64,
    pub n_threads: usize,
    pub n_files: usize,
}

impl Reading {
    pub fn take(secs: f64, n_actions: usize) -> anyhow::Result<Self> {
        let status = fs::read_to_string("/proc/self/status")
            .context("there is no /proc here: this measures under Linux only")?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok())
                .with_context(|| format!("/proc/self/status has no {name}"))
        };
        Ok(Self {
            secs,
            n_actions,
            resident_mb: field("VmRSS:")? / 1024.0,
            n_threads: field("Threads:")? as usize,
            n_files: fs::read_dir("/proc/self/fd")?.count(),
        })
    }
}

/// Its name, how to read it, and how much more the last quarter may hold than the second.
type Measure = (&'static str, fn(&Reading) -> f64, f64);

pub const MEASURES: [Measure; 3] = [
    ("resident memory in MB", |reading| reading.resident_mb, 40.0),
    ("threads", |reading| reading.n_threads as f64, 4.0),
    ("open files", |reading| reading.n_files as f64, 8.0),
];

/// The median of each quarter; the first one warms up.
fn quarters(readings: &[Reading], value: fn(&Reading) -> f64) -> [f64; 4] {
    std::array::from_fn(|nth| {
        let range = readings.len() * nth / 4..readings.len() * (nth + 1) / 4;
        let mut values: Vec<_> = readings[range].iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(0.0)
    })
}

pub fn table(readings: &[Reading]) -> String {
    let mut table =
        "| median of each quarter | 1 | 2 | 3 | 4 | most |\n|---|---|---|---|---|---|".to_owned();
    for (name, value, _) in MEASURES {
        let most = readings.iter().map(value).fold(0.0, f64::max);
        let medians = quarters(readings, value).map(|median| format!("{median:.0}"));
        table += &format!("\n| {name} | {} | {most:.0} |", medians.join(" | "));
    }
    table
}

pub fn grown(readings: &[Reading]) -> Vec<String> {
    let mut grown = Vec::new();
    for (name, value, allowed) in MEASURES {
        let [_, before, _, after] = quarters(readings, value);
        if after > before + allowed {
            grown.push(format!("{name} grew from {before:.0} to {after:.0}"));
        }
    }
    grown
}
