//! Videos in: what a file holds, one exact frame per clip, playback, cuts. The only place that names
//! GStreamer.
//!
//! ```text
//! file/      one opened file: Source, what it holds (probe), its packets or frames (Reader)
//! sample/    frames for the encoder: Sampler (exactly one per clip), PreviewSampler (key frames),
//!            look (any frames of a short part, and where the picture changes)
//! play/      pictures and sound for the window: Player
//! cut/       parts as files of their own, nothing re-encoded: Cutter; several as one: Joiner
//! ```
//!
//! `file` knows none of the others. `sample` and `play` know only `file`. `cut` knows `file`, and of
//! `sample` only how it finds its first frame and its key frames: a cut must count time from the same
//! zero and begin at the same key frames as the frames that were searched.
//!
//! Times are stream time in seconds; zero is the first video frame, whatever its PTS in the file.
//! Every wait in here ends: by data, by an error, by cancelling, or after ten seconds. A file is never
//! trusted: not its name, its length or its flags.

mod cut;
mod file;
mod play;
mod sample;

pub use cut::cutter::{CutExtent, Cutter};
pub use cut::join::Joiner;
pub use file::beginning::StartTimecode;
pub use file::error::VideoError;
pub use file::fatal::trial::try_videos_with;
pub use file::info::VideoInfo;
pub use file::names::{VIDEO_EXTENSIONS, begins_like_video, is_video_name};
pub use file::orientation::Orientation;
pub use file::probe::probe;
pub use file::source::Source;
pub use file::text_tracks::text_tracks;
pub use sample::frame::{SampledFrame, SamplerOptions, Strategy};
pub use sample::look::{Look, LookOptions, look};
pub use sample::preview::PreviewSampler;
pub use sample::sampler::{Sampler, frame_of_clip, thumbnail};

/// Which GStreamer is in use, such as `GStreamer 1.22.0`.
pub fn gstreamer_version() -> String {
    gstreamer::version_string().into()
}

/// Playback for the window.
pub mod player {
    pub use crate::video::file::transfer::Transfer;
    pub use crate::video::play::frame::{ColourMatrix, PlaneFormat, VideoFrame};
    pub use crate::video::play::player::{Player, SPEEDS};
    pub use crate::video::play::shared::{PlayState, PlayerEvent};
}
