//! Chapters as ffmpeg reads and writes them (`ffmpeg -i film.mp4 -i film.ffmeta -map_chapters 1 -c copy …`).

use std::fmt::Write as _;

use crate::domain::one_line;
use crate::export::document::Export;
use crate::export::error::ExportError;
use crate::export::frame_span::in_time;

/// One chapter for each moment, in frames of the file.
pub fn ffmetadata(export: Export<'_>) -> Result<String, ExportError> {
    let mut text = ";FFMETADATA1\n".to_owned();
    for document in export.documents() {
        let rate = document.frame_rate;
        for mark in in_time(document) {
            let [start, end] = [mark.span.first_frame, mark.span.end_frame]
                .map(|frame| document.n_frames_before() + frame);
            // Writing to a String cannot fail.
            let _ = write!(
                text,
                "\n[CHAPTER]\nTIMEBASE={}/{}\nSTART={start}\nEND={end}\ntitle={}\n",
                rate.den(),
                rate.num(),
                escaped(&one_line(mark.query.query.title())),
            );
        }
    }
    Ok(text)
}

/// What the format reads otherwise stands after a backslash.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if ['=', ';', '#', '\\'].contains(&c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
