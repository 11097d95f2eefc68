//! The real program from the outside: what it prints, what it refuses, and how it ends.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::process::Stdio;

use serde_json::Value;
use support::{Place, tiny_model};
use vcl::store::read_npz;

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect()
}

fn numbers(value: &Value) -> Vec<f64> {
    let values = value.as_array().expect("an array");
    values
        .iter()
        .map(|x| x.as_f64().expect("a number"))
        .collect()
}

#[test]
fn search_prints_the_documented_json() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    let video = video.to_str().unwrap();
    let outcome = place.vcl([
        "search",
        video,
        "a red thing",
        "blue",
        "--format",
        "json",
        "--top",
        "2",
    ]);
    let report = json(outcome.stdout());
    let expected = [
        "video",
        "duration_secs",
        "clip_secs",
        "n_clips",
        "model",
        "queries",
    ];
    assert_eq!(keys(&report), BTreeSet::from(expected));
    assert_eq!(report["video"], video);
    assert_eq!(report["n_clips"], 4);
    assert_eq!(report["clip_secs"], 2.0);
    assert!((report["duration_secs"].as_f64().unwrap() - 8.0).abs() < 0.11);
    assert_eq!(report["queries"].as_array().unwrap().len(), 2);

    for query in report["queries"].as_array().unwrap() {
        let expected = [
            "query",
            "present",
            "saliency",
            "highlight",
            "highlights",
            "moments",
        ];
        assert_eq!(keys(query), BTreeSet::from(expected));
        assert!((0.0..=1.0).contains(&query["present"].as_f64().unwrap()));
        let saliency = numbers(&query["saliency"]);
        assert_eq!(saliency.len(), 4);

        let highlight = &query["highlight"];
        let expected = ["clip", "start_secs", "end_secs", "peak_secs", "score"];
        assert_eq!(keys(highlight), BTreeSet::from(expected));
        let clip = highlight["clip"].as_u64().unwrap() as usize;
        assert!(saliency.iter().all(|x| *x <= saliency[clip]));
        assert_eq!(highlight["start_secs"], 2.0 * clip as f64);
        assert!(query["highlights"].as_array().unwrap().len() <= 2);
        assert_eq!(&query["highlights"][0], highlight);

        let moments = query["moments"].as_array().unwrap();
        let peak_secs = highlight["peak_secs"].as_f64().unwrap();
        assert_eq!(
            keys(&moments[0]),
            BTreeSet::from(["start_secs", "end_secs", "score"])
        );
        assert!(moments[0]["start_secs"].as_f64().unwrap() <= peak_secs);
        assert!(moments[0]["end_secs"].as_f64().unwrap() >= peak_secs);
    }
}

#[test]
fn search_prints_a_table_and_csv() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    let video = video.to_str().unwrap();
    let table = place.vcl(["search", video, "red"]);
    let table = table.stdout();
    assert!(
        table.contains("4 clips") && table.contains("highlight") && table.contains("moment"),
        "{table}"
    );
    assert!(table.contains("0:0"), "times: {table}");

    let csv = place.vcl(["search", video, "red, or \"blue\"", "--format", "csv"]);
    let mut reader = csv::Reader::from_reader(csv.stdout().as_bytes());
    let header = reader.headers().unwrap().clone();
    let header: Vec<_> = header.iter().collect();
    let expected = "query present kind rank start_secs end_secs score";
    assert_eq!(header.join(" "), expected);
    let rows: Vec<_> = reader.records().collect::<Result<_, _>>().unwrap();
    assert!(rows.len() >= 2);
    assert!(rows.iter().all(|row| &row[0] == "red, or \"blue\""));
}

#[test]
fn a_lower_threshold_gives_longer_moments() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    let length_secs = |threshold| {
        let args = [
            "search",
            video.to_str().unwrap(),
            "red",
            "--format",
            "json",
            "--threshold",
            threshold,
        ];
        let report = json(place.vcl(args).stdout());
        let moments = report["queries"][0]["moments"].as_array().unwrap().clone();
        let length =
            |m: &Value| m["end_secs"].as_f64().unwrap() - m["start_secs"].as_f64().unwrap();
        moments.iter().map(length).sum::<f64>()
    };
    let whole_secs = length_secs("0");
    assert!(
        (whole_secs - 8.0).abs() < 0.11,
        "threshold 0 covers the video: {whole_secs}"
    );
    assert_eq!(length_secs("1"), 2.0, "threshold 1 leaves the best clip");
}

#[test]
fn plots_are_written_as_svg_and_png() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    let video = video.to_str().unwrap();
    let (svg, png) = (place.path("new/plot.svg"), place.path("plot.png"));
    for path in [&svg, &png] {
        place
            .vcl([
                "search",
                video,
                "red",
                "blue",
                "--plot",
                path.to_str().unwrap(),
            ])
            .stdout();
    }
    let svg = fs::read_to_string(svg).unwrap();
    assert_eq!(svg.matches("<polyline").count(), 2);
    let picture = image::load_from_memory(&fs::read(png).unwrap()).unwrap();
    assert!(picture.width() > 1000);
    let other = place.path("plot.pdf");
    let outcome = place.vcl(["search", video, "red", "--plot", other.to_str().unwrap()]);
    assert!(outcome.error().contains(".png or .svg"));
}

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
        outcome.stdout.contains("a.mp4: 4 clips") && outcome.stdout.contains("c.mp4: 1 clips"),
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
fn bad_videos_give_one_clear_line() {
    let place = Place::new();
    fs::write(place.path("empty.mp4"), "").unwrap();
    fs::write(place.path("text.mp4"), "this is not a video\n".repeat(200)).unwrap();
    fs::create_dir(place.path("folder.mp4")).unwrap();
    place.sound_only("sound.ogg");
    for (name, says) in [
        ("missing.mp4", "does not exist"),
        ("empty.mp4", "empty"),
        ("text.mp4", "not a video"),
        ("folder.mp4", "not a regular file"),
        ("sound.ogg", "sound"),
    ] {
        let path = place.path(name);
        for command in [
            vec!["search", path.to_str().unwrap(), "x"],
            vec!["index", path.to_str().unwrap()],
        ] {
            if command[0] == "index" && name == "folder.mp4" {
                continue; // a folder without videos is no error
            }
            let outcome = place.vcl(&command);
            let error = outcome.error();
            assert!(
                error.contains(says) && error.contains(name),
                "{command:?}: {error}"
            );
        }
    }
}

#[test]
fn bad_words_and_models_give_one_clear_line() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    let video = video.to_str().unwrap();
    assert!(
        place
            .vcl(["search", video, "  "])
            .error()
            .contains("the query is empty")
    );
    let long = "word ".repeat(200);
    assert!(
        place
            .vcl(["search", video, &long])
            .error()
            .contains("keep it under 500")
    );

    let error = |model: &str| {
        place
            .vcl_bundled(["search", video, "x", "--model", model])
            .error()
            .to_owned()
    };
    assert!(error("no-such-model").contains("vcl model list"));
    let broken = place.path("models/broken");
    fs::create_dir_all(&broken).unwrap();
    for file in ["config.json", "tokenizer.json", "preprocessor_config.json"] {
        fs::copy(tiny_model().join(file), broken.join(file)).unwrap();
    }
    assert!(error("broken").contains("model.safetensors"));
    fs::write(broken.join("model.safetensors"), "short").unwrap();
    assert!(error("broken").contains("weights"));
    fs::write(broken.join("config.json"), "{\"text_config\": 3").unwrap();
    assert!(error("broken").contains("config.json"));
}

#[test]
fn senseless_arguments_end_with_code_2() {
    let place = Place::new();
    for args in [
        &["search", "a.mp4"][..],
        &["search", "a.mp4", "x", "--threshold", "2"],
        &["search", "a.mp4", "x", "--format", "xml"],
        &["--no-such-flag"],
        &["-q", "x"],
        &["index"],
    ] {
        let outcome = place.vcl(args);
        assert_eq!(outcome.code, Some(2), "{args:?}");
        assert!(
            outcome.stderr.contains("Usage") || outcome.stderr.contains("error:"),
            "{args:?}"
        );
    }
    assert_eq!(place.vcl(["--help"]).code, Some(0));
    assert!(place.vcl(["--version"]).stdout().starts_with("vcl "));
}

#[test]
fn a_reader_that_stops_early_is_no_error() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    let mut child = place
        .command()
        .arg("--model")
        .arg(tiny_model())
        .args(["search", video.to_str().unwrap(), "x"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    assert!(child.wait().unwrap().success(), "{stderr}");
    assert_eq!(stderr, "");
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
fn models_are_listed_and_described() {
    let place = Place::new();
    let installed = place.path("models/tiny");
    fs::create_dir_all(&installed).unwrap();
    for file in [
        "config.json",
        "tokenizer.json",
        "preprocessor_config.json",
        "model.safetensors",
    ] {
        fs::copy(tiny_model().join(file), installed.join(file)).unwrap();
    }
    let list = place.vcl_bundled(["model", "list"]);
    assert!(list.stdout().starts_with("bundled "), "{}", list.stdout);
    assert!(list.stdout().contains("\ntiny "), "{}", list.stdout);

    let info = place.vcl_bundled(["model", "info", "tiny"]);
    let value = |name: &str| {
        let line = info
            .stdout()
            .lines()
            .find(|line| line.starts_with(&format!("{name} ")));
        line.expect(name)
            .split_whitespace()
            .last()
            .unwrap()
            .to_owned()
    };
    assert_eq!(value("embedding_dim"), "48");
    assert_eq!(value("vision_layers"), "3");
    assert_eq!(value("text_width"), "64");
    // Four context vectors, scale and bias, and the moment head.
    assert_eq!(value("trainable_parameters"), (4 * 64 + 2 + 91).to_string());
}

#[test]
fn features_are_written_for_numpy() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    let (frames, texts) = (place.path("out/frames.npz"), place.path("texts.npz"));
    let outcome = place.vcl([
        "embed",
        "video",
        video.to_str().unwrap(),
        "-o",
        frames.to_str().unwrap(),
    ]);
    assert!(
        outcome.stdout().ends_with("features [4, 48]\n"),
        "{}",
        outcome.stdout
    );
    place
        .vcl([
            "embed",
            "text",
            "a dog",
            "a cat",
            "a dog",
            "-o",
            texts.to_str().unwrap(),
        ])
        .stdout();

    let frames = read_npz(&frames, "features").unwrap();
    assert_eq!(frames.shape, [4, 48]);
    let texts = read_npz(&texts, "pooler_output").unwrap();
    assert_eq!(texts.shape, [3, 48]);
    assert_eq!(texts.values[..48], texts.values[96..]);
    assert_ne!(texts.values[..48], texts.values[48..96]);
    let norm = texts.values[..48].iter().map(|x| x * x).sum::<f32>().sqrt();
    assert!((norm - 1.0).abs() > 1e-3, "not normalised");

    let nowhere = place.vcl([
        "embed",
        "text",
        "a dog",
        "-o",
        place.path("").to_str().unwrap(),
    ]);
    assert!(nowhere.error().contains("cannot write"));
}

#[test]
fn moments_are_exported_for_editors() {
    let place = Place::new();
    let video = place.short_video("my scenes.mp4");
    let video = video.to_str().unwrap();
    for (format, says) in [
        ("json", "\"red\""),
        ("csv", "red"),
        ("srt", " --> "),
        ("edl", "TITLE:"),
        ("fcpxml", "my%20scenes.mp4"),
        ("otio", "OTIO_SCHEMA"),
    ] {
        let target = place.path(&format!("out.{format}"));
        let target_arg = target.to_str().unwrap();
        let outcome = place.vcl(["export", video, "red", "--format", format, "-o", target_arg]);
        assert!(outcome.stdout().contains(target_arg));
        let text = fs::read_to_string(&target).unwrap();
        assert!(text.contains(says), "{format}: {text}");
    }
    let outcome = place.vcl(["export", video, "red", "--format", "avid", "-o", "x"]);
    assert_eq!(outcome.code, Some(2));
    let target = place.path("none");
    let outcome = place.vcl([
        "export",
        video,
        " ",
        "--format",
        "csv",
        "-o",
        target.to_str().unwrap(),
    ]);
    assert!(outcome.error().contains("empty") && !target.exists());
}

#[test]
fn a_truncated_video_is_used_as_far_as_it_goes_with_a_warning() {
    let place = Place::new();
    let video = place.truncated("cut.mkv");
    for _ in 0..2 {
        // The second time from the cache, which remembers the warning.
        let outcome = place.vcl(["search", video.to_str().unwrap(), "x", "--format", "json"]);
        let n_clips = json(outcome.stdout())["n_clips"].as_u64().unwrap();
        assert!((4..=7).contains(&n_clips), "{n_clips} of 10 clips");
        assert!(
            outcome.stderr.starts_with("warning: "),
            "{}",
            outcome.stderr
        );
        assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
    }
}
