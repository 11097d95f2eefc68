//! The window's own work per frame, while a 1080p video plays and indexing runs.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use egui::{Key, Modifiers};

use crate::drive::{USUAL, Window};

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
        let video = window.app().session().video.as_ref();
        video.is_some_and(|video| video.indexing.is_running())
    };
    let (mut n_frames, mut n_while_indexing) = (0, 0);
    while n_frames < 240 || is_indexing(&window) {
        window.harness.step();
        n_frames += 1;
        n_while_indexing += usize::from(is_indexing(&window));
        std::thread::sleep(Duration::from_millis(8)); // As a screen would have it.
    }
    let summary = window.app().frame_times().expect("frames were drawn");
    println!("{summary}, {n_while_indexing} while indexing");
    assert!(n_while_indexing > 0);
    assert!(summary.median < Duration::from_millis(8), "{summary}");
    assert!(summary.p95 < Duration::from_millis(33), "{summary}");
}
