//! What people want to know of a video before it is decoded.

use crate::video::file::beginning::StartTimecode;
use crate::video::file::orientation::Orientation;

/// What a file says about its video.
#[derive(Clone, Debug, PartialEq)]
pub struct VideoInfo {
    /// From the first frame to where the last one ends; what the container says where finding the
    /// end would take long.
    pub duration_secs: f64,
    /// Frames per second as numerator and denominator, `None` for variable or unknown rates.
    pub frame_rate: Option<(i32, i32)>,
    /// That rate is an average: the pictures come at varying distances.
    pub is_rate_average: bool,
    /// Upright, with square pixels.
    pub width: u32,
    pub height: u32,
    /// Such as `H.264 (High Profile)`.
    pub codec: String,
    /// Of the first sound track, 0 without one.
    pub n_audio_channels: u32,
    pub orientation: Orientation,
    /// Upright, with the pixels as they are stored.
    pub stored_size: (u32, u32),
    /// Width to height of a stored pixel, upright; 1:1 for most.
    pub pixel_aspect: (u32, u32),
    /// Of the first frame, where the file has timecode.
    pub start_timecode: Option<StartTimecode>,
    /// How long the file has only sound before the first frame, as far as its header says.
    pub video_start_secs: f64,
}
