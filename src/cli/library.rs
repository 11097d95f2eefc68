//! `vcl library`: which videos are searched together, and how far they are indexed.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::bail;
use serde::Serialize;

use crate::cli::args::{GlobalArgs, LibraryArgs, LibraryCommand, ListFormat, StatusFormat};
use crate::cli::library_summary::Summary;
use crate::cli::library_update::update;
use crate::cli::{library_watch, output};
use crate::domain::{count, format_date, format_timestamp, one_line, path_text, plain};
use crate::library::{Library, LibraryVideo, State, matrix_bytes};

pub fn run(global: &GlobalArgs, args: &LibraryArgs) -> anyhow::Result<()> {
    let mut library = args.place.open()?;
    match &args.what {
        LibraryCommand::Add { paths } => {
            library.add(paths)?;
            update(global, &mut library)
        }
        LibraryCommand::Update => {
            if library.places()?.is_empty() {
                bail!("the library is empty; `vcl library add PATH` adds folders and videos");
            }
            update(global, &mut library)
        }
        LibraryCommand::Watch { quiet } => library_watch::run(global, &mut library, *quiet),
        LibraryCommand::Remove { paths } => remove(&mut library, paths),
        LibraryCommand::List { format } => list(global, &mut library, *format),
        LibraryCommand::Status { format } => status(global, &mut library, *format),
    }
}

fn remove(library: &mut Library, paths: &[PathBuf]) -> anyhow::Result<()> {
    library.remove(paths)?;
    let removed: String = paths
        .iter()
        .map(|path| format!("{}: not in the library any more\n", path.display()))
        .collect();
    output::print(&removed)
}

/// A video as `list` prints it.
#[derive(Serialize)]
struct VideoRow {
    path: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    copies: Vec<String>,
    missing: bool,
    bytes: u64,
    duration_secs: Option<f64>,
    date: String,
    state: &'static str,
    n_clips: usize,
    error: Option<String>,
    content: String,
}

impl VideoRow {
    fn of(video: &LibraryVideo) -> Self {
        let (state, error) = match &video.state {
            State::Waiting => ("waiting", None),
            State::Working => ("working", None),
            State::Indexed => ("indexed", None),
            State::Failed(error) => ("failed", Some(error.clone())),
            State::NoVideo => ("no video", None),
        };
        Self {
            path: path_text(&video.path),
            copies: video.copies.iter().map(|path| path_text(path)).collect(),
            missing: video.is_missing,
            bytes: video.n_bytes,
            duration_secs: video.duration_secs,
            date: format_date(video.date_secs),
            state,
            n_clips: video.n_clips,
            error,
            content: video.content.as_str().to_owned(),
        }
    }
}

fn list(global: &GlobalArgs, library: &mut Library, format: ListFormat) -> anyhow::Result<()> {
    let engine = global.open_engine()?;
    let mut videos = library.videos(engine.get())?;
    videos.retain(|video| video.state != State::NoVideo);
    let rows: Vec<_> = videos.iter().map(VideoRow::of).collect();
    output::print(&match format {
        ListFormat::Json => serde_json::to_string_pretty(&rows)? + "\n",
        ListFormat::Csv => csv(&rows)?,
        ListFormat::Table => table(&rows),
    })
}

fn table(rows: &[VideoRow]) -> String {
    let mut out = String::new();
    for row in rows {
        let length = row
            .duration_secs
            .map_or_else(|| "?".to_owned(), format_timestamp);
        let state = if row.missing { "missing" } else { row.state };
        // Writing to a String cannot fail.
        let _ = write!(
            out,
            "{length:>9}  {}  {state:<8}  {}",
            row.date,
            plain(&row.path)
        );
        if !row.copies.is_empty() {
            let _ = write!(out, "  (and {})", count(row.copies.len(), "copy"));
        }
        if let Some(error) = &row.error {
            let _ = write!(out, "\n           {}", plain(error));
        }
        out.push('\n');
    }
    out
}

fn csv(rows: &[VideoRow]) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "path",
        "missing",
        "bytes",
        "duration_secs",
        "date",
        "state",
        "n_clips",
        "error",
        "content",
    ])?;
    for row in rows {
        writer.serialize((
            &row.path,
            row.missing,
            row.bytes,
            row.duration_secs,
            &row.date,
            row.state,
            row.n_clips,
            &row.error,
            &row.content,
        ))?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

/// The JSON of `status`.
#[derive(Serialize)]
struct StatusReport {
    #[serde(flatten)]
    summary: Summary,
    disk: DiskReport,
}

#[derive(Serialize)]
struct DiskReport {
    kept_bytes: u64,
    matrix_bytes: u64,
    other_bytes: u64,
    other_max_bytes: u64,
}

fn status(global: &GlobalArgs, library: &mut Library, format: StatusFormat) -> anyhow::Result<()> {
    let engine = global.open_engine()?;
    let summary = Summary::of(library, &engine)?;
    let used = library.disk_use();
    let disk = DiskReport {
        kept_bytes: used.kept_bytes,
        matrix_bytes: matrix_bytes(library),
        other_bytes: used.other_bytes,
        other_max_bytes: used.max_bytes,
    };
    let report = StatusReport { summary, disk };
    if format == StatusFormat::Json {
        return output::print(&(serde_json::to_string_pretty(&report)? + "\n"));
    }
    let mut out = report.summary.headline();
    for place in &report.summary.places {
        let _ = writeln!(out, "  {}", plain(place));
    }
    let disk = &report.disk;
    let _ = writeln!(
        out,
        "disk: {} of features that are kept, {} to search them; {} of other videos, at most {}",
        megabytes(disk.kept_bytes),
        megabytes(disk.matrix_bytes),
        megabytes(disk.other_bytes),
        megabytes(disk.other_max_bytes)
    );
    for problem in &report.summary.problems {
        let _ = writeln!(out, "problem: {}", plain(&one_line(&problem.reason)));
    }
    output::print(&out)
}

fn megabytes(n_bytes: u64) -> String {
    format!("{:.1} MB", n_bytes as f64 / 1e6)
}
