//! The prompt learner against PyTorch, on each family: `tests/fixtures/prompt` is on `clip-tiny`,
//! `siglip-tiny` has its own.

use burn::module::Module as _;
use burn::tensor::{Device, Tensor, TensorData};
use safetensors::SafeTensors;
use std::path::{Path, PathBuf};

use crate::learn::adam::LearnerGradients;
use crate::learn::context::LearnerRun;
use crate::learn::losses::saliency_mse;
use crate::learn::plan::RunPlan;
use crate::model::encoder::PromptTokens;
use crate::model::moment_head::HeadKind;
use crate::model::prompt_learner::{PromptLearner, PromptLearnerConfig, frames_tensor};
use crate::model::{ComputeDevice, Encoder, ModelFiles, try_to_vec};

fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(path)
}

pub fn clip_tiny() -> Encoder {
    load("clip-tiny")
}

fn load(model: &str) -> Encoder {
    let files = ModelFiles::from_dir(&fixture(model)).unwrap();
    Encoder::load(&files, &ComputeDevice::cpu()).unwrap()
}

/// A file of tensors and one of other values.
struct Golden {
    tensors: Vec<u8>,
    json: serde_json::Value,
}

/// Every family with its goldens.
fn families() -> [(Encoder, Golden); 2] {
    [
        (load("clip-tiny"), Golden::load("prompt/expected")),
        (load("siglip-tiny"), Golden::load("siglip-tiny/prompt")),
    ]
}

impl Golden {
    fn load(name: &str) -> Self {
        let read = |ending: &str| std::fs::read(fixture(&format!("{name}.{ending}"))).unwrap();
        Self {
            tensors: read("safetensors"),
            json: serde_json::from_slice(&read("json")).unwrap(),
        }
    }

    fn floats(&self, name: &str) -> Vec<f32> {
        let file = SafeTensors::deserialize(&self.tensors).unwrap();
        let data = file.tensor(name).unwrap().data().to_vec();
        data.chunks_exact(4)
            .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
            .collect()
    }

    fn ints(&self, name: &str) -> Vec<i32> {
        self.floats(name)
            .iter()
            .map(|x| x.to_bits() as i32)
            .collect()
    }

    /// The queries with room for the context.
    fn queries(&self, encoder: &Encoder) -> Vec<PromptTokens> {
        let queries = self.json["queries"].as_array().unwrap().iter();
        queries
            .map(|query| encoder.tokenize(query.as_str().unwrap(), 4).unwrap())
            .collect()
    }

    fn learner(&self, encoder: &Encoder) -> PromptLearner {
        let config = PromptLearnerConfig {
            n_ctx: 4,
            text_width: encoder.text_width(),
            head: HeadKind::Window,
        };
        let device = Device::flex().autodiff();
        let learner = config.init_with_context(&self.floats("ctx"), 0, &device);
        learner.with_calibration(self.floats("scale")[0], self.floats("bias")[0])
    }

    /// Saliency, labels and mask `[3, 20]` of the three samples.
    fn batch(&self, encoder: &Encoder, learner: &PromptLearner) -> [Tensor<2>; 3] {
        const LENGTHS: [usize; 3] = [12, 20, 7];
        let (longest, dim) = (20, encoder.dim());
        let mut frames = vec![0.0; 3 * longest * dim];
        let mut labels = vec![0.0; 3 * longest];
        let mut mask = labels.clone();
        let queries = self.queries(encoder);
        let mut texts = Vec::new();
        for (k, n) in LENGTHS.into_iter().enumerate() {
            let at = k * longest;
            frames[at * dim..(at + n) * dim].copy_from_slice(&self.floats(&format!("frames.{k}")));
            labels[at..at + n].copy_from_slice(&self.floats(&format!("labels.{k}")));
            mask[at..at + n].fill(1.0);
            texts.push(&queries[self.ints(&format!("sample_query.{k}"))[0] as usize]);
        }
        let device = Device::flex().autodiff();
        let features = encoder.prompt_features(&[learner.rows(texts)]).unwrap();
        let frames = frames_tensor(frames, [3, longest, dim], &device);
        let matrix =
            |values| Tensor::<2>::from_data(TensorData::new(values, [3, longest]), &device);
        [
            learner.saliency(frames, features),
            matrix(labels),
            matrix(mask),
        ]
    }
}

fn assert_close(name: &str, values: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(values.len(), expected.len(), "{name}");
    let pairs = values.iter().zip(expected);
    let error = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(error <= tolerance, "{name}: off by {error}");
}

#[test]
fn queries_are_cut_so_that_the_context_fits() {
    let [(encoder, golden), (siglip, siglip_golden)] = families();
    let eot_positions = golden.ints("eot_position");
    for (query, &eot_position) in golden.queries(&encoder).iter().zip(&eot_positions) {
        assert_eq!(query.n_positions(), eot_position as usize + 1);
    }
    let lengths = siglip_golden.ints("query_len");
    for (query, &length) in siglip_golden.queries(&siglip).iter().zip(&lengths) {
        assert_eq!(query.n_positions(), 64, "padded");
        assert_eq!(query.word_pieces().n_read, length as usize - 1);
    }
    assert!(encoder.tokenize("a dog", 75).is_ok());
    let message = encoder.tokenize("a dog", 76).unwrap_err().to_string();
    assert!(message.contains("76 context vectors"), "{message}");
}

#[test]
fn features_agree_with_pytorch_alone_and_in_a_padded_batch() {
    for (encoder, golden) in families() {
        let learner = golden.learner(&encoder).valid();
        let features = |queries: &[PromptTokens]| {
            let rows = learner.rows(queries.iter().collect());
            try_to_vec(encoder.prompt_features(&[rows]).unwrap()).unwrap()
        };
        let (queries, dim) = (golden.queries(&encoder), encoder.dim());
        let expected = golden.floats("features");
        assert_close("batch", &features(&queries), &expected, 1e-4);
        for (i, query) in queries.iter().enumerate() {
            let alone = features(std::slice::from_ref(query));
            assert_close("alone", &alone, &expected[i * dim..(i + 1) * dim], 1e-4);
        }
    }
}

#[test]
fn loss_and_gradients_agree_with_pytorch() {
    for (encoder, golden) in families() {
        let learner = golden.learner(&encoder);
        let [saliency, labels, mask] = golden.batch(&encoder, &learner);
        let values = try_to_vec(saliency.clone().inner()).unwrap();
        for (k, n) in [12, 20, 7].into_iter().enumerate() {
            let expected = golden.floats(&format!("saliency.{k}"));
            assert_close("saliency", &values[k * 20..k * 20 + n], &expected, 1e-5);
        }
        let loss = saliency_mse(saliency, labels, mask);
        let expected = golden.json["loss"].as_f64().unwrap() as f32;
        assert_close(
            "loss",
            &try_to_vec(loss.clone().inner()).unwrap(),
            &[expected],
            1e-5,
        );
        let gradients = loss.backward();
        let gradient = try_to_vec(learner.context().grad(&gradients).unwrap()).unwrap();
        assert_close("grad.ctx", &gradient, &golden.floats("grad.ctx"), 1e-5);
        let gradient = try_to_vec(learner.scale().grad(&gradients).unwrap()).unwrap();
        assert_close("grad.scale", &gradient, &golden.floats("grad.scale"), 1e-5);
        let gradient = try_to_vec(learner.bias().grad(&gradients).unwrap()).unwrap();
        assert_close("grad.bias", &gradient, &golden.floats("grad.bias"), 1e-5);
    }
}

#[test]
fn five_steps_of_adam_agree_with_pytorch_and_leave_the_encoder_untouched() {
    for (encoder, golden) in families() {
        let before = weights(&encoder);
        let mut run = LearnerRun::new(golden.learner(&encoder), RunPlan::default());
        for step in 0..5 {
            let [saliency, labels, mask] = golden.batch(&encoder, &run.learner);
            let loss = saliency_mse(saliency, labels, mask);
            let expected = golden.json["loss_before_step"][step].as_f64().unwrap() as f32;
            assert_close(
                "loss",
                &try_to_vec(loss.clone().inner()).unwrap(),
                &[expected],
                1e-4,
            );
            let mut gradients = loss.backward();
            let mut own = LearnerGradients::default();
            own.add(&run.learner, &mut gradients);
            run.update(own, 1e-2);
            let after = |name: &str, values: Tensor<1>| {
                let expected = golden.json[format!("{name}_after_step")][step]
                    .as_f64()
                    .unwrap() as f32;
                assert_close(
                    name,
                    &try_to_vec(values.inner()).unwrap(),
                    &[expected],
                    2e-4,
                );
            };
            after("scale", run.learner.scale());
            after("bias", run.learner.bias());
            if step == 0 || step == 4 {
                let name = format!("adam{}.ctx", step + 1);
                let context = try_to_vec(run.learner.context().inner()).unwrap();
                assert_close(&name, &context, &golden.floats(&name), 2e-4);
            }
        }
        assert_eq!(
            weights(&encoder),
            before,
            "frozen weights are bit-identical"
        );
    }
}

#[test]
fn no_gradient_is_computed_for_the_encoder() {
    struct Untracked(usize);
    impl burn::module::ModuleVisitor for Untracked {
        fn visit_float<const D: usize>(&mut self, param: &burn::module::Param<Tensor<D>>) {
            assert!(!param.val().is_tracked() && !param.val().is_require_grad());
            self.0 += 1;
        }
    }
    for (encoder, golden) in families() {
        let learner = golden.learner(&encoder);
        let [saliency, labels, mask] = golden.batch(&encoder, &learner);
        let gradients = saliency_mse(saliency, labels, mask).backward();
        assert!(learner.context().grad(&gradients).is_some());
        let mut untracked = Untracked(0);
        encoder.visit_parameters(&mut untracked);
        assert!(untracked.0 > 50, "{} parameters", untracked.0);
    }
}

#[test]
fn a_prompt_of_vit_b_32_has_2141_parameters_with_either_head() {
    for head in [HeadKind::Frame, HeadKind::Window] {
        let config = PromptLearnerConfig {
            n_ctx: 4,
            text_width: 512,
            head,
        };
        assert_eq!(config.n_parameters(), 2_141);
    }
    assert_eq!(PromptLearnerConfig::usual(512).n_parameters(), 2_141);
    // SigLIP's base models: text width 768.
    assert_eq!(PromptLearnerConfig::usual(768).n_parameters(), 3_165);
}

/// Bits of every parameter of the encoder.
fn weights(encoder: &Encoder) -> Vec<u32> {
    struct Bits(Vec<u32>);
    impl burn::module::ModuleVisitor for Bits {
        fn visit_float<const D: usize>(&mut self, param: &burn::module::Param<Tensor<D>>) {
            let values = try_to_vec(param.val()).unwrap();
            self.0.extend(values.iter().map(|x| x.to_bits()));
        }
    }
    let mut bits = Bits(Vec::new());
    encoder.visit_parameters(&mut bits);
    bits.0
}
