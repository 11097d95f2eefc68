//! What is said, as far as it is written down in the files or beside them, in a library and in one video.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::json;
use crate::support::Place;

fn fixture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/subtitles");
    folder.join(name)
}

/// Name of the file, beginning and end, and what is said.
fn rows(found: &Value) -> Vec<(String, f64, f64, String)> {
    let rows = found["queries"][0]["results"].as_array().unwrap();
    let row = |row: &Value| {
        assert_eq!(row["match"], "words", "{row}");
        let path = row["video"].as_str().unwrap();
        (
            path.rsplit('/').next().unwrap().to_owned(),
            row["start_secs"].as_f64().unwrap(),
            row["end_secs"].as_f64().unwrap(),
            row["text"].as_str().unwrap().to_owned(),
        )
    };
    let mut rows: Vec<_> = rows.iter().map(row).collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    rows
}

#[test]
fn what_is_said_in_files_and_beside_them_is_found_in_the_library() {
    let place = Place::new();
    fs::create_dir(place.path("films")).unwrap();
    for name in ["inside.mkv", "events.mkv", "timed.mp4"] {
        fs::copy(fixture(name), place.path("films").join(name)).unwrap();
    }
    fs::copy(fixture("plain.mp4"), place.path("films/beside.mp4")).unwrap();
    let srt = place.path("films/beside.en.srt");
    fs::write(
        &srt,
        "1\n00:00:03,000 --> 00:00:04,000\nMore snow to come\n",
    )
    .unwrap();
    let dir = place.path("films").to_str().unwrap().to_owned();
    let added = place.vcl(["library", "add", &dir]);
    assert!(added.stdout().contains("4 indexed"), "{}", added.stdout);
    assert!(!added.stderr.contains("no video"), "{}", added.stderr);
    let find = |query: &str| {
        rows(&json(&place.vcl([
            "find", query, "--match", "words", "--format", "json",
        ])))
    };
    let falls = "The snow falls on the mountain.";
    let expected: Vec<_> = [
        ("beside.mp4", 3.0, 4.0, "More snow to come"),
        ("events.mkv", 1.0, 2.5, falls),
        ("inside.mkv", 1.0, 2.5, falls),
        ("timed.mp4", 1.0, 2.5, falls),
    ]
    .map(|(name, start, end, text)| (name.to_owned(), start, end, text.to_owned()))
    .into();
    assert_eq!(find("snow"), expected);
    assert_eq!(find("the mountains"), [], "all of a word must be there");
    assert_eq!(find("snow moun").len(), 3, "words may go on");
    assert_eq!(find("학교").len(), 3, "anywhere in scripts without spaces");

    // Subtitles that are changed, and such that go.
    fs::write(
        &srt,
        "1\n00:00:03,000 --> 00:00:04,000\nRain instead of it\n",
    )
    .unwrap();
    place.vcl(["library", "update"]).stdout();
    assert_eq!(find("rain").len(), 1);
    assert_eq!(find("snow").len(), 3);
    fs::remove_file(&srt).unwrap();
    place.vcl(["library", "update"]).stdout();
    assert_eq!(find("rain"), []);

    let told = place.vcl(["find", "snow", "--match", "words", "--top", "1"]);
    assert!(
        told.stdout().contains("(found in what is said)"),
        "{}",
        told.stdout
    );
    assert!(
        told.stdout.contains("“The snow falls on the mountain.”"),
        "{}",
        told.stdout
    );
    let both = json(&place.vcl(["find", "snow", "--threshold", "0", "--format", "json"]));
    let results = both["queries"][0]["results"].as_array().unwrap();
    assert!(results.iter().any(|row| row["match"] == "words"), "{both}");
    let seen = place.vcl(["find", "snow", "--match", "pictures", "--format", "csv"]);
    assert!(!seen.stdout().contains("falls"), "{}", seen.stdout);
    let edl = place.path("said.edl");
    let words = [
        "find",
        "snow",
        "--match",
        "words",
        "--export",
        edl.to_str().unwrap(),
    ];
    place.vcl(words).stdout();
    assert_eq!(
        fs::read_to_string(&edl)
            .unwrap()
            .matches("COMMENT: snow")
            .count(),
        3
    );
}

#[test]
fn what_is_said_in_one_video_is_found_without_looking_at_its_pictures() {
    let place = Place::new();
    let film = fixture("events.mkv");
    let film = film.to_str().unwrap();
    let said = json(&place.vcl([
        "search", film, "snow", "--match", "words", "--format", "json",
    ]));
    let words = &said["queries"][0]["words"];
    assert_eq!(words[0]["start_secs"], 1.0);
    assert_eq!(words[0]["text"], "The snow falls on the mountain.");
    assert!(!place.paths().cache_dir.exists(), "nothing was indexed");
    let both = place.vcl(["search", film, "snow"]);
    assert!(both.stdout().contains("\n  words  "), "{}", both.stdout);
    assert!(both.stdout.contains("\n  highlight  "), "{}", both.stdout);
    let csv = place.vcl(["search", film, "snow", "--format", "csv"]);
    assert!(
        csv.stdout().contains(",words,1,1.0,2.5,1.0,"),
        "{}",
        csv.stdout
    );
    let plain = fixture("plain.mp4");
    let plain = plain.to_str().unwrap();
    let none = place.vcl(["search", plain, "snow", "--match", "words"]);
    assert!(
        none.stdout().contains("snow  (not said)"),
        "{}",
        none.stdout
    );
    let seen = place.vcl([
        "search", film, "snow", "--match", "pictures", "--format", "json",
    ]);
    assert!(!seen.stdout().contains("falls"), "{}", seen.stdout);
}
