//! What can be done while a video is being indexed. The worker is held at every event, so each of
//! its states is seen.

use egui_kittest::kittest::Queryable as _;
use vcl::app::App;
use vcl::app::session::{Indexing, Session};

use crate::drive::{Window, root};

fn indexing(session: &Session) -> Option<&Indexing> {
    session.video().map(|video| &video.indexing)
}

fn n_done(app: &App) -> usize {
    match indexing(app.session()) {
        Some(Indexing::Running(progress)) => progress.n_done,
        _ => 0,
    }
}

fn is_done(app: &App) -> bool {
    indexing(app.session()).is_some_and(Indexing::is_done)
}

#[test]
fn a_query_is_answered_before_indexing_ends() {
    let mut window = Window::open_held(&[]);
    window.wait_until("the first clips are known", |app| n_done(app) > 0);
    window.ask("a burning fire");
    window.wait_until("there is an answer", |app| {
        app.session().lanes()[0].answer.is_some()
    });
    let session = window.app().session();
    let answer = session.lanes()[0].answer.as_ref().unwrap();
    assert!(matches!(indexing(session), Some(Indexing::Running(_))));
    assert!(!answer.is_final && answer.n_clips_done < answer.result.saliency.values().len());
    window.wait_until("it is indexed", is_done);
    window.wait_until("the last answer is there", |app| {
        let answer = app.session().lanes()[0].answer.as_ref();
        answer.is_some_and(|answer| answer.is_final)
    });
}

#[test]
fn indexing_is_stopped_and_goes_on() {
    let mut window = Window::open_held(&["the sea"]);
    window.wait_until("the first clips are known", |app| n_done(app) > 0);
    window.harness.step();
    window.click("Cancel");
    window.wait_until("it is stopped", |app| {
        matches!(indexing(app.session()), Some(Indexing::Cancelled { .. }))
    });
    let Some(&Indexing::Cancelled { n_done }) = indexing(window.app().session()) else {
        unreachable!("it was cancelled a moment ago");
    };
    assert!((1..48).contains(&n_done), "{n_done}");
    window.wait_until("what is known is answered", |app| {
        let answer = app.session().lanes()[0].answer.as_ref();
        answer.is_some_and(|answer| answer.is_final)
    });
    window.harness.step();
    window.harness.get_by_label_contains("Stopped after ");
    let found = window.app().session().lanes()[0].highlight_span();
    assert!(found.is_some(), "what is known stays searchable");

    window.click("Go on");
    window.wait_until("it is indexed", is_done);
    let Some(&Indexing::Done { n_clips, n_cached }) = indexing(window.app().session()) else {
        unreachable!("it is done");
    };
    assert_eq!(n_clips, 48);
    assert!(n_cached >= n_done, "{n_cached} of {n_done} were kept");
    window.wait_until("the last answer is there", |app| {
        let answer = app.session().lanes()[0].answer.as_ref();
        answer.is_some_and(|answer| answer.n_clips_done == 48)
    });
}

#[test]
fn another_video_is_opened_meanwhile() {
    let mut window = Window::open_held(&["the sea"]);
    window.wait_until("the first clips are known", |app| n_done(app) > 0);
    let other = root().join("tests/fixtures/videos/plain.mp4");
    window.drop_file(&other);
    window.wait_until("the other video is indexed and answered", |app| {
        let session = app.session();
        let is_other = session
            .video()
            .is_some_and(|video| video.path.ends_with("plain.mp4") && video.indexing.is_done());
        is_other
            && session.lanes()[0]
                .answer
                .as_ref()
                .is_some_and(|answer| answer.is_final)
    });
    let answer = window.app().session().lanes()[0].answer.as_ref().unwrap();
    assert_eq!(answer.n_clips_done, 5, "a clip for each 2 s of 9.2 s");
    let recent = &window.app().session().settings().recent;
    assert!(recent[0].ends_with("plain.mp4") && recent[1].ends_with("demo.mp4"));
}

#[test]
fn the_same_video_again_is_known_from_before() {
    let mut window = Window::open_held(&["the sea"]);
    window.let_work();
    window.wait_until("it is indexed", is_done);
    let mut window = window.open_again();
    // It is the only one in the list.
    window.harness.run_steps(2);
    window.click("demo.mp4");
    window.wait_until("it is indexed", is_done);
    window.harness.step();
    window.harness.get_by_label_contains("known from before");
}
