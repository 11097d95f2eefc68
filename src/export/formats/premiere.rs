//! Final Cut Pro 7 XML (xmeml 4), which Premiere and Resolve read. In and out points count from the first frame
//! of the file, whatever its timecode is.

use std::io;

use crate::export::document::{Export, ExportDocument};
use crate::export::error::ExportError;
use crate::export::frame_rate::FrameRate;
use crate::export::frame_span::{Event, leading, on_timeline};
use crate::export::timecode::Numbering;
use crate::export::xml::{Xml, element, empty_element, text_element, xml_document, xml_text};

/// Premiere puts each channel on a track of its own; more than two are found in the file itself.
const MAX_CHANNELS: u32 = 2;

/// A project with one sequence for each query that has moments: video after video, each in its order.
pub fn premiere(export: Export<'_>) -> Result<String, ExportError> {
    export.warn_of_assumed_rates();
    xml_document(Some("xmeml"), |xml| {
        element(xml, "xmeml", &[("version", "4")], |xml| {
            element(xml, "project", &[], |xml| {
                text_element(xml, "name", export.title())?;
                element(xml, "children", &[], |xml| {
                    let Some(like) = leading(export) else {
                        return Ok(());
                    };
                    let mut files = Files(vec![false; export.documents().len()]);
                    let mut n_clips = 0;
                    for (at, events) in on_timeline(export).into_iter().enumerate() {
                        let sequence = Sequence {
                            at,
                            like,
                            first_clip: n_clips,
                            events: &events,
                        };
                        sequence.write(xml, &mut files)?;
                        n_clips += events.len();
                    }
                    Ok(())
                })
            })
        })
    })
}

/// Which files were described already: later they are only named.
struct Files(Vec<bool>);

struct Sequence<'a> {
    /// Which query it is of.
    at: usize,
    /// It has the rate and the size of this one.
    like: &'a ExportDocument,
    /// Clips are numbered through all sequences.
    first_clip: usize,
    events: &'a [Event<'a>],
}

/// A moment on its sequence, in frames.
struct Placed<'a> {
    event: &'a Event<'a>,
    id: usize,
    /// On the timeline.
    start: u64,
    end: u64,
}

impl Sequence<'_> {
    fn write(&self, xml: &mut Xml, files: &mut Files) -> io::Result<()> {
        let Some(first) = self.events.first() else {
            return Ok(());
        };
        let rate = counted(self.like.frame_rate);
        let placed = self.placed(rate);
        let duration = placed.last().map_or(0, |clip| clip.end);
        let channels = self.events.iter().map(n_channels).max().unwrap_or(0);
        let id = format!("sequence-{}", self.at + 1);
        element(xml, "sequence", &[("id", &id)], |xml| {
            text_element(xml, "name", first.query.query.title())?;
            text_element(xml, "duration", duration)?;
            write_rate(xml, rate)?;
            let numbering = Numbering::from_zero(rate);
            write_timecode(xml, rate, numbering, numbering.hour_one())?;
            element(xml, "media", &[], |xml| {
                element(xml, "video", &[], |xml| {
                    element(xml, "format", &[], |xml| {
                        write_picture(xml, self.like, Some(rate))
                    })?;
                    element(xml, "track", &[], |xml| {
                        let mut clips = placed.iter();
                        clips.try_for_each(|clip| self.write_clip(xml, clip, 0, files))
                    })
                })?;
                element(xml, "audio", &[], |xml| {
                    for channel in 1..=channels {
                        element(xml, "track", &[], |xml| {
                            let mut heard = placed
                                .iter()
                                .filter(|clip| n_channels(clip.event) >= channel);
                            heard.try_for_each(|clip| self.write_clip(xml, clip, channel, files))
                        })?;
                    }
                    Ok(())
                })
            })
        })
    }

    fn placed(&self, rate: FrameRate) -> Vec<Placed<'_>> {
        let mut start = 0;
        let place = |(at, event)| {
            let event: &Event<'_> = event;
            let own = event.document.frame_rate;
            let n_frames = match own == rate {
                true => event.span.n_frames(),
                false => rate.n_frames(own.secs(event.span.n_frames())),
            };
            let clip = Placed {
                event,
                id: self.first_clip + at + 1,
                start,
                end: start + n_frames,
            };
            start = clip.end;
            clip
        };
        self.events.iter().enumerate().map(place).collect()
    }

    /// The picture is channel 0.
    fn write_clip(
        &self,
        xml: &mut Xml,
        clip: &Placed<'_>,
        channel: u32,
        files: &mut Files,
    ) -> io::Result<()> {
        let (document, span) = (clip.event.document, clip.event.span);
        let rate = counted(document.frame_rate);
        let frame = |frame: u64| {
            let frame = document.n_frames_before() + frame;
            match rate == document.frame_rate {
                true => frame,
                false => rate.first_frame_from(document.frame_rate.secs(frame)),
            }
        };
        let (first, end) = (frame(span.first_frame), frame(span.end_frame));
        element(
            xml,
            "clipitem",
            &[("id", &clip_id(clip.id, channel))],
            |xml| {
                text_element(xml, "name", document.video_name())?;
                text_element(xml, "enabled", "TRUE")?;
                text_element(xml, "duration", n_frames(document, rate))?;
                write_rate(xml, rate)?;
                text_element(xml, "start", clip.start)?;
                text_element(xml, "end", clip.end)?;
                text_element(xml, "in", first)?;
                text_element(xml, "out", end.max(first + 1))?;
                write_file(xml, document, clip.event.source, files)?;
                if channel > 0 {
                    element(xml, "sourcetrack", &[], |xml| {
                        text_element(xml, "mediatype", "audio")?;
                        text_element(xml, "trackindex", channel)
                    })?;
                }
                let at = clip.id - self.first_clip;
                for linked in 0..=n_channels(clip.event) {
                    element(xml, "link", &[], |xml| {
                        text_element(xml, "linkclipref", clip_id(clip.id, linked))?;
                        let kind = if linked == 0 { "video" } else { "audio" };
                        text_element(xml, "mediatype", kind)?;
                        text_element(xml, "trackindex", linked.max(1))?;
                        text_element(xml, "clipindex", at)
                    })?;
                }
                element(xml, "comments", &[], |xml| {
                    text_element(xml, "mastercomment1", clip.event.query.query.title())?;
                    text_element(xml, "mastercomment2", format!("score {:.4}", span.score))
                })
            },
        )
    }
}

fn clip_id(clip: usize, channel: u32) -> String {
    match channel {
        0 => format!("clip-{clip}"),
        channel => format!("clip-{clip}-{channel}"),
    }
}

fn n_channels(event: &Event<'_>) -> u32 {
    event.document.n_audio_channels.min(MAX_CHANNELS)
}

/// The rate that the format can say: a whole number of frames per second, or 0.1 % less.
fn counted(rate: FrameRate) -> FrameRate {
    let base = rate.timecode_base() as u32;
    let is_known = rate.den() == 1 || (rate.den() == 1001 && rate.num() == base * 1000);
    let whole = FrameRate::new(base, 1).unwrap_or(FrameRate::USUAL);
    if is_known { rate } else { whole }
}

fn n_frames(document: &ExportDocument, rate: FrameRate) -> u64 {
    match rate == document.frame_rate {
        true => document.n_file_frames(),
        false => rate.n_frames(document.frame_rate.secs(document.n_file_frames())),
    }
}

fn write_rate(xml: &mut Xml, rate: FrameRate) -> io::Result<()> {
    element(xml, "rate", &[], |xml| {
        text_element(xml, "timebase", rate.timecode_base())?;
        text_element(
            xml,
            "ntsc",
            if rate.den() == 1001 { "TRUE" } else { "FALSE" },
        )
    })
}

fn write_timecode(
    xml: &mut Xml,
    rate: FrameRate,
    numbering: Numbering,
    frame: u64,
) -> io::Result<()> {
    element(xml, "timecode", &[], |xml| {
        write_rate(xml, rate)?;
        text_element(xml, "string", numbering.timecode(frame))?;
        text_element(xml, "frame", frame)?;
        let is_drop = numbering.is_drop_frame();
        text_element(xml, "displayformat", if is_drop { "DF" } else { "NDF" })
    })
}

fn write_picture(
    xml: &mut Xml,
    document: &ExportDocument,
    rate: Option<FrameRate>,
) -> io::Result<()> {
    let is_square = document.pixel_aspect.0 == document.pixel_aspect.1;
    // A sequence has square pixels.
    let (width, height) = match rate {
        Some(_) => (document.width, document.height),
        None => document.stored_size,
    };
    element(xml, "samplecharacteristics", &[], |xml| {
        if let Some(rate) = rate {
            write_rate(xml, rate)?;
        }
        text_element(xml, "width", width)?;
        text_element(xml, "height", height)?;
        if is_square || rate.is_some() {
            text_element(xml, "pixelaspectratio", "square")?;
        }
        Ok(())
    })
}

fn write_file(
    xml: &mut Xml,
    document: &ExportDocument,
    source: usize,
    files: &mut Files,
) -> io::Result<()> {
    let id = format!("file-{}", source + 1);
    if std::mem::replace(&mut files.0[source], true) {
        return empty_element(xml, "file", &[("id", &id)]);
    }
    let rate = counted(document.frame_rate);
    element(xml, "file", &[("id", &id)], |xml| {
        text_element(xml, "name", document.video_name())?;
        text_element(xml, "pathurl", xml_text(&document.video_url()))?;
        write_rate(xml, rate)?;
        text_element(xml, "duration", n_frames(document, rate))?;
        if rate == document.frame_rate {
            let numbering = document.numbering;
            write_timecode(xml, rate, numbering, numbering.first())?;
        }
        element(xml, "media", &[], |xml| {
            element(xml, "video", &[], |xml| write_picture(xml, document, None))?;
            if document.n_audio_channels > 0 {
                element(xml, "audio", &[], |xml| {
                    text_element(xml, "channelcount", document.n_audio_channels)
                })?;
            }
            Ok(())
        })
    })
}
