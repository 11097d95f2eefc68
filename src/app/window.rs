//! The window as a whole: takes in news, has the panels drawn, hands on what the user did.

use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context as _;
use egui::{Ui, ViewportCommand};

use crate::app::action::{Action, Actions};
use crate::app::cutting::Cutting;
use crate::app::dialogs::Dialogs;
use crate::app::downloading::Downloading;
use crate::app::frame_times::{FrameTimes, Summary};
use crate::app::keys;
use crate::app::panels::side::Side;
use crate::app::panels::{go_to, model_menu, path_field, query_bar, teach};
use crate::app::playback::{News, Playback};
use crate::app::session::{Indexing, OpenVideo, Session};
use crate::app::settings::Settings;
use crate::app::theme;
use crate::app::thumbnails::Thumbnails;
use crate::app::{AppOptions, fonts, timeline, video_view};
use crate::engine::EngineConfig;
use crate::store::Hub;
use crate::worker::{Command, Worker};

/// The playhead moves while playing even where no new frame comes, as with one frame per second.
const PLAYHEAD_EVERY: Duration = Duration::from_millis(33);

/// Everything the window owns.
pub struct App {
    pub(super) session: Session,
    pub(super) settings: Settings,
    pub(super) engine: EngineConfig,
    /// Given at the start; answers every query.
    pub(super) prompt: Option<PathBuf>,
    pub(super) worker: Worker,
    pub(super) playback: Playback,
    pub(super) dialogs: Dialogs,
    pub(super) cutting: Cutting,
    pub(super) hub: Hub,
    pub(super) downloading: Downloading,
    pub(super) model_menu: model_menu::State,
    pub(super) thumbnails: Thumbnails,
    pub(super) timeline: timeline::State,
    pub(super) query_bar: query_bar::State,
    pub(super) go_to: go_to::State,
    pub(super) path_field: path_field::State,
    pub(super) side: Side,
    pub(super) teach: teach::State,
    pub(super) shows_keys: bool,
    pub(super) shows_frame_times: bool,
    pub(super) is_fullscreen: bool,
    pub(super) print_frame_times: bool,
    pub(super) frame_times: FrameTimes,
    actions: Actions,
}

impl App {
    /// Starts the worker and opens what was asked for.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn new(
        creation: &eframe::CreationContext<'_>,
        options: AppOptions,
    ) -> anyhow::Result<Self> {
        Self::with_hook(creation, options, || {})
    }

    /// As [`App::new`]; `on_event` runs on the worker's thread after each event, and the worker
    /// goes on when it returns. So a test can look at the window while work is under way, however
    /// fast the machine is.
    ///
    /// # Errors
    /// As [`App::new`].
    pub fn with_hook(
        creation: &eframe::CreationContext<'_>,
        options: AppOptions,
        on_event: impl Fn() + Send + 'static,
    ) -> anyhow::Result<Self> {
        let ctx = &creation.egui_ctx;
        let AppOptions {
            video,
            queries,
            prompt,
            model,
            device,
            frame_choice,
            paths,
            hub,
        } = options;
        let settings = Settings::load(&paths);
        let engine = EngineConfig {
            model: model.unwrap_or_else(|| settings.last_model()),
            device: device.unwrap_or(settings.device),
            frame_choice,
            paths,
        };
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
        let worker = Worker::spawn(engine.clone(), wake).context("no thread for the worker")?;
        let mut app = Self {
            session: Session::default(),
            playback: Playback::new(ctx),
            dialogs: Dialogs::new(ctx),
            cutting: Cutting::default(),
            hub,
            downloading: Downloading::default(),
            model_menu: model_menu::State::default(),
            thumbnails: Thumbnails::new(ctx),
            timeline: timeline::State::default(),
            query_bar: query_bar::State::default(),
            go_to: go_to::State::default(),
            path_field: path_field::State::default(),
            side: Side::default(),
            teach: teach::State::default(),
            shows_keys: false,
            shows_frame_times: false,
            is_fullscreen: false,
            print_frame_times: false,
            frame_times: FrameTimes::default(),
            actions: Actions::new(),
            settings,
            engine,
            prompt,
            worker,
        };
        app.session.playback.volume = app.settings.volume;
        app.session.playback.is_muted = app.settings.is_muted;
        app.session.playback.speed = app.settings.speed;
        for query in queries {
            app.perform(ctx, Action::AddQuery(query));
        }
        if let Some(video) = video {
            app.perform(ctx, Action::Open(video));
        }
        Ok(app)
    }

    /// Asks for paths in a field of the window from now on, and never with the system's dialogs.
    pub fn stay_in_window(&mut self) {
        self.dialogs.stay_in_window = true;
    }

    /// What the user sees.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// What is kept between runs.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// When the frame on screen begins.
    pub fn frame_secs(&self) -> Option<f64> {
        self.playback.picture.time_secs()
    }

    /// Whether the frame that was asked for is not on screen yet.
    pub fn is_seeking(&self) -> bool {
        self.playback.is_seeking()
    }

    /// Whether nothing on screen will change unless somebody does something.
    pub fn is_idle(&self) -> bool {
        let indexing = self.session.video.as_ref().map(|video| &video.indexing);
        self.session.opening.is_none()
            && self.session.download.is_none()
            && !self.playback.is_moving()
            && self.thumbnails.is_idle()
            && self.session.teaching.is_none()
            && !self.timeline.is_moving()
            && !indexing.is_some_and(Indexing::is_running)
    }

    /// CPU time that `logic` and `ui` took.
    pub fn frame_times(&self) -> Option<Summary> {
        self.frame_times.summary()
    }

    /// Takes in what happened elsewhere since the last frame.
    fn take_news(&mut self, ctx: &egui::Context) {
        while let Some(event) = self.worker.try_event() {
            self.session.apply(event);
        }
        for news in self.playback.poll(&mut self.session.playback) {
            match news {
                News::Shown(path, info) => {
                    let video = self.session.show_video(path.clone(), info);
                    self.thumbnails.set_video(Some(path.clone()));
                    self.settings.remember_video(&path);
                    self.save_settings();
                    let title = self.session.video.as_ref().map(OpenVideo::name);
                    let title = format!("{} – vcl", title.unwrap_or_default());
                    ctx.send_viewport_cmd(ViewportCommand::Title(title));
                    self.worker.send(Command::Open { video, path });
                }
                News::CannotOpen(message) => self.session.cannot_open(message),
                News::Stopped(message) => self.session.notices.error(message),
            }
        }
        for answer in self.dialogs.poll() {
            self.take_answer(ctx, answer);
        }
        let (cuts, ended) = self.cutting.poll();
        self.session.cuts = cuts;
        match ended {
            Some(Ok(text)) => self.session.notices.info(text),
            Some(Err(message)) => self.session.notices.error(message),
            None => {}
        }
        self.poll_download();
        if let Some(left) = self.session.notices.expire(Instant::now()) {
            ctx.request_repaint_after(left);
        }
        self.thumbnails.poll();
        let dropped = ctx.input(|input| {
            let files = input.raw.dropped_files.iter();
            files.map(|file| file.path().to_owned()).next_back()
        });
        if let Some(path) = dropped {
            self.perform(ctx, Action::Open(path));
        }
        if self.playback.is_moving() {
            ctx.request_repaint_after(PLAYHEAD_EVERY);
        }
    }

    fn perform_all(&mut self, ctx: &egui::Context, actions: &mut Actions) {
        for action in actions.drain(..) {
            self.perform(ctx, action);
            ctx.request_repaint();
        }
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
            self.settings.window_size = [size.x * zoom, size.y * zoom];
        }
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        let stopwatch = FrameTimes::start();
        self.take_news(ctx);
        self.frame_times.add(&stopwatch);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        let stopwatch = FrameTimes::start();
        let ctx = ui.ctx().clone();
        let mut actions = std::mem::take(&mut self.actions);
        // Before anything is drawn, so that what a key does is seen at once, and what is typed
        // right behind a key that opens a field goes into it.
        keys::actions(&ctx, &mut actions);
        self.perform_all(&ctx, &mut actions);
        self.layout(ui, &mut actions);
        self.track_window(&ctx);
        self.perform_all(&ctx, &mut actions);
        self.actions = actions;
        self.frame_times.add(&stopwatch);
        self.frame_times.end_frame();
    }

    fn on_exit(&mut self) {
        self.save_settings();
        if let (true, Some(summary)) = (self.print_frame_times, self.frame_times.summary()) {
            println!("{summary}");
        }
    }
}
