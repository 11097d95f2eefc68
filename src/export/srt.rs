//! SubRip captions: each moment shows its query while it lasts.

use std::fmt::Write as _;

use super::{ExportDocument, cut};

pub fn srt(document: &ExportDocument) -> String {
    let mut captions: Vec<_> = document
        .queries
        .iter()
        .flat_map(|query| {
            let cuts = cut::in_order(document, query);
            cuts.into_iter().map(move |cut| (cut, &query.query))
        })
        .collect();
    captions.sort_by_key(|(cut, _)| (cut.first_frame, cut.end_frame));
    let mut text = String::new();
    for (number, (cut, query)) in (1..).zip(captions) {
        let secs = |frame| document.video_start_secs + document.frame_rate.secs(frame);
        let start = timestamp(secs(cut.first_frame));
        let end = timestamp(secs(cut.end_frame));
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "{number}\n{start} --> {end}\n{query} ({:.2})\n\n",
            cut.score
        );
    }
    text
}

/// Cut off to milliseconds, so that a caption never comes a frame late or stays a frame too long.
fn timestamp(time_secs: f64) -> String {
    // 2.0 s may be 1.9999999 here.
    let millis = (time_secs * 1000.0 + 1e-3).floor() as u64;
    let (secs, millis) = (millis / 1000, millis % 1000);
    let (hours, minutes, secs) = (secs / 3600, secs / 60 % 60, secs % 60);
    format!("{hours:02}:{minutes:02}:{secs:02},{millis:03}")
}
