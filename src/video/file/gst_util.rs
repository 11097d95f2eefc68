//! Small helpers around GStreamer: starting it, making elements, converting errors.

use std::sync::Once;
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_video as gst_video;

use crate::video::file::error::VideoError;

/// How long anything waits for the next piece of data before it gives up.
pub(in crate::video) const DATA_TIMEOUT: Duration = Duration::from_secs(10);

pub(in crate::video) fn init() -> Result<(), VideoError> {
    gst::init().map_err(|error| VideoError::Gstreamer(error.to_string()))?;
    static LOG: Once = Once::new();
    // On damaged files elements complain to GLib of their own mistakes, which would land on the
    // terminal between the lines of this program.
    LOG.call_once(|| {
        gst::glib::log_set_default_handler(|domain, level, text| {
            let domain = domain.unwrap_or("GLib");
            // GLib ends the process after this, with a signal and without a word: mostly because a
            // damaged file made an element ask for more memory than there is.
            if level == gst::glib::LogLevel::Error {
                eprintln!(
                    "error: {domain}: {text}; leave out the file that was read last, or convert it"
                );
                std::process::exit(1);
            }
            log::debug!("{domain}: {text}");
        });
    });
    Ok(())
}

pub(in crate::video) fn element(factory: &str) -> Result<gst::Element, VideoError> {
    gst::ElementFactory::make(factory)
        .build()
        .map_err(|_| VideoError::Gstreamer(format!("the element {factory} is missing")))
}

pub(in crate::video) fn gst_error(error: impl std::fmt::Display) -> VideoError {
    VideoError::Gstreamer(error.to_string())
}

/// The name of the first demuxer inside (`qtdemux`, `matroskademux`, …), once there is one.
pub(in crate::video) fn find_demuxer(bin: &gst::Element) -> Option<String> {
    bin.downcast_ref::<gst::Bin>()?
        .iterate_recurse()
        .into_iter()
        .flatten()
        .filter_map(|element| element.factory())
        .find(|factory| factory.has_type(gst::ElementFactoryType::DEMUXER))
        .map(|factory| factory.name().to_string())
}

/// Answers a decoder that frames may have any strides. Otherwise libav's decoders would copy every
/// frame into the packed layout, even the frames that are dropped here.
pub(in crate::video) fn answer_allocation(
    pad: &gst::Pad,
    parent: Option<&gst::Object>,
    query: &mut gst::QueryRef,
) -> bool {
    match query.view_mut() {
        gst::QueryViewMut::Allocation(allocation) => {
            allocation.add_allocation_meta::<gst_video::VideoMeta>(None);
            true
        }
        _ => gst::Pad::query_default(pad, parent, query),
    }
}
