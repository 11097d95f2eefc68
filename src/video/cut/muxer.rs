//! Writes packets into a new file, under a temporary name until it is complete.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;
use tempfile::NamedTempFile;

use crate::video::cut::family::{Family, Format, MP4};
use crate::video::cut::pose::set_pose;
use crate::video::cut::turn::{set_created, set_orientation};
use crate::video::file::beginning::StartTimecode;
use crate::video::file::error::{VideoError, one_line};
use crate::video::file::gst_util::{DATA_TIMEOUT, element, gst_error};
use crate::video::file::intake::VIDEO_TRACK;
use crate::video::file::orientation::Orientation;
use crate::video::file::timing::secs;

const POLL: Duration = Duration::from_millis(20);

/// The writer waits for the disk when this much is in memory.
pub(super) const MAX_QUEUED_BYTES: u64 = 16 << 20;

/// Time zero of the new file: decoding times may be before it, but GStreamer's are never negative.
const ORIGIN_NS: i64 = 3_600_000_000_000;

/// The beginning of the names of unfinished files.
const TEMPORARY_PREFIX: &str = ".vcl-unfinished-";

struct Track {
    source: gst_app::AppSrc,
    caps: gst::Caps,
    ended: bool,
}

impl Track {
    /// More is expected, but nothing has come yet.
    fn is_starved(&self) -> bool {
        !self.ended && self.source.current_level_bytes() == 0
    }
}

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
    /// Begins a file with what is shown at `start_ns` of stream time; tracks that its kind of container
    /// does not take are left out.
    pub fn create(
        source: &Path,
        target: &Path,
        format: &Format,
        start_ns: i64,
        cancel: Arc<AtomicBool>,
    ) -> Result<Self, VideoError> {
        let Format {
            family,
            tracks,
            languages,
            orientation,
            created,
            timecode,
        } = format;
        let file = temporary_beside(target).map_err(|error| unwritable(target, error))?;
        let pipeline = gst::Pipeline::new();
        let mux = element(family.muxer)?;
        let timecode = timecode.and_then(|start| timecode_at(start, start_ns));
        if timecode.is_some() && *family == MP4 {
            mux.set_property("force-create-timecode-trak", true);
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
            timecode: Cell::new(timecode),
            cancel,
        };
        muxer
            .segment
            .set_start(gst::ClockTime::from_nseconds(ORIGIN_NS as u64));
        for (index, caps) in tracks.iter().enumerate() {
            let track = muxer.add_track(&mux, *family, caps)?;
            let language = languages.get(index).and_then(Option::as_ref);
            if let (Some(track), Some(language)) = (&track, language) {
                let mut tags = gst::TagList::new();
                if let Some(tags) = tags.get_mut() {
                    tags.add::<gst::tags::LanguageCode>(
                        &language.as_str(),
                        gst::TagMergeMode::Append,
                    );
                    tags.set_scope(gst::TagScope::Stream);
                }
                track.source.send_event(gst::event::Tag::new(tags));
            }
            muxer.tracks.push(track);
        }
        if muxer.running.0.set_state(gst::State::Playing).is_err() {
            muxer.check()?;
            return Err(unwritable(target, "the file cannot be opened"));
        }
        Ok(muxer)
    }

    fn add_track(
        &self,
        mux: &gst::Element,
        family: Family,
        caps: &gst::Caps,
    ) -> Result<Option<Track>, VideoError> {
        let Some((template, parser)) = family.way_in(caps) else {
            if !caps.is_empty() {
                log::warn!("{}: the cut cannot hold {caps}", self.source.display());
            }
            return Ok(None);
        };
        let source = gst_app::AppSrc::builder()
            .caps(caps)
            .format(gst::Format::Time)
            .max_bytes(0)
            .build();
        source.set_property("handle-segment-change", true);
        self.running.0.add(&source).map_err(gst_error)?;
        let mut last: gst::Element = source.clone().upcast();
        if let Some(parser) = parser {
            let parser = element(parser)?;
            self.running.0.add(&parser).map_err(gst_error)?;
            last.link(&parser).map_err(gst_error)?;
            last = parser;
        }
        let sink = mux
            .request_pad(&template, None, None)
            .ok_or_else(|| gst_error(format!("{} takes no further track", family.muxer)))?;
        let pad = last
            .static_pad("src")
            .ok_or_else(|| gst_error("a parser without output"))?;
        pad.link(&sink).map_err(gst_error)?;
        Ok(Some(Track {
            source,
            caps: caps.clone(),
            ended: false,
        }))
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

/// The timecode of what is shown at `at_ns`, given that of time zero. `None` where it is none that
/// GStreamer can write.
fn timecode_at(start: StartTimecode, at_ns: i64) -> Option<gst_video::ValidVideoTimeCode> {
    let (frame_duration, timescale) = start.frame_secs;
    if frame_duration == 0 || timescale == 0 {
        return None;
    }
    let fps = gst::Fraction::new(timescale.try_into().ok()?, frame_duration.try_into().ok()?);
    let flags = match start.is_drop_frame {
        true => gst_video::VideoTimeCodeFlags::DROP_FRAME,
        false => gst_video::VideoTimeCodeFlags::empty(),
    };
    let midnight = gst_video::VideoTimeCode::new(fps, None, flags, 0, 0, 0, 0, 0);
    let mut timecode = gst_video::ValidVideoTimeCode::try_from(midnight).ok()?;
    let frame_secs = f64::from(frame_duration) / f64::from(timescale);
    let n_frames = (secs(at_ns) / frame_secs).round() as i64;
    timecode.add_frames(i64::from(start.n_frames) + n_frames);
    Some(timecode)
}

fn unwritable(target: &Path, reason: impl std::fmt::Display) -> VideoError {
    VideoError::Unwritable {
        path: target.to_path_buf(),
        reason: reason.to_string(),
    }
}

/// In the folder of the target, so that renaming it is enough.
fn temporary_beside(target: &Path) -> std::io::Result<NamedTempFile> {
    let dir = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(dir)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY_PREFIX);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // The permissions of other new files, instead of the private ones of temporary files.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timecode_goes_on_from_that_of_the_source() {
        let start = |n_frames, frame_secs, is_drop_frame| StartTimecode {
            n_frames,
            frame_secs,
            is_drop_frame,
        };
        gst::init().unwrap();
        for (start, at_secs, expected) in [
            (start(900_000, (1, 25), false), 78.0, "10:01:18:00"),
            (start(900_000, (1, 25), false), -0.48, "09:59:59:13"),
            // The clock of drop-frame timecode keeps up with time.
            (start(107_892, (1001, 30_000), true), 60.06, "01:01:00;02"),
            (start(0, (1, 30), false), 86_400.5, "00:00:00:15"),
        ] {
            let timecode = timecode_at(start, (at_secs * 1e9) as i64).unwrap();
            assert_eq!(timecode.to_string(), expected, "{at_secs}");
        }
        assert!(timecode_at(start(0, (0, 0), false), 0).is_none());
    }
}
