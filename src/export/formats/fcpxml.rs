//! Final Cut Pro XML 1.9. Times are rational seconds on frame boundaries, as the format demands.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use crate::export::document::{ExportDocument, ExportQuery};
use crate::export::error::ExportError;
use crate::export::frame_rate::FrameRate;
use crate::export::frame_span;
use crate::export::xml::xml_text;

/// It escapes texts and values, but it also writes characters that XML 1.0 cannot hold: what comes
/// from outside goes through [`xml_text`] first.
type Xml = Writer<Vec<u8>>;

/// One event with one project per query that has moments, in the order of the video.
pub fn fcpxml(document: &ExportDocument) -> Result<String, ExportError> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    write(&mut xml, document).map_err(ExportError::Xml)?;
    let text = String::from_utf8_lossy(&xml.into_inner()).into_owned();
    Ok(text + "\n")
}

fn write(xml: &mut Xml, document: &ExportDocument) -> io::Result<()> {
    let video = xml_text(&document.video_name());
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.write_event(Event::DocType(BytesText::new("fcpxml")))?;
    element(xml, "fcpxml", &[("version", "1.9")], |xml| {
        element(xml, "resources", &[], |xml| {
            write_format(xml, document)?;
            write_asset(xml, document, &video)
        })?;
        element(xml, "library", &[], |xml| {
            element(xml, "event", &[("name", &video)], |xml| {
                let mut queries = document.queries.iter();
                queries.try_for_each(|query| write_project(xml, document, query, &video))
            })
        })
    })
}

/// How the frames of the source are stored.
fn write_format(xml: &mut Xml, document: &ExportDocument) -> io::Result<()> {
    let rate = document.frame_rate;
    let (width, height) = document.stored_size;
    let (width, height) = (width.to_string(), height.to_string());
    let frame = format!("{}/{}s", rate.den(), rate.num());
    let mut attributes = vec![
        ("id", "r1"),
        ("frameDuration", &frame),
        ("width", &width),
        ("height", &height),
    ];
    let (across, down) = document.pixel_aspect;
    let aspect = (across.to_string(), down.to_string());
    if across != down {
        attributes.extend([("paspH", aspect.0.as_str()), ("paspV", aspect.1.as_str())]);
    }
    empty_element(xml, "format", &attributes)
}

/// The source.
fn write_asset(xml: &mut Xml, document: &ExportDocument, video: &str) -> io::Result<()> {
    let rate = document.frame_rate;
    let start = time(rate, document.numbering.first());
    let duration = time(rate, document.n_file_frames());
    let mut attributes = vec![
        ("id", "r2"),
        ("name", video),
        ("start", &start),
        ("duration", &duration),
        ("hasVideo", "1"),
        ("format", "r1"),
    ];
    let n_channels = document.n_audio_channels.to_string();
    if document.n_audio_channels > 0 {
        attributes.extend([
            ("hasAudio", "1"),
            ("audioSources", "1"),
            ("audioChannels", &n_channels),
        ]);
    }
    let url = xml_text(&document.video_url());
    element(xml, "asset", &attributes, |xml| {
        let attributes = [("kind", "original-media"), ("src", &url)];
        empty_element(xml, "media-rep", &attributes)
    })
}

/// The moments of a query, one behind the other.
fn write_project(
    xml: &mut Xml,
    document: &ExportDocument,
    query: &ExportQuery,
    video: &str,
) -> io::Result<()> {
    let spans = frame_span::in_order(document, query);
    if spans.is_empty() {
        return Ok(());
    }
    let rate = document.frame_rate;
    let words = xml_text(query.query.title());
    let tc_format = if document.numbering.is_drop_frame() {
        "DF"
    } else {
        "NDF"
    };
    let duration = time(rate, spans.iter().map(|span| span.n_frames()).sum());
    let sequence = [
        ("format", "r1"),
        ("duration", &duration),
        ("tcStart", "0s"),
        ("tcFormat", tc_format),
    ];
    element(xml, "project", &[("name", &words)], |xml| {
        element(xml, "sequence", &sequence, |xml| {
            element(xml, "spine", &[], |xml| {
                let mut offset = 0;
                for span in spans {
                    let clip = [
                        ("ref", "r2"),
                        ("offset", &time(rate, offset)),
                        ("name", video),
                        ("start", &time(rate, document.file_frame(span.first_frame))),
                        ("duration", &time(rate, span.n_frames())),
                        ("tcFormat", tc_format),
                    ];
                    let note = format!("{words}, score {:.4}", span.score);
                    element(xml, "asset-clip", &clip, |xml| {
                        let note = BytesText::new(&note);
                        xml.create_element("note").write_text_content(note)?;
                        Ok(())
                    })?;
                    offset += span.n_frames();
                }
                Ok(())
            })
        })
    })
}

/// An element with attributes, and in it what `inner` writes.
fn element(
    xml: &mut Xml,
    name: &str,
    attributes: &[(&str, &str)],
    inner: impl FnOnce(&mut Xml) -> io::Result<()>,
) -> io::Result<()> {
    let element = xml.create_element(name);
    let element = element.with_attributes(attributes.iter().copied());
    element.write_inner_content(inner)?;
    Ok(())
}

fn empty_element(xml: &mut Xml, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
    let element = xml.create_element(name);
    let element = element.with_attributes(attributes.iter().copied());
    element.write_empty()?;
    Ok(())
}

/// `1001/30000s` for one frame of 29.97, `4s` where it is a whole number.
fn time(rate: FrameRate, frames: u64) -> String {
    let (n, d) = (frames * u64::from(rate.den()), u64::from(rate.num()));
    if n.is_multiple_of(d) {
        format!("{}s", n / d)
    } else {
        format!("{n}/{d}s")
    }
}
