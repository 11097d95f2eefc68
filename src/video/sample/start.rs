//! The beginning of a video: the first frame that can be decoded, which is time zero.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use gstreamer as gst;

use crate::video::file::error::VideoError;
use crate::video::file::probe::first_packet_ns;
use crate::video::file::source::Source;
use crate::video::sample::decoder::{Decoder, DecoderError};
use crate::video::sample::frame::SamplerOptions;
use crate::video::sample::packet_source::{Packet, PacketSource, PassEnd};
use crate::video::sample::select::PacketInfo;

/// If no frame has come out of the decoder after this many packets, the start is damaged.
const MAX_PACKETS_TO_FIRST_FRAME: usize = 512;

/// How far before a target to jump, one after the other: without an index, demuxers land only near
/// the place they were asked for, sometimes after the key frame.
pub(super) const JUMPS_BACK_NS: [i64; 3] = [0, 2_000_000_000, 10_000_000_000];

/// After a jump, a key frame must come within this many packets.
pub(super) const MAX_PACKETS_TO_KEY: usize = 64;

/// What is known once the first frame has come out.
pub(super) struct Start {
    pub decoder: Decoder,
    pub zero_ns: i64,
    /// The packets that were read for it, in decoding order.
    pub early: Vec<(PacketInfo, Packet)>,
}

/// Reads up to the first frame that comes out and is shown, which is time zero: packets before the
/// first key frame and packets that an edit list hides do not count.
pub(super) fn first_frame(source: &mut PacketSource) -> Result<Start, PassEnd> {
    let mut early: Vec<(PacketInfo, Packet)> = Vec::new();
    let mut decoder: Option<Decoder> = None;
    loop {
        let packet = source.next()?;
        let at_end = packet.is_none();
        if let Some((info, packet)) = packet {
            let decoder = match &mut decoder {
                Some(decoder) => decoder,
                None => {
                    let new = new_decoder(source.reader.path(), &packet.caps)?;
                    new.watch(true);
                    decoder.insert(new)
                }
            };
            decoder.feed(&packet.buffer, packet.id, &packet.caps)?;
            early.push((info, packet));
        }
        let Some(decoding) = &mut decoder else {
            return Err(PassEnd::Doubt("the stream has no packets".to_owned()));
        };
        if at_end {
            decoding.drain()?;
        }
        let first = decoding.seen().into_iter().find_map(|id| {
            let (info, _) = early.iter().find(|(info, _)| info.id == id)?;
            info.shown
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

/// Stream time of the first frame, from which the sampler counts.
///
/// Where packets cannot be decoded one by one, that is the time of the first packet.
pub(in crate::video) fn zero_ns(
    source: &Source,
    cancel: &Arc<AtomicBool>,
) -> Result<i64, VideoError> {
    let options = SamplerOptions {
        cancel: Arc::clone(cancel),
        ..SamplerOptions::default()
    };
    let first = PacketSource::open(source, &options)
        .map_err(PassEnd::from)
        .and_then(|mut source| first_frame(&mut source));
    match first {
        Ok(start) => return Ok(start.zero_ns),
        Err(PassEnd::Video(error)) => return Err(error),
        Err(PassEnd::Doubt(doubt)) => log::debug!("{}: {doubt}", source.path().display()),
    }
    first_packet_ns(source, cancel)
}
