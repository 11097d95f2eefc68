//! Damage by which GStreamer ends the whole process, found before it reads the file.
//!
//! What is known by name was found by `examples/torture` with GStreamer 1.22; a window tries every file
//! in another process as well.

mod asf;
mod sound;
pub(in crate::video) mod trial;

use std::path::Path;

/// What is wrong, as the reason in [`VideoError::Damaged`](crate::video::VideoError::Damaged).
pub(super) fn reason(path: &Path) -> Option<&'static str> {
    if asf::has_false_index(path) {
        return Some("its index claims more than it holds");
    }
    if sound::has_no_channels(path) {
        return Some("it has sound without a channel");
    }
    trial::is_lost(path).then_some("a program that reads it ends at once")
}
