//! Parts of a video as files of their own, without re-encoding.
//!
//! ```text
//! Cutter ─▶ Feed (packets of all tracks) ─▶ PictureEnd, Sound (what belongs to it) ─▶ Muxer
//!        └▶ Feed (subtitles) ─▶ Subtitle (lines within it) ──────────────────────────▲
//! ```

mod chapters;
pub(super) mod cutter;
mod display_times;
mod family;
mod feed;
mod format;
mod muxer;
mod packed;
mod packet;
mod part;
mod picture_end;
mod pose;
mod sound;
mod subtitles;
mod timecode;
mod track;
mod turn;
mod unfinished;
