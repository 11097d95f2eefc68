//! The window's own work per frame: while a 1080p video plays and indexing runs, and while the disk
//! does not answer.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use egui::{Key, Modifiers};
use vcl::app::App;
use vcl::app::action::{File, View};
use vcl::app::{FrameTimeSummary, Theme};

use crate::drive::{USUAL, Window, format};

/// How long the disk does not answer. A frame that waits for it takes as long.
const STUCK: Duration = Duration::from_millis(600);

/// Half a minute of 1080p30 H.264, made by the tools that GStreamer brings.
fn make_video(path: &Path) {
    let status = Command::new("gst-launch-1.0")
        .args(["-q", "videotestsrc", "pattern=ball", "num-buffers=900", "!"])
        .args(["video/x-raw,width=1920,height=1080,framerate=30/1", "!"])
        .args([
            "x264enc",
            "speed-preset=ultrafast",
            "key-int-max=60",
            "!",
            "mp4mux",
            "!",
        ])
        .arg("filesink")
        .arg(format!("location={}", path.display()))
        .status()
        .expect("gst-launch-1.0 runs");
    assert!(status.success());
}

fn summary(app: &App) -> FrameTimeSummary {
    app.frame_times().expect("frames were drawn")
}

#[test]
fn the_window_stays_smooth() {
    let dir = tempfile::tempdir().unwrap();
    let video = dir.path().join("ball.mp4");
    make_video(&video);
    let queries = ["a white ball", "night", "the sea"];
    let mut window = Window::open(Some(video), &queries, USUAL);
    window.wait_until("the first frame is there", |app| app.frame_secs().is_some());
    window.press(Modifiers::NONE, Key::Space);
    let is_indexing = |window: &Window| {
        let video = window.app().session().video();
        video.is_some_and(|video| video.indexing.is_running())
    };
    let (mut n_frames, mut n_while_indexing) = (0, 0);
    while n_frames < 240 || is_indexing(&window) {
        window.harness.step();
        n_frames += 1;
        n_while_indexing += usize::from(is_indexing(&window));
        std::thread::sleep(Duration::from_millis(8)); // As a screen would have it.
    }
    let summary = summary(window.app());
    println!("{summary}, {n_while_indexing} while indexing");
    assert!(n_while_indexing > 0);
    assert!(summary.cpu.median < Duration::from_millis(8), "{summary}");
    assert!(summary.cpu.p95 < Duration::from_millis(33), "{summary}");
    // On the clock the other threads of a small machine take their share, but nothing waits.
    assert!(summary.wall.median < Duration::from_millis(33), "{summary}");
    assert!(summary.wall.worst < Duration::from_millis(500), "{summary}");
}

/// A pipe in place of the settings: who reads it waits until somebody writes.
fn make_pipe(path: &Path) {
    let _ = std::fs::remove_file(path);
    let status = Command::new("mkfifo").arg(path).status();
    assert!(status.expect("mkfifo runs").success());
}

#[test]
fn no_frame_waits_for_the_disk() {
    let mut window = Window::with_indexed_demo(&["a red circle"], USUAL);
    window.wait_until_idle();
    let settings = window.paths().data_dir.join("settings.json");
    make_pipe(&settings);
    let began = Instant::now();
    let disk = std::thread::spawn(move || {
        std::thread::sleep(STUCK);
        let mut pipe = std::fs::File::options().write(true).open(&settings);
        // Only then, so that the settings are written to a file again.
        std::fs::remove_file(&settings).unwrap();
        pipe.as_mut().unwrap().write_all(b"{}").unwrap();
    });

    let ctx = window.harness.ctx.clone();
    let app = window.harness.state_mut();
    app.perform(&ctx, View::Theme(Theme::Light));
    // The writer is waiting for the disk by now, and everything else waits behind that.
    std::thread::sleep(STUCK / 4);
    let dir = tempfile::tempdir().unwrap();
    let files = ["moments.csv", "moments.json"].map(|name| dir.path().join(name));
    app.perform(&ctx, File::ExportTo(format("csv"), files[0].clone()));
    app.perform(&ctx, View::Theme(Theme::Dark));
    app.perform(&ctx, File::ExportTo(format("json"), files[1].clone()));
    app.perform(&ctx, View::Theme(Theme::System));
    let asked = began.elapsed();
    assert!(asked < STUCK / 2, "asking waited for the disk: {asked:?}");

    let mut longest = Duration::ZERO;
    let mut n_frames = 0;
    while began.elapsed() < STUCK {
        let frame = Instant::now();
        window.harness.step();
        longest = longest.max(frame.elapsed());
        n_frames += 1;
        let is_written = files.iter().any(|file| file.exists());
        assert!(!is_written || began.elapsed() >= STUCK, "the disk is stuck");
    }
    println!("{n_frames} frames meanwhile, the longest {longest:?}");
    assert!(n_frames >= 3, "only {n_frames} frames");
    assert!(longest < STUCK / 2, "a frame took {longest:?}");

    // In the end everything is there, the settings as they were last.
    disk.join().unwrap();
    window.wait_until_idle();
    assert!(files.iter().all(|file| file.is_file()));
    assert_eq!(window.notices().len(), 2, "{:?}", window.notices());
    let kept = std::fs::read_to_string(window.paths().data_dir.join("settings.json")).unwrap();
    assert!(kept.contains("\"theme\": \"system\""), "{kept}");
}
