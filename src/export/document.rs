//! What is exported: a video, and what was found in it.

use std::path::{Path, PathBuf};

use url::Url;

use super::frame_rate::FrameRate;
use super::timecode::Numbering;
use crate::domain::{Highlight, Moment, MomentOrder, Query, Verdict, count, file_name};
use crate::video::VideoInfo;

/// What is known about a video and what was found in it.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportDocument {
    /// Absolute, so that an editor finds the file.
    pub video: PathBuf,
    /// When the last frame ends.
    pub duration_secs: f64,
    pub frame_rate: FrameRate,
    /// The file does not say its rate, or says an average, and its pictures do not say one either.
    pub is_rate_assumed: bool,
    /// Pixels as shown, after rotation.
    pub width: u32,
    pub height: u32,
    /// The same before pixels are made square.
    pub stored_size: (u32, u32),
    /// Width to height of a stored pixel.
    pub pixel_aspect: (u32, u32),
    /// Of the first sound track, 0 without sound.
    pub n_audio_channels: u32,
    /// What the file calls its frames.
    pub numbering: Numbering,
    /// How long the file has only sound before the first picture. Other programs count from the
    /// beginning of the file, [`Moment`]s from the first picture.
    pub video_start_secs: f64,
    /// How moments follow each other; `None` leaves it to the format.
    pub order: Option<MomentOrder>,
    pub queries: Vec<ExportQuery>,
}

/// What a file is written of.
#[derive(Clone, Copy, Debug)]
pub enum Export<'a> {
    One(&'a ExportDocument),
    /// Moments of several videos for one timeline; all have the same queries in the same order. The
    /// form of the file does not depend on how many there are.
    Several(&'a [ExportDocument]),
}

impl<'a> Export<'a> {
    pub fn documents(self) -> &'a [ExportDocument] {
        match self {
            Self::One(document) => std::slice::from_ref(document),
            Self::Several(documents) => documents,
        }
    }

    /// How moments follow each other, where somebody has said it.
    pub(super) fn order(self) -> Option<MomentOrder> {
        self.documents().first()?.order
    }

    /// What a timeline of it is called.
    pub(super) fn title(self) -> String {
        match self {
            Self::One(document) => document.video_name(),
            Self::Several(documents) => count(documents.len(), "video"),
        }
    }

    /// For formats that editors cut by.
    pub(super) fn warn_of_assumed_rates(self) {
        for document in self.documents() {
            document.warn_of_assumed_rate();
        }
    }
}

/// What was found for one query.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportQuery {
    pub query: Query,
    /// How sure it is that the query occurs at all, `0.0..=1.0`, where that is known.
    pub present: Option<f32>,
    /// What the moments are, where that is known.
    pub verdict: Option<Verdict>,
    pub highlight: Option<Highlight>,
    /// Best first.
    pub moments: Vec<Moment>,
}

impl ExportDocument {
    /// A video with nothing found in it yet. Where frames come at varying times or at an impossible
    /// rate, they are counted as if they came at [`FrameRate::USUAL`].
    pub fn of_video(path: &Path, info: &VideoInfo, duration_secs: f64) -> Self {
        let stated = info.frame_rate.and_then(|(num, den)| {
            FrameRate::new(u32::try_from(num).ok()?, u32::try_from(den).ok()?).ok()
        });
        let frame_rate = stated.unwrap_or(FrameRate::USUAL);
        Self {
            video: std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
            duration_secs,
            frame_rate,
            is_rate_assumed: stated.is_none() || info.is_rate_average,
            width: info.width,
            height: info.height,
            stored_size: info.stored_size,
            pixel_aspect: info.pixel_aspect,
            n_audio_channels: info.n_audio_channels,
            numbering: info.start_timecode.map_or_else(
                || Numbering::from_zero(frame_rate),
                |start| Numbering::from_file(frame_rate, start),
            ),
            video_start_secs: info.video_start_secs,
            order: None,
            queries: Vec::new(),
        }
    }

    /// Editors may see other frames.
    pub(super) fn warn_of_assumed_rate(&self) {
        if self.is_rate_assumed {
            log::warn!(
                "{} has no fixed frame rate; {} frames per second are assumed, so cuts in an editor \
                 may be off",
                self.video.display(),
                (1000.0 * self.frame_rate.per_sec()).round() / 1000.0
            );
        }
    }

    /// What editors call the source.
    pub(super) fn video_name(&self) -> String {
        file_name(&self.video)
    }

    /// `file:///home/me/my%20film.mp4`; a path that is not absolute stays a path.
    pub(super) fn video_url(&self) -> String {
        let path = &self.video;
        Url::from_file_path(path).map_or_else(|()| path.to_string_lossy().into_owned(), Url::into)
    }

    /// Frames of the file before the first picture.
    pub(super) fn n_frames_before(&self) -> u64 {
        self.frame_rate.first_frame_from(self.video_start_secs)
    }

    /// Frames of the file, those before the first picture among them.
    pub(super) fn n_file_frames(&self) -> u64 {
        self.n_frames_before() + self.frame_rate.n_frames(self.duration_secs)
    }

    /// What other programs call a frame that is counted from the first picture.
    pub(super) fn file_frame(&self, frame: u64) -> u64 {
        self.numbering.first() + self.n_frames_before() + frame
    }

    /// Seconds from the beginning of the file to the beginning of a frame that is counted from the first
    /// picture.
    pub(super) fn file_secs(&self, frame: u64) -> f64 {
        self.video_start_secs + self.frame_rate.secs(frame)
    }

    /// Its timecode.
    pub(super) fn timecode(&self, frame: u64) -> String {
        self.numbering.timecode(self.file_frame(frame))
    }
}
