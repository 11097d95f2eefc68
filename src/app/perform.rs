//! What each action does. The only place where the window changes anything.

use std::path::{Path, PathBuf};

use egui::ViewportCommand;

use crate::app::action::Action;
use crate::app::dialogs::Answer;
use crate::app::panels::side::Side;
use crate::app::panels::{
    export_menu, go_to, model_menu, query_bar, transport::neighbouring_speed,
};
use crate::app::session::Lane;
use crate::app::theme;
use crate::app::widgets::select_all;
use crate::app::window::App;
use crate::domain::{TimeSpan, count, format_timestamp};
use crate::export::FileFormat;
use crate::store::{self, TargetError, atomic};
use crate::worker::{Command, LabelsToSave, PromptSource};

/// One press of the zoom keys.
const ZOOM_STEP: f32 = 0.1;

impl App {
    /// Carries out what the user did.
    pub fn perform(&mut self, ctx: &egui::Context, action: Action) {
        if let Some(error) = self.obstacle(&action) {
            self.session.notices.error(error.to_string());
            return;
        }
        match action {
            Action::ChooseVideo => self.choose_video(),
            Action::Open(path) => self.open(path),
            Action::ForgetRecent => {
                self.settings.recent.clear();
                self.save_settings();
            }
            Action::TogglePlay => self.playback.toggle(),
            Action::Seek(time_secs) => self.seek(time_secs),
            Action::Scrub(time_secs) => {
                let time_secs = self.within_video(time_secs);
                self.session.playback.position_secs = time_secs;
                self.playback.scrub(time_secs);
            }
            Action::SeekBy(by_secs) => self.seek(self.session.playback.position_secs + by_secs),
            Action::StepFrames(n_frames) => self.playback.step(n_frames),
            Action::PlayFrom(time_secs) => {
                self.seek(time_secs);
                self.playback.play();
            }
            Action::SetSpeed(speed) => self.set_speed(speed),
            Action::SpeedUp => self.set_speed(neighbouring_speed(self.settings.speed, 1)),
            Action::SpeedDown => self.set_speed(neighbouring_speed(self.settings.speed, -1)),
            Action::SetVolume(volume) => {
                self.settings.volume = volume;
                self.session.playback.volume = volume;
                self.playback.set_volume(volume);
            }
            Action::ToggleMute => {
                let is_muted = !self.settings.is_muted;
                self.settings.is_muted = is_muted;
                self.session.playback.is_muted = is_muted;
                self.playback.set_muted(is_muted);
            }
            Action::Loop(span) => self.set_loop(span),
            Action::ToggleLoop => self.toggle_loop(),
            Action::ToggleFullscreen => self.set_fullscreen(ctx, !self.is_fullscreen),
            Action::AddQuery(text) => self.add_query(ctx, &text),
            Action::RemoveQuery(id) => {
                self.session.remove_query(id);
                self.query_bar.problem = None;
                self.worker.send(Command::DropQuery { id });
            }
            Action::SelectQuery(id) => self.session.selected = Some(id),
            Action::SetThreshold(id, threshold) => self.session.set_threshold(id, threshold),
            Action::JumpToHighlight => {
                let lane = self.session.selected_lane();
                if let Some(span) = lane.and_then(Lane::highlight_span) {
                    self.seek(span.start_secs);
                    self.playback.play();
                }
            }
            Action::NextMoment => {
                let from_secs = self.session.playback.position_secs;
                self.seek_to(self.session.moment_after(from_secs));
            }
            Action::PreviousMoment => {
                let from_secs = self.session.playback.position_secs;
                self.seek_to(self.session.moment_before(from_secs));
            }
            Action::CopyTimestamp(time_secs) => {
                let text = format_timestamp(time_secs);
                self.session
                    .notices
                    .info(format!("{text} is in the clipboard"));
                ctx.copy_text(text);
            }
            Action::ShowSide(side) => self.side = side,
            Action::ToggleTeach => {
                self.side = match self.side {
                    Side::Results => Side::Teach,
                    Side::Teach => Side::Results,
                }
            }
            Action::Select(selection) => {
                self.session.selection = selection;
                if selection.is_some() {
                    self.side = Side::Teach;
                }
            }
            Action::MarkIn => self.session.mark_in(),
            Action::MarkOut => self.session.mark_out(),
            Action::Grade(target, grade) => {
                let labels = self.session.grade(target, grade);
                self.save_labels(labels);
            }
            Action::UndoLabel => {
                let labels = self.session.undo_label();
                self.save_labels(labels);
            }
            Action::RedoLabel => {
                let labels = self.session.redo_label();
                self.save_labels(labels);
            }
            Action::Teach => {
                if let Some(id) = self.session.selected {
                    self.session.begin_teaching(id);
                    self.worker.send(Command::Teach { id });
                }
            }
            Action::StopTeaching => {
                if let Some(run) = &mut self.session.teaching {
                    run.is_stopping = true;
                    self.worker.send(Command::StopTeaching);
                }
            }
            Action::UsePrompt(id, name) => self.worker.send(Command::UsePrompt {
                id,
                prompt: name.map(PromptSource::Named),
            }),
            Action::AskWith { query, prompt } => self.ask_with(ctx, &query, prompt),
            Action::EditPrompts(edit) => self.worker.send(Command::EditPrompts(edit)),
            Action::ExportPrompt(name) => self.dialogs.choose_prompt_copy(name),
            Action::ImportPrompt => self.dialogs.choose_prompt(),
            Action::ExportLabels => self.dialogs.choose_labels(),
            Action::ExportLabelsTo(file) => self.worker.send(Command::ExportLabels { file }),
            Action::CancelIndexing => self.worker.send(Command::CancelIndexing),
            Action::ResumeIndexing => {
                if let Some(video) = &mut self.session.video {
                    video.indexing = crate::app::session::Indexing::Starting;
                    self.worker.send(Command::ResumeIndexing);
                }
            }
            Action::UseModel(model) => self.use_model(model),
            Action::UseDevice(device) => self.use_device(device),
            Action::ChooseModelFolder => self.dialogs.choose_model(),
            Action::DownloadModel(repo) => self.download_model(&repo, ctx),
            Action::CancelDownload => self.downloading.cancel(),
            Action::Export(format) => {
                if let Some(video) = &self.session.video {
                    self.dialogs.choose_export(format, &video.path);
                }
            }
            Action::ExportCuts => {
                if let Some(video) = &self.session.video {
                    self.dialogs.choose_folder(&video.path);
                }
            }
            Action::ExportOnlySelected(only) => self.session.exports_only_selected = only,
            Action::CutInto(dir) => {
                let document = self.session.export_document();
                let started = document.map(|document| self.cutting.start(document, dir, ctx));
                if let Some(Err(message)) = started {
                    self.session.notices.error(message);
                }
            }
            Action::CancelCuts => self.cutting.cancel(),
            Action::ExportTo(format, path) => self.export(format, &path),
            Action::FocusQuery => {
                self.set_fullscreen(ctx, false); // The field is not there.
                ctx.memory_mut(|memory| memory.request_focus(query_bar::field_id()));
                select_all(ctx, query_bar::field_id(), &self.query_bar.text);
            }
            Action::ToggleExportMenu => {
                if self
                    .session
                    .lanes
                    .iter()
                    .any(|lane| !lane.moments.is_empty())
                {
                    export_menu::toggle(ctx);
                }
            }
            Action::ToggleModelMenu => egui::Popup::toggle_id(ctx, model_menu::popup_id()),
            Action::ToggleKeys => self.shows_keys = !self.shows_keys,
            Action::ShowGoTo => {
                if self.session.video.is_some() {
                    self.go_to.show();
                    ctx.memory_mut(|memory| memory.request_focus(go_to::field_id()));
                }
            }
            Action::ToggleFrameTimes => self.shows_frame_times = !self.shows_frame_times,
            Action::SetTheme(theme) => {
                self.settings.theme = theme;
                theme::apply(ctx, theme);
                self.save_settings();
            }
            Action::ShowAllOfTimeline => self.timeline.show_all(),
            Action::Zoom(by) => {
                let zoom = match by {
                    0 => 1.0,
                    by => (ctx.zoom_factor() + ZOOM_STEP * f32::from(by)).clamp(0.5, 3.0),
                };
                self.settings.zoom = zoom;
                ctx.set_zoom_factor(zoom);
            }
            Action::Dismiss(id) => self.session.notices.dismiss(id),
            Action::Escape => {
                if self.shows_keys {
                    self.shows_keys = false;
                } else if self.path_field.is_shown() {
                    self.path_field.hide();
                } else if self.go_to.is_shown() {
                    self.go_to.hide();
                } else if self.query_bar.problem.is_some() {
                    self.query_bar.problem = None;
                } else if self.session.notices.dismiss_newest() {
                } else if self.session.selection.is_some() {
                    self.session.selection = None;
                } else if self.is_fullscreen {
                    self.set_fullscreen(ctx, false);
                }
            }
        }
    }

    /// Why a file that the action writes cannot be written, for one because it is the open video.
    fn obstacle(&self, action: &Action) -> Option<TargetError> {
        let video = self
            .session
            .video
            .as_ref()
            .map(|video| video.path.as_path());
        store::check_target(action.target()?, video.as_slice()).err()
    }

    /// At once: what was said must survive whatever happens next.
    fn save_labels(&self, labels: Option<LabelsToSave>) {
        if let Some(labels) = labels {
            self.worker.send(Command::SaveLabels(Box::new(labels)));
        }
    }

    pub(super) fn save_settings(&mut self) {
        if let Err(error) = self.settings.save(&self.engine.paths) {
            log::warn!("the settings cannot be kept: {error}");
        }
    }

    fn choose_video(&mut self) {
        let near = self.session.video.as_ref().map(|video| video.path.clone());
        let near = near.or_else(|| self.settings.recent.first().cloned());
        self.dialogs.choose_video(near.as_deref());
    }

    fn open(&mut self, path: PathBuf) {
        match self.playback.open(&path) {
            Ok(()) => self.session.opening = Some(path),
            Err(message) => self.session.cannot_open(message),
        }
    }

    pub(super) fn take_answer(&mut self, ctx: &egui::Context, answer: Answer) {
        match answer {
            Answer::Chosen(action) => self.perform(ctx, action),
            Answer::NoDialog(wish, suggestion) => self.path_field.show(wish, &suggestion),
        }
    }

    fn export(&mut self, format: FileFormat, path: &Path) {
        let Some(document) = self.session.export_document() else {
            return;
        };
        let n_moments: usize = document
            .queries
            .iter()
            .map(|query| query.moments.len())
            .sum();
        let outcome = (format.write)(&document)
            .map_err(|error| error.to_string())
            .and_then(|text| {
                atomic::write(path, text.as_bytes())
                    .map_err(|error| format!("{} cannot be written: {error}", path.display()))
            });
        match outcome {
            Ok(()) => {
                let moments = count(n_moments, "moment");
                let path = path.display();
                self.session
                    .notices
                    .info(format!("{moments} written to {path}"));
            }
            Err(message) => self.session.notices.error(message),
        }
    }

    fn within_video(&self, time_secs: f64) -> f64 {
        time_secs.clamp(0.0, self.session.duration_secs())
    }

    fn seek(&mut self, time_secs: f64) {
        let time_secs = self.within_video(time_secs);
        let is_outside_loop = self
            .session
            .playback
            .looped
            .is_some_and(|span| !span.contains(time_secs));
        if is_outside_loop {
            self.set_loop(None);
        }
        // The playhead is there at once; the picture follows.
        self.session.playback.position_secs = time_secs;
        self.playback.seek(time_secs);
    }

    fn seek_to(&mut self, span: Option<TimeSpan>) {
        if let Some(span) = span {
            self.seek(span.start_secs);
        }
    }

    fn set_speed(&mut self, speed: f64) {
        self.settings.speed = speed;
        self.session.playback.speed = speed;
        self.playback.set_speed(speed);
    }

    fn set_loop(&mut self, span: Option<TimeSpan>) {
        self.session.playback.looped = span;
        self.playback.set_loop(span);
        if let Some(span) = span {
            if !span.contains(self.session.playback.position_secs) {
                self.seek(span.start_secs);
            }
            self.playback.play();
        }
    }

    /// The moment under the playhead, else the next one.
    fn toggle_loop(&mut self) {
        if self.session.playback.looped.is_some() {
            self.set_loop(None);
            return;
        }
        let now_secs = self.session.playback.position_secs;
        let moments = self.session.moments_in_time();
        let here = moments.into_iter().find(|span| span.contains(now_secs));
        if let Some(span) = here.or_else(|| self.session.moment_after(now_secs)) {
            self.set_loop(Some(span));
        }
    }

    fn set_fullscreen(&mut self, ctx: &egui::Context, is_fullscreen: bool) {
        let is_possible = self.session.video.is_some() || !is_fullscreen;
        if !is_possible || is_fullscreen == self.is_fullscreen {
            return;
        }
        self.is_fullscreen = is_fullscreen;
        ctx.send_viewport_cmd(ViewportCommand::Fullscreen(is_fullscreen));
    }
}
