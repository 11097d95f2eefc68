//! Parts of a video as files of their own, without re-encoding.
//!
//! ```text
//! Cutter ─▶ Feed (packets of all tracks) ─▶ PictureEnd, Sound (what belongs to it) ─▶ Muxer
//! ```

pub(super) mod cutter;
mod display_times;
mod family;
mod feed;
mod muxer;
mod packet;
mod part;
mod picture_end;
mod pose;
mod sound;
mod turn;
