//! Moments as spans of frames, and the file as a URL: what the formats share.

use std::path::Path;

use url::Url;

use super::{ExportDocument, ExportQuery};

/// A moment on frame boundaries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cut {
    pub first_frame: u64,
    /// Not part of the cut any more.
    pub end_frame: u64,
    /// The moment's own times, within the video.
    pub start_secs: f64,
    pub end_secs: f64,
    pub score: f32,
    /// 1 for the best moment of its query.
    pub rank: usize,
}

impl Cut {
    pub fn n_frames(self) -> u64 {
        self.end_frame - self.first_frame
    }
}

/// The moments of a query, best first; those outside the video are left out.
pub fn ranked(document: &ExportDocument, query: &ExportQuery) -> Vec<Cut> {
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
            (start_secs < end_secs && first_frame < n_frames).then_some(Cut {
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
pub fn in_order(document: &ExportDocument, query: &ExportQuery) -> Vec<Cut> {
    let mut cuts = ranked(document, query);
    cuts.sort_by_key(|cut| (cut.first_frame, cut.end_frame));
    cuts
}

/// The last part of the path, for people.
pub fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// `file:///home/me/my%20film.mp4`; a path that is not absolute stays a path.
pub fn file_url(path: &Path) -> String {
    Url::from_file_path(path).map_or_else(|()| path.to_string_lossy().into_owned(), Url::into)
}
