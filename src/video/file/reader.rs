//! Opens a file and delivers its first video stream, as packets or as decoded frames.
//!
//! ```text
//! Packets   filesrc ! parsebin  ── video ──▶ Intake      (timed packets, whole access units)
//! Tracks    filesrc ! parsebin  ── video and sound ──▶ Intake      (packets of these tracks)
//! Subtitles filesrc ! parsebin  ── video and text ──▶ Intake       (packets of these tracks)
//! Frames    filesrc ! decodebin ── video ──▶ Intake      (every frame, in display order)
//!                               └─ others ── not linked, sound is never decoded
//! ```

use std::cell::Cell;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_pbutils as pbutils;

use crate::video::file::container::Container;
use crate::video::file::error::VideoError;
use crate::video::file::gif::Gif;
use crate::video::file::gst_util::{DATA_TIMEOUT, element, find_demuxer, gst_error};
use crate::video::file::intake::{Intake, Item, VIDEO_TRACK};
use crate::video::file::mpeg::clock::SlowClock;
use crate::video::file::orientation::Orientation;
use crate::video::file::source::Source;
use crate::video::file::streams::{FirstSound, Streams, is_other_video, is_styled_text, lock};

/// How often a waiting reader checks for errors and for the cancel flag.
const POLL: Duration = Duration::from_millis(20);

/// Handing the file from one element to the next takes fewer checks than this, at least a second.
/// Counted in checks, because a machine that is too busy to read is too busy to check as well.
const N_CHECKS_STOPPED: usize = 50;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::video) enum Delivery {
    /// Packets of the video.
    Packets,
    /// Packets of the video and of all sound tracks.
    Tracks,
    /// Packets of the video and of all subtitles.
    Subtitles,
    /// Decoded frames of the video.
    Frames,
}

pub(in crate::video) struct Reader {
    source: Source,
    delivery: Delivery,
    pipeline: gst::Pipeline,
    bus: gst::Bus,
    intake: Intake,
    streams: Arc<Mutex<Streams>>,
    cancel: Arc<AtomicBool>,
    /// How many pictures of a GIF were delivered.
    n_pictures: Cell<usize>,
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.intake.close();
        // The pipeline's threads do not wait for the intake any more, so this returns soon.
        if let Err(error) = self.pipeline.set_state(gst::State::Null) {
            log::warn!("cannot stop reading {}: {error}", self.path().display());
        }
    }
}

impl Reader {
    /// Starts reading; nothing has arrived yet.
    pub fn open(
        source: &Source,
        delivery: Delivery,
        cancel: Arc<AtomicBool>,
    ) -> Result<Self, VideoError> {
        let pipeline = gst::Pipeline::new();
        let file = element("filesrc")?;
        file.set_property("location", source.path_to_read()?);
        source.prepare(&file);
        let (factory, caps) = match delivery {
            Delivery::Packets | Delivery::Tracks | Delivery::Subtitles => {
                ("parsebin", gst::Caps::new_any())
            }
            Delivery::Frames => ("decodebin", gst::Caps::new_empty_simple("video/x-raw")),
        };
        let bin = element(factory)?;
        pipeline.add_many([&file, &bin]).map_err(gst_error)?;
        file.link(&bin).map_err(gst_error)?;

        let intake = Intake::default();
        let streams = Arc::<Mutex<Streams>>::default();
        let added = (Arc::clone(&streams), intake.clone(), source.clone());
        bin.connect_pad_added(move |bin, pad| {
            let (streams, intake, source) = &added;
            let demuxer = find_demuxer(bin);
            let in_container = demuxer.is_some();
            let other = Arc::clone(streams);
            let mut found = lock(streams);
            let taken = found.add_video(pad, intake, &caps, in_container, source.tracks())
                || match delivery {
                    Delivery::Tracks => found.add_audio(pad, intake),
                    Delivery::Subtitles => found.add_subtitles(pad, intake),
                    Delivery::Packets | Delivery::Frames => false,
                };
            if !taken {
                let container = Container::of_demuxer(demuxer.as_deref());
                // The track that is meant may come behind this one.
                let video_may_come =
                    container.finds_streams_late() || source.chosen_video().is_some();
                found.discard(pad, other, container, video_may_come);
            }
        });
        let complete = Arc::clone(&streams);
        bin.connect_no_more_pads(move |_| lock(&complete).complete = true);
        if delivery == Delivery::Frames {
            // Sound, subtitles and other video tracks are not used, so they are not decoded.
            let tracks = source.clone();
            bin.connect("autoplug-continue", false, move |values| {
                let pad = values.get(1)?.get::<gst::Pad>().ok()?;
                let caps = values.get(2)?.get::<gst::Caps>().ok()?;
                let name = caps.structure(0)?.name().to_string();
                let is_other = ["audio/", "text/", "subpicture/", "application/x-subtitle"]
                    .iter()
                    .any(|kind| name.starts_with(kind))
                    || is_other_video(&pad, tracks.tracks());
                Some((!is_other).to_value())
            });
        }
        if matches!(delivery, Delivery::Tracks | Delivery::Subtitles) {
            bin.connect("autoplug-continue", false, |values| {
                let caps = values.get(2)?.get::<gst::Caps>().ok()?;
                let is_parsed = !is_styled_text(caps.structure(0)?.name().as_str());
                Some(is_parsed.to_value())
            });
        }
        let bus = pipeline.bus().ok_or_else(|| gst_error("no message bus"))?;
        let reader = Self {
            source: source.clone(),
            delivery,
            pipeline,
            bus,
            intake,
            streams,
            cancel,
            n_pictures: Cell::new(0),
        };
        if reader.pipeline.set_state(gst::State::Playing).is_err() {
            // The reason is on the bus.
            reader.check_bus()?;
            return Err(gst_error("the pipeline does not start"));
        }
        Ok(reader)
    }

    pub fn path(&self) -> &Path {
        self.source.path()
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
        let mut n_checks_stopped = 0;
        loop {
            if self.cancel.load(Ordering::Relaxed) {
                return Err(VideoError::Cancelled);
            }
            let gif = self.source.gif();
            if gif.is_some_and(|gif| self.n_pictures.get() == gif.pictures.len()) {
                // libav's demuxer under GStreamer 1.22 never says that a short GIF is over.
                return Ok((VIDEO_TRACK, Item::Eos));
            }
            match (self.intake.next(POLL), gif) {
                (Some((track, Item::Buffer(picture))), Some(gif)) => {
                    return Ok((track, Item::Buffer(self.with_gif_time(gif, picture))));
                }
                (Some(item), _) => return Ok(item),
                (None, _) => {}
            }
            self.check_bus()?;
            self.check_streams()?;
            n_checks_stopped = if self.is_read() {
                0
            } else {
                n_checks_stopped + 1
            };
            if n_checks_stopped > N_CHECKS_STOPPED {
                return Err(VideoError::Damaged {
                    path: self.path().to_path_buf(),
                    reason: "reading stopped early".to_owned(),
                });
            }
            if start.elapsed() > DATA_TIMEOUT {
                let (_, state, pending) = self.pipeline.state(gst::ClockTime::ZERO);
                return Err(VideoError::Timeout {
                    path: self.path().to_path_buf(),
                    secs: DATA_TIMEOUT.as_secs(),
                    state: format!("pipeline {state:?}, pending {pending:?}"),
                });
            }
        }
    }

    /// The GIF decoder gives all pictures the time of the first; this one gets its own.
    fn with_gif_time(&self, gif: &Gif, mut picture: gst::Buffer) -> gst::Buffer {
        let index = self.n_pictures.get();
        self.n_pictures.set(index + 1);
        if self.delivery == Delivery::Frames
            && let Some(time) = gif.pictures.get(index)
        {
            let picture = picture.make_mut();
            picture.set_pts(time.start);
            picture.set_duration(time.duration);
        }
        picture
    }

    /// An error that was reported, if there is one.
    pub fn check_bus(&self) -> Result<(), VideoError> {
        let reported = self.pop_messages();
        if reported.is_err() {
            // "No video in it" says more than what a demuxer reports when none of its streams is used.
            self.check_streams()?;
        }
        reported
    }

    fn pop_messages(&self) -> Result<(), VideoError> {
        while let Some(message) = self.bus.pop() {
            match message.view() {
                gst::MessageView::Error(error) => {
                    log::debug!("{}: {:?}", self.path().display(), error.debug());
                    let error = VideoError::from_message(self.path(), error);
                    return Err(error);
                }
                gst::MessageView::Element(element) => {
                    let missing = pbutils::MissingPluginMessage::parse(element);
                    if let Ok(missing) = missing {
                        log::debug!("{}: missing {missing:?}", self.path().display());
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
        let path = self.path().to_path_buf();
        VideoError::MissingCodec { path, codec }
    }

    /// Whether any thread still reads the file.
    ///
    /// `parsebin` and `decodebin` swallow the error of a demuxer that fails while it is plugged
    /// in; after that, no message comes any more.
    fn is_read(&self) -> bool {
        self.pipeline
            .iterate_recurse()
            .into_iter()
            .flatten()
            .any(|element| {
                // The thread belongs to the pad that pulls, or to the source that pushes. Queues have
                // threads too, but these only pass data on.
                let pads = if element.num_sink_pads() == 0 {
                    element.src_pads()
                } else {
                    element.sink_pads()
                };
                pads.iter()
                    .any(|pad| pad.task_state() == gst::TaskState::Started)
            })
    }

    /// Fails if all streams are known and none of them is a video.
    pub fn check_streams(&self) -> Result<(), VideoError> {
        let streams = lock(&self.streams);
        if !streams.complete || streams.video.is_some() {
            return Ok(());
        }
        let path = self.path().to_path_buf();
        Err(if let Some(codec) = &streams.missing_codec {
            self.missing(codec.clone())
        } else if streams.has_audio {
            VideoError::AudioOnly(path)
        } else {
            VideoError::NotAVideo(path)
        })
    }

    /// Whether the demuxer has found all streams.
    pub fn has_all_tracks(&self) -> bool {
        lock(&self.streams).complete
    }

    /// How many tracks are delivered: the video, and the others that were found so far.
    pub fn n_tracks(&self) -> usize {
        1 + lock(&self.streams).others.len()
    }

    /// Of the first sound track; 0 without sound, 2 if the track does not say.
    pub fn n_audio_channels(&self) -> u32 {
        let streams = lock(&self.streams);
        let usual = if streams.has_audio { 2 } else { 0 };
        streams.n_audio_channels.unwrap_or(usual)
    }

    /// The kind of each subtitle track that was found so far, if none of them is delivered.
    pub fn subtitles(&self) -> Vec<gst::Caps> {
        lock(&self.streams).subtitles.clone()
    }

    /// The chapters that the container names; known once the first packet has arrived.
    pub fn toc(&self) -> Option<gst::Toc> {
        let pad = lock(&self.streams).video.clone()?;
        let found = pad.sticky_event::<gst::event::Toc>(0)?;
        Some(found.toc().0.to_owned())
    }

    /// Where the sound begins, unless it is delivered.
    pub(super) fn first_sound(&self) -> Option<FirstSound> {
        lock(&self.streams).first_sound
    }

    /// How the picture has to be turned, after these tags came.
    pub fn orientation(&self, tags: &gst::TagListRef, before: Orientation) -> Orientation {
        self.source
            .stored_orientation()
            .or_else(|| Orientation::from_tags(tags))
            .unwrap_or(before)
    }

    /// The length that the container states, from its own zero. Often missing, sometimes wrong.
    pub fn container_duration_ns(&self) -> Option<i64> {
        let pad = lock(&self.streams).video.clone()?;
        let duration = pad.peer_query_duration::<gst::ClockTime>()?;
        let duration_ns = duration.nseconds() as i64;
        Some(match self.source.slow_clock() {
            Some(clock) => duration_ns.saturating_mul(clock.factor() as i64),
            None => duration_ns,
        })
    }

    /// Jumps to the key frame that `flags` name near `time_ns` of the container's stream time.
    ///
    /// Packets that arrived before are dropped. `false` if the file cannot be searched.
    pub fn seek(&self, time_ns: i64, flags: gst::SeekFlags) -> bool {
        if self.source.gif().is_some() {
            return false;
        }
        let Some(pad) = lock(&self.streams).video.clone() else {
            return false;
        };
        let factor = self.source.slow_clock().map_or(1, SlowClock::factor);
        let target = gst::ClockTime::from_nseconds(time_ns.max(0) as u64 / factor);
        pad.push_event(gst::event::Seek::new(
            1.0,
            gst::SeekFlags::FLUSH | gst::SeekFlags::KEY_UNIT | flags,
            gst::SeekType::Set,
            target,
            gst::SeekType::None,
            gst::ClockTime::NONE,
        ))
    }

    /// Known once the first packet or frame has arrived.
    pub fn container(&self) -> Container {
        Container::of_demuxer(find_demuxer(self.pipeline.upcast_ref()).as_deref())
    }
}
