//! What the user sees, as plain data: the panels read it, events and actions change it.
//!
//! Nothing here draws, sends or waits, so that every rule about what is shown can be tested alone.

mod labelling;
mod lane;
mod news;
mod notice;
mod teaching;

use std::path::PathBuf;

use crate::domain::{Query, TimeSpan};
use crate::engine::{IndexProgress, PromptEntry, export_document};
use crate::export::{ExportDocument, file_name};
use crate::model::{BUNDLED, ModelInfo};
use crate::store::{DownloadProgress, RepoId};
use crate::video::VideoInfo;
use crate::worker::{QueryId, VideoId};

pub use labelling::{LabelBook, Selection};
pub use lane::{Lane, LatestAnswer, percent};
pub use notice::{Notice, NoticeId, Notices, Severity, capitalised};
pub use teaching::TeachRun;

/// As many queries as there are colours that everybody can tell apart.
pub const MAX_LANES: usize = 7;

/// The model, as far as the worker has told.
#[derive(Clone, Debug, Default)]
pub enum ModelState {
    #[default]
    Loading,
    /// Loaded on a GPU that compiles what it will run.
    Preparing,
    Ready(Box<ModelInfo>),
    /// Why there is none.
    Failed(String),
}

/// How far the open video is known.
#[derive(Clone, Debug, Default)]
pub enum Indexing {
    /// Nothing has been heard yet.
    #[default]
    Starting,
    Running(IndexProgress),
    /// Stopped by the user; can be resumed.
    Cancelled {
        n_done: usize,
    },
    Done {
        n_clips: usize,
        n_cached: usize,
    },
    /// Why it stopped.
    Failed(String),
}

impl Indexing {
    /// Whether the worker is busy with it.
    pub fn is_running(&self) -> bool {
        matches!(self, Self::Starting | Self::Running(_))
    }

    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done { .. })
    }
}

/// The video in the window.
#[derive(Clone, Debug)]
pub struct OpenVideo {
    pub id: VideoId,
    pub path: PathBuf,
    pub info: VideoInfo,
    /// Where the last frame ends, as well as it is known.
    pub duration_secs: f64,
    pub indexing: Indexing,
    pub labels: LabelBook,
}

impl OpenVideo {
    /// The file's name, for titles.
    pub fn name(&self) -> String {
        file_name(&self.path)
    }
}

/// What the player was doing when this frame began.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlaybackState {
    pub position_secs: f64,
    pub is_playing: bool,
    /// 1 is normal.
    pub speed: f64,
    /// 0…1.
    pub volume: f64,
    pub is_muted: bool,
    /// The span that is played over and over.
    pub looped: Option<TimeSpan>,
}

impl Default for PlaybackState {
    fn default() -> Self {
        Self {
            position_secs: 0.0,
            is_playing: false,
            speed: 1.0,
            volume: 1.0,
            is_muted: false,
            looped: None,
        }
    }
}

/// How many moments are written as videos of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CutProgress {
    pub n_done: usize,
    pub n_total: usize,
}

/// A model that is being downloaded.
#[derive(Clone, Debug, PartialEq)]
pub struct Download {
    pub repo: RepoId,
    /// None until it is known how much there is to fetch.
    pub progress: Option<DownloadProgress>,
}

/// Why a query was not added, in words for the user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddQueryError {
    #[error(transparent)]
    Query(#[from] crate::domain::QueryError),
    #[error("{MAX_LANES} queries are the most that can be told apart: remove one first")]
    TooMany,
}

/// Everything on the screen that is not a view setting of one panel.
#[derive(Debug, Default)]
pub struct Session {
    pub model: ModelState,
    pub video: Option<OpenVideo>,
    /// A file that is being looked at before it replaces the open video.
    pub opening: Option<PathBuf>,
    pub lanes: Vec<Lane>,
    /// The lane whose results are listed; always one of `lanes` while there are any.
    pub selected: Option<QueryId>,
    pub playback: PlaybackState,
    /// The clips that a grade is given to; without any, the one under the playhead.
    pub selection: Option<Selection>,
    /// All prompts of the user.
    pub prompts: Vec<PromptEntry>,
    /// The training that goes on.
    pub teaching: Option<TeachRun>,
    pub cuts: Option<CutProgress>,
    pub download: Option<Download>,
    pub notices: Notices,
    /// Exports leave out the queries that are not selected.
    pub exports_only_selected: bool,
    /// What became of the last file that was to be opened.
    not_opened: Option<NoticeId>,
    next_video: u64,
    next_query: u64,
}

impl Session {
    /// Puts a video into the window; answers about any other are stale from now on.
    pub fn show_video(&mut self, path: PathBuf, info: VideoInfo) -> VideoId {
        let id = VideoId(self.next_video);
        self.next_video += 1;
        self.video = Some(OpenVideo {
            id,
            path,
            duration_secs: info.duration_secs,
            info,
            indexing: Indexing::default(),
            labels: LabelBook::default(),
        });
        self.opening = None;
        if let Some(notice) = self.not_opened.take() {
            self.notices.dismiss(notice);
        }
        self.selection = None;
        self.playback.position_secs = 0.0;
        self.playback.looped = None;
        for lane in &mut self.lanes {
            lane.forget_answer();
        }
        id
    }

    /// The file is not a video; what was open stays.
    pub fn cannot_open(&mut self, message: String) {
        self.opening = None;
        self.notices.error(message);
        self.not_opened = self.notices.newest();
    }

    /// Adds a query and selects it. A query that is there already is only selected; capitals make no
    /// difference, because no CLIP knows them.
    ///
    /// # Errors
    /// When the text is not a query or there are too many already.
    pub fn add_query(&mut self, text: &str) -> Result<Option<(QueryId, Query)>, AddQueryError> {
        let query = Query::new(text)?;
        let lower = query.key().to_lowercase();
        let is_same = |lane: &&Lane| lane.query.key().to_lowercase() == lower;
        if let Some(lane) = self.lanes.iter().find(is_same) {
            self.selected = Some(lane.id);
            return Ok(None);
        }
        if self.lanes.len() >= MAX_LANES {
            return Err(AddQueryError::TooMany);
        }
        let id = QueryId(self.next_query);
        self.next_query += 1;
        let free_colour = (0..MAX_LANES)
            .find(|colour| self.lanes.iter().all(|lane| lane.colour != *colour))
            .unwrap_or(0);
        self.lanes.push(Lane::new(id, query.clone(), free_colour));
        self.selected = Some(id);
        Ok(Some((id, query)))
    }

    /// Removes a lane; its neighbour is selected.
    pub fn remove_query(&mut self, id: QueryId) {
        let Some(at) = self.lanes.iter().position(|lane| lane.id == id) else {
            return;
        };
        self.lanes.remove(at);
        self.teaching.take_if(|run| run.query == id);
        if self.selected == Some(id) {
            let neighbour = self.lanes.get(at.min(self.lanes.len().saturating_sub(1)));
            self.selected = neighbour.map(|lane| lane.id);
        }
    }

    /// Whether the model that answers knows drawn scenes only, and nothing of the world.
    pub fn is_bundled_model(&self) -> bool {
        matches!(&self.model, ModelState::Ready(info) if info.name == BUNDLED)
    }

    /// What a lane without an answer is waiting for.
    pub fn waiting_for(&self) -> &'static str {
        match self.video.as_ref().map(|video| &video.indexing) {
            None => "Open a video to search it.",
            Some(Indexing::Cancelled { .. } | Indexing::Failed(_)) => "Nothing is indexed",
            Some(_) => "Searching…",
        }
    }

    pub fn lane(&self, id: QueryId) -> Option<&Lane> {
        self.lanes.iter().find(|lane| lane.id == id)
    }

    pub fn selected_lane(&self) -> Option<&Lane> {
        self.selected.and_then(|id| self.lane(id))
    }

    /// Forms the moments of a lane anew, at another threshold on the curve's own scale of 0…1.
    pub fn set_threshold(&mut self, id: QueryId, threshold: f32) {
        if let Some(lane) = self.lanes.iter_mut().find(|lane| lane.id == id) {
            lane.set_threshold(threshold);
        }
        self.propose(id);
    }

    /// Seconds of the open video, 0 without one.
    pub fn duration_secs(&self) -> f64 {
        self.video.as_ref().map_or(0.0, |video| video.duration_secs)
    }

    fn current(&mut self, id: VideoId) -> Option<&mut OpenVideo> {
        self.video.as_mut().filter(|video| video.id == id)
    }

    /// The moments of the selected lane in the order of the video.
    pub fn moments_in_time(&self) -> Vec<TimeSpan> {
        let mut spans: Vec<_> = self
            .selected_lane()
            .map(|lane| lane.moments.iter().map(|moment| moment.span).collect())
            .unwrap_or_default();
        spans.sort_by(|a: &TimeSpan, b| a.start_secs.total_cmp(&b.start_secs));
        spans
    }

    /// The first moment that starts after `time_secs`.
    pub fn moment_after(&self, time_secs: f64) -> Option<TimeSpan> {
        self.moments_in_time()
            .into_iter()
            .find(|span| span.start_secs > time_secs + SAME_PLACE_SECS)
    }

    /// The last moment that starts before `time_secs`.
    pub fn moment_before(&self, time_secs: f64) -> Option<TimeSpan> {
        self.moments_in_time()
            .into_iter()
            .rev()
            .find(|span| span.start_secs < time_secs - SAME_PLACE_SECS)
    }

    /// The queries that an export is about: all that the video shows, or the selected one.
    pub fn exported_lanes(&self) -> impl Iterator<Item = &Lane> {
        let is_shown = |lane: &Lane| lane.is_probably_present() == Some(true);
        let only_selected = self.exports_only_selected || !self.lanes.iter().any(is_shown);
        self.lanes.iter().filter(move |lane| {
            if only_selected {
                self.selected == Some(lane.id)
            } else {
                is_shown(lane)
            }
        })
    }

    /// What an export is made of; `None` without a video.
    pub fn export_document(&self) -> Option<ExportDocument> {
        let video = self.video.as_ref()?;
        let found = self.exported_lanes().filter_map(|lane| {
            let answer = &*lane.answer.as_ref()?.result;
            Some((&lane.query, answer, lane.strong_moments().0.to_vec()))
        });
        Some(export_document(
            &video.path,
            &video.info,
            video.duration_secs,
            found,
        ))
    }
}

/// A position this near to a moment's start is at it: players land between frames.
const SAME_PLACE_SECS: f64 = 0.2;

#[cfg(test)]
mod tests;
