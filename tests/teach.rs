//! Teaching from the command line: train, evaluate, score and search, on videos made on the spot.

mod support;

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use support::{Place, tiny_model};
use vcl::model::Prompt;
use vcl::model::moment_head::HeadKind;

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
        assert!(text.contains("32 labels of 1 query on 4 videos"), "{text}");
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
    assert!(no_prompt.error().contains("not a prompt file"));
}

#[test]
fn malformed_data_is_named_with_its_line() {
    let world = World::new();
    let mut lines = fs::read_to_string(&world.labels).unwrap();
    lines += "{\"qid\": 9}\n";
    fs::write(&world.labels, lines).unwrap();
    let output = world.place.path("x.safetensors");
    let mut arguments = world.on_data("train", "--features");
    arguments.extend(["--strict", "-o", path(&output)]);
    let outcome = world.place.vcl(arguments);
    let error = outcome.error();
    assert!(
        error.contains("labels.jsonl") && error.contains("line 5"),
        "{error}"
    );
    assert!(!output.exists());

    let labels = world.labels.clone();
    let mut arguments = world.on_data("evaluate", "--features");
    let outcome = world.place.vcl(&arguments);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let warning = &outcome.stderr;
    assert!(warning.contains("1 line is left out"), "{warning}");
    assert!(warning.contains("line 5"), "{warning}");
    arguments.push("--strict");
    let outcome = world.place.vcl(arguments);
    assert!(outcome.error().contains("labels.jsonl, line 5: "));
    let predictions = world.place.path("p.jsonl");
    fs::write(&predictions, "{\"qid\": 0, \"vid\": \n").unwrap();
    let [truth, predictions] = [&labels, &predictions].map(|p| path(p));
    for (truth, predictions, named) in [
        (truth, predictions, "labels.jsonl, line 5: "),
        (predictions, predictions, "p.jsonl, line 1: "),
    ] {
        let files = ["score", "--truth", truth, "--predictions", predictions];
        let outcome = world.place.vcl(files);
        assert!(outcome.error().contains(named), "{}", outcome.error());
    }
}

/// Sixty queries on four videos: enough to hold videos out and to train a moment head.
#[test]
fn the_paper_configuration_trains_a_frame_head() {
    let world = World::new();
    let lines = fs::read_to_string(&world.labels).unwrap();
    let mut many = String::new();
    for round in 0..15 {
        for line in lines.lines() {
            let mut line: Value = serde_json::from_str(line).unwrap();
            line["qid"] = json!(10 * round + line["qid"].as_i64().unwrap());
            line["query"] = json!(format!("the glowing thing number {round}"));
            many += &format!("{line}\n");
        }
    }
    fs::write(&world.labels, many).unwrap();
    let output = world.place.path("paper.safetensors");
    let mut arguments = world.on_data("train", "--features");
    arguments.extend(["--paper", "--steps", "4", "-o", path(&output)]);
    let outcome = world.place.vcl(arguments);
    let text = outcome.stdout();
    assert!(
        text.contains("480 labels of 15 queries on 4 videos"),
        "{text}"
    );
    assert!(text.contains("with a trained moment head"), "{text}");
    let prompt = Prompt::from_bytes(&fs::read(&output).unwrap()).unwrap();
    let head = prompt.head.as_ref().unwrap();
    assert_eq!(head.config, HeadKind::Frame.config());
    assert_eq!(prompt.metadata.query, None, "it applies to any query");

    let mut arguments = world.on_data("evaluate", "--features");
    arguments.extend([
        "--prompt",
        path(&output),
        "--main-moments-only",
        "--format",
        "json",
    ]);
    let outcome = world.place.vcl(arguments);
    let report: Value = serde_json::from_str(outcome.stdout()).unwrap();
    assert_eq!(report[1]["name"], "paper");
    assert!(report[1]["metrics"]["brief"]["MR-full-mAP"].is_number());
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

/// A training that is killed while it saves leaves whole files, and the next one goes on from them.
#[test]
fn kills_during_training_leave_no_broken_prompt_or_checkpoint() {
    const N_KILLS: usize = 100;
    let world = World::new();
    let prompt = world.train("--features", "a.safetensors");
    let checkpoint = world.place.path("a.safetensors.checkpoint");
    let mut rng = rand_pcg::Pcg64::seed_from_u64(11);
    let mut n_resumed = 0;
    for kill in 0..N_KILLS {
        let mut arguments = world.on_data("train", "--features");
        // A checkpoint after every step: most of the time goes into writing them.
        arguments.extend(["--save-every", "0", "-o", path(&prompt)]);
        let mut child = world
            .place
            .command()
            .arg("--model")
            .arg(tiny_model())
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        wait_for_saves(&mut child, &checkpoint, rng.random_range(0..4));
        std::thread::sleep(Duration::from_micros(rng.random_range(0..5000)));
        child.kill().unwrap();
        let said = String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap();
        assert!(!said.contains("is not used"), "after kill {kill}: {said}");
        n_resumed += usize::from(said.contains("going on with"));

        let bytes = fs::read(&prompt).unwrap();
        assert!(Prompt::from_bytes(&bytes).is_ok(), "after kill {kill}");
        if let Ok(bytes) = fs::read(&checkpoint) {
            let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
            assert!(!tensors.is_empty(), "after kill {kill}");
        }
    }
    assert!(n_resumed > N_KILLS / 4, "only {n_resumed} went on");
}

/// Returns after the `n`-th new checkpoint, or when the training is over.
fn wait_for_saves(child: &mut Child, checkpoint: &std::path::Path, n: usize) {
    let saved_at = || fs::metadata(checkpoint).and_then(|file| file.modified());
    let mut last = saved_at().ok();
    let mut n_seen = 0;
    while n_seen < n && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_micros(200));
        let now = saved_at().ok();
        if now.is_some() && now != last {
            n_seen += 1;
        }
        last = now;
    }
}
