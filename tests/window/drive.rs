//! The window under test, and hands to use it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use egui::{Event, Key, Modifiers, Pos2, Rect, Vec2, pos2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use vcl::app::App;
use vcl::engine::{EngineConfig, FrameChoice, LaunchOptions, ModelChoice};
use vcl::export::{FORMATS, FileFormat};
use vcl::model::DeviceChoice;
use vcl::store::{Hub, Paths};

use crate::gate::Gate;

/// Generous: the tests of one file run beside each other on few processors.
const PATIENCE: Duration = Duration::from_secs(120);

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn demo() -> PathBuf {
    root().join("assets/demo.mp4")
}

/// The export format with this extension.
pub fn format(extension: &str) -> FileFormat {
    let mut formats = FORMATS.iter().copied();
    formats
        .find(|format| format.extension == extension)
        .unwrap()
}

/// The bundled model, and everything below this directory.
pub fn engine_config(dir: &Path) -> EngineConfig {
    EngineConfig {
        model: ModelChoice::Bundled,
        device: DeviceChoice::Cpu,
        frame_choice: FrameChoice::default(),
        paths: Paths::below(dir),
    }
}

/// A window and the directories that it keeps things in.
pub struct Window {
    // First, so that the worker goes when the window waits for it to end.
    gate: Gate,
    pub harness: Harness<'static, App>,
    dirs: tempfile::TempDir,
}

/// What a window begins with.
#[derive(Default)]
pub struct Opening<'a> {
    pub video: Option<PathBuf>,
    pub queries: &'a [&'a str],
    pub prompt: Option<PathBuf>,
    /// The bundled one if none.
    pub model: Option<ModelChoice>,
    /// The CPU if none.
    pub device: Option<DeviceChoice>,
    /// [`USUAL`] if none.
    pub size: Option<Vec2>,
    /// Pixels per point, 1 if none.
    pub sharpness: Option<f32>,
    /// The worker tells one thing per frame, until [`Window::let_work`].
    pub is_held: bool,
}

impl Window {
    pub fn open(video: Option<PathBuf>, queries: &[&str], size: Vec2) -> Self {
        Self::open_with(Opening {
            video,
            queries,
            size: Some(size),
            ..Opening::default()
        })
    }

    /// The demo video, while the worker waits for each frame to be looked at.
    pub fn open_held(queries: &[&str]) -> Self {
        Self::open_with(Opening {
            video: Some(demo()),
            queries,
            is_held: true,
            ..Opening::default()
        })
    }

    pub fn open_with(opening: Opening<'_>) -> Self {
        let dirs = tempfile::tempdir().expect("a temporary directory");
        Self::open_in(dirs, opening)
    }

    /// Another window of the same person.
    pub fn open_again(self) -> Self {
        Self::open_in(self.close(), Opening::default())
    }

    fn open_in(dirs: tempfile::TempDir, opening: Opening<'_>) -> Self {
        let queries = opening.queries.iter();
        let options = LaunchOptions {
            videos: opening.video.into_iter().collect(),
            queries: queries.map(|query| (*query).to_owned()).collect(),
            prompt: opening.prompt,
            model: opening.model,
            device: opening.device.or(Some(DeviceChoice::Cpu)),
            ..Self::options_in(&dirs)
        };
        let gate = Gate::new(opening.is_held);
        let size = opening.size.unwrap_or(USUAL);
        Self::assemble(dirs, options, gate, size, opening.sharpness.unwrap_or(1.0))
    }

    /// What a person has who has never used the program.
    pub fn options_in(dirs: &tempfile::TempDir) -> LaunchOptions {
        LaunchOptions {
            videos: Vec::new(),
            queries: Vec::new(),
            prompt: None,
            model: None,
            device: Some(DeviceChoice::Cpu),
            frame_choice: FrameChoice::default(),
            paths: Paths::below(dirs.path()),
            // Nobody listens there: what is not asked for is not fetched.
            hub: Hub::new("http://127.0.0.1:9", None),
        }
    }

    /// A window with other options than usual.
    pub fn open_from(dirs: tempfile::TempDir, options: LaunchOptions, size: Vec2) -> Self {
        Self::assemble(dirs, options, Gate::new(false), size, 1.0)
    }

    fn assemble(
        dirs: tempfile::TempDir,
        options: LaunchOptions,
        gate: Gate,
        size: Vec2,
        sharpness: f32,
    ) -> Self {
        let hook = gate.hook();
        let harness = Harness::builder()
            .with_size(size)
            .with_pixels_per_point(sharpness)
            .with_render_cursor(false)
            .wgpu()
            .build_eframe(|creation| {
                App::with_hook(creation, options, hook).expect("the window opens")
            });
        Self {
            gate,
            harness,
            dirs,
        }
    }

    /// The worker is not held any more.
    pub fn let_work(&mut self) {
        self.gate.open();
    }

    /// Closes it and leaves what it kept.
    pub fn close(self) -> tempfile::TempDir {
        let Self {
            gate,
            harness,
            dirs,
        } = self;
        drop((gate, harness));
        dirs
    }

    /// The demo video, indexed to the end.
    pub fn with_indexed_demo(queries: &[&str], size: Vec2) -> Self {
        let mut window = Self::open(Some(demo()), queries, size);
        window.wait_until("the demo is indexed and answered", |app| {
            let session = app.session();
            let video = session.video();
            video.is_some_and(|video| video.indexing.is_done())
                && session
                    .lanes()
                    .iter()
                    .all(|lane| lane.answer.as_ref().is_some_and(|answer| answer.is_final))
        });
        window
    }

    pub fn app(&self) -> &App {
        self.harness.state()
    }

    /// Draws until it is so; a held worker tells one more thing for each frame.
    pub fn wait_until(&mut self, what: &str, is_so: impl Fn(&App) -> bool) {
        let began = Instant::now();
        loop {
            self.harness.step();
            if is_so(self.app()) {
                return;
            }
            self.gate.release();
            assert!(began.elapsed() < PATIENCE, "waited in vain until {what}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Steps until nothing is expected to change any more.
    pub fn wait_until_idle(&mut self) {
        self.wait_until("nothing is left to do", App::is_idle);
        // What arrived last is on screen after another frame or two.
        self.harness.run_steps(3);
    }

    /// Waits until the frame that was asked for is on screen, and says where it is.
    pub fn settle(&mut self) -> f64 {
        self.wait_until("the frame is there", |app| !app.is_seeking());
        self.harness.step(); // It may have come behind this frame's look at the player.
        self.position_secs()
    }

    pub fn press(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.harness.step();
    }

    pub fn type_text(&mut self, text: &str) {
        self.harness.event(Event::Text(text.to_owned()));
        self.harness.step();
    }

    /// What a person types after Ctrl+F.
    pub fn ask(&mut self, words: &str) {
        self.press(Modifiers::COMMAND | Modifiers::CTRL, Key::F);
        self.harness.step();
        self.type_text(words);
        self.press(Modifiers::NONE, Key::Enter);
        self.harness.step();
    }

    pub fn click(&mut self, label: &str) {
        self.harness.get_by_label(label).click();
        self.harness.step();
        self.harness.step();
    }

    pub fn rect_of(&self, label: &str) -> Rect {
        self.harness.get_by_label(label).rect()
    }

    pub fn click_at(&mut self, at: Pos2) {
        self.harness.hover_at(at);
        self.harness.drag_at(at);
        self.harness.step();
        self.harness.drop_at(at);
        self.harness.step();
    }

    /// Presses and lets go `n` times within one frame.
    pub fn tap(&mut self, at: Pos2, n: usize) {
        let events = &mut self.harness.input_mut().events;
        events.push(Event::PointerMoved(at));
        for pressed in [true, false].repeat(n) {
            events.push(Event::PointerButton {
                pos: at,
                button: egui::PointerButton::Primary,
                pressed,
                modifiers: Modifiers::NONE,
            });
        }
        self.harness.run_steps(2);
    }

    /// Presses at `from` and moves to `to` in a few steps; `then` sees each, before letting go.
    pub fn drag(&mut self, from: Pos2, to: Pos2, mut then: impl FnMut(&mut Self)) {
        self.harness.hover_at(from);
        self.harness.drag_at(from);
        self.harness.step();
        for i in 1..=6 {
            self.harness.hover_at(from + (to - from) * i as f32 / 6.0);
            self.harness.step();
            then(self);
        }
        self.harness.drop_at(to);
        self.harness.step();
    }

    /// Drags with Shift over the timeline between two times.
    pub fn select(&mut self, from_secs: f64, to_secs: f64) {
        let duration_secs = self.app().session().duration_secs();
        let at = |window: &Self, secs: f64| on_timeline(window, (secs / duration_secs) as f32);
        let (from, to) = (at(self, from_secs), at(self, to_secs));
        self.harness
            .event(Event::ModifiersChanged(Modifiers::SHIFT));
        self.drag(from, to, |_| {});
        self.harness.event(Event::ModifiersChanged(Modifiers::NONE));
        self.harness.step();
    }

    pub fn paths(&self) -> Paths {
        Paths::below(self.dirs.path())
    }

    pub fn drop_file(&mut self, path: &Path) {
        self.drop_files(&[path.to_owned()]);
    }

    pub fn drop_files(&mut self, paths: &[PathBuf]) {
        for path in paths {
            let file = Arc::new(Dropped(path.clone()));
            self.harness.input_mut().dropped_files.push(file);
        }
        self.harness.step();
    }

    pub fn right_click_at(&mut self, at: Pos2) {
        let button = |pressed| Event::PointerButton {
            pos: at,
            button: egui::PointerButton::Secondary,
            pressed,
            modifiers: Modifiers::NONE,
        };
        self.harness.hover_at(at);
        for pressed in [true, false] {
            self.harness.event(button(pressed));
            self.harness.step();
        }
        self.harness.run_steps(2);
    }

    pub fn notices(&self) -> Vec<String> {
        let notices = self.app().session().notices().iter();
        notices.map(|notice| notice.text.clone()).collect()
    }

    /// Waits until the newest notice says this.
    pub fn wait_for_notice(&mut self, text: &str) {
        self.wait_until(&format!("there is a notice with {text:?}"), |app| {
            let newest = app.session().notices().iter().last();
            newest.is_some_and(|notice| notice.text.contains(text))
        });
    }

    pub fn position_secs(&self) -> f64 {
        self.app().session().playback().position_secs
    }
}

/// A point of the timeline, by its part of the whole video.
pub fn on_timeline(window: &Window, part: f32) -> Pos2 {
    let rect = window.rect_of("Timeline");
    pos2(rect.left() + part * rect.width(), rect.top() + 10.0)
}

#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

pub const USUAL: Vec2 = Vec2::new(1280.0, 720.0);
