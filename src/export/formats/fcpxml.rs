//! Final Cut Pro XML 1.9. Times are rational seconds on frame boundaries, as the format demands.

use std::io;

use crate::export::document::{Export, ExportDocument};
use crate::export::error::ExportError;
use crate::export::frame_rate::FrameRate;
use crate::export::frame_span::{Event, leading, on_timeline};
use crate::export::xml::{Xml, element, empty_element, text_element, xml_document, xml_text};

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

/// One event with one project per query that has moments: video after video, each in its order.
pub fn fcpxml(export: Export<'_>) -> Result<String, ExportError> {
    export.warn_of_assumed_rates();
    xml_document(Some("fcpxml"), |xml| write(xml, export))
}

/// The timelines: all have the size of the same video.
struct Sequence<'a> {
    /// Of its format.
    id: String,
    rate: FrameRate,
    like: &'a ExportDocument,
}

impl<'a> Sequence<'a> {
    fn of(export: Export<'a>) -> Option<Self> {
        let like = leading(export)?;
        let rate = sequence_rate(like.frame_rate);
        let documents = export.documents();
        let own = documents
            .iter()
            .position(|document| std::ptr::eq(document, like));
        let id = match own {
            Some(at) if rate == like.frame_rate => format_id(at),
            _ => format_id(documents.len()),
        };
        Some(Self { id, rate, like })
    }

    fn tc_format(&self) -> &'static str {
        tc_format(self.like)
    }
}

/// Of the source of this number.
pub(super) fn format_id(source: usize) -> String {
    format!("r{}", 2 * source + 1)
}

pub(super) fn asset_id(source: usize) -> String {
    format!("r{}", 2 * source + 2)
}

pub(super) fn tc_format(document: &ExportDocument) -> &'static str {
    match document.numbering.is_drop_frame() {
        true => "DF",
        false => "NDF",
    }
}

fn write(xml: &mut Xml, export: Export<'_>) -> io::Result<()> {
    let title = xml_text(&export.title());
    let sequence = Sequence::of(export);
    element(xml, "fcpxml", &[("version", "1.9")], |xml| {
        element(xml, "resources", &[], |xml| {
            for (at, document) in export.documents().iter().enumerate() {
                write_format(xml, document, &format_id(at), document.frame_rate)?;
                write_asset(xml, document, at)?;
            }
            match &sequence {
                Some(own) if own.rate != own.like.frame_rate => {
                    write_format(xml, own.like, &own.id, own.rate)
                }
                _ => Ok(()),
            }
        })?;
        element(xml, "library", &[], |xml| {
            element(xml, "event", &[("name", &title)], |xml| {
                let Some(sequence) = &sequence else {
                    return Ok(());
                };
                let mut queries = on_timeline(export).into_iter();
                queries.try_for_each(|events| write_project(xml, sequence, &events))
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
pub(super) fn write_format(
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
pub(super) fn write_asset(
    xml: &mut Xml,
    document: &ExportDocument,
    source: usize,
) -> io::Result<()> {
    let rate = document.frame_rate;
    let (video, id) = (xml_text(&document.video_name()), asset_id(source));
    let format = format_id(source);
    let start = time(rate, document.numbering.first());
    let duration = time(rate, document.n_file_frames());
    let mut attributes = vec![
        ("id", id.as_str()),
        ("name", &video),
        ("start", &start),
        ("duration", &duration),
        ("hasVideo", "1"),
        ("format", &format),
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
fn write_project(xml: &mut Xml, sequence: &Sequence<'_>, events: &[Event<'_>]) -> io::Result<()> {
    let Some(first) = events.first() else {
        return Ok(());
    };
    let rate = sequence.rate;
    let n_frames = |event: &Event<'_>| {
        let own = event.document.frame_rate;
        match own == rate {
            true => event.span.n_frames(),
            false => rate.n_frames(own.secs(event.span.n_frames())),
        }
    };
    let words = xml_text(first.query.query.title());
    let duration = time(rate, events.iter().map(n_frames).sum());
    let attributes = [
        ("format", sequence.id.as_str()),
        ("duration", &duration),
        ("tcStart", "0s"),
        ("tcFormat", sequence.tc_format()),
    ];
    element(xml, "project", &[("name", &words)], |xml| {
        element(xml, "sequence", &attributes, |xml| {
            element(xml, "spine", &[], |xml| {
                let mut offset = 0;
                for event in events {
                    let Event {
                        document,
                        span,
                        source,
                        ..
                    } = *event;
                    let start = document.file_frame(span.first_frame);
                    let asset = asset_id(source);
                    let clip = [
                        ("ref", asset.as_str()),
                        ("offset", &time(rate, offset)),
                        ("name", &xml_text(&document.video_name())),
                        ("start", &time(document.frame_rate, start)),
                        ("duration", &time(rate, n_frames(event))),
                        ("tcFormat", tc_format(document)),
                    ];
                    let note = format!("{words}, score {:.4}", span.score);
                    element(xml, "asset-clip", &clip, |xml| {
                        text_element(xml, "note", &note)
                    })?;
                    offset += n_frames(event);
                }
                Ok(())
            })
        })
    })
}

/// `1001/30000s` for one frame of 29.97, `4s` where it is a whole number.
pub(super) fn time(rate: FrameRate, frames: u64) -> String {
    let (n, d) = (frames * u64::from(rate.den()), u64::from(rate.num()));
    if n.is_multiple_of(d) {
        format!("{}s", n / d)
    } else {
        format!("{n}/{d}s")
    }
}
