//! `vcl export`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::json;
use crate::support::Place;
use std::sync::Arc;
use vcl::domain::TimeSpan;
use vcl::video::Cutter;

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
        ("premiere", "<xmeml version=\"4\">"),
        ("mlt", "my scenes.mp4</property>"),
        ("edl-markers", "|C:ResolveColorBlue |M:red |D:"),
        ("fcpxml-markers", "<keyword "),
        ("m3u", "#EXTVLCOPT:start-time="),
        ("ffmetadata", "[CHAPTER]"),
        ("matroska-chapters", "<ChapterTimeStart>"),
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
        words.extend(["a purple ring", "a red circle", "--format", "csv", "-o"]);
        words.push(target.to_str().unwrap());
        words.extend(more);
        place.vcl_bundled(words)
    };
    let all = words(&[]);
    let all_lines = fs::read_to_string(&target).unwrap().lines().count();
    assert_eq!(all_lines, 4, "one guess, and the circle is seen twice");
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
    assert!(lines[2].starts_with("a red circle,1,"), "{text}");
}

#[test]
fn search_and_every_export_tell_of_the_same_moments() {
    let place = Place::new();
    let demo = demo();
    let output = |command: &'static str, format: &'static str, more: &[&'static str]| {
        let mut words = vec![command, demo.to_str().unwrap()];
        words.extend(["a purple ring", "a red circle", "--format", format]);
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
    for format in [
        "json", "csv", "srt", "edl", "fcpxml", "otio", "youtube", "mlt",
    ] {
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

#[test]
fn a_contact_sheet_shows_a_picture_of_each_moment() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    let video = video.to_str().unwrap();
    let target = place.path("sheet.png");
    let file = target.to_str().unwrap();
    let words = ["export", video, "red", "blue", "--threshold", "0.2"];
    let to = ["--format", "contact-sheet", "-o", file];
    place.vcl([&words[..], &to].concat()).stdout();
    let sheet = image::open(&target).unwrap().to_rgb8();
    assert_eq!(sheet.width(), 1360);
    // The scenes are of one colour each; a picture of one fills its place.
    let is_scene = |pixel: &image::Rgb<u8>| {
        let [r, g, b] = pixel.0.map(i32::from);
        (r - g).abs().max((g - b).abs()) > 100
    };
    let n_scene = sheet.pixels().filter(|pixel| is_scene(pixel)).count();
    assert!(n_scene >= 2 * 160 * 120, "{n_scene}");
}

#[test]
fn moments_are_padded_joined_and_put_in_order() {
    let place = Place::new();
    let demo = demo();
    let demo = demo.to_str().unwrap();
    let spans = |more: &[&str]| -> Vec<(f64, f64)> {
        let words = [
            "export",
            demo,
            "waves on the sea",
            "--threshold",
            "0.6",
            "--format",
            "json",
            "-o",
            "-",
        ];
        let outcome = place.vcl_bundled([&words[..], more].concat());
        let moments = json(outcome.stdout())["queries"][0]["moments"].clone();
        let secs = |m: &Value, name: &str| m[name].as_f64().unwrap();
        let moments = moments.as_array().unwrap().iter();
        moments
            .map(|m| (secs(m, "start_secs"), secs(m, "end_secs")))
            .collect()
    };
    assert_eq!(spans(&[]), [(14.0, 22.0), (82.0, 86.0)]);
    assert_eq!(spans(&["--pad", "1.5,20"]), [(12.5, 42.0), (80.5, 96.0)]);
    assert_eq!(spans(&["--min-length", "6"]), [(14.0, 22.0), (81.0, 87.0)]);
    assert_eq!(spans(&["--join-gap", "60"]), [(14.0, 86.0)]);
    assert_eq!(spans(&["--join-gap", "59", "--top", "1"]), [(14.0, 22.0)]);
    assert_eq!(spans(&["--order", "time"]).len(), 2);
    for (option, value) in [("--pad", "x"), ("--pad", "1,2,3"), ("--min-length", "-1")] {
        let words = [
            "export", demo, "x", "--format", "json", "-o", "-", option, value,
        ];
        assert_eq!(place.vcl_bundled(words).code, Some(2), "{option} {value}");
    }
    let table = place.vcl_bundled(["search", demo, "waves on the sea", "--pad", "1"]);
    assert!(
        table.stdout().contains("0:13.0 – 0:23.0"),
        "{}",
        table.stdout
    );
}

#[test]
fn edges_are_looked_at_for_cuts_and_where_it_is_asked_for() {
    let place = Place::new();
    // Two hearts are on from 78 to 82 s of the demo, so from 7 to 11 s here: in the middle of clips.
    let film = place.path("odd.mp4");
    let cutter = Cutter::open(&demo(), Arc::default()).unwrap();
    cutter
        .cut_exactly(TimeSpan::new(71.0, 91.0), &film)
        .unwrap();
    let film = film.to_str().unwrap();
    let spans = |format: &str, more: &[&str]| -> (f64, f64) {
        let folder = place.path("cuts");
        let to = if format == "cuts" {
            folder.to_str().unwrap()
        } else {
            "-"
        };
        let words = [
            "export",
            film,
            "two red hearts",
            "--format",
            format,
            "-o",
            to,
        ];
        let outcome = place.vcl_bundled([&words[..], more].concat());
        let report = json(outcome.stdout());
        let moment = match format {
            "cuts" => &report["cuts"][0],
            _ => &report["queries"][0]["moments"][0],
        };
        let secs = |name: &str| moment[name].as_f64().unwrap();
        (secs("start_secs"), secs("end_secs"))
    };
    let is_true =
        |(start, end): (f64, f64)| (start - 7.0).abs() < 0.05 && (end - 11.0).abs() < 0.05;
    let plain = spans("json", &[]);
    assert!(!is_true(plain), "{plain:?}");
    for (format, more) in [
        ("json", &["--refine"][..]),
        ("cuts", &["--json"]),
        ("cuts", &["--json", "--exact"]),
    ] {
        let refined = spans(format, more);
        assert!(is_true(refined), "{format} {more:?}: {refined:?}");
    }
    assert_eq!(spans("json", &["--refine", "--no-refine"]), plain);
    assert_eq!(spans("cuts", &["--json", "--no-refine"]), plain);
}

#[test]
fn cuts_are_named_by_a_template_joined_and_exact() {
    let place = Place::new();
    let demo = demo();
    let demo = demo.to_str().unwrap();
    let folder = place.path("cuts");
    let export = |to: &Path, more: &[&str]| {
        let to = to.to_str().unwrap();
        let words = [
            "export",
            demo,
            "waves on the sea",
            "--format",
            "cuts",
            "--no-refine",
            "--threshold",
            "0.6",
            "-o",
            to,
        ];
        place.vcl_bundled([&words[..], more].concat())
    };
    export(&folder, &["--name", "{query} {n}", "--exact"]).stdout();
    for name in ["waves-on-the-sea 01.mp4", "waves-on-the-sea 02.mp4"] {
        assert!(folder.join(name).is_file(), "{name}");
    }
    let length = |path: &Path| vcl::video::probe(path).unwrap().duration_secs;
    let exact = length(&folder.join("waves-on-the-sea 01.mp4"));
    assert!((exact - 8.0).abs() < 0.05, "{exact}");
    let joined = place.path("best.mkv");
    let outcome = export(&joined, &["--join"]);
    // What it is follows from the video.
    let joined = joined.with_extension("mp4");
    assert!(
        outcome.stdout().contains(": 2 moments, 0:"),
        "{}",
        outcome.stdout
    );
    assert!(length(&joined) >= 12.0);
    for (more, says) in [
        (&["--name", "{clip}"][..], "{clip} is no part of a name"),
        (&["--join", "--name", "x"], "--join writes one"),
        (&["--join", "--exact"], "cannot be used with"),
    ] {
        let outcome = export(&folder, more);
        assert_eq!(outcome.code, Some(2));
        assert!(outcome.stderr.contains(says), "{}", outcome.stderr);
    }
}
