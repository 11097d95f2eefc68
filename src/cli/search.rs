//! `vcl search`: where in a video something happens.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

use crate::cli::args::{GlobalArgs, ResultFormat, SearchArgs};
use crate::cli::plot::{Lane, Plot};
use crate::cli::{output, progress};
use crate::domain::{CLIP_SECS, Highlight, Moment, Query, TimeSpan, count, format_timestamp};
use crate::engine::{
    Engine, EngineError, PROBABLY_PRESENT, SearchOptions, SearchResult, VideoIndex,
};
use crate::export::file_name;
use crate::model::Prompt;

pub fn run(global: &GlobalArgs, args: &SearchArgs) -> anyhow::Result<()> {
    if let Some(path) = &args.plot {
        global.check_target(path, &[&args.video])?;
    }
    let mut engine = global.open_engine()?;
    let prompt = global.load_prompt(&engine)?.map(|(_, prompt)| prompt);
    let index = progress::index_with_bar(&mut engine, &args.video)?;
    let n_highlights = usize::from(args.top);
    let results = search_all(
        &mut engine,
        &index,
        &args.queries,
        prompt.as_ref(),
        args.threshold,
        n_highlights,
    )?;
    let report = Report::new(&args.video, &index, &engine.encoder().id().name, &results);
    if let Some(path) = &args.plot {
        output::write(path, &plot(&report, &results).encode_for(path)?)?;
    }
    output::print(&match args.format {
        ResultFormat::Table => table(&report, n_highlights),
        ResultFormat::Json => serde_json::to_string_pretty(&report)? + "\n",
        ResultFormat::Csv => csv(&report)?,
    })
}

/// Every query on an indexed video, with a prompt where one is given.
///
/// # Errors
/// As [`Engine::search`] and [`Engine::search_with`].
pub fn search_all(
    engine: &mut Engine,
    index: &VideoIndex,
    queries: &[Query],
    prompt: Option<&Prompt>,
    threshold: Option<f32>,
    n_highlights: usize,
) -> Result<Vec<SearchResult>, EngineError> {
    let options = SearchOptions {
        n_highlights,
        ..SearchOptions::default()
    };
    let options = prompt.map_or(options, |prompt| options.for_prompt(prompt));
    let options = SearchOptions {
        threshold: threshold.unwrap_or(options.threshold),
        ..options
    };
    let results = queries
        .iter()
        .map(|query| match prompt {
            Some(prompt) => engine.search_with(index, query, prompt, options),
            None => engine.search(index, query, options),
        })
        .collect();
    progress::tell_notices(engine);
    results
}

/// The JSON that `--format json` prints; the other formats are made from it.
#[derive(Debug, Serialize)]
struct Report<'a> {
    video: String,
    duration_secs: f64,
    clip_secs: f64,
    n_clips: usize,
    model: &'a str,
    queries: Vec<QueryReport<'a>>,
}

#[derive(Debug, Serialize)]
struct QueryReport<'a> {
    query: &'a str,
    present: f32,
    saliency: &'a [f32],
    highlight: HighlightReport,
    highlights: Vec<HighlightReport>,
    moments: Vec<MomentReport>,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct HighlightReport {
    clip: usize,
    start_secs: f64,
    end_secs: f64,
    peak_secs: f64,
    score: f32,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct MomentReport {
    start_secs: f64,
    end_secs: f64,
    score: f32,
}

impl<'a> Report<'a> {
    fn new(video: &Path, index: &VideoIndex, model: &'a str, results: &'a [SearchResult]) -> Self {
        let duration_secs = index.duration_secs();
        Self {
            video: video.display().to_string(),
            duration_secs,
            clip_secs: CLIP_SECS,
            n_clips: index.n_clips(),
            model,
            queries: results
                .iter()
                .map(|result| QueryReport::new(result, duration_secs))
                .collect(),
        }
    }
}

impl<'a> QueryReport<'a> {
    fn new(result: &'a SearchResult, duration_secs: f64) -> Self {
        let highlight = |highlight: &Highlight| HighlightReport::new(*highlight, duration_secs);
        Self {
            query: result.query.as_str(),
            present: result.present,
            saliency: result.saliency.values(),
            highlight: highlight(&result.highlight),
            highlights: result.highlights.iter().map(highlight).collect(),
            moments: result.moments.iter().map(MomentReport::from).collect(),
        }
    }
}

impl HighlightReport {
    fn new(highlight: Highlight, duration_secs: f64) -> Self {
        let start_secs = highlight.clip.start_secs();
        let end_secs = highlight.clip.end_secs().min(duration_secs);
        Self {
            clip: highlight.clip.0,
            start_secs,
            end_secs,
            peak_secs: highlight.peak_secs(duration_secs),
            score: highlight.score,
        }
    }
}

impl From<&Moment> for MomentReport {
    fn from(moment: &Moment) -> Self {
        let TimeSpan {
            start_secs,
            end_secs,
        } = moment.span;
        Self {
            start_secs,
            end_secs,
            score: moment.score,
        }
    }
}

/// What people read: up to `n_moments` moments, with a word about the rest.
fn table(report: &Report<'_>, n_moments: usize) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{}  {}, {}, model {}",
        output::plain(&report.video),
        format_timestamp(report.duration_secs),
        count(report.n_clips, "clip"),
        output::plain(report.model)
    );
    for query in &report.queries {
        let verdict = if query.present >= PROBABLY_PRESENT {
            "in this video"
        } else {
            "probably not in this video"
        };
        let _ = writeln!(
            out,
            "\n{}  ({verdict}: {:.0} %)",
            output::plain(query.query),
            100.0 * query.present
        );
        let spans = query
            .moments
            .iter()
            .take(n_moments)
            .map(|m| ("moment", m.start_secs, m.end_secs, m.score));
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
        let n_weaker = query.moments.len().saturating_sub(n_moments);
        if n_weaker > 0 {
            let weaker = count(n_weaker, "weaker moment");
            let _ = writeln!(out, "  and {weaker} (--top shows more)");
        }
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
}

fn csv(report: &Report<'_>) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for query in &report.queries {
        let row = |kind, rank, start_secs, end_secs, score| CsvRow {
            query: query.query,
            present: query.present,
            kind,
            rank: rank + 1,
            start_secs,
            end_secs,
            score,
        };
        for (rank, h) in query.highlights.iter().enumerate() {
            writer.serialize(row("highlight", rank, h.start_secs, h.end_secs, h.score))?;
        }
        for (rank, m) in query.moments.iter().enumerate() {
            writer.serialize(row("moment", rank, m.start_secs, m.end_secs, m.score))?;
        }
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

fn plot<'a>(report: &Report<'_>, results: &'a [SearchResult]) -> Plot<'a> {
    let name = file_name(Path::new(&report.video));
    let title = format!(
        "{name}  ·  {}  ·  {}",
        format_timestamp(report.duration_secs),
        report.model
    );
    let lane = |result: &'a SearchResult| Lane {
        query: result.query.as_str(),
        present: result.present,
        saliency: &result.saliency,
        highlight: Some(result.highlight),
        moments: &result.moments,
    };
    Plot {
        title,
        duration_secs: report.duration_secs,
        lanes: results.iter().map(lane).collect(),
    }
}
