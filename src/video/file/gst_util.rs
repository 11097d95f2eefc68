//! GStreamer started, its elements made, its complaints as ours.

use gstreamer as gst;
use gstreamer::prelude::*;

use super::VideoError;

pub(super) fn init() -> Result<(), VideoError> {
    gst::init().map_err(|error| VideoError::Gstreamer(error.to_string()))
}

pub(super) fn element(factory: &str) -> Result<gst::Element, VideoError> {
    gst::ElementFactory::make(factory)
        .build()
        .map_err(|_| VideoError::Gstreamer(format!("the element {factory} is missing")))
}

pub(super) fn gst_error(error: impl std::fmt::Display) -> VideoError {
    VideoError::Gstreamer(error.to_string())
}

pub(super) fn find_demuxer(bin: &gst::Element) -> Option<String> {
    bin.downcast_ref::<gst::Bin>()?
        .iterate_recurse()
        .into_iter()
        .flatten()
        .filter_map(|element| element.factory())
        .find(|factory| factory.has_type(gst::ElementFactoryType::DEMUXER))
        .map(|factory| factory.name().to_string())
}
