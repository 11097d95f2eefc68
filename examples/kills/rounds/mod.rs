//! Kills a program while it writes, and looks at what it leaves behind.
//!
//! ```text
//! for each kind   run it once to the end: how long it takes, and which files there are then
//! for each kill   the files of before ─▶ start ─▶ SIGKILL at a random moment ─▶ old or new, and whole?
//!                 ─▶ run it to the end: new, nothing stray, no word about anything damaged
//! ```

mod kinds;
mod place;
mod report;
mod writer;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64;

use kinds::{Found, Kind};
use place::Place;
pub use report::Report;
use report::Row;
pub use writer::write_if_asked;

pub struct Options {
    /// For each kind.
    pub n_kills: u64,
    pub seed: u64,
    pub vcl: PathBuf,
    /// How this program is started so that it calls [`write_if_asked`].
    pub writer: Vec<OsString>,
    /// Only kinds whose name contains this.
    pub only: String,
}

/// How long a writer that never ends is left alone at most.
const LONGEST_WRITING: Duration = Duration::from_millis(80);

/// Kills every kind of write so many times.
///
/// # Errors
/// When the files cannot be made, or an undisturbed run fails.
pub fn run(options: &Options) -> anyhow::Result<Report> {
    let place = Place::make(&options.vcl, &options.writer)?;
    let kinds = kinds::KINDS.iter();
    let kinds = kinds.filter(|kind| kind.name.contains(&options.only));
    let rows = kinds.map(|kind| {
        let row = kill(kind, &place, options)
            .with_context(|| format!("{} could not be examined", kind.name));
        if let Ok(row) = &row {
            eprintln!("{row}");
        }
        row
    });
    Ok(Report {
        rows: rows.collect::<anyhow::Result<_>>()?,
    })
}

fn kill(kind: &Kind, place: &Place, options: &Options) -> anyhow::Result<Row> {
    // The same draws, whichever other kinds there are.
    let name = kind.name.bytes().fold(0_u64, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u64::from(byte))
    });
    let mut rng = Pcg64::seed_from_u64(options.seed ^ name);
    place.reset()?;
    let began = Instant::now();
    finish(kind, place).context("it does not run undisturbed")?;
    let took = began.elapsed();
    let usual = place.files()?;
    let mut row = Row::new(kind.name);
    for _ in 0..options.n_kills {
        place.reset()?;
        let mut child = place.spawn(&mut (kind.command)(place, false))?;
        wait_for_moment(kind, place, &mut child, took, &mut rng)?;
        let had_ended = child.try_wait()?.is_some();
        child.kill()?;
        child.wait()?;
        row.n_kills += 1;
        row.n_too_late += u64::from(had_ended);
        let after = after_kill(kind, place, &usual);
        match after {
            Ok((found, n_unfinished)) => {
                match found {
                    Found::Old => row.n_old += 1,
                    Found::New => row.n_new += 1,
                }
                row.n_unfinished += n_unfinished;
            }
            Err(error) => {
                row.offences
                    .push(format!("kill {}: {error:#}", row.n_kills));
            }
        }
    }
    Ok(row)
}

/// Half of the kills come at any moment, half shortly after the writing has begun: that is a small part
/// of most runs.
fn wait_for_moment(
    kind: &Kind,
    place: &Place,
    child: &mut Child,
    took: Duration,
    rng: &mut Pcg64,
) -> anyhow::Result<()> {
    let longest = if kind.is_endless {
        LONGEST_WRITING
    } else {
        took
    };
    let part = Duration::from_secs_f64(longest.as_secs_f64() * rng.random_range(0.0..1.1));
    if kind.is_endless || rng.random_bool(0.5) {
        thread::sleep(part);
        return Ok(());
    }
    let began = Instant::now();
    while place.unfinished()?.is_empty()
        && child.try_wait()?.is_none()
        && began.elapsed() < 20 * took + LONGEST_WRITING
    {
        thread::yield_now();
    }
    thread::sleep(Duration::from_micros(rng.random_range(0..3000)));
    Ok(())
}

/// What the kill left, and how many unfinished files were among it.
fn after_kill(kind: &Kind, place: &Place, usual: &[PathBuf]) -> anyhow::Result<(Found, u64)> {
    let found = (kind.check)(place).context("after the kill")?;
    let n_unfinished = place.unfinished()?.len() as u64;
    for stray in place.files()? {
        ensure!(
            usual.contains(&stray)
                || place.was_there(&stray)
                || place::is_unfinished(&stray)
                || place::is_of_database(&stray),
            "{} is left behind",
            stray.display()
        );
    }
    place.age_unfinished()?;
    finish(kind, place).context("when it is run again")?;
    let left = place.unfinished()?;
    ensure!(left.is_empty(), "{left:?} stays for good");
    Ok((found, n_unfinished))
}

/// Runs to the end; everything must be new then.
fn finish(kind: &Kind, place: &Place) -> anyhow::Result<()> {
    place.run(&mut (kind.command)(place, true))?;
    let found = (kind.check)(place)?;
    ensure!(found == Found::New, "nothing was written");
    Ok(())
}
