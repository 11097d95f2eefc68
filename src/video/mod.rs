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

#[path = "sample/bitstream.rs"]
mod bitstream;
#[path = "file/container.rs"]
mod container;
#[path = "cut/cutter.rs"]
mod cut;
#[path = "file/truncated.rs"]
mod cut_off;
#[path = "sample/decoder.rs"]
mod decoder;
#[path = "file/error.rs"]
mod error;
#[path = "file/names.rs"]
mod file_names;
#[path = "file/gif.rs"]
mod gif;
#[path = "file/gst_util.rs"]
mod gst_util;
#[path = "file/intake.rs"]
mod intake;
#[path = "file/mp4.rs"]
mod mp4;
#[path = "cut/turn.rs"]
mod mp4_turn;
#[path = "cut/muxer.rs"]
mod muxer;
#[path = "sample/packet_pass.rs"]
mod packet_pass;
#[path = "sample/packet_source.rs"]
mod packet_source;
#[path = "sample/picture.rs"]
mod picture;
#[path = "play/player.rs"]
pub mod player;
#[path = "sample/preview.rs"]
mod preview;
#[path = "file/probe.rs"]
mod probe;
#[path = "file/reader.rs"]
mod reader;
#[path = "sample/sampler.rs"]
mod sampler;
#[path = "sample/select.rs"]
mod select;
#[path = "sample/sequential_pass.rs"]
mod sequential_pass;
#[path = "file/beginning.rs"]
mod timecode;
#[path = "file/timing.rs"]
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
