//! The real program on the shipped demo video, held to the annotations beside it.

#[allow(unused_imports, reason = "other users of the world need them")]
#[path = "../examples/world/world/mod.rs"]
mod world;

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

/// What `vcl search` of the demo says about the only query, in JSON.
fn search(dir: &Path, words: &[&str]) -> Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(env!("CARGO_BIN_EXE_vcl"))
        .arg("search")
        .arg(root.join("assets/demo.mp4"))
        .args(words)
        .args(["--format", "json", "--device", "cpu"])
        .env("VCL_CACHE_DIR", dir)
        .env("VCL_DATA_DIR", dir)
        .env("VCL_MODEL_DIR", dir)
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words:?}: {stderr}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["queries"].as_array().unwrap().len(), 1);
    report["queries"][0].clone()
}

/// The best moment, which must be about this one.
fn assert_moment(words: &[&str], result: &Value, (start_secs, end_secs): (f64, f64)) {
    assert_eq!(result["verdict"], "moments", "{words:?}: {result}");
    let secs = |name: &str| result["moments"][0][name].as_f64().unwrap();
    let found = TimeSpan::new(secs("start_secs"), secs("end_secs"));
    let iou = found.iou(TimeSpan::new(start_secs, end_secs));
    assert!(iou >= 0.5, "{words:?}: {found:?}");
}

/// Pictures of what the demo shows, and of what it does not, none of them taken from it.
#[test]
fn a_picture_finds_the_scene_that_it_shows() {
    use world::render::render_at;
    use world::scene::{
        Backdrop, Brightness, Colour, Content, Figure, Fill, Place, Scene, Scenery, Shape, Size,
        Surface,
    };
    let dir = tempfile::tempdir().unwrap();
    let figures = |colour, shape, count| Content::Group {
        figure: Figure {
            colour,
            shape,
            size: Size::Large,
            fill: Fill::Plain,
        },
        count,
        place: Place::Centre,
    };
    let wall = |colour| Backdrop::Wall {
        colour,
        surface: Surface::Gradient,
    };
    let picture = |name: &str, content, backdrop| {
        let scene = Scene {
            content,
            backdrop,
            brightness: Brightness::Normal,
        };
        let path = dir.path().join(name);
        render_at(&scene, 480, 320, 0.5, 7_777).save(&path).unwrap();
        path.to_str().unwrap().to_owned()
    };
    for (name, content, backdrop, span) in [
        (
            "hearts.png",
            figures(Colour::Red, Shape::Heart, 2),
            wall(Colour::White),
            (78.0, 82.0),
        ),
        (
            "fire.jpg",
            Content::Empty,
            Backdrop::Scenery(Scenery::Fire),
            (54.0, 60.0),
        ),
        (
            "sunset.jpeg",
            Content::Empty,
            Backdrop::Scenery(Scenery::Sunset),
            (36.0, 42.0),
        ),
    ] {
        let path = picture(name, content, backdrop);
        let words = ["--image", path.as_str()];
        let result = search(dir.path(), &words);
        assert_moment(&words, &result, span);
        assert_eq!(result["title"], name);
        assert!(result["query"].as_str().unwrap().starts_with("picture:"));
    }
    let elsewhere = picture(
        "rings.png",
        figures(Colour::Purple, Shape::Ring, 3),
        wall(Colour::Green),
    );
    let result = search(dir.path(), &["--image", &elsewhere]);
    assert_eq!(result["verdict"], "probably_not_here", "{result}");
}

#[test]
fn joined_queries_find_the_scene_that_both_mean() {
    let dir = tempfile::tempdir().unwrap();
    for (words, span) in [
        (&["the sea -\"a yellow star\""][..], (14.0, 22.0)),
        (&["the sea", "--and", "a yellow star"], (82.0, 86.0)),
        (
            &[
                "a red circle",
                "--then",
                "waves on the sea",
                "--within",
                "20",
            ],
            (8.0, 22.0),
        ),
        (&["night", "--then", "static noise"], (46.0, 52.0)),
    ] {
        assert_moment(words, &search(dir.path(), words), span);
    }
    for words in [
        &["falling snow", "--and", "a burning fire"][..],
        &["falling snow -\"falling snow\""],
        &["it is raining", "--then", "a text slide"],
    ] {
        let result = search(dir.path(), words);
        assert_eq!(
            result["verdict"], "probably_not_here",
            "{words:?}: {result}"
        );
    }
}
