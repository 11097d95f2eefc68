//! Text towers of their own: `distil-tiny` and `clip-ko-tiny` speak into the images of `clip-tiny`.
//!
//! `distil-tiny/make.py` made the numbers with transformers in float64.

use burn::tensor::Tensor;
use serde::Deserialize;
use vcl::model::encoder::PromptRows;
use vcl::model::encoder::distilbert::DistilBert;
use vcl::model::{ComputeDevice, Encoder, ModelFiles, TextFiles};

use crate::goldens::{Goldens, Tolerance, assert_close, fixtures, floats, normalised, picture};

#[derive(Deserialize)]
struct Inputs {
    texts: Vec<String>,
    #[serde(default)]
    ids: Vec<Vec<u32>>,
}

impl Inputs {
    fn of(model: &str) -> Self {
        let json = std::fs::read(fixtures().join(model).join("expected.json")).unwrap();
        serde_json::from_slice(&json).unwrap()
    }

    fn texts(&self) -> Vec<&str> {
        self.texts.iter().map(String::as_str).collect()
    }
}

fn text_files() -> TextFiles {
    TextFiles::from_dir(&fixtures().join("distil-tiny")).unwrap()
}

/// The images of `clip-tiny`, described by `distil-tiny`.
fn multilingual(device: &ComputeDevice) -> Encoder {
    let images = ModelFiles::from_dir(&fixtures().join("clip-tiny")).unwrap();
    Encoder::load(&images.with_text(text_files()), device).unwrap()
}

fn load(model: &str, device: &ComputeDevice) -> Encoder {
    Encoder::load(
        &ModelFiles::from_dir(&fixtures().join(model)).unwrap(),
        device,
    )
    .unwrap()
}

fn check_features(goldens: &Goldens, inputs: &Inputs, encoder: &Encoder, tolerance: Tolerance) {
    let want = goldens.floats("text_features");
    let together = encoder.encode_texts(&inputs.texts()).unwrap();
    assert_close("together", &together, &want, tolerance.features);
    let alone = inputs.texts().into_iter();
    let alone = alone.flat_map(|text| encoder.encode_texts(&[text]).unwrap());
    let alone: Vec<f32> = alone.collect();
    assert_close("one by one", &alone, &want, tolerance.features);
}

fn check_distilbert(device: &ComputeDevice, tolerance: Tolerance) {
    let (goldens, inputs) = (Goldens::of("distil-tiny"), Inputs::of("distil-tiny"));
    let tower = DistilBert::load(&text_files(), device).unwrap();
    let ids = tower.ids(&inputs.texts[0]).unwrap();
    assert_eq!(ids, goldens.id_rows("input_ids")[0][..ids.len()]);
    let (tokens, lengths) = tower.embed_padded(&[&ids]).unwrap();
    let states = tower.network().hidden_states(tokens, &lengths);
    assert_eq!(states.len(), 3);
    for (i, state) in states.into_iter().enumerate() {
        let name = format!("text_hidden.{i}");
        assert_close(
            &name,
            &floats(state),
            &goldens.floats(&name),
            tolerance.hidden,
        );
    }
    let encoder = multilingual(device);
    check_features(&goldens, &inputs, &encoder, tolerance);
    let features = encoder.encode_texts(&inputs.texts()).unwrap();
    let embeds = normalised(&features, encoder.dim());
    assert_close(
        "text_embeds",
        &embeds,
        &goldens.floats("text_embeds"),
        tolerance.embeds,
    );
}

#[test]
fn distilbert_agrees_on_the_cpu() {
    check_distilbert(&ComputeDevice::cpu(), Tolerance::CPU);
}

#[test]
fn a_korean_clip_agrees_on_the_cpu() {
    let (goldens, inputs) = (Goldens::of("clip-ko-tiny"), Inputs::of("clip-ko-tiny"));
    let encoder = load("clip-ko-tiny", &ComputeDevice::cpu());
    for (text, ids) in inputs.texts.iter().zip(&inputs.ids) {
        assert_eq!(
            encoder.tokenize(text, 0).unwrap().n_positions(),
            ids.len(),
            "{text}"
        );
    }
    check_features(&goldens, &inputs, &encoder, Tolerance::CPU);
}

#[test]
fn long_texts_are_cut_and_counted() {
    let (goldens, inputs) = (Goldens::of("distil-tiny"), Inputs::of("distil-tiny"));
    let encoder = multilingual(&ComputeDevice::cpu());
    let lengths = goldens.ints("lengths");
    for (text, length) in inputs.texts.iter().zip(lengths) {
        let tokens = encoder.tokenize(text, 0).unwrap();
        assert_eq!(tokens.n_positions(), length as usize, "{text}");
        assert_eq!(tokens.word_pieces().n_read, length as usize - 2, "{text}");
    }
    let long = encoder.tokenize(inputs.texts.last().unwrap(), 4).unwrap();
    assert_eq!(long.n_positions(), 48);
    assert!(long.word_pieces().n_in_all > long.word_pieces().n_read);
    assert!(encoder.tokenize("a", 46).is_ok() && encoder.tokenize("a", 47).is_err());
}

/// Context vectors between `[CLS]` and the words, and their gradient through the masked mean.
#[test]
fn prompts_agree_on_the_cpu() {
    let (goldens, inputs) = (Goldens::of("distil-tiny"), Inputs::of("distil-tiny"));
    let encoder = multilingual(&ComputeDevice::cpu());
    let device = burn::tensor::Device::flex().autodiff();
    let context = goldens.tensor::<2>("ctx", &device).require_grad();
    let tokens: Vec<_> = inputs
        .texts
        .iter()
        .map(|text| encoder.tokenize(text, 4).unwrap())
        .collect();
    let rows = PromptRows {
        texts: tokens.iter().collect(),
        context: context.clone(),
    };
    let features = encoder.prompt_features(&[rows]).unwrap();
    let want = goldens.floats("prompt_features");
    assert_close(
        "prompt_features",
        &floats(features.clone().inner()),
        &want,
        1e-4,
    );
    let weights: Tensor<2> = goldens.tensor("weights", &device);
    let gradients = (features * weights).sum().backward();
    let gradient = floats(context.grad(&gradients).unwrap());
    assert_close("grad.ctx", &gradient, &goldens.floats("grad.ctx"), 1e-4);
}

/// What is known of images is theirs alone: whatever text tower stands beside them.
#[test]
fn models_with_the_same_images_share_an_index() {
    let device = ComputeDevice::cpu();
    let models = [
        load("clip-tiny", &device),
        load("clip-ko-tiny", &device),
        multilingual(&device),
    ];
    let pixels = [models[0].preprocess(&picture("stripes_401x300.png"))];
    let features = models
        .each_ref()
        .map(|model| model.encode_images(&pixels).unwrap());
    for (model, of_images) in models.iter().zip(&features) {
        assert_eq!(model.image_id(), models[0].image_id());
        assert_eq!(*of_images, features[0]);
    }
    let hashes = models.each_ref().map(|model| model.id().hash.clone());
    assert!(hashes[0] != hashes[1] && hashes[0] != hashes[2] && hashes[1] != hashes[2]);
    assert_eq!(
        models[2].former_image_id(),
        hashes[0],
        "the CLIP as it was before"
    );
    let other = load("clip-alt", &device);
    assert_ne!(other.image_id(), models[0].image_id());
}

/// On wgpu's software adapter.
pub fn check_on_gpu(device: &ComputeDevice) {
    check_distilbert(device, Tolerance::CPU.times(10.0));
}
