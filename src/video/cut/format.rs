//! How the cuts of a file are written: what of it they keep, and what they cannot.

use gstreamer as gst;

use crate::video::cut::chapters;
use crate::video::cut::family::Family;
use crate::video::cut::feed::Feed;
use crate::video::cut::subtitles;
use crate::video::file::beginning::StartTimecode;
use crate::video::file::chapters::Chapter;
use crate::video::file::container::Container;
use crate::video::file::error::VideoError;
use crate::video::file::extras::Extras;
use crate::video::file::orientation::Orientation;
use crate::video::file::source::Source;

/// How cuts of a file are written.
#[derive(Clone)]
pub(super) struct Format {
    pub family: Family,
    /// Caps of each track, the video first; empty caps for a track that never said what it is.
    pub tracks: Vec<gst::Caps>,
    /// Of each track, where it is known.
    pub languages: Vec<Option<String>>,
    /// Whether there are subtitles that the container takes.
    pub has_subtitles: bool,
    /// Of the whole film.
    pub chapters: Vec<Chapter>,
    /// Which way up the picture is.
    pub orientation: Orientation,
    /// When the source was made, as MP4 counts: in seconds since 1904.
    pub created: Option<u64>,
    /// Of the beginning of the source, if the container takes it.
    pub timecode: Option<StartTimecode>,
}

impl Format {
    /// For cuts of this source, all tracks of which `feed` has met. What they cannot keep is said in one
    /// line.
    ///
    /// # Errors
    /// No container takes the video.
    pub fn of(source: &Source, feed: Feed) -> Result<Self, VideoError> {
        let container = feed.reader.container();
        let tracks: Vec<_> = feed
            .tracks
            .iter()
            .map(|track| track.caps.clone().unwrap_or_else(gst::Caps::new_empty))
            .collect();
        let known: Vec<_> = tracks
            .iter()
            .filter(|caps| !caps.is_empty())
            .cloned()
            .collect();
        let family = Family::of(source.path(), container, &known);
        let family = family.ok_or_else(|| VideoError::Uncuttable {
            path: source.path().to_path_buf(),
            reason: "no container takes its video as it is".to_owned(),
        })?;
        let extras = match container {
            Container::Mp4 => Extras::read(source.path()),
            _ => Extras {
                created: feed.created,
                chapters: feed
                    .reader
                    .toc()
                    .map_or_else(Vec::new, |toc| chapters::of_toc(&toc)),
                ..Extras::default()
            },
        };
        let timecode = source.info()?.start_timecode;
        let timecode = timecode.filter(|_| family.is_mp4());
        let keeps_headers = family.is_mp4() || family.is_matroska();
        let is_turned = feed.orientation != Orientation::default();
        let subtitles = feed.reader.subtitles();
        let taken = subtitles
            .iter()
            .filter(|caps| subtitles::taken_caps(caps, family).is_some());
        let n_taken = taken.count();
        let lost_subtitles = match (subtitles.len(), n_taken) {
            (n, n_taken) if n == n_taken => None,
            (_, 0) => Some("subtitles".to_owned()),
            (n, n_taken) => Some(format!("{} of {n} subtitle tracks", n - n_taken)),
        };
        let has_chapters = extras.has_chapters || !extras.chapters.is_empty();
        let keeps_chapters = keeps_headers && !extras.chapters.is_empty();
        let lost = |is_lost: bool, what: &str| is_lost.then(|| what.to_owned());
        let left_out: Vec<_> = [
            lost(extras.has_timecode && timecode.is_none(), "timecode"),
            lost_subtitles,
            lost(has_chapters && !keeps_chapters, "chapters"),
            lost(is_turned && !keeps_headers, "turn of the picture"),
        ]
        .into_iter()
        .flatten()
        .collect();
        if !left_out.is_empty() {
            let path = source.path().display();
            log::warn!(
                "{path}: cuts are written without its {}",
                left_out.join(", ")
            );
        }
        Ok(Self {
            family,
            tracks,
            languages: feed
                .tracks
                .into_iter()
                .map(|track| track.language)
                .collect(),
            has_subtitles: n_taken > 0,
            chapters: extras.chapters,
            orientation: feed.orientation,
            created: extras.created,
            timecode,
        })
    }
}
