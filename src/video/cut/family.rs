//! In which kind of container a cut is written, and what it holds.

use std::path::Path;

use gstreamer as gst;
use gstreamer::prelude::*;

use crate::video::file::beginning::StartTimecode;
use crate::video::file::container::Container;
use crate::video::file::orientation::Orientation;

/// A kind of container that can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Family {
    pub muxer: &'static str,
    pub extension: &'static str,
}

pub(super) const MP4: Family = Family::new("mp4mux", "mp4");
const MATROSKA: Family = Family::new("matroskamux", "mkv");

impl Family {
    const fn new(muxer: &'static str, extension: &'static str) -> Self {
        Self { muxer, extension }
    }

    /// The kind of the source if that takes all its tracks, else Matroska, which takes nearly all.
    ///
    /// Tracks are given by their caps, the video first. `None` if no container takes the video.
    pub fn of(source: &Path, container: Container, tracks: &[gst::Caps]) -> Option<Self> {
        let extension = source.extension().map(std::ffi::OsStr::to_ascii_lowercase);
        let extension = extension.as_deref().and_then(std::ffi::OsStr::to_str);
        let own = match (container, extension) {
            (Container::Mp4, Some("mov")) => Self::new("qtmux", "mov"),
            (Container::Mp4, _) => MP4,
            (Container::Matroska, Some("webm")) => Self::new("webmmux", "webm"),
            (Container::TransportStream, _) => Self::new("mpegtsmux", "ts"),
            _ => MATROSKA,
        };
        let takes_all = |family: Self| tracks.iter().all(|caps| family.way_in(caps).is_some());
        let takes_video = tracks
            .first()
            .is_some_and(|caps| MATROSKA.way_in(caps).is_some());
        if takes_all(own) {
            Some(own)
        } else {
            takes_video.then_some(MATROSKA)
        }
    }

    /// Whether it has the boxes of MP4, QuickTime's too.
    pub fn is_mp4(self) -> bool {
        matches!(self.muxer, "mp4mux" | "qtmux")
    }

    pub fn is_matroska(self) -> bool {
        matches!(self.muxer, "matroskamux" | "webmmux")
    }

    pub fn takes(self, caps: &gst::Caps) -> bool {
        self.way_in(caps).is_some()
    }

    /// The muxer's pad for a track, and the parser that has to come before it.
    pub fn way_in(self, caps: &gst::Caps) -> Option<(gst::PadTemplate, Option<&'static str>)> {
        let element = gst::ElementFactory::make(self.muxer).build().ok()?;
        let name = caps.structure(0)?.name().to_string();
        let of_same_name = |template: &gst::PadTemplate| {
            let caps = template.caps();
            caps.iter()
                .any(|structure| structure.name().as_str() == name)
        };
        let mut sinks: Vec<_> = element.pad_template_list().into_iter().collect();
        sinks.retain(|template| template.direction() == gst::PadDirection::Sink);
        let takes = |template: &&gst::PadTemplate| template.caps().can_intersect(caps);
        let direct = sinks.iter().find(takes).cloned();
        let parser = match name.as_str() {
            "video/x-h264" => Some("h264parse"),
            "video/x-h265" => Some("h265parse"),
            "video/x-av1" => Some("av1parse"),
            "video/x-vp9" => Some("vp9parse"),
            "audio/mpeg" => match caps.structure(0)?.get::<i32>("mpegversion") {
                Ok(1) => Some("mpegaudioparse"),
                _ => Some("aacparse"),
            },
            _ => None,
        };
        match direct {
            Some(template) => Some((template, None)),
            None => sinks
                .into_iter()
                .find(of_same_name)
                .map(|template| (template, parser))
                .filter(|(_, parser)| parser.is_some()),
        }
    }
}

/// How cuts of a file are written.
#[derive(Clone)]
pub(super) struct Format {
    pub family: Family,
    /// Caps of each track, the video first; empty caps for a track that never said what it is.
    pub tracks: Vec<gst::Caps>,
    /// Of each track, where it is known.
    pub languages: Vec<Option<String>>,
    /// Which way up the picture is.
    pub orientation: Orientation,
    /// When the source was made, as MP4 counts: in seconds since 1904.
    pub created: Option<u64>,
    /// Of the beginning of the source, if the container takes it.
    pub timecode: Option<StartTimecode>,
}
