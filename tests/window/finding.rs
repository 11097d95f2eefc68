//! Somebody opens a video, types, and is at the right second.

use egui_kittest::kittest::Queryable as _;
use vcl::app::action::{Action, File, Play, Teach};
use vcl::domain::{Annotation, TimeSpan};

use crate::drive::{USUAL, Window, demo, format, on_timeline, root};

/// One frame of the demo.
const FRAME_SECS: f64 = 1.0 / 25.0;

fn true_scenes(query: &str) -> Vec<TimeSpan> {
    let text = std::fs::read_to_string(root().join("assets/demo.jsonl")).unwrap();
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<Annotation>(line).unwrap());
    let annotation = lines.into_iter().find(|line| line.query == query).unwrap();
    let windows = annotation.relevant_windows.iter();
    windows
        .map(|&[start, end]| TimeSpan::new(start, end))
        .collect()
}

#[test]
fn typing_leads_to_the_scene() {
    const QUERY: &str = "a red circle";
    let mut window = Window::open(Some(demo()), &[], USUAL);
    window.wait_until("the first frame is shown", |app| {
        app.frame_secs() == Some(0.0)
    });
    window.wait_until("the demo is indexed", |app| {
        app.session()
            .video()
            .is_some_and(|video| video.indexing.is_done())
    });
    window.ask(QUERY);
    window.wait_until("there is an answer", |app| {
        app.session()
            .selected_lane()
            .is_some_and(|lane| lane.answer.is_some())
    });
    window.harness.step();
    window.click("Jump to highlight");
    window.settle();
    let lane = window.app().session().selected_lane().unwrap();
    let found = lane.highlight_span().unwrap();
    let is_inside = |span: &TimeSpan| span.contains(window.position_secs());
    assert!(
        is_inside(&found),
        "{} is not in {found:?}",
        window.position_secs()
    );
    let scenes = true_scenes(QUERY);
    assert!(
        scenes.iter().any(is_inside),
        "{} is in none of {scenes:?}",
        window.position_secs()
    );
    assert_eq!(lane.is_probably_present(), Some(true));
}

#[test]
fn the_timeline_is_clicked_dragged_and_zoomed() {
    let mut window = Window::with_indexed_demo(&["waves on the sea"], USUAL);
    let duration_secs = window.app().session().duration_secs();
    for part in [0.5, 0.25, 0.875] {
        let at = on_timeline(&window, part);
        window.click_at(at);
        let expected = f64::from(part) * duration_secs;
        assert!(
            (window.position_secs() - expected).abs() < 0.1,
            "the playhead is at {} at once, not at {expected}",
            window.position_secs()
        );
        window.settle();
        window.wait_until("the frame is on screen", |app| {
            let shown = app.frame_secs().unwrap_or(f64::NEG_INFINITY);
            let now = app.session().playback().position_secs;
            (now - shown).abs() <= FRAME_SECS + 1e-3
        });
        assert!((window.position_secs() - expected).abs() <= FRAME_SECS + 0.1);
    }

    // Frames follow while the mouse is down.
    let (from, to) = (on_timeline(&window, 0.2), on_timeline(&window, 0.7));
    let mut frames = std::collections::BTreeSet::new();
    window.drag(from, to, |window| {
        window.settle();
        let frame_secs = window.app().frame_secs().unwrap();
        frames.insert((frame_secs * 1000.0) as i64);
    });
    assert!(
        frames.len() >= 3,
        "only the frames at {frames:?} ms were shown"
    );
    window.settle();
    assert!((window.position_secs() - 0.7 * duration_secs).abs() < 0.15);

    // The wheel zooms at the pointer: a click at the same place goes to the same time.
    let at = on_timeline(&window, 0.3);
    window.harness.hover_at(at);
    window.harness.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Line,
        delta: egui::vec2(0.0, 6.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
        modifiers: egui::Modifiers::NONE,
    });
    window.harness.run_steps(12);
    window.click_at(at);
    assert!((window.position_secs() - 0.3 * duration_secs).abs() < 0.15);
    let beside = at + egui::vec2(200.0, 0.0);
    let unzoomed = f64::from(0.3 + 200.0 / window.rect_of("Timeline").width()) * duration_secs;
    window.click_at(beside);
    assert!(
        window.position_secs() < unzoomed - 1.0,
        "nothing was zoomed"
    );
}

#[test]
fn a_zoomed_timeline_is_panned() {
    let mut window = Window::with_indexed_demo(&["the sea"], USUAL);
    let at = on_timeline(&window, 0.5);
    let wheel = |window: &mut Window, delta, modifiers| {
        window.harness.hover_at(at);
        window.harness.event_modifiers(
            egui::Event::MouseWheel {
                unit: egui::MouseWheelUnit::Line,
                delta,
                phase: egui::TouchPhase::Move,
                source: egui::MouseWheelSource::Wheel,
                modifiers,
            },
            modifiers,
        );
        window.harness.run_steps(12);
    };
    let secs_there = |window: &mut Window| {
        window.click_at(at);
        window.position_secs()
    };
    wheel(&mut window, egui::vec2(0.0, 8.0), egui::Modifiers::NONE);
    let middle = secs_there(&mut window);
    wheel(&mut window, egui::vec2(0.0, -2.0), egui::Modifiers::SHIFT);
    let later = secs_there(&mut window);
    assert!(
        later > middle + 0.5,
        "Shift and the wheel pan: {middle} and {later}"
    );

    let button = |pos, pressed| egui::Event::PointerButton {
        pos,
        button: egui::PointerButton::Middle,
        pressed,
        modifiers: egui::Modifiers::NONE,
    };
    let to = at + egui::vec2(160.0, 0.0);
    window.harness.hover_at(at);
    window.harness.event(button(at, true));
    window.harness.step();
    for part in [0.3, 0.6, 1.0] {
        window.harness.hover_at(at + part * (to - at));
        window.harness.step();
    }
    window.harness.event(button(to, false));
    window.harness.step();
    let earlier = secs_there(&mut window);
    assert!(
        earlier < later - 0.5,
        "the middle button pans: {later} and {earlier}"
    );
}

#[test]
fn a_moment_is_repeated() {
    let mut window = Window::with_indexed_demo(&["a red circle"], USUAL);
    let ctx = window.harness.ctx.clone();
    let span = TimeSpan::new(8.0, 9.5);
    window
        .harness
        .state_mut()
        .perform(&ctx, Play::Loop(Some(span)));
    window.press(egui::Modifiers::NONE, egui::Key::Space);
    window.wait_until("it plays", |app| app.session().playback().is_playing);
    let near_end = |app: &vcl::app::App| app.session().playback().position_secs > 9.0;
    let near_start = |app: &vcl::app::App| app.session().playback().position_secs < 8.5;
    for _ in 0..2 {
        window.wait_until("the end comes near", near_end);
        window.wait_until("it begins again", near_start);
    }
    assert!(window.position_secs() >= 7.9);
    window.press(egui::Modifiers::NONE, egui::Key::R);
    assert_eq!(window.app().session().playback().looped, None);
}

#[test]
fn moments_are_written_to_a_file() {
    let mut window = Window::with_indexed_demo(&["a red circle"], USUAL);
    let dir = tempfile::tempdir().unwrap();
    let ctx = window.harness.ctx.clone();
    let path = dir.path().join("moments.csv");
    let export = File::ExportTo(format("csv"), path.clone());
    window.harness.state_mut().perform(&ctx, export);
    window.wait_for_notice("moments.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("a red circle"), "{text}");
    let cuts = dir.path().join("cuts");
    let cut = File::CutInto(cuts.clone());
    window.harness.state_mut().perform(&ctx, cut);
    window.wait_until("the cuts are there", |app| {
        let mut told = app.session().notices().iter();
        told.any(|notice| notice.text.contains("cut into"))
    });
    let n_moments = window.app().session().lanes()[0].moments.len();
    let n_files = std::fs::read_dir(&cuts).unwrap().count();
    assert_eq!(n_files, n_moments, "{:?}", window.notices());
    // A folder is no file to write to.
    let nowhere = File::ExportTo(format("csv"), dir.path().to_owned());
    window.harness.state_mut().perform(&ctx, nowhere);
    window.wait_for_notice("it is a folder");
}

#[test]
fn the_threshold_is_dragged() {
    let mut window = Window::with_indexed_demo(&["waves on the sea"], USUAL);
    window.harness.step();
    let spans = |window: &Window| window.app().session().moments_in_time();
    let before = spans(&window);
    let handle = window.rect_of("Threshold of waves on the sea").center();
    window.drag(handle, handle + egui::vec2(0.0, 52.0), |_| {});
    let lower = spans(&window);
    let n_secs = |spans: &[TimeSpan]| -> f64 { spans.iter().map(|span| span.length_secs()).sum() };
    assert!(
        n_secs(&lower) > n_secs(&before),
        "{before:?} became {lower:?}"
    );
    let handle = window.rect_of("Threshold of waves on the sea").center();
    window.drag(handle, handle - egui::vec2(0.0, 70.0), |_| {});
    let higher = spans(&window);
    assert!(
        n_secs(&higher) < n_secs(&lower),
        "{lower:?} became {higher:?}"
    );
    assert_ne!(lower.len(), higher.len(), "the number of moments changes");
}

#[test]
fn a_double_click_takes_the_threshold_back_and_shift_leaves_it_alone() {
    let mut window = Window::with_indexed_demo(&["waves on the sea"], USUAL);
    window.harness.step();
    let threshold = |window: &Window| window.app().session().lanes()[0].threshold();
    let usual = threshold(&window);
    let line = |window: &Window| window.rect_of("Threshold of waves on the sea").center();
    let handle = line(&window);
    window.drag(handle, handle - egui::vec2(0.0, 18.0), |_| {});
    let moved = threshold(&window);
    assert!(moved > usual);

    window
        .harness
        .event(egui::Event::ModifiersChanged(egui::Modifiers::SHIFT));
    let handle = line(&window);
    window.drag(handle, handle + egui::vec2(120.0, 20.0), |_| {});
    window
        .harness
        .event(egui::Event::ModifiersChanged(egui::Modifiers::NONE));
    window.harness.step();
    assert_eq!(threshold(&window), moved);
    assert!(window.app().session().selection().is_some());

    let handle = line(&window);
    window.tap(handle, 2);
    assert_eq!(threshold(&window), usual);
}

#[test]
fn a_tap_within_one_frame_is_a_jump() {
    let mut window = Window::with_indexed_demo(&["waves on the sea"], USUAL);
    let at = on_timeline(&window, 0.5);
    window.tap(at, 1);
    assert!((window.position_secs() - 48.0).abs() < 0.2);
}

#[test]
fn words_in_other_scripts_are_typed_and_shown() {
    let mut window = Window::with_indexed_demo(&[], USUAL);
    window.press(
        egui::Modifiers::COMMAND | egui::Modifiers::CTRL,
        egui::Key::F,
    );
    window.harness.step();
    // An input method composes, then commits.
    let ime = |event| egui::Event::Ime(event);
    window.harness.event(ime(egui::ImeEvent::Preedit {
        text: "바".to_owned(),
        active_range_chars: None,
    }));
    window
        .harness
        .event(ime(egui::ImeEvent::Commit("바다".to_owned())));
    window.harness.step();
    window.press(egui::Modifiers::NONE, egui::Key::Enter);
    window.wait_until("there is an answer", |app| {
        app.session()
            .selected_lane()
            .is_some_and(|lane| lane.answer.is_some())
    });
    assert_eq!(window.app().session().lanes()[0].query.title(), "바다");
    // A letter that no font has would panic here.
    window.harness.run_steps(2);
}

#[test]
fn results_are_clicked_and_queries_are_removed() {
    let mut window = Window::with_indexed_demo(&["the sea", "night"], USUAL);
    window.harness.run_steps(2);
    window.click("Query the sea");
    let first = window.app().session().selected_lane().unwrap().moments[0];
    let row = window.harness.get_by_label_contains("Moment 1, ").rect();
    window.click_at(row.left_center() + egui::vec2(30.0, 0.0));
    window.settle();
    assert!(first.span.contains(window.position_secs() + 1e-3));
    window.click("Remove query the sea");
    let session = window.app().session();
    assert_eq!(session.lanes().len(), 1);
    assert_eq!(session.selected_lane().unwrap().query.title(), "night");
}

#[test]
fn the_open_video_is_not_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let film = dir.path().join("film.mp4");
    std::fs::copy(demo(), &film).unwrap();
    let mut window = Window::open(Some(film.clone()), &[], USUAL);
    window.wait_until("it is open", |app| app.session().video().is_some());
    let links = ["moments.csv", "labels.jsonl"].map(|name| dir.path().join(name));
    for link in &links {
        std::os::unix::fs::symlink(&film, link).unwrap();
    }
    let [moments, labels] = links;
    let ctx = window.harness.ctx.clone();
    let n_notices = window.notices().len();
    for action in [
        Action::from(File::ExportTo(format("csv"), film.clone())),
        File::ExportTo(format("csv"), moments).into(),
        Teach::ExportLabelsTo(labels).into(),
    ] {
        window.harness.state_mut().perform(&ctx, action);
    }
    window.wait_until("all are answered", |app| {
        app.session().notices().iter().len() >= n_notices + 3
    });
    let notices = window.notices();
    assert_eq!(notices.len(), n_notices + 3, "{notices:?}");
    assert!(
        notices[n_notices..]
            .iter()
            .all(|notice| notice.contains("it would be lost"))
    );
    assert_eq!(
        std::fs::read(&film).unwrap(),
        std::fs::read(demo()).unwrap()
    );
}
