//! A video decoder without a pipeline: packets in, wanted frames out, all on the calling thread.
//!
//! ```text
//! our source pad ──▶ decoder element ──▶ our sink pad (keeps wanted frames, drops the others)
//! ```
//!
//! Pushing from the calling thread makes draining and restarting cheap and exact: when `drain`
//! returns, every frame of the packets that were fed has come out.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_pbutils as pbutils;
use gstreamer_video as gst_video;

use crate::video::file::gst_util::{DATA_TIMEOUT, answer_allocation};

/// What the number of a packet refers to.
const NUMBER: &str = "timestamp/x-vcl-number";

/// A frame as the decoder made it.
#[derive(Clone)]
pub(in crate::video) struct DecodedFrame {
    pub buffer: gst::Buffer,
    pub info: gst_video::VideoInfo,
}

/// Why nothing can be decoded.
#[derive(Debug, thiserror::Error)]
pub(in crate::video) enum DecoderError {
    #[error("no decoder for {0}")]
    Missing(String),
    #[error("{0}")]
    Failed(String),
}

#[derive(Default)]
struct Output {
    wanted: Vec<u64>,
    frames: HashMap<u64, DecodedFrame>,
    /// Ids of all frames that came out; `None` while they are not being recorded.
    seen: Option<Vec<u64>>,
    info: Option<gst_video::VideoInfo>,
    eos: bool,
    damaged: bool,
}

type Shared = Arc<(Mutex<Output>, Condvar)>;

pub(in crate::video) struct Decoder {
    element: gst::Element,
    bus: gst::Bus,
    source: gst::Pad,
    sink: gst::Pad,
    shared: Shared,
    caps: Option<gst::Caps>,
    started: bool,
}

impl Drop for Decoder {
    fn drop(&mut self) {
        if let Err(error) = self.element.set_state(gst::State::Null) {
            log::warn!("cannot stop the decoder: {error}");
        }
        for pad in [&self.source, &self.sink] {
            if let Err(error) = pad.set_active(false) {
                log::warn!("cannot stop a pad of the decoder: {error}");
            }
        }
        // A message that nobody fetched holds its element, and the element holds the bus with the
        // message: without this none of them would ever go, nor the two sockets of the bus.
        self.bus.set_flushing(true);
    }
}

impl Decoder {
    /// The best installed decoder for these caps, as `decodebin` would choose it.
    pub fn new(caps: &gst::Caps) -> Result<Self, DecoderError> {
        let mut factories: Vec<_> = gst::ElementFactory::factories_with_type(
            gst::ElementFactoryType::DECODER | gst::ElementFactoryType::MEDIA_VIDEO,
            gst::Rank::MARGINAL,
        )
        .into_iter()
        .chain(gst::ElementFactory::factories_with_type(
            gst::ElementFactoryType::DECODER | gst::ElementFactoryType::MEDIA_IMAGE,
            gst::Rank::MARGINAL,
        ))
        .filter(|factory| factory.can_sink_any_caps(caps))
        .collect();
        factories.sort_by_key(|factory| (std::cmp::Reverse(factory.rank()), factory.name()));
        let mut last_error = None;
        for factory in factories {
            match Self::with_factory(&factory) {
                Ok(decoder) => {
                    log::debug!("decoding with {}", factory.name());
                    return Ok(decoder);
                }
                Err(error) => last_error = Some(format!("{}: {error}", factory.name())),
            }
        }
        Err(match last_error {
            Some(error) => DecoderError::Failed(error),
            None => DecoderError::Missing(pbutils::pb_utils_get_codec_description(caps).into()),
        })
    }

    fn with_factory(factory: &gst::ElementFactory) -> Result<Self, gst::glib::BoolError> {
        let element = factory.create().build()?;
        let bus = gst::Bus::new();
        element.set_bus(Some(&bus));
        let shared = Shared::default();
        let source = gst::Pad::builder(gst::PadDirection::Src).build();
        let sink = sink_pad(&shared)?;
        source.set_active(true)?;
        sink.set_active(true)?;
        let pad = |name| {
            element
                .static_pad(name)
                .ok_or_else(|| gst::glib::bool_error!("decoder has no pad {name}"))
        };
        let link_error = |_| gst::glib::bool_error!("decoder cannot be linked");
        source.link(&pad("sink")?).map_err(link_error)?;
        pad("src")?.link(&sink).map_err(link_error)?;
        let started = element.set_state(gst::State::Playing);
        let decoder = Self {
            element,
            bus,
            source,
            sink,
            shared,
            caps: None,
            started: false,
        };
        match started {
            Ok(_) => Ok(decoder),
            Err(_) => Err(gst::glib::bool_error!("decoder does not start")),
        }
    }

    /// From now on, the frame of this packet is kept.
    pub fn want(&self, id: u64) {
        let mut output = self.lock();
        if !output.wanted.contains(&id) && !output.frames.contains_key(&id) {
            output.wanted.push(id);
        }
    }

    pub fn has(&self, id: u64) -> bool {
        self.lock().frames.contains_key(&id)
    }

    pub fn take(&self, id: u64) -> Option<DecodedFrame> {
        self.lock().frames.remove(&id)
    }

    /// Starts or stops recording which frames come out.
    pub fn watch(&self, on: bool) {
        self.lock().seen = on.then(Vec::new);
    }

    /// Ids of the frames that came out since [`Self::watch`], in display order.
    pub fn seen(&self) -> Vec<u64> {
        self.lock().seen.clone().unwrap_or_default()
    }

    /// The same since the last time that it was asked for.
    pub fn take_seen(&self) -> Vec<u64> {
        let mut output = self.lock();
        output.seen.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Whether any packet that was fed was damaged.
    pub fn is_damaged(&self) -> bool {
        let reported = self
            .bus
            .pop_filtered(&[gst::MessageType::Warning, gst::MessageType::Error]);
        if let Some(message) = reported {
            log::debug!("decoder: {message:?}");
            self.lock().damaged = true;
        }
        self.lock().damaged
    }

    /// Decodes one packet whose place in the order of display is not known. Ids of such frames are
    /// `number`s.
    pub fn feed_unordered(
        &mut self,
        packet: &gst::Buffer,
        number: u64,
        caps: &gst::Caps,
    ) -> Result<(), DecoderError> {
        self.start(caps)?;
        let mut packet = packet.copy();
        {
            // Times that go back would be mended by the decoder; this stays with the frame.
            let packet = packet.make_mut();
            packet.set_pts(gst::ClockTime::NONE);
            packet.set_dts(gst::ClockTime::NONE);
            let number = gst::ClockTime::from_nseconds(number);
            gst::ReferenceTimestampMeta::add(
                packet,
                &gst::Caps::new_empty_simple(NUMBER),
                number,
                gst::ClockTime::NONE,
            );
        }
        self.push(packet)
    }

    /// Decodes one packet; `id` becomes its only timestamp.
    pub fn feed(
        &mut self,
        packet: &gst::Buffer,
        id: u64,
        caps: &gst::Caps,
    ) -> Result<(), DecoderError> {
        self.start(caps)?;
        // Only the metadata is copied; the bytes are shared.
        let mut packet = packet.copy();
        {
            let packet = packet.make_mut();
            packet.set_pts(gst::ClockTime::from_nseconds(id));
            packet.set_dts(gst::ClockTime::NONE);
        }
        self.push(packet)
    }

    fn push(&self, packet: gst::Buffer) -> Result<(), DecoderError> {
        match self.source.push(packet) {
            Ok(_) => Ok(()),
            Err(error) => Err(self.failure(&format!("decoding stopped ({error})"))),
        }
    }

    /// Lets all frames of the fed packets come out, then starts afresh.
    pub fn drain(&mut self) -> Result<(), DecoderError> {
        if !self.started {
            return Ok(());
        }
        self.source.push_event(gst::event::Eos::new());
        let (_, changed) = &*self.shared;
        let (output, waited) = changed
            .wait_timeout_while(self.lock(), DATA_TIMEOUT, |output| !output.eos)
            .unwrap_or_else(PoisonError::into_inner);
        drop(output);
        if waited.timed_out() {
            return Err(self.failure("the decoder does not finish"));
        }
        self.source.push_event(gst::event::FlushStart::new());
        self.source.push_event(gst::event::FlushStop::new(true));
        let mut output = self.lock();
        output.eos = false;
        output.wanted.clear();
        drop(output);
        self.started = false;
        Ok(())
    }

    fn start(&mut self, caps: &gst::Caps) -> Result<(), DecoderError> {
        let new_caps = self.caps.as_ref() != Some(caps);
        if self.started && !new_caps {
            return Ok(());
        }
        if self.caps.is_none() {
            self.source
                .push_event(gst::event::StreamStart::new("video"));
        }
        if new_caps {
            if !self.source.push_event(gst::event::Caps::new(caps)) {
                return Err(self.failure("the decoder does not accept this kind of video"));
            }
            self.caps = Some(caps.clone());
        }
        if !self.started {
            let segment = gst::FormattedSegment::<gst::ClockTime>::new();
            self.source.push_event(gst::event::Segment::new(&segment));
        }
        self.started = true;
        Ok(())
    }

    /// The element's own message, if there is one.
    fn failure(&self, otherwise: &str) -> DecoderError {
        let message = self.bus.pop_filtered(&[gst::MessageType::Error]);
        let said = message.as_ref().and_then(|message| match message.view() {
            gst::MessageView::Error(error) => Some(error.error().message().to_owned()),
            _ => None,
        });
        DecoderError::Failed(said.unwrap_or_else(|| otherwise.to_owned()))
    }

    fn lock(&self) -> MutexGuard<'_, Output> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Accepts frames in ordinary memory only, so that hardware decoders copy them there.
fn sink_pad(shared: &Shared) -> Result<gst::Pad, gst::glib::BoolError> {
    let template = gst::PadTemplate::new(
        "sink",
        gst::PadDirection::Sink,
        gst::PadPresence::Always,
        &gst::Caps::new_empty_simple("video/x-raw"),
    )?;
    let (chain, events) = (Arc::clone(shared), Arc::clone(shared));
    let pad = gst::Pad::builder_from_template(&template)
        .chain_function(move |_, _, buffer| {
            let mut output = chain.0.lock().unwrap_or_else(PoisonError::into_inner);
            output.take(buffer);
            Ok(gst::FlowSuccess::Ok)
        })
        .event_function(move |_, _, event| {
            let (output, changed) = &*events;
            let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
            match event.view() {
                gst::EventView::Caps(caps) => {
                    output.info = gst_video::VideoInfo::from_caps(caps.caps()).ok();
                }
                gst::EventView::Eos(_) => {
                    output.eos = true;
                    changed.notify_all();
                }
                _ => {}
            }
            true
        })
        .query_function(answer_allocation)
        .build();
    Ok(pad)
}

impl Output {
    fn take(&mut self, buffer: gst::Buffer) {
        let number = buffer
            .iter_meta::<gst::ReferenceTimestampMeta>()
            .find(|meta| {
                meta.reference()
                    .structure(0)
                    .is_some_and(|s| s.name() == NUMBER)
            })
            .map(|meta| meta.timestamp());
        let Some(id) = number.or(buffer.pts()).map(gst::ClockTime::nseconds) else {
            return;
        };
        if let Some(seen) = &mut self.seen {
            seen.push(id);
        }
        let Some(at) = self.wanted.iter().position(|wanted| *wanted == id) else {
            return;
        };
        self.wanted.swap_remove(at);
        self.damaged |= buffer.flags().contains(gst::BufferFlags::CORRUPTED);
        if let Some(info) = self.info.clone() {
            self.frames.insert(id, DecodedFrame { buffer, info });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_decoder_stays_behind() {
        gst::init().unwrap();
        for format in ["image/jpeg", "image/png"] {
            let caps = gst::Caps::new_empty_simple(format);
            let mut decoder = Decoder::new(&caps).unwrap();
            let packet = gst::Buffer::from_slice(b"this is no picture");
            let _ = decoder.feed(&packet, 1, &caps);
            let (element, bus) = (decoder.element.downgrade(), decoder.bus.downgrade());
            drop(decoder);
            assert!(element.upgrade().is_none(), "{format}: the element");
            assert!(bus.upgrade().is_none(), "{format}: the bus");
        }
    }
}
