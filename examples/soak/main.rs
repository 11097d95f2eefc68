//! Uses the real window at random for a long time and measures whether anything grows:
//! memory, threads, open files. See `docs/TORTURE.md`.
//!
//! `cargo run --example soak -- --minutes 120 --seed 1 --plot docs/soak.svg`

mod hands;
mod meter;
mod plot;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Parser;

use hands::Hands;
use meter::Reading;

#[derive(Parser)]
#[command(about = "Use the window at random and measure whether anything grows")]
struct Arguments {
    /// For how long
    #[arg(long, default_value_t = 120.0)]
    minutes: f64,
    /// The same seed does the same things, though not at the same moments
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Beside opening videos, only things whose name contains this
    #[arg(long, default_value = "")]
    only: String,
    /// Milliseconds between two things
    #[arg(long, default_value_t = 400)]
    pace: u64,
    /// Where the measurements go, as CSV
    #[arg(long, default_value = "target/soak.csv")]
    csv: PathBuf,
    /// Where their curves go, as SVG
    #[arg(long)]
    plot: Option<PathBuf>,
}

/// A frame each so often, as on a slow screen: the rest of the machine belongs to others.
const FRAME: Duration = Duration::from_millis(50);
const BETWEEN_READINGS: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(grown) if grown.is_empty() => ExitCode::SUCCESS,
        Ok(grown) => {
            for sentence in grown {
                eprintln!("error: {sentence}");
            }
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// What has grown.
fn run(arguments: &Arguments) -> anyhow::Result<Vec<String>> {
    let length = Duration::from_secs_f64(arguments.minutes * 60.0);
    let mut csv = csv::Writer::from_path(&arguments.csv)
        .with_context(|| format!("{} cannot be written", arguments.csv.display()))?;
    let mut hands = Hands::new(arguments.seed, &arguments.only)?;
    let mut readings = Vec::new();
    let began = Instant::now();
    let (mut next_action, mut next_reading) = (began, began);
    while began.elapsed() < length {
        let now = Instant::now();
        if now >= next_action {
            hands.act();
            next_action = now + Duration::from_millis(arguments.pace);
        }
        if now >= next_reading {
            let reading = Reading::take(began.elapsed().as_secs_f64(), hands.n_actions)?;
            csv.serialize(&reading)?;
            csv.flush()?;
            readings.push(reading);
            next_reading = now + BETWEEN_READINGS;
        }
        hands.step();
        std::thread::sleep(FRAME.saturating_sub(now.elapsed()));
    }
    println!("{} actions", hands.n_actions);
    for (name, n) in &hands.counts {
        println!("  {name}: {n}");
    }
    println!("{}", meter::table(&readings));
    if let Some(path) = &arguments.plot {
        std::fs::write(path, plot::svg(&readings))
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(meter::grown(&readings))
}
