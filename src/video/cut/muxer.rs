//! Writes packets into a new file, under a temporary name until it is complete.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_video as gst_video;
use tempfile::NamedTempFile;

use crate::video::cut::chapters;
use crate::video::cut::family::{Family, MP4};
use crate::video::cut::format::Format;
use crate::video::cut::pose::set_pose;
use crate::video::cut::subtitles::{Line, Subtitle};
use crate::video::cut::timecode::timecode_at;
use crate::video::cut::track::Track;
use crate::video::cut::turn::{SECS_1904_TO_1970, set_created, set_orientation};
use crate::video::cut::unfinished::temporary_beside;
use crate::video::file::chapters::Chapter;
use crate::video::file::error::{VideoError, one_line};
use crate::video::file::gst_util::{DATA_TIMEOUT, element, gst_error};
use crate::video::file::intake::VIDEO_TRACK;
use crate::video::file::orientation::Orientation;

const POLL: Duration = Duration::from_millis(20);

/// The writer waits for the disk when this much is in memory.
pub(super) const MAX_QUEUED_BYTES: u64 = 16 << 20;

/// Time zero of the new file: decoding times may be before it, but GStreamer's are never negative.
const ORIGIN_NS: i64 = 3_600_000_000_000;

/// A file that is being written; dropping it leaves nothing behind.
pub(super) struct Muxer {
    /// What is cut, for errors.
    source: PathBuf,
    target: PathBuf,
    running: Running,
    file: NamedTempFile,
    bus: gst::Bus,
    tracks: Vec<Option<Track>>,
    segment: gst::FormattedSegment<gst::ClockTime>,
    family: Family,
    /// Written into the finished file.
    orientation: Orientation,
    /// The same.
    created: Option<u64>,
    /// The same, if it is an MP4.
    chapters: Vec<Chapter>,
    /// Of the first picture, until that has come.
    timecode: Cell<Option<gst_video::ValidVideoTimeCode>>,
    cancel: Arc<AtomicBool>,
}

/// A pipeline that is stopped when it is dropped, before its file is deleted.
struct Running(gst::Pipeline);

impl Drop for Running {
    fn drop(&mut self) {
        if let Err(error) = self.0.set_state(gst::State::Null) {
            log::warn!("cannot stop writing a cut: {error}");
        }
    }
}

impl Muxer {
    /// Begins a file with what is shown between these stream times; tracks that its kind of container
    /// does not take are left out. The subtitles are all of them.
    pub fn create(
        source: &Path,
        target: &Path,
        format: &Format,
        span_ns: (i64, i64),
        subtitles: Vec<Subtitle>,
        cancel: Arc<AtomicBool>,
    ) -> Result<Self, VideoError> {
        let Format {
            family,
            tracks,
            languages,
            has_subtitles: _,
            chapters,
            orientation,
            created,
            timecode,
        } = format;
        let file = temporary_beside(target).map_err(|error| unwritable(target, error))?;
        let pipeline = gst::Pipeline::new();
        let mux = element(family.muxer)?;
        let timecode = timecode.and_then(|start| timecode_at(start, span_ns.0));
        if timecode.is_some() && *family == MP4 {
            mux.set_property("force-create-timecode-trak", true);
        }
        let chapters = chapters::within(chapters, span_ns);
        if family.is_matroska() {
            chapters::set_toc(&mux, &chapters);
            if let Some(created) = created.and_then(date_of) {
                mux.set_property("creation-time", created);
            }
        }
        let sink = element("filesink")?;
        sink.set_property("location", file.path());
        // Nothing is played, so nothing waits for a clock.
        sink.set_property("sync", false);
        pipeline.add_many([&mux, &sink]).map_err(gst_error)?;
        mux.link(&sink).map_err(gst_error)?;
        let bus = pipeline.bus().ok_or_else(|| gst_error("no message bus"))?;
        let mut muxer = Self {
            source: source.to_path_buf(),
            target: target.to_path_buf(),
            running: Running(pipeline),
            file,
            bus,
            tracks: Vec::new(),
            segment: gst::FormattedSegment::new(),
            orientation: *orientation,
            family: *family,
            created: *created,
            chapters,
            timecode: Cell::new(timecode),
            cancel,
        };
        muxer
            .segment
            .set_start(gst::ClockTime::from_nseconds(ORIGIN_NS as u64));
        for (index, caps) in tracks.iter().enumerate() {
            let language = languages.get(index).and_then(Option::as_deref);
            muxer.add_track(&mux, caps, language)?;
        }
        for subtitle in &subtitles {
            muxer.add_track(&mux, &subtitle.caps, subtitle.language.as_deref())?;
        }
        if muxer.running.0.set_state(gst::State::Playing).is_err() {
            muxer.check()?;
            return Err(unwritable(target, "the file cannot be opened"));
        }
        for (subtitle, track) in subtitles.into_iter().zip(tracks.len()..) {
            muxer.push_lines(track, subtitle.lines)?;
        }
        Ok(muxer)
    }

    /// All there are; they wait for their place between the pictures.
    fn push_lines(&mut self, track: usize, lines: Vec<Line>) -> Result<(), VideoError> {
        // GStreamer 1.22 ends the last line of an MP4 too early by as much as the first is late.
        let first = lines.first().filter(|_| self.family.is_mp4());
        let blank = first.and_then(Line::blank_before);
        for mut line in blank.into_iter().chain(lines) {
            let duration = u64::try_from(line.duration_ns).map(gst::ClockTime::from_nseconds);
            line.buffer.make_mut().set_duration(duration.ok());
            self.push(track, line.buffer, line.start_ns, None)?;
        }
        self.end_track(track);
        Ok(())
    }

    fn add_track(
        &mut self,
        mux: &gst::Element,
        caps: &gst::Caps,
        language: Option<&str>,
    ) -> Result<(), VideoError> {
        let track = match self.family.way_in(caps) {
            Some(way_in) => Some(Track::add(&self.running.0, mux, way_in, caps)?),
            None => None,
        };
        match &track {
            Some(track) => track.say_language(language),
            None if caps.is_empty() => {}
            None => log::warn!("{}: the cut cannot hold {caps}", self.source.display()),
        }
        self.tracks.push(track);
        Ok(())
    }

    pub fn set_caps(&mut self, track: usize, caps: gst::Caps) {
        if let Some(Some(track)) = self.tracks.get_mut(track) {
            track.caps = caps;
        }
    }

    /// Adds a packet; times are in the new file.
    pub fn push(
        &self,
        track: usize,
        mut buffer: gst::Buffer,
        pts_ns: i64,
        dts_ns: Option<i64>,
    ) -> Result<(), VideoError> {
        let added = self.tracks.get(track).and_then(Option::as_ref);
        let Some(added) = added.filter(|track| !track.ended) else {
            return Ok(());
        };
        let time = |ns: i64| u64::try_from(ns + ORIGIN_NS).map(gst::ClockTime::from_nseconds);
        let far = |_| self.uncuttable("its packets are far from their times");
        let pts = time(pts_ns).map_err(far)?;
        let dts = dts_ns.map(time).transpose().map_err(far)?;
        let writable = buffer.make_mut();
        writable.set_pts(pts);
        writable.set_dts(dts);
        if track == VIDEO_TRACK
            && let Some(timecode) = self.timecode.take()
        {
            gst_video::VideoTimeCodeMeta::add(writable, &timecode);
        }
        let sample = gst::Sample::builder()
            .buffer(&buffer)
            .caps(&added.caps)
            .segment(&self.segment)
            .build();
        if let Err(error) = added.source.push_sample(&sample) {
            self.check()?;
            return Err(self.uncuttable(&format!("the container does not accept it ({error})")));
        }
        self.wait_for_room()
    }

    /// No more packets of this track will come, so the others need not wait for it.
    pub fn end_track(&mut self, track: usize) {
        if let Some(Some(track)) = self.tracks.get_mut(track)
            && !std::mem::replace(&mut track.ended, true)
        {
            // If the pipeline has stopped, the reason is on the bus.
            let _ = track.source.end_of_stream();
        }
    }

    /// Whether much is waiting, all of it for a packet of this track.
    pub fn lacks(&self, track: usize) -> bool {
        let lacking = self.tracks.get(track).and_then(Option::as_ref);
        self.queued_bytes() > MAX_QUEUED_BYTES && lacking.is_some_and(Track::is_starved)
    }

    /// How much has not been written yet.
    pub fn queued_bytes(&self) -> u64 {
        let tracks = self.tracks.iter().flatten();
        tracks.map(|track| track.source.current_level_bytes()).sum()
    }

    /// Waits only while every track has packets: a muxer that lacks one track cannot continue.
    fn wait_for_room(&self) -> Result<(), VideoError> {
        let start = Instant::now();
        loop {
            self.check()?;
            let is_starved = self.tracks.iter().flatten().any(Track::is_starved);
            if self.queued_bytes() <= MAX_QUEUED_BYTES || is_starved {
                return Ok(());
            }
            if start.elapsed() > DATA_TIMEOUT {
                return Err(unwritable(
                    &self.target,
                    "the disk does not accept the data",
                ));
            }
            std::thread::sleep(POLL);
        }
    }

    /// Completes the file and gives it its name.
    pub fn finish(mut self) -> Result<(), VideoError> {
        (0..self.tracks.len()).for_each(|track| self.end_track(track));
        let mut queued = u64::MAX;
        let mut progress = Instant::now();
        while !self.check()? {
            let left = self.queued_bytes();
            if left < queued {
                queued = left;
                progress = Instant::now();
            }
            if progress.elapsed() > DATA_TIMEOUT {
                return Err(unwritable(&self.target, "it is not completed in time"));
            }
            std::thread::sleep(POLL / 4);
        }
        self.running
            .0
            .set_state(gst::State::Null)
            .map_err(gst_error)?;
        let failed = |error: std::io::Error| unwritable(&self.target, error);
        let file = self.file.as_file_mut();
        if self.family.is_mp4() {
            set_orientation(file, self.orientation).map_err(failed)?;
            if let Some(created) = self.created {
                set_created(file, created).map_err(failed)?;
            }
            chapters::add_list(file, &self.chapters).map_err(failed)?;
        } else if self.family.is_matroska() && set_pose(file, self.orientation).is_err() {
            log::warn!(
                "{}: it is not written down which way up the picture is",
                self.target.display()
            );
        }
        self.file.as_file().sync_all().map_err(failed)?;
        self.file
            .persist(&self.target)
            .map_err(|error| failed(error.error))?;
        Ok(())
    }

    /// Whether the file is complete.
    fn check(&self) -> Result<bool, VideoError> {
        if self.cancel.load(Ordering::Relaxed) {
            return Err(VideoError::Cancelled);
        }
        while let Some(message) = self.bus.pop() {
            match message.view() {
                gst::MessageView::Eos(_) => return Ok(true),
                gst::MessageView::Error(error) => {
                    log::debug!("{}: {:?}", self.target.display(), error.debug());
                    let reported = error.error();
                    let reason = one_line(reported.message());
                    let is_disk = [
                        gst::ResourceError::Write,
                        gst::ResourceError::NoSpaceLeft,
                        gst::ResourceError::OpenWrite,
                        gst::ResourceError::Seek,
                    ];
                    return Err(if is_disk.into_iter().any(|kind| reported.matches(kind)) {
                        unwritable(&self.target, reason)
                    } else {
                        self.uncuttable(&reason)
                    });
                }
                _ => {}
            }
        }
        Ok(false)
    }

    fn uncuttable(&self, reason: &str) -> VideoError {
        VideoError::Uncuttable {
            path: self.source.clone(),
            reason: reason.to_owned(),
        }
    }
}

/// A date that is given in seconds since 1904.
fn date_of(created: u64) -> Option<gst::glib::DateTime> {
    let since_1970 = i64::try_from(created)
        .ok()?
        .checked_sub(SECS_1904_TO_1970)?;
    gst::glib::DateTime::from_unix_utc(since_1970).ok()
}

fn unwritable(target: &Path, reason: impl std::fmt::Display) -> VideoError {
    VideoError::Unwritable {
        path: target.to_path_buf(),
        reason: reason.to_string(),
    }
}
