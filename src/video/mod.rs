//! Videos in: what a file holds, one exact frame per clip, playback. The only place that names GStreamer.
//!
//! ```text
//! probe(path)      what is in the file: size, length, codec            (reads the first packets)
//! PreviewSampler   a rough look at the whole video, coarse to fine     (key frames only)
//! Sampler          exactly one frame per clip                          (decodes what it must)
//! Cutter           a part as its own file, nothing re-encoded       (packets only)
//! player::Player   pictures and sound for the window                   (its own pipeline)
//! ```
//!
//! Times are stream time in seconds; zero is the first video frame, whatever its PTS in the file.
//! Every wait in this module ends: by data, by an error, by cancelling, or after
//! [`DATA_TIMEOUT`]. A file is never trusted: not its name, its length or its flags.

mod bitstream;
mod container;
mod cut;
mod cut_off;
mod decoder;
mod error;
mod file_names;
mod gif;
mod gst_util;
mod intake;
mod mp4;
mod mp4_turn;
mod muxer;
mod packet_pass;
mod packet_source;
mod picture;
pub mod player;
mod preview;
mod probe;
mod reader;
mod sampler;
mod select;
mod sequential_pass;
mod timecode;
mod timing;

pub use cut::{CutExtent, Cutter};
pub use error::VideoError;
pub use file_names::{VIDEO_EXTENSIONS, is_video_name};
pub use picture::Orientation;
pub use preview::PreviewSampler;
pub use probe::{VideoInfo, probe};
pub use sampler::{SampledFrame, Sampler, SamplerOptions, Strategy, thumbnail};
pub use timecode::StartTimecode;

use std::time::Duration;

/// How long any part of this module waits for the next piece of data before it gives up.
pub const DATA_TIMEOUT: Duration = Duration::from_secs(10);
