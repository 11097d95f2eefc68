//! The plain way: decode every frame, keep the last one before each clip's centre.
//!
//! Needs to know nothing about the packets, so it works for every file that GStreamer can play.

use gstreamer as gst;
use gstreamer_video as gst_video;
use image::RgbImage;

use crate::domain::ClipIndex;
use crate::video::file::error::VideoError;
use crate::video::file::gst_util::gst_error;
use crate::video::file::intake::Item;
use crate::video::file::orientation::Orientation;
use crate::video::file::picture::PictureMaker;
use crate::video::file::reader::{Delivery, Reader};
use crate::video::file::source::Source;
use crate::video::file::timing::{
    Extent, Shown, StreamClock, TOLERANCE_NS, centre_ns, is_wild_jump, secs, shift_ns,
};
use crate::video::sample::decoder::DecodedFrame;
use crate::video::sample::frame::{SampledFrame, SamplerOptions};
use crate::video::sample::start::JUMPS_BACK_NS;

/// The frame that is on screen until the next one comes.
struct Current {
    shown: Shown,
    frame: DecodedFrame,
    /// Converted at most once, even if it stands for many clips.
    image: Option<RgbImage>,
}

pub(super) struct SequentialPass {
    source: Source,
    options: SamplerOptions,
    reader: Reader,
    clock: StreamClock,
    seek_shift_ns: i64,
    info: Option<gst_video::VideoInfo>,
    orientation: Orientation,
    maker: PictureMaker,
    zero_ns: Option<i64>,
    latest_ns: i64,
    extent: Extent,
    current: Option<Current>,
    /// Came after `current` and waits until all clips before it have their frame.
    following: Option<Current>,
    next: ClipIndex,
    /// Where the first clip's frame is: at the centre of the clip, or in the middle of a video that
    /// is shorter than that.
    first_centre_ns: i64,
    ended: bool,
    problem: Option<VideoError>,
}

impl SequentialPass {
    pub fn open(
        source: &Source,
        options: &SamplerOptions,
        first: ClipIndex,
    ) -> Result<Self, VideoError> {
        let mut pass = Self::at_beginning(source, options, first)?;
        if options.jumps && first > ClipIndex(0) && !pass.jump()? {
            log::debug!("{}: cannot jump, reads all", source.path().display());
            pass = Self::at_beginning(source, options, first)?;
        }
        Ok(pass)
    }

    fn at_beginning(
        source: &Source,
        options: &SamplerOptions,
        first: ClipIndex,
    ) -> Result<Self, VideoError> {
        let reader = Reader::open(source, Delivery::Frames, options.cancel.clone())?;
        Ok(Self {
            source: source.clone(),
            options: options.clone(),
            reader,
            clock: StreamClock::default(),
            seek_shift_ns: 0,
            info: None,
            orientation: source.stored_orientation().unwrap_or_default(),
            maker: PictureMaker::default(),
            zero_ns: None,
            latest_ns: 0,
            extent: Extent::default(),
            current: None,
            following: None,
            next: first,
            first_centre_ns: centre_ns(ClipIndex(0)),
            ended: false,
            problem: None,
        })
    }

    /// Continues at the key frame before the next clip. `false` if it is not found.
    fn jump(&mut self) -> Result<bool, VideoError> {
        while self.zero_ns.is_none() {
            self.read()?;
        }
        let target_ns = self.centre_ns() + TOLERANCE_NS;
        for back_ns in JUMPS_BACK_NS {
            let sought_ns = self.zero_ns.unwrap_or(0) + target_ns - back_ns + self.seek_shift_ns;
            if !self.reader.seek(sought_ns, gst::SeekFlags::SNAP_BEFORE) {
                break;
            }
            (self.current, self.following) = (None, None);
            (self.ended, self.problem) = (false, None);
            while self.current.is_none() && !self.ended {
                self.read()?;
            }
            let first = self.current.as_ref();
            if first.is_some_and(|first| self.since_zero(first.shown.start_ns) <= target_ns) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub fn duration_ns(&self) -> i64 {
        self.extent.duration_ns()
    }

    /// What went wrong after the first frame; everything before it was used.
    pub fn problem(&self) -> Option<&VideoError> {
        self.problem.as_ref()
    }

    pub fn next(&mut self) -> Result<Option<SampledFrame>, VideoError> {
        loop {
            let centre_ns = self.centre_ns();
            let target_ns = centre_ns + TOLERANCE_NS;
            if let Some(following) = &self.following {
                if self.since_zero(following.shown.start_ns) > target_ns {
                    return self.emit().map(Some);
                }
                self.current = self.following.take();
            } else if self.ended {
                return if centre_ns < self.extent.duration_ns() {
                    self.emit().map(Some)
                } else {
                    self.middle_of_short()
                };
            } else {
                self.read()?;
            }
        }
    }

    /// The next frame in the order of display, whatever clip it belongs to, with its time in nanoseconds
    /// since the first frame; `None` at the end.
    pub fn next_shown(&mut self) -> Result<Option<(i64, DecodedFrame)>, VideoError> {
        while self.current.is_none() && !self.ended {
            self.read()?;
        }
        let current = self.current.take();
        Ok(current.map(|it| (self.since_zero(it.shown.start_ns), it.frame)))
    }

    /// Which way up its pictures are.
    pub fn orientation(&self) -> Orientation {
        self.orientation
    }

    /// Where the next clip's frame is, counted from the first frame.
    fn centre_ns(&self) -> i64 {
        match self.next {
            ClipIndex(0) => self.first_centre_ns,
            next => centre_ns(next),
        }
    }

    fn since_zero(&self, time_ns: i64) -> i64 {
        time_ns - self.zero_ns.unwrap_or(0)
    }

    fn read(&mut self) -> Result<(), VideoError> {
        match self.reader.next() {
            Ok(Item::Caps(caps)) => {
                self.info = Some(gst_video::VideoInfo::from_caps(&caps).map_err(gst_error)?);
            }
            Ok(Item::Segment(segment)) => {
                if self.zero_ns.is_none() {
                    let container = self.reader.container();
                    self.clock = container.clock();
                    self.seek_shift_ns = container.seek_shift_ns(shift_ns(&segment));
                }
                self.clock.set_segment(segment);
            }
            Ok(Item::Tags(tags)) => {
                self.orientation = self.reader.orientation(&tags, self.orientation);
            }
            Ok(Item::Buffer(buffer)) => self.take_frame(buffer),
            Ok(Item::Eos) => {
                self.ended = true;
                if self.zero_ns.is_none() {
                    self.reader.check_bus()?;
                    self.reader.check_streams()?;
                    return Err(VideoError::Damaged {
                        path: self.source.path().to_path_buf(),
                        reason: "no frame could be decoded".to_owned(),
                    });
                }
                self.problem = self.reader.check_bus().err();
            }
            Err(VideoError::Cancelled) => return Err(VideoError::Cancelled),
            Err(error) if self.zero_ns.is_none() => return Err(error),
            Err(error) => {
                self.problem = Some(error);
                self.ended = true;
            }
        }
        Ok(())
    }

    fn take_frame(&mut self, buffer: gst::Buffer) {
        let Some(info) = self.info.clone() else {
            return;
        };
        let Some(pts) = buffer.pts() else {
            return;
        };
        let Some(shown) = self.clock.shown(pts, buffer.duration()) else {
            return;
        };
        if self.zero_ns.is_none() {
            self.zero_ns = Some(shown.start_ns);
            self.extent = Extent::new(shown.start_ns);
            self.latest_ns = shown.start_ns;
        }
        let container_end_ns = self
            .reader
            .container_duration_ns()
            .map(|duration_ns| self.zero_ns.unwrap_or(0) + duration_ns);
        if is_wild_jump(self.latest_ns, shown.start_ns, container_end_ns) {
            self.ended = true;
            self.problem = Some(VideoError::Damaged {
                path: self.source.path().to_path_buf(),
                reason: "its timestamps jump".to_owned(),
            });
            return;
        }
        self.latest_ns = shown.start_ns;
        self.extent.add(shown);
        let came = Current {
            shown,
            frame: DecodedFrame { buffer, info },
            image: None,
        };
        if self.current.is_none() {
            self.current = Some(came);
        } else {
            self.following = Some(came);
        }
    }

    fn emit(&mut self) -> Result<SampledFrame, VideoError> {
        let current = self.current.as_mut().ok_or_else(|| gst_error("no frame"))?;
        if current.image.is_none() {
            let image =
                self.maker
                    .picture(&current.frame.buffer, &current.frame.info, self.orientation);
            current.image = Some(image.map_err(gst_error)?);
        }
        let clip = self.next;
        self.next.0 += 1;
        Ok(SampledFrame {
            clip,
            time_secs: secs(current.shown.start_ns - self.zero_ns.unwrap_or(0)),
            image: current.image.clone().unwrap_or_default(),
        })
    }

    /// The frame of a video that ends before the centre of its first clip. This is only known at the
    /// end, so the video is read again up to its middle: keeping a second of full frames would take
    /// too much memory.
    fn middle_of_short(&mut self) -> Result<Option<SampledFrame>, VideoError> {
        if self.next > ClipIndex(0) {
            return Ok(None);
        }
        let middle_ns = self.extent.duration_ns() / 2;
        if middle_ns >= self.first_centre_ns {
            // A single picture without a duration.
            return self.emit().map(Some);
        }
        let mut again = Self::open(&self.source, &self.options, self.next)?;
        again.first_centre_ns = middle_ns;
        self.next.0 += 1;
        again.next()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::video::file::timing::ns;

    #[test]
    fn a_jump_skips_what_comes_before_the_key_frame() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/videos");
        for name in ["plain.mp4", "first100.ts", "late_start.mkv", "no_cues.mkv"] {
            for jumps in [false, true] {
                let options = SamplerOptions {
                    jumps,
                    ..SamplerOptions::default()
                };
                let source = Source::open(&folder.join(name)).unwrap();
                let mut pass = SequentialPass::open(&source, &options, ClipIndex(4)).unwrap();
                while pass.current.is_none() {
                    pass.read().unwrap();
                }
                let shown = pass.current.as_ref().unwrap().shown;
                let read_ns = pass.since_zero(shown.start_ns);
                assert_eq!(read_ns > ns(5.0), jumps, "{name}: {read_ns}");
                let frame = pass.next().unwrap().unwrap();
                assert!((frame.time_secs - 9.0).abs() < 0.0021, "{name}: {frame:?}");
            }
        }
    }
}
