//! JSON and CSV: every moment with seconds, frames and score.

use std::borrow::Cow;

use serde::Serialize;

use crate::domain::{CLIP_SECS, Highlight, Moment, Verdict, n_clips, path_text};
use crate::export::document::{Export, ExportDocument, ExportQuery};
use crate::export::error::ExportError;
use crate::export::frame_span::{self, Event, in_table};

#[derive(Serialize)]
struct JsonDocument {
    video: String,
    duration_secs: f64,
    clip_secs: f64,
    n_clips: usize,
    frame_rate: String,
    width: u32,
    height: u32,
    /// Of the first frame, where the file has timecode.
    #[serde(skip_serializing_if = "Option::is_none")]
    start_timecode: Option<String>,
    /// Times count from the first picture, which comes so late in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    video_start_secs: Option<f64>,
    queries: Vec<JsonQuery>,
}

#[derive(Serialize)]
struct JsonQuery {
    query: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    present: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<Verdict>,
    highlight: Option<HighlightRow>,
    moments: Vec<JsonMoment>,
}

/// A highlight as JSON has it, here and on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct HighlightRow {
    pub clip: usize,
    pub start_secs: f64,
    pub end_secs: f64,
    pub peak_secs: f64,
    pub score: f32,
}

impl HighlightRow {
    /// Within a video of this length.
    pub fn new(highlight: Highlight, duration_secs: f64) -> Self {
        Self {
            clip: highlight.clip.0,
            start_secs: highlight.clip.start_secs().min(duration_secs),
            end_secs: highlight.clip.end_secs().min(duration_secs),
            peak_secs: highlight.peak_secs(duration_secs),
            score: highlight.score,
        }
    }
}

/// A moment as JSON has it, here and on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MomentRow {
    pub start_secs: f64,
    pub end_secs: f64,
    pub score: f32,
}

impl From<&Moment> for MomentRow {
    fn from(moment: &Moment) -> Self {
        Self {
            start_secs: moment.span.start_secs,
            end_secs: moment.span.end_secs,
            score: moment.score,
        }
    }
}

#[derive(Serialize)]
struct JsonMoment {
    #[serde(flatten)]
    moment: MomentRow,
    start_frame: u64,
    /// The first frame after the moment.
    end_frame: u64,
}

/// Several videos are an array of what one is.
#[derive(Serialize)]
struct JsonVideos {
    videos: Vec<JsonDocument>,
}

pub fn json(export: Export<'_>) -> Result<String, ExportError> {
    let text = match export {
        Export::One(document) => serde_json::to_string_pretty(&json_document(document))?,
        Export::Several(documents) => {
            let videos = documents.iter().map(json_document).collect();
            serde_json::to_string_pretty(&JsonVideos { videos })?
        }
    };
    Ok(text + "\n")
}

fn json_document(document: &ExportDocument) -> JsonDocument {
    let rate = document.frame_rate;
    JsonDocument {
        video: path_text(&document.video),
        duration_secs: document.duration_secs,
        clip_secs: CLIP_SECS,
        n_clips: n_clips(document.duration_secs),
        frame_rate: format!("{}/{}", rate.num(), rate.den()),
        width: document.width,
        height: document.height,
        start_timecode: (document.numbering.first() > 0).then(|| document.timecode(0)),
        video_start_secs: video_start(document),
        queries: document
            .queries
            .iter()
            .map(|query| json_query(document, query))
            .collect(),
    }
}

/// `None` for the many videos that begin with a picture.
fn video_start(document: &ExportDocument) -> Option<f64> {
    Some(document.video_start_secs).filter(|secs| *secs > 0.0)
}

fn json_query(document: &ExportDocument, query: &ExportQuery) -> JsonQuery {
    JsonQuery {
        query: query.query.key().to_owned(),
        present: query.present,
        verdict: query.verdict,
        highlight: query
            .highlight
            .map(|highlight| HighlightRow::new(highlight, document.duration_secs)),
        moments: frame_span::listed(document, query)
            .iter()
            .map(|span| JsonMoment {
                moment: MomentRow {
                    start_secs: span.start_secs,
                    end_secs: span.end_secs,
                    score: span.score,
                },
                start_frame: span.first_frame,
                end_frame: span.end_frame,
            })
            .collect(),
    }
}

#[derive(Serialize)]
struct CsvLine<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    video: Option<String>,
    query: Cow<'a, str>,
    rank: usize,
    start_secs: f64,
    end_secs: f64,
    score: f32,
    start_frame: u64,
    end_frame: u64,
    start_timecode: String,
    end_timecode: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    video_start_secs: Option<f64>,
}

/// Spreadsheets calculate cells that begin like a formula; with an apostrophe before it, a cell is
/// text.
fn harmless(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

/// Of several videos the first column names each.
pub fn csv(export: Export<'_>) -> Result<String, ExportError> {
    let mut writer = csv::WriterBuilder::new()
        .has_headers(false)
        .from_writer(Vec::new());
    let is_several = matches!(export, Export::Several(_));
    let mut documents = export.documents().iter();
    let has_late_start = documents.any(|document| video_start(document).is_some());
    let first_name = is_several.then_some("video");
    let last_name = has_late_start.then_some("video_start_secs");
    let names = [
        "query",
        "rank",
        "start_secs",
        "end_secs",
        "score",
        "start_frame",
        "end_frame",
        "start_timecode",
        "end_timecode",
    ];
    writer.write_record(first_name.into_iter().chain(names).chain(last_name))?;
    for event in in_table(export).into_iter().flatten() {
        let Event {
            document,
            query,
            span,
            ..
        } = event;
        let video = is_several.then(|| harmless(&path_text(&document.video)).into_owned());
        writer.serialize(CsvLine {
            video,
            query: harmless(query.query.title()),
            rank: span.rank,
            start_secs: span.start_secs,
            end_secs: span.end_secs,
            score: span.score,
            start_frame: span.first_frame,
            end_frame: span.end_frame,
            start_timecode: document.timecode(span.first_frame),
            end_timecode: document.timecode(span.end_frame),
            video_start_secs: has_late_start.then_some(document.video_start_secs),
        })?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
