//! CMX 3600: the edit decision list that every editing program reads.

use std::collections::HashSet;
use std::fmt::Write as _;

use crate::domain::{one_line, path_text};
use crate::export::document::{Export, ExportDocument};
use crate::export::error::ExportError;
use crate::export::frame_rate::FrameRate;
use crate::export::frame_span::{FrameSpan, leading, on_timeline};
use crate::export::timecode::Numbering;
use crate::video::StartTimecode;

/// Two digits for the frames.
pub(super) const MAX_BASE: u64 = 99;

/// Three digits for the number of an event.
pub(super) const MAX_EVENTS: usize = 999;

/// What fits into the column of the reel.
const REEL_CHARS: usize = 8;

/// One event per moment: query after query, video after video, each in its order, one behind the other
/// from `01:00:00:00` on. Source timecode is that of the file, from zero on where it has none; a
/// list counts all frames at one rate, so that of a file of another rate is given at this one.
pub fn edl(export: Export<'_>) -> Result<String, ExportError> {
    let lead = leading(export);
    let rate = lead.map_or(FrameRate::USUAL, |document| document.frame_rate);
    if rate.timecode_base() > MAX_BASE {
        return Err(ExportError::TooFastForEdl(rate.per_sec()));
    }
    let queries = on_timeline(export);
    let n_events = queries.iter().map(Vec::len).sum();
    if n_events > MAX_EVENTS {
        return Err(ExportError::TooManyForEdl(n_events));
    }
    export.warn_of_assumed_rates();
    let numbering = lead.map_or_else(|| Numbering::from_zero(rate), |document| document.numbering);
    let mode = if numbering.is_drop_frame() {
        "DROP FRAME"
    } else {
        "NON-DROP FRAME"
    };
    let reels = reels(export);
    let title = one_line(&export.title());
    let mut text = format!("TITLE: {title}\nFCM: {mode}\n");
    let mut record = numbering.hour_one();
    for (number, event) in (1..).zip(queries.into_iter().flatten()) {
        let (document, span) = (event.document, event.span);
        let words = one_line(event.query.query.title());
        let name = one_line(&document.video_name());
        let channels = if document.n_audio_channels > 0 {
            "AA/V"
        } else {
            "V"
        };
        let source = SourceSpan::of(document, span, rate);
        let record_end = record + source.n_frames;
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "\n{number:03}  {:<REEL_CHARS$} {channels:<5} C        {} {} {} {}\n\
             * FROM CLIP NAME: {name}\n",
            reels[event.source],
            source.start,
            source.end,
            numbering.timecode(record),
            numbering.timecode(record_end),
        );
        if let Export::Several(_) = export {
            let _ = writeln!(
                text,
                "* SOURCE FILE: {}",
                one_line(&path_text(&document.video))
            );
        }
        let _ = writeln!(text, "* COMMENT: {words}, score {:.4}", span.score);
        record = record_end;
    }
    Ok(text)
}

/// A moment in timecode of its file.
struct SourceSpan {
    start: String,
    end: String,
    n_frames: u64,
}

impl SourceSpan {
    /// At the rate of the list. Rates that count as many frames to a second name them alike.
    fn of(document: &ExportDocument, span: FrameSpan, rate: FrameRate) -> Self {
        let own = document.frame_rate;
        if own.timecode_base() == rate.timecode_base() {
            return Self {
                start: document.timecode(span.first_frame),
                end: document.timecode(span.end_frame),
                n_frames: span.n_frames(),
            };
        }
        let first = StartTimecode {
            n_frames: u32::try_from(document.numbering.first()).unwrap_or(u32::MAX),
            frame_secs: (own.den(), own.num()),
            is_drop_frame: document.numbering.is_drop_frame(),
        };
        let numbering = Numbering::from_file(rate, first);
        let frame = |frame| rate.first_frame_from(own.secs(document.n_frames_before() + frame));
        let start = frame(span.first_frame);
        let end = frame(span.end_frame).max(start + 1);
        let timecode = |frame| numbering.timecode(numbering.first() + frame);
        Self {
            start: timecode(start),
            end: timecode(end),
            n_frames: end - start,
        }
    }
}

/// What each source is called: of several files the beginning of the name, with a number where two
/// begin alike. AX is the usual name of a source that is not a tape.
fn reels(export: Export<'_>) -> Vec<String> {
    let Export::Several(documents) = export else {
        return vec!["AX".to_owned()];
    };
    let mut taken = HashSet::new();
    let reel = |document: &ExportDocument| {
        let stem = document.video.file_stem().unwrap_or_default();
        let stem = stem.to_string_lossy().to_uppercase();
        let letters = stem.chars().filter(char::is_ascii_alphanumeric);
        let mut plain: String = letters.take(REEL_CHARS).collect();
        // These two are tapes of another kind in the format.
        if matches!(plain.as_str(), "" | "AX" | "BL") {
            plain = "REEL".to_owned();
        }
        let numbered = (2..).map(|n| {
            let n = n.to_string();
            let kept = plain.len().min(REEL_CHARS - n.len());
            format!("{}{n}", &plain[..kept])
        });
        let mut names = std::iter::once(plain.clone()).chain(numbered);
        names
            .find(|name| taken.insert(name.clone()))
            .unwrap_or_default()
    };
    documents.iter().map(reel).collect()
}
