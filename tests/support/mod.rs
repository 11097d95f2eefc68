//! What several integration tests need: small videos made on the spot, a tiny model, a place to work.
#![allow(dead_code, reason = "every test binary uses another part")]

pub mod decoded;
pub mod hub_server;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use tempfile::TempDir;
use vcl::store::Paths;

/// Longer than anything here takes on a slow machine; reaching it means a hang.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A complete CLIP of random weights in Hugging Face layout.
pub fn tiny_model() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/clip-tiny")
}

/// Own cache, data and model directories, and a folder for files; gone at the end of the test.
pub struct Place {
    dir: TempDir,
}

/// What the program did.
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Place {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        Self { dir }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn paths(&self) -> Paths {
        Paths::below(self.dir.path())
    }

    /// Puts a model of the fixtures where models are found by name.
    pub fn install(&self, model: &str) {
        let source = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fixtures")
            .join(model);
        let target = self.paths().model_dir.join(model);
        for entry in walkdir::WalkDir::new(&source) {
            let entry = entry.expect("the fixture");
            let path = target.join(entry.path().strip_prefix(&source).expect("inside"));
            if entry.file_type().is_dir() {
                std::fs::create_dir_all(path).expect("a folder");
            } else {
                std::fs::copy(entry.path(), path).expect("a copy");
            }
        }
    }

    /// A video of one-coloured scenes, each given as colour and seconds.
    pub fn video(&self, name: &str, scenes: &[(u32, u32)]) -> PathBuf {
        let path = self.path(name);
        let scenes: String = scenes
            .iter()
            .map(|(colour, secs)| {
                format!(
                    "videotestsrc pattern=solid-color foreground-color={colour:#x} num-buffers={} ! \
                     video/x-raw,format=I420,width=160,height=120,framerate=10/1 ! c. ",
                    secs * 10
                )
            })
            .collect();
        play(&format!(
            "{scenes} concat name=c ! x264enc speed-preset=ultrafast key-int-max=20 ! \
             video/x-h264,profile=baseline ! h264parse ! mp4mux ! filesink location=\"{}\"",
            path.display()
        ));
        path
    }

    /// Eight seconds in three scenes: four clips.
    pub fn short_video(&self, name: &str) -> PathBuf {
        self.video(name, &[(0xffd02020, 3), (0xff2020d0, 2), (0xff20d020, 3)])
    }

    /// The first three fifths of a film of twenty seconds.
    pub fn truncated(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        play(&format!(
            "videotestsrc pattern=smpte num-buffers=200 ! \
             video/x-raw,format=I420,width=160,height=120,framerate=10/1 ! \
             x264enc speed-preset=ultrafast key-int-max=20 ! h264parse ! matroskamux ! \
             filesink location=\"{}\"",
            path.display()
        ));
        let bytes = std::fs::read(&path).expect("the film");
        std::fs::write(&path, &bytes[..bytes.len() * 3 / 5]).expect("the shorter film");
        path
    }

    pub fn sound_only(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        play(&format!(
            "audiotestsrc num-buffers=100 ! audioconvert ! vorbisenc ! oggmux ! filesink location=\"{}\"",
            path.display()
        ));
        path
    }

    /// Runs the program on the tiny model with this place's directories.
    pub fn vcl<A: AsRef<std::ffi::OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Outcome {
        let mut command = self.command();
        command.arg("--model").arg(tiny_model());
        finish(command.args(args))
    }

    /// Runs the program on the bundled model.
    pub fn vcl_bundled<A: AsRef<std::ffi::OsStr>>(
        &self,
        args: impl IntoIterator<Item = A>,
    ) -> Outcome {
        finish(self.command().args(args))
    }

    pub fn command(&self) -> Command {
        self.command_on("cpu")
    }

    pub fn command_on(&self, device: &str) -> Command {
        let paths = self.paths();
        let mut command = Command::new(env!("CARGO_BIN_EXE_vcl"));
        command
            .env("VCL_CACHE_DIR", paths.cache_dir)
            .env("VCL_DATA_DIR", paths.data_dir)
            .env("VCL_MODEL_DIR", paths.model_dir)
            .env("HF_HUB_CACHE", paths.hub_dir)
            .args(["--device", device]);
        command
    }
}

impl Outcome {
    /// What it printed; it must have succeeded.
    #[track_caller]
    pub fn stdout(&self) -> &str {
        assert_eq!(self.code, Some(0), "stderr: {}", self.stderr);
        &self.stdout
    }

    /// The error in one line; it must have failed with code 1, printing no result.
    #[track_caller]
    pub fn error(&self) -> &str {
        assert_eq!(self.code, Some(1), "{} {}", self.stdout, self.stderr);
        assert_eq!(self.stdout, "");
        let line = self.stderr.strip_suffix('\n').expect("a whole line");
        assert!(!line.contains('\n'), "more than one line: {line}");
        line.strip_prefix("error: ").expect("it says error")
    }
}

/// Runs to the end, failing when it hangs.
fn finish(command: &mut Command) -> Outcome {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // Read while it runs: a full pipe would make it wait for us.
    let stdout = read_aside(child.stdout.take());
    let stderr = read_aside(child.stderr.take());
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        if began.elapsed() > PATIENCE {
            child.kill().expect("a child");
            panic!("{command:?} hangs");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    Outcome {
        code: status.code(),
        stdout: stdout.join().expect("its output"),
        stderr: stderr.join().expect("its errors"),
    }
}

fn read_aside(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    let mut pipe = pipe.expect("a piped output");
    std::thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text).expect("UTF-8");
        text
    })
}

/// Runs a pipeline to its end.
pub fn play(description: &str) {
    gst::init().expect("GStreamer");
    let pipeline = gst::parse::launch(description).expect("a sound pipeline");
    pipeline
        .set_state(gst::State::Playing)
        .expect("a running pipeline");
    let bus = pipeline.bus().expect("a pipeline has a bus");
    let timeout = gst::ClockTime::from_seconds(60);
    let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
    let message = bus.timed_pop_filtered(timeout, &kinds);
    assert!(
        matches!(
            message.as_ref().map(|m| m.view()),
            Some(gst::MessageView::Eos(_))
        ),
        "{description}: {message:?}"
    );
    pipeline
        .set_state(gst::State::Null)
        .expect("a stopped pipeline");
}
