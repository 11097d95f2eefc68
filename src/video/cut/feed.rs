//! The packets of all tracks of a file, with what a cut needs to know about them.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use gstreamer as gst;

use crate::video::cut::display_times::DisplayTimes;
use crate::video::cut::packed::Unpacker;
use crate::video::cut::packet::Packet;
use crate::video::cut::turn::SECS_1904_TO_1970;
use crate::video::file::container::Container;
use crate::video::file::error::VideoError;
use crate::video::file::intake::{Item, VIDEO_TRACK};
use crate::video::file::orientation::Orientation;
use crate::video::file::reader::{Delivery, Reader};
use crate::video::file::source::Source;
use crate::video::file::timing::{StreamClock, shift_ns};
use crate::video::sample::bitstream::{Judge, PictureOrder};

/// Tracks that have not said by then what they are get skipped.
const MAX_PACKETS_TO_CAPS: usize = 1024;

/// How long a packet lasts if nothing says so.
const USUAL_FRAME_NS: i64 = 40_000_000;

#[derive(Default)]
pub(super) struct Track {
    pub caps: Option<gst::Caps>,
    /// Such as `de` or `deu`.
    pub language: Option<String>,
    /// A packet has come, so that everything that comes before it is known.
    has_begun: bool,
    caps_are_new: bool,
    judge: Option<Judge>,
    clock: StreamClock,
    shift_ns: i64,
    pub first_shift_ns: Option<i64>,
    ended: bool,
}

/// The packets of all tracks in the order of the file.
pub(super) struct Feed {
    pub reader: Reader,
    pub tracks: Vec<Track>,
    /// For a video whose packets do not say when they are shown.
    display: Option<DisplayTimes>,
    /// For a video whose packets may hold two pictures.
    unpacker: Option<Unpacker>,
    pub orientation: Orientation,
    /// When the file says it was made, in seconds since 1904.
    pub created: Option<u64>,
}

impl Feed {
    pub fn open(
        source: &Source,
        delivery: Delivery,
        cancel: Arc<AtomicBool>,
    ) -> Result<Self, VideoError> {
        Ok(Self {
            reader: Reader::open(source, delivery, cancel)?,
            tracks: vec![Track::default()],
            display: None,
            unpacker: None,
            orientation: source.stored_orientation().unwrap_or_default(),
            created: None,
        })
    }

    pub fn track(&mut self, track: usize) -> &mut Track {
        if self.tracks.len() <= track {
            self.tracks.resize_with(track + 1, Track::default);
        }
        &mut self.tracks[track]
    }

    /// Reads until every track has said what it is. `false` if there is no packet at all.
    pub fn meet_all_tracks(&mut self) -> Result<bool, VideoError> {
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
                .all(|track| track.has_begun || track.ended)
    }

    pub fn has_ended(&self, track: usize) -> bool {
        self.tracks.get(track).is_some_and(|track| track.ended)
    }

    /// Call before a jump: from then on no track has ended.
    pub fn forget(&mut self) {
        self.tracks.iter_mut().for_each(|track| track.ended = false);
        self.renew_display();
    }

    fn renew_display(&mut self) {
        let container = self.reader.container();
        let caps = self.tracks[VIDEO_TRACK].caps.as_ref();
        self.display = caps.and_then(|caps| DisplayTimes::of(caps, container));
        let is_mpeg4 = caps.is_some_and(|caps| PictureOrder::of(caps) == Some(PictureOrder::Mpeg4));
        self.unpacker = (is_mpeg4 && container == Container::Avi).then(Unpacker::default);
    }

    /// The next packet with its track, `None` when all tracks have ended.
    pub fn next(&mut self) -> Result<Option<(usize, Packet)>, VideoError> {
        loop {
            if let Some(packet) = self.display.as_mut().and_then(DisplayTimes::pop) {
                return Ok(Some((VIDEO_TRACK, packet)));
            }
            let all_ended = self.tracks.iter().all(|track| track.ended);
            if all_ended && self.tracks.len() >= self.reader.n_tracks() {
                return Ok(None);
            }
            let (index, item) = self.reader.next_of_track()?;
            match item {
                Item::Caps(caps) => self.set_caps(index, caps),
                Item::Segment(segment) => {
                    let shift_ns = shift_ns(&segment);
                    let container = self.reader.container();
                    let is_shifted = !container.pts_is_stream_time();
                    let track = self.track(index);
                    track.first_shift_ns.get_or_insert(shift_ns);
                    track.shift_ns = if is_shifted { shift_ns } else { 0 };
                    track.clock = container.clock();
                    track.clock.set_segment(segment);
                }
                Item::Tags(tags) if index == VIDEO_TRACK => {
                    self.orientation = self.reader.orientation(&tags, self.orientation);
                    self.created = self.created.or_else(|| created(&tags));
                }
                Item::Tags(tags) => {
                    let language = tags.get::<gst::tags::LanguageCode>();
                    if let Some(language) = language {
                        self.track(index).language = Some(language.get().to_owned());
                    }
                }
                Item::Eos => {
                    self.track(index).ended = true;
                    if let (VIDEO_TRACK, Some(display)) = (index, &mut self.display) {
                        display.finish();
                    }
                }
                Item::Buffer(buffer) => {
                    self.track(index).has_begun = true;
                    let mut packet = self.track(index).packet(buffer);
                    if let (VIDEO_TRACK, Some(unpacker)) = (index, &mut self.unpacker) {
                        packet = packet.and_then(|packet| unpacker.unpack(packet));
                    }
                    match (index, packet, &mut self.display) {
                        (_, None, _) => {}
                        (VIDEO_TRACK, Some(packet), Some(display)) => display.push(packet),
                        (_, Some(packet), _) => return Ok(Some((index, packet))),
                    }
                }
            }
        }
    }

    fn set_caps(&mut self, index: usize, caps: gst::Caps) {
        let whole_frames = self.reader.container().keeps_whole_frames();
        let track = self.track(index);
        if track.caps.as_ref() == Some(&caps) {
            return;
        }
        if index == VIDEO_TRACK {
            track.judge = Judge::from_caps(&caps, whole_frames);
        }
        track.caps = Some(caps);
        track.caps_are_new = true;
        if index == VIDEO_TRACK && self.display.is_none() {
            self.renew_display();
        }
    }
}

impl Track {
    /// `None` for a packet without a time.
    fn packet(&mut self, buffer: gst::Buffer) -> Option<Packet> {
        let pts = buffer.pts().or(buffer.dts())?;
        let marked_key = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        // The demuxer's mark is used only if the packet cannot be judged.
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

    /// How long a frame lasts according to the rate in the caps.
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

fn created(tags: &gst::TagListRef) -> Option<u64> {
    let date = tags
        .get::<gst::tags::DateTime>()?
        .get()
        .to_g_date_time()
        .ok()?;
    date.to_unix()
        .checked_add(SECS_1904_TO_1970)?
        .try_into()
        .ok()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const FRAME_NS: i64 = 40_000_000;

    fn open(name: &str) -> Feed {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/videos");
        let source = Source::open(&folder.join(name)).unwrap();
        Feed::open(&source, Delivery::Tracks, Arc::default()).unwrap()
    }

    fn packets(feed: &mut Feed) -> Vec<(usize, Packet)> {
        std::iter::from_fn(|| feed.next().unwrap()).collect()
    }

    #[test]
    fn every_packet_of_every_track_comes_with_its_time() {
        for (name, n_tracks) in [("plain.mp4", 2), ("first100.ts", 1), ("vp9.webm", 1)] {
            let mut feed = open(name);
            assert!(feed.meet_all_tracks().unwrap(), "{name}");
            assert_eq!(feed.tracks.len(), n_tracks, "{name}");
            let packets = packets(&mut open(name));
            let of_track = |wanted: usize| {
                let of_track = packets.iter().filter(move |(track, _)| *track == wanted);
                of_track.map(|(_, packet)| packet)
            };
            let mut shown_ns: Vec<_> = of_track(VIDEO_TRACK).map(|p| p.time_ns).collect();
            shown_ns.sort_unstable();
            let n_frames = if name == "vp9.webm" { 155 } else { 230 };
            assert_eq!(shown_ns.len(), n_frames, "{name}");
            for (index, time_ns) in shown_ns.iter().enumerate() {
                let off_ns = time_ns - shown_ns[0] - index as i64 * FRAME_NS;
                assert!(off_ns.abs() <= 1_000_000, "{name}: {time_ns} is {index}");
            }
            assert!(of_track(VIDEO_TRACK).next().unwrap().is_key, "{name}");
            let n_keys = of_track(VIDEO_TRACK).filter(|packet| packet.is_key).count();
            assert!((2..60).contains(&n_keys), "{name}: {n_keys} key frames");
            for track in 0..n_tracks {
                assert!(feed.tracks[track].caps.is_some(), "{name}");
                assert!(of_track(track).next().unwrap().new_caps.is_some(), "{name}");
                let changes = of_track(track).skip(1).filter(|p| p.new_caps.is_some());
                assert_eq!(changes.count(), 0, "{name}: the caps stay");
            }
            let heard_ns: Vec<_> = of_track(1).map(|packet| packet.time_ns).collect();
            assert!(heard_ns.is_sorted(), "{name}");
            assert_eq!(heard_ns.is_empty(), n_tracks == 1, "{name}");
        }
    }

    #[test]
    fn tracks_that_ended_are_known_and_continue_after_a_jump() {
        let mut feed = open("plain.mp4");
        let n_packets = packets(&mut feed).len();
        assert!(feed.has_ended(VIDEO_TRACK) && feed.has_ended(1));
        feed.forget();
        assert!(!feed.has_ended(VIDEO_TRACK));
        assert!(feed.reader.seek(5_000_000_000, gst::SeekFlags::SNAP_BEFORE));
        let rest = packets(&mut feed);
        assert!((10..n_packets).contains(&rest.len()), "{}", rest.len());
        assert!(
            rest.iter()
                .all(|(_, packet)| packet.time_ns > 3_000_000_000)
        );
        assert!(rest.iter().any(|(track, _)| *track == 1));
    }

    #[test]
    fn packets_hidden_by_an_edit_list_come_too() {
        let packets = packets(&mut open("edit_list.mp4"));
        assert!(packets[0].1.is_key && packets[0].1.time_ns < 0);
        assert!(packets[0].1.shift_ns < 0);
    }
}
