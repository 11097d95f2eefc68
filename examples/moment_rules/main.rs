//! Which rule makes moments of a curve: the old one, candidates and the chosen one, on curves whose
//! true moments are known. `docs/MOMENT_RULES.md` has what it prints.
//!
//! `cargo run --example moment_rules`; with `--train 64,256,2000` what was learned stands beside the
//! rules, and a last table has what people are shown by each.

#[path = "../world/world/mod.rs"]
#[allow(unused_imports, reason = "only a part of the world is needed")]
mod world;

mod cases;
mod flat_look;
mod judge;
mod noise;
mod predictions;
mod rules;
mod trained;

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
    /// Heads and detectors learn from so many queries on other drawn videos first, such as
    /// 64,256,2000; what they show stands beside the rules
    #[arg(long, value_name = "N", value_delimiter = ',')]
    train: Vec<usize>,
    /// Trainings with other queries and another start; figures are means
    #[arg(long, default_value_t = 3)]
    seeds: u64,
    /// Keep the detectors there
    #[arg(long, value_name = "DIR", requires = "train")]
    keep: Option<PathBuf>,
    /// The curves of these prediction files in QVHighlights format; without --train nothing else
    #[arg(long, value_name = "PRED.jsonl", requires = "truth")]
    predictions: Vec<PathBuf>,
    /// Their annotations
    #[arg(long, value_name = "GT.jsonl")]
    truth: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut sets = Vec::new();
    if arguments.truth.is_none() || !arguments.train.is_empty() {
        let training = cases::Training {
            amounts: arguments.train,
            n_seeds: arguments.seeds,
            folder: arguments.keep,
        };
        let (n_videos, seed) = (arguments.videos, arguments.seed);
        sets = cases::with_the_bundled_model(n_videos, seed, &training)?;
        sets.extend(noise::simulated(n_videos, seed)?);
    }
    if let Some(truth) = &arguments.truth {
        ensure!(
            !arguments.predictions.is_empty(),
            "--truth needs --predictions"
        );
        for file in &arguments.predictions {
            sets.push(predictions::read(file, truth)?);
        }
    }
    for set in &sets {
        judge::print(set);
    }
    judge::print_shown(&sets);
    Ok(())
}
