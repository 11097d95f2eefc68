//! What the user sees, as plain data: the panels read it, events and actions change it.
//!
//! Only `impl Session` writes its fields. What must happen elsewhere comes back as
//! [`Effect`]s: nothing here draws, sends or waits, so that every rule
//! about what is shown and done can be tested without a window.

mod editing;
mod events;
mod exporting;
mod labelling;
mod lane;
mod notice;
mod perform;
mod player;
mod queries;
mod read;
mod shelf;
mod side;
mod teaching;
mod view;
mod wall;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::app::demo;
use crate::app::effect::Effect;
use crate::app::settings::Settings;
use crate::domain::{TimeSpan, file_name, format_timestamp};
use crate::engine::{DetectorEntry, IndexProgress, InstalledModel, ModelChoice, PromptEntry};
use crate::model::{BUNDLED, DeviceChoice, Framing, ModelInfo};
use crate::video::VideoInfo;
use crate::worker::{CutProgress, Download, DownloadFailure, QueryId, VideoId};

pub use editing::MomentBook;
pub use exporting::{ExportChoice, Scope};
pub use labelling::{Graded, LabelBook, Selection, grade_word};
pub use lane::{Lane, LatestAnswer, percent};
pub use notice::{Notice, NoticeId, Notices, Offer, Severity, capitalised};
pub use player::PlaybackState;
pub use queries::AddQueryError;
pub use shelf::{Filter, Length, Order, Shelf, Since};
pub use side::Side;
pub use teaching::TeachRun;
pub use view::{PathQuestion, View};
pub use wall::{LabelCounts, Pick, Wall};

/// The model, as the worker has last reported it.
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

/// How much of the open video is indexed.
#[derive(Clone, Debug, Default)]
pub enum Indexing {
    /// The worker has not reported yet.
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
    /// Where the last frame ends; exact once the video is indexed.
    pub duration_secs: f64,
    pub indexing: Indexing,
    pub labels: LabelBook,
    /// What was changed of moments.
    pub moments: MomentBook,
}

impl OpenVideo {
    /// The file's name, for titles.
    pub fn name(&self) -> String {
        file_name(&self.path)
    }
}

/// What the command line asks for this time, without changing what is remembered.
#[derive(Clone, Debug, Default)]
pub struct ThisTime {
    pub model: Option<ModelChoice>,
    pub device: Option<DeviceChoice>,
    pub framing: Option<Framing>,
    /// Answers every query.
    pub prompt: Option<PathBuf>,
}

/// Everything on the screen that is not a view setting of one panel.
#[derive(Debug, Default)]
pub struct Session {
    settings: Settings,
    this_time: ThisTime,
    model: ModelState,
    /// `None` until they were listed.
    installed: Option<Vec<InstalledModel>>,
    video: Option<OpenVideo>,
    /// A file that is being looked at before it replaces the open video.
    opening: Option<PathBuf>,
    lanes: Vec<Lane>,
    /// The lane whose results are listed; always one of `lanes` while there are any.
    selected: Option<QueryId>,
    playback: PlaybackState,
    /// The clips that a grade is given to; without any, the one under the playhead.
    selection: Option<Selection>,
    /// All prompts of the user.
    prompts: Vec<PromptEntry>,
    /// All detectors of the user.
    detectors: Vec<DetectorEntry>,
    /// The one that finds the moments.
    detector: Option<String>,
    /// The training that is running.
    teaching: Option<TeachRun>,
    cuts: Option<CutProgress>,
    download: Option<Download>,
    notices: Notices,
    view: View,
    /// The clips that were graded last, so that it can be seen which.
    graded: Option<Graded>,
    /// The notice about what was undone last.
    undone: Option<NoticeId>,
    /// Why the last download has failed.
    download_failure: Option<DownloadFailure>,
    export: ExportChoice,
    /// The library.
    shelf: Shelf,
    /// The notice about the last file that could not be opened.
    not_opened: Option<NoticeId>,
    /// The notice about the open file: where it was left, or that it has grown.
    about_file: Option<NoticeId>,
    next_video: u64,
    next_query: u64,
}

impl Session {
    pub fn new(settings: Settings, this_time: ThisTime) -> Self {
        Self {
            settings,
            this_time,
            ..Self::default()
        }
    }

    /// Puts a video into the window; answers about any other are stale from now on.
    pub fn show_video(&mut self, path: &Path, info: VideoInfo) -> Vec<Effect> {
        let id = VideoId(self.next_video);
        self.next_video += 1;
        self.video = Some(OpenVideo {
            id,
            path: path.to_owned(),
            duration_secs: info.duration_secs,
            info,
            indexing: Indexing::default(),
            labels: LabelBook::default(),
            moments: MomentBook::default(),
        });
        self.opening = None;
        for notice in [self.not_opened.take(), self.about_file.take()] {
            notice.into_iter().for_each(|it| self.notices.dismiss(it));
        }
        self.selection = None;
        self.graded = None;
        self.playback.position_secs = 0.0;
        self.playback.looped = None;
        for lane in &mut self.lanes {
            lane.forget_answer();
        }
        self.settings.remember_video(path);
        let mut effects = vec![
            Effect::IndexShown(id),
            Effect::SaveSettings,
            Effect::Title(format!("{} – vcl", file_name(path))),
        ];
        let arrival = self.shelf.arrival.take().filter(|it| it.path == path);
        self.shelf.is_origin = arrival.as_ref().is_some_and(|arrival| arrival.is_origin);
        if let Some(arrival) = arrival.filter(|arrival| arrival.time_secs > 0.0) {
            self.seek(arrival.time_secs, &mut effects);
        } else {
            self.offer_to_go_on(path);
        }
        effects
    }

    /// Remembers where the open video is left.
    pub fn note_place(&mut self) {
        if let Some(video) = &self.video {
            let time_secs = self.playback.position_secs;
            let places = &mut self.settings.places;
            places.leave(&video.path, time_secs, video.duration_secs);
        }
    }

    fn offer_to_go_on(&mut self, path: &Path) {
        let end_secs = self.duration_secs();
        let left = self.settings.places.of(path);
        if let Some(time_secs) = left.filter(|time_secs| *time_secs < end_secs) {
            let text = format!("You left it at {}", format_timestamp(time_secs));
            let offers = vec![Offer::GoOnFrom(time_secs)];
            self.notices.offer(Severity::Info, &text, offers);
            self.about_file = self.notices.newest();
        }
    }

    /// The open file is longer than it was.
    pub fn note_grown(&mut self) {
        let text = "The file has grown since it was opened";
        let offers = vec![Offer::Reload];
        self.notices.offer(Severity::Info, text, offers);
        self.about_file = self.notices.newest();
    }

    /// The file is not a video; what was open stays.
    pub fn cannot_open(&mut self, message: String) {
        self.opening = None;
        self.shelf.arrival = None;
        self.notices.error(message);
        self.not_opened = self.notices.newest();
    }

    /// Takes away the notices that have been read by now; returns when the next one should go.
    pub fn expire_notices(&mut self, now: Instant) -> Option<Duration> {
        self.notices.expire(now)
    }

    /// Why something could not be done elsewhere, in a sentence.
    pub fn note_failure(&mut self, message: String) {
        self.notices.error(message);
    }

    /// A file or a folder was written.
    pub fn note_written(&mut self, text: &str, at: PathBuf) {
        let offers = vec![Offer::ShowInFolder(at)];
        self.notices.offer(Severity::Info, text, offers);
    }

    /// A model did not come, and what can be done about it.
    pub fn note_download_failed(&mut self, failure: DownloadFailure) {
        let offers = vec![Offer::TryAgain(failure.repo.clone()), Offer::ChooseFolder];
        self.notices
            .offer(Severity::Error, &failure.in_short(), offers);
        self.download_failure = Some(failure);
    }

    /// How far the work beside the window is.
    pub fn note_jobs(&mut self, cuts: Option<CutProgress>, download: Option<Download>) {
        self.cuts = cuts;
        if download.is_some() {
            self.download_failure = None;
        }
        self.download = download;
    }

    /// The models that are on this machine now.
    pub fn note_installed(&mut self, models: Vec<InstalledModel>) {
        self.installed = Some(models);
    }

    /// Whether the model that answers knows only drawn scenes, and nothing of the world.
    pub fn is_bundled_model(&self) -> bool {
        matches!(&self.model, ModelState::Ready(info) if info.name == BUNDLED)
    }

    /// Whether the model sees only the middle of a picture.
    pub fn sees_middle_only(&self) -> bool {
        matches!(&self.model, ModelState::Ready(info) if info.framing == Framing::Centre)
    }

    /// Whether the open video is the demo, whatever its file is called.
    pub fn is_demo(&self) -> bool {
        let content = self.video.as_ref().and_then(|video| video.labels.content());
        content.is_some_and(demo::is_demo)
    }

    /// Whether the model was not made for what is open: whatever it says means nothing. `false` until
    /// it is known what is open.
    pub fn is_beyond_model(&self) -> bool {
        let content = self.video.as_ref().and_then(|video| video.labels.content());
        self.is_bundled_model() && content.is_some_and(|content| !demo::is_demo(content))
    }

    /// What a lane without an answer is waiting for.
    pub fn waiting_for(&self) -> &'static str {
        match self.video.as_ref().map(|video| &video.indexing) {
            None if self.shows_library() => "Searching…",
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

    /// Moves the threshold of a lane, on the curve's own scale of 0…1, or leaves it to the curve, and
    /// forms its moments again.
    fn set_threshold(&mut self, id: QueryId, threshold: Option<f32>) {
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
}

/// A position this near to a moment's start counts as its start: players stop between frames.
const SAME_PLACE_SECS: f64 = 0.2;

#[cfg(test)]
mod tests;
