//! `vcl search`.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{Place, play, tiny_model};
use crate::{json, keys, numbers};

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
            "verdict",
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
    // Of random weights either may come.
    let has_moment = table.contains("moment") || table.contains("guess");
    assert!(
        table.contains("4 clips") && table.contains("highlight") && has_moment,
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

#[test]
fn moments_reach_the_end_of_the_video_and_a_single_clip_is_one() {
    let place = Place::new();
    for (n_frames, n_clips, end_secs) in [(89, 4, 8.9), (12, 1, 1.2)] {
        let video = place.path("film.mp4");
        play(&format!(
            "videotestsrc pattern=ball num-buffers={n_frames} ! \
             video/x-raw,format=I420,width=160,height=120,framerate=10/1 ! \
             x264enc speed-preset=ultrafast ! h264parse ! mp4mux ! filesink location=\"{}\"",
            video.display()
        ));
        let video = video.to_str().unwrap();
        let words = ["search", video, "x", "--format", "json", "--threshold", "0"];
        let report = json(place.vcl(words).stdout());
        assert_eq!(report["n_clips"], n_clips);
        let moments = report["queries"][0]["moments"].as_array().unwrap();
        assert_eq!(moments.len(), 1);
        assert_eq!(moments[0]["start_secs"], 0.0);
        assert_eq!(moments[0]["end_secs"], report["duration_secs"]);
        let found_secs = moments[0]["end_secs"].as_f64().unwrap();
        assert!((found_secs - end_secs).abs() < 0.11, "{found_secs}");
    }
}

#[test]
fn a_terminal_is_not_told_what_to_do() {
    let place = Place::new();
    let video = place.path("film\u{1b}[2J.mp4");
    fs::rename(place.short_video("scenes.mp4"), &video).unwrap();
    let table = place.vcl(["search", video.to_str().unwrap(), "red\u{1b}[2Jblue"]);
    let table = table.stdout();
    assert!(table.contains("film\u{fffd}[2J.mp4"), "{table}");
    assert!(table.contains("red[2Jblue"), "{table}");
    assert!(!table.contains('\u{1b}'), "{table:?}");
}

#[test]
fn one_thing_is_singular() {
    let place = Place::new();
    let video = place.video(
        "two.mp4",
        &[(0xffd02020, 4), (0xff2020d0, 4), (0xffd02020, 4)],
    );
    let video = video.to_str().unwrap();
    let words = ["search", video, "red", "--threshold", "0.9", "--top", "1"];
    let report = place.vcl([&words[..], &["--format", "json"]].concat());
    let report = json(report.stdout());
    let n_moments = report["queries"][0]["moments"].as_array().unwrap().len();
    let table = place.vcl(words);
    let weaker = "and 1 weaker moment (--top";
    assert_eq!(
        table.stdout().contains(weaker),
        n_moments == 2,
        "{}",
        table.stdout
    );
    assert!(
        !table.stdout.contains("1 weaker moments"),
        "{}",
        table.stdout
    );
}
