//! Labels and features as other programs leave them.

use std::fs;
use std::path::PathBuf;

use vcl::store::{FloatType, NpzArray, write_npz};

use crate::support::{Outcome, Place};

/// A data set with two videos of 20 s as features of the tiny model.
struct Set(Place);

impl Set {
    fn new() -> Self {
        let place = Place::new();
        fs::create_dir(place.path("features")).unwrap();
        let set = Self(place);
        set.features("a", 10);
        set.features("b", 10);
        set
    }

    fn features(&self, vid: &str, n_rows: usize) {
        let array = NpzArray {
            shape: vec![n_rows, 48],
            values: (0..n_rows * 48).map(|i| (i as f32 * 0.7).sin()).collect(),
        };
        let path = self.0.path("features").join(format!("{vid}.npz"));
        write_npz(&path, &[("features", &array)], FloatType::F32).unwrap();
    }

    fn write(&self, name: &str, lines: &[String]) -> PathBuf {
        let path = self.0.path(name);
        fs::write(&path, lines.join("\n")).unwrap();
        path
    }

    fn evaluate(&self, lines: &[String], more: &[&str]) -> Outcome {
        let labels = self.write("labels.jsonl", lines);
        let features = self.0.path("features");
        let mut words = vec!["evaluate", "--data", labels.to_str().unwrap()];
        words.extend(["--features", features.to_str().unwrap()]);
        words.extend(more);
        self.0.vcl(words)
    }
}

fn label(qid: &str, vid: &str, windows: &str) -> String {
    format!(
        r#"{{"qid":{qid},"query":"a dog","duration":20,"vid":"{vid}","relevant_clip_ids":[1],"saliency_scores":[[4,4,4]],"relevant_windows":{windows}}}"#
    )
}

#[test]
fn lines_that_say_something_impossible_are_left_out_or_refused_by_strict() {
    let set = Set::new();
    let good = [label("1", "a", "[[2,4]]"), label("2", "b", "[[4,8]]")];
    let expected = set.evaluate(&good, &[]).stdout().to_owned();
    let [first, second] = good;
    let lines = [first, "{".to_owned(), second];
    let outcome = set.evaluate(&lines, &[]);
    assert_eq!(outcome.stdout(), expected);
    let warning = &outcome.stderr;
    assert_eq!(warning.lines().count(), 1, "{warning}");
    assert!(warning.contains("1 line is left out"), "{warning}");
    assert!(warning.contains("line 2: EOF"), "{warning}");
    let refused = set.evaluate(&lines, &["--strict"]);
    assert!(
        refused.error().contains("line 2: EOF"),
        "{}",
        refused.stderr
    );
}

#[test]
fn windows_that_are_no_span_are_cut_or_left_out_with_one_warning() {
    let set = Set::new();
    let odd = [
        label("1", "a", "[[2,4],[8.57,8.57]]"),
        label("2", "b", "[[4,4800]]"),
    ];
    let mended = [label("1", "a", "[[2,4]]"), label("2", "b", "[[4,20]]")];
    let expected = set.evaluate(&mended, &[]).stdout().to_owned();
    let outcome = set.evaluate(&odd, &[]);
    assert_eq!(outcome.stdout(), expected);
    assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
    assert!(
        outcome.stderr.contains("on 2 lines") && outcome.stderr.contains("line 1: the window"),
        "{}",
        outcome.stderr
    );
    assert!(set.evaluate(&odd, &["--strict"]).error().contains("line 1"));

    let truth = set.write("odd.jsonl", &odd);
    let windows = ["1", "2"].map(|qid| {
        format!(r#"{{"qid":{qid},"query":null,"vid":null,"pred_relevant_windows":[[2,4,1]]}}"#)
    });
    let predictions = set.write("predictions.jsonl", &windows);
    let score = |more: &[&str]| {
        let mut words = vec!["score", "--truth", truth.to_str().unwrap()];
        words.extend(["--predictions", predictions.to_str().unwrap()]);
        words.extend(more);
        set.0.vcl(words)
    };
    let outcome = score(&[]);
    assert!(
        outcome.stdout().contains("MR-full-mAP"),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome.stderr.contains("line 1: the window"),
        "{}",
        outcome.stderr
    );
    assert!(score(&["--strict"]).error().contains("line 1: the window"));
}

#[test]
fn features_with_a_row_for_every_second_are_refused() {
    let set = Set::new();
    let lines = [label("1", "a", "null"), label("2", "b", "[[4,8]]")];
    for (n_rows, says) in [(20, "20 rows of features, 2 for each"), (40, "4 for each")] {
        set.features("b", n_rows);
        let outcome = set.evaluate(&lines, &[]);
        let error = outcome.error();
        assert!(error.contains("b.npz") && error.contains(says), "{error}");
    }
}

#[test]
fn queries_that_differ_only_in_the_type_of_their_number_are_told() {
    let set = Set::new();
    let truth = set.write("truth.jsonl", &[label("1", "a", "[[2,4]]")]);
    let line = r#"{"qid":"1","pred_relevant_windows":[[2,4,1]]}"#;
    let predictions = set.write("predictions.jsonl", &[line.to_owned()]);
    let outcome = set.0.vcl([
        "score",
        "--truth",
        truth.to_str().unwrap(),
        "--predictions",
        predictions.to_str().unwrap(),
    ]);
    assert!(outcome.error().contains(r#"query 1 of the truth is "1""#));
}
