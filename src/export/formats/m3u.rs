//! A playlist that VLC plays moment after moment.

use std::fmt::Write as _;

use crate::domain::{format_timestamp, one_line};
use crate::export::document::Export;
use crate::export::error::ExportError;
use crate::export::frame_span::on_timeline;

/// Extended M3U in UTF-8; other players than VLC play each file from its beginning.
pub fn m3u(export: Export<'_>) -> Result<String, ExportError> {
    let mut text = "#EXTM3U\n".to_owned();
    for event in on_timeline(export).into_iter().flatten() {
        let (document, span) = (event.document, event.span);
        let [start, end] =
            [span.first_frame, span.end_frame].map(|frame| document.file_secs(frame));
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "#EXTINF:{:.0},{}, {} – {}\n\
             #EXTVLCOPT:start-time={start:.3}\n\
             #EXTVLCOPT:stop-time={end:.3}\n\
             {}\n",
            (end - start).max(1.0),
            one_line(event.query.query.title()),
            format_timestamp(start),
            format_timestamp(end),
            document.video_url(),
        );
    }
    Ok(text)
}
