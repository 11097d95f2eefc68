//! A quick look at the whole video: key frames, coarse to fine.
//!
//! A key frame costs one seek and one decoded picture, wherever it is, so a few dozen of them
//! sketch the curve before exact sampling has begun. They are near the clips, not at their centres.

use std::collections::{HashSet, VecDeque};
use std::path::Path;

use gstreamer as gst;

use crate::domain::{CLIP_SECS, ClipIndex, n_clips};
use crate::video::file::error::VideoError;
use crate::video::file::picture::PictureMaker;
use crate::video::file::source::Source;
use crate::video::file::timing::{ns, secs};
use crate::video::sample::decoder::Decoder;
use crate::video::sample::frame::{SampledFrame, SamplerOptions};
use crate::video::sample::packet_source::{PacketSource, PassEnd};
use crate::video::sample::start::{MAX_PACKETS_TO_KEY, first_frame};

/// Rough frames over the whole video, each with the clip it belongs to; no clip twice.
///
/// Ends early and without an error if the file cannot be searched: this is an extra, and the
/// [`Sampler`](crate::video::Sampler) delivers every clip anyway.
pub struct PreviewSampler {
    packets: PacketSource,
    decoder: Decoder,
    maker: PictureMaker,
    zero_ns: i64,
    targets: VecDeque<usize>,
    done: HashSet<ClipIndex>,
    seen_keys: HashSet<u64>,
}

impl PreviewSampler {
    /// Opens a file and prepares up to `n_frames` frames; `None` if it cannot be searched this way.
    ///
    /// # Errors
    /// As [`Source::open`] and [`Self::new`].
    pub fn open(
        path: &Path,
        n_frames: usize,
        options: &SamplerOptions,
    ) -> Result<Option<Self>, VideoError> {
        Self::new(&Source::open(path)?, n_frames, options)
    }

    /// The same for an opened file.
    ///
    /// # Errors
    /// As [`Sampler::new`](crate::video::Sampler::new).
    pub fn new(
        source: &Source,
        n_frames: usize,
        options: &SamplerOptions,
    ) -> Result<Option<Self>, VideoError> {
        let doubt = |end| match end {
            PassEnd::Video(error) => Err(error),
            PassEnd::Doubt(reason) => {
                log::debug!("{}: no preview: {reason}", source.path().display());
                Ok(None)
            }
        };
        if !source.edits().is_empty() {
            return doubt(PassEnd::Doubt(
                "key frames may be hidden by edits".to_owned(),
            ));
        }
        let mut packets = PacketSource::open(source, options)?;
        let mut start = match first_frame(&mut packets) {
            Ok(found) => found,
            Err(end) => return doubt(end),
        };
        if let Err(error) = start.decoder.drain() {
            return doubt(error.into());
        }
        let Some(duration_ns) = packets.reader.container_duration_ns() else {
            return Ok(None);
        };
        let n_clips = n_clips(secs(duration_ns));
        Ok(Some(Self {
            packets,
            decoder: start.decoder,
            maker: PictureMaker::default(),
            zero_ns: start.zero_ns,
            targets: coarse_to_fine(n_clips, n_frames).into(),
            done: HashSet::new(),
            seen_keys: HashSet::new(),
        }))
    }

    fn frame_near(&mut self, clip: ClipIndex) -> Result<Option<SampledFrame>, PassEnd> {
        let target_ns = self.zero_ns + ns(clip.centre_secs());
        if !self.packets.seek(target_ns, gst::SeekFlags::SNAP_NEAREST) {
            return Err(PassEnd::Doubt("the file cannot be searched".to_owned()));
        }
        for _ in 0..MAX_PACKETS_TO_KEY {
            let Some((info, packet)) = self.packets.next()? else {
                return Ok(None);
            };
            if !info.kind.key {
                continue;
            }
            let time_secs = secs(info.time_ns - self.zero_ns).max(0.0);
            let clip = ClipIndex((time_secs / CLIP_SECS) as usize);
            if !self.seen_keys.insert(info.id) || !self.done.insert(clip) {
                return Ok(None);
            }
            self.decoder.want(info.id);
            self.decoder.feed(&packet.buffer, packet.id, &packet.caps)?;
            self.decoder.drain()?;
            let Some(frame) = self.decoder.take(info.id) else {
                return Ok(None);
            };
            let image = self
                .maker
                .picture(&frame.buffer, &frame.info, self.packets.orientation);
            let image = image.map_err(|error| PassEnd::Doubt(error.to_string()))?;
            return Ok(Some(SampledFrame {
                clip,
                time_secs,
                image,
            }));
        }
        Ok(None)
    }
}

impl Iterator for PreviewSampler {
    type Item = Result<SampledFrame, VideoError>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(target) = self.targets.pop_front() {
            let clip = ClipIndex(target);
            if self.done.contains(&clip) {
                continue;
            }
            match self.frame_near(clip) {
                Ok(Some(frame)) => return Some(Ok(frame)),
                Ok(None) => {}
                Err(PassEnd::Video(VideoError::Cancelled)) => {
                    self.targets.clear();
                    return Some(Err(VideoError::Cancelled));
                }
                Err(end) => {
                    log::debug!("preview ends: {end:?}");
                    self.targets.clear();
                }
            }
        }
        None
    }
}

/// Up to `n_frames` of `n_clips` clips: first evenly over the whole, then always the gaps between.
fn coarse_to_fine(n_clips: usize, n_frames: usize) -> Vec<usize> {
    let mut order = Vec::new();
    let mut taken = vec![false; n_clips];
    let mut n_parts = 8;
    while order.len() < n_frames.min(n_clips) {
        for part in 0..n_parts {
            let clip = (2 * part + 1) * n_clips / (2 * n_parts);
            if !taken[clip] && order.len() < n_frames {
                taken[clip] = true;
                order.push(clip);
            }
        }
        if n_parts > n_clips {
            order.extend((0..n_clips).filter(|clip| !taken[*clip]));
            break;
        }
        n_parts *= 2;
    }
    order.truncate(n_frames);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_video_comes_first_then_the_gaps() {
        let order = coarse_to_fine(80, 24);
        assert_eq!(&order[..8], [5, 15, 25, 35, 45, 55, 65, 75]);
        assert_eq!(order.len(), 24);
    }

    #[test]
    fn every_clip_is_visited_once_at_most() {
        for n_clips in [1, 2, 7, 75, 1000] {
            let mut order = coarse_to_fine(n_clips, usize::MAX);
            order.sort_unstable();
            assert_eq!(order, (0..n_clips).collect::<Vec<_>>());
        }
    }
}
