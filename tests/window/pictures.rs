//! Pictures of the window. `UPDATE_SNAPSHOTS=1` draws them anew; look at them before keeping them.

use egui::{Vec2, vec2};
use egui_kittest::SnapshotOptions;
use vcl::app::Theme;
use vcl::app::action::{Action, Find, Play, View};

use crate::drive::{Opening, USUAL, Window, demo, on_timeline};

/// Another software rasteriser draws a few edges differently, and text in thousands of pixels.
const MAX_FAILED_PIXELS: usize = 4000;

const FOUR: [&str; 4] = ["the sea", "night", "a burning fire", "two red hearts"];

pub fn picture(window: &mut Window, name: &str) {
    compare(window, name, MAX_FAILED_PIXELS);
}

fn compare(window: &mut Window, name: &str, max_failed_pixels: usize) {
    let options = SnapshotOptions::new()
        .threshold(1.5)
        .max_failed_pixels(max_failed_pixels)
        .output_path(crate::drive::root().join("tests/snapshots"));
    window.harness.snapshot_options(name, &options);
}

fn act(window: &mut Window, action: impl Into<Action>) {
    let ctx = window.harness.ctx.clone();
    window.harness.state_mut().perform(&ctx, action);
    window.harness.run_steps(2);
}

fn searched(queries: &[&str], size: Vec2, at_secs: f64) -> Window {
    let mut window = Window::with_indexed_demo(queries, size);
    act(&mut window, Play::Seek(at_secs));
    window.wait_until_idle();
    window
}

#[test]
fn empty() {
    let mut window = Window::open(None, &[], USUAL);
    window.wait_until("the model is there", |app| {
        matches!(
            app.session().model(),
            vcl::app::session::ModelState::Ready(_)
        )
    });
    window.harness.run_steps(3);
    picture(&mut window, "empty");
}

#[test]
fn indexing() {
    let mut window = Window::open_held(&["waves on the sea"]);
    window.wait_until("there is an answer from some exact clips", |app| {
        let answer = app.session().lanes()[0].answer.as_ref();
        app.frame_secs().is_some() && answer.is_some_and(|answer| answer.n_clips_done > 8)
    });
    // How far it is differs from run to run; that everything is at its place does not.
    compare(&mut window, "indexing", 60_000);
}

#[test]
fn one_query() {
    let mut window = searched(&["waves on the sea"], USUAL, 15.0);
    picture(&mut window, "one_query");
}

#[test]
fn three_queries() {
    let queries = ["the sea", "something red", "stars in the night sky"];
    let mut window = searched(&queries, USUAL, 80.0);
    picture(&mut window, "three_queries");
}

#[test]
fn results_with_the_pointer_on_the_timeline() {
    let mut window = searched(&["night", "a burning fire"], USUAL, 47.0);
    let at = on_timeline(&window, 0.55) + vec2(0.0, 60.0);
    window.harness.hover_at(at);
    window.harness.run_steps(2);
    window.wait_until_idle();
    picture(&mut window, "results");
}

#[test]
fn teach() {
    let mut window = searched(&["something warm", "the sea"], USUAL, 38.0);
    let first = window.app().session().lanes()[0].id;
    act(&mut window, Find::Select(first));
    act(&mut window, View::ToggleTeach);
    for (from_secs, to_secs, key) in [
        (0.1, 29.9, egui::Key::Num0),
        (36.1, 41.9, egui::Key::Num4),
        (54.1, 57.9, egui::Key::Num4),
        (62.1, 65.9, egui::Key::Num2),
        (66.1, 71.9, egui::Key::Num1),
        (74.1, 77.9, egui::Key::Num3),
    ] {
        window.select(from_secs, to_secs);
        window.press(egui::Modifiers::NONE, key);
    }
    window.wait_until_idle();
    picture(&mut window, "teach");
}

#[test]
fn not_in_this_video() {
    let mut window = searched(&["a text slide", "a man playing the guitar"], USUAL, 2.0);
    picture(&mut window, "not_in_this_video");
}

#[test]
fn notice() {
    let mut window = searched(&["falling snow"], USUAL, 67.0);
    window.drop_file(std::path::Path::new("/holidays/beach.mp4"));
    window.wait_until_idle();
    picture(&mut window, "notice");
}

#[test]
fn light_theme() {
    let mut window = searched(&["the sea", "a burning fire"], USUAL, 56.0);
    act(&mut window, View::Theme(Theme::Light));
    window.wait_until_idle();
    picture(&mut window, "light_theme");
}

#[test]
fn small_window() {
    let mut window = searched(&FOUR, vec2(720.0, 460.0), 84.0);
    picture(&mut window, "small_window");
    act(&mut window, View::ToggleTeach);
    window.wait_until_idle();
    picture(&mut window, "small_window_teach");
}

#[test]
fn small_laptop() {
    let mut window = searched(&FOUR, vec2(960.0, 540.0), 84.0);
    picture(&mut window, "small_laptop");
}

#[test]
fn fullscreen() {
    let mut window = searched(&FOUR, USUAL, 84.0);
    act(&mut window, View::ToggleFullscreen);
    window.harness.hover_at(egui::pos2(640.0, 200.0));
    window.wait_until_idle();
    window.harness.hover_at(egui::pos2(640.0, 190.0));
    window.harness.run_steps(2);
    picture(&mut window, "fullscreen");
}

/// What the bundled model was not made for.
#[test]
fn film() {
    let video = crate::drive::root().join("tests/fixtures/videos/plain.mp4");
    let mut window = Window::open(Some(video), &["night", "a red circle"], USUAL);
    window.wait_until("it is indexed and answered", |app| {
        let mut lanes = app.session().lanes().iter();
        lanes.all(|lane| lane.answer.as_ref().is_some_and(|answer| answer.is_final))
    });
    window.wait_until_idle();
    picture(&mut window, "film");
}

#[test]
fn recent_videos() {
    // The card shows the folder, which is to be the same on every machine.
    let folder = std::env::temp_dir().join("Holidays");
    let video = folder.join("demo.mp4");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(demo(), &video).unwrap();
    let mut window = Window::open(Some(video), &[], USUAL);
    window.wait_until("it is indexed", |app| {
        let video = app.session().video();
        video.is_some_and(|video| video.indexing.is_done())
    });
    let mut window = window.open_again();
    window.wait_until_idle();
    picture(&mut window, "recent_videos");
}

#[test]
fn sharp_screen() {
    let mut window = Window::open_with(Opening {
        video: Some(demo()),
        queries: &["waves on the sea", "a burning fire"],
        size: Some(vec2(960.0, 600.0)),
        sharpness: Some(2.0),
        ..Opening::default()
    });
    window.wait_until("it is indexed and answered", |app| {
        let mut lanes = app.session().lanes().iter();
        lanes.all(|lane| lane.answer.as_ref().is_some_and(|answer| answer.is_final))
    });
    act(&mut window, Play::Seek(56.0));
    window.wait_until_idle();
    compare(&mut window, "sharp_screen", 4 * MAX_FAILED_PIXELS);
}

#[test]
fn keys() {
    let mut window = searched(&["the sea"], USUAL, 16.0);
    act(&mut window, View::ToggleKeys);
    window.wait_until_idle();
    picture(&mut window, "keys");
}
