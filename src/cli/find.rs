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
use crate::domain::{
    Moment, Query, TimeSpan, beginning, count, format_timestamp, path_text, plain,
};
use crate::engine::{AskedDetector, VideoMoment};
use crate::export::file_name;
use crate::find::{Answer, PROBABLY_PRESENT, Probe};
use crate::library::{Found, LibraryIndex, SpokenMoment, Wanted, absolute};

/// So many videos of each query are drawn.
const N_PLOTTED: usize = 4;

/// As much of what is said as fits into a line.
const SHOWN_CHARS: usize = 80;

pub fn run(global: &GlobalArgs, args: &FindArgs) -> anyhow::Result<()> {
    let pictures = args.asked.pictures();
    if let Some(path) = &args.plot {
        global.check_target(path, &pictures)?;
    }
    find_export::check(global, args, &pictures)?;
    let queries = args.asked.queries()?;
    let mut library = args.place.open()?;
    if library.places()?.is_empty() {
        bail!("the library is empty; `vcl library add PATH` adds folders and videos");
    }
    let mut engine = global.open_engine()?;
    let way = global.way(&engine)?;
    let named = global.detector(&engine, &args.detector)?;
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
    let (mut probes, mut detectors) = (Vec::new(), Vec::new());
    for query in queries.iter().filter(|_| args.matches.takes_pictures()) {
        probes.push(engine.work(|engine| engine.probe(query, &way))?);
        if let Some(named) = &named {
            detectors.push(engine.work(|engine| engine.ask(query, &named.detector))?);
        }
    }
    let mut found = index.find_probes(&probes, &detectors, &wanted)?;
    if let Some(error) = index.failure() {
        return Err(error.into());
    }
    found.resize_with(queries.len(), Found::default);
    let mut spoken = Vec::new();
    for query in &queries {
        spoken.push(match args.matches.takes_words() {
            true => library.find_spoken(&index, query, &wanted)?,
            false => Vec::new(),
        });
    }
    let (n_videos, n_clips) = index.extent(&wanted);
    let model = engine.get().encoder().id().name.clone();
    let report = Report {
        model: &model,
        n_videos,
        n_clips,
        queries: queries
            .iter()
            .zip(found.iter().zip(&spoken))
            .map(|(query, (found, spoken))| QueryReport::of(&index, query, found, spoken, &wanted))
            .collect(),
    };
    if let Some(path) = &args.plot {
        let curves = Curves::of(&index, (&queries, &probes, &detectors), &found, args)?;
        output::write(path, &curves.plot(&report).encode_for(path)?)?;
    }
    output::print(&match args.format {
        ResultFormat::Table => table(&report),
        ResultFormat::Json => serde_json::to_string_pretty(&report)? + "\n",
        ResultFormat::Csv => csv(&report)?,
    })?;
    let mut moments = moments(&index, &report);
    if args
        .shaping
        .refines(args.written_as() == Ok(Some(ExportFormat::Cuts)))
    {
        refine(&mut engine, &index, &probes, &report, &mut moments);
    }
    find_export::write(args, &queries, moments)
}

/// What was found, query after query, best first.
fn moments(index: &LibraryIndex, report: &Report<'_>) -> Vec<VideoMoment> {
    let mut moments = Vec::new();
    for (query, found) in report.queries.iter().enumerate() {
        for row in &found.results {
            let video = &index.videos()[row.at];
            moments.push(VideoMoment {
                path: row.path.clone(),
                duration_secs: video.duration_secs.unwrap_or(row.end_secs),
                query,
                moment: Moment {
                    span: TimeSpan::new(row.start_secs, row.end_secs),
                    score: row.score,
                },
            });
        }
    }
    moments
}

/// Moves the edges of what is written, one video and query after the other; `moments` are the rows of
/// the report, of which those that are said have their own times.
fn refine(
    engine: &mut CliEngine,
    index: &LibraryIndex,
    probes: &[Probe],
    report: &Report<'_>,
    moments: &mut [VideoMoment],
) {
    let rows = report.queries.iter().flat_map(|query| &query.results);
    let mut groups: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    for (at, (moment, row)) in moments.iter().zip(rows).enumerate() {
        if row.matches == PICTURES {
            groups.entry((moment.query, row.at)).or_default().push(at);
        }
    }
    for ((query, video), places) in groups {
        let Some(answer) = index.answer(video, &probes[query]) else {
            continue;
        };
        let path = moments[places[0]].path.clone();
        let mut own: Vec<_> = places.iter().map(|at| moments[*at].moment).collect();
        let edges = EdgesOf {
            video: &path,
            probe: &probes[query],
        };
        // What cannot be opened is told when it is written.
        if let Err(error) = edges.refine(engine, &answer.cosines, &mut own) {
            log::debug!("{}: {error:#}", path.display());
        }
        for (at, moment) in places.into_iter().zip(own) {
            moments[at].moment = moment;
        }
    }
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
    /// Where people read something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    present: f32,
    results: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    /// Where the video is in the index.
    #[serde(skip)]
    at: usize,
    #[serde(skip)]
    path: PathBuf,
    video: String,
    /// Where the file cannot be opened now.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    missing: bool,
    start_secs: f64,
    end_secs: f64,
    peak_secs: f64,
    score: f32,
    #[serde(rename = "match")]
    matches: &'static str,
    /// What is said, where that is what was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

const PICTURES: &str = "pictures";
const WORDS: &str = "words";

impl<'a> QueryReport<'a> {
    fn of(
        index: &LibraryIndex,
        query: &'a Query,
        found: &Found,
        spoken: &[SpokenMoment],
        wanted: &Wanted,
    ) -> Self {
        let seen = found.results.iter().map(|it| {
            let row = Row::of(
                index,
                it.video,
                it.moment.span,
                it.moment.score,
                None,
                wanted,
            );
            Row {
                peak_secs: it.peak_secs,
                ..row
            }
        });
        let said = spoken.iter().map(|it| {
            let text = Some(it.text.clone());
            Row::of(index, it.video, it.span, it.score, text, wanted)
        });
        let mut results: Vec<_> = seen.chain(said).collect();
        results.sort_by(|a, b| b.score.total_cmp(&a.score));
        results.truncate(wanted.n_results);
        Self {
            query: query.key(),
            title: output::title_of(query),
            present: found.present,
            results,
        }
    }

    fn verdict(&self) -> String {
        let percent = format!("{:.0} %", 100.0 * self.present);
        match self.results.is_empty() {
            true => format!("nothing found: {percent}"),
            false if self.present >= PROBABLY_PRESENT => format!("found: {percent}"),
            false if self.results.iter().any(|row| row.matches == WORDS) => {
                "found in what is said".to_owned()
            }
            false => format!("doubtful: {percent}"),
        }
    }
}

impl Row {
    fn of(
        index: &LibraryIndex,
        at: usize,
        span: TimeSpan,
        score: f32,
        text: Option<String>,
        wanted: &Wanted,
    ) -> Self {
        let video = &index.videos()[at];
        let path = video.path_inside(&wanted.inside).unwrap_or(&video.path);
        Self {
            at,
            path: path.clone(),
            video: path_text(path),
            missing: video.is_missing,
            start_secs: span.start_secs,
            end_secs: span.end_secs,
            peak_secs: 0.5 * (span.start_secs + span.end_secs),
            score,
            matches: if text.is_some() { WORDS } else { PICTURES },
            text,
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
        let title = plain(query.title.unwrap_or(query.query));
        let _ = writeln!(out, "\n{title}  ({})", query.verdict());
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
            if let Some(text) = &row.text {
                let text = plain(&beginning(text, SHOWN_CHARS));
                let _ = writeln!(out, "  {WORDS:<29}  “{text}”");
            }
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
    #[serde(rename = "match")]
    matches: &'a str,
    text: &'a str,
}

fn csv(report: &Report<'_>) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for query in &report.queries {
        for (row, rank) in query.results.iter().zip(1..) {
            writer.serialize(CsvRow {
                query: query.title.unwrap_or(query.query),
                present: query.present,
                rank,
                video: &row.video,
                missing: row.missing,
                start_secs: row.start_secs,
                end_secs: row.end_secs,
                peak_secs: row.peak_secs,
                score: row.score,
                matches: row.matches,
                text: row.text.as_deref().unwrap_or_default(),
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
        (queries, probes, detectors): (&[Query], &[Probe], &[AskedDetector<'_>]),
        found: &[Found],
        args: &FindArgs,
    ) -> anyhow::Result<Self> {
        let mut rows = Vec::new();
        for (i, ((query, found), probe)) in queries.iter().zip(found).zip(probes).enumerate() {
            let mut videos: Vec<usize> = Vec::new();
            for result in &found.results {
                if !videos.contains(&result.video) {
                    videos.push(result.video);
                }
            }
            for video in videos.into_iter().take(N_PLOTTED) {
                let results = found.results.iter().filter(|result| result.video == video);
                if let Some(mut answer) = index.answer(video, probe) {
                    if let Some(detector) = detectors.get(i) {
                        let embeddings = index.embeddings(video);
                        let proposed = detector.propose(&embeddings, answer.end_secs)?;
                        answer = answer.with(proposed);
                        answer.show_own_curve(args.detector.detector_curve);
                    }
                    let name = file_name(&index.videos()[video].path);
                    rows.push(Curve {
                        title: format!("{}  ·  {name}", query.title()),
                        answer,
                        moments: results.map(|result| result.moment).collect(),
                    });
                }
            }
        }
        Ok(Self { rows })
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
