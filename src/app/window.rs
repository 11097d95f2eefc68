//! The window as a whole: takes in what has happened, has the panels drawn, carries out effects.

mod neighbours;

use std::time::{Duration, Instant};

use anyhow::Context as _;
use egui::{Ui, ViewportCommand};

use crate::app::action::{Action, Actions, File, Find, Library};
use crate::app::desktop::Link;
use crate::app::desktop::dialogs::{Answer, Dialogs};
use crate::app::effect::{Effect, Field, Menu};
use crate::app::file_watch::FileWatch;
use crate::app::frame_times::{FrameTimes, Summary};
use crate::app::jobs::{Dropped, Ended, Jobs};
use crate::app::layout::Views;
use crate::app::panels::{export_menu, go_to, main_menu, model_menu, query_bar};
use crate::app::playback::Playback;
use crate::app::session::{Indexing, Session, ThisTime, Wall};
use crate::app::settings::Settings;
use crate::app::shot::{Shot, Taken};
use crate::app::widgets::{self, select_all};
use crate::app::{fonts, keys, theme, video_view};
use crate::engine::{EngineConfig, FrameChoice, LaunchOptions};
use crate::worker::{Command, LibraryCommand, LibraryWork, Worker};

/// The playhead moves while playing even where no new frame comes, as with one frame per second.
/// Usual frames come sooner, and each has the window drawn anyway.
const PLAYHEAD_EVERY: Duration = Duration::from_millis(100);

/// Everything the window owns: what the user sees, how it is drawn, and who works for it.
pub struct App {
    session: Session,
    views: Views,
    worker: Worker,
    playback: Playback,
    dialogs: Dialogs,
    jobs: Jobs,
    desktop: Option<Link>,
    file_watch: Option<FileWatch>,
    frame_times: FrameTimes,
    actions: Actions,
    typing: keys::Typing,
    /// The worker was told that something else needs the machine more.
    library_stands_back: bool,
    /// The system's dialogs are not even tried.
    stays_in_window: bool,
    pub(super) prints_frame_times: bool,
}

impl App {
    /// Starts the worker and opens what was asked for.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn new(
        creation: &eframe::CreationContext<'_>,
        options: LaunchOptions,
    ) -> anyhow::Result<Self> {
        Self::with_hook(creation, options, || {})
    }

    /// As [`App::new`]; `on_event` runs on the worker's thread after each event, and the worker
    /// continues when it returns. So a test can look at the window while work is under way, however
    /// fast the machine is.
    ///
    /// # Errors
    /// As [`App::new`].
    pub fn with_hook(
        creation: &eframe::CreationContext<'_>,
        options: LaunchOptions,
        on_event: impl Fn() + Send + 'static,
    ) -> anyhow::Result<Self> {
        let ctx = &creation.egui_ctx;
        let settings = Settings::load(&options.paths);
        theme::install(ctx);
        theme::apply(ctx, settings.theme);
        fonts::install(ctx);
        ctx.set_zoom_factor(settings.zoom);
        // The keys for it are in the table, so that they are listed.
        ctx.options_mut(|options| options.zoom_with_keyboard = false);
        match &creation.wgpu_render_state {
            Some(render_state) => video_view::install(render_state),
            None => log::warn!("no GPU rendering: the picture of the video is not shown"),
        }
        let wake = {
            let ctx = ctx.clone();
            move || {
                ctx.request_repaint();
                on_event();
            }
        };
        let this_time = ThisTime {
            model: options.model,
            device: options.device,
            framing: options.frame_choice.framing,
            prompt: options.prompt,
        };
        let mut session = Session::new(settings, this_time);
        if neighbours::brings_no_drops(creation) {
            session.note_no_drops();
        }
        let engine = EngineConfig {
            model: session.model_choice(),
            device: session.device_choice(),
            frame_choice: FrameChoice {
                framing: session.framing_choice(),
                ..options.frame_choice
            },
            paths: options.paths.clone(),
        };
        let worker = Worker::spawn(engine, wake).context("no thread for the worker")?;
        let jobs = Jobs::start(ctx, options.paths, options.hub).context("no thread for writing")?;
        let mut app = Self {
            session,
            views: Views::new(ctx),
            worker,
            playback: Playback::new(ctx),
            dialogs: Dialogs::new(ctx, neighbours::parent_of_dialogs(creation)),
            jobs,
            desktop: None,
            file_watch: None,
            frame_times: FrameTimes::default(),
            actions: Actions::default(),
            typing: keys::Typing::default(),
            library_stands_back: false,
            stays_in_window: false,
            prints_frame_times: false,
        };
        app.carry_out(ctx, vec![Effect::ListModels]);
        for query in options.queries {
            app.perform(ctx, Find::Ask(query));
        }
        if !options.videos.is_empty() {
            app.perform(ctx, File::Drop(options.videos));
        }
        Ok(app)
    }

    /// Asks for paths in a field of the window from now on, and never with the system's dialogs.
    pub fn stay_in_window(&mut self) {
        self.stays_in_window = true;
    }

    /// What the user sees.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// When the frame on screen begins.
    pub fn frame_secs(&self) -> Option<f64> {
        self.playback.picture.time_secs()
    }

    /// Whether the frame that was asked for is not on screen yet.
    pub fn is_seeking(&self) -> bool {
        self.playback.is_seeking()
    }

    /// Whether nothing on screen will change unless the user does something.
    pub fn is_idle(&self) -> bool {
        let session = &self.session;
        let indexing = session.video().map(|video| &video.indexing);
        session.opening().is_none()
            && session.download().is_none()
            && session.teaching().is_none()
            && !indexing.is_some_and(Indexing::is_running)
            && matches!(
                session.shelf().work(),
                LibraryWork::Idle | LibraryWork::Paused { .. } | LibraryWork::Stopped(_)
            )
            && !session.shelf().wall().is_some_and(Wall::is_searching)
            && !self.playback.is_moving()
            && self.views.is_idle()
            && self.jobs.is_idle()
    }

    /// What `logic` and `ui` took.
    pub fn frame_times(&self) -> Option<Summary> {
        self.frame_times.summary()
    }

    /// Does what the user did.
    pub fn perform(&mut self, ctx: &egui::Context, action: impl Into<Action>) {
        let effects = self.session.perform(action.into());
        self.carry_out(ctx, effects);
    }

    /// Takes in what happened elsewhere since the last frame.
    fn take_news(&mut self, ctx: &egui::Context) {
        let mut effects = Vec::new();
        while let Some(event) = self.worker.try_event() {
            effects.extend(self.session.apply(event));
        }
        let (now, changes) = self.playback.poll(self.session.prefs());
        if let Some(now) = now {
            self.session.note_player(now);
        }
        for change in changes {
            effects.extend(self.session.apply_change(change));
        }
        match self.dialogs.poll() {
            Some(Answer::Chosen(action)) => effects.extend(self.session.perform(action)),
            Some(Answer::NoDialog(wish, suggestion)) => self.session.ask_path(wish, suggestion),
            Some(Answer::Closed) | None => {}
        }
        let news = self.jobs.poll();
        self.session.note_jobs(news.cuts, news.download);
        for ended in news.ended {
            match ended {
                Ended::Failed(message) => self.session.note_failure(message),
                Ended::Written(text, at) => self.session.note_written(&text, at),
                Ended::Demo(file) => effects.extend(self.session.perform(File::Open(file).into())),
                Ended::NotDownloaded(failure) => self.session.note_download_failed(failure),
                Ended::Listed(models) => self.session.note_installed(models),
                Ended::Downloaded(repo) => effects.extend(self.session.note_downloaded(&repo)),
                Ended::Dropped(Dropped::Folder(path)) => {
                    effects.extend(self.session.perform(Library::Add(vec![path]).into()));
                }
                Ended::Dropped(Dropped::File(path)) => {
                    effects.extend(self.session.perform(File::Open(path).into()));
                }
                Ended::Picture(query) => {
                    effects.extend(self.session.perform(Find::AskQuery(query).into()));
                }
                Ended::Changes(video, changes) => self.session.note_changes(video, changes),
                Ended::Checked(command) => effects.push(Effect::Worker(*command)),
            }
        }
        let dropped: Vec<_> = ctx.input(|input| {
            let files = input.raw.dropped_files.iter();
            files.map(|file| file.path().to_owned()).collect()
        });
        if !dropped.is_empty() {
            effects.extend(self.session.perform(File::Drop(dropped).into()));
        }
        self.carry_out(ctx, effects);
        self.take_wishes(ctx);
        self.look_at_file();
        self.give_way();
        self.views.thumbnails.poll();
        self.views.pictures.poll();
        if let Some(left) = self.session.expire_notices(Instant::now()) {
            ctx.request_repaint_after(left);
        }
        if self.playback.is_moving() {
            ctx.request_repaint_after(PLAYHEAD_EVERY);
        }
    }

    /// Playback and what is on screen come before the videos that wait to be indexed.
    fn give_way(&mut self) {
        let needs_machine = self.playback.is_moving() || !self.views.is_idle();
        if needs_machine != self.library_stands_back {
            self.library_stands_back = needs_machine;
            let command = LibraryCommand::StandBack(needs_machine);
            self.worker.send(Command::Library(command));
        }
    }

    fn perform_all(&mut self, ctx: &egui::Context, actions: &mut Actions) {
        for action in actions.take() {
            self.perform(ctx, action);
            ctx.request_repaint();
        }
    }

    /// Does what the session asks for. None of it waits.
    fn carry_out(&mut self, ctx: &egui::Context, effects: Vec<Effect>) {
        for effect in effects {
            if let Err(message) = self.try_effect(ctx, effect) {
                self.session.note_failure(message);
            }
        }
    }

    fn try_effect(&mut self, ctx: &egui::Context, effect: Effect) -> Result<(), String> {
        match effect {
            Effect::Worker(command) => self.worker.send(command),
            Effect::Player(order) => self.playback.obey(order),
            Effect::OpenVideo(path) => {
                if let Err(message) = self.playback.open(&path) {
                    self.session.cannot_open(message);
                }
            }
            Effect::CloseVideo => {
                self.playback.close();
                self.views.thumbnails.leave_video();
                self.file_watch = None;
            }
            Effect::LookAtDropped(path) => self.jobs.look_at_dropped(path)?,
            Effect::IndexShown(video) => {
                if let Some(source) = self.playback.source().cloned() {
                    self.views.thumbnails.set_video(source.clone());
                    self.watch_file(ctx);
                    self.worker.send(Command::Open { video, source });
                }
            }
            Effect::TakePicture(shot) => {
                if let Some(taken) = self.taken(shot) {
                    self.jobs.take_picture(taken)?;
                }
            }
            Effect::SaveSettings => self.jobs.save_settings(self.session.settings()),
            Effect::Write(order) => self.jobs.write(order),
            Effect::Cut(what, target) => self.jobs.cut(what, target)?,
            Effect::OpenDemo => self.jobs.write_demo(),
            Effect::ShowInFolder(path) => self.jobs.show_in_folder(path)?,
            Effect::LookForChanges(video, path, span) => {
                self.jobs.look_for_changes(video, path, span)?;
            }
            Effect::CancelCuts => self.jobs.cancel_cuts(),
            Effect::ListModels => self.jobs.list_models()?,
            Effect::Download(repo) => self.jobs.download(&repo)?,
            Effect::CancelDownload => self.jobs.cancel_download(),
            Effect::Ask(wish, suggestion) if self.stays_in_window => {
                self.session.ask_path(wish, suggestion);
            }
            Effect::Ask(wish, suggestion) => self.dialogs.ask(wish, suggestion)?,
            Effect::Copy(text) => ctx.copy_text(text),
            Effect::Title(title) => ctx.send_viewport_cmd(ViewportCommand::Title(title)),
            Effect::Fullscreen(is_on) => {
                ctx.send_viewport_cmd(ViewportCommand::Fullscreen(is_on));
            }
            Effect::Theme(theme) => theme::apply(ctx, theme),
            Effect::Zoom(zoom) => ctx.set_zoom_factor(zoom),
            Effect::Focus(Field::Query) => focus(ctx, query_bar::field_id()),
            Effect::Focus(Field::QueryWords) => {
                focus(ctx, query_bar::field_id());
                select_all(ctx, query_bar::field_id(), self.views.query_bar.text());
            }
            Effect::Focus(Field::Results) => self.views.library.focus_results(),
            Effect::Focus(Field::GoTo) => focus(ctx, go_to::field_id()),
            Effect::ClearQueryField => self.views.query_bar.clear(),
            Effect::EditQueryField(words) => {
                self.views.query_bar.edit(words);
                focus(ctx, query_bar::field_id());
                select_all(ctx, query_bar::field_id(), self.views.query_bar.text());
            }
            Effect::ToggleMenu(menu) => widgets::toggle_menu(
                ctx,
                match menu {
                    Menu::Export => export_menu::popup_id(),
                    Menu::Model => model_menu::popup_id(),
                    Menu::Main => main_menu::popup_id(),
                },
            ),
            Effect::CloseMenus => egui::Popup::close_all(ctx),
            Effect::Raise => {
                ctx.send_viewport_cmd(ViewportCommand::Minimized(false));
                ctx.send_viewport_cmd(ViewportCommand::Focus);
            }
            Effect::Quit => {
                ctx.send_viewport_cmd(ViewportCommand::Visible(false));
                ctx.send_viewport_cmd(ViewportCommand::Close);
            }
            Effect::ShowAllOfTimeline => self.views.timeline.show_all(),
        }
        Ok(())
    }

    /// With what is on screen now, where it is about that; `None` where nothing is.
    fn taken(&self, shot: Shot) -> Option<Taken> {
        Some(match shot {
            Shot::File(path) => Taken::File(path),
            Shot::Clip { video, clip } => Taken::Clip { video, clip },
            Shot::OnScreen(part) => Taken::Frame {
                frame: self.playback.picture.frame()?,
                part,
                name: self.session.video()?.name(),
            },
        })
    }

    /// Remembers the size that the window has when it is neither full nor maximised.
    fn track_window(&mut self, ctx: &egui::Context) {
        let (size, is_special) = ctx.input(|input| {
            let viewport = input.viewport();
            let is_special =
                viewport.fullscreen.unwrap_or(false) || viewport.maximized.unwrap_or(false);
            (viewport.inner_rect.map(|rect| rect.size()), is_special)
        });
        if let (Some(size), false) = (size, is_special) {
            let zoom = ctx.zoom_factor();
            self.session
                .note_window_size([size.x * zoom, size.y * zoom]);
        }
    }
}

fn focus(ctx: &egui::Context, field: egui::Id) {
    ctx.memory_mut(|memory| memory.request_focus(field));
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        let stopwatch = FrameTimes::start();
        self.take_news(ctx);
        if ctx.input(|input| input.viewport().close_requested()) {
            // What ends then takes a while, and nobody needs to watch it.
            ctx.send_viewport_cmd(ViewportCommand::Visible(false));
        }
        self.frame_times.add(&stopwatch);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        let stopwatch = FrameTimes::start();
        let ctx = ui.ctx().clone();
        let mut actions = std::mem::take(&mut self.actions);
        // Before anything is drawn, so that what a key does is seen at once, and what is typed
        // right after a key that opens a field goes into it.
        let is_asking = ctx.memory(|memory| memory.has_focus(query_bar::field_id()));
        self.typing.is_in_empty_field = is_asking && self.views.query_bar.text().trim().is_empty();
        keys::actions(&ctx, &mut self.typing, &mut actions);
        self.perform_all(&ctx, &mut actions);
        let is_asked_for = self.session.view().shows_frame_times;
        let summary = is_asked_for.then(|| self.frame_times.summary()).flatten();
        let picture = &self.playback.picture;
        self.views
            .ui(ui, &self.session, picture, summary, &mut actions);
        self.track_window(&ctx);
        self.perform_all(&ctx, &mut actions);
        // Only now: Enter has taken the keyboard from the field, and what was asked gave it back.
        let is_asking = ctx.memory(|memory| memory.has_focus(query_bar::field_id()));
        self.session.note_asking(is_asking);
        self.actions = actions;
        self.frame_times.add(&stopwatch);
        self.frame_times.end_frame();
    }

    fn on_exit(&mut self) {
        self.desktop = None;
        self.session.note_place();
        self.jobs.save_settings(self.session.settings());
        self.jobs.finish();
        if let (true, Some(summary)) = (self.prints_frame_times, self.frame_times.summary()) {
            println!("{summary}");
        }
    }
}
