//! The playbin, and where its frames, its sound and its messages go.

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use crate::video::file::error::VideoError;
use crate::video::file::gst_util::{element, gst_error};
use crate::video::file::orientation::Orientation;
use crate::video::file::source::Source;
use crate::video::file::timing::{TOLERANCE_NS, ns, secs};
use crate::video::play::frame::{VideoFrame, accepted_caps};
use crate::video::play::playhead::{FrameSpan, Zero};
use crate::video::play::shared::{Command, Link};
use crate::video::play::sound::{silent_sink, system_sink};

/// Where the sound goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sound {
    System,
    /// Nowhere, but at the right pace: there is no device, or it failed.
    Nowhere,
}

/// Stops when dropped.
pub(super) struct Pipeline {
    playbin: gst::Element,
    audio_sink: gst::Element,
    /// Keeps the file that is played.
    _source: Source,
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        if let Some(bus) = self.playbin.bus() {
            bus.unset_sync_handler();
        }
        if let Err(error) = self.playbin.set_state(gst::State::Null) {
            log::warn!("cannot stop playback: {error}");
        }
    }
}

impl Pipeline {
    /// Builds everything, starts nothing.
    pub fn new(source: &Source, sound: Sound, link: &Link) -> Result<Self, VideoError> {
        let playbin = element("playbin")?;
        let path = std::path::absolute(source.path_to_read()?).map_err(gst_error)?;
        let uri = gst::glib::filename_to_uri(&path, None).map_err(gst_error)?;
        playbin.set_property("uri", &uri);
        playbin.set_property_from_str("flags", "video+audio+soft-volume+deinterlace");

        let read = source.clone();
        playbin.connect("source-setup", false, move |values| {
            let reading = values.get(1)?.get::<gst::Element>().ok()?;
            read.prepare_to_play(&reading);
            None
        });

        let sink = gst_app::AppSink::builder()
            .caps(&accepted_caps())
            .sync(true)
            .max_buffers(1)
            .enable_last_sample(false)
            .qos(true)
            .build();
        let target = FrameTarget {
            link: link.clone(),
            orientation: source
                .info()
                .map_or_else(|_| Orientation::default(), |info| info.orientation),
            pts_is_stream_time: source.container().pts_is_stream_time(),
        };
        let preroll_target = target.clone();
        sink.set_callbacks(
            gst_app::AppSinkCallbacks::builder()
                .new_preroll(move |sink| preroll_target.take(sink.pull_preroll()))
                .new_sample(move |sink| target.take(sink.pull_sample()))
                .build(),
        );
        if let Some(pad) = sink.static_pad("sink") {
            // The news that a track has nothing to show yet would do for the first picture.
            pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, |_, info| {
                let is_gap = info
                    .event()
                    .is_some_and(|event| event.type_() == gst::EventType::Gap);
                match is_gap {
                    true => gst::PadProbeReturn::Drop,
                    false => gst::PadProbeReturn::Ok,
                }
            });
        }
        playbin.set_property("video-sink", &sink);

        if let Some(at) = source.chosen_video() {
            // Before that, the player does not know its tracks, and forgets which one was chosen.
            playbin.connect("video-changed", false, move |values| {
                let playbin = values.first()?.get::<gst::Element>().ok()?;
                let at = i32::try_from(at).ok()?;
                if at < playbin.property::<i32>("n-video") {
                    playbin.set_property("current-video", at);
                }
                None
            });
        }
        let audio_sink = match sound {
            Sound::System => system_sink().or_else(|_| silent_sink())?,
            Sound::Nowhere => silent_sink()?,
        };
        playbin.set_property("audio-sink", &audio_sink);
        match element("scaletempo") {
            Ok(scaletempo) => playbin.set_property("audio-filter", &scaletempo),
            Err(error) => log::warn!("the pitch of the sound changes with the speed: {error}"),
        }
        let bus = playbin.bus().ok_or_else(|| gst_error("no message bus"))?;
        let link = link.clone();
        bus.set_sync_handler(move |_, message| {
            link.send(Command::Bus(message.clone()));
            gst::BusSyncReply::Drop
        });
        Ok(Self {
            playbin,
            audio_sink,
            _source: source.clone(),
        })
    }

    pub fn element(&self) -> &gst::Element {
        &self.playbin
    }

    pub fn set_state(&self, state: gst::State) -> bool {
        self.playbin.set_state(state).is_ok()
    }

    /// Whether a message comes from the sound device.
    pub fn is_sound(&self, source: Option<&gst::Object>) -> bool {
        source.is_some_and(|source| {
            source == self.audio_sink.upcast_ref::<gst::Object>()
                || source.has_as_ancestor(&self.audio_sink)
        })
    }

    /// Whether a message comes from the pipeline as a whole.
    pub fn is_whole(&self, source: Option<&gst::Object>) -> bool {
        source == Some(self.playbin.upcast_ref::<gst::Object>())
    }

    /// Jumps to the frame at `stream_ns`; the answer is an `AsyncDone` message.
    pub fn seek(&self, stream_ns: i64, is_exact: bool, speed: f64) -> bool {
        let flags = if is_exact {
            gst::SeekFlags::ACCURATE
        } else {
            gst::SeekFlags::KEY_UNIT | gst::SeekFlags::SNAP_NEAREST
        };
        // As for the sampler, a frame that begins within the tolerance has begun.
        let target = gst::ClockTime::from_nseconds((stream_ns + TOLERANCE_NS).max(0) as u64);
        self.playbin
            .seek(
                speed,
                gst::SeekFlags::FLUSH | flags,
                gst::SeekType::Set,
                target,
                gst::SeekType::None,
                gst::ClockTime::NONE,
            )
            .is_ok()
    }

    /// One frame forward, while paused; the answer is an `AsyncDone` message.
    pub fn step(&self) -> bool {
        let step = gst::event::Step::new(gst::format::Buffers::ONE, 1.0, true, false);
        self.playbin.send_event(step)
    }

    /// `volume` is on a cubic scale, which sounds even.
    pub fn set_volume(&self, volume: f64, is_muted: bool) {
        self.playbin.set_property("volume", volume.powi(3));
        self.playbin.set_property("mute", is_muted);
    }

    pub fn position_ns(&self) -> Option<i64> {
        let now = self.playbin.query_position::<gst::ClockTime>()?;
        Some(now.nseconds() as i64)
    }
}

/// Where the video sink puts its frames.
#[derive(Clone)]
struct FrameTarget {
    link: Link,
    orientation: Orientation,
    /// See [`Container::pts_is_stream_time`](crate::video::file::container::Container).
    pts_is_stream_time: bool,
}

impl FrameTarget {
    fn take(
        &self,
        sample: Result<gst::Sample, gst::glib::BoolError>,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        let sample = sample.map_err(|_| gst::FlowError::Flushing)?;
        let Some((pts_ns, stream_ns)) = times_ns(&sample) else {
            return Ok(gst::FlowSuccess::Ok);
        };
        let frame_ns = if self.pts_is_stream_time {
            pts_ns
        } else {
            stream_ns
        };
        let mut shared = self.link.lock();
        let zero = *shared.playhead.zero.get_or_insert(Zero {
            frames_ns: frame_ns,
            stream_ns,
        });
        let span = frame_span(&sample, frame_ns - zero.frames_ns);
        let is_running = shared.playhead.is_running();
        let loop_end_secs = shared.loop_end_secs.filter(|_| is_running);
        if loop_end_secs.is_some_and(|at| ns(span.start_secs) + TOLERANCE_NS >= ns(at)) {
            drop(shared);
            self.link.send(Command::LoopEnd);
            return Ok(gst::FlowSuccess::Ok);
        }
        shared.playhead.frame = span;
        shared.frame = VideoFrame::new(&sample, self.orientation, span.start_secs);
        drop(shared);
        self.link.wake();
        Ok(gst::FlowSuccess::Ok)
    }
}

/// When a frame is shown, given its start counted from the first frame.
///
/// The first frame after a seek is cut to begin at the target; if the frame rate is known, its true
/// beginning is found from its end.
fn frame_span(sample: &gst::Sample, start_ns: i64) -> FrameSpan {
    let cut_secs = secs(start_ns);
    let length_secs = nominal_secs(sample);
    let duration = sample.buffer().and_then(gst::BufferRef::duration);
    let Some(duration) = duration else {
        return FrameSpan {
            start_secs: cut_secs,
            end_secs: cut_secs + length_secs.unwrap_or(0.0),
            cut_secs,
        };
    };
    let end_secs = cut_secs + secs(duration.nseconds() as i64);
    let whole_secs = length_secs.map_or(cut_secs, |length_secs| end_secs - length_secs);
    FrameSpan {
        start_secs: cut_secs.min(whole_secs).max(0.0),
        end_secs,
        cut_secs,
    }
}

/// How long a frame lasts according to the frame rate.
fn nominal_secs(sample: &gst::Sample) -> Option<f64> {
    let rate = sample
        .caps()?
        .structure(0)?
        .get::<gst::Fraction>("framerate")
        .ok()?;
    (rate.numer() > 0).then(|| f64::from(rate.denom()) / f64::from(rate.numer()))
}

/// The timestamp as it is and as stream time.
fn times_ns(sample: &gst::Sample) -> Option<(i64, i64)> {
    let pts = sample.buffer()?.pts()?;
    let segment = sample.segment()?.downcast_ref::<gst::ClockTime>()?;
    let stream_time = segment.to_stream_time(pts)?;
    Some((pts.nseconds() as i64, stream_time.nseconds() as i64))
}

#[cfg(test)]
mod tests;
