//! Thousands of damaged inputs, each read by the real program within bounds of time and memory.
//!
//! Nothing but an answer or one line that says why there is none is allowed. The inputs depend on the
//! seed and their number alone.

mod case;
mod child;
mod damage;
pub mod inside;
mod kinds;
mod report;
mod stock;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rand::RngExt as _;
use rand_pcg::Pcg64;

use case::{Case, Program};
pub use report::Report;
use report::{Offence, Outcome};
use stock::Stock;

pub struct Options {
    pub n_inputs: u64,
    pub seed: u64,
    /// Of one run of the program.
    pub time_limit: Duration,
    pub max_memory_bytes: u64,
    pub n_jobs: usize,
    /// Begins no further input after that.
    pub patience: Duration,
    /// Where inputs on which the program fails are kept.
    pub keep: PathBuf,
    pub vcl: PathBuf,
    /// How this program is started so that it calls [`inside::read`].
    pub inside: Vec<OsString>,
    /// Only kinds whose name contains this.
    pub only: String,
}

/// Damages, runs and judges.
///
/// # Errors
/// When no sound inputs can be made, or a disk fails.
pub fn run(options: &Options) -> anyhow::Result<Report> {
    let place = tempfile::tempdir()?;
    let stock = Stock::make(&options.vcl, &place.path().join("stock"))?;
    let (began, next) = (Instant::now(), AtomicU64::new(0));
    let report = Mutex::new(Report::default());
    let failed = Mutex::new(None);
    thread::scope(|scope| {
        for _ in 0..options.n_jobs {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= options.n_inputs || began.elapsed() > options.patience {
                        break;
                    }
                    let dir = place.path().join(number.to_string());
                    match torture(options, &stock, number, &dir) {
                        Ok(outcome) => lock(&report).add(outcome),
                        Err(error) => {
                            *lock(&failed) = Some(error);
                            next.store(options.n_inputs, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    match failed
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
    {
        Some(error) => Err(error),
        None => Ok(report
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner)),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn torture(options: &Options, stock: &Stock, number: u64, dir: &Path) -> anyhow::Result<Outcome> {
    let mut rng = Pcg64::new(options.seed.into(), number.into());
    let kinds: Vec<_> = kinds::KINDS
        .iter()
        .filter(|kind| kind.name.contains(&options.only))
        .collect();
    let total: u32 = kinds.iter().map(|kind| kind.weight).sum();
    let mut left = rng.random_range(0..total);
    let fits = |kind: &&&kinds::Kind| match left.checked_sub(kind.weight) {
        Some(rest) => {
            left = rest;
            false
        }
        None => true,
    };
    let kind = kinds.iter().find(fits).context("every weight counts")?;
    fs::create_dir(dir)?;
    let case = (kind.make)(stock, dir, &mut rng)?;
    let mut command = command(options, stock, &case, dir);
    let bounds = child::Bounds {
        time: options.time_limit,
        memory_bytes: options.max_memory_bytes,
    };
    let ran = child::run(&mut command, dir, bounds)?;
    let verdict = case::judge(&ran, &case.wants);
    let offence = (!verdict.is_fine()).then(|| Offence {
        number,
        kind: kind.name,
        verdict: verdict.clone(),
        damage: case.damage.clone(),
    });
    if let Some(offence) = &offence {
        let kept = options.keep.join(format!("{}-{number}", options.seed));
        keep(&kept, dir, &command, offence)?;
        eprintln!("{offence}\n    {}", kept.display());
    }
    fs::remove_dir_all(dir)?;
    Ok(Outcome {
        kind: kind.name,
        verdict,
        peak_bytes: ran.peak_bytes,
        took: ran.took,
        offence,
    })
}

fn command(options: &Options, stock: &Stock, case: &Case, dir: &Path) -> Command {
    match case.program {
        Program::Vcl => {
            let mut command = stock.command(dir);
            command.args(&case.args);
            command
        }
        Program::Inside => {
            let mut command = Command::new(&options.inside[0]);
            let what = case.args.join("\n".as_ref());
            command.args(&options.inside[1..]).env(INSIDE, what);
            command
        }
    }
}

/// Set for a process of this program that is to call [`inside::read`]: what to read, and where.
pub const INSIDE: &str = "VCL_TORTURE_INSIDE";

/// Where this process was started to read files as the window does: reads them and says how it went.
pub fn inside_if_asked() -> Option<bool> {
    let asked = std::env::var(INSIDE).ok()?;
    let (what, dir) = asked.split_once('\n')?;
    let read = inside::read(what, Path::new(dir));
    if let Err(error) = &read {
        eprintln!("error: {error:#}");
    }
    Some(read.is_ok())
}

/// The input with all its files, and a script that runs the command again where it lies now.
fn keep(kept: &Path, dir: &Path, command: &Command, offence: &Offence) -> anyhow::Result<()> {
    fs::create_dir_all(kept)?;
    for entry in walkdir::WalkDir::new(dir) {
        let entry = entry?;
        let to = kept.join(entry.path().strip_prefix(dir)?);
        if entry.file_type().is_dir() {
            fs::create_dir_all(to)?;
        } else if entry.file_type().is_file() {
            fs::copy(entry.path(), to)?;
        }
    }
    let quoted = |text: &std::ffi::OsStr| {
        let text = text
            .to_string_lossy()
            .replace(&*dir.to_string_lossy(), "$DIR");
        format!("\"{text}\"")
    };
    let mut script = format!("#!/bin/sh\n# {offence}\n").replace("\n    ", "\n#   ");
    script += "DIR=$(cd \"$(dirname \"$0\")\" && pwd)\nenv";
    for (name, value) in command.get_envs() {
        script += &format!(
            " {}={}",
            name.to_string_lossy(),
            quoted(value.unwrap_or_default())
        );
    }
    script += &format!(" {}", quoted(command.get_program()));
    for arg in command.get_args() {
        script += &format!(" {}", quoted(arg));
    }
    Ok(fs::write(kept.join("again.sh"), script + "\n")?)
}
