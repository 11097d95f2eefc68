//! *Moments by*: a trained detector in place of the curve.

use std::path::Path;

use vcl::app::App;
use vcl::app::action::Model;
use vcl::domain::{Moment, Query};
use vcl::engine::{Engine, IndexJob, IndexStep, NamedDetector};
use vcl::find::Way;
use vcl::store::DetectorFolder;
use vcl::video::Source;

use crate::drive::{USUAL, Window, demo, engine_config};
use crate::tiny_detector::{tiny_detector, tiny_detector_file};

const QUERY: &str = "waves on the sea";

/// Features and word states of the bundled model.
const WIDTHS: (usize, usize) = (128, 128);

fn moments(app: &App) -> Vec<Moment> {
    app.session().lanes()[0].moments.clone()
}

fn is_answered(app: &App) -> bool {
    let answer = app.session().lanes()[0].answer.as_ref();
    answer.is_some_and(|answer| answer.is_final)
}

/// What the engine alone says, with features that the window has left behind.
fn expected(window: &Window, file: &Path) -> Vec<Moment> {
    let dir = window.paths().cache_dir.parent().unwrap().to_owned();
    let mut engine = Engine::open(&engine_config(&dir)).unwrap();
    let folder = DetectorFolder::new(&window.paths().data_dir);
    let named = NamedDetector::load(&folder, file).unwrap();
    let source = Source::open(&demo()).unwrap();
    let mut job = IndexJob::start(&engine, &source, true).unwrap();
    while job.step(&mut engine).unwrap() != IndexStep::Finished {}
    let index = job.into_index().unwrap();
    let query = Query::new(QUERY).unwrap();
    let known = index.snapshot();
    let answer = engine.answer_with(&known, &query, &Way::default(), Some(&named.detector));
    answer.unwrap().found(None).moments
}

#[test]
fn moments_come_from_the_curve_or_from_a_detector_and_the_choice_is_remembered() {
    let mut window = Window::with_indexed_demo(&[QUERY], USUAL);
    let by_curve = moments(window.app());
    let dir = tempfile::tempdir().unwrap();
    let file = tiny_detector_file(dir.path(), WIDTHS.0, WIDTHS.1);
    let ctx = window.harness.ctx.clone();
    window
        .harness
        .state_mut()
        .perform(&ctx, Model::AddDetector(file.clone()));
    window.wait_until("the detector is in use", |app| {
        app.session().detector() == Some("tiny")
    });
    window.wait_until("its moments are shown", |app| {
        is_answered(app) && moments(app) != by_curve
    });
    let by_detector = moments(window.app());
    assert_eq!(by_detector, expected(&window, &file));
    assert!(window.notices().is_empty(), "{:?}", window.notices());

    window.harness.run_steps(2);
    window.click("Moments by: tiny ▾");
    window.click("Curve");
    window.wait_until("the curve's moments are back", |app| {
        moments(app) == by_curve
    });
    assert_eq!(window.app().session().detector(), None);
    window.harness.run_steps(2);
    window.click("Moments by: curve ▾");
    window.click("tiny");
    window.wait_until("the detector's are back", |app| moments(app) == by_detector);

    let mut window = window.open_again();
    window.wait_until("it is used again", |app| {
        app.session().detector() == Some("tiny")
    });
}

#[test]
fn a_detector_of_another_model_is_kept_and_not_used() {
    let mut window = Window::with_indexed_demo(&[QUERY], USUAL);
    let by_curve = moments(window.app());
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("other.safetensors");
    let other = tiny_detector("qd_detr/model_best.ckpt", 48, 64);
    std::fs::write(&file, other.to_bytes().unwrap()).unwrap();
    let ctx = window.harness.ctx.clone();
    window
        .harness
        .state_mut()
        .perform(&ctx, Model::AddDetector(file));
    window.wait_for_notice("was trained on video features of 48 numbers");
    window.wait_until("it is listed", |app| app.session().detectors().len() == 1);
    assert_eq!(window.app().session().detector(), None);
    assert!(window.app().session().detectors()[0].problem.is_some());
    assert_eq!(moments(window.app()), by_curve);
}
