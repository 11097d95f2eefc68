//! `vcl detector`, and the commands that are told of one.

use std::fs;
use std::path::{Path, PathBuf};

use safetensors::SafeTensors;
use serde_json::Value;
use vcl::store::{FloatType, NpzArray, write_npz};

use crate::support::Place;
use crate::tiny_detector::tiny_detector_file;
use crate::{json, numbers};

pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/detectors")
        .join(name)
}

#[test]
fn detectors_are_added_listed_described_and_removed() {
    let place = Place::new();
    let none = place.vcl(["detector", "list"]);
    assert!(
        none.stdout().starts_with("There is none."),
        "{}",
        none.stdout
    );
    let official = fixture("qd_detr/model_best.ckpt");
    let added = place.vcl([
        "detector",
        "add",
        official.to_str().unwrap(),
        "--name",
        "qd",
    ]);
    assert!(
        added.stdout().starts_with("qd: QD-DETR"),
        "{}",
        added.stdout
    );
    // Its tensors alone.
    let kept = place.paths().data_dir.join("detectors/qd.safetensors");
    assert!(kept.metadata().unwrap().len() < official.metadata().unwrap().len());
    let umt = fixture("umt/epoch_200.pth");
    place
        .vcl(["detector", "add", umt.to_str().unwrap()])
        .stdout();
    let list = place.vcl(["detector", "list"]);
    let lines: Vec<_> = list.stdout().lines().collect();
    assert!(
        lines[0].starts_with("epoch_200 ") && lines[0].ends_with("video 64, words 64, sound 24")
    );
    assert!(
        lines[1].starts_with("qd ") && lines[1].contains("QD-DETR"),
        "{lines:?}"
    );
    let info = place.vcl(["detector", "info", "qd"]);
    assert!(
        info.stdout().contains("\nheads         4\n"),
        "{}",
        info.stdout
    );
    let again = place.vcl([
        "detector",
        "add",
        official.to_str().unwrap(),
        "--name",
        "qd",
    ]);
    assert!(again.error().contains("already a detector named \"qd\""));
    place.vcl(["detector", "remove", "qd"]).stdout();
    let gone = place.vcl(["detector", "info", "qd"]);
    assert!(
        gone.error().contains("no detector named \"qd\""),
        "{}",
        gone.stderr
    );
    let video = place.short_video("a.mp4");
    let not_one = place.vcl(["detector", "add", video.to_str().unwrap()]);
    assert!(
        not_one
            .error()
            .contains("a.mp4: the detector is not usable"),
        "{}",
        not_one.stderr
    );
}

#[test]
fn a_search_has_the_moments_of_a_detector_and_refuses_one_of_another_model() {
    let place = Place::new();
    let video = place.video("long.mp4", &[(0xffd0_2020, 100), (0xff20_20d0, 96)]);
    let detector = tiny_detector_file(&place.path(""), 48, 64);
    let search = |more: &[&str]| {
        let words = [
            "search",
            video.to_str().unwrap(),
            "a red thing",
            "--format",
            "json",
        ];
        place.vcl(words.iter().chain(more))
    };
    let plain = json(search(&[]).stdout());
    let found =
        json(search(&["--detector", detector.to_str().unwrap(), "--threshold", "0"]).stdout());
    let query = |found: &Value| found["queries"][0].clone();
    assert_eq!(query(&plain)["saliency"], query(&found)["saliency"]);
    let moments = query(&found)["moments"].as_array().unwrap().clone();
    assert!(moments.len() > 2, "{moments:?}");
    let scores: Vec<_> = moments
        .iter()
        .map(|m| m["score"].as_f64().unwrap())
        .collect();
    assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
    // 98 clips are looked at in two parts, of which the second begins at 46 s.
    let starts = moments.iter().map(|m| m["start_secs"].as_f64().unwrap());
    assert!(starts.fold(0.0, f64::max) >= 46.0, "{moments:?}");
    let export = place.vcl([
        "export",
        video.to_str().unwrap(),
        "a red thing",
        "--format",
        "json",
        "-o",
        "-",
        "--threshold",
        "0",
        "--detector",
        detector.to_str().unwrap(),
    ]);
    let exported = json(export.stdout());
    let exported = exported["queries"][0]["moments"].as_array().unwrap();
    assert_eq!(exported.len(), moments.len());

    let own =
        json(search(&["--detector", detector.to_str().unwrap(), "--detector-curve"]).stdout());
    let own = numbers(&query(&own)["saliency"]);
    assert_eq!(own.len(), 98);
    let range = own
        .iter()
        .copied()
        .fold((1.0_f64, 0.0_f64), |(low, high), x| {
            (low.min(x), high.max(x))
        });
    assert_eq!(range, (0.0, 1.0));
    assert_ne!(own, numbers(&query(&plain)["saliency"]));

    let official = fixture("moment_detr/model_best.ckpt");
    let refused = search(&["--detector", official.to_str().unwrap()]);
    let told = refused.error();
    assert!(
        told.contains("video features of 64 numbers") && told.contains("have 48 and 64"),
        "{told}"
    );
    let umt = fixture("umt_video/epoch_200.pth");
    let refused = search(&["--detector", umt.to_str().unwrap()]);
    assert!(
        refused.error().contains("finds nothing in a video"),
        "{}",
        refused.stderr
    );
    let refused = search(&["--detector", "no-such"]);
    assert!(
        refused.error().contains("no detector named \"no-such\""),
        "{}",
        refused.stderr
    );
}

/// The inputs of the goldens as the community's files, and labels for them.
pub fn feature_files(place: &Place) -> PathBuf {
    let bytes = fs::read(fixture("inputs.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let array = |name: &str| {
        let view = tensors.tensor(name).unwrap();
        NpzArray {
            shape: view.shape().to_vec(),
            values: bytemuck::pod_collect_to_vec(view.data()),
        }
    };
    let mut labels = String::new();
    for (k, duration) in [150.0, 80.0, 13.4].into_iter().enumerate() {
        let write = |path: &str, key: &str, name: &str| {
            let path = place.path(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            write_npz(&path, &[(key, &array(name))], FloatType::F32).unwrap();
        };
        write(
            &format!("video/clip_features/tiny_{k}.npz"),
            "features",
            &format!("video.{k}"),
        );
        write(
            &format!("sound/tiny_{k}.npz"),
            "features",
            &format!("audio.{k}"),
        );
        let qid = 9000 + k;
        write(
            &format!("words/qid{qid}.npz"),
            "last_hidden_state",
            &format!("text.{k}"),
        );
        labels.push_str(&format!(
            "{{\"qid\":{qid},\"query\":\"q\",\"duration\":{duration},\"vid\":\"tiny_{k}\",\
             \"relevant_windows\":[[2,8]],\"relevant_clip_ids\":[1,2,3],\
             \"saliency_scores\":[[4,4,4],[3,3,3],[2,1,0]]}}\n"
        ));
    }
    let path = place.path("labels.jsonl");
    fs::write(&path, labels).unwrap();
    path
}

#[test]
fn features_of_any_network_are_evaluated_as_the_official_inference_does() {
    let place = Place::new();
    let labels = feature_files(&place);
    let predictions = place.path("pred.jsonl");
    let evaluate = |kinds: &[&str], detector: &Path| {
        let mut words = vec![
            "evaluate".to_owned(),
            "--data".into(),
            labels.display().to_string(),
        ];
        for kind in kinds {
            words.extend(["--features".into(), place.path(kind).display().to_string()]);
        }
        words.extend([
            "--text-features".into(),
            place.path("words").display().to_string(),
        ]);
        words.extend(["--detector".into(), detector.display().to_string()]);
        words.extend(["--predictions".into(), predictions.display().to_string()]);
        place.vcl(words)
    };
    for folder in ["moment_detr", "qd_detr"] {
        let outcome = evaluate(&["video"], &fixture(folder).join("model_best.ckpt"));
        assert!(
            outcome
                .stdout()
                .contains("model_best: moments by the proposals of"),
            "{}",
            outcome.stdout
        );
        let expected = fs::read_to_string(fixture(folder).join("expected.json")).unwrap();
        let expected = json(&expected);
        let written = fs::read_to_string(&predictions).unwrap();
        for (line, expected) in written
            .lines()
            .zip(expected["predictions"].as_array().unwrap())
        {
            let line = json(line);
            assert_eq!(line["qid"], expected["qid"]);
            let windows = |value: &Value| -> Vec<Vec<f64>> {
                let windows = value["pred_relevant_windows"].as_array().unwrap();
                windows.iter().map(numbers).collect()
            };
            let pairs = windows(&line).into_iter().zip(windows(expected));
            for (ours, official) in pairs {
                assert_eq!(ours[..2], official[..2], "{folder}");
                assert!((ours[2] - official[2]).abs() < 2e-4);
            }
        }
        assert_eq!(written.lines().count(), 3);
    }
    evaluate(&["video", "sound"], &fixture("umt/epoch_200.pth")).stdout();
    evaluate(&["video"], &fixture("umt_video/epoch_200.pth")).stdout();

    let told = evaluate(&["video"], &fixture("umt/epoch_200.pth"));
    assert!(told.error().contains("this UMT listens"), "{}", told.stderr);
    let told = evaluate(&["video", "sound"], &fixture("qd_detr/model_best.ckpt"));
    assert!(
        told.error().contains("those of the files have 88 and 64"),
        "{}",
        told.stderr
    );
    fs::remove_file(place.path("words/qid9001.npz")).unwrap();
    let told = evaluate(&["video"], &fixture("qd_detr/model_best.ckpt"));
    assert!(
        told.error().contains("for the words of query 9001"),
        "{}",
        told.stderr
    );
}

#[test]
fn a_detector_is_trained_kept_and_measured() {
    let place = Place::new();
    let labels = feature_files(&place);
    let output = place.path("own.safetensors");
    let words = |kind: &str| -> Vec<String> {
        let features = place.path("video").display().to_string();
        let text = place.path("words").display().to_string();
        let labels = labels.display().to_string();
        let common = [
            "--data",
            &labels,
            "--features",
            &features,
            "--text-features",
            &text,
        ];
        let command = ["train", "--detector", kind, "-o", output.to_str().unwrap()];
        let more = [
            "--width",
            "16",
            "--epochs",
            "2",
            "--check-every",
            "1",
            "--check",
            &labels,
        ];
        let all = command.into_iter().chain(common).chain(more);
        all.map(str::to_owned).collect()
    };
    for kind in ["moment-detr", "qd-detr"] {
        let trained = place.vcl(words(kind));
        assert!(
            trained.stdout().contains("3 queries on 3 videos"),
            "{}",
            trained.stdout
        );
        assert!(trained.stdout().contains("checked: "), "{}", trained.stdout);
        let measured = place.vcl([
            "evaluate",
            "--data",
            labels.to_str().unwrap(),
            "--features",
            place.path("video").to_str().unwrap(),
            "--text-features",
            place.path("words").to_str().unwrap(),
            "--detector",
            output.to_str().unwrap(),
            "--format",
            "json",
        ]);
        let measured = json(measured.stdout());
        assert_eq!(measured[0]["name"], "own");
        assert!(measured[0]["metrics"]["brief"]["MR-full-mAP"].is_number());
    }
    let refused = place.vcl(
        words("moment-detr")
            .into_iter()
            .chain(["--paper".to_owned()]),
    );
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.stderr.contains("--paper is for prompts"),
        "{}",
        refused.stderr
    );
}
