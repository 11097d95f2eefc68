//! A decoded frame as the GPU wants it: planes, and what they mean.

use gstreamer as gst;
use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;
use image::RgbImage;

use crate::video::file::orientation::{Orientation, square_size};
use crate::video::file::picture::PictureMaker;
use crate::video::file::transfer::Transfer;

/// How the planes are stored. Luma first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaneFormat {
    /// Three planes, 8 bits; chroma has half the width and height, rounded up.
    I420,
    /// Luma, then pairs of Cb and Cr; 8 bits.
    Nv12,
    /// As `I420`, each sample in 16 bits little-endian, of which the lower 10 are used.
    I420p10,
}

/// The weights that turn the planes into RGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColourMatrix {
    Bt601,
    Bt709,
    Bt2020,
}

/// A decoded picture in the decoder's own memory; nothing is copied.
pub struct VideoFrame {
    frame: gst_video::VideoFrame<gst_video::video_frame::Readable>,
    format: PlaneFormat,
    orientation: Orientation,
    time_secs: f64,
}

impl std::fmt::Debug for VideoFrame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ((width, height), format) = (self.size(), self.format);
        write!(f, "{width}×{height} {format:?} at {:.3} s", self.time_secs)
    }
}

/// What the video sink accepts; everything else is converted in the pipeline.
pub(super) fn accepted_caps() -> gst::Caps {
    gst_video::VideoCapsBuilder::new()
        .format_list([
            gst_video::VideoFormat::I420,
            gst_video::VideoFormat::Nv12,
            gst_video::VideoFormat::I42010le,
        ])
        .build()
}

impl VideoFrame {
    pub(super) fn new(
        sample: &gst::Sample,
        orientation: Orientation,
        time_secs: f64,
    ) -> Option<Self> {
        let info = gst_video::VideoInfo::from_caps(sample.caps()?).ok()?;
        let format = match info.format() {
            gst_video::VideoFormat::I420 => PlaneFormat::I420,
            gst_video::VideoFormat::Nv12 => PlaneFormat::Nv12,
            gst_video::VideoFormat::I42010le => PlaneFormat::I420p10,
            _ => return None,
        };
        let frame = gst_video::VideoFrame::from_buffer_readable(sample.buffer_owned()?, &info);
        Some(Self {
            frame: frame.ok()?,
            format,
            orientation,
            time_secs,
        })
    }

    pub fn format(&self) -> PlaneFormat {
        self.format
    }

    /// Width and height of the stored picture, before it is turned.
    pub fn size(&self) -> (u32, u32) {
        (self.frame.width(), self.frame.height())
    }

    /// Width and height on screen: upright, with square pixels.
    pub fn display_size(&self) -> (u32, u32) {
        let (width, height) = self.size();
        let (width, height) = square_size(width, height, self.frame.info().par());
        if self.orientation.is_sideways() {
            (height, width)
        } else {
            (width, height)
        }
    }

    /// How the stored picture has to be turned.
    pub fn orientation(&self) -> Orientation {
        self.orientation
    }

    /// The picture as the encoder gets it: upright, in RGB, with square pixels. Takes some milliseconds.
    /// `None` where the frame cannot be converted.
    pub fn picture(&self) -> Option<RgbImage> {
        let mut maker = PictureMaker::default();
        maker
            .picture(self.frame.buffer(), self.frame.info(), self.orientation)
            .ok()
    }

    /// When the frame begins; zero is the first frame.
    pub fn time_secs(&self) -> f64 {
        self.time_secs
    }

    pub fn n_planes(&self) -> usize {
        self.frame.n_planes() as usize
    }

    /// The bytes of a plane, and the number of bytes from one row to the next. Empty if there is no
    /// such plane.
    pub fn plane(&self, index: usize) -> (&[u8], usize) {
        let Some(stride) = self.frame.plane_stride().get(index) else {
            return (&[], 0);
        };
        match self.frame.plane_data(index as u32) {
            Ok(data) => (data, usize::try_from(*stride).unwrap_or(0)),
            Err(_) => (&[], 0),
        }
    }

    /// Columns and rows of samples in a plane (pairs for the chroma of [`PlaneFormat::Nv12`]).
    pub fn plane_size(&self, index: usize) -> (u32, u32) {
        let (width, height) = self.size();
        if index == 0 {
            (width, height)
        } else {
            (width.div_ceil(2), height.div_ceil(2))
        }
    }

    pub fn colour_matrix(&self) -> ColourMatrix {
        match self.frame.info().colorimetry().matrix() {
            gst_video::VideoColorMatrix::Bt709 => ColourMatrix::Bt709,
            gst_video::VideoColorMatrix::Bt2020 => ColourMatrix::Bt2020,
            gst_video::VideoColorMatrix::Unknown if self.frame.height() > 576 => {
                ColourMatrix::Bt709
            }
            _ => ColourMatrix::Bt601,
        }
    }

    pub fn transfer(&self) -> Transfer {
        Transfer::of(self.frame.info())
    }

    /// Whether samples use all values; otherwise black is 16 and white 235 (of 8 bits).
    pub fn is_full_range(&self) -> bool {
        self.frame.info().colorimetry().range() == gst_video::VideoColorRange::Range0_255
    }
}
