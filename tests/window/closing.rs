//! Esc closes what lies on top, menus are used by keyboard, and the window goes at once.

use std::path::Path;

use egui::{Key, Modifiers, ViewportCommand};
use egui_kittest::kittest::Queryable as _;

use crate::drive::{USUAL, Window};

fn is_there(window: &Window, label: &str) -> bool {
    window.harness.query_by_label(label).is_some()
}

fn press(window: &mut Window, key: Key) {
    window.press(Modifiers::NONE, key);
    window.harness.run_steps(3);
}

/// A button that opens a menu, and something in it.
const MENUS: [(&str, &str); 5] = [
    ("Menu", "As the desktop"),
    ("Export", "CSV, for spreadsheets"),
    ("Recent videos", "Forget these"),
    ("Speed", "0.25×"),
    ("bundled on CPU", "From a folder…"),
];

#[test]
fn escape_closes_menus_before_the_notices_below() {
    let mut window = Window::with_indexed_demo(&["night"], USUAL);
    window.drop_file(Path::new("/holidays/beach.mp4"));
    window.wait_until("there is a notice", |app| {
        !app.session().notices().is_empty()
    });
    for (button, item) in MENUS {
        let at = window.harness.get_by_label_contains(button).rect().center();
        window.click_at(at);
        window.harness.run_steps(3);
        assert!(is_there(&window, item), "{button} opens");
        press(&mut window, Key::Escape);
        assert!(!is_there(&window, item), "Esc closes {button}");
        assert_eq!(window.notices().len(), 1, "and nothing else");
    }
    press(&mut window, Key::Escape);
    assert!(window.notices().is_empty());
}

#[test]
fn menus_are_opened_walked_and_closed_by_keys() {
    let mut window = Window::with_indexed_demo(&["night"], USUAL);
    press(&mut window, Key::F10);
    assert!(is_there(&window, "Keys (?)"));
    // The first item has the keyboard, and the one below it is next.
    press(&mut window, Key::ArrowDown);
    press(&mut window, Key::Enter);
    let theme = window.app().session().settings().theme;
    assert_eq!(theme, vcl::app::Theme::Light);
    press(&mut window, Key::F10);
    assert!(!is_there(&window, "Keys (?)"), "the same key closes it");

    window.harness.get_by_label("Recent videos").focus();
    window.harness.step();
    press(&mut window, Key::Enter);
    assert!(is_there(&window, "Forget these"));
    press(&mut window, Key::Escape);
    assert!(!is_there(&window, "Forget these"));
}

#[test]
fn the_list_of_keys_opens_on_top_of_nothing() {
    let mut window = Window::with_indexed_demo(&["night"], USUAL);
    press(&mut window, Key::E);
    assert!(is_there(&window, "CSV, for spreadsheets"));
    press(&mut window, Key::Questionmark);
    assert!(!is_there(&window, "CSV, for spreadsheets"));
    assert!(is_there(&window, "Jump to the highlight"));
    press(&mut window, Key::Escape);
    assert!(!is_there(&window, "Jump to the highlight"));
}

#[test]
fn q_hides_the_window_and_closes_it() {
    for (modifiers, is_typing) in [
        (Modifiers::NONE, false),
        (Modifiers::COMMAND | Modifiers::CTRL, true),
    ] {
        let mut window = Window::open(None, &[], USUAL);
        window.harness.run_steps(2);
        if is_typing {
            window.press(Modifiers::NONE, Key::Slash);
            window.harness.step();
            window.type_text("q");
        }
        // One frame, whose output is looked at.
        window.harness.input_mut().events.push(egui::Event::Key {
            key: Key::Q,
            physical_key: None,
            pressed: true,
            repeat: false,
            modifiers,
        });
        window.harness.step();
        let output = window.harness.output();
        let commands: Vec<_> = output
            .viewport_output
            .values()
            .flat_map(|viewport| viewport.commands.clone())
            .collect();
        let hides = commands
            .iter()
            .position(|c| *c == ViewportCommand::Visible(false));
        let closes = commands.iter().position(|c| *c == ViewportCommand::Close);
        assert!(hides.is_some() && hides < closes, "{commands:?}");
    }
}
