//! The window's own work per frame, while a 1080p video plays and indexing runs.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use egui::{Key, Modifiers};

use crate::drive::{USUAL, Window};

/// A minute of 1080p30 H.264, made by the tools that GStreamer brings.
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

#[test]
fn the_window_stays_smooth() {
    let dir = tempfile::tempdir().unwrap();
    let video = dir.path().join("ball.mp4");
    make_video(&video);
    let mut window = Window::open(Some(video), &["a white ball", "night", "the sea"], USUAL);
    window.wait_until("there is an answer", |app| {
        app.session().lanes.iter().all(|lane| lane.answer.is_some())
    });
    window.press(Modifiers::NONE, Key::Space);
    let began = Instant::now();
    let mut n_frames = 0;
    while n_frames < 240 && began.elapsed() < Duration::from_secs(60) {
        window.harness.step();
        n_frames += 1;
        std::thread::sleep(Duration::from_millis(8));
    }
    let summary = window.app().frame_times().expect("frames were drawn");
    println!("{summary}");
    assert!(summary.n_frames >= 100, "{summary}");
    assert!(summary.median < Duration::from_millis(8), "{summary}");
    assert!(summary.p95 < Duration::from_millis(33), "{summary}");
}
