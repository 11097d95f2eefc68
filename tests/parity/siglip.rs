//! SigLIP 2: `tests/fixtures/siglip-tiny` is a complete tiny model with random weights.
//!
//! The numbers were made with transformers 5.24 and Pillow, in float64.

use serde::Deserialize;
use vcl::model::encoder::siglip::SiglipTowers;
use vcl::model::{ComputeDevice, Encoder, ModelFiles, Pixels};

use crate::goldens::{Goldens, Tolerance, assert_close, fixtures, floats, normalised, picture};

const MODEL: &str = "siglip-tiny";

#[derive(Deserialize)]
struct Inputs {
    images: Vec<String>,
    texts: Vec<String>,
    lengths: Vec<usize>,
    pixel_values: Vec<usize>,
    length: usize,
    logit_scale_exp: f32,
    logit_bias: f32,
}

impl Inputs {
    fn load() -> Self {
        let json = std::fs::read(fixtures().join(MODEL).join("expected.json")).unwrap();
        serde_json::from_slice(&json).unwrap()
    }
}

fn files() -> ModelFiles {
    ModelFiles::from_dir(&fixtures().join(MODEL)).unwrap()
}

fn towers(device: &ComputeDevice) -> SiglipTowers {
    SiglipTowers::load(&files(), device).unwrap()
}

/// Both towers layer by layer, from the golden bytes and ids.
fn check_layers(towers: &SiglipTowers, tolerance: Tolerance) {
    let (goldens, network) = (Goldens::of(MODEL), towers.network());
    let device = network.logit_scale().device();
    // Image 0 is stored as bytes only.
    let size = 64;
    let first = goldens.bytes("resized_u8")[..size * size * 3].to_vec();
    let planes = (0..3).flat_map(|channel| first.iter().skip(channel).step_by(3));
    let values = planes.map(|&byte| (f32::from(byte) / 255.0 - 0.5) / 0.5);
    let pixels = Pixels {
        size,
        values: values.collect(),
    };
    let pixels = vcl::model::encoder::pixel_tensor(&[pixels], &device);
    let states = network.vision_model().hidden_states(pixels);
    assert_eq!(states.len(), 3);
    for (i, state) in states.into_iter().enumerate() {
        let name = format!("vision_hidden.{i}");
        assert_close(
            &name,
            &floats(state),
            &goldens.floats(&name),
            tolerance.hidden,
        );
    }
    let ids = goldens.id_rows("input_ids");
    let tokens = towers.embed(&[&ids[0]]).unwrap();
    let states = network.text_model().hidden_states(tokens);
    for (i, state) in states.into_iter().enumerate() {
        let name = format!("text_hidden.{i}");
        assert_close(
            &name,
            &floats(state),
            &goldens.floats(&name),
            tolerance.hidden,
        );
    }
}

/// From pictures and sentences to probabilities, as the program does it.
fn check_from_files(encoder: &Encoder, tolerance: Tolerance) {
    let (goldens, inputs) = (Goldens::of(MODEL), Inputs::load());
    let dim = encoder.dim();
    let pixels: Vec<Pixels> = inputs
        .images
        .iter()
        .map(|name| encoder.preprocess(&picture(name)))
        .collect();
    for i in inputs.pixel_values {
        let name = format!("pixel_values.{i}");
        assert_close(&name, &pixels[i].values, &goldens.floats(&name), 1e-6);
    }
    let mut images = Vec::new();
    // Batches of one, odd and even size are split differently over the pools.
    for batch in [1, 3, 7] {
        images = pixels
            .chunks(batch)
            .flat_map(|part| encoder.encode_images(part).unwrap())
            .collect();
        let want = goldens.floats("image_features");
        assert_close("image_features", &images, &want, tolerance.features);
    }
    let texts: Vec<&str> = inputs.texts.iter().map(String::as_str).collect();
    let together = encoder.encode_texts(&texts).unwrap();
    let alone = texts
        .iter()
        .flat_map(|text| encoder.encode_texts(&[text]).unwrap());
    let want = goldens.floats("text_features");
    assert_close(
        "texts alone",
        &alone.collect::<Vec<_>>(),
        &want,
        tolerance.features,
    );
    assert_close("text_features", &together, &want, tolerance.features);

    let (images, texts) = (normalised(&images, dim), normalised(&together, dim));
    for (name, got) in [("image_embeds", &images), ("text_embeds", &texts)] {
        assert_close(name, got, &goldens.floats(name), tolerance.embeds);
    }
    let calibration = encoder.calibration();
    let (scale, bias) = (calibration.scale, calibration.bias.unwrap());
    assert!(
        (scale / inputs.logit_scale_exp - 1.0).abs() <= tolerance.scale,
        "{scale}"
    );
    assert_eq!(bias, inputs.logit_bias);
    let logits: Vec<f32> = images
        .chunks_exact(dim)
        .flat_map(|image| {
            texts.chunks_exact(dim).map(move |text| {
                scale * image.iter().zip(text).map(|(a, b)| a * b).sum::<f32>() + bias
            })
        })
        .collect();
    let want = goldens.floats("logits_per_image");
    assert_close("logits", &logits, &want, tolerance.logits);
    let probabilities: Vec<f32> = logits.iter().map(|x| 1.0 / (1.0 + (-x).exp())).collect();
    assert_close(
        "probs",
        &probabilities,
        &goldens.floats("probs"),
        tolerance.logits,
    );
    assert!(encoder.encode_texts(&[]).unwrap().is_empty());
}

#[test]
fn layers_agree_on_the_cpu() {
    check_layers(&towers(&ComputeDevice::cpu()), Tolerance::CPU);
}

#[test]
fn pictures_and_sentences_agree_on_the_cpu() {
    let encoder = Encoder::load(&files(), &ComputeDevice::cpu()).unwrap();
    check_from_files(&encoder, Tolerance::CPU);
}

#[test]
fn the_whole_picture_is_squeezed_as_pillow_does_it() {
    let goldens = Goldens::of(MODEL);
    let encoder = Encoder::load(&files(), &ComputeDevice::cpu()).unwrap();
    let want = goldens.bytes("resized_u8");
    let images = Inputs::load().images;
    assert_eq!(images.len(), 7);
    for (name, want) in images.iter().zip(want.chunks_exact(64 * 64 * 3)) {
        let bytes = encoder
            .preprocessor()
            .resize_and_crop(&picture(name))
            .into_raw();
        assert!(bytes == want, "{name}: not Pillow's bytes");
    }
}

#[test]
fn awkward_strings_get_the_tokens_of_the_reference() {
    #[derive(Deserialize)]
    struct Case {
        text: String,
        length: usize,
        ids: Vec<u32>,
    }
    let json = std::fs::read(fixtures().join(MODEL).join("tokens.json")).unwrap();
    let cases: Vec<Case> = serde_json::from_slice(&json).unwrap();
    assert!(cases.len() > 30);
    let towers = towers(&ComputeDevice::cpu());
    for Case { text, length, ids } in cases {
        let (got, n_ids) = towers.tokenizer().encode_counted(&text, 64).unwrap();
        assert_eq!(got, ids, "{text:?}");
        assert_eq!(n_ids.min(64), length, "{text:?}");
    }
}

#[test]
fn every_text_is_padded_to_all_positions() {
    let (goldens, inputs) = (Goldens::of(MODEL), Inputs::load());
    let encoder = Encoder::load(&files(), &ComputeDevice::cpu()).unwrap();
    let tokenizer = towers(&ComputeDevice::cpu()).tokenizer().clone();
    let rows = goldens.id_rows("input_ids");
    for ((text, row), &length) in inputs.texts.iter().zip(&rows).zip(&inputs.lengths) {
        let (ids, _) = tokenizer.encode_counted(text, inputs.length).unwrap();
        assert_eq!(ids.len(), length, "{text:?}");
        assert_eq!(&tokenizer.pad(ids, inputs.length), row, "{text:?}");
        let tokens = encoder.tokenize(text, 0).unwrap();
        assert_eq!(tokens.n_positions(), inputs.length);
        assert_eq!(tokens.word_pieces().n_read, length - 1);
    }
    assert_eq!(encoder.tokenize("dog", 60).unwrap().n_positions(), 64);
    let message = encoder.tokenize("dog", 64).unwrap_err().to_string();
    assert!(message.contains("64 context vectors"), "{message}");
}

/// The table is not in the module, but it is counted.
#[test]
fn every_parameter_is_counted() {
    let encoder = Encoder::load(&files(), &ComputeDevice::cpu()).unwrap();
    let bytes = std::fs::read(fixtures().join(MODEL).join("model.safetensors")).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let n_stored: usize = tensors
        .tensors()
        .iter()
        .map(|(_, tensor)| tensor.shape().iter().product::<usize>())
        .sum();
    assert_eq!(encoder.info().parameters, n_stored);
}

/// On wgpu's software adapter.
pub fn check_on_gpu(device: &ComputeDevice) {
    let tolerance = Tolerance::CPU.times(10.0);
    check_layers(&towers(device), tolerance);
    check_from_files(&Encoder::load(&files(), device).unwrap(), tolerance);
}
