//! The packets of a file with their stream times and with what their bits say.

use gstreamer as gst;

use crate::video::file::container::Container;
use crate::video::file::error::VideoError;
use crate::video::file::gst_util::gst_error;
use crate::video::file::intake::Item;
use crate::video::file::orientation::Orientation;
use crate::video::file::reader::{Delivery, Reader};
use crate::video::file::source::Source;
use crate::video::file::timing::{StreamClock, shift_ns};
use crate::video::sample::bitstream::{Judge, Unjudgeable};
use crate::video::sample::decoder::DecoderError;
use crate::video::sample::frame::SamplerOptions;
use crate::video::sample::select::{PacketInfo, Refused};

/// Keeps ids positive for frames before the beginning of an edit list.
const ID_OFFSET_NS: i64 = 1_000 * 3600 * 1_000_000_000;

/// Why reading packets stops before the end.
#[derive(Debug)]
pub(super) enum PassEnd {
    /// Decoding only some of the packets might give a wrong frame.
    Doubt(String),
    Video(VideoError),
}

impl From<VideoError> for PassEnd {
    fn from(error: VideoError) -> Self {
        Self::Video(error)
    }
}

impl From<Refused> for PassEnd {
    fn from(refused: Refused) -> Self {
        Self::Doubt(refused.to_string())
    }
}

impl From<Unjudgeable> for PassEnd {
    fn from(_: Unjudgeable) -> Self {
        Self::Doubt("a packet is not what its codec says".to_owned())
    }
}

impl From<DecoderError> for PassEnd {
    fn from(error: DecoderError) -> Self {
        Self::Doubt(error.to_string())
    }
}

pub(super) struct Packet {
    pub id: u64,
    pub buffer: gst::Buffer,
    pub caps: gst::Caps,
}

/// Reads the packets one after the other.
pub(super) struct PacketSource {
    pub reader: Reader,
    judge: Option<Judge>,
    caps: Option<gst::Caps>,
    clock: StreamClock,
    segment_shift_ns: Option<i64>,
    first_shift_ns: Option<i64>,
    pub orientation: Orientation,
    container: Option<Container>,
    /// A new segment is expected after a jump.
    just_sought: bool,
    ended: bool,
}

impl PacketSource {
    pub fn open(source: &Source, options: &SamplerOptions) -> Result<Self, VideoError> {
        Ok(Self {
            reader: Reader::open(source, Delivery::Packets, options.cancel.clone())?,
            judge: None,
            caps: None,
            clock: StreamClock::default(),
            segment_shift_ns: None,
            first_shift_ns: None,
            orientation: source.stored_orientation().unwrap_or_default(),
            container: None,
            just_sought: false,
            ended: false,
        })
    }

    pub fn max_reorder(&self) -> usize {
        self.judge.as_ref().map_or(0, Judge::max_reorder)
    }

    /// The next packet, `None` at the end of the stream.
    pub fn next(&mut self) -> Result<Option<(PacketInfo, Packet)>, PassEnd> {
        while !self.ended || self.just_sought {
            match self.reader.next()? {
                Item::Caps(caps) => self.set_caps(caps)?,
                Item::Segment(segment) => self.set_segment(segment)?,
                Item::Tags(tags) => {
                    self.orientation = self.reader.orientation(&tags, self.orientation);
                }
                Item::Buffer(buffer) => return self.packet(buffer).map(Some),
                Item::Eos => {
                    self.ended = true;
                    self.just_sought = false;
                }
            }
        }
        Ok(None)
    }

    /// Jumps near `time_ns`; the next packet is a key frame or comes shortly before one.
    pub fn seek(&mut self, time_ns: i64, flags: gst::SeekFlags) -> bool {
        self.just_sought = true;
        self.ended = false;
        let first_shift_ns = self.first_shift_ns.unwrap_or(0);
        let shift_ns = self.container().seek_shift_ns(first_shift_ns);
        self.reader.seek(time_ns + shift_ns, flags)
    }

    fn container(&self) -> Container {
        self.container.unwrap_or_default()
    }

    fn set_caps(&mut self, caps: gst::Caps) -> Result<(), PassEnd> {
        if self.caps.as_ref() == Some(&caps) {
            return Ok(());
        }
        if self.container.is_none() {
            self.container = Some(self.reader.container());
            self.clock = self.container().clock();
        }
        let whole_frames = self.container().keeps_whole_frames();
        self.judge = Judge::from_caps(&caps, whole_frames);
        if self.judge.is_none() {
            return Err(PassEnd::Doubt(format!("packets cannot be judged: {caps}")));
        }
        self.caps = Some(caps);
        Ok(())
    }

    fn set_segment(
        &mut self,
        segment: gst::FormattedSegment<gst::ClockTime>,
    ) -> Result<(), PassEnd> {
        let shift_ns = shift_ns(&segment);
        let changed = self.segment_shift_ns.is_some_and(|shift| shift != shift_ns);
        if changed && !self.container().pts_is_stream_time() && !self.just_sought {
            return Err(PassEnd::Doubt("the file has several edits".to_owned()));
        }
        self.segment_shift_ns = Some(shift_ns);
        self.first_shift_ns.get_or_insert(shift_ns);
        self.just_sought = false;
        self.clock.set_segment(segment);
        Ok(())
    }

    fn packet(&mut self, buffer: gst::Buffer) -> Result<(PacketInfo, Packet), PassEnd> {
        let (Some(judge), Some(caps)) = (&mut self.judge, &self.caps) else {
            return Err(PassEnd::Doubt("packets without a format".to_owned()));
        };
        let flags = buffer.flags();
        if flags.contains(gst::BufferFlags::CORRUPTED) {
            return Err(PassEnd::Doubt("a packet is damaged".to_owned()));
        }
        let pts = buffer
            .pts()
            .ok_or_else(|| PassEnd::Doubt("a packet has no time".to_owned()))?;
        let time_ns = self.clock.stream_time_ns(pts);
        let shown = self.clock.shown(pts, buffer.duration());
        let kind = {
            let data = buffer.map_readable().map_err(gst_error)?;
            judge.judge(&data, !flags.contains(gst::BufferFlags::DELTA_UNIT))?
        };
        let id = u64::try_from(time_ns + ID_OFFSET_NS)
            .map_err(|_| PassEnd::Doubt("a packet is far before the start".to_owned()))?;
        let info = PacketInfo {
            id,
            time_ns,
            shown,
            kind,
        };
        let caps = caps.clone();
        Ok((info, Packet { id, buffer, caps }))
    }
}
