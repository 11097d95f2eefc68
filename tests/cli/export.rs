//! `vcl export`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::json;
use crate::support::Place;

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
}

fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo.mp4")
}

#[test]
fn a_guess_is_called_one_and_only_the_best_are_written() {
    let place = Place::new();
    let target = place.path("moments.csv");
    let demo = demo();
    let words = |more: &[&'static str]| {
        let mut words = vec!["export", demo.to_str().unwrap()];
        words.extend(["a purple ring", "waves on the sea", "--format", "csv", "-o"]);
        words.push(target.to_str().unwrap());
        words.extend(more);
        place.vcl_bundled(words)
    };
    let all = words(&[]);
    let all_lines = fs::read_to_string(&target).unwrap().lines().count();
    assert_eq!(all_lines, 4, "one guess, and the sea is seen twice");
    for outcome in [&all, &words(&["--top", "1"])] {
        let warning = outcome.stderr.strip_prefix("warning: “a purple ring” ");
        let warning = warning.expect("a warning that names the query");
        assert!(warning.contains("probably not in this video"), "{warning}");
        assert_eq!(warning.lines().count(), 1, "{warning}");
    }
    let text = fs::read_to_string(&target).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[1].starts_with("a purple ring,1,"), "{text}");
    assert!(lines[2].starts_with("waves on the sea,1,"), "{text}");
}

#[test]
fn search_and_every_export_tell_of_the_same_moments() {
    let place = Place::new();
    let demo = demo();
    let output = |command: &'static str, format: &'static str, more: &[&'static str]| {
        let mut words = vec![command, demo.to_str().unwrap()];
        words.extend(["a purple ring", "waves on the sea", "--format", format]);
        words.extend(more);
        place.vcl_bundled(words).stdout
    };
    let spans = |text: &str| -> Vec<Vec<[f64; 2]>> {
        let queries = json(text)["queries"].as_array().unwrap().clone();
        let moments = queries
            .iter()
            .map(|query| query["moments"].as_array().unwrap().clone());
        let span = |m: &Value| ["start_secs", "end_secs"].map(|name| m[name].as_f64().unwrap());
        moments
            .map(|moments| moments.iter().map(span).collect())
            .collect()
    };
    let verdicts = |text: &str| -> Vec<Value> {
        let queries = json(text)["queries"].as_array().unwrap().clone();
        queries
            .iter()
            .map(|query| query["verdict"].clone())
            .collect()
    };
    let searched = output("search", "json", &[]);
    let exported = output("export", "json", &["-o", "-"]);
    assert_eq!(spans(&searched), spans(&exported));
    assert_eq!(verdicts(&searched), verdicts(&exported));
    assert_eq!(verdicts(&searched), ["probably_not_here", "moments"]);
    let n_moments: usize = spans(&searched).iter().map(Vec::len).sum();
    assert_eq!(n_moments, 3);
    assert_eq!(
        output("export", "csv", &["-o", "-"]).lines().count(),
        1 + n_moments
    );
    let table = output("search", "table", &[]);
    assert_eq!(table.matches("\n  guess ").count(), 1, "{table}");
    assert_eq!(table.matches("\n  moment ").count(), 2, "{table}");
    let rows = output("search", "csv", &[]);
    assert_eq!(
        rows.matches(",moment,").count() + rows.matches(",guess,").count(),
        n_moments
    );
}

#[test]
fn standard_output_holds_the_file_and_nothing_else() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    let video = video.to_str().unwrap();
    for format in ["json", "csv", "srt", "edl", "fcpxml", "otio"] {
        let target = place.path("moments");
        let target = target.to_str().unwrap();
        let export = |to| place.vcl(["export", video, "red", "--format", format, "-o", to]);
        assert!(export(target).stdout().starts_with(target), "{format}");
        let printed = export("-");
        assert_eq!(
            printed.stdout(),
            fs::read_to_string(target).unwrap(),
            "{format}"
        );
    }
    assert!(!Path::new("-").exists());
    let cuts = place.vcl(["export", video, "red", "--format", "cuts", "-o", "-"]);
    assert_eq!(cuts.code, Some(2));
    assert!(cuts.stderr.contains("needs a folder"), "{}", cuts.stderr);
}

#[test]
fn cuts_of_several_queries_say_which_they_belong_to() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    let folder = place.path("cuts");
    let (video, folder) = (video.to_str().unwrap(), folder.to_str().unwrap());
    let words = ["export", video, "A red thing", "blue", "--top", "1"];
    let to = ["--format", "cuts", "-o", folder];
    let outcome = place.vcl([&words[..], &to].concat());
    let lines: Vec<_> = outcome.stdout().lines().collect();
    assert_eq!(lines.len(), 2);
    for (line, (name, query)) in lines.iter().zip([
        ("scenes-01-a-red-thing-0m", ": A red thing, 0:0"),
        ("scenes-02-blue-0m", ": blue, 0:0"),
    ]) {
        assert!(line.contains(name) && line.contains(query), "{line}");
        let path = line.split(": ").next().unwrap();
        assert!(Path::new(path).is_file(), "{line}");
    }
}
