//! MLT, the language of Shotcut, Kdenlive and `melt`. Frames are counted at the rate of the profile, whatever
//! that of a file is, and the last frame of a cut is named, not the first after it.

use std::io;

use quick_xml::events::BytesText;

use crate::domain::path_text;
use crate::export::document::Export;
use crate::export::error::ExportError;
use crate::export::frame_rate::FrameRate;
use crate::export::frame_span::{Event, leading, on_timeline};
use crate::export::xml::{Xml, element, empty_element, xml_document, xml_text};

/// One track: query after query, video after video, each in its order.
pub fn mlt(export: Export<'_>) -> Result<String, ExportError> {
    export.warn_of_assumed_rates();
    let rate = leading(export).map_or(FrameRate::USUAL, |document| document.frame_rate);
    xml_document(None, |xml| {
        let title = xml_text(&export.title());
        let head = [
            ("LC_NUMERIC", "C"),
            ("version", "7.0.0"),
            ("title", &title),
            ("producer", "main"),
        ];
        element(xml, "mlt", &head, |xml| {
            write_profile(xml, export, rate)?;
            for (at, document) in export.documents().iter().enumerate() {
                let own = document.frame_rate;
                let n_frames = rate.n_frames(own.secs(document.n_file_frames()));
                let (id, out) = (source_id(at), (n_frames - 1).to_string());
                let attributes = [("id", id.as_str()), ("in", "0"), ("out", &out)];
                element(xml, "producer", &attributes, |xml| {
                    property(xml, "resource", &path_text(&document.video))?;
                    property(xml, "length", &n_frames.to_string())
                })?;
            }
            element(xml, "playlist", &[("id", "moments")], |xml| {
                let mut events = on_timeline(export).into_iter().flatten();
                events.try_for_each(|event| write_entry(xml, &event, rate))
            })?;
            element(xml, "tractor", &[("id", "main")], |xml| {
                // Shotcut then opens it as a project of its own.
                property(xml, "shotcut", "1")?;
                empty_element(xml, "track", &[("producer", "moments")])
            })
        })
    })
}

fn source_id(source: usize) -> String {
    format!("source{source}")
}

fn write_profile(xml: &mut Xml, export: Export<'_>, rate: FrameRate) -> io::Result<()> {
    let (width, height) = leading(export).map_or((1920, 1080), |it| (it.width, it.height));
    let (width, height) = (width.to_string(), height.to_string());
    let (num, den) = (rate.num().to_string(), rate.den().to_string());
    let attributes = [
        ("width", width.as_str()),
        ("height", &height),
        ("progressive", "1"),
        ("sample_aspect_num", "1"),
        ("sample_aspect_den", "1"),
        ("display_aspect_num", &width),
        ("display_aspect_den", &height),
        ("frame_rate_num", &num),
        ("frame_rate_den", &den),
    ];
    empty_element(xml, "profile", &attributes)
}

fn write_entry(xml: &mut Xml, event: &Event<'_>, rate: FrameRate) -> io::Result<()> {
    let own = event.document.frame_rate;
    let frame = |frame: u64| {
        let frame = event.document.n_frames_before() + frame;
        match own == rate {
            true => frame,
            false => rate.first_frame_from(own.secs(frame)),
        }
    };
    let first = frame(event.span.first_frame);
    let last = (frame(event.span.end_frame) - 1).max(first);
    let (id, first, last) = (source_id(event.source), first.to_string(), last.to_string());
    let attributes = [("producer", id.as_str()), ("in", &first), ("out", &last)];
    empty_element(xml, "entry", &attributes)
}

fn property(xml: &mut Xml, name: &str, value: &str) -> io::Result<()> {
    let element = xml.create_element("property");
    let element = element.with_attribute(("name", name));
    element.write_text_content(BytesText::new(&xml_text(value)))?;
    Ok(())
}
