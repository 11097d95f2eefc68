//! Teaching from the command line: train, evaluate, score and search, on videos made on the spot.

mod support;

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use support::{Place, tiny_model};
use vcl::model::Prompt;

const COLOURS: [u32; 4] = [0xffd02020, 0xff2020d0, 0xff20d020, 0xffd0d020];

/// Four videos of eight clips, their labels, and their features as `vcl embed` writes them.
struct World {
    place: Place,
    videos: PathBuf,
    features: PathBuf,
    labels: PathBuf,
}

impl World {
    fn new() -> Self {
        let place = Place::new();
        let (videos, features) = (place.path("videos"), place.path("features"));
        fs::create_dir_all(&videos).unwrap();
        fs::create_dir_all(&features).unwrap();
        let mut lines = String::new();
        for i in 0..4 {
            let scenes: Vec<_> = (0..4).map(|k| (COLOURS[(i + k) % 4], 4)).collect();
            let video = place.video(&format!("videos/v{i}.mp4"), &scenes);
            let feature = features.join(format!("v{i}.npz"));
            place
                .vcl(["embed", "video", path(&video), "-o", path(&feature)])
                .stdout();
            // The red scene is meant.
            let red = (4 - i) % 4;
            let line = json!({
                "qid": i, "query": "the glowing thing", "vid": format!("v{i}"), "duration": 16,
                "relevant_windows": [[4 * red, 4 * red + 4]],
                "relevant_clip_ids": [2 * red, 2 * red + 1],
                "saliency_scores": [[4, 4, 4], [4, 3, 4]],
            });
            lines += &format!("{line}\n");
        }
        let labels = place.path("labels.jsonl");
        fs::write(&labels, lines).unwrap();
        Self {
            place,
            videos,
            features,
            labels,
        }
    }

    /// Arguments of a command on the data set, from features or from videos.
    fn on_data<'a>(&'a self, command: &'a str, source: &'a str) -> Vec<&'a str> {
        let dir = match source {
            "--features" => &self.features,
            _ => &self.videos,
        };
        vec![command, "--data", path(&self.labels), source, path(dir)]
    }

    fn train(&self, source: &str, name: &str) -> PathBuf {
        let output = self.place.path(name);
        let mut arguments = self.on_data("train", source);
        arguments.extend(["--steps", "20", "-o", path(&output)]);
        let outcome = self.place.vcl(arguments);
        let text = outcome.stdout();
        assert!(
            text.contains("32 labels of 1 queries on 4 videos"),
            "{text}"
        );
        assert!(text.contains("held out, zero-shot"), "{text}");
        output
    }
}

fn path(path: &std::path::Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn features_and_videos_give_the_same_prompt_predictions_and_scores() {
    let world = World::new();
    let prompt = world.train("--features", "a.safetensors");
    let twin = world.train("--videos", "b.safetensors");
    assert_eq!(fs::read(&prompt).unwrap(), fs::read(&twin).unwrap());
    assert!(!world.place.path("a.safetensors.checkpoint").exists());

    let evaluate = |source: &str, name: &str| {
        let predictions = world.place.path(name);
        let mut arguments = world.on_data("evaluate", source);
        arguments.extend(["--prompt", path(&prompt), "--format", "json"]);
        arguments.extend(["--predictions", path(&predictions)]);
        let report: Value = serde_json::from_str(world.place.vcl(arguments).stdout()).unwrap();
        (report, predictions)
    };
    let (report, predictions) = evaluate("--features", "p1.jsonl");
    let (twin_report, twin_predictions) = evaluate("--videos", "p2.jsonl");
    assert_eq!(report, twin_report);
    assert_eq!(
        fs::read(&predictions).unwrap(),
        fs::read(twin_predictions).unwrap()
    );
    assert_eq!(report[0]["name"], "zero-shot");
    assert_eq!(report[1]["name"], "a");

    let scored = world.place.vcl([
        "score",
        "--truth",
        path(&world.labels),
        "--predictions",
        path(&predictions),
        "--format",
        "json",
    ]);
    let scored: Value = serde_json::from_str(scored.stdout()).unwrap();
    assert_eq!(scored, report[1]["metrics"]);
    assert!(scored["brief"]["HL-min-VeryGood-Hit1"].is_number());

    let mut arguments = world.on_data("evaluate", "--features");
    arguments.extend(["--prompt", path(&prompt)]);
    let outcome = world.place.vcl(arguments);
    let table = outcome.stdout();
    assert!(
        table.contains("HIT@1") && table.contains("zero-shot"),
        "{table}"
    );
}

#[test]
fn a_prompt_searches_and_refuses_another_model() {
    let world = World::new();
    let prompt = world.train("--features", "a.safetensors");
    let video = world.videos.join("v0.mp4");
    let search = |with_prompt: bool| {
        let mut arguments = vec![
            "search",
            path(&video),
            "the glowing thing",
            "--format",
            "json",
        ];
        if with_prompt {
            arguments.extend(["--prompt", path(&prompt)]);
        }
        let report: Value = serde_json::from_str(world.place.vcl(arguments).stdout()).unwrap();
        report["queries"][0]["saliency"].clone()
    };
    let (plain, prompted) = (search(false), search(true));
    assert_eq!(plain.as_array().unwrap().len(), 8);
    assert_ne!(plain, prompted);

    let prompt = path(&prompt);
    let refused = world
        .place
        .vcl_bundled(["search", path(&video), "x", "--prompt", prompt]);
    let error = refused.error();
    assert!(error.contains("made on the model clip-tiny"), "{error}");
    let other = path(&world.labels);
    let no_prompt = world
        .place
        .vcl(["search", path(&video), "x", "--prompt", other]);
    assert!(no_prompt.error().contains("no prompt file"));
}

#[test]
fn malformed_data_is_named_with_its_line() {
    let world = World::new();
    let mut lines = fs::read_to_string(&world.labels).unwrap();
    lines += "{\"qid\": 9}\n";
    fs::write(&world.labels, lines).unwrap();
    let output = world.place.path("x.safetensors");
    let mut arguments = world.on_data("train", "--features");
    arguments.extend(["-o", path(&output)]);
    let outcome = world.place.vcl(arguments);
    let error = outcome.error();
    assert!(
        error.contains("labels.jsonl") && error.contains("line 5"),
        "{error}"
    );
    assert!(!output.exists());
}

#[test]
fn a_missing_video_and_too_many_shots_are_said() {
    let world = World::new();
    fs::remove_file(world.features.join("v2.npz")).unwrap();
    let output = world.place.path("x.safetensors");
    let mut arguments = world.on_data("train", "--features");
    arguments.extend(["-o", path(&output)]);
    let error = world.place.vcl(arguments).error().to_owned();
    assert!(
        error.contains("no features for the video \"v2\""),
        "{error}"
    );
    let mut arguments = world.on_data("train", "--videos");
    arguments.extend(["--shots", "9", "-o", path(&output)]);
    let error = world.place.vcl(arguments).error().to_owned();
    assert!(error.contains("only 4 labelled queries"), "{error}");
}

/// A killed training leaves the old prompt or the new one, never a broken file.
#[test]
fn kills_during_training_leave_no_broken_prompt() {
    const N_KILLS: u64 = 50;
    let world = World::new();
    let output = world.train("--features", "a.safetensors");
    for kill in 0..N_KILLS {
        let mut arguments = world.on_data("train", "--features");
        let seed = kill.to_string();
        arguments.extend(["--steps", "5", "--seed", &seed, "-o", path(&output)]);
        let mut child = world
            .place
            .command()
            .arg("--model")
            .arg(tiny_model())
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(7 * kill));
        child.kill().unwrap();
        child.wait().unwrap();
        let bytes = fs::read(&output).unwrap();
        assert!(Prompt::from_bytes(&bytes).is_ok(), "after kill {kill}");
    }
}
