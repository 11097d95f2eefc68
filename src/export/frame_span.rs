//! Moments as spans of frames, which is what editing programs cut by.

use super::document::{Export, ExportDocument, ExportQuery};
use crate::domain::MomentOrder;

/// A moment on frame boundaries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FrameSpan {
    pub first_frame: u64,
    /// The first frame after the moment.
    pub end_frame: u64,
    /// The moment's own times, within the video.
    pub start_secs: f64,
    pub end_secs: f64,
    pub score: f32,
    /// 1 for the best moment of its query.
    pub rank: usize,
}

impl FrameSpan {
    pub fn n_frames(self) -> u64 {
        self.end_frame - self.first_frame
    }
}

/// The moments of a query, best first; those outside the video are left out.
pub fn ranked(document: &ExportDocument, query: &ExportQuery) -> Vec<FrameSpan> {
    let rate = document.frame_rate;
    let n_frames = rate.n_frames(document.duration_secs);
    let moments = query.moments.iter().zip(1..);
    moments
        .filter_map(|(moment, rank)| {
            let start_secs = moment.span.start_secs.max(0.0);
            let end_secs = moment.span.end_secs.min(document.duration_secs);
            let first_frame = rate.first_frame_from(start_secs);
            // A moment shorter than a frame still shows one.
            let end_frame = rate.first_frame_from(end_secs).max(first_frame + 1);
            (start_secs < end_secs && first_frame < n_frames).then_some(FrameSpan {
                first_frame,
                end_frame: end_frame.min(n_frames),
                start_secs,
                end_secs,
                score: moment.score,
                rank,
            })
        })
        .collect()
}

/// The same as they are listed: best first, or as somebody has said.
pub fn listed(document: &ExportDocument, query: &ExportQuery) -> Vec<FrameSpan> {
    let mut spans = ranked(document, query);
    if document.order == Some(MomentOrder::Time) {
        spans.sort_by_key(|span| (span.first_frame, span.end_frame));
    }
    spans
}

/// A moment as a mark on its video.
#[derive(Clone, Copy)]
pub struct Mark<'a> {
    /// Where its query is among those of the document.
    pub at: usize,
    pub query: &'a ExportQuery,
    pub span: FrameSpan,
}

/// The moments of all queries together, in the order of the video.
pub fn in_time(document: &ExportDocument) -> Vec<Mark<'_>> {
    let mut marks = Vec::new();
    for (at, query) in document.queries.iter().enumerate() {
        let spans = ranked(document, query).into_iter();
        marks.extend(spans.map(|span| Mark { at, query, span }));
    }
    marks.sort_by_key(|mark| (mark.span.first_frame, mark.span.end_frame));
    marks
}

/// A moment of one of several videos.
#[derive(Clone, Copy)]
pub struct Event<'a> {
    /// Where its video is among the documents.
    pub source: usize,
    pub document: &'a ExportDocument,
    pub query: &'a ExportQuery,
    pub span: FrameSpan,
}

/// How many queries there are.
fn n_queries(export: Export<'_>) -> usize {
    let documents = export.documents().iter();
    let n = documents.map(|document| document.queries.len());
    n.max().unwrap_or(0)
}

/// For each query the moments of all videos with their rank among all: best first, or as somebody has
/// said.
pub fn in_table(export: Export<'_>) -> Vec<Vec<Event<'_>>> {
    ordered(export, MomentOrder::Score)
}

/// For each query its moments as they follow each other on a timeline: video after video, each in the
/// order of the video, or as somebody has said.
pub fn on_timeline(export: Export<'_>) -> Vec<Vec<Event<'_>>> {
    ordered(export, MomentOrder::Time)
}

fn ordered(export: Export<'_>, usual: MomentOrder) -> Vec<Vec<Event<'_>>> {
    let mut queries = ranked_in_all(export);
    if export.order().unwrap_or(usual) == MomentOrder::Time {
        for events in &mut queries {
            events.sort_by_key(|event| {
                let FrameSpan {
                    first_frame,
                    end_frame,
                    ..
                } = event.span;
                (event.source, first_frame, end_frame)
            });
        }
    }
    queries
}

/// For each query the moments of all videos, best first, with their rank among all.
fn ranked_in_all(export: Export<'_>) -> Vec<Vec<Event<'_>>> {
    let of_query = |at: usize| {
        let mut events = Vec::new();
        for (source, document) in export.documents().iter().enumerate() {
            let Some(query) = document.queries.get(at) else {
                continue;
            };
            events.extend(ranked(document, query).into_iter().map(|span| Event {
                source,
                document,
                query,
                span,
            }));
        }
        if let Export::Several(_) = export {
            events.sort_by(|a, b| b.span.score.total_cmp(&a.span.score));
            for (event, rank) in events.iter_mut().zip(1..) {
                event.span.rank = rank;
            }
        }
        events
    };
    (0..n_queries(export)).map(of_query).collect()
}

/// The video whose frame rate most moments have, so that the fewest are converted; `None` without a
/// video.
pub fn leading(export: Export<'_>) -> Option<&ExportDocument> {
    let documents = export.documents();
    let n_moments = |document: &ExportDocument| {
        let same = documents
            .iter()
            .filter(|other| other.frame_rate == document.frame_rate);
        let moments = same.flat_map(|other| other.queries.iter().map(|query| query.moments.len()));
        moments.sum::<usize>()
    };
    let most = documents.iter().map(n_moments).max()?;
    documents
        .iter()
        .find(|document| n_moments(document) == most)
}
