//! What the samplers deliver, and what can be asked of them.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use image::RgbImage;

use crate::domain::ClipIndex;

/// The frame that stands for a clip.
#[derive(Clone)]
pub struct SampledFrame {
    pub clip: ClipIndex,
    /// When the frame is shown; zero is the first frame of the video.
    pub time_secs: f64,
    /// Upright, with square pixels, full size.
    pub image: RgbImage,
}

impl std::fmt::Debug for SampledFrame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (width, height) = self.image.dimensions();
        write!(
            f,
            "clip {} at {:.3} s, {width}×{height}",
            self.clip.0, self.time_secs
        )
    }
}

/// How to get the frames; of exact frames the result is the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// Decode only what is needed, or everything where that might give a wrong frame.
    #[default]
    Auto,
    /// Decode everything.
    Sequential,
    /// As `Auto`, but fail where it would decode everything; for tests and measurements.
    PacketsOnly,
}

/// What to sample, and how.
#[derive(Clone, Debug)]
pub struct SamplerOptions {
    /// Where to continue after an interruption; earlier clips are not delivered.
    pub first_clip: ClipIndex,
    /// Jump to the first clip instead of reading everything before it. That takes the same time for
    /// every clip, but it relies on the container's index, so it is meant for single clips.
    pub jumps: bool,
    /// Setting it stops the sampler: the next item is `VideoError::Cancelled`, and the last one.
    pub cancel: Arc<AtomicBool>,
    pub strategy: Strategy,
    /// A key frame inside a clip stands for it where there is one: what is decoded is then next to
    /// nothing. Where packets cannot be judged the exact frames come all the same.
    pub takes_keys: bool,
}

impl Default for SamplerOptions {
    fn default() -> Self {
        Self {
            first_clip: ClipIndex(0),
            jumps: false,
            cancel: Arc::default(),
            strategy: Strategy::Auto,
            takes_keys: false,
        }
    }
}
