//! Somebody who does things at random in the real window.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use egui::{Event, Key, Modifiers, Vec2};
use egui_kittest::Harness;
use egui_wgpu::RenderState;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64;
use vcl::app::App;
use vcl::app::Theme;
use vcl::app::action::{Action, File, Find, Model, Play, Teach, View};
use vcl::app::session::{Selection, Side};
use vcl::domain::{ClipIndex, Grade};
use vcl::engine::{FrameChoice, LaunchOptions, ModelChoice};
use vcl::export::FORMATS;
use vcl::model::DeviceChoice;
use vcl::store::{Hub, Paths};

const WORDS: [&str; 10] = [
    "a red circle",
    "night",
    "the sea",
    "two red hearts",
    "a burning fire",
    "falling snow",
    "something warm",
    "빨간 원",
    "a yellow star over the waves of the sea",
    "nothing of the kind",
];

/// Sound ones, odd ones, and some that cannot be opened.
const VIDEOS: [&str; 10] = [
    "assets/demo.mp4",
    "assets/demo.mp4",
    "tests/fixtures/videos/vp9.webm",
    "tests/fixtures/videos/rotated.mp4",
    "tests/fixtures/videos/animation.gif",
    "tests/fixtures/videos/late_pictures.mkv",
    "tests/fixtures/videos/truncated.mp4",
    "tests/fixtures/videos/audio_only.m4a",
    "tests/fixtures/videos/interlaced.mpg",
    "tests/fixtures/videos/unknown_codec.mp4",
];

const KEYS: [Key; 16] = [
    Key::Space,
    Key::ArrowLeft,
    Key::ArrowRight,
    Key::ArrowUp,
    Key::ArrowDown,
    Key::Home,
    Key::End,
    Key::Comma,
    Key::Period,
    Key::OpenBracket,
    Key::CloseBracket,
    Key::M,
    Key::R,
    Key::H,
    Key::T,
    Key::Escape,
];

/// What it is called, how often it is done, and how.
type Act = (&'static str, u32, fn(&mut Hands));

pub struct Hands {
    gpu: RenderState,
    harness: Harness<'static, App>,
    rng: Pcg64,
    only: String,
    root: PathBuf,
    dir: tempfile::TempDir,
    pub n_actions: usize,
    pub counts: BTreeMap<&'static str, usize>,
}

impl Hands {
    pub fn new(seed: u64, only: &str) -> anyhow::Result<Self> {
        let dir = tempfile::tempdir().context("there is no room for temporary files")?;
        let options = LaunchOptions {
            videos: Vec::new(),
            queries: Vec::new(),
            prompt: None,
            model: None,
            device: Some(DeviceChoice::Cpu),
            frame_choice: FrameChoice::default(),
            paths: Paths::below(dir.path()),
            // Nobody listens there: nothing is fetched.
            hub: Hub::new("http://127.0.0.1:9", None),
        };
        let mut gpu = None;
        let harness = Harness::builder()
            .with_size(Vec2::new(1280.0, 720.0))
            .wgpu()
            .build_eframe(|creation| {
                gpu.clone_from(&creation.wgpu_render_state);
                App::new(creation, options).expect("the window opens")
            });
        let gpu = gpu.context("there is nothing to draw with: install a Vulkan driver")?;
        Ok(Self {
            harness,
            gpu,
            only: only.to_owned(),
            rng: Pcg64::seed_from_u64(seed),
            root: Path::new(env!("CARGO_MANIFEST_DIR")).to_owned(),
            dir,
            n_actions: 0,
            counts: BTreeMap::new(),
        })
    }

    pub fn step(&mut self) {
        self.harness.step();
        // What a window does with every frame: without it the queue would keep all textures that were
        // ever filled. Nothing is drawn, because Mesa's software driver keeps memory of each drawing.
        self.gpu.queue.submit([]);
        let _ = self.gpu.device.poll(wgpu::PollType::Poll);
    }

    /// One thing at random; often that which needs the most.
    pub fn act(&mut self) {
        self.n_actions += 1;
        let acts: [Act; 12] = [
            ("open a video", 3, Self::open),
            ("seek", 20, Self::seek),
            ("press a key", 25, Self::press_key),
            ("ask", 10, Self::ask),
            ("close or change a lane", 6, Self::change_lane),
            ("grade clips", 12, Self::grade),
            ("retrain, undo, use a prompt", 4, Self::teach),
            ("export", 4, Self::export),
            ("cut", 1, Self::cut),
            ("switch the model", 1, Self::switch_model),
            ("open or close something", 10, Self::look),
            ("resize", 2, Self::resize),
        ];
        let is_wanted = |name: &str| name == "open a video" || name.contains(&self.only);
        let acts: Vec<_> = acts
            .into_iter()
            .filter(|(name, ..)| is_wanted(name))
            .collect();
        let total: u32 = acts.iter().map(|(_, weight, _)| weight).sum();
        let mut drawn = self.rng.random_range(0..total);
        for (name, weight, act) in acts {
            if drawn < weight {
                *self.counts.entry(name).or_default() += 1;
                act(self);
                return;
            }
            drawn -= weight;
        }
    }

    fn perform(&mut self, action: impl Into<Action>) {
        let ctx = self.harness.ctx.clone();
        self.harness.state_mut().perform(&ctx, action);
    }

    fn any<T: Copy>(&mut self, of: &[T]) -> T {
        *of.choose(&mut self.rng).expect("there is one")
    }

    fn somewhere_secs(&mut self) -> f64 {
        let end_secs = self.harness.state().session().duration_secs();
        self.rng.random_range(0.0..end_secs.max(0.1))
    }

    fn open(&mut self) {
        let video = self.any(&VIDEOS);
        self.perform(File::Open(self.root.join(video)));
    }

    fn seek(&mut self) {
        let at_secs = self.somewhere_secs();
        let action = self.any(&[
            Play::Seek(at_secs),
            Play::Scrub(at_secs),
            Play::From(at_secs),
            Play::Toggle,
        ]);
        self.perform(action);
    }

    fn press_key(&mut self) {
        let key = self.any(&KEYS);
        self.harness.key_press_modifiers(Modifiers::NONE, key);
    }

    fn ask(&mut self) {
        let words = self.any(&WORDS);
        let ctrl = Modifiers::COMMAND | Modifiers::CTRL;
        self.harness.key_press_modifiers(ctrl, Key::F);
        self.harness.run_steps(2);
        self.harness.event(Event::Text(words.to_owned()));
        self.harness.step();
        self.harness
            .key_press_modifiers(Modifiers::NONE, Key::Enter);
        self.harness.step();
        self.harness
            .key_press_modifiers(Modifiers::NONE, Key::Escape);
    }

    fn change_lane(&mut self) {
        let lanes = self.harness.state().session().lanes();
        let ids: Vec<_> = lanes.iter().map(|lane| lane.id).collect();
        if ids.is_empty() {
            return;
        }
        let id = self.any(&ids);
        let threshold = self.rng.random_range(0.0..1.0);
        let action = match self.rng.random_range(0..8) {
            0 => Find::RemoveAll,
            1 | 2 => Find::Remove(id),
            3 => Find::SetThreshold(id, Some(threshold)),
            4 => Find::SetThreshold(id, None),
            5 => Find::Move(id, 0),
            _ => Find::Select(id),
        };
        self.perform(action);
    }

    fn grade(&mut self) {
        let video = self.harness.state().session().video();
        let n_clips = video.map_or(0, |_| {
            (self.harness.state().session().duration_secs() / 2.0) as usize
        });
        if n_clips < 2 {
            return;
        }
        let first = self.rng.random_range(0..n_clips - 1);
        let last = (first + self.rng.random_range(0..3)).min(n_clips - 1);
        let grade = self.any(&Grade::ALL);
        self.perform(Teach::Grade(
            Some(Selection {
                first: ClipIndex(first),
                last: ClipIndex(last),
            }),
            Some(grade),
        ));
    }

    fn teach(&mut self) {
        let action = match self.rng.random_range(0..5) {
            0 | 1 => Teach::Start,
            2 => Teach::Undo,
            3 => Teach::Redo,
            _ => Teach::Stop,
        };
        self.perform(action);
    }

    fn export(&mut self) {
        let format = self.any(FORMATS);
        let path = self
            .dir
            .path()
            .join(format!("moments.{}", format.extension));
        self.perform(File::ExportTo(format, path));
    }

    fn cut(&mut self) {
        let folder = self.dir.path().join("cuts");
        // What was cut before is not what is measured.
        let _ = std::fs::remove_dir_all(&folder);
        self.perform(File::CutInto(folder));
    }

    fn switch_model(&mut self) {
        let tiny = self.root.join("tests/fixtures/clip-tiny");
        let choice = match self.rng.random_range(0..3) {
            0 => ModelChoice::Named(tiny),
            _ => ModelChoice::Bundled,
        };
        self.perform(Model::Use(choice));
    }

    fn look(&mut self) {
        let action = self.any(&[
            View::ShowSide(Side::Results),
            View::ShowSide(Side::Teach),
            View::ToggleFullscreen,
            View::ToggleExportMenu,
            View::ToggleModelMenu,
            View::ToggleMainMenu,
            View::ToggleKeys,
            View::ShowGoTo,
            View::ShowAllOfTimeline,
            View::Theme(Theme::Light),
            View::Theme(Theme::Dark),
            View::Zoom(1),
            View::Zoom(0),
            View::Escape,
        ]);
        self.perform(action);
    }

    fn resize(&mut self) {
        let width = self.rng.random_range(720.0..1600.0);
        let height = self.rng.random_range(460.0..1000.0);
        self.harness.set_size(Vec2::new(width, height));
    }
}
