//! What the panels read.

use std::path::Path;

use crate::app::session::{
    Graded, Lane, ModelState, Notices, OpenVideo, PlaybackState, Selection, Session, TeachRun, View,
};
use crate::app::settings::{PlaybackPrefs, Settings};
use crate::engine::{DetectorEntry, InstalledModel, ModelChoice, PromptEntry};
use crate::model::DeviceChoice;
use crate::worker::{CutProgress, Download, DownloadFailure, QueryId};

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

    pub fn view(&self) -> &View {
        &self.view
    }
}
