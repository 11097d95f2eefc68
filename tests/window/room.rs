//! There is room for what matters, in every window and with any number of queries.

use egui::{Key, Modifiers, Rect, Vec2, pos2, vec2};
use egui_kittest::kittest::Queryable as _;
use vcl::app::action::View;

use crate::drive::{USUAL, Window};

const QUERIES: [&str; 4] = ["the sea", "night", "a burning fire", "two red hearts"];

/// The least, and that of a small laptop with a sharp screen.
const SMALL: [Vec2; 2] = [vec2(720.0, 460.0), vec2(960.0, 540.0)];

fn video(window: &Window) -> Rect {
    window.rect_of("Video demo.mp4")
}

fn assert_same(window: &Window, expected: Rect, when: &str) {
    let now = video(window);
    let moved = (now.min - expected.min).length() + (now.max - expected.max).length();
    assert!(moved < 1.0, "{now:?} is not {expected:?} with {when}");
}

fn assert_inside(window: &Window, label: &str, size: Vec2) {
    let mut found = window.harness.get_all_by_label_contains(label);
    let rect = found.next().expect(label).rect();
    let screen = Rect::from_min_size(pos2(0.0, 0.0), size).expand(0.5);
    assert!(
        screen.contains_rect(rect) && rect.height() > 10.0,
        "{label} at {rect:?} in {size:?}"
    );
}

#[test]
fn the_picture_keeps_its_size_while_queries_come_and_go() {
    let mut window = Window::with_indexed_demo(&[], USUAL);
    window.harness.run_steps(2);
    let without = video(&window);
    assert!(without.height() > 300.0, "{without:?}");
    for query in QUERIES {
        window.ask(query);
        window.harness.run_steps(2);
        assert_same(&window, without, query);
    }
    window.press(Modifiers::NONE, Key::Escape);
    window.press(Modifiers::NONE, Key::T);
    window.harness.run_steps(2);
    assert_same(&window, without, "teaching");
    // The panel has the height that the window has.
    let panel = window.rect_of("Retrain");
    assert!(panel.left() > without.right(), "{panel:?}");
}

#[test]
fn small_windows_are_usable_with_four_queries() {
    for size in SMALL {
        let mut window = Window::with_indexed_demo(&QUERIES, size);
        window.wait_until_idle();
        for label in ["Moment 1, ", "Jump to highlight", "Play", "Export"] {
            assert_inside(&window, label, size);
        }
        for query in QUERIES {
            assert_inside(&window, &format!("Query {query}"), size);
        }
        let buttons = [
            "Play",
            "One frame on",
            "It happens here",
            "Previous moment",
            "Mute",
        ];
        let rects: Vec<_> = buttons
            .iter()
            .filter_map(|name| Some(window.harness.query_by_label(name)?.rect()))
            .collect();
        let is_in_order = rects
            .windows(2)
            .all(|pair| pair[0].right() <= pair[1].left());
        assert!(is_in_order, "{rects:?} in {size:?}");
        let picture = video(&window);
        assert!(picture.height() > 150.0, "{picture:?} in {size:?}");
        window.press(Modifiers::NONE, Key::T);
        window.harness.run_steps(3);
        for label in ["Very bad", "Very good", "Retrain"] {
            assert_inside(&window, label, size);
        }
        window.click("Retrain");
        window.wait_until("nothing can be learned", |app| {
            let lane = app.session().selected_lane();
            lane.is_some_and(|lane| lane.lesson.is_some())
        });
        window.harness.run_steps(3);
        assert_inside(&window, "Nothing learned", size);
    }
}

#[test]
fn in_fullscreen_the_controls_lie_over_the_picture() {
    let mut window = Window::with_indexed_demo(&QUERIES, USUAL);
    let ctx = window.harness.ctx.clone();
    window
        .harness
        .state_mut()
        .perform(&ctx, View::ToggleFullscreen);
    window.harness.run_steps(2);
    let screen = Rect::from_min_size(pos2(0.0, 0.0), USUAL);
    window.harness.hover_at(screen.center());
    window.harness.run_steps(2);
    assert_eq!(video(&window), screen, "with controls");
    assert_inside(&window, "Leave fullscreen", USUAL);
    // 2.5 s by the clock of the frames, of which a step is a quarter.
    window.harness.run_steps(12);
    assert!(
        window.harness.query_by_label("Leave fullscreen").is_none(),
        "the pointer rests"
    );
    assert_eq!(video(&window), screen, "without controls");
    // Over the controls it may rest.
    window.harness.hover_at(pos2(640.0, 700.0));
    window.harness.run_steps(16);
    assert_inside(&window, "Leave fullscreen", USUAL);
}
