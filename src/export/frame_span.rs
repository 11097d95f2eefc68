//! Moments as spans of frames, which is what editing programs cut by.

use super::document::{ExportDocument, ExportQuery};

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

/// The same in the order of the video.
pub fn in_order(document: &ExportDocument, query: &ExportQuery) -> Vec<FrameSpan> {
    let mut spans = ranked(document, query);
    spans.sort_by_key(|span| (span.first_frame, span.end_frame));
    spans
}
