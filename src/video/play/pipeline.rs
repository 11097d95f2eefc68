//! The playbin and what is done to it.

use std::path::Path;
use std::sync::{Arc, Mutex};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use tempfile::NamedTempFile;

use super::frame::{VideoFrame, accepted_caps};
use super::{Command, Position, Shared, Zero, lock};
use crate::video::VideoError;
use crate::video::container::Container;
use crate::video::gif::readable_part;
use crate::video::gst_util::{element, gst_error};
use crate::video::picture::Orientation;
use crate::video::timing::{TOLERANCE_NS, ns, secs};

pub(super) type Wake = Arc<dyn Fn() + Send + Sync>;

/// Where the sound goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sound {
    System,
    /// Nowhere, at the right pace: no device, or one that failed.
    Nowhere,
}

/// Stops when dropped.
pub(super) struct Pipeline {
    playbin: gst::Element,
    audio_sink: gst::Element,
    /// Played instead of the file; gone with the pipeline.
    _readable_part: Option<NamedTempFile>,
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
    /// Everything in place, nothing started.
    pub fn new(
        path: &Path,
        orientation: Orientation,
        sound: Sound,
        shared: &Arc<Mutex<Shared>>,
        commands: &std::sync::mpsc::Sender<Command>,
        wake: &Wake,
    ) -> Result<Self, VideoError> {
        let playbin = element("playbin")?;
        let readable_part = readable_part(path)?;
        let path = readable_part.as_ref().map_or(path, NamedTempFile::path);
        let path = std::path::absolute(path).map_err(gst_error)?;
        let uri = gst::glib::filename_to_uri(&path, None).map_err(gst_error)?;
        playbin.set_property("uri", &uri);
        playbin.set_property_from_str("flags", "video+audio+soft-volume+deinterlace");

        let sink = gst_app::AppSink::builder()
            .caps(&accepted_caps())
            .sync(true)
            .max_buffers(1)
            .enable_last_sample(false)
            .qos(true)
            .build();
        let target = FrameTarget {
            shared: Arc::clone(shared),
            commands: commands.clone(),
            wake: Arc::clone(wake),
            orientation,
            playbin: playbin.downgrade(),
        };
        let preroll_target = target.clone();
        sink.set_callbacks(
            gst_app::AppSinkCallbacks::builder()
                .new_preroll(move |sink| preroll_target.take(sink.pull_preroll()))
                .new_sample(move |sink| target.take(sink.pull_sample()))
                .build(),
        );
        playbin.set_property("video-sink", &sink);

        let audio_sink = match sound {
            Sound::System => element("autoaudiosink").or_else(|_| silent_sink())?,
            Sound::Nowhere => silent_sink()?,
        };
        playbin.set_property("audio-sink", &audio_sink);
        match element("scaletempo") {
            Ok(scaletempo) => playbin.set_property("audio-filter", &scaletempo),
            Err(error) => log::warn!("sound changes its pitch with the speed: {error}"),
        }
        let bus = playbin.bus().ok_or_else(|| gst_error("no message bus"))?;
        let commands = commands.clone();
        bus.set_sync_handler(move |_, message| {
            // A player that is gone reads no messages.
            let _ = commands.send(Command::Bus(message.clone()));
            gst::BusSyncReply::Drop
        });
        Ok(Self {
            playbin,
            audio_sink,
            _readable_part: readable_part,
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
        // A frame that begins within the tolerance counts as begun, as for the sampler.
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

    /// One frame on, while paused; the answer is an `AsyncDone` message.
    pub fn step(&self) -> bool {
        let step = gst::event::Step::new(gst::format::Buffers::ONE, 1.0, true, false);
        self.playbin.send_event(step)
    }

    /// `volume` is cubic, as ears hear it.
    pub fn set_volume(&self, volume: f64, is_muted: bool) {
        self.playbin.set_property("volume", volume.powi(3));
        self.playbin.set_property("mute", is_muted);
    }

    pub fn position_ns(&self) -> Option<i64> {
        let now = self.playbin.query_position::<gst::ClockTime>()?;
        Some(now.nseconds() as i64)
    }
}

fn silent_sink() -> Result<gst::Element, VideoError> {
    let sink = element("fakesink")?;
    sink.set_property("sync", true);
    Ok(sink)
}

/// Where the video sink puts its frames.
#[derive(Clone)]
struct FrameTarget {
    shared: Arc<Mutex<Shared>>,
    commands: std::sync::mpsc::Sender<Command>,
    wake: Wake,
    orientation: Orientation,
    playbin: gst::glib::WeakRef<gst::Element>,
}

impl FrameTarget {
    fn take(
        &self,
        sample: Result<gst::Sample, gst::glib::BoolError>,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        let sample = sample.map_err(|_| gst::FlowError::Flushing)?;
        let is_first = lock(&self.shared).zero.is_none();
        // Asked once and without the lock: it walks through the pipeline.
        let pts_is_stream_time = is_first && self.pts_is_stream_time();
        let mut shared = lock(&self.shared);
        if is_first {
            shared.pts_is_stream_time = pts_is_stream_time;
        }
        let Some((pts_ns, stream_ns)) = times_ns(&sample) else {
            return Ok(gst::FlowSuccess::Ok);
        };
        let frame_ns = if shared.pts_is_stream_time {
            pts_ns
        } else {
            stream_ns
        };
        let zero = *shared.zero.get_or_insert(Zero {
            frames_ns: frame_ns,
            stream_ns,
        });
        let (time_secs, end_secs) = whole_frame(&sample, frame_ns - zero.frames_ns);
        let is_running = matches!(shared.position, Position::Running);
        let loop_end_secs = shared.loop_end_secs.filter(|_| is_running);
        if loop_end_secs.is_some_and(|at| ns(time_secs) + TOLERANCE_NS >= ns(at)) {
            drop(shared);
            let _ = self.commands.send(Command::LoopEnd);
            return Ok(gst::FlowSuccess::Ok);
        }
        shared.frame_secs = time_secs;
        shared.frame_end_secs = end_secs;
        shared.frame_cut_secs = secs(frame_ns - zero.frames_ns);
        shared.frame = VideoFrame::new(&sample, self.orientation, time_secs);
        drop(shared);
        (self.wake)();
        Ok(gst::FlowSuccess::Ok)
    }

    /// See [`Container::pts_is_stream_time`].
    fn pts_is_stream_time(&self) -> bool {
        let demuxer = self
            .playbin
            .upgrade()
            .and_then(|playbin| crate::video::gst_util::find_demuxer(&playbin));
        Container::of_demuxer(demuxer.as_deref()).pts_is_stream_time()
    }
}

/// Start and end of a frame, in seconds from the first frame.
///
/// The first frame after a seek is cut to begin at the target; where the frame rate is known, its
/// true beginning is found from its end.
fn whole_frame(sample: &gst::Sample, start_ns: i64) -> (f64, f64) {
    let start_secs = secs(start_ns);
    let length_secs = nominal_secs(sample);
    let duration = sample.buffer().and_then(gst::BufferRef::duration);
    let Some(duration) = duration else {
        return (start_secs, start_secs + length_secs.unwrap_or(0.0));
    };
    let end_secs = start_secs + secs(duration.nseconds() as i64);
    let whole_secs = length_secs.map_or(start_secs, |length_secs| end_secs - length_secs);
    (start_secs.min(whole_secs).max(0.0), end_secs)
}

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
