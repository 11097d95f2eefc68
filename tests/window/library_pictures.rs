//! Pictures of the window with all videos. `UPDATE_SNAPSHOTS=1` draws them anew; look at them before
//! keeping them.

use egui::{Vec2, vec2};
use vcl::app::Theme;
use vcl::app::action::{Library, View};
use vcl::app::session::Pick;

use crate::drive::{USUAL, Window};
use crate::library::{act, cinema, find, with_folder_in};
use crate::pictures::picture;

const SMALL: Vec2 = vec2(720.0, 460.0);

fn of_size(size: Vec2) -> Window {
    with_folder_in(&cinema().join("second"), 20, size)
}

#[test]
fn all_videos() {
    let mut window = of_size(USUAL);
    picture(&mut window, "library");
}

#[test]
fn what_was_found_in_all_videos() {
    let mut window = of_size(USUAL);
    find(&mut window, "a star");
    find(&mut window, "a circle");
    act(&mut window, Library::Pick(1, Pick::Toggle));
    act(&mut window, Library::Pick(2, Pick::Toggle));
    window.wait_until_idle();
    picture(&mut window, "library_found");
}

#[test]
fn nothing_was_found_in_any_video() {
    let mut window = with_folder_in(&cinema().join("first"), 20, USUAL);
    find(&mut window, "a purple ring");
    picture(&mut window, "library_nothing_found");
}

#[test]
fn teaching_in_all_videos() {
    let mut window = of_size(USUAL);
    find(&mut window, "a circle");
    act(&mut window, View::Theme(Theme::Light));
    act(&mut window, View::ToggleTeach);
    window.click("This is right: Result 1");
    window.click("This is wrong: Unsure clip 2");
    window.harness.hover_at(egui::pos2(10.0, 600.0));
    window.wait_until_idle();
    picture(&mut window, "library_teach");
}

#[test]
fn all_videos_in_a_small_window() {
    let mut window = of_size(SMALL);
    picture(&mut window, "library_small");
    find(&mut window, "a circle");
    picture(&mut window, "library_small_found");
    act(&mut window, View::ToggleTeach);
    window.wait_until_idle();
    picture(&mut window, "library_small_teach");
}
