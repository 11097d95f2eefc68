//! Opens a file and delivers its first video stream, as packets or as decoded frames.
//!
//! ```text
//! Packets   filesrc ! parsebin  ── video ──▶ Intake      (timed packets, whole access units)
//! Tracks    filesrc ! parsebin  ── video and sound ──▶ Intake      (packets of all tracks)
//! Frames    filesrc ! decodebin ── video ──▶ Intake      (every frame, in display order)
//!                               └─ others ── not linked, sound is never decoded
//! ```

mod streams;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_pbutils as pbutils;
use streams::{Streams, lock};
use tempfile::NamedTempFile;

use super::container::Container;
use super::gst_util::{element, find_demuxer, gst_error, init};
use super::intake::{Intake, Item};
use super::{DATA_TIMEOUT, VideoError, gif};

/// How often a waiting reader looks for errors and for the cancel flag.
const POLL: Duration = Duration::from_millis(20);

/// Handing the file from one element to the next takes fewer looks than this, a second at least.
/// Counted in looks, because a machine that is too busy to read is too busy to look as well.
const N_LOOKS_STOPPED: usize = 50;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    Packets,
    /// As `Packets`, with those of all sound tracks.
    Tracks,
    Frames,
}

/// The number of the video among the tracks; sound counts from 1.
pub(super) const VIDEO_TRACK: usize = 0;

pub(super) struct Reader {
    path: PathBuf,
    pipeline: gst::Pipeline,
    bus: gst::Bus,
    intake: Intake,
    streams: Arc<Mutex<Streams>>,
    cancel: Arc<AtomicBool>,
    /// Read instead of the file; gone with the reader.
    _readable_part: Option<NamedTempFile>,
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.intake.close();
        // Streaming threads are free to leave now, so this does not wait for data.
        if let Err(error) = self.pipeline.set_state(gst::State::Null) {
            log::warn!("cannot stop reading {}: {error}", self.path.display());
        }
    }
}

impl Reader {
    /// Starts reading; nothing has arrived yet.
    pub fn open(
        path: &Path,
        delivery: Delivery,
        cancel: Arc<AtomicBool>,
    ) -> Result<Self, VideoError> {
        VideoError::check_file(path)?;
        init()?;
        let pipeline = gst::Pipeline::new();
        let source = element("filesrc")?;
        let readable_part = gif::readable_part(path)?;
        let location = readable_part.as_ref().map_or(path, NamedTempFile::path);
        source.set_property("location", location);
        let (factory, caps) = match delivery {
            Delivery::Packets | Delivery::Tracks => ("parsebin", gst::Caps::new_any()),
            Delivery::Frames => ("decodebin", gst::Caps::new_empty_simple("video/x-raw")),
        };
        let bin = element(factory)?;
        pipeline.add_many([&source, &bin]).map_err(gst_error)?;
        source.link(&bin).map_err(gst_error)?;

        let intake = Intake::default();
        let streams = Arc::<Mutex<Streams>>::default();
        let added = (Arc::clone(&streams), intake.clone());
        bin.connect_pad_added(move |bin, pad| {
            let (streams, intake) = &added;
            let in_container = find_demuxer(bin).is_some();
            let other = Arc::clone(streams);
            let mut found = lock(streams);
            let taken = found.add_video(pad, intake, &caps, in_container)
                || delivery == Delivery::Tracks && found.add_audio(pad, intake);
            if !taken {
                found.discard(pad, other);
            }
        });
        let complete = Arc::clone(&streams);
        bin.connect_no_more_pads(move |_| lock(&complete).complete = true);
        if delivery == Delivery::Frames {
            // Encoded sound and subtitles are left as they are: decoding them would be waste.
            bin.connect("autoplug-continue", false, |values| {
                let caps = values.get(2)?.get::<gst::Caps>().ok()?;
                let name = caps.structure(0)?.name().to_string();
                let is_other = ["audio/", "text/", "subpicture/", "application/x-subtitle"]
                    .iter()
                    .any(|kind| name.starts_with(kind));
                Some((!is_other).to_value())
            });
        }
        let bus = pipeline.bus().ok_or_else(|| gst_error("no message bus"))?;
        let reader = Self {
            path: path.to_path_buf(),
            pipeline,
            bus,
            intake,
            streams,
            cancel,
            _readable_part: readable_part,
        };
        if reader.pipeline.set_state(gst::State::Playing).is_err() {
            // The reason stands on the bus.
            reader.check_bus()?;
            return Err(gst_error("the pipeline does not start"));
        }
        Ok(reader)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The next thing that arrives.
    ///
    /// # Errors
    /// What the elements reported (after everything that arrived before), no video stream, no
    /// data for [`DATA_TIMEOUT`], or cancelled.
    pub fn next(&self) -> Result<Item, VideoError> {
        self.next_of_track().map(|(_, item)| item)
    }

    /// The same with the number of its track.
    pub fn next_of_track(&self) -> Result<(usize, Item), VideoError> {
        let start = Instant::now();
        let mut n_looks_stopped = 0;
        loop {
            if self.cancel.load(Ordering::Relaxed) {
                return Err(VideoError::Cancelled);
            }
            if let Some(item) = self.intake.next(POLL) {
                return Ok(item);
            }
            self.check_bus()?;
            self.check_streams()?;
            n_looks_stopped = if self.is_read() {
                0
            } else {
                n_looks_stopped + 1
            };
            if n_looks_stopped > N_LOOKS_STOPPED {
                return Err(VideoError::Damaged {
                    path: self.path.clone(),
                    reason: "reading stopped early".to_owned(),
                });
            }
            if start.elapsed() > DATA_TIMEOUT {
                let (_, state, pending) = self.pipeline.state(gst::ClockTime::ZERO);
                return Err(VideoError::Timeout {
                    path: self.path.clone(),
                    secs: DATA_TIMEOUT.as_secs(),
                    state: format!("pipeline {state:?}, pending {pending:?}"),
                });
            }
        }
    }

    /// An error that was reported, if there is one.
    pub fn check_bus(&self) -> Result<(), VideoError> {
        let reported = self.pop_messages();
        if reported.is_err() {
            // "No video in it" says more than what the demuxer makes of having nobody to feed.
            self.check_streams()?;
        }
        reported
    }

    fn pop_messages(&self) -> Result<(), VideoError> {
        while let Some(message) = self.bus.pop() {
            match message.view() {
                gst::MessageView::Error(error) => {
                    log::debug!("{}: {:?}", self.path.display(), error.debug());
                    let error = VideoError::from_message(&self.path, error);
                    return Err(error);
                }
                gst::MessageView::Element(element) => {
                    let missing = pbutils::MissingPluginMessage::parse(element);
                    if let Ok(missing) = missing {
                        log::debug!("{}: missing {missing:?}", self.path.display());
                        let codec = missing.description();
                        let codec = codec.strip_suffix(" decoder").unwrap_or(&codec);
                        lock(&self.streams).note_missing(codec.to_owned());
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn missing(&self, codec: String) -> VideoError {
        let path = self.path.clone();
        VideoError::MissingCodec { path, codec }
    }

    /// Whether any thread still reads the file.
    ///
    /// `parsebin` and `decodebin` swallow the error of a demuxer that fails while it is plugged
    /// in; then nobody says anything any more.
    fn is_read(&self) -> bool {
        self.pipeline
            .iterate_recurse()
            .into_iter()
            .flatten()
            .any(|element| {
                // The thread belongs to the pad that pulls, or to the source that pushes; queues
                // inside have theirs too, but only pass on.
                let pads = if element.num_sink_pads() == 0 {
                    element.src_pads()
                } else {
                    element.sink_pads()
                };
                pads.iter()
                    .any(|pad| pad.task_state() == gst::TaskState::Started)
            })
    }

    /// Whether all streams are known and none of them is a video.
    pub fn check_streams(&self) -> Result<(), VideoError> {
        let streams = lock(&self.streams);
        if !streams.complete || streams.video.is_some() {
            return Ok(());
        }
        let path = self.path.clone();
        Err(if let Some(codec) = &streams.missing_codec {
            self.missing(codec.clone())
        } else if streams.has_audio {
            VideoError::AudioOnly(path)
        } else {
            VideoError::NotAVideo(path)
        })
    }

    /// Whether the demuxer said that it has found all streams.
    pub fn has_all_tracks(&self) -> bool {
        lock(&self.streams).complete
    }

    /// The video and the sound tracks that are delivered, as far as they are known.
    pub fn n_tracks(&self) -> usize {
        1 + lock(&self.streams).audio.len()
    }

    /// Of the first sound track; 0 without sound, 2 where the track does not tell.
    pub fn n_audio_channels(&self) -> u32 {
        let streams = lock(&self.streams);
        let usual = if streams.has_audio { 2 } else { 0 };
        streams.n_audio_channels.unwrap_or(usual)
    }

    /// Length as the container tells it, from its own zero. Often missing, sometimes wrong.
    pub fn container_duration_ns(&self) -> Option<i64> {
        let pad = lock(&self.streams).video.clone()?;
        let duration = pad.peer_query_duration::<gst::ClockTime>()?;
        Some(duration.nseconds() as i64)
    }

    /// Jumps to the key frame that `flags` name near `time_ns` of the container's stream time.
    ///
    /// Packets that arrived before are forgotten. `false` if the file cannot be searched.
    pub fn seek(&self, time_ns: i64, flags: gst::SeekFlags) -> bool {
        let Some(pad) = lock(&self.streams).video.clone() else {
            return false;
        };
        let target = gst::ClockTime::from_nseconds(time_ns.max(0) as u64);
        pad.push_event(gst::event::Seek::new(
            1.0,
            gst::SeekFlags::FLUSH | gst::SeekFlags::KEY_UNIT | flags,
            gst::SeekType::Set,
            target,
            gst::SeekType::None,
            gst::ClockTime::NONE,
        ))
    }

    pub fn container(&self) -> Container {
        Container::of_demuxer(self.demuxer().as_deref())
    }

    /// The container as its demuxer calls itself (`qtdemux`, `matroskademux`, …).
    pub fn demuxer(&self) -> Option<String> {
        find_demuxer(self.pipeline.upcast_ref())
    }
}
