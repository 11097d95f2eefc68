//! Damages thousands of inputs and has the real program read them: see `docs/TORTURE.md`.
//!
//! `cargo run --example torture -- --inputs 1000 --seed 1`, after `cargo build`.

mod campaign;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Parser;

#[derive(Parser)]
#[command(about = "Have the real program read thousands of damaged inputs")]
struct Arguments {
    /// How many
    #[arg(long, default_value_t = 1000)]
    inputs: u64,
    /// The same seed damages the same way
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Seconds that the program may take for one input
    #[arg(long, default_value_t = 60)]
    time_limit: u64,
    /// Megabytes that it may hold
    #[arg(long, default_value_t = 1000)]
    memory: u64,
    /// Seconds after which no further input is begun
    #[arg(long, default_value_t = 86_400)]
    patience: u64,
    /// Where inputs that it cannot cope with are kept
    #[arg(long, default_value = "target/torture")]
    keep: PathBuf,
    /// How many at a time
    #[arg(long, default_value_t = 1)]
    jobs: usize,
    /// Only kinds of input whose name contains this
    #[arg(long, default_value = "")]
    only: String,
}

fn main() -> ExitCode {
    if let Some(is_read) = campaign::inside_if_asked() {
        return if is_read {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        };
    }
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether nothing was found.
fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let this = std::env::current_exe()?;
    let folder = this.parent().and_then(|examples| examples.parent());
    let vcl = folder.context("an example lies in a folder")?.join("vcl");
    ensure!(
        vcl.exists(),
        "{} is missing: run `cargo build` first",
        vcl.display()
    );
    let report = campaign::run(&campaign::Options {
        n_inputs: arguments.inputs,
        seed: arguments.seed,
        time_limit: Duration::from_secs(arguments.time_limit),
        max_memory_bytes: arguments.memory * 1_000_000,
        n_jobs: arguments.jobs.max(1),
        patience: Duration::from_secs(arguments.patience),
        keep: std::path::absolute(&arguments.keep)?,
        vcl,
        inside: vec![this.into()],
        only: arguments.only.clone(),
    })?;
    print!("{report}");
    let n_inputs = report.n_inputs();
    println!(
        "\nseed {}: {n_inputs} inputs, {} not survived",
        arguments.seed,
        report.offences.len()
    );
    Ok(report.offences.is_empty())
}
