//! A part of a video as its own file, nothing decoded and nothing encoded.
//!
//! ```text
//! source     K . . . . . . . K . . . . . . . K . . . . .      K = key frame
//! span                             [─────────────)
//! cut                        [─────────────────────)
//!                            lead-in              lead-out
//! ```
//! Decoding can begin only at a key frame, so a cut begins with the last one at or before the span.
//! If the last frames of the span are predicted from later ones, those are copied too: a few frames
//! of lead-out, so that no frame inside is missing. Sound is copied packet by packet with the same
//! shift, so it stays in sync.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use gstreamer as gst;

use crate::domain::TimeSpan;
use crate::video::cut::feed::Feed;
use crate::video::cut::format::Format;
use crate::video::cut::muxer::Muxer;
use crate::video::cut::part::Part;
use crate::video::cut::place::Place;
use crate::video::cut::subtitles::{self, LONGEST_LINE_NS, Subtitle};
use crate::video::file::container::Container;
use crate::video::file::error::VideoError;
use crate::video::file::intake::VIDEO_TRACK;
use crate::video::file::reader::Delivery;
use crate::video::file::source::Source;
use crate::video::file::timing::{TOLERANCE_NS, ns, secs};
use crate::video::sample::start::zero_ns;

/// Sound may be stored this much before the pictures that it belongs to.
pub(super) const AUDIO_LEAD_NS: i64 = 500_000_000;

/// What a cut holds, in seconds of the source.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CutExtent {
    /// The key frame it begins with; below zero if that is before the part of the file that is
    /// shown.
    pub start_secs: f64,
    /// Where its last frame ends.
    pub end_secs: f64,
    pub n_audio_tracks: usize,
}

impl CutExtent {
    /// How much comes before the span that was asked for.
    pub fn lead_in_secs(&self, span: TimeSpan) -> f64 {
        (span.start_secs - self.start_secs).max(0.0)
    }

    /// How much comes after it.
    pub fn lead_out_secs(&self, span: TimeSpan) -> f64 {
        (self.end_secs - span.end_secs).max(0.0)
    }
}

/// Cuts parts out of one file.
pub struct Cutter {
    pub(super) source: Source,
    pub(super) cancel: Arc<AtomicBool>,
    /// Stream time of the first frame.
    zero_ns: i64,
    container: Container,
    /// What the first segment adds to timestamps; see [`Container::seek_shift_ns`].
    first_shift_ns: i64,
    /// How the cuts are written.
    pub(super) format: Format,
}

impl Cutter {
    /// Opens a file and looks at its tracks. Setting `cancel` stops this and every cut.
    ///
    /// # Errors
    /// As for [`Source::open`] and [`Self::new`].
    pub fn open(path: &Path, cancel: Arc<AtomicBool>) -> Result<Self, VideoError> {
        Self::new(&Source::open(path)?, cancel)
    }

    /// Looks at the tracks of an opened file. Setting `cancel` stops this and every cut.
    ///
    /// # Errors
    /// As for [`Source::info`], or if no container takes its video.
    pub fn new(source: &Source, cancel: Arc<AtomicBool>) -> Result<Self, VideoError> {
        let zero_ns = zero_ns(source, &cancel)?;
        let mut feed = Feed::open(source, Delivery::Tracks, Arc::clone(&cancel))?;
        if !feed.meet_all_tracks()? {
            feed.reader.check_streams()?;
            return Err(VideoError::Damaged {
                path: source.path().to_path_buf(),
                reason: "it holds no picture".to_owned(),
            });
        }
        let container = feed.reader.container();
        let n_tracks = feed.reader.n_tracks();
        feed.track(n_tracks - 1);
        let first_shift_ns = feed.tracks[VIDEO_TRACK].first_shift_ns.unwrap_or(0);
        Ok(Self {
            source: source.clone(),
            cancel,
            zero_ns,
            container,
            first_shift_ns,
            format: Format::of(source, feed)?,
        })
    }

    /// The extension for the names of the cuts, given by the container they are written in.
    pub fn extension(&self) -> &'static str {
        self.format.family.extension
    }

    /// Writes the part that covers `span` to `target`, which is replaced once the cut is complete.
    ///
    /// # Errors
    /// A target that is the source itself; a part without pictures; tracks that cannot be copied; a
    /// full disk. In all these cases nothing is left behind.
    pub fn cut(&self, span: TimeSpan, target: &Path) -> Result<CutExtent, VideoError> {
        self.refuse_source(target)?;
        self.each_way(span, |feed, part, (key_ns, end_ns)| {
            self.copy(feed, part, (key_ns, end_ns), target)
        })
    }

    /// # Errors
    /// Where the target is the source itself.
    pub fn refuse_source(&self, target: &Path) -> Result<(), VideoError> {
        // A target that does not exist yet is an error here, and not the source.
        match same_file::is_same_file(self.source.path(), target) {
            Ok(true) => Err(VideoError::Unwritable {
                path: target.to_path_buf(),
                reason: "it is the video that is cut".to_owned(),
            }),
            _ => Ok(()),
        }
    }

    /// Stream time of the ends.
    pub(super) fn times_of(&self, span: TimeSpan) -> (i64, i64) {
        let start_ns = self.zero_ns + ns(span.start_secs.max(0.0));
        (start_ns, self.zero_ns + ns(span.end_secs))
    }

    /// Tries `copy` with packets from near the key frame before `span`, then, as files without an index
    /// need it, from the beginning; until it gives something.
    pub(super) fn each_way<T>(
        &self,
        span: TimeSpan,
        mut copy: impl FnMut(Feed, Part, (i64, i64)) -> Result<Option<T>, VideoError>,
    ) -> Result<T, VideoError> {
        let (start_ns, end_ns) = self.times_of(span);
        let part = Part::of(self.source.edits(), self.zero_ns, (start_ns, end_ns))
            .map_err(|reason| self.uncuttable(&reason))?;
        let key_ns = self.key_before(start_ns, part)?;
        for from_ns in [Some((key_ns - AUDIO_LEAD_NS).max(part.start_ns)), None] {
            if !part.takes(from_ns) {
                continue;
            }
            let Some(feed) = self.feed_from(Delivery::Tracks, from_ns)? else {
                continue;
            };
            if let Some(made) = copy(feed, part, (key_ns, end_ns))? {
                return Ok(made);
            }
        }
        Err(self.uncuttable("its key frames are not found again"))
    }

    pub(super) fn uncuttable(&self, reason: &str) -> VideoError {
        VideoError::Uncuttable {
            path: self.source.path().to_path_buf(),
            reason: reason.to_owned(),
        }
    }

    /// Packets from near `from_ns`, or from the beginning. `None` if the file cannot be searched.
    pub(super) fn feed_from(
        &self,
        delivery: Delivery,
        from_ns: Option<i64>,
    ) -> Result<Option<Feed>, VideoError> {
        let mut feed = Feed::open(&self.source, delivery, Arc::clone(&self.cancel))?;
        let Some(from_ns) = from_ns else {
            return Ok(Some(feed));
        };
        // Without a container a jump lands somewhere, and nothing there says where that is.
        if self.container == Container::Bare {
            return Ok(None);
        }
        // A demuxer that jumps before it has found all streams would lose some of them.
        if !feed.meet_all_tracks()? {
            return Ok(None);
        }
        let shift_ns = self.container.seek_shift_ns(self.first_shift_ns);
        feed.forget();
        let sought = feed
            .reader
            .seek(from_ns + shift_ns, gst::SeekFlags::SNAP_BEFORE);
        Ok(sought.then_some(feed))
    }

    /// Stream time of the last key frame at or before `start_ns`.
    fn key_before(&self, start_ns: i64, part: Part) -> Result<i64, VideoError> {
        for from_ns in [Some(start_ns), None] {
            if !part.takes(from_ns) {
                continue;
            }
            let Some(mut feed) = self.feed_from(Delivery::Tracks, from_ns)? else {
                continue;
            };
            let mut last_key_ns = None;
            while let Some((track, packet)) = feed.next()? {
                if track != VIDEO_TRACK || !part.holds(packet.shift_ns) {
                    continue;
                }
                if packet.time_ns > start_ns + TOLERANCE_NS {
                    break;
                }
                if packet.is_key {
                    last_key_ns = Some(packet.time_ns);
                }
            }
            if let Some(key_ns) = last_key_ns {
                return Ok(key_ns);
            }
        }
        Err(self.uncuttable("there is no key frame to begin with"))
    }

    /// `None` if the key frame did not come.
    fn copy(
        &self,
        feed: Feed,
        part: Part,
        (key_ns, end_ns): (i64, i64),
        target: &Path,
    ) -> Result<Option<CutExtent>, VideoError> {
        let mut muxer = self.muxer(target, &self.format, (key_ns, end_ns))?;
        let place = Place::alone(key_ns);
        let Some(picture_end_ns) = self.fill(&mut muxer, feed, part, (key_ns, end_ns), place)?
        else {
            return Ok(None);
        };
        muxer.finish()?;
        Ok(Some(self.extent(key_ns, picture_end_ns)))
    }

    pub(super) fn extent(&self, key_ns: i64, picture_end_ns: i64) -> CutExtent {
        let audio = &self.format.tracks[VIDEO_TRACK + 1..];
        CutExtent {
            start_secs: secs(key_ns - self.zero_ns),
            end_secs: secs(picture_end_ns - self.zero_ns),
            n_audio_tracks: audio
                .iter()
                .filter(|caps| self.format.family.takes(caps))
                .count(),
        }
    }

    /// For a cut between these stream times.
    pub(super) fn muxer(
        &self,
        target: &Path,
        format: &Format,
        span_ns: (i64, i64),
    ) -> Result<Muxer, VideoError> {
        let subtitles = self.subtitles(span_ns)?;
        let cancel = Arc::clone(&self.cancel);
        let source = self.source.path();
        Muxer::create(source, target, format, span_ns, subtitles, cancel)
    }

    fn subtitles(&self, span_ns: (i64, i64)) -> Result<Vec<Subtitle>, VideoError> {
        if !self.format.has_subtitles {
            return Ok(Vec::new());
        }
        let from_ns = (span_ns.0 - LONGEST_LINE_NS).max(0);
        for from_ns in [Some(from_ns).filter(|ns| *ns > 0), None] {
            if let Some(feed) = self.feed_from(Delivery::Subtitles, from_ns)? {
                return subtitles::between(feed, self.format.family, span_ns);
            }
        }
        Ok(Vec::new())
    }
}

#[cfg(test)]
mod tests;
