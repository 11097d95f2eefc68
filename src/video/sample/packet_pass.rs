//! The fast way: decode only the groups that hold a wanted frame, and only what that frame needs.
//!
//! ```text
//! Reader (packets) ─▶ Judge (key? droppable?) ─▶ Selector ─▶ Decoder ─▶ PictureMaker
//! ```
//! Whatever looks doubtful ends the pass with [`PassEnd::Doubt`]; the sampler goes on by decoding
//! everything. So this pass never returns a frame that plain decoding would not return.

use std::collections::VecDeque;
use std::path::Path;

use gstreamer as gst;
use image::RgbImage;

use super::decoder::{Decoder, DecoderError};
use super::gst_util::gst_error;
use super::packet_source::{Packet, PacketSource, PassEnd};
use super::picture::PictureMaker;
use super::sampler::SampledFrame;
use super::select::{Note, Selector, Step};
use super::timing::{TOLERANCE_NS, centre_ns, secs};
use super::{SamplerOptions, VideoError};
use crate::domain::ClipIndex;

/// The first frame comes out of the decoder within this many packets, or the start is damaged.
const MAX_PACKETS_TO_FIRST_FRAME: usize = 512;

/// Containers without an index jump to somewhere near the target, sometimes behind the key frame.
pub(super) const JUMPS_BACK_NS: [i64; 3] = [0, 2_000_000_000, 10_000_000_000];

/// Packets to read behind a jump until a key frame must have come.
pub(super) const MAX_PACKETS_TO_KEY: usize = 64;

/// A frame that was chosen and is still in the decoder.
struct Awaited {
    clip: ClipIndex,
    id: u64,
    start_ns: i64,
}

pub(super) struct PacketPass {
    source: PacketSource,
    decoder: Decoder,
    selector: Selector<Packet>,
    maker: PictureMaker,
    zero_ns: i64,
    awaited: VecDeque<Awaited>,
    last: Option<(u64, RgbImage)>,
    steps: Vec<Step<Packet>>,
    ended: bool,
    problem: Option<VideoError>,
}

impl PacketPass {
    pub fn open(path: &Path, options: &SamplerOptions) -> Result<Self, PassEnd> {
        let (source, start) = open_at_first_clip(path, options)?;
        let Start {
            decoder,
            zero_ns,
            early,
        } = start;
        let mut selector = Selector::new(zero_ns, source.max_reorder(), options.first_clip)
            .with_container_duration(source.reader.container_duration_ns());
        let mut steps = Vec::new();
        for (note, packet) in early {
            selector.push(note, packet, &mut steps)?;
        }
        Ok(Self {
            source,
            decoder,
            selector,
            maker: PictureMaker::default(),
            zero_ns,
            awaited: VecDeque::new(),
            last: None,
            steps,
            ended: false,
            problem: None,
        })
    }

    pub fn duration_ns(&self) -> i64 {
        self.selector.duration_ns()
    }

    /// What went wrong after the first frame: the part before it was used.
    pub fn problem(&self) -> Option<&VideoError> {
        self.problem.as_ref()
    }

    /// The clip that was not delivered yet.
    pub fn next_clip(&self) -> ClipIndex {
        self.awaited
            .front()
            .map_or(self.selector.next_clip(), |awaited| awaited.clip)
    }

    pub fn next(&mut self) -> Result<Option<SampledFrame>, PassEnd> {
        loop {
            self.take_steps()?;
            if let Some(frame) = self.deliver()? {
                return Ok(Some(frame));
            }
            if self.ended {
                return Ok(None);
            }
            let packet = match self.source.next() {
                Ok(packet) => packet,
                Err(PassEnd::Video(error)) if !matches!(error, VideoError::Cancelled) => {
                    self.problem = Some(error);
                    None
                }
                Err(end) => return Err(end),
            };
            match packet {
                Some((note, packet)) => self.selector.push(note, packet, &mut self.steps)?,
                None => self.finish()?,
            }
        }
    }

    fn finish(&mut self) -> Result<(), PassEnd> {
        self.ended = true;
        if self.problem.is_none() {
            self.problem = self.source.reader.check_bus().err();
        }
        self.selector.finish(&mut self.steps)?;
        self.take_steps()?;
        self.drain()
    }

    fn take_steps(&mut self) -> Result<(), PassEnd> {
        let steps = std::mem::take(&mut self.steps);
        for step in steps {
            match step {
                Step::Restart => self.drain()?,
                Step::Want { clip, id, start_ns } => {
                    let is_last = self.last.as_ref().is_some_and(|(last, _)| *last == id);
                    if !is_last {
                        self.decoder.want(id);
                    }
                    self.awaited.push_back(Awaited { clip, id, start_ns });
                }
                Step::Feed(packet) => {
                    self.decoder.feed(&packet.buffer, packet.id, &packet.caps)?;
                }
            }
        }
        if self.decoder.is_damaged() {
            return Err(PassEnd::Doubt("the decoder reports damage".to_owned()));
        }
        Ok(())
    }

    fn drain(&mut self) -> Result<(), PassEnd> {
        self.decoder.drain()?;
        let last = self.last.as_ref().map(|(id, _)| *id);
        for awaited in &self.awaited {
            if Some(awaited.id) != last && !self.decoder.has(awaited.id) {
                return Err(PassEnd::Doubt(format!(
                    "no frame came out for clip {}",
                    awaited.clip.0
                )));
            }
        }
        Ok(())
    }

    fn deliver(&mut self) -> Result<Option<SampledFrame>, PassEnd> {
        let Some(awaited) = self.awaited.front() else {
            return Ok(None);
        };
        let id = awaited.id;
        if let Some(frame) = self.decoder.take(id) {
            let image = self
                .maker
                .picture(&frame, self.source.orientation)
                .map_err(gst_error)?;
            self.last = Some((id, image));
        }
        let Some((_, image)) = self.last.as_ref().filter(|(last, _)| *last == id) else {
            return Ok(None);
        };
        let frame = SampledFrame {
            clip: awaited.clip,
            time_secs: secs(awaited.start_ns - self.zero_ns),
            image: image.clone(),
        };
        self.awaited.pop_front();
        Ok(Some(frame))
    }
}

/// The packets from the beginning, or from the key frame before the first clip.
fn open_at_first_clip(
    path: &Path,
    options: &SamplerOptions,
) -> Result<(PacketSource, Start), PassEnd> {
    let mut source = PacketSource::open(path, options)?;
    let mut start = first_frame(&mut source)?;
    if options.jumps && options.first_clip > ClipIndex(0) {
        start.decoder.drain()?;
        let target_ns = start.zero_ns + centre_ns(options.first_clip) + TOLERANCE_NS;
        match key_before(&mut source, target_ns)? {
            Some(key) => start.early = vec![key],
            None => {
                log::debug!("{}: cannot be searched, is read", path.display());
                source = PacketSource::open(path, options)?;
                start = first_frame(&mut source)?;
            }
        }
    }
    Ok((source, start))
}

/// Jumps to the last key frame at or before `target_ns`. `None` if that cannot be found.
fn key_before(
    source: &mut PacketSource,
    target_ns: i64,
) -> Result<Option<(Note, Packet)>, PassEnd> {
    for back_ns in JUMPS_BACK_NS {
        if !source.seek(target_ns - back_ns, gst::SeekFlags::SNAP_BEFORE) {
            break;
        }
        for _ in 0..MAX_PACKETS_TO_KEY {
            let Some((note, packet)) = source.next()? else {
                break;
            };
            if note.kind.key && note.time_ns <= target_ns {
                return Ok(Some((note, packet)));
            }
            if note.kind.key {
                break;
            }
        }
    }
    Ok(None)
}

/// What is known once the first frame came out.
pub(super) struct Start {
    pub decoder: Decoder,
    pub zero_ns: i64,
    /// The packets that were read for it, in decoding order.
    pub early: Vec<(Note, Packet)>,
}

/// Time zero is the first frame that comes out and is shown: packets before the first key frame
/// or hidden by an edit list do not count.
pub(super) fn first_frame(source: &mut PacketSource) -> Result<Start, PassEnd> {
    let mut early: Vec<(Note, Packet)> = Vec::new();
    let mut decoder: Option<Decoder> = None;
    loop {
        let packet = source.next()?;
        let at_end = packet.is_none();
        if let Some((note, packet)) = packet {
            let decoder = match &mut decoder {
                Some(decoder) => decoder,
                None => {
                    let new = new_decoder(source.reader.path(), &packet.caps)?;
                    new.watch(true);
                    decoder.insert(new)
                }
            };
            decoder.feed(&packet.buffer, packet.id, &packet.caps)?;
            early.push((note, packet));
        }
        let Some(decoding) = &mut decoder else {
            return Err(PassEnd::Doubt("the stream has no packets".to_owned()));
        };
        if at_end {
            decoding.drain()?;
        }
        let first = decoding.seen().into_iter().find_map(|id| {
            let (note, _) = early.iter().find(|(note, _)| note.id == id)?;
            note.shown
        });
        if let Some(shown) = first
            && let Some(decoder) = decoder.take()
        {
            decoder.watch(false);
            return Ok(Start {
                decoder,
                zero_ns: shown.start_ns,
                early,
            });
        }
        if at_end || early.len() > MAX_PACKETS_TO_FIRST_FRAME {
            return Err(PassEnd::Doubt("no first frame came out".to_owned()));
        }
    }
}

fn new_decoder(path: &Path, caps: &gst::Caps) -> Result<Decoder, PassEnd> {
    Decoder::new(caps).map_err(|error| match error {
        DecoderError::Missing(codec) => PassEnd::Video(VideoError::MissingCodec {
            path: path.to_path_buf(),
            codec,
        }),
        DecoderError::Failed(reason) => PassEnd::Doubt(reason),
    })
}

#[cfg(test)]
mod tests {
    use super::super::timing::ns;
    use super::*;

    #[test]
    fn a_jump_leaves_out_what_lies_before_the_key_frame() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/videos");
        // Key frames every two seconds or so.
        for name in [
            "plain.mp4",
            "first100.ts",
            "fragmented.mp4",
            "open_gop.mp4",
            "late_start.mkv",
            "no_cues.mkv",
        ] {
            let mut options = SamplerOptions {
                first_clip: ClipIndex(4),
                ..SamplerOptions::default()
            };
            for jumps in [false, true] {
                options.jumps = jumps;
                let mut pass = PacketPass::open(&folder.join(name), &options).unwrap();
                let (note, _) = pass.source.next().unwrap().unwrap();
                let read_ns = note.time_ns - pass.zero_ns;
                assert_eq!(read_ns > ns(5.0), jumps, "{name}: {read_ns}");
            }
        }
    }
}
