//! `vcl find`: in which videos of the library something happens, and where.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::bail;
use serde::Serialize;

use crate::cli::args::{ExportFormat, FindArgs, GlobalArgs, ResultFormat};
use crate::cli::cli_engine::CliEngine;
use crate::cli::edges::EdgesOf;
use crate::cli::plot::{Plot, PlotRow};
use crate::cli::{find_export, output};
use crate::domain::{Moment, UnitVector, count, format_timestamp, path_text, plain};
use crate::engine::VideoMoment;
use crate::export::file_name;
use crate::find::{Answer, PROBABLY_PRESENT, Way};
use crate::library::{Found, Library, LibraryIndex, LibraryMoment, Wanted, absolute};
use crate::store::Paths;

/// So many videos of each query are drawn.
const N_PLOTTED: usize = 4;

pub fn run(global: &GlobalArgs, args: &FindArgs) -> anyhow::Result<()> {
    if let Some(path) = &args.plot {
        global.check_target(path, &[])?;
    }
    find_export::check(global, args)?;
    let mut library = Library::open(&Paths::from_env()?)?;
    if library.places()?.is_empty() {
        bail!("the library is empty; `vcl library add PATH` adds folders and videos");
    }
    let mut engine = global.open_engine()?;
    let way = global.way(&engine)?;
    let index = engine.work(|engine| library.index(engine))?;
    let n_waiting = index.n_not_indexed();
    if n_waiting > 0 {
        let model = &engine.get().encoder().id().name;
        log::warn!(
            "{} not indexed with model {model} yet and not searched; `vcl library update` does it",
            match n_waiting {
                1 => "1 video is".to_owned(),
                n => format!("{n} videos are"),
            }
        );
    }
    let wanted = Wanted {
        inside: args.inside.iter().map(|path| absolute(path)).collect(),
        since_secs: args.since,
        longer_secs: args.longer,
        n_results: usize::from(args.top),
        n_per_video: usize::from(args.per_video),
        threshold: args.threshold,
    };
    let mut texts = Vec::new();
    for query in &args.queries {
        let text = engine.work(|engine| engine.embed_query(query, &way))?;
        texts.push((text, way.clone()));
    }
    let found = index.find(&texts, &wanted);
    let (n_videos, n_clips) = index.extent(&wanted);
    let report = Report {
        model: &engine.get().encoder().id().name,
        n_videos,
        n_clips,
        queries: args
            .queries
            .iter()
            .zip(&found)
            .map(|(query, found)| QueryReport {
                query: query.key(),
                present: found.present,
                results: found
                    .results
                    .iter()
                    .map(|r| Row::of(&index, r, &wanted.inside))
                    .collect(),
            })
            .collect(),
    };
    if let Some(path) = &args.plot {
        let curves = Curves::of(&index, &texts, &found, args);
        output::write(path, &curves.plot(&report).encode_for(path)?)?;
    }
    output::print(&match args.format {
        ResultFormat::Table => table(&report),
        ResultFormat::Json => serde_json::to_string_pretty(&report)? + "\n",
        ResultFormat::Csv => csv(&report)?,
    })?;
    let mut moments = moments(&index, &found, &wanted);
    if args
        .shaping
        .refines(args.written_as() == Ok(Some(ExportFormat::Cuts)))
    {
        refine(&mut engine, &index, &texts, args, &found, &mut moments)?;
    }
    find_export::write(args, moments)
}

/// What was found, query after query, best first.
fn moments(index: &LibraryIndex, found: &[Found], wanted: &Wanted) -> Vec<VideoMoment> {
    let mut moments = Vec::new();
    for (query, found) in found.iter().enumerate() {
        for result in &found.results {
            let video = &index.videos()[result.video];
            moments.push(VideoMoment {
                path: video
                    .path_inside(&wanted.inside)
                    .unwrap_or(&video.path)
                    .clone(),
                duration_secs: video.duration_secs.unwrap_or(result.moment.span.end_secs),
                query,
                moment: result.moment,
            });
        }
    }
    moments
}

/// Moves the edges of what is written, one video and query after the other; `moments` are those of `found`.
fn refine(
    engine: &mut CliEngine,
    index: &LibraryIndex,
    texts: &[(UnitVector, Way)],
    args: &FindArgs,
    found: &[Found],
    moments: &mut [VideoMoment],
) -> anyhow::Result<()> {
    let videos = found
        .iter()
        .flat_map(|it| it.results.iter().map(|result| result.video));
    let mut groups: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    for (at, (moment, video)) in moments.iter().zip(videos).enumerate() {
        groups.entry((moment.query, video)).or_default().push(at);
    }
    for ((query, video), places) in groups {
        let (text, way) = &texts[query];
        let Some(answer) = index.answer(video, text, way) else {
            continue;
        };
        let path = moments[places[0]].path.clone();
        let mut own: Vec<_> = places.iter().map(|at| moments[*at].moment).collect();
        let edges = EdgesOf {
            video: &path,
            query: &args.queries[query],
            way,
        };
        match edges.refine(engine, &answer.cosines, &mut own) {
            Ok(()) => {}
            // What cannot be opened is told when it is written.
            Err(error) => log::debug!("{}: {error:#}", path.display()),
        }
        for (at, moment) in places.into_iter().zip(own) {
            moments[at].moment = moment;
        }
    }
    Ok(())
}

/// The JSON that `--format json` prints; the other formats are made from it.
#[derive(Serialize)]
struct Report<'a> {
    model: &'a str,
    n_videos: usize,
    n_clips: usize,
    queries: Vec<QueryReport<'a>>,
}

#[derive(Serialize)]
struct QueryReport<'a> {
    query: &'a str,
    present: f32,
    results: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    video: String,
    /// Where the file cannot be opened now.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    missing: bool,
    start_secs: f64,
    end_secs: f64,
    peak_secs: f64,
    score: f32,
}

impl Row {
    fn of(index: &LibraryIndex, result: &LibraryMoment, inside: &[PathBuf]) -> Self {
        let video = &index.videos()[result.video];
        let path = video.path_inside(inside).unwrap_or(&video.path);
        Self {
            video: path_text(path),
            missing: video.is_missing,
            start_secs: result.moment.span.start_secs,
            end_secs: result.moment.span.end_secs,
            peak_secs: result.peak_secs,
            score: result.moment.score,
        }
    }
}

fn table(report: &Report<'_>) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "{}, {}, model {}",
        count(report.n_videos, "video"),
        count(report.n_clips, "clip"),
        plain(report.model)
    );
    for query in &report.queries {
        let verdict = match query.results.is_empty() {
            true => "nothing found",
            false if query.present >= PROBABLY_PRESENT => "found",
            false => "doubtful",
        };
        let _ = writeln!(
            out,
            "\n{}  ({verdict}: {:.0} %)",
            plain(query.query),
            100.0 * query.present
        );
        for row in &query.results {
            let _ = writeln!(
                out,
                "  {:>9} – {:<9}  {:>6.2}  {}{}",
                format_timestamp(row.start_secs),
                format_timestamp(row.end_secs),
                row.score,
                plain(&row.video),
                if row.missing { "  (missing)" } else { "" }
            );
        }
    }
    out
}

/// One row per moment.
#[derive(Serialize)]
struct CsvRow<'a> {
    query: &'a str,
    present: f32,
    rank: usize,
    video: &'a str,
    missing: bool,
    start_secs: f64,
    end_secs: f64,
    peak_secs: f64,
    score: f32,
}

fn csv(report: &Report<'_>) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for query in &report.queries {
        for (row, rank) in query.results.iter().zip(1..) {
            writer.serialize(CsvRow {
                query: query.query,
                present: query.present,
                rank,
                video: &row.video,
                missing: row.missing,
                start_secs: row.start_secs,
                end_secs: row.end_secs,
                peak_secs: row.peak_secs,
                score: row.score,
            })?;
        }
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

/// What is drawn: for each query the curves of its best videos.
struct Curves {
    rows: Vec<Curve>,
}

struct Curve {
    title: String,
    answer: Answer,
    moments: Vec<Moment>,
}

impl Curves {
    fn of(
        index: &LibraryIndex,
        texts: &[(UnitVector, Way)],
        found: &[Found],
        args: &FindArgs,
    ) -> Self {
        let mut rows = Vec::new();
        for ((query, found), (text, way)) in args.queries.iter().zip(found).zip(texts) {
            let mut videos: Vec<usize> = Vec::new();
            for result in &found.results {
                if !videos.contains(&result.video) {
                    videos.push(result.video);
                }
            }
            for video in videos.into_iter().take(N_PLOTTED) {
                let results = found.results.iter().filter(|result| result.video == video);
                if let Some(answer) = index.answer(video, text, way) {
                    let name = file_name(&index.videos()[video].path);
                    rows.push(Curve {
                        title: format!("{}  ·  {name}", query.title()),
                        answer,
                        moments: results.map(|result| result.moment).collect(),
                    });
                }
            }
        }
        Self { rows }
    }

    fn plot(&self, report: &Report<'_>) -> Plot<'_> {
        let longest = self.rows.iter().map(|row| row.answer.end_secs);
        Plot {
            title: format!("{}  ·  {}", count(report.n_videos, "video"), report.model),
            duration_secs: longest.fold(0.0, f64::max),
            rows: self
                .rows
                .iter()
                .map(|row| PlotRow {
                    query: &row.title,
                    present: row.answer.present,
                    verdict: row.answer.found(None).verdict,
                    saliency: &row.answer.saliency,
                    highlight: Some(row.answer.highlight),
                    moments: &row.moments,
                })
                .collect(),
        }
    }
}
