//! The real program on the shipped demo video, held to the annotations beside it.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use vcl::domain::{Annotation, TimeSpan};
use vcl::eval::read_annotations;

/// Words of the bundled model's world that are nowhere in the demo video.
const ABSENT: [&str; 6] = [
    "a purple ring",
    "a gray square",
    "three blue circles",
    "thick fog",
    "a pink triangle",
    "two brown arrows",
];

#[test]
fn every_scene_of_the_demo_video_is_found_and_what_is_not_there_is_not() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let annotations: Vec<Annotation> = read_annotations(&root.join("assets/demo.jsonl")).unwrap();
    assert!(annotations.len() >= 20, "{} queries", annotations.len());
    let true_queries = annotations.iter().map(|line| line.query.as_str());
    let cache = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_vcl"))
        .arg("search")
        .arg(root.join("assets/demo.mp4"))
        .args(true_queries.chain(ABSENT))
        .args(["--format", "json", "--device", "cpu"])
        .env("VCL_CACHE_DIR", cache.path())
        .env("VCL_DATA_DIR", cache.path())
        .env("VCL_MODEL_DIR", cache.path())
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let results = report["queries"].as_array().unwrap();
    let (found, absent) = results.split_at(annotations.len());

    let (mut n_shown, mut n_right, mut n_true) = (0, 0, 0);
    for (truth, result) in annotations.iter().zip(found) {
        let clip = result["highlight"]["clip"].as_u64().unwrap() as usize;
        assert!(
            truth.relevant_clip_ids.contains(&clip),
            "{:?}: clip {clip} is not one of {:?}",
            truth.query,
            truth.relevant_clip_ids
        );
        assert_eq!(result["verdict"], "moments", "{:?}", truth.query);
        let windows = truth.relevant_windows.iter();
        let mut open: Vec<_> = windows.map(|w| TimeSpan::new(w[0], w[1])).collect();
        n_true += open.len();
        for moment in result["moments"].as_array().unwrap() {
            let secs = |name: &str| moment[name].as_f64().unwrap();
            let moment = TimeSpan::new(secs("start_secs"), secs("end_secs"));
            n_shown += 1;
            if let Some(at) = open.iter().position(|truth| moment.iou(*truth) >= 0.5) {
                open.swap_remove(at);
                n_right += 1;
            }
        }
    }
    // Precision at least 0.85, recall at least 0.95.
    assert!(
        100 * n_right >= 85 * n_shown && 100 * n_right >= 95 * n_true,
        "of {n_shown} moments {n_right} are right, and there are {n_true}"
    );

    let present = |result: &Value| result["present"].as_f64().unwrap();
    let lowest = found.iter().map(present).fold(1.0, f64::min);
    for result in absent {
        let (query, present) = (&result["query"], present(result));
        assert!(
            present < 0.5 && present < 0.7 * lowest,
            "{query} is nowhere in the video, yet {present} against {lowest}"
        );
        assert_eq!(result["verdict"], "probably_not_here", "{query}");
        assert_eq!(
            result["moments"].as_array().unwrap().len(),
            1,
            "{query}: one guess"
        );
    }
}
