//! SubRip captions: each moment shows its query while it lasts.

use std::fmt::Write as _;

use crate::export::document::Export;
use crate::export::error::ExportError;
use crate::export::frame_span::in_time;

/// No width, and no place for a line break.
const WORD_JOINER: char = '\u{2060}';

pub fn srt(export: Export<'_>) -> Result<String, ExportError> {
    let mut text = String::new();
    for document in export.documents() {
        for (number, mark) in (1..).zip(in_time(document)) {
            let start = timestamp(document.file_secs(mark.span.first_frame));
            let end = timestamp(document.file_secs(mark.span.end_frame));
            // Writing to a String cannot fail.
            let _ = write!(
                text,
                "{number}\n{start} --> {end}\n{} ({:.2})\n\n",
                without_markup(&mark.query.query.to_string()),
                mark.span.score
            );
        }
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
