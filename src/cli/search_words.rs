//! `vcl search --match words`: where in a video something is said, as far as subtitles tell.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use serde::Serialize;

use crate::cli::args::{ResultFormat, SearchArgs};
use crate::cli::output;
use crate::domain::{Query, beginning, count, format_timestamp, path_text, plain};
use crate::library::{captions_of_video, spoken_in};
use crate::video::Source;

/// As much of what is said as fits into a line.
const SHOWN_CHARS: usize = 60;

/// A moment in which a query is said, as JSON has it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WordsRow {
    pub start_secs: f64,
    pub end_secs: f64,
    pub score: f32,
    pub text: String,
}

/// For each query where it is said, best first.
pub fn of_video(video: &Path, queries: &[Query]) -> anyhow::Result<Vec<Vec<WordsRow>>> {
    let captions = captions_of_video(&Source::open(video)?, &AtomicBool::new(false))?;
    let rows = |query: &Query| {
        let moments = spoken_in(&captions, query).into_iter();
        moments
            .map(|it| WordsRow {
                start_secs: it.span.start_secs,
                end_secs: it.span.end_secs,
                score: it.score,
                text: it.text,
            })
            .collect()
    };
    Ok(queries.iter().map(rows).collect())
}

#[derive(Serialize)]
struct Report<'a> {
    video: String,
    queries: Vec<QueryReport<'a>>,
}

#[derive(Serialize)]
struct QueryReport<'a> {
    query: &'a str,
    words: &'a [WordsRow],
}

#[derive(Serialize)]
struct CsvRow<'a> {
    query: &'a str,
    kind: &'static str,
    rank: usize,
    start_secs: f64,
    end_secs: f64,
    score: f32,
    text: &'a str,
}

/// Prints what is said, and looks at no picture.
pub fn run(args: &SearchArgs, queries: &[Query], spoken: &[Vec<WordsRow>]) -> anyhow::Result<()> {
    let queries = queries.iter().zip(spoken);
    let report = Report {
        video: path_text(&args.video),
        queries: queries
            .map(|(query, words)| QueryReport {
                query: query.key(),
                words,
            })
            .collect(),
    };
    output::print(&match args.format {
        ResultFormat::Table => table(&report, usize::from(args.top)),
        ResultFormat::Json => serde_json::to_string_pretty(&report)? + "\n",
        ResultFormat::Csv => csv(&report)?,
    })
}

fn table(report: &Report<'_>, n_most: usize) -> String {
    let mut out = format!("{}\n", plain(&report.video));
    for query in &report.queries {
        let found = match query.words.len() {
            0 => "not said".to_owned(),
            n => count(n, "moment"),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "\n{}  ({found})", plain(query.query));
        write_rows(&mut out, query.words, n_most);
    }
    out
}

/// `  words        0:12.0 – 0:14.0      1.00  “a red circle”`
pub fn write_rows(out: &mut String, words: &[WordsRow], n_most: usize) {
    for row in words.iter().take(n_most) {
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "  {:<9}  {:>9} – {:<9}  {:>6.2}  “{}”",
            "words",
            format_timestamp(row.start_secs),
            format_timestamp(row.end_secs),
            row.score,
            plain(&beginning(&row.text, SHOWN_CHARS))
        );
    }
}

fn csv(report: &Report<'_>) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for query in &report.queries {
        for (row, rank) in query.words.iter().zip(1..) {
            writer.serialize(CsvRow {
                query: query.query,
                kind: "words",
                rank,
                start_secs: row.start_secs,
                end_secs: row.end_secs,
                score: row.score,
                text: &row.text,
            })?;
        }
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}
