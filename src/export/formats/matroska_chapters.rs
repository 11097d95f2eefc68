//! Chapters for Matroska, as mkvmerge and mkvpropedit read them (RFC 9559, 5.1.7, in the XML of MKVToolNix).

use crate::export::document::Export;
use crate::export::error::ExportError;
use crate::export::frame_span::in_time;
use crate::export::xml::{element, text_element, xml_document};

/// One chapter for each moment, from the beginning of the file.
pub fn matroska_chapters(export: Export<'_>) -> Result<String, ExportError> {
    let doctype = r#"Chapters SYSTEM "matroskachapters.dtd""#;
    xml_document(Some(doctype), |xml| {
        element(xml, "Chapters", &[], |xml| {
            element(xml, "EditionEntry", &[], |xml| {
                for document in export.documents() {
                    for mark in in_time(document) {
                        let at = |frame| timestamp(document.file_secs(frame));
                        element(xml, "ChapterAtom", &[], |xml| {
                            text_element(xml, "ChapterTimeStart", at(mark.span.first_frame))?;
                            text_element(xml, "ChapterTimeEnd", at(mark.span.end_frame))?;
                            element(xml, "ChapterDisplay", &[], |xml| {
                                text_element(xml, "ChapterString", mark.query.query.title())?;
                                text_element(xml, "ChapterLanguage", "und")
                            })
                        })?;
                    }
                }
                Ok(())
            })
        })
    })
}

/// To the nanosecond, as Matroska counts.
fn timestamp(secs: f64) -> String {
    let nanos = (secs * 1e9).round() as u64;
    let (secs, nanos) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
    let (hours, minutes, secs) = (secs / 3600, secs / 60 % 60, secs % 60);
    format!("{hours:02}:{minutes:02}:{secs:02}.{nanos:09}")
}
