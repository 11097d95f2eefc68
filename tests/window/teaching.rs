//! Somebody says what a word means, and the model learns it.

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use vcl::app::session::Selection;
use vcl::domain::{ClipIndex, Grade, Labels, Query};
use vcl::learn::Verdict;
use vcl::store::{LabelStore, PromptFolder};

use crate::drive::{USUAL, Window, demo};

/// Nobody told the model what that is: here it is the sea.
const WORDS: &str = "a zorb";

/// Seconds of the demo where it is.
const SPANS: [(f64, f64); 2] = [(14.0, 22.0), (82.0, 86.0)];

fn is_zorb(time_secs: f64) -> bool {
    SPANS
        .iter()
        .any(|(start, end)| (*start..*end).contains(&time_secs))
}

fn labels(window: &Window) -> Labels {
    window
        .app()
        .session()
        .selected_labels()
        .cloned()
        .unwrap_or_default()
}

/// The demo with every clip labelled by hand and keys.
fn labelled() -> Window {
    let mut window = Window::with_indexed_demo(&[WORDS], USUAL);
    window.harness.step();
    window.press(Modifiers::NONE, Key::T);
    // Nothing is it …
    window.select(0.1, 95.9);
    window.press(Modifiers::NONE, Key::Num0);
    assert_eq!(labels(&window).n_labels(), 48);
    // … but these.
    for (start, end) in SPANS {
        window.select(start + 0.1, end - 0.1);
        window.press(Modifiers::NONE, Key::Num4);
    }
    window.press(Modifiers::NONE, Key::Escape);
    assert_eq!(window.app().session().selection(), None);
    window
}

#[test]
fn what_is_labelled_is_learned() {
    let mut window = labelled();
    for (clip, grade) in &labels(&window).grades {
        let is_good = *grade == Grade::VeryGood;
        assert_eq!(is_good, is_zorb(clip.centre_secs()), "{clip:?}");
    }
    let strip = format!("Labels of {WORDS}: 6 very good, 42 very bad");
    window.harness.get_by_label(&strip);
    let plain = window.app().session().lanes()[0].answer.clone().unwrap();

    window.click("Retrain");
    window.wait_until("something is learned", |app| {
        app.session().lanes()[0].lesson.is_some()
    });
    let lane = &window.app().session().lanes()[0];
    let lesson = lane.lesson.clone().unwrap().unwrap();
    assert_eq!(lesson.verdict, Verdict::Better, "{lesson:?}");
    assert_eq!(lesson.n_labels, 48);
    let (before, after) = (lesson.before.unwrap(), lesson.after.unwrap());
    assert!(after.mean_ap > before.mean_ap, "{lesson:?}");
    window.wait_until("the prompt answers", |app| {
        let lane = &app.session().lanes()[0];
        let answer = lane.answer.as_ref().unwrap();
        lane.prompt.is_some() && answer.result.saliency != plain.result.saliency
    });
    let found = window.app().session().lanes()[0].highlight_span().unwrap();
    assert!(is_zorb(found.start_secs), "{found:?}");
    window.wait_until_idle();
    window.harness.get_by_label("Learned");

    // One click goes back to the words, another to what was taught.
    window.click("Plain words");
    window.wait_until("the words answer", |app| {
        let lane = &app.session().lanes()[0];
        lane.prompt.is_none()
            && lane.answer.as_ref().unwrap().result.saliency == plain.result.saliency
    });
    window.click("Taught");
    window.wait_until("the prompt answers", |app| {
        app.session().lanes()[0].prompt.is_some()
    });
    let folder = PromptFolder::new(&window.paths().data_dir);
    assert_eq!(folder.names().unwrap(), [WORDS]);
    let size = folder.read(WORDS).unwrap().len();
    assert!(size < 10_500, "{size} bytes");

    // It is there the next time, and answers at once.
    let mut again = window.open_again();
    again.drop_file(&demo());
    again.ask(WORDS);
    again.wait_until("the prompt answers", |app| {
        let session = app.session();
        let lane = session.lanes().first();
        session.video().is_some_and(|video| video.labels.is_open())
            && lane.is_some_and(|lane| lane.prompt.is_some() && lane.answer.is_some())
    });
    assert_eq!(labels(&again).n_labels(), 48);
    // Chosen from another query, it brings its own words along.
    again.click(&format!("Remove query {WORDS}"));
    again.ask("night");
    again.press(Modifiers::NONE, Key::Escape);
    again.press(Modifiers::NONE, Key::T);
    again.harness.run_steps(2);
    again.click("Prompts");
    again.click(WORDS);
    again.wait_until("the prompt answers", |app| {
        let lane = app.session().selected_lane().unwrap();
        lane.query.key() == WORDS && lane.prompt.is_some() && lane.answer.is_some()
    });
    let found = again.app().session().selected_lane().unwrap();
    let found = found.highlight_span().unwrap();
    assert!(is_zorb(found.start_secs), "{found:?}");
}

#[test]
fn labels_are_given_undone_and_saved_at_once() {
    let mut window = Window::with_indexed_demo(&["night"], USUAL);
    window.harness.step();
    window.press(Modifiers::NONE, Key::T);
    window.harness.step();
    // At the playhead, by key and by button.
    window.press(Modifiers::NONE, Key::Minus);
    assert_eq!(labels(&window).grade(ClipIndex(0)), Some(Grade::VeryBad));
    window.click("Fair");
    assert_eq!(labels(&window).grade(ClipIndex(0)), Some(Grade::Fair));
    window.press(Modifiers::COMMAND | Modifiers::CTRL, Key::Z);
    assert_eq!(labels(&window).grade(ClipIndex(0)), Some(Grade::VeryBad));
    window.press(
        Modifiers::COMMAND | Modifiers::CTRL | Modifiers::SHIFT,
        Key::Z,
    );
    assert_eq!(labels(&window).grade(ClipIndex(0)), Some(Grade::Fair));
    window.press(Modifiers::NONE, Key::Delete);
    assert!(labels(&window).is_empty());

    // Between two keys.
    window.press(Modifiers::NONE, Key::I);
    window.press(Modifiers::NONE, Key::L);
    window.wait_until("the frame is there", |app| !app.is_seeking());
    window.press(Modifiers::NONE, Key::O);
    window.press(Modifiers::NONE, Key::Num3);
    let clips: Vec<_> = labels(&window).grades.keys().map(|clip| clip.0).collect();
    assert_eq!(clips, [0, 1, 2, 3, 4, 5]);

    // On a result.
    window.press(Modifiers::NONE, Key::T);
    window.harness.run_steps(2);
    let span = window.app().session().lanes()[0].moments[0].span;
    window.click("This is wrong: Moment 1");
    for clip in Selection::between(span.start_secs, span.end_secs).clips() {
        assert_eq!(labels(&window).grade(clip), Some(Grade::VeryBad));
    }

    // Everything is on disk, for this video and these words.
    let expected = labels(&window);
    let data_dir = window.paths().data_dir;
    let query = Query::new("night").unwrap();
    window.wait_until("the labels are on disk", |_| {
        let store = LabelStore::open(&data_dir).unwrap();
        let known = store.all().unwrap();
        known
            .iter()
            .any(|line| line.query == query.key() && Labels::from_annotation(line) == expected)
    });
}

#[test]
fn too_little_is_kept_aside_and_training_can_be_stopped() {
    let mut window = Window::with_indexed_demo(&[WORDS], USUAL);
    window.harness.step();
    window.press(Modifiers::NONE, Key::T);
    window.harness.step();
    window.click("Retrain");
    window.wait_until("nothing can be learned", |app| {
        app.session().lanes()[0].lesson.is_some()
    });
    window.harness.step();
    window.harness.get_by_label("Nothing learned");

    window.select(36.1, 37.9);
    window.press(Modifiers::NONE, Key::Num4);
    window.select(2.1, 3.9);
    window.press(Modifiers::NONE, Key::Num0);
    window.click("Retrain");
    window.click("Stop and keep the best");
    window.wait_until("it has ended", |app| {
        app.session().lanes()[0].lesson.is_some()
    });
    let session = window.app().session();
    let lesson = session.lanes()[0].lesson.clone().unwrap().unwrap();
    assert_ne!(lesson.verdict, Verdict::Better);
    assert_eq!(session.lanes()[0].prompt, None);
    assert!(session.teaching().is_none());
    window.harness.step();
    window.harness.get_by_label("Kept aside");
    window.click("Use it anyway");
    window.wait_until("the prompt answers", |app| {
        app.session().lanes()[0].prompt.is_some()
    });
    window.wait_until_idle();

    // The prompt gets another name and is deleted.
    window.click("Prompts");
    window.click("Rename…");
    window.press(Modifiers::COMMAND | Modifiers::CTRL, Key::A);
    window.type_text("the glow");
    window.press(Modifiers::NONE, Key::Enter);
    window.wait_until("it has the new name", |app| {
        app.session().lanes()[0].prompt.as_deref() == Some("the glow")
    });
    window.wait_until_idle();
    window.click("Prompts");
    window.click("Delete");
    window.click("Delete for good");
    window.wait_until("it is gone", |app| {
        app.session().prompts().is_empty() && app.session().lanes()[0].prompt.is_none()
    });
}
