//! Everything can be done without a mouse, and typing is only typing.

use egui::{Event, Key, Modifiers};

use crate::drive::{USUAL, Window};

#[test]
fn keys_move_through_the_video() {
    let mut window = Window::with_indexed_demo(&["night"], USUAL);
    window.harness.run_steps(2);
    for (modifiers, key, expected) in [
        (Modifiers::NONE, Key::L, 10.0),
        (Modifiers::NONE, Key::ArrowRight, 15.0),
        (Modifiers::SHIFT, Key::ArrowRight, 16.0),
        (Modifiers::SHIFT, Key::ArrowLeft, 15.0),
        (Modifiers::NONE, Key::ArrowLeft, 10.0),
        (Modifiers::NONE, Key::J, 0.0),
    ] {
        window.press(modifiers, key);
        let at = window.settle();
        assert!(
            (at - expected).abs() < 0.05,
            "{key:?} leads to {at}, not {expected}"
        );
    }
    let frame_secs = |window: &Window| window.app().frame_secs().unwrap();
    window.wait_until("the first frame is on screen", |app| {
        app.frame_secs().is_some_and(|secs| secs < 0.02)
    });
    let first = frame_secs(&window);
    window.press(Modifiers::NONE, Key::Period);
    window.wait_until("one frame on", |app| app.frame_secs() > Some(first + 0.03));
    assert!((frame_secs(&window) - first - 0.04).abs() < 0.005);
    window.press(Modifiers::NONE, Key::Comma);
    window.wait_until("one frame back", |app| {
        app.frame_secs() < Some(first + 0.02)
    });

    let spans = window.app().session().moments_in_time();
    let starts: Vec<_> = spans.iter().map(|span| span.start_secs).collect();
    let mut visited = Vec::new();
    while visited.len() < starts.len() {
        window.press(Modifiers::NONE, Key::ArrowDown);
        let at = window.settle();
        visited.push((at * 10.0).round() / 10.0);
        if starts.first() == Some(&0.0) && visited.len() + 1 == starts.len() {
            break;
        }
    }
    assert!(starts.ends_with(&visited), "{starts:?} and {visited:?}");

    window.press(Modifiers::NONE, Key::G);
    window.harness.run_steps(2);
    window.type_text("1:05.5");
    window.press(Modifiers::NONE, Key::Enter);
    window.harness.step();
    assert!((window.settle() - 65.5).abs() < 0.05);

    window.press(Modifiers::NONE, Key::M);
    assert!(window.app().session().prefs().is_muted);
    window.press(Modifiers::NONE, Key::Space);
    window.wait_until("it plays", |app| app.session().playback().is_playing);
    let before = window.position_secs();
    window.wait_until("time goes on", |app| {
        app.session().playback().position_secs > before + 0.3
    });
    window.press(Modifiers::NONE, Key::K);
    window.wait_until("it is paused", |app| !app.session().playback().is_playing);
}

#[test]
fn no_key_does_anything_while_typing() {
    let mut window = Window::with_indexed_demo(&[], USUAL);
    window.press(Modifiers::COMMAND | Modifiers::CTRL, Key::F);
    window.harness.step();
    let before = window.position_secs();
    for (key, text) in [
        (Key::K, "k"),
        (Key::Space, " "),
        (Key::M, "m"),
        (Key::F, "f"),
        (Key::L, "l"),
    ] {
        window.harness.key_press(key);
        window.type_text(text);
    }
    window.press(Modifiers::NONE, Key::ArrowLeft);
    let session = window.app().session();
    assert!(!session.playback().is_playing && !session.prefs().is_muted);
    assert_eq!(window.position_secs(), before);
    window.press(Modifiers::NONE, Key::Enter);
    window.harness.step();
    let lanes = window.app().session().lanes();
    assert_eq!(lanes[0].query.title(), "k mfl");
}

/// As on a machine that draws slower than somebody types.
#[test]
fn what_is_typed_within_one_frame_is_asked() {
    let mut window = Window::with_indexed_demo(&[], USUAL);
    let key = |modifiers, key, pressed| Event::Key {
        key,
        physical_key: None,
        pressed,
        repeat: false,
        modifiers,
    };
    let ctrl = Modifiers::COMMAND | Modifiers::CTRL;
    window.harness.input_mut().events.extend([
        key(ctrl, Key::F, true),
        key(ctrl, Key::F, false),
        Event::Text("a red kite".to_owned()),
        key(Modifiers::NONE, Key::Enter, true),
    ]);
    window.harness.step();
    window.harness.step();
    let lanes = window.app().session().lanes();
    assert_eq!(lanes.len(), 1);
    assert_eq!(lanes[0].query.title(), "a red kite");
}

#[test]
fn the_list_of_keys_opens_and_closes() {
    use egui_kittest::kittest::Queryable as _;
    let mut window = Window::open(None, &[], USUAL);
    window.press(Modifiers::SHIFT, Key::Questionmark);
    window.harness.run_steps(2);
    window.harness.get_by_label("Jump to the highlight");
    window.press(Modifiers::NONE, Key::Escape);
    window.harness.run_steps(2);
    assert!(
        window
            .harness
            .query_by_label("Jump to the highlight")
            .is_none()
    );
}

#[test]
fn what_was_set_is_there_the_next_time() {
    use eframe::App as _;
    use vcl::app::Theme;
    use vcl::app::action::{Action, Play, View};
    let mut window = Window::with_indexed_demo(&["night"], USUAL);
    let ctx = window.harness.ctx.clone();
    let app = window.harness.state_mut();
    for action in [
        Action::from(Play::Volume(0.25)),
        Play::ToggleMute.into(),
        Play::Speed(1.5).into(),
        View::Theme(Theme::Light).into(),
        View::Zoom(1).into(),
    ] {
        app.perform(&ctx, action);
    }
    app.on_exit();
    let before = app.session().settings().clone();
    let again = window.open_again();
    assert_eq!(again.app().session().settings(), &before);
    let prefs = again.app().session().prefs();
    assert_eq!(
        (prefs.volume, prefs.is_muted, prefs.speed),
        (0.25, true, 1.5)
    );
    assert!(before.recent[0].ends_with("demo.mp4"));
    assert_eq!(before.history, ["night"]);
}

#[test]
fn fullscreen_shows_the_picture_and_escape_leaves_it() {
    use egui_kittest::kittest::Queryable as _;
    let mut window = Window::with_indexed_demo(&["night"], USUAL);
    window.press(Modifiers::NONE, Key::F);
    window.harness.run_steps(2);
    window.harness.get_by_label("Leave fullscreen");
    assert!(window.harness.query_by_label("Jump to highlight").is_none());
    window.press(Modifiers::NONE, Key::Escape);
    window.harness.run_steps(2);
    window.harness.get_by_label("Jump to highlight");
}
