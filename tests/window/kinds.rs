//! Somebody searches for a picture, for what another query does not show, and for two things at once.

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use vcl::app::App;
use vcl::app::action::{Find, Play};
use vcl::app::session::Lane;
use vcl::domain::{Moment, TimeSpan};

use crate::drive::{USUAL, Window};

/// Where the two red hearts are.
const HEARTS: TimeSpan = TimeSpan {
    start_secs: 78.0,
    end_secs: 82.0,
};

fn lane(app: &App, n: usize) -> Option<&Lane> {
    let lanes = app.session().lanes();
    lanes.get(n).filter(|lane| lane.answer.is_some())
}

fn best_moment(window: &Window) -> Moment {
    let lane = window.app().session().selected_lane().unwrap();
    lane.moments[0]
}

fn seek(window: &mut Window, secs: f64) {
    let ctx = window.harness.ctx.clone();
    window.harness.state_mut().perform(&ctx, Play::Seek(secs));
    window.settle();
    window.wait_until("the frame is on screen", |app| {
        app.frame_secs()
            .is_some_and(|shown| (shown - secs).abs() < 0.1)
    });
}

#[test]
fn the_picture_on_screen_a_part_of_it_and_a_file_are_searched_for() {
    let mut window = Window::with_indexed_demo(&[], USUAL);
    seek(&mut window, 80.0);
    window.press(Modifiers::NONE, Key::P);
    window.wait_until("the frame is found", |app| lane(app, 0).is_some());
    let session = window.app().session();
    assert_eq!(session.lanes()[0].query.title(), "demo.mp4 at 1:20.0");
    assert_eq!(session.lanes()[0].is_probably_present(), Some(true));
    assert!(best_moment(&window).span.iou(HEARTS) >= 0.5);

    // A heart, drawn around on the picture.
    let video = window.harness.get_by_label_contains("Video demo").rect();
    window.press(Modifiers::SHIFT, Key::P);
    assert!(window.app().session().view().draws_part);
    let middle = video.center();
    let corner = egui::vec2(0.28 * video.width(), 0.3 * video.height());
    window.drag(middle - corner, middle + corner, |_| {});
    window.wait_until("the part is found", |app| lane(app, 1).is_some());
    let session = window.app().session();
    assert!(!session.view().draws_part);
    assert_eq!(
        session.lanes()[1].query.title(),
        "part of demo.mp4 at 1:20.0"
    );
    let found = session.lanes()[1].highlight_span().unwrap();
    assert!(HEARTS.contains(found.start_secs), "{found:?}");

    // Esc leaves it.
    window.press(Modifiers::SHIFT, Key::P);
    window.press(Modifiers::NONE, Key::Escape);
    assert!(!window.app().session().view().draws_part);

    let file = window.paths().data_dir.join("grey.png");
    image::RgbImage::from_pixel(40, 30, image::Rgb([128; 3]))
        .save(&file)
        .unwrap();
    window.drop_file(&file);
    window.wait_until("the file is found", |app| lane(app, 2).is_some());
    assert_eq!(window.app().session().lanes()[2].query.title(), "grey.png");
    let broken = window.paths().data_dir.join("words.jpg");
    std::fs::write(&broken, "no picture").unwrap();
    window.drop_file(&broken);
    window.wait_for_notice("is not a picture");
    assert_eq!(window.app().session().lanes().len(), 3);
    assert!(window.app().session().video().is_some());

    // The history asks a picture again, also after a restart.
    let key = window.app().session().lanes()[0].query.key().to_owned();
    window.click("Remove query demo.mp4 at 1:20.0");
    window.ask(&key);
    window.wait_until("it is found again", |app| lane(app, 2).is_some());
    assert!(window.app().session().lanes()[2].query.picture().is_some());
    assert!(best_moment(&window).span.iou(HEARTS) >= 0.5);
}

#[test]
fn more_like_a_result_is_in_its_menu() {
    let mut window = Window::with_indexed_demo(&["two red hearts"], USUAL);
    window.harness.run_steps(2);
    let result = window.harness.get_by_label_contains("Moment 1, ").rect();
    window.right_click_at(result.left_center() + egui::vec2(30.0, 0.0));
    window.click("More like this");
    window.wait_until("it is found", |app| lane(app, 1).is_some());
    assert!(best_moment(&window).span.iou(HEARTS) >= 0.5);
}

#[test]
fn what_must_not_be_there_is_typed_and_lanes_are_joined_from_their_menu() {
    let mut window = Window::with_indexed_demo(&["the sea", "a yellow star"], USUAL);
    window.ask("the sea -\"a yellow star\"");
    window.wait_until("it is answered", |app| lane(app, 2).is_some());
    let without = best_moment(&window).span;
    assert!(without.iou(TimeSpan::new(14.0, 22.0)) >= 0.5, "{without:?}");

    let head = window.rect_of("Query the sea");
    window.right_click_at(head.left_center() + egui::vec2(6.0, 0.0));
    window.click("Together with");
    window.harness.run_steps(4);
    window.click("a yellow star");
    window.wait_until("both are found", |app| lane(app, 3).is_some());
    let session = window.app().session();
    assert_eq!(
        session.lanes()[3].query.title(),
        "the sea and a yellow star"
    );
    let both = best_moment(&window).span;
    assert!(both.iou(TimeSpan::new(82.0, 86.0)) >= 0.5, "{both:?}");

    // The words of a joined query are changed like those of any other.
    let id = session.lanes()[3].id;
    let ctx = window.harness.ctx.clone();
    window.harness.state_mut().perform(&ctx, Find::Edit(id));
    window.harness.step();
    window.type_text("⟨night⟩ then ⟨static noise⟩ within 20 s");
    window.press(Modifiers::NONE, Key::Enter);
    window.wait_until("one after the other is found", |app| {
        let lane = lane(app, 3);
        lane.is_some_and(|lane| lane.query.title().starts_with("night, then"))
    });
    let then = best_moment(&window).span;
    assert!(then.iou(TimeSpan::new(46.0, 52.0)) >= 0.5, "{then:?}");
}
