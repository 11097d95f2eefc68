//! Losses, gradients and a step of the optimiser against the official code.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use safetensors::SafeTensors;
use serde_json::Value;

use super::adamw::AdamW;
use super::gradients::{GradientWork, Sample};
use super::losses::{DetrLosses, detr_losses};
use super::network::Network;
use super::targets::{ClipPairs, Targets};
use crate::model::detector::{
    Batch, DetectorFile, DetectorKind, Dropout, Leaves, Rows, Weights, video_features,
    word_features,
};
use crate::model::{ComputeDevice, try_to_vec};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/detectors")
}

fn tensors(file: &str, name: &str) -> Rows {
    let bytes = std::fs::read(fixtures().join(file)).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let view = file.tensor(name).unwrap();
    Rows {
        width: *view.shape().last().unwrap(),
        values: bytemuck::pod_collect_to_vec(view.data()),
    }
}

/// One batch of the goldens, what it is to learn, and what the official code makes of it.
struct Case {
    file: DetectorFile,
    folder: &'static str,
    name: &'static str,
    inputs: Vec<(Rows, Rows)>,
    targets: Vec<Targets>,
    expected: Value,
}

impl Case {
    fn new(folder: &'static str, name: &'static str) -> Self {
        let text = std::fs::read_to_string(fixtures().join(folder).join("expected.json")).unwrap();
        let expected: Value = serde_json::from_str(&text).unwrap();
        let expected = expected[format!("loss.{name}")].clone();
        let goldens = format!("{folder}/expected.safetensors");
        let inputs: Vec<_> = (0..3)
            .map(|k| {
                let raw = |kind: &str| tensors("inputs.safetensors", &format!("{kind}.{k}"));
                let video = match name {
                    "mixed" => video_features(&[raw("video")]),
                    _ => tensors(&goldens, &format!("loss.{name}.src_vid.{k}")),
                };
                (video, word_features(&raw("text")))
            })
            .collect();
        let rows = expected["targets"].as_array().unwrap().iter().zip(&inputs);
        let targets = rows.map(|(row, (video, _))| {
            let n_clips = video.n_rows() as f64;
            let list = |key: &str| row[key].as_array().unwrap().clone();
            let pair = |key: &str| [0, 1].map(|i| row[key][i].as_u64().unwrap() as usize);
            let span = |window: &Value| {
                let [start, end] = [0, 1].map(|i| window[i].as_f64().unwrap());
                [(start + end) / 4.0 / n_clips, (end - start) / 2.0 / n_clips].map(|x| x as f32)
            };
            Targets {
                spans: list("relevant_windows").iter().map(span).collect(),
                grades: list("saliency_all")
                    .iter()
                    .map(|grade| grade.as_f64().unwrap() as f32)
                    .collect(),
                pairs: ClipPairs {
                    better: pair("saliency_pos"),
                    worse: pair("saliency_neg"),
                },
            }
        });
        Self {
            file: DetectorFile::read(&fixtures().join(folder).join("model_best.ckpt")).unwrap(),
            folder,
            name,
            targets: targets.collect(),
            inputs,
            expected,
        }
    }

    fn losses(&self, weights: &Weights, device: &Device) -> (DetrLosses, Leaves) {
        let pairs: Vec<_> = self
            .inputs
            .iter()
            .map(|(video, words)| (video, words))
            .collect();
        let mut batch = Batch::new(&pairs, device);
        if self.file.kind == DetectorKind::QdDetr {
            batch = batch.followed_by(&self.inputs[0].1);
        }
        let network = Network {
            kind: self.file.kind,
            weights,
            n_heads: self.file.n_heads,
        };
        let (output, leaves) = network.outputs(&batch, Dropout::default(), device).unwrap();
        let targets: Vec<_> = self.targets.iter().collect();
        (detr_losses(&output, &batch, &targets).unwrap(), leaves)
    }

    fn term(&self, name: &str) -> f32 {
        self.expected["terms"][name].as_f64().unwrap() as f32
    }
}

fn value(tensor: burn::tensor::Tensor<1>) -> f32 {
    try_to_vec(tensor).unwrap()[0]
}

fn check(case: &Case) {
    let device = Device::flex().autodiff();
    let (losses, leaves) = case.losses(&case.file.weights, &device);
    let name = format!("{} {}", case.folder, case.name);
    for (layer, suffix) in losses.layers.iter().zip(["", "_0"]) {
        for (term, kind) in layer.iter().zip(["span", "giou", "label"]) {
            let (own, golden) = (
                value(term.clone()),
                case.term(&format!("loss_{kind}{suffix}")),
            );
            assert!(
                (own - golden).abs() < 1e-4,
                "{name}, {kind}{suffix}: {own} {golden}"
            );
        }
    }
    let (own, golden) = (value(losses.saliency.clone()), case.term("loss_saliency"));
    assert!(
        (own - golden).abs() < 1e-4 + 1e-5 * golden.abs(),
        "{name}, saliency: {own} {golden}"
    );
    for (pairs, key) in losses.pairs.iter().zip(["last", "0"]) {
        let golden = &case.expected["matched_queries_and_targets"][key];
        for (pairs, golden) in pairs.iter().zip(golden.as_array().unwrap()) {
            let (queries, windows): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
            assert_eq!(
                serde_json::json!([queries, windows]),
                *golden,
                "{name}, {key}"
            );
        }
    }

    let total = losses.total_of_part(1.0, 1.0);
    let gradients = total.backward();
    let (own, golden) = (
        value(total),
        case.expected["total"].as_f64().unwrap() as f32,
    );
    assert!(
        (own - golden).abs() < 2e-5 * golden.abs(),
        "{name}: {own} {golden}"
    );
    let gradients = leaves.gradients(&gradients).unwrap();
    let goldens = format!("{}/expected.safetensors", case.folder);
    for key in [
        "query_embed.weight",
        "class_embed.weight",
        "input_vid_proj.0.net.1.weight",
    ] {
        let golden = tensors(&goldens, &format!("loss.{}.grad.{key}", case.name)).values;
        let own = &gradients[key];
        let largest = golden.iter().fold(0.0_f32, |most, g| most.max(g.abs()));
        for (own, golden) in own.iter().zip(&golden) {
            assert!(
                (own - golden).abs() < 1e-4 * largest,
                "{name}, {key}: {own} {golden} of {largest}"
            );
        }
    }
    let mut weights = case.file.weights.clone();
    let length = AdamW::default().step(&mut weights, &gradients, 1e-4, 1e-4, 0.1);
    let golden = case.expected["gradient_norm"].as_f64().unwrap();
    assert!(
        (length - golden).abs() < 1e-4 * golden,
        "{name}: {length} {golden}"
    );
    if case.name == "mixed" {
        for key in ["query_embed.weight", "class_embed.weight"] {
            let golden = tensors(&goldens, &format!("step1.{key}")).values;
            for (own, golden) in weights.0[key].values.iter().zip(&golden) {
                assert!((own - golden).abs() < 2e-6, "{name}, {key}: {own} {golden}");
            }
        }
    }
}

/// In parts of any size the sum is that of the whole batch, also where one video is shorter.
#[test]
fn parts_of_a_batch_add_up_to_it() {
    for folder in ["moment_detr", "qd_detr"] {
        let case = Case::new(folder, "mixed");
        let samples: Vec<_> = (case.inputs.iter().zip(&case.targets))
            .map(|((video, words), targets)| Sample {
                video: video.clone(),
                words: words.clone(),
                targets: targets.clone(),
            })
            .collect();
        let network = Network {
            kind: case.file.kind,
            weights: &case.file.weights,
            n_heads: case.file.n_heads,
        };
        let gradients = |part: usize| {
            let work = GradientWork::in_parts(&ComputeDevice::cpu(), part).unwrap();
            work.of(network, &samples, Dropout::default(), 0).unwrap()
        };
        let (loss, whole) = gradients(3);
        let golden = case.expected["total"].as_f64().unwrap();
        assert!((loss - golden).abs() < 2e-5 * golden, "{folder}: {loss}");
        for part in [1, 2] {
            let (of_parts, parts) = gradients(part);
            assert!(
                (of_parts - loss).abs() < 1e-5 * loss,
                "{folder}: {of_parts}"
            );
            for (name, whole) in &whole {
                let largest = whole.iter().fold(0.1_f32, |most, g| most.max(g.abs()));
                for (a, b) in whole.iter().zip(&parts[name]) {
                    assert!((a - b).abs() < 1e-4 * largest, "{folder}, {name}: {a} {b}");
                }
            }
        }
    }
}

#[test]
fn moment_detr_learns_as_the_official_code_does() {
    check(&Case::new("moment_detr", "mixed"));
}

#[test]
fn qd_detr_learns_as_the_official_code_does() {
    check(&Case::new("qd_detr", "mixed"));
    check(&Case::new("qd_detr", "equal"));
}

#[test]
fn initial_networks_have_all_tensors_and_no_other() {
    for folder in ["moment_detr", "qd_detr"] {
        let file = DetectorFile::read(&fixtures().join(folder).join("model_best.ckpt")).unwrap();
        let size = super::NetworkSize {
            width: 24,
            inner: 48,
            n_heads: 4,
            n_layers: 2,
            n_queries: 10,
        };
        let initial = super::initial_weights(file.kind, size, 66, 64, 5);
        let shapes = |weights: &Weights| -> Vec<_> {
            let arrays = weights.0.iter();
            arrays
                .map(|(name, array)| (name.clone(), array.shape.clone()))
                .collect()
        };
        assert_eq!(shapes(&initial), shapes(&file.weights));
        assert_eq!(initial, super::initial_weights(file.kind, size, 66, 64, 5));
    }
}
