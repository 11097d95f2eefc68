//! The moments as a person handles them: skimmed, left out, made longer, exported by hand.

use egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::Queryable as _;
use vcl::app::action::{File, Play};
use vcl::domain::ClipIndex;

use crate::drive::{USUAL, Window, format, on_timeline};

const QUERY: &str = "waves on the sea";

fn lane(window: &Window) -> &vcl::app::session::Lane {
    &window.app().session().lanes()[0]
}

#[test]
fn going_to_a_moment_leaves_a_paused_video_paused() {
    let mut window = Window::with_indexed_demo(&[QUERY], USUAL);
    window.harness.run_steps(2);
    let span = lane(&window).moments[0].span;
    for key in [Key::H, Key::R] {
        window.press(Modifiers::NONE, key);
        window.settle();
        assert!(!window.app().session().playback().is_playing, "{key:?}");
    }
    let card = window.harness.get_by_label_contains("Moment 1, ").rect();
    window.click_at(card.center_bottom() - vec2(0.0, 8.0));
    assert!((window.settle() - span.start_secs).abs() < 0.05);
    assert!(!window.app().session().playback().is_playing);
    window.tap(card.center_bottom() - vec2(0.0, 8.0), 2);
    window.wait_until("a double click plays", |app| {
        app.session().playback().is_playing
    });
}

/// A frame of the test lasts a quarter of a second, two clicks less than 0.3 s.
fn click_in_one_frame(window: &mut Window, at: egui::Pos2) {
    let events = &mut window.harness.input_mut().events;
    events.push(egui::Event::PointerMoved(at));
    events.extend([true, false].map(|pressed| egui::Event::PointerButton {
        pos: at,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    }));
    window.harness.step();
}

#[test]
fn a_double_click_on_the_threshold_does_not_seek_and_a_single_one_does() {
    let mut window = Window::with_indexed_demo(&[QUERY], USUAL);
    let ctx = window.harness.ctx.clone();
    window.harness.state_mut().perform(&ctx, Play::Seek(28.5));
    window.settle();
    let handle = window.rect_of(&format!("Threshold of {QUERY}")).center();
    click_in_one_frame(&mut window, handle);
    click_in_one_frame(&mut window, handle);
    window.harness.run_steps(4);
    assert!(
        (window.position_secs() - 28.5).abs() < 0.1,
        "{}",
        window.position_secs()
    );
    window.tap(handle, 1);
    window.harness.run_steps(4);
    let expected = 0.5 * window.app().session().duration_secs();
    assert!((window.position_secs() - expected).abs() < 0.5);
}

#[test]
fn a_moment_is_left_out_of_exports_and_its_end_is_dragged() {
    let mut window = Window::with_indexed_demo(&[QUERY], USUAL);
    window.harness.run_steps(2);
    let n_before = window.app().session().n_exported();
    window.click("Leave out of exports Moment 1");
    assert_eq!(window.app().session().n_exported(), n_before - 1);
    window.harness.run_steps(2);
    window.click("Export again Moment 1");
    assert_eq!(window.app().session().n_exported(), n_before);

    window.harness.run_steps(2);
    let before = lane(&window).moments[0].span;
    let end = window.rect_of("End of moment 1").center();
    window.drag(end, end + vec2(30.0, 0.0), |_| {});
    let after = lane(&window).moments[0].span;
    assert_eq!(after.start_secs, before.start_secs);
    assert!(
        after.end_secs > before.end_secs + 0.5,
        "{before:?} {after:?}"
    );
}

#[test]
fn what_is_selected_by_hand_is_exported() {
    let mut window = Window::with_indexed_demo(&[QUERY], USUAL);
    window.select(50.1, 57.9);
    window.press(Modifiers::NONE, Key::E);
    window.harness.run_steps(3);
    window.click("Only what is selected, 0:50.0 – 0:58.0");
    window.harness.run_steps(2);
    window.harness.get_by_label("1 moment as");
    window.press(Modifiers::NONE, Key::Escape);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("range.json");
    let ctx = window.harness.ctx.clone();
    let export = File::ExportTo(format("json"), file.clone());
    window.harness.state_mut().perform(&ctx, export);
    window.wait_for_notice("range.json");
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let moments = &json["queries"][0]["moments"];
    assert_eq!(moments.as_array().unwrap().len(), 1, "{json}");
    assert_eq!(
        (&moments[0]["start_secs"], &moments[0]["end_secs"]),
        (&50.0.into(), &58.0.into())
    );
    // And what was written can be shown, or it is said that it cannot.
    window.harness.run_steps(2);
    window.harness.get_by_label("Show in folder");
}

#[test]
fn a_grade_uses_the_selection_up() {
    let mut window = Window::with_indexed_demo(&[QUERY], USUAL);
    window.harness.step();
    let grade = |window: &Window, clip: usize| {
        let labels = window.app().session().selected_labels()?;
        labels.grade(ClipIndex(clip)).map(vcl::domain::Grade::value)
    };
    window.select(50.1, 57.9);
    window.press(Modifiers::NONE, Key::Num4);
    let ctx = window.harness.ctx.clone();
    for secs in [10.0, 20.0, 70.0] {
        window.harness.state_mut().perform(&ctx, Play::Seek(secs));
        window.press(Modifiers::NONE, Key::Num0);
    }
    for clip in [25, 26, 27, 28] {
        assert_eq!(grade(&window, clip), Some(4), "clip {clip} is as it was");
    }
    for clip in [5, 10, 35] {
        assert_eq!(grade(&window, clip), Some(0), "clip {clip}");
    }
    window.press(Modifiers::COMMAND | Modifiers::CTRL, Key::Z);
    let told = window.notices().pop().unwrap();
    let expected = format!("Undone: 1 clip of “{QUERY}” at 1:10.0 – 1:12.0 is without a grade");
    assert_eq!(told, expected);
    // The outline fades, and then nothing moves any more.
    window.wait_until_idle();
}

#[test]
fn a_preview_covers_nothing_but_the_picture() {
    let mut window = Window::with_indexed_demo(&[QUERY], USUAL);
    for part in [0.02, 0.5, 0.98] {
        let at = on_timeline(&window, part) + vec2(0.0, 60.0);
        window.harness.hover_at(at);
        window.harness.run_steps(3);
        let picture = window.rect_of("Video demo.mp4");
        let preview = window.rect_of("Preview");
        assert!(picture.contains_rect(preview), "{preview:?} in {picture:?}");
    }
    window.press(Modifiers::NONE, Key::G);
    window.harness.run_steps(3);
    assert!(window.harness.query_by_label("Preview").is_none());
}

#[test]
fn a_moment_is_added_by_hand_dragged_to_a_frame_kept_and_undone() {
    let mut window = Window::with_indexed_demo(&[QUERY], USUAL);
    window.harness.run_steps(2);
    let n_found = lane(&window).moments.len();
    window.select(50.1, 57.9);
    window.press(Modifiers::NONE, Key::N);
    window.harness.run_steps(2);
    assert_eq!(lane(&window).moments.len(), n_found + 1);
    let at = |window: &Window| {
        let moments = &lane(window).moments;
        let is_added = |it: &vcl::domain::Moment| lane(window).is_added(it.span);
        moments.iter().position(is_added).unwrap() + 1
    };
    let added = at(&window);
    let end = window.rect_of(&format!("End of moment {added}")).center();
    window.drag(end, end + vec2(17.0, 0.0), |_| {});
    let span = lane(&window).moments[at(&window) - 1].span;
    assert!(span.end_secs > 58.2, "{span:?}");
    let rate = window
        .app()
        .session()
        .video()
        .unwrap()
        .info
        .frame_rate
        .unwrap();
    let frames = span.end_secs * f64::from(rate.0) / f64::from(rate.1);
    assert!((frames - frames.round()).abs() < 1e-6, "{frames} frames");
    window.press(Modifiers::COMMAND | Modifiers::CTRL, Key::Z);
    assert_eq!(lane(&window).moments[at(&window) - 1].span.end_secs, 58.0);
    window.press(Modifiers::COMMAND | Modifiers::CTRL, Key::Z);
    assert_eq!(lane(&window).moments.len(), n_found);
}
