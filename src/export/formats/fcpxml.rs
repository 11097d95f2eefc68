//! Final Cut Pro XML 1.9. Times are rational seconds on frame boundaries, as the format demands.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use crate::export::document::{ExportDocument, ExportQuery};
use crate::export::error::ExportError;
use crate::export::frame_rate::FrameRate;
use crate::export::frame_span::{self, FrameSpan};
use crate::export::xml::xml_text;

/// It escapes texts and values, but it also writes characters that XML 1.0 cannot hold: what comes
/// from outside goes through [`xml_text`] first.
type Xml = Writer<Vec<u8>>;

/// The format of the sequences where it is not that of the source.
const SEQUENCE_FORMAT: &str = "r3";

/// The rates that a sequence can have in Final Cut Pro.
const SEQUENCE_RATES: [(u32, u32); 8] = [
    (24_000, 1001),
    (24, 1),
    (25, 1),
    (30_000, 1001),
    (30, 1),
    (50, 1),
    (60_000, 1001),
    (60, 1),
];

/// One event with one project per query that has moments, in the order of the video.
pub fn fcpxml(document: &ExportDocument) -> Result<String, ExportError> {
    document.warn_of_assumed_rate();
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
            write_format(xml, document, "r1", document.frame_rate)?;
            write_asset(xml, document, &video)?;
            let rate = sequence_rate(document.frame_rate);
            if rate != document.frame_rate {
                write_format(xml, document, SEQUENCE_FORMAT, rate)?;
            }
            Ok(())
        })?;
        element(xml, "library", &[], |xml| {
            element(xml, "event", &[("name", &video)], |xml| {
                let mut queries = document.queries.iter();
                queries.try_for_each(|query| write_project(xml, document, query, &video))
            })
        })
    })
}

/// The rate of the sequences: that of the source if Final Cut Pro has it, else one of which every
/// frame is some frames of the source or the other way round, else the nearest.
fn sequence_rate(own: FrameRate) -> FrameRate {
    let rates = SEQUENCE_RATES.map(|(num, den)| FrameRate::new(num, den).unwrap_or(own));
    let is_multiple = |of: FrameRate, part: FrameRate| {
        let (n, d) = (of.product(part.den()), part.product(of.den()));
        n.is_multiple_of(d)
    };
    let distance = |rate: &FrameRate| (rate.per_sec() / own.per_sec()).ln().abs();
    let nearest = |fits: &dyn Fn(FrameRate) -> bool| {
        let fitting = rates.into_iter().filter(|rate| fits(*rate));
        fitting.min_by(|a, b| distance(a).total_cmp(&distance(b)))
    };
    nearest(&|rate| is_multiple(rate, own) || is_multiple(own, rate))
        .or_else(|| nearest(&|_| true))
        .unwrap_or(own)
}

/// How frames are stored, at this rate.
fn write_format(
    xml: &mut Xml,
    document: &ExportDocument,
    id: &str,
    rate: FrameRate,
) -> io::Result<()> {
    let (width, height) = document.stored_size;
    let (width, height) = (width.to_string(), height.to_string());
    let frame = format!("{}/{}s", rate.den(), rate.num());
    let mut attributes = vec![
        ("id", id),
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
    let sequence_rate = sequence_rate(rate);
    let format = if sequence_rate == rate {
        "r1"
    } else {
        SEQUENCE_FORMAT
    };
    let n_frames = |span: &FrameSpan| match sequence_rate == rate {
        true => span.n_frames(),
        false => sequence_rate.n_frames(rate.secs(span.n_frames())),
    };
    let words = xml_text(query.query.title());
    let tc_format = if document.numbering.is_drop_frame() {
        "DF"
    } else {
        "NDF"
    };
    let duration = time(sequence_rate, spans.iter().map(n_frames).sum());
    let sequence = [
        ("format", format),
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
                        ("offset", &time(sequence_rate, offset)),
                        ("name", video),
                        ("start", &time(rate, document.file_frame(span.first_frame))),
                        ("duration", &time(sequence_rate, n_frames(&span))),
                        ("tcFormat", tc_format),
                    ];
                    let note = format!("{words}, score {:.4}", span.score);
                    element(xml, "asset-clip", &clip, |xml| {
                        let note = BytesText::new(&note);
                        xml.create_element("note").write_text_content(note)?;
                        Ok(())
                    })?;
                    offset += n_frames(&span);
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
