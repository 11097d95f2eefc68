//! Buttons, menus and fields do what they say.

use egui::accesskit;
use egui::{Key, Modifiers, OutputCommand};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use vcl::domain::format_timestamp;

use crate::drive::{USUAL, Window, demo};

#[test]
fn a_time_is_copied() {
    let mut window = Window::with_indexed_demo(&["a red circle"], USUAL);
    window.harness.run_steps(2);
    let first = window.app().session().lanes()[0].moments[0];
    let expected = format_timestamp(first.span.start_secs);
    let button = window.harness.get_by_label("Copy the time of Moment 1");
    button.click();
    let mut copied = Vec::new();
    for _ in 0..3 {
        window.harness.step();
        let commands = &window.harness.output().platform_output.commands;
        copied.extend(commands.iter().filter_map(|command| match command {
            OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        }));
    }
    assert_eq!(copied, std::slice::from_ref(&expected));
    assert!(window.notices()[0].contains(&expected));
}

/// Types a path into the field that takes the place of the system's dialog.
fn type_path(window: &mut Window, path: &std::path::Path) {
    window.press(Modifiers::COMMAND | Modifiers::CTRL, Key::A);
    window.type_text(path.to_str().unwrap());
    window.press(Modifiers::NONE, Key::Enter);
    window.harness.run_steps(2);
}

#[test]
fn every_format_is_exported_from_the_menu() {
    let mut window = Window::with_indexed_demo(&["a red circle"], USUAL);
    window.harness.state_mut().stay_in_window();
    let dir = tempfile::tempdir().unwrap();
    for (item, extension) in [
        ("JSON, for programs", "json"),
        ("CSV, for spreadsheets", "csv"),
        ("SRT, as captions", "srt"),
        ("EDL, for Resolve or Premiere", "edl"),
        ("FCPXML, for Final Cut or Resolve", "fcpxml"),
        ("OTIO, for OpenTimelineIO", "otio"),
    ] {
        window.press(Modifiers::NONE, Key::E);
        window.harness.run_steps(2);
        window.click(item);
        window.harness.run_steps(2);
        let suggested = window.harness.get_by_label("Path").value().unwrap();
        let beside_the_video = demo().with_extension(extension);
        assert_eq!(suggested, beside_the_video.display().to_string());
        let path = dir.path().join(format!("moments.{extension}"));
        type_path(&mut window, &path);
        window.wait_for_notice(path.to_str().unwrap());
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.is_empty(), "{item}");
    }

    window.press(Modifiers::NONE, Key::E);
    window.harness.run_steps(2);
    window.click("Video files, one per moment…");
    window.harness.run_steps(2);
    let folder = dir.path().join("cuts");
    type_path(&mut window, &folder);
    window.wait_until("the cuts are there", |app| {
        let last = app.session().notices().iter().last();
        last.is_some_and(|notice| notice.text.contains("cut into"))
    });
    let n_moments = window.app().session().lanes()[0].moments.len();
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), n_moments);
    assert!(
        window
            .notices()
            .pop()
            .unwrap()
            .contains(folder.to_str().unwrap())
    );
}

#[test]
fn the_export_menu_is_used_without_a_mouse() {
    let mut window = Window::with_indexed_demo(&["a red circle"], USUAL);
    window.harness.state_mut().stay_in_window();
    window.press(Modifiers::NONE, Key::E);
    window.harness.run_steps(2);
    for _ in 0..2 {
        window.press(Modifiers::NONE, Key::ArrowDown);
    }
    window.press(Modifiers::NONE, Key::Enter);
    window.harness.run_steps(2);
    let suggested = window.harness.get_by_label("Path").value().unwrap();
    assert!(suggested.ends_with("demo.srt"), "{suggested}");
    window.press(Modifiers::NONE, Key::Escape);
    window.harness.run_steps(2);
    assert!(window.harness.query_by_label("Path").is_none());
}

#[test]
fn without_a_file_dialog_a_path_is_typed() {
    let mut window = Window::open(None, &[], USUAL);
    window.harness.state_mut().stay_in_window();
    window.press(Modifiers::COMMAND | Modifiers::CTRL, Key::O);
    window.harness.run_steps(2);
    type_path(&mut window, &demo().with_file_name("no such film.mp4"));
    window.harness.get_by_label("There is no such file.");
    type_path(&mut window, &demo());
    window.wait_until("the demo is open", |app| app.session().video().is_some());
    assert!(window.harness.query_by_label("Path").is_none());
}

#[test]
fn speed_and_volume_are_set() {
    let mut window = Window::with_indexed_demo(&[], USUAL);
    window.harness.run_steps(2);
    let speed = |window: &Window| window.app().session().prefs().speed;
    let mut speeds = Vec::new();
    for _ in 0..6 {
        window.press(Modifiers::NONE, Key::CloseBracket);
        speeds.push(speed(&window));
    }
    assert_eq!(speeds, [1.25, 1.5, 2.0, 3.0, 4.0, 4.0]);
    for _ in 0..9 {
        window.press(Modifiers::NONE, Key::OpenBracket);
    }
    assert_eq!(speed(&window), 0.25);
    window.click("Speed");
    window.harness.run_steps(2);
    window.click("2×");
    assert_eq!(speed(&window), 2.0);
    // Two seconds of the video in one of playing, by the clock of the player.
    window.press(Modifiers::NONE, Key::Space);
    window.wait_until("it plays", |app| {
        app.session().playback().position_secs > 2.0
    });
    window.press(Modifiers::NONE, Key::K);
    window.wait_until("it is paused", |app| !app.session().playback().is_playing);

    let volume = |window: &Window| window.app().session().prefs().volume;
    window.harness.get_by_label("Volume").focus();
    window.harness.step();
    window.press(Modifiers::NONE, Key::ArrowLeft);
    window.press(Modifiers::NONE, Key::ArrowLeft);
    let quieter = volume(&window);
    assert!(quieter < 1.0, "{quieter}");
    window.press(Modifiers::NONE, Key::M);
    assert!(window.app().session().prefs().is_muted);
    window.press(Modifiers::NONE, Key::ArrowRight);
    assert!(
        !window.app().session().prefs().is_muted,
        "moving it turns the sound on"
    );
}

/// Names of everything that the keyboard can reach.
fn focusable(window: &Window) -> std::collections::BTreeSet<String> {
    let nodes = window.harness.root().children_recursive();
    nodes
        .map(|node| node.accesskit_node())
        .filter(|node| {
            node.data().supports_action(accesskit::Action::Focus)
                && !node.is_hidden()
                && !node.is_disabled()
        })
        .map(|node| {
            let name = node.label().unwrap_or_default();
            let named = !name.trim().is_empty() || node.data().placeholder().is_some();
            assert!(named, "a {:?} has no name", node.role());
            name
        })
        .collect()
}

#[test]
fn everything_has_a_name_and_tab_reaches_it() {
    let mut window = Window::with_indexed_demo(&["night", "the sea"], USUAL);
    window.drop_file(std::path::Path::new("/holidays/beach.mp4"));
    window.wait_until_idle();
    let mut missing = focusable(&window);
    assert!(missing.len() > 30, "{missing:?}");
    for _ in 0..3 * missing.len() {
        window.press(Modifiers::NONE, Key::Tab);
        let focused = window.harness.root().children_recursive();
        let focused = focused.map(|node| node.accesskit_node());
        if let Some(node) = focused
            .into_iter()
            .find(egui_kittest::kittest::AccessKitNode::is_focused)
        {
            missing.remove(&node.label().unwrap_or_default());
        }
    }
    assert!(missing.is_empty(), "Tab never reaches {missing:?}");
}

#[test]
fn what_opens_has_names_too() {
    let mut window = Window::open(None, &[], USUAL);
    window.harness.run_steps(2);
    focusable(&window);
    window.click("Menu");
    window.harness.run_steps(2);
    assert!(focusable(&window).contains("As the desktop"));

    let mut window = Window::with_indexed_demo(&["night"], USUAL);
    window.harness.state_mut().stay_in_window();
    for (key, expected) in [
        (Key::E, "CSV, for spreadsheets"),
        (Key::T, "Teach"),
        (Key::G, "Time to go to"),
        (Key::Questionmark, "Close window"),
        (Key::F, "Leave fullscreen"),
    ] {
        window.press(Modifiers::NONE, key);
        window.harness.run_steps(3);
        let names = focusable(&window);
        assert!(names.contains(expected), "{key:?}: {names:?}");
        window.press(Modifiers::NONE, Key::Escape);
        window.press(Modifiers::NONE, Key::Escape);
        window.harness.run_steps(3);
    }
    window.press(Modifiers::COMMAND | Modifiers::CTRL, Key::O);
    window.harness.run_steps(2);
    assert!(focusable(&window).contains("Path"));
    window.press(Modifiers::NONE, Key::Escape);
    for menu in ["Recent videos", "Speed", "Menu"] {
        window.click(menu);
        window.harness.run_steps(2);
        focusable(&window);
        window.press(Modifiers::NONE, Key::Escape);
        window.harness.run_steps(2);
    }
}
