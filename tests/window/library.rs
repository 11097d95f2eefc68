//! All videos in the window: added, indexed beside everything else, searched at once, gone to and
//! come back from.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use vcl::app::App;
use vcl::app::action::{Action, File, Library, View};
use vcl::app::session::{Filter, Length, Pick, Side};
use vcl::library::State;
use vcl::worker::{FoundEverywhere, Holdings, LibraryWork};

use crate::drive::{USUAL, Window, demo, format, root};
use crate::films::{Film, films};

/// Forty films in two folders, and some files that are none; drawn once for all tests.
pub fn cinema() -> &'static Path {
    static CINEMA: OnceLock<tempfile::TempDir> = OnceLock::new();
    let dir = CINEMA.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        for (i, film) in films().iter().enumerate() {
            let folder = dir.path().join(if i < 20 { "first" } else { "second" });
            std::fs::create_dir_all(&folder).unwrap();
            film.write(&folder.join(&film.name));
        }
        std::fs::write(dir.path().join("empty.mp4"), "").unwrap();
        std::fs::write(dir.path().join("broken.mkv"), "\x1a\x45\u{df}").unwrap();
        std::fs::write(dir.path().join("notes.txt"), "no video").unwrap();
        dir
    });
    dir.path()
}

fn holdings(app: &App) -> Holdings {
    app.session()
        .shelf()
        .holdings()
        .cloned()
        .unwrap_or_default()
}

fn n_in(app: &App, is: fn(&State) -> bool) -> usize {
    let held = app.session().shelf().holdings();
    let videos = held.iter().flat_map(|held| &held.videos);
    videos.filter(|video| is(&video.state)).count()
}

fn is_indexed(state: &State) -> bool {
    *state == State::Indexed
}

pub fn act(window: &mut Window, action: impl Into<Action>) {
    let ctx = window.harness.ctx.clone();
    window.harness.state_mut().perform(&ctx, action);
    window.harness.run_steps(2);
}

/// A window whose library holds a folder, indexed to the end.
pub fn with_folder(folder: &Path, n_videos: usize) -> Window {
    with_folder_in(folder, n_videos, USUAL)
}

/// The same in a window of this size.
pub fn with_folder_in(folder: &Path, n_videos: usize, size: egui::Vec2) -> Window {
    let mut window = Window::open(None, &[], size);
    act(&mut window, Library::Add(vec![folder.to_owned()]));
    window.wait_until("all videos are indexed", |app| {
        n_in(app, is_indexed) == n_videos && *app.session().shelf().work() == LibraryWork::Idle
    });
    window.wait_until_idle();
    window
}

/// Asks for words and waits for what all videos answer.
pub fn find(window: &mut Window, words: &str) -> FoundEverywhere {
    window.ask(words);
    found(window)
}

pub fn found(window: &mut Window) -> FoundEverywhere {
    window.wait_until("all videos have answered", |app| {
        let wall = app.session().shown_wall();
        wall.is_some_and(|wall| !wall.is_searching())
    });
    window.wait_until_idle();
    let wall = window.app().session().shown_wall().unwrap();
    wall.found().expect("an answer").clone()
}

fn film_of(name: &Path) -> Film {
    let mut films = films().into_iter();
    films.find(|film| name.ends_with(&film.name)).unwrap()
}

#[test]
fn a_folder_is_added_indexed_and_searched_and_one_comes_back_to_the_results() {
    let mut window = Window::open(None, &[], USUAL);
    window.harness.state_mut().stay_in_window();
    window.harness.run_steps(2);
    // As somebody new would: the button, then the path.
    window.click("Add a folder…");
    window.harness.run_steps(2);
    window.press(Modifiers::COMMAND | Modifiers::CTRL, Key::A);
    window.type_text(cinema().to_str().unwrap());
    window.press(Modifiers::NONE, Key::Enter);
    window.wait_until("videos are being indexed", |app| {
        matches!(app.session().shelf().work(), LibraryWork::Indexing(_))
    });
    window.harness.run_steps(2);
    window.harness.get_by_label("Pause");
    window.wait_until("all videos are indexed", |app| n_in(app, is_indexed) == 40);
    window.wait_until_idle();
    // What cannot be read is told, each with its reason.
    let failed = n_in(window.app(), |state| matches!(state, State::Failed(_)));
    assert_eq!(failed, 2, "{:?}", holdings(window.app()).videos);
    window.click("2 not read");
    window.harness.run_steps(2);
    assert!(
        window
            .harness
            .query_by_label_contains("empty.mp4 is empty")
            .is_some()
    );
    window.press(Modifiers::NONE, Key::Escape);

    // Every scene that is asked for is found in its film.
    let all = films();
    for film in [&all[3], &all[14], &all[30]] {
        let found = find(&mut window, &film.words);
        let best = &found.moments[0];
        assert!(best.path.ends_with(&film.name), "{}: {best:?}", film.words);
        let (start, end) = (film.start_secs, film.end_secs);
        assert!(start <= best.peak_secs && best.peak_secs < end, "{best:?}");
        assert_eq!(found.n_videos, 40);
    }
    let wall = |app: &App| {
        app.session()
            .shown_wall()
            .map(|wall| wall.moments().to_vec())
    };
    let before = wall(window.app()).unwrap();
    let film = film_of(&before[0].path);

    // A click goes there, with the words as the video's lane.
    let label = format!("Result 1, {}", film.name);
    let at = window.harness.get_by_label_contains(&label).rect().center();
    window.click_at(at);
    window.wait_until("the video is open", |app| app.session().video().is_some());
    window.settle();
    assert!((window.position_secs() - before[0].span.start_secs).abs() < 0.1);
    window.wait_until("it is answered", |app| {
        let lane = app.session().selected_lane();
        lane.is_some_and(|lane| lane.answer.as_ref().is_some_and(|it| it.is_final))
    });
    let lane = window.app().session().selected_lane().unwrap();
    assert_eq!(lane.query.title(), film.words);
    assert_eq!(lane.moments[0].span, before[0].span, "the same moment");

    // Esc goes back to the results as they were, with the keyboard on that result.
    window.press(Modifiers::NONE, Key::Escape);
    window.harness.run_steps(3);
    assert!(window.app().session().video().is_none());
    assert_eq!(wall(window.app()).unwrap(), before);
    window.press(Modifiers::NONE, Key::Enter);
    window.wait_until("the video is open again", |app| {
        app.session().video().is_some()
    });
    window.press(Modifiers::ALT, Key::ArrowLeft);
    window.harness.run_steps(2);
    assert_eq!(wall(window.app()).unwrap(), before);
    window.press(Modifiers::NONE, Key::Escape);
    window.harness.run_steps(2);
    assert!(window.app().session().shown_wall().is_none(), "all videos");
}

#[test]
fn what_is_in_no_video_is_not_found_and_filters_hold() {
    let mut window = with_folder(&cinema().join("first"), 20);
    let nothing = find(&mut window, "a purple ring");
    assert_eq!(nothing.moments, []);
    let text = "Nothing found: in 20 videos, no clip fits these words";
    assert!(window.harness.query_by_label_contains(text).is_some());

    let film = &films()[3];
    assert!(!find(&mut window, &film.words).moments.is_empty());
    act(
        &mut window,
        Library::Filter(Filter {
            length: Length::Minute,
            ..Filter::default()
        }),
    );
    let none = found(&mut window);
    assert_eq!((none.n_videos, none.moments.len()), (0, 0));
    act(&mut window, Library::Filter(Filter::default()));
    assert!(!found(&mut window).moments.is_empty());

    // Several folders: the menu lists them, and only what lies there is searched.
    act(&mut window, Library::Add(vec![cinema().join("second")]));
    window.wait_until("all are indexed", |app| n_in(app, is_indexed) == 40);
    window.wait_until_idle();
    window.click("Filter");
    window.harness.run_steps(2);
    window.click("second");
    let there = found(&mut window);
    assert_eq!(there.n_videos, 20);
    assert!(
        there
            .moments
            .iter()
            .all(|it| it.path.parent().unwrap().ends_with("second"))
    );
    assert_eq!(window.app().session().shelf().members().len(), 20);
}

#[test]
fn results_are_selected_with_the_mouse_and_the_keyboard() {
    let mut window = with_folder(&cinema().join("second"), 20);
    let found = find(&mut window, "a circle");
    assert!(found.moments.len() >= 4, "{found:?}");
    let n_picked = |window: &Window| {
        let wall = window.app().session().shown_wall();
        wall.map_or(0, vcl::app::session::Wall::n_picked)
    };
    window.press(Modifiers::NONE, Key::ArrowDown); // out of the field
    window.press(Modifiers::NONE, Key::ArrowDown); // to the results
    window.harness.run_steps(2);
    window.press(Modifiers::NONE, Key::X);
    assert_eq!(n_picked(&window), 1);
    act(&mut window, Library::Pick(3, Pick::Range));
    assert_eq!(n_picked(&window), 4);
    window.press(Modifiers::NONE, Key::Escape);
    assert_eq!(n_picked(&window), 0);
    let result = window.harness.get_by_label_contains("Result 2,");
    let at = result.rect().center();
    window.harness.hover_at(at);
    window.harness.run_steps(2);
    window.click("Select Result 2");
    assert_eq!(n_picked(&window), 1);
    window.press(Modifiers::COMMAND | Modifiers::CTRL, Key::A);
    assert_eq!(n_picked(&window), found.moments.len());
}

#[test]
fn indexing_goes_on_after_a_restart_and_stops_when_asked() {
    let mut window = Window::open(None, &[], USUAL);
    act(&mut window, Library::Add(vec![cinema().to_owned()]));
    window.wait_until("some are indexed", |app| n_in(app, is_indexed) > 3);
    act(&mut window, Library::Pause);
    window.wait_until("it is paused", |app| {
        matches!(app.session().shelf().work(), LibraryWork::Paused { .. })
    });
    let n_done = n_in(window.app(), is_indexed);
    assert!(n_done < 40);
    let mut window = window.open_again();
    window.wait_until("all are indexed", |app| n_in(app, is_indexed) == 40);
}

#[test]
fn an_opened_video_is_taken_in_and_the_demo_is_not() {
    let film = root().join("tests/fixtures/videos/plain.mp4");
    let mut window = Window::open(Some(film.clone()), &[], USUAL);
    window.wait_until("it is in the library", |app| {
        let held = holdings(app);
        held.videos
            .iter()
            .any(|it| it.path == film && it.state == State::Indexed)
    });
    window.drop_file(&demo());
    window.wait_until("the demo is open", |app| app.session().is_demo());
    window.wait_until_idle();
    assert_eq!(holdings(window.app()).videos.len(), 1);
    window.click("Back to all videos");
    window.harness.run_steps(2);
    window.harness.get_by_label("plain.mp4");
    assert!(window.app().session().shows_library());
}

#[test]
fn folders_and_many_files_are_dropped() {
    let mut window = Window::open(None, &[], USUAL);
    window.drop_file(&cinema().join("first"));
    window.wait_until("the folder is in", |app| holdings(app).videos.len() == 20);
    let files: Vec<PathBuf> = films()[20..23]
        .iter()
        .map(|film| cinema().join("second").join(&film.name))
        .collect();
    window.drop_files(&files);
    window.wait_until("the files are in", |app| holdings(app).videos.len() == 23);
    window.wait_until_idle();
    assert_eq!(holdings(window.app()).places.len(), 4);
}

#[test]
fn a_file_that_is_gone_is_marked_and_its_moments_are_still_found() {
    let dir = tempfile::tempdir().unwrap();
    let all = films();
    for film in &all[..3] {
        let from = cinema().join("first").join(&film.name);
        std::fs::copy(from, dir.path().join(&film.name)).unwrap();
    }
    let window = with_folder(dir.path(), 3);
    std::fs::remove_file(dir.path().join(&all[1].name)).unwrap();
    let mut window = window.open_again();
    window.wait_until("it is missed", |app| {
        holdings(app).videos.iter().any(|video| video.is_missing)
    });
    window.wait_until_idle();
    window
        .harness
        .get_by_label(&format!("{}, Not there now", all[1].name));
    let found = find(&mut window, &all[1].words);
    assert!(found.moments[0].is_missing, "{found:?}");
    window.press(Modifiers::NONE, Key::ArrowDown);
    window.press(Modifiers::NONE, Key::ArrowDown);
    window.harness.run_steps(2);
    window.press(Modifiers::NONE, Key::Enter);
    window.wait_for_notice("is not there now: plug in its drive");
    assert!(window.app().session().video().is_none());
}

#[test]
fn a_lane_is_looked_for_in_all_videos() {
    let mut window = with_folder(&cinema().join("first"), 20);
    window.drop_file(&demo());
    window.wait_until("the demo is open", |app| app.session().video().is_some());
    window.wait_until_idle();
    window.ask(&films()[4].words);
    window.wait_until_idle();
    let head = window.rect_of(&format!("Query {}", films()[4].words));
    window.right_click_at(head.right_bottom() - egui::vec2(30.0, 6.0));
    window.click("Find this in all videos");
    let found = found(&mut window);
    assert!(
        found.moments[0].path.ends_with(&films()[4].name),
        "{found:?}"
    );
    assert!(window.app().session().video().is_none());
    act(&mut window, View::ToggleTeach);
    assert_eq!(window.app().session().view().side, Side::Teach);
    let unsure = window.harness.get_all_by_label_contains("Unsure clip");
    assert!(unsure.count() > 2);
}

#[test]
fn selected_results_of_several_videos_are_exported_and_cut() {
    let mut window = with_folder(&cinema().join("second"), 20);
    let found = find(&mut window, "a circle");
    act(&mut window, Library::Pick(0, Pick::Toggle));
    act(&mut window, Library::Pick(2, Pick::Toggle));
    let chosen = [&found.moments[0], &found.moments[2]];
    assert_ne!(chosen[0].path, chosen[1].path);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("circles.edl");
    act(&mut window, File::ExportTo(format("edl"), file.clone()));
    window.wait_for_notice("2 moments written to");
    let edl = std::fs::read_to_string(&file).unwrap();
    for moment in chosen {
        let name = vcl::domain::file_name(&moment.path);
        assert!(edl.contains(&name), "{name}: {edl}");
    }
    // None of the videos is overwritten.
    let video = found.moments[0].path.clone();
    act(&mut window, File::ExportTo(format("edl"), video));
    window.wait_until_idle();
    assert!(
        window.notices().last().unwrap().contains("is read"),
        "{:?}",
        window.notices()
    );
    let cuts = dir.path().join("cuts");
    act(&mut window, File::CutInto(cuts.clone()));
    window.wait_for_notice("2 moments were cut into");
    assert_eq!(std::fs::read_dir(cuts).unwrap().count(), 2);
}

#[test]
fn a_video_that_plays_has_the_machine_for_itself() {
    let mut window = Window::open(Some(demo()), &[], USUAL);
    window.wait_until_idle();
    window.press(Modifiers::NONE, Key::Space);
    window.wait_until("it plays", |app| app.session().playback().is_playing);
    act(&mut window, Library::Add(vec![cinema().join("first")]));
    window.wait_until("the folder waits", |app| {
        *app.session().shelf().work() == LibraryWork::StandsBack { n_waiting: 20 }
    });
    // A second of the film is some thirty of them otherwise.
    let from_secs = window.position_secs();
    window.wait_until("it has played on", |app| {
        app.session().playback().position_secs > from_secs + 1.0
    });
    assert_eq!(n_in(window.app(), is_indexed), 0);
    window.press(Modifiers::NONE, Key::Space);
    window.wait_until("all are indexed", |app| n_in(app, is_indexed) == 20);
}
