//! Parts of a video as files of their own, without re-encoding.
//!
//! ```text
//! Cutter ─▶ Feed (packets of all tracks) ─▶ PictureEnd, Sound (what belongs to it) ─▶ Muxer
//! Joiner ─▶ the same of several parts, one behind the other in one Muxer
//! ```

pub(super) mod cutter;
mod display_times;
pub(super) mod exact;
mod family;
mod feed;
mod fill;
pub(super) mod join;
mod muxer;
mod packet;
mod part;
mod picture_end;
mod place;
mod pose;
mod sound;
mod turn;
