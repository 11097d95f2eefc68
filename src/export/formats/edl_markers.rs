//! Markers as DaVinci Resolve writes and reads them (Timelines ▸ Import ▸ Timeline Markers from EDL): each
//! is an event of one frame with a line `NOTE |C:COLOUR |M:NAME |D:FRAMES` below it.

use std::fmt::Write as _;

use super::edl::{MAX_BASE, MAX_EVENTS};
use crate::domain::one_line;
use crate::export::document::Export;
use crate::export::error::ExportError;
use crate::export::frame_span::in_time;

/// Those of Resolve that are told apart best, one for each query.
const COLOURS: [&str; 8] = [
    "Blue", "Red", "Green", "Yellow", "Purple", "Cyan", "Pink", "Lavender",
];

/// The timeline begins at `01:00:00:00`, as Resolve makes them, and has the whole file from its first
/// frame on.
pub fn edl_markers(export: Export<'_>) -> Result<String, ExportError> {
    let mut text = String::new();
    for document in export.documents() {
        let rate = document.frame_rate;
        if rate.timecode_base() > MAX_BASE {
            return Err(ExportError::TooFastForEdl(rate.per_sec()));
        }
        let markers = in_time(document);
        if markers.len() > MAX_EVENTS {
            return Err(ExportError::TooManyForEdl(markers.len()));
        }
        document.warn_of_assumed_rate();
        let numbering = document.numbering;
        let mode = match numbering.is_drop_frame() {
            true => "DROP FRAME",
            false => "NON-DROP FRAME",
        };
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "TITLE: {}\nFCM: {mode}\n",
            one_line(&document.video_name())
        );
        for (number, marker) in (1..).zip(markers) {
            let first = numbering.hour_one() + document.n_frames_before() + marker.span.first_frame;
            let [start, end] = [first, first + 1].map(|frame| numbering.timecode(frame));
            // A bar begins the next field.
            let name = one_line(marker.query.query.title()).replace('|', "/");
            let _ = write!(
                text,
                "\n{number:03}  001      V     C        {start} {end} {start} {end}  \n\
                 score {:.4} |C:ResolveColor{} |M:{name} |D:{}\n",
                marker.span.score,
                COLOURS[marker.at % COLOURS.len()],
                marker.span.n_frames(),
            );
        }
    }
    Ok(text)
}
