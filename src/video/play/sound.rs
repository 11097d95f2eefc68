//! Where sound goes.

use std::path::Path;
use std::sync::Once;

use gstreamer as gst;
use gstreamer::prelude::*;

use crate::video::file::error::VideoError;
use crate::video::file::gst_util::element;

/// Where Linux has its sound cards.
const CARDS: &str = "/dev/snd";

/// They ask libasound, which writes several lines to the terminal where there is no card.
const LOUD_WITHOUT_A_CARD: [&str; 2] = ["alsasink", "openalsink"];

/// The sound device of the system, whatever serves it. Fails when it is started without one.
pub(super) fn system_sink() -> Result<gst::Element, VideoError> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        if cfg!(target_os = "linux") && !Path::new(CARDS).exists() {
            let registry = gst::Registry::get();
            for name in LOUD_WITHOUT_A_CARD {
                if let Some(feature) = registry.lookup_feature(name) {
                    feature.set_rank(gst::Rank::NONE);
                }
            }
        }
    });
    element("autoaudiosink")
}

/// Plays at the right speed into nothing.
pub(super) fn silent_sink() -> Result<gst::Element, VideoError> {
    let sink = element("fakesink")?;
    sink.set_property("sync", true);
    Ok(sink)
}
