//! Frames for the encoder: exactly one per clip, or a rough preview of the whole video.
//!
//! ```text
//! Sampler ─┬─ PacketPass       decodes only what is needed
//!          └─ SequentialPass   decodes everything, where the first might be wrong
//! PreviewSampler               key frames only, coarse to fine
//! look                         every frame of a short part
//! ```

pub(super) mod bitstream;
pub(super) mod decoder;
pub(super) mod frame;
pub(super) mod look;
mod packet_pass;
mod packet_source;
pub(super) mod preview;
pub(super) mod sampler;
mod select;
mod sequential_pass;
pub(super) mod start;
