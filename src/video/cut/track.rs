//! The way of one track into the muxer.

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use crate::video::file::error::VideoError;
use crate::video::file::gst_util::{element, gst_error};

pub(super) struct Track {
    pub source: gst_app::AppSrc,
    pub caps: gst::Caps,
    pub ended: bool,
}

impl Track {
    /// From its packets to the muxer, by the pad and the parser that [`Family::way_in`] names.
    ///
    /// [`Family::way_in`]: crate::video::cut::family::Family::way_in
    pub fn add(
        pipeline: &gst::Pipeline,
        mux: &gst::Element,
        (template, parser): (gst::PadTemplate, Option<&'static str>),
        caps: &gst::Caps,
    ) -> Result<Self, VideoError> {
        let source = gst_app::AppSrc::builder()
            .caps(caps)
            .format(gst::Format::Time)
            .max_bytes(0)
            .build();
        source.set_property("handle-segment-change", true);
        pipeline.add(&source).map_err(gst_error)?;
        let mut last: gst::Element = source.clone().upcast();
        if let Some(parser) = parser {
            let parser = element(parser)?;
            pipeline.add(&parser).map_err(gst_error)?;
            last.link(&parser).map_err(gst_error)?;
            last = parser;
        }
        let sink = mux
            .request_pad(&template, None, None)
            .ok_or_else(|| gst_error(format!("{} takes no further track", mux.name())))?;
        let pad = last
            .static_pad("src")
            .ok_or_else(|| gst_error("a parser without output"))?;
        pad.link(&sink).map_err(gst_error)?;
        Ok(Self {
            source,
            caps: caps.clone(),
            ended: false,
        })
    }

    /// More is expected, but nothing has come yet.
    pub fn is_starved(&self) -> bool {
        !self.ended && self.source.current_level_bytes() == 0
    }

    pub fn say_language(&self, language: Option<&str>) {
        let Some(language) = language else {
            return;
        };
        let mut tags = gst::TagList::new();
        if let Some(tags) = tags.get_mut() {
            tags.add::<gst::tags::LanguageCode>(&language, gst::TagMergeMode::Append);
            tags.set_scope(gst::TagScope::Stream);
        }
        self.source.send_event(gst::event::Tag::new(tags));
    }
}
