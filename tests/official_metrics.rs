//! Eight pairs of truth and predictions, scored by the official evaluator and by `vcl`.
//!
//! `metrics.json` is the unchanged output of `standalone_eval/eval.py` of QVHighlights (commit
//! b7e553a of github.com/jayleicn/moment_detr); truth and predictions are invented.

use std::path::Path;

use vcl::eval::{read_annotations, read_predictions, score};

fn assert_same_as_official(case: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/eval")
        .join(case);
    let truth = read_annotations(&folder.join("gt.jsonl")).unwrap();
    let predictions = read_predictions(&folder.join("pred.jsonl")).unwrap();
    let official = std::fs::read_to_string(folder.join("metrics.json")).unwrap();
    let metrics = score(&truth, &predictions).unwrap();
    let ours = metrics.to_json().unwrap();
    for (ours, official) in ours.lines().zip(official.lines()) {
        assert_eq!(ours, official, "{case}");
    }
    assert_eq!(ours, official, "{case}");

    // Two lines more, in the places where the evaluators have them that give them.
    let more = metrics.to_json_with_further().unwrap();
    let is_further = |line: &&str| line.contains("MR-full-R1@0.3") || line.contains("MR-full-mIoU");
    let further: Vec<_> = more.lines().filter(is_further).collect();
    let others: Vec<_> = more.lines().filter(|line| !is_further(line)).collect();
    assert_eq!(others.join("\n"), official, "{case}");
    let has_windows = official.contains("MR-full-R1@0.5");
    assert_eq!(further.len(), if has_windows { 2 } else { 0 }, "{case}");
}

macro_rules! cases {
    ($($case:ident),*) => {
        $(#[test]
        fn $case() {
            assert_same_as_official(stringify!($case));
        })*
    };
}

cases!(
    ordinary,
    tied_scores,
    negative_saliency,
    length_mismatch,
    many_windows,
    short_videos,
    windows_only,
    saliency_only
);
