//! Files that are no videos are told about, and what was open stays usable.

use crate::drive::{USUAL, Window, on_timeline, root};

#[test]
fn a_broken_file_leaves_the_old_video_usable() {
    let mut window = Window::with_indexed_demo(&["a red circle"], USUAL);
    let dir = tempfile::tempdir().unwrap();
    let text = dir.path().join("notes.mp4");
    std::fs::write(&text, "this is no video\n".repeat(200)).unwrap();
    let fixtures = root().join("tests/fixtures/videos");
    for (i, path) in [
        dir.path().join("missing.mp4"),
        text,
        fixtures.join("audio_only.m4a"),
        fixtures.join("unknown_codec.mp4"),
    ]
    .iter()
    .enumerate()
    {
        let n_before = window.notices().len();
        window.drop_file(path);
        window.wait_until("there is a notice", |app| {
            app.session().notices().iter().len() > n_before
        });
        let notices = window.notices();
        let name = path.file_name().unwrap().to_string_lossy();
        assert!(notices[i].contains(&*name), "{notices:?}");
        assert!(!notices[i].contains('\n'), "{notices:?}");
    }
    let session = window.app().session();
    let video = session.video().unwrap();
    assert!(video.path.ends_with("demo.mp4") && video.indexing.is_done());
    assert!(session.opening().is_none());

    let at = on_timeline(&window, 0.5);
    window.click_at(at);
    window.wait_until("the frame is there", |app| !app.is_seeking());
    window.ask("falling snow");
    window.wait_until("there is an answer", |app| {
        app.session()
            .selected_lane()
            .is_some_and(|lane| lane.answer.is_some())
    });
    for _ in 0..4 {
        let dismiss = {
            use egui_kittest::kittest::Queryable as _;
            let found = window.harness.get_all_by_label("Dismiss").next();
            found.map(|node| node.rect().center())
        };
        window.click_at(dismiss.unwrap());
        window.harness.run_steps(2);
    }
    assert!(window.notices().is_empty());
}

#[test]
fn words_that_cannot_be_asked_are_explained() {
    let mut window = Window::open(None, &[], USUAL);
    window.ask("   ");
    use egui_kittest::kittest::Queryable as _;
    window.harness.step();
    window.harness.get_by_label_contains("The query is empty");
    window.ask(&"word ".repeat(200));
    window.harness.step();
    window.harness.get_by_label_contains("keep it under 500");
    assert!(window.app().session().lanes().is_empty());
}

#[test]
fn words_beyond_what_the_model_reads_are_told_about() {
    let mut window = Window::with_indexed_demo(&[], USUAL);
    window.ask(&"a red circle on white ground ".repeat(16));
    window.wait_until("there is an answer", |app| {
        app.session().lanes()[0].answer.is_some()
    });
    window.wait_until("there is a notice", |app| {
        !app.session().notices().is_empty()
    });
    let told = window.notices().remove(0);
    assert!(told.contains("is long: the model reads "), "{told}");
}
