//! Looking through the folders of the library and indexing what waits, with a bar.

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::Path;

use anyhow::bail;

use crate::cli::args::GlobalArgs;
use crate::cli::cli_engine::CliEngine;
use crate::cli::library_summary::Summary;
use crate::cli::output;
use crate::cli::progress::LibraryBar;
use crate::domain::{count, format_timestamp, one_line};
use crate::library::{IndexAll, Library, LibraryEvent, ScanJob, ScanReport};

/// What could not be done.
#[derive(Default)]
pub struct Toll {
    pub n_failed: usize,
    pub n_skipped: usize,
}

/// Looks through all folders, then indexes what waits.
pub fn update(global: &GlobalArgs, library: &mut Library) -> anyhow::Result<()> {
    let mut engine = global.open_engine()?;
    let bar = LibraryBar::new();
    let report = look_through(ScanJob::start(library)?, library, &bar)?;
    let mut toll = index(library, &mut engine, &bar, || Ok(ControlFlow::Continue(())))?;
    bar.clear();
    toll.n_skipped += report.n_skipped;
    if toll.n_skipped > 0 {
        let files = count(toll.n_skipped, "file");
        let are = if toll.n_skipped == 1 { "is" } else { "are" };
        log::warn!("{files} in the folders {are} no video");
    }
    let summary = Summary::of(library, &engine)?;
    output::print(&summary.headline())?;
    if toll.n_failed + report.problems.len() > 0 {
        let mut problems = Vec::new();
        if toll.n_failed > 0 {
            problems.push(format!(
                "{} could not be indexed",
                count(toll.n_failed, "video")
            ));
        }
        if !report.problems.is_empty() {
            let places = count(report.problems.len(), "file or folder");
            problems.push(format!("{places} could not be looked into"));
        }
        bail!("{}; `vcl library status` lists them", problems.join(", "));
    }
    Ok(())
}

/// Runs a scan and tells what could not be looked into.
pub fn look_through(
    scan: ScanJob,
    library: &mut Library,
    bar: &LibraryBar,
) -> anyhow::Result<ScanReport> {
    let report = scan.run(library, |report| bar.scanning(report.n_files));
    bar.clear();
    let report = report?;
    for problem in &report.problems {
        log::error!("{problem}");
    }
    Ok(report)
}

/// Indexes what waits, and prints a line for each video. `between` is asked before each step.
pub fn index(
    library: &mut Library,
    engine: &mut CliEngine,
    bar: &LibraryBar,
    mut between: impl FnMut() -> anyhow::Result<ControlFlow<()>>,
) -> anyhow::Result<Toll> {
    let mut toll = Toll::default();
    let mut job = IndexAll::start(library, engine.get())?;
    while between()?.is_continue() {
        let event = engine.work_below(bar.bar(), |engine| job.step(library, engine));
        match event.inspect_err(|_| bar.clear())? {
            LibraryEvent::Began(path) => bar.begin(&path),
            LibraryEvent::Progress(progress) => bar.show(&progress),
            LibraryEvent::Waiting => {}
            LibraryEvent::Finished => break,
            LibraryEvent::NoVideo(_) => toll.n_skipped += 1,
            LibraryEvent::Failed { reason, .. } => {
                toll.n_failed += 1;
                bar.suspend(|| log::error!("{}", one_line(&reason)));
            }
            LibraryEvent::Indexed {
                path,
                n_clips,
                n_cached,
                duration_secs,
                warning,
            } => bar.suspend(|| {
                if let Some(warning) = warning {
                    log::warn!("{warning}");
                }
                output::print(&line(&path, n_clips, n_cached, duration_secs))
            })?,
        }
    }
    Ok(toll)
}

fn line(path: &Path, n_clips: usize, n_cached: usize, duration_secs: f64) -> String {
    let clips = count(n_clips, "clip");
    let mut line = format!(
        "{}: {clips}, {}",
        path.display(),
        format_timestamp(duration_secs)
    );
    match n_cached {
        0 => {}
        n if n == n_clips => line.push_str(", indexed before"),
        n => drop(write!(line, ", {n} of them indexed before")),
    }
    line + "\n"
}
