//! Which streams of a file are read.

use std::sync::{Arc, Mutex, PoisonError};

use gstreamer as gst;
use gstreamer::prelude::*;

use crate::video::file::intake::{Intake, VIDEO_TRACK};

/// The streams that were found so far, filled in by the pipeline's threads.
#[derive(Default)]
pub(super) struct Streams {
    pub video: Option<gst::Pad>,
    pub has_audio: bool,
    /// Of the first sound track.
    pub n_audio_channels: Option<u32>,
    pub audio: Vec<gst::Pad>,
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
    ) -> bool {
        let found = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        let Some(structure) = found.structure(0) else {
            return false;
        };
        let name = structure.name().to_string();
        if name.starts_with("audio/") && !self.has_audio {
            let n_channels = structure.get::<i32>("channels").ok();
            self.n_audio_channels = n_channels.and_then(|n| n.try_into().ok());
            self.has_audio = true;
        }
        // One photograph is not a video; an animation or Motion JPEG in a container is.
        let is_video = name.starts_with("video/") || in_container && name.starts_with("image/");
        if !is_video || self.video.is_some() {
            return false;
        }
        self.video = link(pad, intake, caps, VIDEO_TRACK);
        self.video.is_some()
    }

    /// `false` if this is not sound.
    pub fn add_audio(&mut self, pad: &gst::Pad, intake: &Intake) -> bool {
        let found = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        let is_audio = found
            .structure(0)
            .is_some_and(|structure| structure.name().starts_with("audio/"));
        let track = VIDEO_TRACK + 1 + self.audio.len();
        let sink = is_audio.then(|| link(pad, intake, &gst::Caps::new_any(), track));
        self.audio.extend(sink.flatten());
        is_audio && track == self.audio.len()
    }

    /// Takes a stream that is not needed. Its first data says that all streams are known, and the
    /// answer to it makes the demuxer skip the stream from then on.
    pub fn discard(&mut self, pad: &gst::Pad, streams: Arc<Mutex<Self>>) {
        let at_end = Arc::clone(&streams);
        let sink = gst::Pad::builder(gst::PadDirection::Sink)
            .chain_function(move |_, _, _| {
                // Data flows only once all pads are there.
                let mut streams = lock(&streams);
                streams.complete = true;
                Err(match streams.video {
                    Some(_) => gst::FlowError::NotLinked,
                    None => gst::FlowError::Eos,
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
