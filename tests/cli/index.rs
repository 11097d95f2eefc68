//! `vcl index`.

use std::fs;

use crate::json;
use crate::support::Place;

#[test]
fn an_indexed_video_is_not_looked_at_again_even_under_another_name() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    let index = |path: &std::path::Path| place.vcl(["index", path.to_str().unwrap()]);
    let first = index(&video);
    assert!(
        first.stdout().ends_with("4 clips, 0:08.0\n"),
        "{}",
        first.stdout
    );
    let moved = place.path("moved.mp4");
    fs::rename(&video, &moved).unwrap();
    let second = index(&moved);
    assert!(
        second.stdout().ends_with(", indexed before\n"),
        "{}",
        second.stdout
    );

    // A damaged cache costs time and nothing else.
    for entry in walkdir::WalkDir::new(place.paths().cache_dir) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            fs::write(entry.path(), "not tensors").unwrap();
        }
    }
    let third = index(&moved);
    assert!(
        third.stdout().ends_with("4 clips, 0:08.0\n"),
        "{}",
        third.stdout
    );
}

#[test]
fn folders_are_indexed_and_one_bad_file_does_not_stop_the_others() {
    let place = Place::new();
    fs::create_dir_all(place.path("films/old")).unwrap();
    place.short_video("films/a.mp4");
    fs::write(place.path("films/b.mp4"), "text ".repeat(100)).unwrap();
    place.video("films/old/c.mp4", &[(0xff808080, 2)]);
    fs::write(place.path("films/notes.txt"), "no video").unwrap();
    let outcome = place.vcl(["index", place.path("films").to_str().unwrap()]);
    assert_eq!(outcome.code, Some(1));
    assert!(
        outcome.stdout.contains("a.mp4: 4 clips") && outcome.stdout.contains("c.mp4: 1 clip,"),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome.stderr.contains("b.mp4")
            && outcome
                .stderr
                .ends_with("error: 1 of 3 videos could not be indexed\n"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn an_unwritable_cache_costs_time_only() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    let cache_dir = place.paths().cache_dir;
    fs::write(&cache_dir, "a file where the folder should be").unwrap();
    let outcome = place.vcl(["search", video.to_str().unwrap(), "x", "--format", "json"]);
    assert_eq!(json(outcome.stdout())["n_clips"], 4);
    assert!(
        outcome.stderr.starts_with("warning: "),
        "{}",
        outcome.stderr
    );
}

#[test]
fn an_index_that_cannot_be_kept_or_has_no_video_is_an_error() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    let empty = place.path("empty");
    fs::create_dir(&empty).unwrap();
    fs::write(empty.join("notes.txt"), "no video").unwrap();
    let outcome = place.vcl(["index", empty.to_str().unwrap()]);
    let says = format!("there is no video in {}", empty.display());
    assert_eq!(outcome.error(), says);
    let both = ["index", empty.to_str().unwrap(), video.to_str().unwrap()];
    let outcome = place.vcl(both);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stdout.contains("4 clips"), "{}", outcome.stdout);
    assert!(outcome.stderr.contains(&says), "{}", outcome.stderr);

    let cache_dir = place.paths().cache_dir;
    fs::remove_dir_all(&cache_dir).unwrap();
    fs::write(&cache_dir, "a file where the folder should be").unwrap();
    let outcome = place.vcl(["index", video.to_str().unwrap()]);
    let error = outcome.error();
    assert!(error.contains(cache_dir.to_str().unwrap()), "{error}");
    assert!(error.contains("VCL_CACHE_DIR"), "{error}");
}

#[test]
fn still_pictures_are_encoded_once_on_request() {
    let place = Place::new();
    // Scenes of three clips and of one.
    let video = place.video("still.mp4", &[(0xffc0_2020, 6), (0xff20_20c0, 2)]);
    let video = video.to_str().unwrap();
    let outcome = place.vcl(["index", "--skip-near-duplicates", video]);
    let told = outcome.stdout();
    assert!(
        told.contains("4 clips") && told.contains("2 of them as the one before"),
        "{told}"
    );
    // Whoever did not ask for it gets frames of their own.
    let outcome = place.vcl(["index", video]);
    let told = outcome.stdout();
    assert!(
        told.contains("4 clips") && !told.contains("before"),
        "{told}"
    );
}
