//! *Moments by*: a trained detector in place of the curve.

use vcl::app::App;
use vcl::app::action::Model;
use vcl::domain::{Moment, SaliencyCurve};
use vcl::worker::FoundEverywhere;

use crate::drive::{USUAL, Window, root};
use crate::library;
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

/// What the official network makes of the same features, and which of it is shown.
#[derive(serde::Deserialize)]
struct Golden {
    moments: Vec<[f64; 3]>,
    saliency: Vec<f32>,
}

fn golden() -> Golden {
    let path = root().join("tests/fixtures/detectors/demo/expected.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
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
        .perform(&ctx, Model::AddDetector(file));
    window.wait_until("the detector is in use", |app| {
        app.session().detector() == Some("tiny")
    });
    window.wait_until("its moments are shown", |app| {
        is_answered(app) && moments(app) != by_curve
    });
    let by_detector = moments(window.app());
    let golden = golden();
    assert_eq!(by_detector.len(), golden.moments.len());
    for (moment, [start, end, score]) in by_detector.iter().zip(golden.moments) {
        assert_eq!((moment.span.start_secs, moment.span.end_secs), (start, end));
        assert!((f64::from(moment.score) - score).abs() < 1e-3, "{moment:?}");
    }
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

    // Its own saliency as the curve: other heights, the same moments.
    let heights = |app: &App| -> Vec<f32> {
        let answer = app.session().lanes()[0].answer.as_ref().unwrap();
        answer.result.saliency.values().to_vec()
    };
    let likeness = heights(window.app());
    window.harness.run_steps(2);
    window.click("Moments by: tiny ▾");
    window.click("Show its own curve");
    let own = heights(window.app());
    assert_ne!(own, likeness);
    assert!(own.contains(&0.0) && own.contains(&1.0), "{own:?}");
    let official = SaliencyCurve::new(golden.saliency).min_max_normalised();
    for (ours, official) in own.iter().zip(official.values()) {
        assert!((ours - official).abs() < 1e-2, "{own:?} {official:?}");
    }
    assert_eq!(moments(window.app()), by_detector);
    window.click("Show its own curve");
    assert_eq!(heights(window.app()), likeness);
    window.click("Show its own curve");

    let mut window = window.open_again();
    window.wait_until("it is used again", |app| {
        app.session().detector() == Some("tiny")
    });
    assert!(window.app().session().settings().shows_detector_curve);
}

#[test]
fn a_detector_finds_the_moments_of_all_videos_as_well() {
    let mut window = library::with_folder(&library::cinema().join("first"), 20);
    let spans = |found: &FoundEverywhere| -> Vec<_> {
        let moments = found.moments.iter();
        moments.map(|it| (it.path.clone(), it.span)).collect()
    };
    let by_curve = spans(&library::find(&mut window, QUERY));
    assert!(!by_curve.is_empty());
    let dir = tempfile::tempdir().unwrap();
    let file = tiny_detector_file(dir.path(), WIDTHS.0, WIDTHS.1);
    library::act(&mut window, Model::AddDetector(file));
    let now = |app: &App| {
        let found = app.session().shown_wall().and_then(|wall| wall.found());
        found.map(spans).unwrap_or_default()
    };
    window.wait_until("the detector's moments are on the wall", |app| {
        now(app) != by_curve
    });
    assert!(window.notices().is_empty(), "{:?}", window.notices());
    window.harness.run_steps(2);
    library::act(&mut window, Model::UseDetector(None));
    window.wait_until("the curve's moments are back", |app| now(app) == by_curve);
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
