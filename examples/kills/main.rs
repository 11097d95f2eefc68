//! Kills the real program at random moments while it writes: see `docs/TORTURE.md`.
//!
//! `cargo run --example kills -- --kills 100 --seed 1`, after `cargo build`.

mod rounds;

use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use clap::Parser;

#[derive(Parser)]
#[command(about = "Kill the real program at random moments while it writes")]
struct Arguments {
    /// How many times for each kind of file
    #[arg(long, default_value_t = 100)]
    kills: u64,
    /// The same seed draws the same moments
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only kinds of file whose name contains this
    #[arg(long, default_value = "")]
    only: String,
}

fn main() -> ExitCode {
    if rounds::write_if_asked() {
        return ExitCode::SUCCESS;
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

/// Whether every kill was survived.
fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let this = std::env::current_exe()?;
    let folder = this.parent().and_then(|examples| examples.parent());
    let vcl = folder.context("an example lies in a folder")?.join("vcl");
    ensure!(
        vcl.exists(),
        "{} is missing: run `cargo build` first",
        vcl.display()
    );
    let report = rounds::run(&rounds::Options {
        n_kills: arguments.kills,
        seed: arguments.seed,
        vcl,
        writer: vec![this.into()],
        only: arguments.only.clone(),
    })?;
    print!("{report}");
    Ok(report.is_fine())
}
