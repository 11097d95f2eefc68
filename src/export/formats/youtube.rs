//! Chapters as lines for the description of a video on YouTube. It takes them only if the first is at 0:00,
//! there are at least three, and each is at least ten seconds long.

use std::fmt::Write as _;

use crate::domain::{count, format_duration, one_line};
use crate::export::document::Export;
use crate::export::error::ExportError;
use crate::export::frame_span::in_time;

const LEAST_SECS: u64 = 10;
const LEAST_CHAPTERS: usize = 3;

/// What comes before the first moment.
const BEGINNING: &str = "Beginning";

/// A line for each moment that begins at least ten seconds after the one before it.
pub fn youtube(export: Export<'_>) -> Result<String, ExportError> {
    let mut text = String::new();
    for document in export.documents() {
        let last = document.duration_secs.floor() as u64;
        let mut chapters: Vec<(u64, String)> = Vec::new();
        let mut n_left_out = 0;
        for mark in in_time(document) {
            let at = document.frame_rate.secs(mark.span.first_frame).floor() as u64;
            let words = one_line(mark.query.query.title());
            let before = chapters.last().map(|(at, _)| *at);
            let is_first_shown = before.is_none() && at < LEAST_SECS;
            if is_first_shown {
                chapters.push((0, words));
            } else if at < before.unwrap_or(0) + LEAST_SECS || at + LEAST_SECS > last {
                n_left_out += 1;
            } else {
                if before.is_none() {
                    chapters.push((0, BEGINNING.to_owned()));
                }
                chapters.push((at, words));
            }
        }
        if n_left_out > 0 {
            log::warn!(
                "{} left out: a chapter on YouTube is at least ten seconds long",
                count(n_left_out, "moment")
            );
        }
        if chapters.len() < LEAST_CHAPTERS {
            log::warn!("YouTube takes chapters only where there are at least three");
        }
        for (at, words) in chapters {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{} {words}", format_duration(at as f64));
        }
    }
    Ok(text)
}
