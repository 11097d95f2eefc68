//! A part of a video as its own file that begins and ends on the very pictures that were asked for: what is
//! between key frames is copied, and only the edges are encoded anew.
//!
//! The file is read twice: once to see which pictures there are ([`plan`]), once to write them.

mod codec;
mod edge;
mod encoder;
mod output;
mod plan;

use std::path::Path;

use gstreamer as gst;

use crate::domain::TimeSpan;
use crate::video::cut::cutter::{AUDIO_LEAD_NS, CutExtent, Cutter};
use crate::video::cut::feed::Feed;
use crate::video::cut::muxer::Muxer;
use crate::video::cut::packet::Packet;
use crate::video::cut::part::Part;
use crate::video::cut::sound::AUDIO_LAG_NS;
use crate::video::file::error::VideoError;
use crate::video::file::intake::VIDEO_TRACK;
use crate::video::file::reader::Delivery;
use crate::video::file::timing::TOLERANCE_NS;
use crate::video::sample::decoder::Decoder;

use codec::{Codec, Parameters};
use edge::Edge;
use encoder::EdgeEncoder;
use output::Output;
use plan::{Plan, Scanned};

/// After the end so many pictures are looked at: one that is shown before it may still come.
const MAX_REORDER: usize = 32;

impl Cutter {
    /// As [`Cutter::cut`], but the file begins with the first picture of the span and ends with its last.
    /// Sound is copied, and is exact to a packet.
    ///
    /// # Errors
    /// As there; a codec that cannot be encoded here, or in which two encoders cannot follow each other.
    pub fn cut_exactly(&self, span: TimeSpan, target: &Path) -> Result<CutExtent, VideoError> {
        self.refuse_source(target)?;
        let caps = &self.format.tracks[VIDEO_TRACK];
        let codec = Codec::of(caps).ok_or_else(|| {
            self.uncuttable(
                "its edges cannot be encoded in its own way, which is known for progressive H.264, \
                 H.265, MPEG-2, VP8 and VP9; cut without exact edges",
            )
        })?;
        let source = Parameters::of(codec, caps);
        let (start_ns, end_ns) = self.times_of(span);
        self.each_way(span, |feed, part, (key_ns, _)| {
            let Some(scanned) = self.scan(feed, part, (key_ns, end_ns), (codec, &source))? else {
                return Ok(None);
            };
            let plan = Plan::of(&scanned, start_ns, end_ns)
                .map(|plan| plan.without_crumbs(&scanned, (start_ns, end_ns)))
                .ok_or_else(|| self.uncuttable("no picture begins in this part"))?;
            let cut = Exact {
                cutter: self,
                codec,
                source: &source,
                scanned: &scanned,
                plan: &plan,
                part,
                key_ns,
            };
            cut.write(target)?;
            Ok(Some(self.extent(plan.start_ns, plan.end_ns)))
        })
    }

    /// The pictures from the key frame on to well behind the end; `None` if the key frame did not come.
    fn scan(
        &self,
        mut feed: Feed,
        part: Part,
        (key_ns, end_ns): (i64, i64),
        (codec, source): (Codec, &Parameters),
    ) -> Result<Option<Vec<Scanned>>, VideoError> {
        let mut scanned: Vec<Scanned> = Vec::new();
        let mut n_behind = 0;
        while let Some((track, packet)) = feed.next()? {
            if track != VIDEO_TRACK || !part.holds(packet.shift_ns) {
                continue;
            }
            if scanned.is_empty() && !is_key_at(&packet, key_ns) {
                if packet.is_key && packet.time_ns > key_ns + TOLERANCE_NS {
                    return Ok(None);
                }
                continue;
            }
            if !packet.has_time {
                return Err(self.uncuttable("its pictures carry no display times"));
            }
            scanned.push(Scanned {
                time_ns: packet.time_ns,
                is_key: packet.is_key,
                is_entry: packet.is_key && codec.is_entry(&packet.buffer, source.framing),
                duration_ns: packet.duration_ns,
                delay_ns: packet.decode_ns.map(|ns| packet.time_ns - ns),
            });
            n_behind += usize::from(packet.time_ns >= end_ns);
            if n_behind > MAX_REORDER {
                break;
            }
        }
        Ok((!scanned.is_empty()).then_some(scanned))
    }
}

fn is_key_at(packet: &Packet, key_ns: i64) -> bool {
    packet.is_key && (packet.time_ns - key_ns).abs() <= TOLERANCE_NS
}

struct Exact<'a> {
    cutter: &'a Cutter,
    codec: Codec,
    source: &'a Parameters,
    scanned: &'a [Scanned],
    plan: &'a Plan,
    part: Part,
    key_ns: i64,
}

impl Exact<'_> {
    fn write(&self, target: &Path) -> Result<(), VideoError> {
        // Files without an index are read from their beginning.
        let early_ns = (self.key_ns - AUDIO_LEAD_NS).max(self.part.start_ns);
        for from_ns in [Some(early_ns), None] {
            if !self.part.takes(from_ns) {
                continue;
            }
            if self.write_from(from_ns, target)?.is_some() {
                return Ok(());
            }
        }
        Err(self.failed("its key frames are not found again"))
    }

    /// `None` if the key frame did not come.
    fn write_from(&self, from_ns: Option<i64>, target: &Path) -> Result<Option<()>, VideoError> {
        let mut format = self.cutter.format.clone();
        if self.plan.has_edges() {
            let caps = &mut format.tracks[VIDEO_TRACK];
            let Some(both) = self.caps_of_both(from_ns, caps)? else {
                return Ok(None);
            };
            *caps = both;
        }
        let span_ns = (self.plan.start_ns, self.plan.end_ns);
        let mut muxer = self.cutter.muxer(target, &format, span_ns)?;
        match self.fill(from_ns, &mut muxer)? {
            true => muxer.finish().map(Some),
            false => Ok(None),
        }
    }

    /// What the decoder calls a picture: decoders mend times that go back in the order of display.
    fn id(&self, at: usize) -> u64 {
        const BEFORE_ZERO_NS: i64 = 3_600_000_000_000;
        (self.scanned[at].time_ns + BEFORE_ZERO_NS).unsigned_abs()
    }

    fn failed(&self, reason: impl std::fmt::Display) -> VideoError {
        self.cutter.uncuttable(&reason.to_string())
    }

    /// What the stream is when it holds pictures of both encoders: one picture is encoded to see that.
    /// `None` if the key frame did not come.
    fn caps_of_both(
        &self,
        from_ns: Option<i64>,
        caps: &gst::Caps,
    ) -> Result<Option<gst::Caps>, VideoError> {
        let Some(mut feed) = self.cutter.feed_from(Delivery::Tracks, from_ns)? else {
            return Ok(None);
        };
        let mut decoder = Decoder::new(caps).map_err(|error| self.failed(error))?;
        while let Some((track, packet)) = feed.next()? {
            let is_first = track == VIDEO_TRACK && is_key_at(&packet, self.key_ns);
            if !is_first || !self.part.holds(packet.shift_ns) {
                continue;
            }
            decoder.want(0);
            decoder
                .feed(&packet.buffer, 0, caps)
                .and_then(|()| decoder.drain())
                .map_err(|error| self.failed(error))?;
            let frame = decoder
                .take(0)
                .ok_or_else(|| self.failed("its key frame cannot be decoded"))?;
            let mut encoder =
                EdgeEncoder::new(self.codec, self.source, &frame).map_err(|it| self.failed(it))?;
            encoder.push(&frame, 0).map_err(|it| self.failed(it))?;
            encoder.finish().map_err(|it| self.failed(it))?;
            let both = self
                .source
                .caps_with(self.codec, caps, &encoder.parameters());
            return both.map(Some);
        }
        Ok(None)
    }

    /// `false` if the key frame did not come.
    fn fill(&self, from_ns: Option<i64>, muxer: &mut Muxer) -> Result<bool, VideoError> {
        let plan = self.plan;
        let caps = &self.cutter.format.tracks[VIDEO_TRACK];
        let Some(mut feed) = self.cutter.feed_from(Delivery::Tracks, from_ns)? else {
            return Ok(false);
        };
        let mut out = Output::new(self, muxer);
        let mut head = Edge::new(self, &plan.head, 0, caps)?;
        let mut tail = Edge::new(self, &plan.tail, plan.tail_from, caps)?;
        // Pictures that wait for the head: those before them may be decoded later.
        let mut held: Vec<(usize, Packet)> = Vec::new();
        let mut n_pictures = 0;
        let mut pictures_end = false;
        let n_sounds = self.cutter.format.tracks.len() - 1;
        let mut sounds_past = vec![false; n_sounds];
        while let Some((track, packet)) = feed.next()? {
            let time_ns = packet.time_ns;
            if track != VIDEO_TRACK {
                let is_inside = (plan.start_ns - TOLERANCE_NS..plan.end_ns).contains(&time_ns);
                if is_inside {
                    out.sound(track, packet)?;
                } else if let Some(past) = sounds_past.get_mut(track - 1) {
                    *past |= time_ns >= plan.end_ns;
                }
            } else if self.part.holds(packet.shift_ns) && !pictures_end {
                if n_pictures == 0 && !is_key_at(&packet, self.key_ns) {
                    continue;
                }
                let at = n_pictures;
                n_pictures += 1;
                out.encoded(head.feed(self, at, &packet)?)?;
                if plan.copied.contains(&at) && !plan.leading.contains(&at) {
                    held.push((at, packet.clone()));
                }
                if head.is_done(at) {
                    out.encoded(head.finish(self)?)?;
                    for (at, packet) in held.drain(..) {
                        out.copied(at, packet)?;
                    }
                }
                let encoded = tail.feed(self, at, &packet)?;
                out.encoded(encoded)?;
                if tail.is_done(at) && at + 1 >= plan.copied.end && head.is_done(at) {
                    out.encoded(tail.finish(self)?)?;
                    pictures_end = true;
                }
            }
            for (sound, past) in sounds_past.iter_mut().enumerate() {
                *past |= feed.has_ended(sound + 1);
            }
            let is_long_past = track == VIDEO_TRACK && time_ns - plan.end_ns > AUDIO_LAG_NS;
            if pictures_end && (is_long_past || sounds_past.iter().all(|past| *past)) {
                break;
            }
        }
        if n_pictures == 0 {
            return Ok(false);
        }
        if !pictures_end {
            out.encoded(head.finish(self)?)?;
            for (at, packet) in held {
                out.copied(at, packet)?;
            }
            out.encoded(tail.finish(self)?)?;
        }
        Ok(true)
    }
}
