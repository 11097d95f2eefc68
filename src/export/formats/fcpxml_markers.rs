//! Final Cut Pro XML 1.9: the whole video as a clip of an event, with a marker where each moment begins and
//! a keyword over it.

use std::io;

use super::fcpxml::{asset_id, format_id, tc_format, time, write_asset, write_format};
use crate::export::document::{Export, ExportDocument};
use crate::export::error::ExportError;
use crate::export::frame_span::in_time;
use crate::export::xml::{Xml, element, empty_element, xml_document, xml_text};

/// Keywords are the queries, so that Final Cut Pro makes a collection of each.
pub fn fcpxml_markers(export: Export<'_>) -> Result<String, ExportError> {
    export.warn_of_assumed_rates();
    xml_document(Some("fcpxml"), |xml| {
        element(xml, "fcpxml", &[("version", "1.9")], |xml| {
            element(xml, "resources", &[], |xml| {
                for (at, document) in export.documents().iter().enumerate() {
                    write_format(xml, document, &format_id(at), document.frame_rate)?;
                    write_asset(xml, document, at)?;
                }
                Ok(())
            })?;
            element(xml, "library", &[], |xml| {
                let title = xml_text(&export.title());
                element(xml, "event", &[("name", &title)], |xml| {
                    let mut documents = export.documents().iter().enumerate();
                    documents.try_for_each(|(at, document)| write_clip(xml, document, at))
                })
            })
        })
    })
}

fn write_clip(xml: &mut Xml, document: &ExportDocument, source: usize) -> io::Result<()> {
    let rate = document.frame_rate;
    let asset = asset_id(source);
    let format = format_id(source);
    let clip = [
        ("ref", asset.as_str()),
        ("name", &xml_text(&document.video_name())),
        ("start", &time(rate, document.numbering.first())),
        ("duration", &time(rate, document.n_file_frames())),
        ("format", &format),
        ("tcFormat", tc_format(document)),
    ];
    element(xml, "asset-clip", &clip, |xml| {
        for mark in in_time(document) {
            let start = time(rate, document.file_frame(mark.span.first_frame));
            let duration = time(rate, mark.span.n_frames());
            let words = xml_text(mark.query.query.title());
            let score = format!("score {:.4}", mark.span.score);
            let keyword = [
                ("start", start.as_str()),
                ("duration", &duration),
                ("value", &words),
                ("note", &score),
            ];
            empty_element(xml, "keyword", &keyword)?;
            let frame = time(rate, 1);
            let marker = [
                ("start", start.as_str()),
                ("duration", &frame),
                ("value", &words),
                ("note", &score),
            ];
            empty_element(xml, "marker", &marker)?;
        }
        Ok(())
    })
}
