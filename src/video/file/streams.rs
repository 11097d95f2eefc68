//! Which streams of a file are read.

use std::sync::{Arc, Mutex, PoisonError};

use gstreamer as gst;
use gstreamer::prelude::*;

use crate::video::file::container::Container;
use crate::video::file::intake::{Intake, VIDEO_TRACK};
use crate::video::file::stored::StoredTracks;

/// Where the sound of a file begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FirstSound {
    /// Stream time of its first packet.
    pub packet_ns: i64,
    /// How much silence the encoder may have put first. MP4 says so and leaves it out; other
    /// containers keep it.
    pub priming_ns: i64,
}

/// The streams that were found so far, filled in by the pipeline's threads.
#[derive(Default)]
pub(super) struct Streams {
    pub video: Option<gst::Pad>,
    pub has_audio: bool,
    /// Of the first sound track.
    pub n_audio_channels: Option<u32>,
    /// The tracks that are delivered beside the video.
    pub others: Vec<gst::Pad>,
    /// The first sound that is not delivered.
    pub first_sound: Option<FirstSound>,
    /// What kind of subtitles each track has, those that are not delivered too.
    pub subtitles: Vec<gst::Caps>,
    discarded: Vec<gst::Pad>,
    pub complete: bool,
    pub missing_codec: Option<String>,
}

pub(super) fn lock(streams: &Mutex<Streams>) -> std::sync::MutexGuard<'_, Streams> {
    streams.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The pad that takes the stream, `None` if the two cannot be linked.
fn link(pad: &gst::Pad, intake: &Intake, caps: &gst::Caps, track: usize) -> Option<gst::Pad> {
    let linked = intake
        .pad(caps, track)
        .map_err(|error| error.to_string())
        .and_then(|sink| match pad.link(&sink) {
            Ok(_) => Ok(sink),
            Err(error) => Err(error.to_string()),
        });
    linked
        .inspect_err(|error| log::warn!("cannot read the stream {}: {error}", pad.name()))
        .ok()
}

/// What a stream is. Its parser may not have seen any data yet, and then it has no caps.
pub(super) fn found_caps(pad: &gst::Pad) -> gst::Caps {
    pad.current_caps()
        .or_else(|| pad.stream()?.caps())
        .unwrap_or_else(|| pad.query_caps(None))
}

/// The beginning of the name of its caps, as far as that is known.
fn kind(pad: &gst::Pad) -> String {
    if let Some(structure) = found_caps(pad).structure(0) {
        return structure.name().to_string();
    }
    let kind = pad.stream().map(|stream| stream.stream_type());
    match kind {
        Some(kind) if kind.contains(gst::StreamType::VIDEO) => "video/".to_owned(),
        Some(kind) if kind.contains(gst::StreamType::AUDIO) => "audio/".to_owned(),
        _ => String::new(),
    }
}

/// Whether a stream of this kind is read while the pictures are watched.
fn is_subtitles(kind: &str) -> bool {
    let is_one_of = |kinds: &[&str]| kinds.iter().any(|subtitles| kind.starts_with(subtitles));
    is_one_of(&["text/", "subpicture/", "closedcaption/", "subtitle/"])
        || is_one_of(&["application/x-subtitle", "application/x-teletext"])
        || is_styled_text(kind)
}

/// Lines with their looks, which a parser would take off.
pub(super) fn is_styled_text(kind: &str) -> bool {
    matches!(kind, "application/x-ass" | "application/x-ssa")
}

/// The number of its track in the container, with which the name of a stream ends: `…/002` in MP4,
/// `…/002:UID` in Matroska, `…:1/00000101` in transport streams, there with the digits of 16.
fn track_number(pad: &gst::Pad) -> Option<u64> {
    let id = pad.stream_id()?;
    let (_, end) = id.rsplit_once('/')?;
    let digits = end.split(':').next()?;
    let radix = if digits.len() == 8 { 16 } else { 10 };
    u64::from_str_radix(digits, radix).ok()
}

/// Whether this is a video track beside the one that is to be shown.
pub(super) fn is_other_video(pad: &gst::Pad, tracks: &StoredTracks) -> bool {
    track_number(pad).is_some_and(|number| tracks.is_other(number))
}

/// A sink for everything. Without a template, a pad accepts only its first format, and a decoder that
/// corrects its frame rate would end the whole file.
fn any_sink() -> Option<gst::PadBuilder<gst::Pad>> {
    let template = gst::PadTemplate::new(
        "sink",
        gst::PadDirection::Sink,
        gst::PadPresence::Always,
        &gst::Caps::new_any(),
    );
    template
        .ok()
        .map(|template| gst::Pad::builder_from_template(&template))
}

/// Lets the format of a sound change. The filter behind its parser holds the first one, and it would
/// end the whole file, pictures too, where a broadcast goes from surround to stereo.
fn let_format_change(pad: &gst::Pad) {
    let target = pad
        .downcast_ref::<gst::GhostPad>()
        .and_then(GhostPadExt::target);
    let element = target.and_then(|target| target.parent_element());
    let is_filter = |element: &gst::Element| {
        let factory = element.factory();
        factory.is_some_and(|factory| factory.name() == "capsfilter")
    };
    if let Some(filter) = element.filter(is_filter) {
        filter.set_property("caps", gst::Caps::new_any());
    }
}

/// How much silence the usual encoders of this format put first.
fn priming_ns(caps: &gst::CapsRef) -> i64 {
    let priming = caps.structure(0).and_then(|structure| {
        let number = |name| structure.get::<i32>(name).ok();
        let kind = (
            structure.name().as_str(),
            number("mpegversion"),
            number("layer"),
        );
        let n_samples = match kind {
            ("audio/mpeg", Some(1), Some(2)) => 481,
            ("audio/mpeg", Some(1), Some(3)) => 1105,
            ("audio/mpeg", Some(2 | 4), _) => 1024,
            ("audio/x-ac3" | "audio/x-eac3", ..) => 256,
            _ => return None,
        };
        let rate = number("rate").filter(|rate| *rate > 0)?;
        Some(n_samples * 1_000_000_000 / i64::from(rate))
    });
    priming.unwrap_or(0)
}

fn first_sound(
    pad: &gst::Pad,
    buffer: &gst::BufferRef,
    container: Container,
) -> Option<FirstSound> {
    let segment = pad.sticky_event::<gst::event::Segment>(0)?;
    let segment = segment.segment().clone();
    let mut clock = container.clock();
    clock.set_segment(segment.downcast::<gst::ClockTime>().ok()?);
    Some(FirstSound {
        packet_ns: clock.stream_time_ns(buffer.pts()?),
        priming_ns: pad.current_caps().map_or(0, |caps| priming_ns(&caps)),
    })
}

impl Streams {
    pub fn note_missing(&mut self, codec: String) {
        // Sound that cannot be decoded does not matter for the pictures.
        if self.missing_codec.is_none() || !codec.to_lowercase().contains("audio") {
            self.missing_codec = Some(codec);
        }
    }

    /// `false` if this is not a video, or if there is one already.
    pub fn add_video(
        &mut self,
        pad: &gst::Pad,
        intake: &Intake,
        caps: &gst::Caps,
        in_container: bool,
        tracks: &StoredTracks,
    ) -> bool {
        let name = kind(pad);
        if name.starts_with("audio/") && !self.has_audio {
            let found = found_caps(pad);
            let n_channels = found
                .structure(0)
                .and_then(|found| found.get::<i32>("channels").ok());
            self.n_audio_channels = n_channels.and_then(|n| n.try_into().ok());
            self.has_audio = true;
        }
        // One photograph is not a video; an animation or Motion JPEG in a container is.
        let is_video = name.starts_with("video/") || in_container && name.starts_with("image/");
        if !is_video || self.video.is_some() || is_other_video(pad, tracks) {
            return false;
        }
        self.video = link(pad, intake, caps, VIDEO_TRACK);
        self.video.is_some()
    }

    /// `false` if this is not sound.
    pub fn add_audio(&mut self, pad: &gst::Pad, intake: &Intake) -> bool {
        let is_audio = kind(pad).starts_with("audio/");
        if is_audio {
            let_format_change(pad);
        }
        is_audio && self.add(pad, intake)
    }

    /// `false` if these are no subtitles.
    pub fn add_subtitles(&mut self, pad: &gst::Pad, intake: &Intake) -> bool {
        is_subtitles(&kind(pad)) && self.add(pad, intake)
    }

    fn add(&mut self, pad: &gst::Pad, intake: &Intake) -> bool {
        let track = VIDEO_TRACK + 1 + self.others.len();
        let sink = link(pad, intake, &gst::Caps::new_any(), track);
        self.others.extend(sink);
        track == self.others.len()
    }

    /// Takes a stream that is not needed. Its first data says that all streams are known, and the
    /// answer to it makes the demuxer skip the stream from then on.
    ///
    /// Where pictures may still come, it does not say so before they are found.
    pub fn discard(
        &mut self,
        pad: &gst::Pad,
        streams: Arc<Mutex<Self>>,
        container: Container,
        video_may_come: bool,
    ) {
        let at_end = Arc::clone(&streams);
        let kind = kind(pad);
        let is_audio = kind.starts_with("audio/");
        if is_subtitles(&kind) {
            self.subtitles.push(found_caps(pad));
        }
        if is_audio {
            let_format_change(pad);
        }
        let Some(sink) = any_sink() else {
            return;
        };
        let sink = sink
            .chain_function(move |pad, _, buffer| {
                let mut streams = lock(&streams);
                if is_audio {
                    let found = first_sound(pad, &buffer, container);
                    let sounds = streams.first_sound.into_iter().chain(found);
                    streams.first_sound = sounds.min_by_key(|sound| sound.packet_ns);
                }
                let has_video = streams.video.is_some();
                if !has_video && video_may_come {
                    return Ok(gst::FlowSuccess::Ok);
                }
                // Elsewhere data flows only once all pads are there.
                streams.complete = true;
                Err(match has_video {
                    true => gst::FlowError::NotLinked,
                    false => gst::FlowError::Eos,
                })
            })
            .event_function(move |_, _, event| {
                if event.type_() == gst::EventType::Eos {
                    lock(&at_end).complete = true;
                }
                true
            })
            .build();
        let linked = sink.set_active(true).is_ok() && pad.link(&sink).is_ok();
        log::trace!("stream {} is left out, linked: {linked}", pad.name());
        self.discarded.push(sink);
    }
}
