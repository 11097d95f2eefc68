//! The fast way: decode only the groups that hold a wanted frame, and only what that frame needs.
//!
//! ```text
//! Reader (packets) ─▶ Judge (key? droppable?) ─▶ Selector ─▶ Decoder ─▶ PictureMaker
//! ```
//! Anything doubtful ends the pass with [`PassEnd::Doubt`], and the sampler continues by decoding
//! everything. So this pass never returns a frame that plain decoding would not return.

use std::collections::VecDeque;

use gstreamer as gst;
use image::RgbImage;

use crate::domain::ClipIndex;
use crate::video::file::error::VideoError;
use crate::video::file::gst_util::gst_error;
use crate::video::file::picture::PictureMaker;
use crate::video::file::source::Source;
use crate::video::file::timing::{TOLERANCE_NS, centre_ns, secs};
use crate::video::sample::decoder::Decoder;
use crate::video::sample::frame::{SampledFrame, SamplerOptions};
use crate::video::sample::packet_source::{Packet, PacketSource, PassEnd};
use crate::video::sample::select::{PacketInfo, Selector, Step};
use crate::video::sample::start::{JUMPS_BACK_NS, MAX_PACKETS_TO_KEY, Start, first_frame};

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
    pub fn open(source: &Source, options: &SamplerOptions) -> Result<Self, PassEnd> {
        let (source, start) = open_at_first_clip(source, options)?;
        let Start {
            decoder,
            zero_ns,
            early,
        } = start;
        let mut selector = Selector::new(zero_ns, source.max_reorder(), options.first_clip)
            .with_container_duration(source.reader.container_duration_ns())
            .with_keys(options.takes_keys);
        let mut steps = Vec::new();
        for (info, packet) in early {
            selector.push(info, packet, &mut steps)?;
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

    /// What went wrong after the first frame; everything before it was used.
    pub fn problem(&self) -> Option<&VideoError> {
        self.problem.as_ref()
    }

    /// The first clip that was not delivered yet.
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
                Some((info, packet)) => self.selector.push(info, packet, &mut self.steps)?,
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
                .picture(&frame.buffer, &frame.info, self.source.orientation)
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
    source: &Source,
    options: &SamplerOptions,
) -> Result<(PacketSource, Start), PassEnd> {
    let mut packets = PacketSource::open(source, options)?;
    let mut start = first_frame(&mut packets)?;
    if options.jumps && options.first_clip > ClipIndex(0) {
        start.decoder.drain()?;
        let target_ns = start.zero_ns + centre_ns(options.first_clip) + TOLERANCE_NS;
        match key_before(&mut packets, target_ns)? {
            Some(key) => start.early = vec![key],
            None => {
                log::debug!("{}: cannot jump, reads all", source.path().display());
                packets = PacketSource::open(source, options)?;
                start = first_frame(&mut packets)?;
            }
        }
    }
    Ok((packets, start))
}

/// Jumps to the last key frame at or before `target_ns`. `None` if it is not found.
fn key_before(
    source: &mut PacketSource,
    target_ns: i64,
) -> Result<Option<(PacketInfo, Packet)>, PassEnd> {
    for back_ns in JUMPS_BACK_NS {
        if !source.seek(target_ns - back_ns, gst::SeekFlags::SNAP_BEFORE) {
            break;
        }
        for _ in 0..MAX_PACKETS_TO_KEY {
            let Some((info, packet)) = source.next()? else {
                break;
            };
            if info.kind.key && info.time_ns <= target_ns {
                return Ok(Some((info, packet)));
            }
            if info.kind.key {
                break;
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::video::file::timing::ns;

    #[test]
    fn a_jump_skips_what_comes_before_the_key_frame() {
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
                let source = Source::open(&folder.join(name)).unwrap();
                let mut pass = PacketPass::open(&source, &options).unwrap();
                let (info, _) = pass.source.next().unwrap().unwrap();
                let read_ns = info.time_ns - pass.zero_ns;
                assert_eq!(read_ns > ns(5.0), jumps, "{name}: {read_ns}");
            }
        }
    }
}
