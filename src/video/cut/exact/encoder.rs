//! Encodes single pictures in the codec of the source.
//!
//! ```text
//! appsrc ─▶ encoder ─▶ (caps of the source) ─▶ appsink
//! ```
//! No picture is predicted from a later one, so what goes in comes out in the same order.

use std::collections::VecDeque;
use std::time::Instant;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;

use super::codec::{Codec, Framing, OWN_SPS, Parameters};
use crate::video::file::gst_util::DATA_TIMEOUT;
use crate::video::sample::decoder::DecodedFrame;

const MAX_WAITING: u64 = 4;
const POLL: gst::ClockTime = gst::ClockTime::from_mseconds(20);

/// An encoded picture.
pub(super) struct Encoded {
    pub buffer: gst::Buffer,
    pub time_ns: i64,
}

pub(super) struct EdgeEncoder {
    pipeline: gst::Pipeline,
    source: gst_app::AppSrc,
    sink: gst_app::AppSink,
    codec: Codec,
    framing: Framing,
    /// When the pictures are shown that are inside.
    waiting_ns: VecDeque<i64>,
}

impl Drop for EdgeEncoder {
    fn drop(&mut self) {
        if let Err(error) = self.pipeline.set_state(gst::State::Null) {
            log::warn!("cannot stop an encoder: {error}");
        }
    }
}

/// The element, its settings and what is asked of its output.
fn settings(codec: Codec, source: &Parameters) -> String {
    let h264 = match source.framing {
        Framing::StartCodes => "byte-stream",
        Framing::Length(_) => "avc",
    };
    match codec {
        Codec::H264 => format!(
            "x264enc pass=qual quantizer=12 speed-preset=medium tune=zerolatency bframes=0 \
             key-int-max=100000 aud=false \
             option-string=\"sps-id={OWN_SPS}:scenecut=0:force-cfr=0\" ! \
             video/x-h264,stream-format={h264},alignment=au"
        ),
        Codec::H265 => "x265enc speed-preset=medium tune=zerolatency key-int-max=100000 \
             option-string=\"crf=12:bframes=0:scenecut=0:repeat-headers=1:open-gop=0:info=0\" ! \
             video/x-h265,stream-format=byte-stream,alignment=au"
            .to_owned(),
        Codec::Mpeg2 => "mpeg2enc format=3 quantisation=2 b-per-refframe=0 min-gop-size=1 \
             max-gop-size=250 ! mpegvideoparse ! video/mpeg,mpegversion=2"
            .to_owned(),
        Codec::Vp8 => format!("vp8enc {VPX} ! video/x-vp8"),
        Codec::Vp9 => format!("vp9enc {VPX} ! video/x-vp9"),
    }
}

/// As good as it gets, frame by frame.
const VPX: &str = "deadline=1000000 cpu-used=2 lag-in-frames=0 auto-alt-ref=false \
                   keyframe-max-dist=100000 target-bitrate=200000000 min-quantizer=0 max-quantizer=12";

impl EdgeEncoder {
    /// For pictures like this one.
    ///
    /// # Errors
    /// Where the encoder is not installed, or does not take such pictures.
    pub fn new(codec: Codec, source: &Parameters, like: &DecodedFrame) -> Result<Self, String> {
        if like.info.interlace_mode() != gst_video::VideoInterlaceMode::Progressive {
            let why = "it is interlaced, and its edges would not be; cut without exact edges";
            return Err(why.to_owned());
        }
        let description = format!(
            "appsrc name=in format=time ! {} ! appsink name=out sync=false",
            settings(codec, source)
        );
        let pipeline = gst::parse::launch(&description)
            .map_err(|error| format!("its edges cannot be encoded here: {error}"))?;
        let pipeline = pipeline
            .downcast::<gst::Pipeline>()
            .map_err(|_| "no pipeline".to_owned())?;
        let part = |name: &str| pipeline.by_name(name).ok_or("no element");
        let appsrc = part("in")?.downcast::<gst_app::AppSrc>();
        let appsink = part("out")?.downcast::<gst_app::AppSink>();
        let (Ok(appsrc), Ok(appsink)) = (appsrc, appsink) else {
            return Err("no element".to_owned());
        };
        let mut caps = like.info.to_caps().map_err(text)?;
        // Times are those of the pictures; a rate only sets up the encoder.
        if like.info.fps().numer() == 0
            && let Some(structure) = caps.make_mut().structure_mut(0)
        {
            structure.set("framerate", gst::Fraction::new(25, 1));
        }
        appsrc.set_caps(Some(&caps));
        pipeline.set_state(gst::State::Playing).map_err(text)?;
        Ok(Self {
            pipeline,
            source: appsrc,
            sink: appsink,
            codec,
            framing: source.framing,
            waiting_ns: VecDeque::new(),
        })
    }

    /// Encodes one picture that is shown at `time_ns`; returns what has come out by now.
    ///
    /// # Errors
    /// When the encoder fails.
    pub fn push(&mut self, frame: &DecodedFrame, time_ns: i64) -> Result<Vec<Encoded>, String> {
        let mut buffer = frame.buffer.copy();
        {
            let buffer = buffer.make_mut();
            // Every encoder takes times from zero on.
            let pts = u64::try_from(time_ns).map_err(|_| "a time before the file".to_owned())?;
            buffer.set_pts(gst::ClockTime::from_nseconds(pts));
            buffer.set_dts(gst::ClockTime::NONE);
        }
        if self.source.push_buffer(buffer).is_err() {
            return Err(self.failure());
        }
        self.waiting_ns.push_back(time_ns);
        let mut encoded = Vec::new();
        let began = Instant::now();
        loop {
            // Pictures that are not compressed are large: few of them wait.
            let most = MAX_WAITING * frame.info.size() as u64;
            let must_wait = self.source.current_level_bytes() > most;
            let patience = if must_wait {
                POLL
            } else {
                gst::ClockTime::ZERO
            };
            match self.sink.try_pull_sample(patience) {
                Some(sample) => encoded.push(self.taken(&sample)?),
                None if !must_wait => return Ok(encoded),
                None if began.elapsed() > DATA_TIMEOUT => return Err(self.failure()),
                None => {}
            }
        }
    }

    /// The rest.
    ///
    /// # Errors
    /// When the encoder fails, or a picture has not come out.
    pub fn finish(&mut self) -> Result<Vec<Encoded>, String> {
        if self.source.end_of_stream().is_err() {
            return Err(self.failure());
        }
        let mut encoded = Vec::new();
        let patience = gst::ClockTime::from_nseconds(DATA_TIMEOUT.as_nanos() as u64);
        while !self.waiting_ns.is_empty() {
            let Some(sample) = self.sink.try_pull_sample(patience) else {
                return Err(self.failure());
            };
            encoded.push(self.taken(&sample)?);
        }
        Ok(encoded)
    }

    fn taken(&mut self, sample: &gst::Sample) -> Result<Encoded, String> {
        // Encoders give times of their own, but no other order.
        let time_ns = self.waiting_ns.pop_front().ok_or("a picture too many")?;
        Ok(Encoded {
            time_ns,
            buffer: self.framed(sample.buffer_owned().ok_or("no picture")?),
        })
    }

    /// As packets of the source are.
    fn framed(&self, buffer: gst::Buffer) -> gst::Buffer {
        let from = match self.codec {
            // It gives what it is asked for, with lengths of four bytes.
            Codec::H264 if self.framing != Framing::StartCodes => Framing::Length(4),
            Codec::H264 | Codec::H265 => Framing::StartCodes,
            Codec::Mpeg2 | Codec::Vp8 | Codec::Vp9 => return buffer,
        };
        if from == self.framing {
            return buffer;
        }
        let bytes = buffer
            .map_readable()
            .map(|data| self.framing.joined(&[], &from.units(&data)));
        match bytes {
            Ok(bytes) => super::codec::with_bytes(&buffer, bytes),
            Err(_) => buffer,
        }
    }

    /// What the encoder says of itself, once a picture has gone through it.
    pub fn parameters(&self) -> Parameters {
        let pad = self.sink.static_pad("sink");
        let caps = pad.and_then(|pad| pad.current_caps());
        Parameters::of(self.codec, &caps.unwrap_or_else(gst::Caps::new_empty))
    }

    fn failure(&self) -> String {
        let bus = self.pipeline.bus();
        let message = bus.and_then(|bus| bus.pop_filtered(&[gst::MessageType::Error]));
        let said = message.as_ref().and_then(|message| match message.view() {
            gst::MessageView::Error(error) => Some(error.error().message().to_owned()),
            _ => None,
        });
        let why = said.unwrap_or_else(|| "the encoder does not answer".to_owned());
        format!("an edge cannot be encoded: {why}")
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
