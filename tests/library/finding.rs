//! Every scene is found in its own film, what is nowhere is found nowhere, and filters hold.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::films::{Film, films};
use crate::json;
use crate::support::{Outcome, Place};
use crate::tiny_detector::tiny_detector_file;

/// Features and word states of the bundled model.
const WIDTHS: (usize, usize) = (128, 128);

struct Cinema {
    place: Place,
    films: Vec<Film>,
}

impl Cinema {
    fn new() -> Self {
        let place = Place::new();
        let films = films();
        for (i, film) in films.iter().enumerate() {
            let folder = place.path(if i < 20 {
                "films/first"
            } else {
                "films/second"
            });
            fs::create_dir_all(&folder).unwrap();
            film.write(&folder.join(&film.name));
        }
        // Odd ones: no video, no whole video, an empty file, a sound, and a broken link.
        let odd = place.path("films/odd");
        fs::create_dir(&odd).unwrap();
        fs::write(odd.join("notes.txt"), "no video").unwrap();
        fs::write(odd.join("empty.mp4"), "").unwrap();
        fs::write(odd.join("broken.mkv"), "\x1a\x45\u{df}").unwrap();
        place.sound_only("films/odd/sound.ogv");
        Self { place, films }
    }

    fn dir(&self) -> String {
        self.place.path("films").to_str().unwrap().to_owned()
    }

    fn run(&self, args: &[&str]) -> Outcome {
        self.place.vcl_bundled(args)
    }

    fn find(&self, args: &[&str]) -> Value {
        let words = [&["find", "--format", "json"], args].concat();
        json(&self.run(&words))
    }
}

#[test]
fn every_scene_of_forty_films_is_found_at_its_time_and_nothing_that_is_in_none() {
    let cinema = Cinema::new();
    let outcome = cinema.run(&["library", "add", &cinema.dir()]);
    assert_eq!(
        outcome.code,
        Some(1),
        "three files are broken: {}",
        outcome.stderr
    );
    let problems = [
        "empty.mp4 is empty",
        "broken.mkv is not a video",
        "sound.ogv has sound but no moving picture",
        "1 file in the folders is no video",
        "error: 3 videos could not be indexed; `vcl library status` lists them",
    ];
    for problem in problems {
        assert!(
            outcome.stderr.contains(problem),
            "{problem}: {}",
            outcome.stderr
        );
    }
    assert!(outcome.stdout.contains("43 videos"), "{}", outcome.stdout);
    assert!(
        outcome.stdout.contains("40 indexed, 3 failed"),
        "{}",
        outcome.stdout
    );

    let words: Vec<_> = cinema
        .films
        .iter()
        .map(|film| film.words.as_str())
        .collect();
    let found = cinema.find(&words);
    let mut wrong = Vec::new();
    for (film, query) in cinema
        .films
        .iter()
        .zip(found["queries"].as_array().unwrap())
    {
        let best = &query["results"][0];
        let is_file = best["video"]
            .as_str()
            .is_some_and(|path| path.ends_with(&film.name));
        let secs = |key: &str| best[key].as_f64().unwrap_or(-1.0);
        let is_time = film.start_secs <= secs("peak_secs") && secs("peak_secs") < film.end_secs;
        let is_span = secs("start_secs") < film.end_secs && film.start_secs < secs("end_secs");
        if !(is_file && is_time && is_span) {
            wrong.push(format!(
                "{} in {}: {best} present {}",
                film.words, film.name, query["present"]
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    let absent = ["a purple ring", "a green arrow", "three orange triangles"];
    let found = cinema.find(&absent);
    for query in found["queries"].as_array().unwrap() {
        assert_eq!(query["results"].as_array().unwrap().len(), 0, "{query}");
        assert!(query["present"].as_f64().unwrap() < 0.5, "{query}");
    }
    let told = cinema.run(&["find", "a purple ring"]);
    assert!(
        told.stdout().contains("a purple ring  (nothing found: "),
        "{}",
        told.stdout
    );

    filters(&cinema);
    formats(&cinema);
    exports(&cinema);
    as_in_one_video(&cinema);
    with_a_detector(&cinema);
}

fn filters(cinema: &Cinema) {
    let second = cinema.place.path("films/second");
    let second = second.to_str().unwrap();
    let film = &cinema.films[3];
    let found = cinema.find(&[&film.words, "--in", second]);
    assert_eq!(found["n_videos"], 20);
    let results = found["queries"][0]["results"].as_array().unwrap();
    assert!(
        results
            .iter()
            .all(|row| !row["video"].as_str().unwrap().contains("/first/")),
        "{found}"
    );
    assert_eq!(
        cinema.find(&["x", "--longer", "8"])["n_videos"]
            .as_u64()
            .unwrap(),
        {
            let long = cinema
                .films
                .iter()
                .filter(|film| film.story.duration_secs() > 8.0);
            long.count() as u64
        }
    );
    assert_eq!(cinema.find(&["x", "--since", "2100"])["n_videos"], 0);
    assert_eq!(cinema.find(&["x", "--since", "2020-01-01"])["n_videos"], 40);
    let one = cinema.find(&["a red circle", "--top", "1", "--per-video", "1"]);
    assert!(one["queries"][0]["results"].as_array().unwrap().len() <= 1);
}

fn formats(cinema: &Cinema) {
    let film = &cinema.films[2];
    let plot = cinema.place.path("curves.svg");
    let outcome = cinema.run(&[
        "find",
        &film.words,
        "--format",
        "csv",
        "--plot",
        plot.to_str().unwrap(),
    ]);
    let mut lines = outcome.stdout().lines();
    assert_eq!(
        lines.next(),
        Some("query,present,rank,video,missing,start_secs,end_secs,peak_secs,score,match,text")
    );
    assert!(lines.next().unwrap().contains(&film.name));
    assert!(fs::read_to_string(plot).unwrap().contains(&film.name));
    let outcome = cinema.run(&["find", &film.words]);
    assert!(
        outcome.stdout().starts_with("40 videos, "),
        "{}",
        outcome.stdout
    );
    assert!(outcome.stdout.contains(&film.name), "{}", outcome.stdout);
}

/// One file for an editor from what was found in many videos, and cuts of it.
fn exports(cinema: &Cinema) {
    let words: Vec<_> = [2, 25, 5]
        .iter()
        .map(|&at| &*cinema.films[at].words)
        .collect();
    let target = |name: &str| cinema.place.path(name).to_str().unwrap().to_owned();
    let write = |name: &str| {
        let args = ["find", "--top", "1", "--export", name];
        cinema.run(&[&args[..], &words[..]].concat())
    };
    for format in ["edl", "fcpxml", "otio", "csv", "json"] {
        let file = target(&format!("found.{format}"));
        let outcome = write(&file);
        assert!(outcome.stdout().contains("02.mp4"), "{}", outcome.stdout);
        assert!(
            outcome.stderr.contains(": 3 moments of 3 videos"),
            "{}",
            outcome.stderr
        );
        let text = fs::read_to_string(&file).unwrap();
        for name in ["02.mp4", "25.mp4", "05.mp4"] {
            assert!(text.contains(name), "{format}: {text}");
        }
    }
    let edl = fs::read_to_string(target("found.edl")).unwrap();
    let reels = edl
        .lines()
        .filter(|line| line.starts_with("00"))
        .map(|line| &line[5..7]);
    assert_eq!(reels.collect::<Vec<_>>(), ["02", "25", "05"]);
    let cuts = target("cuts");
    let outcome = write(&cuts);
    assert_eq!(
        outcome.stderr.matches("lead-in").count(),
        3,
        "{}",
        outcome.stderr
    );
    assert_eq!(fs::read_dir(&cuts).unwrap().count(), 3);
    for (name, says) in [
        ("found.srt", "belongs to one video"),
        ("found.avi", "a file that ends in .csv"),
    ] {
        let outcome = write(&target(name));
        assert_eq!(outcome.code, Some(2));
        assert!(outcome.stderr.contains(says), "{}", outcome.stderr);
    }
}

/// A detector finds in all videos what it finds in each, as far as that is like the words.
fn with_a_detector(cinema: &Cinema) {
    let file = tiny_detector_file(&cinema.place.path(""), WIDTHS.0, WIDTHS.1);
    let named = ["--detector", file.to_str().unwrap()];
    let films = cinema.films.iter();
    let all: Vec<_> = films.map(|film| film.words.as_str()).collect();
    let found = cinema.find(&[&all[..], &named].concat());
    let plain = cinema.find(&all);
    let spans = |rows: &Value| -> Vec<(Value, Value)> {
        let rows = rows.as_array().unwrap().iter();
        let rows = rows.map(|row| (row["start_secs"].clone(), row["end_secs"].clone()));
        rows.collect()
    };
    let (mut n_compared, mut n_different) = (0, 0);
    for (i, words) in all.iter().enumerate() {
        let results = &found["queries"][i]["results"];
        let Some(path) = results[0]["video"].as_str().filter(|_| n_compared < 3) else {
            continue;
        };
        let alone = [
            "search",
            path,
            words,
            "--format",
            "json",
            "--threshold",
            "0",
        ];
        let alone = json(&cinema.run(&[&alone[..], &named].concat()));
        let of_video = spans(&alone["queries"][0]["moments"]);
        let first = &spans(results)[0];
        assert!(of_video.contains(first), "{words}: {first:?} {of_video:?}");
        n_compared += 1;
        n_different += usize::from(spans(&plain["queries"][i]["results"]).first() != Some(first));
    }
    assert!(
        n_compared == 3 && n_different > 0,
        "{n_compared} {n_different}"
    );

    let film = &cinema.films[5];
    let words = film.words.as_str();
    let plot = cinema.place.path("own.svg");
    let drawn = [
        "find",
        words,
        "--detector-curve",
        "--plot",
        plot.to_str().unwrap(),
    ];
    cinema.run(&[&drawn[..], &named].concat()).stdout();
    assert!(fs::read_to_string(&plot).unwrap().contains("<svg"));
    let refused = cinema.run(&drawn);
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
}

/// The moment of a video is the one that `search` shows.
fn as_in_one_video(cinema: &Cinema) {
    let film = &cinema.films[5];
    let path = cinema.place.path("films/first").join(&film.name);
    let outcome = cinema.run(&[
        "search",
        path.to_str().unwrap(),
        &film.words,
        "--format",
        "json",
    ]);
    let alone = json(&outcome);
    let found = cinema.find(&[&film.words, "--in", path.to_str().unwrap()]);
    let (alone, found) = (
        &alone["queries"][0]["moments"][0],
        &found["queries"][0]["results"][0],
    );
    assert_eq!(found["start_secs"], alone["start_secs"]);
    assert_eq!(found["end_secs"], alone["end_secs"]);
    assert_eq!(
        Path::new(found["video"].as_str().unwrap()),
        path.canonicalize().unwrap()
    );
}

#[test]
fn an_empty_library_says_what_to_do() {
    let place = Place::new();
    for args in [&["find", "x"][..], &["library", "update"]] {
        assert!(place.vcl(args).error().contains("`vcl library add PATH`"));
    }
    assert!(place.vcl(["library", "list"]).stdout().is_empty());
    assert!(
        place
            .vcl(["library", "status"])
            .stdout()
            .starts_with("0 videos")
    );
}

/// An invented word is taught on two films and answers the library.
#[test]
fn what_was_taught_on_two_films_is_found_in_the_others() {
    let place = Place::new();
    fs::create_dir_all(place.path("taught")).unwrap();
    fs::create_dir_all(place.path("films")).unwrap();
    let films = films();
    // The sea, in films that differ in when and how it is shown.
    let sea = &films[5];
    let mut lines = String::new();
    for (i, vid) in ["v0", "v1"].into_iter().enumerate() {
        let film = sea.again(i);
        film.write(&place.path(&format!("taught/{vid}.mp4")));
        let (start, end) = (film.start_secs as usize, film.end_secs as usize);
        let line = serde_json::json!({
            "qid": i, "query": "a flumbo", "vid": vid, "duration": film.story.duration_secs(),
            "relevant_windows": [[start, end]], "relevant_clip_ids": [start / 2, start / 2 + 1],
            "saliency_scores": [[4, 4, 4], [4, 4, 4]],
        });
        lines += &format!("{line}\n");
    }
    for film in &films[..12] {
        film.write(&place.path(&format!("films/{}", film.name)));
    }
    let path = |name: &str| place.path(name).to_str().unwrap().to_owned();
    fs::write(place.path("labels.jsonl"), lines).unwrap();
    let (labels, taught, prompt) = (path("labels.jsonl"), path("taught"), path("prompt"));
    let train = [
        "train", "--data", &labels, "--videos", &taught, "--steps", "40", "-o", &prompt,
    ];
    place.vcl_bundled(train).stdout();
    place
        .vcl_bundled(["library", "add", &path("films")])
        .stdout();
    let best = |args: &[&str]| {
        let args = [&["find", "a flumbo", "--format", "json"], args].concat();
        let found = json(&place.vcl_bundled(args));
        found["queries"][0]["results"][0]["video"].clone()
    };
    let is_right = |video: &Value| video.as_str().is_some_and(|path| path.ends_with(&sea.name));
    assert!(!is_right(&best(&[])), "the plain word would do");
    let by_prompt = best(&["--prompt", &prompt]);
    assert!(is_right(&by_prompt), "{by_prompt}");
}
