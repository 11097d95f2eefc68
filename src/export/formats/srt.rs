//! SubRip captions: each moment shows its query while it lasts.

use std::fmt::Write as _;

use crate::export::document::Export;
use crate::export::error::ExportError;
use crate::export::frame_span;

/// No width, and no place for a line break.
const WORD_JOINER: char = '\u{2060}';

pub fn srt(export: Export<'_>) -> Result<String, ExportError> {
    let Export::One(document) = export else {
        return Err(ExportError::CaptionsOfSeveral);
    };
    let mut captions: Vec<_> = document
        .queries
        .iter()
        .flat_map(|query| {
            let spans = frame_span::in_order(document, query);
            spans.into_iter().map(move |span| (span, &query.query))
        })
        .collect();
    captions.sort_by_key(|(span, _)| (span.first_frame, span.end_frame));
    let mut text = String::new();
    for (number, (span, query)) in (1..).zip(captions) {
        let secs = |frame| document.video_start_secs + document.frame_rate.secs(frame);
        let start = timestamp(secs(span.first_frame));
        let end = timestamp(secs(span.end_frame));
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "{number}\n{start} --> {end}\n{} ({:.2})\n\n",
            without_markup(&query.to_string()),
            span.score
        );
    }
    Ok(text)
}

/// The same text for readers, without what players take for tags (`<i>`) or codes (`{\an8}`, `\N`).
/// Captions have no way to escape them, so a character without width comes between.
fn without_markup(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        shown.push(c);
        if ['<', '{', '\\'].contains(&c) {
            shown.push(WORD_JOINER);
        }
    }
    shown
}

/// Rounded down to milliseconds, so that a caption never comes a frame late or stays a frame too long.
fn timestamp(time_secs: f64) -> String {
    // 2.0 s may be 1.9999999 here.
    let millis = (time_secs * 1000.0 + 1e-3).floor() as u64;
    let (secs, millis) = (millis / 1000, millis % 1000);
    let (hours, minutes, secs) = (secs / 3600, secs / 60 % 60, secs % 60);
    format!("{hours:02}:{minutes:02}:{secs:02},{millis:03}")
}
