//! Which rule makes moments of a curve: the old one, candidates and the chosen one, on curves whose
//! true moments are known. `docs/MOMENT_RULES.md` has what it prints.
//!
//! `cargo run --example moment_rules`

#[path = "../world/world/mod.rs"]
#[allow(unused_imports, reason = "only a part of the world is needed")]
mod world;

mod cases;
mod flat_look;
mod judge;
mod noise;
mod predictions;
mod rules;

use std::path::PathBuf;

use anyhow::ensure;
use clap::Parser;

#[derive(Parser)]
#[command(about = "Compare rules that make moments of a saliency curve")]
struct Arguments {
    /// Drawn videos of each kind, and as many noisy curves
    #[arg(long, default_value_t = 200)]
    videos: usize,
    /// Of what is drawn; the rule was chosen with --seed 1000000
    #[arg(long, default_value_t = 9_000_000)]
    seed: u64,
    /// Only the curves of these prediction files in QVHighlights format
    #[arg(long, value_name = "PRED.jsonl", requires = "truth")]
    predictions: Vec<PathBuf>,
    /// Their annotations
    #[arg(long, value_name = "GT.jsonl")]
    truth: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut sets = Vec::new();
    if let Some(truth) = &arguments.truth {
        for file in &arguments.predictions {
            sets.push(predictions::read(file, truth)?);
        }
        ensure!(!sets.is_empty(), "--truth needs --predictions");
    } else {
        sets = cases::with_the_bundled_model(arguments.videos, arguments.seed)?;
        sets.extend(noise::simulated(arguments.videos, arguments.seed)?);
    }
    for set in &sets {
        judge::print(set);
    }
    Ok(())
}
