//! What the panels read.

use std::path::Path;

use crate::app::session::{
    Graded, LabelCounts, Lane, ModelState, Notices, OpenVideo, PlaybackState, Selection, Session,
    Shelf, TeachRun, View, Wall,
};
use crate::app::settings::{PlaybackPrefs, Settings};
use crate::domain::ClipIndex;
use crate::engine::{DetectorEntry, InstalledModel, ModelChoice, PromptEntry};
use crate::library::LibraryVideo;
use crate::model::{DeviceChoice, Framing};
use crate::worker::{CutProgress, Download, DownloadFailure, PlacedSpan, QueryId};

impl Session {
    /// What is kept between runs.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// How videos are played.
    pub fn prefs(&self) -> PlaybackPrefs {
        self.settings.playback
    }

    /// The model that is used: for this time, or else the one that was chosen last.
    pub fn model_choice(&self) -> ModelChoice {
        let this_time = self.this_time.model.clone();
        this_time.unwrap_or_else(|| self.settings.last_model())
    }

    /// Where the model runs: for this time, or else as it was chosen last.
    pub fn device_choice(&self) -> DeviceChoice {
        self.this_time.device.unwrap_or(self.settings.device)
    }

    /// Which part of a frame is looked at, if not the one that the model was trained on: for this time,
    /// or else as it was chosen last.
    pub fn framing_choice(&self) -> Option<Framing> {
        self.this_time.framing.or(self.settings.framing)
    }

    pub fn model(&self) -> &ModelState {
        &self.model
    }

    /// All detectors of the user.
    pub fn detectors(&self) -> &[DetectorEntry] {
        &self.detectors
    }

    /// The detector that finds the moments; `None` where the curve or a prompt does.
    pub fn detector(&self) -> Option<&str> {
        self.detector.as_deref()
    }

    /// The models on this machine; `None` until they were listed.
    pub fn installed_models(&self) -> Option<&[InstalledModel]> {
        self.installed.as_deref()
    }

    pub fn video(&self) -> Option<&OpenVideo> {
        self.video.as_ref()
    }

    /// A file that is being looked at before it replaces the open video.
    pub fn opening(&self) -> Option<&Path> {
        self.opening.as_deref()
    }

    /// The queries, in the order of the timeline.
    pub fn lanes(&self) -> &[Lane] {
        &self.lanes
    }

    pub fn selected(&self) -> Option<QueryId> {
        self.selected
    }

    pub fn playback(&self) -> &PlaybackState {
        &self.playback
    }

    /// The clips that a grade is given to; without any, the one under the playhead.
    pub fn selection(&self) -> Option<Selection> {
        self.selection
    }

    /// All prompts of the user.
    pub fn prompts(&self) -> &[PromptEntry] {
        &self.prompts
    }

    /// The training that is running.
    pub fn teaching(&self) -> Option<&TeachRun> {
        self.teaching.as_ref()
    }

    pub fn cuts(&self) -> Option<CutProgress> {
        self.cuts
    }

    pub fn download(&self) -> Option<&Download> {
        self.download.as_ref()
    }

    pub fn notices(&self) -> &Notices {
        &self.notices
    }

    /// Why the last download has failed, until the next one.
    pub fn download_failure(&self) -> Option<&DownloadFailure> {
        self.download_failure.as_ref()
    }

    /// The clips that were graded last.
    pub fn graded(&self) -> Option<&Graded> {
        self.graded.as_ref()
    }

    /// The library.
    pub fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// Whether the window shows all videos: none is open, and there are some.
    pub fn shows_library(&self) -> bool {
        let is_opening_another = self.opening.is_some() && self.shelf.arrival.is_none();
        self.video.is_none() && !self.shelf.is_empty() && !is_opening_another
    }

    /// What was found in all videos, while that is on screen.
    pub fn shown_wall(&self) -> Option<&Wall> {
        self.shelf.wall().filter(|_| self.shows_library())
    }

    /// The first clip of a video.
    pub fn beginning_of(&self, video: &LibraryVideo) -> PlacedSpan {
        PlacedSpan {
            video: video.content.clone(),
            path: video.path.clone(),
            is_missing: video.is_missing,
            duration_secs: video.duration_secs.unwrap_or_default(),
            span: ClipIndex(0).span(),
            peak_secs: 0.0,
            score: None,
            said: None,
        }
    }

    /// How many clips were graded for the selected query: in the open video, or in all of them.
    pub fn label_counts(&self) -> LabelCounts {
        match self.shown_wall() {
            Some(wall) => wall.label_counts(),
            None => LabelCounts::of(self.selected_labels()),
        }
    }

    pub fn view(&self) -> &View {
        &self.view
    }
}
