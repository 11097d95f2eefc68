//! Moment-DETR, QD-DETR, UMT and UniVTG against the official code with random weights.
//!
//! `tests/fixtures/detectors` holds small networks as their training programs save them, and what the
//! official code makes of three videos of 75, 40 and 7 clips.

use std::path::{Path, PathBuf};

use safetensors::SafeTensors;
use serde::Deserialize;
use vcl::find::official;
use vcl::model::detector::{
    Array, Detected, DetectorFile, DetectorInput, DetectorKind, Rows, video_features, word_features,
};
use vcl::model::{ComputeDevice, MomentDetector};

#[path = "support/gpu.rs"]
mod gpu;

const N_VIDEOS: usize = 3;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/detectors")
}

struct Goldens(Vec<u8>);

impl Goldens {
    fn of(file: &str) -> Self {
        Self(std::fs::read(fixtures().join(file)).unwrap())
    }

    fn rows(&self, name: &str) -> Rows {
        let file = SafeTensors::deserialize(&self.0).unwrap();
        let view = file.tensor(name).unwrap();
        Rows {
            width: *view.shape().last().unwrap(),
            values: bytemuck::pod_collect_to_vec(view.data()),
        }
    }
}

#[derive(Deserialize)]
struct Expected {
    duration: Vec<f64>,
    predictions: Vec<Prediction>,
    #[serde(default)]
    lighthouse: Vec<Prediction>,
    #[serde(default)]
    demo_windows: Vec<Vec<[f64; 3]>>,
}

#[derive(Deserialize)]
struct Prediction {
    pred_relevant_windows: Vec<[f64; 3]>,
    pred_saliency_scores: Vec<f64>,
}

fn expected(folder: &str) -> Expected {
    let text = std::fs::read_to_string(fixtures().join(folder).join("expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The inputs of video `k` as the DETR kind takes them.
fn detr_input(k: usize) -> DetectorInput {
    let goldens = Goldens::of("inputs.safetensors");
    DetectorInput {
        video: video_features(&[goldens.rows(&format!("video.{k}"))]),
        text: word_features(&goldens.rows(&format!("text.{k}"))),
        audio: None,
    }
}

fn umt_input(k: usize, with_audio: bool) -> DetectorInput {
    let goldens = Goldens::of("inputs.safetensors");
    DetectorInput {
        video: goldens.rows(&format!("video.{k}")),
        text: goldens.rows(&format!("text.{k}")),
        audio: with_audio.then(|| goldens.rows(&format!("audio.{k}"))),
    }
}

fn largest_gap(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    let gaps = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
    gaps.fold(0.0, f32::max)
}

fn load(file: &str, device: &ComputeDevice) -> MomentDetector {
    MomentDetector::load(&fixtures().join(file), device).unwrap()
}

/// Spans as centre and width, and the scores, in the order of the queries.
fn assert_detr_goldens(file: &str, device: &ComputeDevice) {
    let detector = load(file, device);
    let folder = file.split('/').next().unwrap();
    let goldens = Goldens::of(&format!("{folder}/expected.safetensors"));
    for k in 0..N_VIDEOS {
        let found = detector.detect(&detr_input(k)).unwrap();
        let spans = found.proposals.iter();
        let spans: Vec<_> = spans
            .flat_map(|p| [0.5 * (p.start + p.end), p.end - p.start])
            .collect();
        let gap = largest_gap(&spans, &goldens.rows(&format!("pred_spans.{k}")).values);
        assert!(gap < 2e-5, "{file}, spans of {k}: {gap}");
        let logits = goldens.rows(&format!("pred_logits.{k}")).values;
        let scores: Vec<_> = logits
            .chunks(2)
            .map(|pair| 1.0 / (1.0 + (pair[1] - pair[0]).exp()))
            .collect();
        let own: Vec<_> = found.proposals.iter().map(|p| p.score).collect();
        let gap = largest_gap(&own, &scores);
        assert!(gap < 1e-4, "{file}, scores of {k}: {gap}");
        let saliency = goldens.rows(&format!("saliency_scores.{k}")).values;
        let gap = largest_gap(&found.saliency, &saliency);
        assert!(gap < 1e-4, "{file}, saliency of {k}: {gap}");
    }
}

fn assert_umt_goldens(folder: &str, device: &ComputeDevice) {
    let detector = load(&format!("{folder}/epoch_200.pth"), device);
    let goldens = Goldens::of(&format!("{folder}/expected.safetensors"));
    for k in 0..N_VIDEOS {
        let found = detector.detect(&umt_input(k, folder == "umt")).unwrap();
        let saliency = goldens.rows(&format!("saliency.{k}")).values;
        let gap = largest_gap(&found.saliency, &saliency);
        assert!(gap < 1e-4, "{folder}, saliency of {k}: {gap}");
        let (windows, _) = official(&found, 150.0);
        let windows: Vec<_> = windows.iter().flatten().map(|x| *x as f32).collect();
        let boundary = goldens.rows(&format!("boundary.{k}")).values;
        let gap = largest_gap(&windows, &boundary);
        assert!(gap < 3e-4, "{folder}, windows of {k}: {gap}");
    }
}

fn assert_univtg_goldens(device: &ComputeDevice) {
    let detector = load("univtg/model_best.ckpt", device);
    let goldens = Goldens::of("univtg/expected.safetensors");
    for (k, golden) in expected("univtg").predictions.iter().enumerate() {
        let found = detector.detect(&detr_input(k)).unwrap();
        let spans: Vec<_> = found
            .proposals
            .iter()
            .flat_map(|p| [p.start, p.end])
            .collect();
        let gap = largest_gap(&spans, &goldens.rows(&format!("spans.{k}")).values);
        assert!(gap < 2e-5, "spans of {k}: {gap}");
        let scores: Vec<_> = found.proposals.iter().map(|p| p.score).collect();
        let foreground = goldens.rows(&format!("foreground.{k}")).values;
        let gap = largest_gap(&scores, &foreground);
        assert!(gap < 1e-4, "scores of {k}: {gap}");
        // Half precision may fall on either side of a step.
        let saliency = golden.pred_saliency_scores.iter().map(|x| *x as f32);
        let gap = largest_gap(&found.saliency, &saliency.collect::<Vec<_>>());
        assert!(gap < 1e-3, "saliency of {k}: {gap}");
    }
}

#[test]
fn prepared_inputs_are_those_of_the_official_data_set() {
    let goldens = Goldens::of("moment_detr/expected.safetensors");
    let input = detr_input(2);
    let video = goldens.rows("src_vid.2");
    assert_eq!(input.video.width, video.width);
    assert!(largest_gap(&input.video.values, &video.values) < 1e-6);
    let text = goldens.rows("src_txt.2");
    assert!(largest_gap(&input.text.values, &text.values) < 1e-6);
}

#[test]
fn networks_equal_the_official_code_on_the_cpu() {
    let cpu = ComputeDevice::cpu();
    assert_detr_goldens("moment_detr/model_best.ckpt", &cpu);
    assert_detr_goldens("moment_detr/lighthouse_best.ckpt", &cpu);
    assert_detr_goldens("qd_detr/model_best.ckpt", &cpu);
    assert_umt_goldens("umt", &cpu);
    assert_umt_goldens("umt_video", &cpu);
    assert_univtg_goldens(&cpu);
}

#[test]
fn networks_equal_the_official_code_on_a_gpu() {
    let Some(gpu) = ComputeDevice::software_gpu() else {
        return gpu::skip_without_adapter();
    };
    assert_detr_goldens("moment_detr/model_best.ckpt", &gpu);
    assert_detr_goldens("qd_detr/model_best.ckpt", &gpu);
    assert_umt_goldens("umt", &gpu);
    assert_umt_goldens("umt_video", &gpu);
    assert_univtg_goldens(&gpu);
}

#[test]
fn predictions_are_those_of_the_official_inference() {
    let cpu = ComputeDevice::cpu();
    for folder in ["moment_detr", "qd_detr"] {
        let detector = load(&format!("{folder}/model_best.ckpt"), &cpu);
        let expected = expected(folder);
        for (k, golden) in expected.predictions.iter().enumerate() {
            let found = detector.detect(&detr_input(k)).unwrap();
            let (windows, saliency) = official(&found, expected.duration[k]);
            assert_eq!(windows.len(), golden.pred_relevant_windows.len());
            for (window, golden) in windows.iter().zip(&golden.pred_relevant_windows) {
                assert_eq!(window[..2], golden[..2], "{folder}, video {k}");
                assert!((window[2] - golden[2]).abs() < 2e-4, "{folder}, video {k}");
                let printed = format!("{}", window[2]);
                assert!(printed.len() <= "0.1234".len(), "{printed}");
            }
            for (a, b) in saliency.iter().zip(&golden.pred_saliency_scores) {
                assert!((a - b).abs() < 2e-3 * (1.0 + b.abs()), "{a} {b}");
            }
            assert_eq!(saliency.len(), golden.pred_saliency_scores.len());
        }
    }
}

/// Of a window for each clip, those that are left after its non-maximum suppression.
#[test]
fn predictions_of_a_univtg_are_those_of_its_official_inference() {
    let detector = load("univtg/model_best.ckpt", &ComputeDevice::cpu());
    let expected = expected("univtg");
    for (k, golden) in expected.predictions.iter().enumerate() {
        let found = detector.detect(&detr_input(k)).unwrap();
        let (windows, _) = official(&found, expected.duration[k]);
        assert_eq!(windows.len(), golden.pred_relevant_windows.len());
        for (window, golden) in windows.iter().zip(&golden.pred_relevant_windows) {
            for (ours, theirs) in window.iter().zip(golden) {
                assert!((ours - theirs).abs() < 2e-3, "{k}: {window:?} {golden:?}");
            }
        }
    }
}

/// Ends in seconds as the demonstrations of both have them: not rounded, not cut. Scores may be so near
/// that the order is chance.
fn assert_windows(found: &Detected, n_clips: usize, golden: &[[f64; 3]], end_secs: Option<f32>) {
    let length_secs = 2.0 * n_clips as f32;
    let ends = |end: f32| match end_secs {
        Some(end_secs) => (end * length_secs).clamp(0.0, end_secs),
        None => end * length_secs,
    };
    let windows: Vec<_> = found
        .proposals
        .iter()
        .map(|p| [ends(p.start), ends(p.end), p.score])
        .collect();
    assert_eq!(windows.len(), golden.len());
    for golden in golden {
        let is_same = |window: &[f32; 3]| {
            let mut pairs = window.iter().zip(golden);
            pairs.all(|(a, b)| (f64::from(*a) - b).abs() < 3e-3)
        };
        assert!(windows.iter().any(is_same), "{golden:?} in {windows:?}");
    }
}

#[test]
fn the_demonstrations_and_lighthouse_say_the_same() {
    let cpu = ComputeDevice::cpu();
    for folder in ["moment_detr", "qd_detr"] {
        let detector = load(&format!("{folder}/model_best.ckpt"), &cpu);
        let expected = expected(folder);
        for k in 0..N_VIDEOS {
            let input = detr_input(k);
            let n_clips = input.video.n_rows();
            let found = detector.detect(&input).unwrap();
            assert_windows(&found, n_clips, &expected.demo_windows[k], None);
            // Its predictor takes video features that are not normalised.
            let raw = Goldens::of("inputs.safetensors").rows(&format!("video.{k}"));
            let mut values = Vec::new();
            for (row, prepared) in raw
                .values
                .chunks(raw.width)
                .zip(input.video.values.chunks(input.video.width))
            {
                values.extend_from_slice(row);
                values.extend_from_slice(&prepared[raw.width..]);
            }
            let width = input.video.width;
            let raw = DetectorInput {
                video: Rows { width, values },
                ..input
            };
            let found = detector.detect(&raw).unwrap();
            let golden = &expected.lighthouse[k];
            let end_secs = Some(2.0 * n_clips as f32);
            assert_windows(&found, n_clips, &golden.pred_relevant_windows, end_secs);
        }
    }
}

#[test]
fn all_forms_of_a_detector_hold_the_same_numbers() {
    let read = |file: &str| DetectorFile::read(&fixtures().join(file)).unwrap();
    let official = read("moment_detr/model_best.ckpt");
    assert_eq!(official.kind, DetectorKind::MomentDetr);
    assert_eq!(official.n_heads, 4, "an option of the training");
    let plain = read("moment_detr/model.safetensors");
    assert_eq!(official.weights, plain.weights);
    assert_eq!(
        official.weights,
        read("moment_detr/lighthouse_best.ckpt").weights
    );
    assert_eq!(plain.n_heads, 8, "what published ones have");
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("own");
    std::fs::write(&own, official.to_bytes().unwrap()).unwrap();
    let own = DetectorFile::read(&own).unwrap();
    assert_eq!((&own.weights, own.n_heads), (&official.weights, 4));
}

/// What is told about a file that holds `change`d tensors of a Moment-DETR.
fn told_of(change: impl FnOnce(&mut DetectorFile)) -> String {
    let mut file = DetectorFile::read(&fixtures().join("moment_detr/model_best.ckpt")).unwrap();
    change(&mut file);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("changed.safetensors");
    std::fs::write(&path, file.to_bytes().unwrap()).unwrap();
    let told = MomentDetector::load(&path, &ComputeDevice::cpu())
        .unwrap_err()
        .to_string();
    assert!(told.contains("changed.safetensors: "), "{told}");
    assert!(!told.contains('\n'), "{told}");
    told
}

#[test]
fn a_file_that_does_not_fit_is_told_in_one_sentence() {
    let told = told_of(|file| drop(file.weights.0.remove("span_embed.layers.1.bias")));
    assert!(
        told.contains("tensor span_embed.layers.1.bias is missing"),
        "{told}"
    );
    let told = told_of(|file| {
        let array = file.weights.0.get_mut("saliency_proj.weight").unwrap();
        array.shape = vec![24, 1];
    });
    assert!(
        told.contains("saliency_proj.weight has shape [24, 1] where [1, 24]"),
        "{told}"
    );
    let told = told_of(|file| {
        let values = vec![0.0];
        let array = Array {
            shape: vec![1],
            values,
        };
        file.weights.0.insert("saliency_proj.scale".into(), array);
    });
    assert!(told.contains("saliency_proj.scale is no part of"), "{told}");
    let told = told_of(|file| {
        file.weights.0.get_mut("class_embed.bias").unwrap().values[1] = f32::NAN;
    });
    assert!(
        told.contains("class_embed.bias holds values that are not numbers"),
        "{told}"
    );
    let told = told_of(|file| file.n_heads = 7);
    assert!(
        told.contains("7 heads do not share a width of 24"),
        "{told}"
    );
}

#[test]
fn damaged_and_foreign_files_are_told_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ckpt");
    let whole = std::fs::read(fixtures().join("moment_detr/model_best.ckpt")).unwrap();
    let tell = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let told = DetectorFile::read(&path).unwrap_err().to_string();
        assert!(told.contains("a.ckpt: ") && !told.contains('\n'), "{told}");
        told
    };
    for n in [0, 1, 2, 100, whole.len() / 2, whole.len() - 30] {
        tell(&whole[..n]);
    }
    // A byte that is wrong somewhere: it is told, or it is in a name that nobody reads.
    for at in (0..whole.len()).step_by(4001) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        std::fs::write(&path, bytes).unwrap();
        if let Ok(file) = DetectorFile::read(&path) {
            drop(MomentDetector::of(&file, &ComputeDevice::cpu()));
        }
    }
    let clip =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/clip-tiny/model.safetensors");
    let told = DetectorFile::read(&clip).unwrap_err().to_string();
    assert!(told.contains("a CLIP, not a moment detector"), "{told}");
    let told = DetectorFile::read(folder.path()).unwrap_err().to_string();
    assert!(told.contains("not an ordinary file"), "{told}");
    assert!(tell(b"a text that is long enough").contains("safetensors"));
}
