//! One opened video file: what it holds, and its packets or decoded frames.
//!
//! ```text
//! Source      the opened file: its path, what was found in it, each thing read once
//! Reader      packets or frames of a source, from a GStreamer pipeline of its own
//! Container   how MP4, Matroska and transport streams differ in their timestamps
//! ```
//! Everything that GIFs and truncated files need is handled in here; the other rooms do not
//! notice them.

pub(super) mod beginning;
mod byte_changes;
pub(super) mod chapters;
pub(super) mod container;
pub(super) mod edits;
pub(super) mod error;
pub(super) mod extras;
pub(super) mod fatal;
mod gif;
pub(super) mod gst_util;
mod hdr;
pub(super) mod info;
pub(super) mod intake;
pub(super) mod mp4;
mod mpeg;
pub(super) mod names;
pub(super) mod orientation;
pub(super) mod picture;
pub(super) mod probe;
mod rate;
pub(super) mod reader;
pub(super) mod source;
mod stored;
mod streams;
pub(super) mod text_tracks;
pub(super) mod timing;
pub(super) mod transfer;
pub(super) mod truncated;
