//! A part of a video as its own file, nothing decoded and nothing encoded.
//!
//! ```text
//! source     K . . . . . . . K . . . . . . . K . . . . .      K = key frame
//! span                             [─────────────)
//! cut                        [─────────────────────)
//!                            lead-in              lead-out
//! ```
//! A decoder can begin only at a key frame, so a cut begins with the last one at or before the
//! span. Where the last frames of the span are predicted from later ones, those come along too:
//! a few frames of lead-out, so that no frame inside is missing. Sound is copied packet by packet
//! with the same shift, so it stays in step.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use gstreamer as gst;

use super::bitstream::Judge;
use super::intake::Item;
use super::muxer::{Family, Muxer};
use super::packet_pass::first_frame;
use super::packet_source::{PacketSource, PassEnd};
use super::picture::Orientation;
use super::reader::{Delivery, Reader, VIDEO_TRACK};
use super::timing::{StreamClock, TOLERANCE_NS, ns, secs, shift_ns};
use super::{SamplerOptions, VideoError};
use crate::domain::TimeSpan;

/// Sound may lie in the file before the pictures that it belongs to.
const AUDIO_LEAD_NS: i64 = 500_000_000;

/// Sound that has not come this long after the pictures has ended.
const AUDIO_LAG_NS: i64 = 3_000_000_000;

/// Tracks that show nothing of themselves by then are left out.
const MAX_PACKETS_TO_CAPS: usize = 1024;

/// The first picture in display order is among these: decoders hold back at most 16.
const N_FIRST_PACKETS: usize = 18;

/// How long a packet is taken to last where nothing tells.
const USUAL_FRAME_NS: i64 = 40_000_000;

/// What a cut holds, in seconds of the source.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CutExtent {
    /// The key frame it begins with; below zero where that lies before the part of the file that
    /// is shown.
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
    path: PathBuf,
    cancel: Arc<AtomicBool>,
    /// Stream time of the first frame.
    zero_ns: i64,
    demuxer: Option<String>,
    /// What the first segment adds to timestamps; see [`PacketSource::seek`].
    first_shift_ns: i64,
    tags: Option<gst::TagList>,
    /// Caps of each track, the video first; empty caps for one that never spoke.
    tracks: Vec<gst::Caps>,
    family: Family,
}

impl Cutter {
    /// Looks at the tracks of a file. Setting `cancel` ends this and every cut.
    ///
    /// # Errors
    /// As for [`super::probe`], or when no container takes its video.
    pub fn open(path: &Path, cancel: Arc<AtomicBool>) -> Result<Self, VideoError> {
        let zero_ns = zero_ns(path, &cancel)?;
        let mut feed = Feed::open(path, Arc::clone(&cancel))?;
        if !feed.meet_all_tracks()? {
            feed.reader.check_streams()?;
            return Err(VideoError::Damaged {
                path: path.to_path_buf(),
                reason: "it holds no picture".to_owned(),
            });
        }
        let demuxer = feed.reader.demuxer();
        let n_tracks = feed.reader.n_tracks();
        feed.track(n_tracks - 1);
        let tracks: Vec<_> = feed
            .tracks
            .iter()
            .map(|track| track.caps.clone().unwrap_or_else(gst::Caps::new_empty))
            .collect();
        let spoke: Vec<_> = tracks
            .iter()
            .filter(|caps| !caps.is_empty())
            .cloned()
            .collect();
        let family = Family::of(path, demuxer.as_deref(), &spoke);
        let family = family.ok_or_else(|| VideoError::Uncuttable {
            path: path.to_path_buf(),
            reason: "no container takes its video as it is".to_owned(),
        })?;
        Ok(Self {
            path: path.to_path_buf(),
            cancel,
            zero_ns,
            demuxer,
            first_shift_ns: feed.tracks[VIDEO_TRACK].first_shift_ns.unwrap_or(0),
            tags: feed.orientation_tags,
            tracks,
            family,
        })
    }

    /// What the names of the cuts should end in, by the container they are written in.
    pub fn extension(&self) -> &'static str {
        self.family.extension
    }

    /// Writes the part that covers `span` to `target`, which is replaced once the cut is whole.
    ///
    /// # Errors
    /// A target that is the source itself; a part without pictures; tracks that cannot be copied;
    /// a full disk. Nothing is left behind then.
    pub fn cut(&self, span: TimeSpan, target: &Path) -> Result<CutExtent, VideoError> {
        if is_same_file(&self.path, target) {
            return Err(VideoError::Unwritable {
                path: target.to_path_buf(),
                reason: "it is the video that is cut".to_owned(),
            });
        }
        let start_ns = self.zero_ns + ns(span.start_secs.max(0.0));
        let end_ns = self.zero_ns + ns(span.end_secs);
        let key_ns = self.key_before(start_ns)?;
        // Files without an index are read from their beginning.
        for from_ns in [Some(key_ns - AUDIO_LEAD_NS), None] {
            if from_ns.is_some_and(|from_ns| from_ns <= self.zero_ns) {
                continue;
            }
            let Some(feed) = self.feed_from(from_ns)? else {
                continue;
            };
            if let Some(extent) = self.copy(feed, key_ns, end_ns, target)? {
                return Ok(extent);
            }
        }
        Err(self.uncuttable("its key frames are not found again"))
    }

    fn uncuttable(&self, reason: &str) -> VideoError {
        VideoError::Uncuttable {
            path: self.path.clone(),
            reason: reason.to_owned(),
        }
    }

    /// Packets from near `from_ns`, or from the beginning. `None` if the file cannot be searched.
    fn feed_from(&self, from_ns: Option<i64>) -> Result<Option<Feed>, VideoError> {
        let mut feed = Feed::open(&self.path, Arc::clone(&self.cancel))?;
        let Some(from_ns) = from_ns else {
            return Ok(Some(feed));
        };
        // A demuxer can jump once it has found its streams; before, some of them would get lost.
        if !feed.meet_all_tracks()? {
            return Ok(None);
        }
        let is_matroska = self.demuxer.as_deref() == Some("matroskademux");
        let shift_ns = if is_matroska { self.first_shift_ns } else { 0 };
        feed.forget();
        let sought = feed
            .reader
            .seek(from_ns + shift_ns, gst::SeekFlags::SNAP_BEFORE);
        Ok(sought.then_some(feed))
    }

    /// Stream time of the last key frame at or before `start_ns`.
    fn key_before(&self, start_ns: i64) -> Result<i64, VideoError> {
        for from_ns in [Some(start_ns), None] {
            if from_ns.is_some_and(|from_ns| from_ns <= self.zero_ns) {
                continue;
            }
            let Some(mut feed) = self.feed_from(from_ns)? else {
                continue;
            };
            let mut last_key_ns = None;
            while let Some((track, packet)) = feed.next()? {
                if track != VIDEO_TRACK {
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
        key_ns: i64,
        end_ns: i64,
        target: &Path,
    ) -> Result<Option<CutExtent>, VideoError> {
        let mut muxer = self.muxer(target)?;
        let Some(picture_end_ns) = self.fill(&mut muxer, feed, key_ns, end_ns)? else {
            return Ok(None);
        };
        muxer.finish()?;
        let audio = &self.tracks[VIDEO_TRACK + 1..];
        Ok(Some(CutExtent {
            start_secs: secs(key_ns - self.zero_ns),
            end_secs: secs(picture_end_ns - self.zero_ns),
            n_audio_tracks: audio.iter().filter(|caps| self.family.takes(caps)).count(),
        }))
    }

    fn muxer(&self, target: &Path) -> Result<Muxer, VideoError> {
        let tags = self.tags.as_ref();
        let cancel = Arc::clone(&self.cancel);
        Muxer::create(&self.path, target, self.family, &self.tracks, tags, cancel)
    }

    /// Copies the packets; gives where the last picture ends, `None` if the key frame did not come.
    fn fill(
        &self,
        muxer: &mut Muxer,
        mut feed: Feed,
        key_ns: i64,
        end_ns: i64,
    ) -> Result<Option<i64>, VideoError> {
        let mut picture = PictureEnd::new(end_ns);
        let mut began = false;
        let mut early_sound = Vec::new();
        let mut sounds: Vec<_> = self.tracks.iter().map(|_| Sound::new(key_ns)).collect();
        for (track, caps) in self.tracks.iter().enumerate() {
            sounds[track].is_done = track == VIDEO_TRACK || caps.is_empty();
        }
        let mut shift_ns = None;
        while let Some((track, packet)) = feed.next()? {
            if let Some(caps) = &packet.new_caps {
                muxer.set_caps(track, caps.clone());
            }
            let time_ns = packet.time_ns;
            if track == VIDEO_TRACK {
                if !began {
                    began = packet.is_key && (time_ns - key_ns).abs() <= TOLERANCE_NS;
                    if !began && time_ns > key_ns + TOLERANCE_NS && packet.is_key {
                        return Ok(None);
                    }
                    if began {
                        for (track, packet) in early_sound.drain(..) {
                            write(muxer, track, packet, key_ns)?;
                        }
                    }
                }
                if *shift_ns.get_or_insert(packet.shift_ns) != packet.shift_ns && began {
                    return Err(self.uncuttable("the file has several edits"));
                }
                // Pictures shown before the key frame need what lies before it.
                let is_leading = time_ns < key_ns - TOLERANCE_NS;
                if began && !packet.has_time {
                    return Err(self.uncuttable("its pictures carry no display times"));
                }
                if began && !is_leading {
                    for packet in picture.push(packet) {
                        write(muxer, track, packet, key_ns)?;
                    }
                }
            } else if let Some(sound) = sounds.get_mut(track) {
                sound.heard(time_ns);
                if time_ns >= end_ns {
                    sound.is_done = true;
                } else if time_ns >= key_ns - TOLERANCE_NS {
                    if began {
                        write(muxer, track, packet, key_ns)?;
                    } else {
                        early_sound.push((track, packet));
                    }
                }
            }
            for (track, sound) in sounds.iter_mut().enumerate() {
                sound.is_done |= feed.has_ended(track);
                if !sound.is_done && muxer.lacks(track) && sound.is_late(time_ns) {
                    sound.is_done = !self.is_heard_again(track, sound.heard_ns, end_ns)?;
                }
                // The pictures go on without the sound that has ended.
                if began && sound.is_done && track != VIDEO_TRACK {
                    muxer.end_track(track);
                }
            }
            let is_long_past = track == VIDEO_TRACK && time_ns - end_ns > AUDIO_LAG_NS;
            if picture.done && (is_long_past || sounds.iter().all(|sound| sound.is_done)) {
                break;
            }
        }
        if !began {
            return Ok(None);
        }
        for packet in picture.finish() {
            write(muxer, VIDEO_TRACK, packet, key_ns)?;
        }
        Ok(Some(picture.end_ns))
    }

    /// Whether a track that is silent since `from_ns` is heard again before `end_ns`.
    fn is_heard_again(&self, track: usize, from_ns: i64, end_ns: i64) -> Result<bool, VideoError> {
        let from_ns = from_ns + TOLERANCE_NS;
        // Files without an index are read from their beginning.
        for start_ns in [Some(from_ns), None] {
            let Some(mut feed) = self.feed_from(start_ns)? else {
                continue;
            };
            let mut is_past = false;
            while let Some((found, packet)) = feed.next()? {
                is_past |= packet.time_ns > from_ns;
                if found == track && packet.time_ns > from_ns {
                    return Ok(packet.time_ns < end_ns);
                }
                if packet.time_ns > end_ns + AUDIO_LAG_NS {
                    break;
                }
            }
            if is_past {
                break;
            }
        }
        Ok(false)
    }
}

/// How far a sound track has come.
struct Sound {
    heard_ns: i64,
    /// It has ended, or passed the end of the cut.
    is_done: bool,
    /// It was found to go on after a silence.
    is_awaited: bool,
}

impl Sound {
    fn new(key_ns: i64) -> Self {
        Self {
            heard_ns: key_ns,
            is_done: false,
            is_awaited: false,
        }
    }

    fn heard(&mut self, time_ns: i64) {
        self.heard_ns = self.heard_ns.max(time_ns);
        self.is_awaited = false;
    }

    /// Asked once per silence, for the answer costs a look into the file.
    fn is_late(&mut self, picture_ns: i64) -> bool {
        picture_ns - self.heard_ns > AUDIO_LAG_NS && !std::mem::replace(&mut self.is_awaited, true)
    }
}

fn write(muxer: &Muxer, track: usize, packet: Packet, key_ns: i64) -> Result<(), VideoError> {
    let dts_ns = packet.decode_ns.map(|ns| ns - key_ns);
    // Containers round; nothing but a decoding time may lie before zero.
    let pts_ns = (packet.time_ns - key_ns).max(0);
    muxer.push(track, packet.buffer, pts_ns, dts_ns)
}

/// Where the pictures end: as soon as every picture shown before the end has come.
///
/// A picture shown after the end may be one that pictures before the end are predicted from. So it
/// waits until its successor in display order arrives: if something before the end came between,
/// it belongs to the cut, else it and all later ones do not.
struct PictureEnd {
    asked_ns: i64,
    latest_ns: i64,
    held: Vec<Packet>,
    done: bool,
    /// Where the last written picture ends.
    end_ns: i64,
}

impl PictureEnd {
    fn new(asked_ns: i64) -> Self {
        Self {
            asked_ns,
            latest_ns: i64::MIN,
            held: Vec::new(),
            done: false,
            end_ns: i64::MIN,
        }
    }

    /// The next packet in decoding order; gives those that are now known to belong to the cut.
    fn push(&mut self, packet: Packet) -> Vec<Packet> {
        if self.done {
            return Vec::new();
        }
        let mut written = Vec::new();
        let is_latest = packet.time_ns > self.latest_ns;
        if is_latest && !self.held.is_empty() {
            written = self.release();
            if self.done {
                return written;
            }
        }
        self.latest_ns = self.latest_ns.max(packet.time_ns);
        if self.held.is_empty() && packet.time_ns < self.asked_ns - TOLERANCE_NS {
            self.note(&packet);
            written.push(packet);
        } else {
            self.held.push(packet);
        }
        written
    }

    /// What is held belongs to the cut only if something before the end is among it.
    fn release(&mut self) -> Vec<Packet> {
        let held = std::mem::take(&mut self.held);
        let wanted = held
            .iter()
            .any(|packet| packet.time_ns < self.asked_ns - TOLERANCE_NS);
        // The very first picture is kept in any case: a cut shows something.
        if wanted || self.end_ns == i64::MIN {
            held.iter().for_each(|packet| self.note(packet));
            held
        } else {
            self.done = true;
            Vec::new()
        }
    }

    fn note(&mut self, packet: &Packet) {
        self.end_ns = self.end_ns.max(packet.time_ns + packet.duration_ns);
    }

    fn finish(&mut self) -> Vec<Packet> {
        self.release()
    }
}

struct Packet {
    buffer: gst::Buffer,
    /// Stream time at which it is shown or heard.
    time_ns: i64,
    decode_ns: Option<i64>,
    duration_ns: i64,
    is_key: bool,
    /// Else the time is that of decoding.
    has_time: bool,
    /// What the segment adds to its timestamps.
    shift_ns: i64,
    /// Other caps than the packet before.
    new_caps: Option<gst::Caps>,
}

#[derive(Default)]
struct Track {
    caps: Option<gst::Caps>,
    caps_are_new: bool,
    judge: Option<Judge>,
    clock: StreamClock,
    shift_ns: i64,
    first_shift_ns: Option<i64>,
    ended: bool,
}

/// The packets of all tracks in the order of the file.
struct Feed {
    reader: Reader,
    tracks: Vec<Track>,
    orientation_tags: Option<gst::TagList>,
}

impl Feed {
    fn open(path: &Path, cancel: Arc<AtomicBool>) -> Result<Self, VideoError> {
        Ok(Self {
            reader: Reader::open(path, Delivery::Tracks, cancel)?,
            tracks: vec![Track::default()],
            orientation_tags: None,
        })
    }

    fn track(&mut self, track: usize) -> &mut Track {
        if self.tracks.len() <= track {
            self.tracks.resize_with(track + 1, Track::default);
        }
        &mut self.tracks[track]
    }

    /// Reads until every track has told what it is. `false` if there is no packet at all.
    fn meet_all_tracks(&mut self) -> Result<bool, VideoError> {
        let mut n_packets = 0;
        while n_packets == 0 || !self.has_all_caps() && n_packets < MAX_PACKETS_TO_CAPS {
            match self.next()? {
                Some(_) => n_packets += 1,
                None => break,
            }
        }
        Ok(n_packets > 0)
    }

    fn has_all_caps(&self) -> bool {
        self.reader.has_all_tracks()
            && self.tracks.len() == self.reader.n_tracks()
            && self
                .tracks
                .iter()
                .all(|track| track.caps.is_some() || track.ended)
    }

    fn has_ended(&self, track: usize) -> bool {
        self.tracks.get(track).is_some_and(|track| track.ended)
    }

    /// Before a jump: no track has ended any more.
    fn forget(&mut self) {
        self.tracks.iter_mut().for_each(|track| track.ended = false);
    }

    /// The next packet with its track, `None` when all tracks have ended.
    fn next(&mut self) -> Result<Option<(usize, Packet)>, VideoError> {
        loop {
            let all_ended = self.tracks.iter().all(|track| track.ended);
            if all_ended && self.tracks.len() >= self.reader.n_tracks() {
                return Ok(None);
            }
            let (index, item) = self.reader.next_of_track()?;
            match item {
                Item::Caps(caps) => self.set_caps(index, caps),
                Item::Segment(segment) => {
                    let shift_ns = shift_ns(&segment);
                    let is_matroska = self.reader.demuxer().as_deref() == Some("matroskademux");
                    let track = self.track(index);
                    track.first_shift_ns.get_or_insert(shift_ns);
                    track.shift_ns = if is_matroska { 0 } else { shift_ns };
                    track.clock = StreamClock::new(is_matroska);
                    track.clock.set_segment(segment);
                }
                Item::Tags(tags) if index == VIDEO_TRACK => {
                    if Orientation::from_tags(&tags).is_some() {
                        self.orientation_tags = Some(tags);
                    }
                }
                Item::Tags(_) => {}
                Item::Eos => self.track(index).ended = true,
                Item::Buffer(buffer) => {
                    if let Some(packet) = self.track(index).packet(buffer) {
                        return Ok(Some((index, packet)));
                    }
                }
            }
        }
    }

    fn set_caps(&mut self, index: usize, caps: gst::Caps) {
        let demuxer = self.reader.demuxer();
        let whole_frames = matches!(demuxer.as_deref(), Some("qtdemux" | "matroskademux"));
        let track = self.track(index);
        if track.caps.as_ref() == Some(&caps) {
            return;
        }
        if index == VIDEO_TRACK {
            track.judge = Judge::from_caps(&caps, whole_frames);
        }
        track.caps = Some(caps);
        track.caps_are_new = true;
    }
}

impl Track {
    /// `None` for a packet without a time.
    fn packet(&mut self, buffer: gst::Buffer) -> Option<Packet> {
        let pts = buffer.pts().or(buffer.dts())?;
        let marked_key = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        // A demuxer's mark is believed only where the packet cannot be judged.
        let is_key = match &mut self.judge {
            Some(judge) => {
                let data = buffer.map_readable().ok()?;
                judge.judge(&data, marked_key).is_ok_and(|kind| kind.key)
            }
            None => marked_key,
        };
        let duration = buffer.duration().map(|duration| duration.nseconds() as i64);
        Some(Packet {
            time_ns: self.clock.stream_time_ns(pts),
            decode_ns: buffer.dts().map(|dts| self.clock.stream_time_ns(dts)),
            duration_ns: duration.unwrap_or_else(|| self.frame_ns()),
            is_key,
            has_time: buffer.pts().is_some(),
            shift_ns: self.shift_ns,
            new_caps: self.take_new_caps(),
            buffer,
        })
    }

    fn take_new_caps(&mut self) -> Option<gst::Caps> {
        let is_new = std::mem::take(&mut self.caps_are_new);
        is_new.then(|| self.caps.clone()).flatten()
    }

    /// How long a frame lasts by the rate that the caps tell.
    fn frame_ns(&self) -> i64 {
        let rate = self.caps.as_ref().and_then(|caps| {
            let rate = caps.structure(0)?.get::<gst::Fraction>("framerate").ok()?;
            (rate.numer() > 0).then_some(rate)
        });
        rate.map_or(USUAL_FRAME_NS, |rate| {
            i64::from(rate.denom()) * 1_000_000_000 / i64::from(rate.numer())
        })
    }
}

/// Stream time of the first frame, as the sampler counts: the first one that can be decoded.
fn zero_ns(path: &Path, cancel: &Arc<AtomicBool>) -> Result<i64, VideoError> {
    let options = SamplerOptions {
        cancel: Arc::clone(cancel),
        ..SamplerOptions::default()
    };
    let first = PacketSource::open(path, &options)
        .map_err(PassEnd::from)
        .and_then(|mut source| first_frame(&mut source));
    match first {
        Ok(start) => return Ok(start.zero_ns),
        Err(PassEnd::Video(error)) => return Err(error),
        Err(PassEnd::Doubt(doubt)) => log::debug!("{}: {doubt}", path.display()),
    }
    let reader = Reader::open(path, Delivery::Packets, Arc::clone(cancel))?;
    let mut clock = StreamClock::default();
    let mut shown_ns = Vec::new();
    while shown_ns.len() < N_FIRST_PACKETS {
        match reader.next()? {
            Item::Segment(segment) => {
                clock = StreamClock::new(reader.demuxer().as_deref() == Some("matroskademux"));
                clock.set_segment(segment);
            }
            Item::Buffer(buffer) => {
                let time = buffer.pts().or(buffer.dts());
                let shown = time.and_then(|time| clock.shown(time, buffer.duration()));
                shown_ns.extend(shown.map(|shown| shown.start_ns));
            }
            Item::Eos => break,
            Item::Caps(_) | Item::Tags(_) => {}
        }
    }
    Ok(shown_ns.into_iter().min().unwrap_or(0))
}

fn is_same_file(a: &Path, b: &Path) -> bool {
    let (a, b) = (std::fs::canonicalize(a), std::fs::canonicalize(b));
    matches!((a, b), (Ok(a), Ok(b)) if a == b)
}

#[cfg(test)]
mod tests {
    use super::super::muxer::MAX_QUEUED_BYTES;
    use super::*;
    use gst::prelude::*;

    /// Twelve seconds of noise, more than a megabyte per picture, with sound where `is_heard`.
    fn film(dir: &Path, name: &str, muxer: &str, is_heard: fn(u64) -> bool) -> PathBuf {
        super::super::reader::init().unwrap();
        let path = dir.join(name);
        let writer = gst::parse::launch(&format!(
            "{muxer} name=m ! filesink location=\"{}\" \
             videotestsrc pattern=snow num-buffers=60 ! \
             video/x-raw,format=I420,width=1280,height=720,framerate=5/1 ! \
             jpegenc quality=100 ! m. \
             audiotestsrc num-buffers=120 samplesperbuffer=4410 ! \
             audio/x-raw,format=S16LE,rate=44100,channels=1 ! identity name=sound ! m.",
            path.display()
        ));
        let writer = writer.unwrap().downcast::<gst::Bin>().unwrap();
        let sound = writer.by_name("sound").unwrap();
        let sound = sound.static_pad("src").unwrap();
        sound.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            let time = info.buffer().and_then(|buffer| buffer.pts()).unwrap();
            if is_heard(time.mseconds()) {
                gst::PadProbeReturn::Ok
            } else {
                gst::PadProbeReturn::Drop
            }
        });
        writer.set_state(gst::State::Playing).unwrap();
        let ends = [gst::MessageType::Eos, gst::MessageType::Error];
        let patience = gst::ClockTime::from_seconds(120);
        let end = writer.bus().unwrap().timed_pop_filtered(patience, &ends);
        writer.set_state(gst::State::Null).unwrap();
        assert!(matches!(end.unwrap().view(), gst::MessageView::Eos(_)));
        path
    }

    fn sound_times(path: &Path) -> Vec<i64> {
        let mut feed = Feed::open(path, Arc::default()).unwrap();
        let mut times = Vec::new();
        while let Some((track, packet)) = feed.next().unwrap() {
            times.extend((track != VIDEO_TRACK).then_some(packet.time_ns));
        }
        times
    }

    #[test]
    fn sound_that_ends_early_does_not_hold_the_pictures_in_memory() {
        let dir = tempfile::tempdir().unwrap();
        for (name, muxer) in [("film.mkv", "matroskamux"), ("film.mov", "qtmux")] {
            let film = film(dir.path(), name, muxer, |at_ms| at_ms < 1_000);
            let cutter = Cutter::open(&film, Arc::default()).unwrap();
            let mut muxer = cutter.muxer(&dir.path().join("cut")).unwrap();
            let feed = cutter.feed_from(None).unwrap().unwrap();
            let end_ns = cutter.fill(&mut muxer, feed, 0, ns(12.0)).unwrap();
            assert_eq!(end_ns, Some(ns(12.0)), "{name}");
            let n_bytes = muxer.queued_bytes();
            assert!(n_bytes < 2 * MAX_QUEUED_BYTES, "{name}: {n_bytes} bytes");
            muxer.finish().unwrap();
        }
    }

    #[test]
    fn sound_behind_a_long_silence_is_cut_too() {
        let dir = tempfile::tempdir().unwrap();
        let is_heard = |at_ms| !(1_000..9_000).contains(&at_ms);
        let film = film(dir.path(), "film.mkv", "matroskamux", is_heard);
        let cut = dir.path().join("cut.mkv");
        let cutter = Cutter::open(&film, Arc::default()).unwrap();
        cutter.cut(TimeSpan::new(0.0, 12.0), &cut).unwrap();
        let times = sound_times(&cut);
        assert_eq!(times.len(), sound_times(&film).len());
        assert!(times.iter().any(|time_ns| *time_ns > ns(11.0)), "{times:?}");
    }
}
