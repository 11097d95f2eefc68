//! Parts of a video as files of their own, without re-encoding.
//!
//! ```text
//! Cutter ─▶ Feed (packets of all tracks) ─▶ PictureEnd, Sound (what belongs to it) ─▶ Muxer
//! ```

pub(super) mod cutter;
mod feed;
mod muxer;
mod picture_end;
mod pose;
mod sound;
mod turn;
