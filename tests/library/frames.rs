//! Key frames stand for clips in the library where they are asked for, with their own times.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::json;
use crate::support::Place;

fn peaks(found: &Value) -> Vec<f64> {
    let highlights = found["queries"][0]["highlights"].as_array().unwrap();
    let peak = |row: &Value| row["peak_secs"].as_f64().unwrap();
    let mut peaks: Vec<_> = highlights.iter().map(peak).collect();
    peaks.sort_by(f64::total_cmp);
    peaks
}

#[test]
fn a_library_takes_key_frames_if_asked_and_says_when_they_are_shown() {
    let place = Place::new();
    fs::create_dir(place.path("films")).unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/videos");
    let film = place.path("films/plain.mp4");
    fs::copy(fixtures.join("plain.mp4"), &film).unwrap();
    let (dir, film) = (place.path("films"), film.to_str().unwrap().to_owned());
    let dir = dir.to_str().unwrap();
    let search = |more: &[&str]| {
        let args = [
            &["search", &film, "x", "--top", "9", "--format", "json"],
            more,
        ]
        .concat();
        json(&place.vcl(args))
    };
    place
        .vcl(["library", "add", dir, "--frames", "keys"])
        .stdout();
    let by_keys = search(&[]);
    let is_centre = |peak: &f64| (peak - 1.0) % 2.0 == 0.0;
    let shown = peaks(&by_keys);
    assert!(!shown.is_empty());
    assert!(
        !shown.iter().all(is_centre),
        "{shown:?}: what the library knows is not looked at again"
    );
    let found = json(&place.vcl([
        "find",
        "x",
        "--frames",
        "keys",
        "--threshold",
        "0",
        "--format",
        "json",
    ]));
    let rows = found["queries"][0]["results"].as_array().unwrap();
    assert!(
        rows.iter()
            .all(|row| !is_centre(&row["peak_secs"].as_f64().unwrap())),
        "{found}"
    );
    // Whoever wants the centres gets them, and they serve the library from then on.
    let exact = search(&["--frames", "exact"]);
    let centres = peaks(&exact);
    assert!(centres.iter().all(is_centre), "{centres:?}");
    assert_ne!(
        exact["queries"][0]["saliency"],
        by_keys["queries"][0]["saliency"]
    );
    assert_eq!(peaks(&search(&[])), centres);
    assert_eq!(peaks(&search(&["--frames", "keys"])), shown);
    let outcome = place.vcl(["library", "update", "--frames", "exact"]);
    assert!(
        outcome.stdout().contains("indexed before"),
        "{}",
        outcome.stdout
    );
    let npz = place.path("f.npz");
    place
        .vcl(["embed", "video", &film, "-o", npz.to_str().unwrap()])
        .stdout();
    let refused = place.vcl(["model", "list", "--frames", "keys"]);
    assert_eq!(refused.code, Some(2));
}
