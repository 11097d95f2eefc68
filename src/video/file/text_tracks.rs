//! Subtitles that are in the file.
//!
//! ```text
//! filesrc ! parsebin ── text tracks ──▶ Intake
//!                    └─ others ───────▶ fakesink (read, never decoded)
//! ```

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;

use crate::domain::{Caption, caption, text_of_event};
use crate::video::file::error::VideoError;
use crate::video::file::gst_util::{DATA_TIMEOUT, element, gst_error};
use crate::video::file::intake::{Intake, Item};
use crate::video::file::source::Source;
use crate::video::file::streams::found_caps;

const POLL: Duration = Duration::from_millis(50);

/// Fields of an event in Matroska before its text.
const N_FIELDS_BEFORE_TEXT: usize = 8;

/// What the pipeline's threads have found.
#[derive(Default)]
struct Tracks {
    /// For each text track whether its text is an event of SubStation Alpha.
    are_events: Vec<bool>,
    /// A link does not keep the pad that it goes to.
    sinks: Vec<gst::Pad>,
    complete: bool,
}

/// The captions of all text tracks, in order of their times; a caption that several tracks have comes
/// once. Times count from the first picture. The whole file is read where there is such a track.
///
/// # Errors
/// Where the file cannot be read to its end; [`VideoError::Cancelled`] once `cancel` is set.
pub fn text_tracks(source: &Source, cancel: &AtomicBool) -> Result<Vec<Caption>, VideoError> {
    if source.gif().is_some() {
        return Ok(Vec::new());
    }
    let reading = Reading::start(source)?;
    let mut captions = reading.captions(source, cancel)?;
    let start_secs = source.info()?.video_start_secs;
    for caption in &mut captions {
        caption.start_secs = (caption.start_secs - start_secs).max(0.0);
        caption.end_secs -= start_secs;
    }
    captions.retain(|caption| caption.end_secs > caption.start_secs);
    captions.sort_by(|a, b| a.start_secs.total_cmp(&b.start_secs));
    captions.dedup();
    Ok(captions)
}

struct Reading {
    pipeline: gst::Pipeline,
    bus: gst::Bus,
    intake: Intake,
    tracks: Arc<Mutex<Tracks>>,
    /// Packets of any track, from which can be told that it goes on.
    n_packets: Arc<AtomicU64>,
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.intake.close();
        if let Err(error) = self.pipeline.set_state(gst::State::Null) {
            log::warn!("cannot stop reading subtitles: {error}");
        }
    }
}

impl Reading {
    fn start(source: &Source) -> Result<Self, VideoError> {
        let pipeline = gst::Pipeline::new();
        let file = element("filesrc")?;
        file.set_property("location", source.path_to_read()?);
        let bin = element("parsebin")?;
        pipeline.add_many([&file, &bin]).map_err(gst_error)?;
        file.link(&bin).map_err(gst_error)?;
        let intake = Intake::default();
        let tracks = Arc::<Mutex<Tracks>>::default();
        let n_packets = Arc::<AtomicU64>::default();
        let to_pad = (Arc::clone(&tracks), intake.clone(), Arc::clone(&n_packets));
        let weak = pipeline.downgrade();
        bin.connect_pad_added(move |_, pad| {
            let (tracks, intake, n_packets) = &to_pad;
            let n_packets = Arc::clone(n_packets);
            pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
                n_packets.fetch_add(1, Ordering::Relaxed);
                gst::PadProbeReturn::Ok
            });
            if !take_text(pad, tracks, intake)
                && let Some(pipeline) = weak.upgrade()
            {
                discard(pad, &pipeline);
            }
        });
        let complete = Arc::clone(&tracks);
        bin.connect_no_more_pads(move |_| lock(&complete).complete = true);
        let bus = pipeline.bus().ok_or_else(|| gst_error("no message bus"))?;
        let reading = Self {
            pipeline,
            bus,
            intake,
            tracks,
            n_packets,
        };
        if reading.pipeline.set_state(gst::State::Playing).is_err() {
            return Err(gst_error("the pipeline does not start"));
        }
        Ok(reading)
    }

    fn captions(&self, source: &Source, cancel: &AtomicBool) -> Result<Vec<Caption>, VideoError> {
        let mut captions = Vec::new();
        let mut segments = Vec::new();
        let mut n_ended = 0;
        let (mut last, mut since) = (0, Instant::now());
        loop {
            if cancel.load(Ordering::Relaxed) {
                return Err(VideoError::Cancelled);
            }
            let (n_tracks, is_complete) = {
                let tracks = lock(&self.tracks);
                (tracks.are_events.len(), tracks.complete)
            };
            if is_complete && n_ended >= n_tracks {
                return Ok(captions);
            }
            match self.intake.next(POLL) {
                Some((_, Item::Eos)) => n_ended += 1,
                Some((track, Item::Segment(segment))) => {
                    segments.resize(segments.len().max(track + 1), None);
                    segments[track] = Some(segment);
                }
                Some((track, Item::Buffer(buffer))) => {
                    let segment = segments.get(track).and_then(Option::as_ref);
                    let is_event = lock(&self.tracks).are_events.get(track) == Some(&true);
                    captions.extend(caption_of(&buffer, segment, is_event));
                }
                Some(_) => {}
                None => {
                    while let Some(message) = self.bus.pop() {
                        match message.view() {
                            gst::MessageView::Eos(_) => return Ok(captions),
                            gst::MessageView::Error(error) => {
                                // Damage behind what was read costs only what is behind it.
                                if captions.is_empty() {
                                    return Err(VideoError::from_message(source.path(), error));
                                }
                                return Ok(captions);
                            }
                            _ => {}
                        }
                    }
                }
            }
            let now = self.n_packets.load(Ordering::Relaxed);
            if now != last {
                (last, since) = (now, Instant::now());
            } else if since.elapsed() > DATA_TIMEOUT {
                return Ok(captions);
            }
        }
    }
}

/// Hands a track to the intake if it is one of text.
fn take_text(pad: &gst::Pad, tracks: &Mutex<Tracks>, intake: &Intake) -> bool {
    let caps = found_caps(pad);
    let name = caps
        .structure(0)
        .map(|it| it.name().to_string())
        .unwrap_or_default();
    let is_event = matches!(name.as_str(), "application/x-ass" | "application/x-ssa");
    if !is_event && !name.starts_with("text/") && !name.starts_with("application/x-subtitle") {
        return false;
    }
    let mut tracks = lock(tracks);
    let track = tracks.are_events.len();
    let sink = intake.pad(&gst::Caps::new_any(), track).ok();
    let Some(sink) = sink.filter(|sink| pad.link(sink).is_ok()) else {
        return false;
    };
    tracks.are_events.push(is_event);
    tracks.sinks.push(sink);
    true
}

/// Lets everything of a track go by.
fn discard(pad: &gst::Pad, pipeline: &gst::Pipeline) {
    let Ok(sink) = element("fakesink") else {
        return;
    };
    sink.set_property("sync", false);
    sink.set_property("async", false);
    let linked = pipeline.add(&sink).is_ok()
        && sink.sync_state_with_parent().is_ok()
        && sink
            .static_pad("sink")
            .is_some_and(|to| pad.link(&to).is_ok());
    if !linked {
        log::debug!("a track is not read");
    }
}

fn caption_of(
    buffer: &gst::Buffer,
    segment: Option<&gst::FormattedSegment<gst::ClockTime>>,
    is_event: bool,
) -> Option<Caption> {
    let start = buffer.pts()?;
    let start = segment
        .and_then(|segment| segment.to_stream_time(start))
        .unwrap_or(start);
    let end = start + buffer.duration()?;
    let bytes = buffer.map_readable().ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let text = match is_event {
        true => text_of_event(text.splitn(N_FIELDS_BEFORE_TEXT + 1, ',').last()?),
        false => text.into_owned(),
    };
    let secs = |time: gst::ClockTime| time.nseconds() as f64 / 1e9;
    caption(secs(start), secs(end), text.trim_end_matches('\0'))
}

fn lock(tracks: &Mutex<Tracks>) -> std::sync::MutexGuard<'_, Tracks> {
    tracks.lock().unwrap_or_else(PoisonError::into_inner)
}
