//! `vcl search`: where in a video something happens.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

use crate::cli::args::{GlobalArgs, ResultFormat, SearchArgs};
use crate::cli::edges::EdgesOf;
use crate::cli::plot::{Plot, PlotRow};
use crate::cli::search_words::{self, WordsRow};
use crate::cli::{output, progress};
use crate::domain::{
    CLIP_SECS, Highlight, Moment, MomentOrder, Query, Verdict, count, format_timestamp, path_text,
    plain,
};
use crate::engine::VideoIndex;
use crate::export::{HighlightRow, MomentRow, file_name};
use crate::find::Answer;

pub fn run(global: &GlobalArgs, args: &SearchArgs) -> anyhow::Result<()> {
    if let Some(path) = &args.plot {
        let pictures = args.asked.pictures();
        global.check_target(path, &[&[&*args.video], &pictures[..]].concat())?;
    }
    let queries = args.asked.queries()?;
    let spoken = match args.matches.takes_words() {
        true => search_words::of_video(&args.video, &queries)?,
        false => Vec::new(),
    };
    if !args.matches.takes_pictures() {
        return search_words::run(args, &queries, &spoken);
    }
    let mut engine = global.open_engine()?;
    let way = global.way(&engine)?;
    let detector = global.detector(&engine, &args.detector)?;
    let detector = detector.as_ref().map(|named| &named.detector);
    let index = engine.work(|engine| progress::index_with_bar(engine, &args.video))?;
    let mut answers = engine.work(|engine| engine.answer_all(&index, &queries, &way, detector))?;
    for answer in &mut answers {
        answer.show_own_curve(args.detector.detector_curve);
    }
    let n_highlights = usize::from(args.top);
    let shaping = args.shaping.shaping();
    let order = args.shaping.order().unwrap_or(MomentOrder::Score);
    let mut found = Vec::new();
    for (query, answer) in queries.iter().zip(&answers) {
        let mut shown = answer.found(args.threshold);
        if args.shaping.refines(false) {
            let probe = engine.work(|engine| engine.probe(query, &way))?;
            let edges = EdgesOf {
                video: &index.path,
                probe: &probe,
            };
            edges.refine(&mut engine, &answer.cosines, &mut shown.moments)?;
        }
        found.push(Found {
            query,
            answer,
            verdict: shown.verdict,
            moments: shaping.apply(&shown.moments, index.duration_secs()),
            highlights: answer.highlights(n_highlights),
        });
    }
    let model = &engine.get().encoder().id().name;
    let mut report = Report::new(&args.video, &index, model, &found);
    for (query, words) in report.queries.iter_mut().zip(spoken) {
        query.words = words;
    }
    if let Some(path) = &args.plot {
        output::write(path, &plot(&report, &found).encode_for(path)?)?;
    }
    let most = match args.format {
        ResultFormat::Table => n_highlights,
        ResultFormat::Json | ResultFormat::Csv => usize::MAX,
    };
    report.arrange(most, order);
    output::print(&match args.format {
        ResultFormat::Table => table(&report, n_highlights),
        ResultFormat::Json => serde_json::to_string_pretty(&report)? + "\n",
        ResultFormat::Csv => csv(&report)?,
    })
}

/// What is told about one query.
struct Found<'a> {
    query: &'a Query,
    answer: &'a Answer,
    verdict: Verdict,
    moments: Vec<Moment>,
    highlights: Vec<Highlight>,
}

/// The JSON that `--format json` prints; the other formats are made from it.
#[derive(Debug, Serialize)]
struct Report<'a> {
    video: String,
    duration_secs: f64,
    /// Times count from the first picture, which comes so late in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    video_start_secs: Option<f64>,
    clip_secs: f64,
    n_clips: usize,
    model: &'a str,
    queries: Vec<QueryReport<'a>>,
}

#[derive(Debug, Serialize)]
struct QueryReport<'a> {
    query: &'a str,
    /// Where people read something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    present: f32,
    verdict: Verdict,
    saliency: &'a [f32],
    highlight: HighlightRow,
    highlights: Vec<HighlightRow>,
    moments: Vec<MomentRow>,
    /// Where it is said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    words: Vec<WordsRow>,
    /// Of each moment, 1 for the best.
    #[serde(skip)]
    ranks: Vec<usize>,
    /// So many more were found.
    #[serde(skip)]
    n_weaker: usize,
}

impl<'a> Report<'a> {
    fn new(video: &Path, index: &VideoIndex, model: &'a str, found: &[Found<'a>]) -> Self {
        let duration_secs = index.duration_secs();
        Self {
            video: path_text(video),
            duration_secs,
            video_start_secs: Some(index.info.video_start_secs).filter(|secs| *secs > 0.0),
            clip_secs: CLIP_SECS,
            n_clips: index.n_clips(),
            model,
            queries: found
                .iter()
                .map(|found| QueryReport::new(found, index))
                .collect(),
        }
    }
}

impl Report<'_> {
    /// Keeps the best moments of each query and puts them into order.
    fn arrange(&mut self, most: usize, order: MomentOrder) {
        for query in &mut self.queries {
            let n_found = query.moments.len();
            let mut ranked: Vec<_> = (1..).zip(query.moments.drain(..)).take(most).collect();
            query.n_weaker = n_found - ranked.len();
            if order == MomentOrder::Time {
                ranked.sort_by(|(_, a), (_, b)| a.start_secs.total_cmp(&b.start_secs));
            }
            (query.ranks, query.moments) = ranked.into_iter().unzip();
        }
    }
}

impl<'a> QueryReport<'a> {
    fn new(found: &Found<'a>, index: &VideoIndex) -> Self {
        let Found { query, answer, .. } = *found;
        let row = |highlight: &Highlight| HighlightRow {
            peak_secs: index.peak_secs(*highlight),
            ..HighlightRow::new(*highlight, index.duration_secs())
        };
        Self {
            query: query.key(),
            title: output::title_of(query),
            present: answer.present,
            verdict: found.verdict,
            saliency: answer.saliency.values(),
            highlight: row(&answer.highlight),
            highlights: found.highlights.iter().map(row).collect(),
            moments: found.moments.iter().map(MomentRow::from).collect(),
            words: Vec::new(),
            ranks: Vec::new(),
            n_weaker: 0,
        }
    }
}

/// What a moment is called.
fn kind(verdict: Verdict) -> &'static str {
    if verdict.is_guess() {
        "guess"
    } else {
        "moment"
    }
}

/// For people: the moments of each query, and how many more there are.
fn table(report: &Report<'_>, n_words: usize) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{}  {}, {}, model {}",
        plain(&report.video),
        format_timestamp(report.duration_secs),
        count(report.n_clips, "clip"),
        plain(report.model)
    );
    for query in &report.queries {
        let _ = writeln!(
            out,
            "\n{}  ({}: {:.0} %)",
            plain(query.title.unwrap_or(query.query)),
            query.verdict.words(),
            100.0 * query.present
        );
        let kind = kind(query.verdict);
        let spans = query
            .moments
            .iter()
            .map(|m| (kind, m.start_secs, m.end_secs, m.score));
        let highlights = query
            .highlights
            .iter()
            .map(|h| ("highlight", h.start_secs, h.end_secs, h.score));
        for (kind, start_secs, end_secs, score) in highlights.chain(spans) {
            let _ = writeln!(
                out,
                "  {kind:<9}  {:>9} – {:<9}  {score:>6.2}",
                format_timestamp(start_secs),
                format_timestamp(end_secs)
            );
        }
        if query.n_weaker > 0 {
            let weaker = count(query.n_weaker, "weaker moment");
            let _ = writeln!(out, "  and {weaker} (--top shows more)");
        }
        search_words::write_rows(&mut out, &query.words, n_words);
    }
    out
}

/// One row per highlight and moment.
#[derive(Serialize)]
struct CsvRow<'a> {
    query: &'a str,
    present: f32,
    kind: &'static str,
    rank: usize,
    start_secs: f64,
    end_secs: f64,
    score: f32,
    /// What is said, in a table that has such rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

fn csv(report: &Report<'_>) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let has_words = report.queries.iter().any(|query| !query.words.is_empty());
    for query in &report.queries {
        let row = |kind, rank, start_secs, end_secs, score| CsvRow {
            text: has_words.then_some(""),
            query: query.title.unwrap_or(query.query),
            present: query.present,
            kind,
            rank,
            start_secs,
            end_secs,
            score,
        };
        for (rank, h) in (1..).zip(&query.highlights) {
            writer.serialize(row("highlight", rank, h.start_secs, h.end_secs, h.score))?;
        }
        for (rank, m) in query.ranks.iter().zip(&query.moments) {
            writer.serialize(row(
                kind(query.verdict),
                *rank,
                m.start_secs,
                m.end_secs,
                m.score,
            ))?;
        }
        for (rank, w) in (1..).zip(&query.words) {
            writer.serialize(CsvRow {
                text: Some(&w.text),
                ..row("words", rank, w.start_secs, w.end_secs, w.score)
            })?;
        }
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

fn plot<'a>(report: &Report<'_>, found: &'a [Found<'a>]) -> Plot<'a> {
    let name = file_name(Path::new(&report.video));
    let title = format!(
        "{name}  ·  {}  ·  {}",
        format_timestamp(report.duration_secs),
        report.model
    );
    let row = |found: &'a Found<'a>| PlotRow {
        query: found.query.title(),
        present: found.answer.present,
        verdict: found.verdict,
        saliency: &found.answer.saliency,
        highlight: Some(found.answer.highlight),
        moments: &found.moments,
    };
    Plot {
        title,
        duration_secs: report.duration_secs,
        rows: found.iter().map(row).collect(),
    }
}
