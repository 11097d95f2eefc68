//! CMX 3600: the edit decision list that every editing program reads.

use std::fmt::Write as _;

use crate::domain::one_line;
use crate::export::document::ExportDocument;
use crate::export::error::ExportError;
use crate::export::frame_span;

/// Two digits for the frames.
const MAX_BASE: u64 = 99;

/// Three digits for the number of an event.
const MAX_EVENTS: usize = 999;

/// One event per moment: query after query, each in the order of the video, one behind the other
/// from `01:00:00:00` on. Source timecode is that of the file, from zero on where it has none.
pub fn edl(document: &ExportDocument) -> Result<String, ExportError> {
    let rate = document.frame_rate;
    if rate.timecode_base() > MAX_BASE {
        return Err(ExportError::TooFastForEdl(rate.per_sec()));
    }
    let n_events = document
        .queries
        .iter()
        .map(|query| frame_span::ranked(document, query).len());
    let n_events = n_events.sum();
    if n_events > MAX_EVENTS {
        return Err(ExportError::TooManyForEdl(n_events));
    }
    document.warn_of_assumed_rate();
    let name = one_line(&document.video_name());
    let numbering = document.numbering;
    let mode = if numbering.is_drop_frame() {
        "DROP FRAME"
    } else {
        "NON-DROP FRAME"
    };
    let channels = if document.n_audio_channels > 0 {
        "AA/V"
    } else {
        "V"
    };
    let mut text = format!("TITLE: {name}\nFCM: {mode}\n");
    let mut record = numbering.hour_one();
    let mut number = 1;
    for query in &document.queries {
        let words = one_line(query.query.title());
        for span in frame_span::in_order(document, query) {
            let record_end = record + span.n_frames();
            // Writing to a String cannot fail. AX is the name of a source that is not a tape.
            let _ = write!(
                text,
                "\n{number:03}  AX       {channels:<5} C        {} {} {} {}\n\
                 * FROM CLIP NAME: {name}\n\
                 * COMMENT: {words}, score {:.4}\n",
                document.timecode(span.first_frame),
                document.timecode(span.end_frame),
                numbering.timecode(record),
                numbering.timecode(record_end),
                span.score,
            );
            record = record_end;
            number += 1;
        }
    }
    Ok(text)
}
