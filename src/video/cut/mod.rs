//! Parts of a video as files of their own, without re-encoding.
//!
//! ```text
//! Cutter ─▶ Feed (packets of all tracks) ─▶ PictureEnd, Sound (what belongs to it) ─▶ Muxer
//!        └▶ Feed (subtitles) ─▶ Subtitle (lines within it) ──────────────────────────▲
//! Joiner ─▶ the same of several parts, one behind the other in one Muxer
//! ```

mod chapters;
pub(super) mod cutter;
mod display_times;
pub(super) mod exact;
mod family;
mod feed;
mod fill;
mod format;
pub(super) mod join;
mod muxer;
mod packed;
mod packet;
mod part;
mod picture_end;
mod place;
mod pose;
mod sound;
mod subtitles;
mod timecode;
mod track;
mod turn;
mod unfinished;
