//! Damage by which GStreamer ends the whole process, found before it reads the file.
//!
//! All of it was found by `examples/torture` with GStreamer 1.22.

mod asf;
mod sound;

use std::path::Path;

/// What is wrong, as the reason in [`VideoError::Damaged`](crate::video::VideoError::Damaged).
pub(super) fn reason(path: &Path) -> Option<&'static str> {
    if asf::has_false_index(path) {
        return Some("its index claims more than it holds");
    }
    sound::has_no_channels(path).then_some("it has sound without a channel")
}
