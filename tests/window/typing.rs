//! One query after the other is typed, and nothing that is typed does anything else.

use egui::{Event, Key, Modifiers};
use egui_kittest::kittest::Queryable as _;

use crate::drive::{USUAL, Window};

fn key(key: Key) -> Event {
    Event::Key {
        key,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: Modifiers::NONE,
    }
}

/// As a keyboard gives them: a key for each letter, and what it types.
fn keys_of(text: &str) -> Vec<Event> {
    let mut events = Vec::new();
    for letter in text.chars() {
        let name = letter.to_uppercase().to_string();
        events.extend(Key::from_name(&name).map(key));
        events.push(Event::Text(letter.to_string()));
    }
    events
}

fn titles(window: &Window) -> Vec<String> {
    let lanes = window.app().session().lanes().iter();
    lanes.map(|lane| lane.query.title().to_owned()).collect()
}

fn assert_nothing_else_was_done(window: &Window) {
    let session = window.app().session();
    let playback = session.playback();
    assert!(!playback.is_playing && playback.looped.is_none());
    assert!(session.selection().is_none());
    let view = session.view();
    assert!(!view.shows_go_to && !view.is_fullscreen && !view.shows_keys);
    assert_eq!(playback.position_secs, 0.0);
    assert!(
        window
            .harness
            .query_by_label("CSV, for spreadsheets")
            .is_none()
    );
}

const WORDS: [&str; 2] = ["waves on the sea", "a purple ring"];

#[test]
fn a_second_query_is_typed_right_behind_the_first() {
    let mut window = Window::with_indexed_demo(&[], USUAL);
    window.press(Modifiers::NONE, Key::Slash);
    window.harness.step();
    for words in WORDS {
        for event in keys_of(words) {
            window.harness.event(event);
            window.harness.step();
        }
        window.press(Modifiers::NONE, Key::Enter);
    }
    window.harness.run_steps(2);
    assert_eq!(titles(&window), WORDS);
    assert_nothing_else_was_done(&window);
}

/// As on a machine that draws slower than somebody types.
#[test]
fn two_queries_come_within_one_frame() {
    let mut window = Window::with_indexed_demo(&[], USUAL);
    let mut events = vec![key(Key::Slash), Event::Text("/".to_owned())];
    for words in WORDS {
        events.extend(keys_of(words));
        events.push(key(Key::Enter));
    }
    window.harness.input_mut().events.extend(events);
    window.harness.run_steps(6);
    assert_eq!(titles(&window), WORDS);
    assert_nothing_else_was_done(&window);
}

#[test]
fn the_empty_field_plays_and_leaves_by_escape_and_down() {
    let mut window = Window::with_indexed_demo(&["night"], USUAL);
    window.press(Modifiers::NONE, Key::Slash);
    window.harness.step();
    let press_space = |window: &mut Window| {
        let events = [key(Key::Space), Event::Text(" ".to_owned())];
        window.harness.input_mut().events.extend(events);
        window.harness.step();
    };
    press_space(&mut window);
    window.wait_until("it plays", |app| app.session().playback().is_playing);
    press_space(&mut window);
    window.wait_until("it is paused", |app| !app.session().playback().is_playing);
    assert!(
        window.position_secs() < 60.0,
        "and not because it has ended"
    );
    window.type_text("a");
    press_space(&mut window);
    assert!(
        !window.app().session().playback().is_playing,
        "now it is a space"
    );

    for leave in [Key::Escape, Key::ArrowDown] {
        window.press(Modifiers::NONE, Key::Slash);
        window.harness.step();
        assert!(window.app().session().view().is_asking);
        window.press(Modifiers::NONE, leave);
        window.harness.step();
        assert!(
            !window.app().session().view().is_asking,
            "{leave:?} leaves it"
        );
        let was_muted = window.app().session().prefs().is_muted;
        window.press(Modifiers::NONE, Key::M);
        assert_ne!(window.app().session().prefs().is_muted, was_muted);
    }
}

#[test]
fn a_click_on_the_words_of_a_query_changes_them() {
    let mut window = Window::with_indexed_demo(&["night", "the sea"], USUAL);
    let colour = window.app().session().lanes()[0].colour;
    window.harness.run_steps(2);
    window.click("Change the words of night");
    window.type_text("a burning fire");
    window.press(Modifiers::NONE, Key::Enter);
    window.harness.step();
    assert_eq!(titles(&window), ["a burning fire", "the sea"]);
    window.wait_until("it is answered", |app| {
        app.session().lanes()[0].answer.is_some()
    });
    assert_eq!(window.app().session().lanes()[0].colour, colour);
    window.harness.run_steps(2);
    window.click("Change the words of the sea");
    window.type_text("something else");
    window.press(Modifiers::NONE, Key::Escape);
    window.harness.run_steps(2);
    assert_eq!(titles(&window), ["a burning fire", "the sea"]);
    // The field is as empty as before.
    window.ask("a red circle");
    assert_eq!(
        titles(&window),
        ["a burning fire", "the sea", "a red circle"]
    );
}

#[test]
fn queries_are_dragged_to_another_place_and_closed_at_once() {
    let words = ["night", "the sea", "a burning fire"];
    let mut window = Window::with_indexed_demo(&words, USUAL);
    window.harness.run_steps(2);
    let head = |window: &Window, query: &str| {
        let rect = window.rect_of(&format!("Query {query}"));
        rect.left_center() + egui::vec2(5.0, 0.0)
    };
    let (from, to) = (head(&window, "night"), head(&window, "a burning fire"));
    window.drag(from, to, |_| {});
    window.harness.step();
    assert_eq!(titles(&window), ["the sea", "a burning fire", "night"]);
    window.click("Close all");
    assert!(titles(&window).is_empty());
    assert!(window.harness.query_by_label("Close all").is_none());
}
