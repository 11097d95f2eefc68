//! CLIP in open_clip's layout and in OpenAI's: `openclip-tiny`, `openclip-custom` and `openai-tiny` are
//! tiny models with random weights, and the numbers are open_clip's own in float64.

use std::fs;

use serde::Deserialize;
use vcl::model::{ComputeDevice, Encoder, ModelFiles, Pixels};

use crate::goldens::{Goldens, Tolerance, assert_close, fixtures, normalised, picture};

#[derive(Deserialize)]
struct Inputs {
    images: Vec<String>,
    texts: Vec<String>,
    #[serde(default)]
    pixel_values: Vec<usize>,
    #[serde(default)]
    lengths: Vec<usize>,
    logit_scale_exp: Option<f32>,
}

impl Inputs {
    fn of(model: &str) -> Self {
        let json = fs::read(fixtures().join(model).join("expected.json")).unwrap();
        serde_json::from_slice(&json).unwrap()
    }
}

fn load(dir: &std::path::Path, device: &ComputeDevice) -> Encoder {
    Encoder::load(&ModelFiles::from_dir(dir).unwrap(), device).unwrap()
}

fn check(model: &str, goldens: &Goldens, encoder: &Encoder, tolerance: Tolerance) {
    let inputs = Inputs::of(model);
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
    let images = encoder.encode_images(&pixels).unwrap();
    let texts: Vec<&str> = inputs.texts.iter().map(String::as_str).collect();
    let features = encoder.encode_texts(&texts).unwrap();
    for (name, got) in [("image_features", &images), ("text_features", &features)] {
        let what = format!("{model} {name}");
        assert_close(&what, got, &goldens.floats(name), tolerance.features);
    }
    for (text, length) in texts.iter().zip(inputs.lengths) {
        assert_eq!(
            encoder.tokenize(text, 0).unwrap().n_positions(),
            length,
            "{text:?}"
        );
    }
    let Some(scale) = inputs.logit_scale_exp else {
        return;
    };
    assert!((encoder.calibration().scale / scale - 1.0).abs() <= tolerance.scale);
    let (images, texts) = (normalised(&images, dim), normalised(&features, dim));
    for (name, got) in [("image_embeds", &images), ("text_embeds", &texts)] {
        assert_close(name, got, &goldens.floats(name), tolerance.embeds);
    }
}

/// The same weights with OpenAI's activation.
fn with_quick_gelu() -> tempfile::TempDir {
    let (source, dir) = (
        fixtures().join("openclip-tiny"),
        tempfile::tempdir().unwrap(),
    );
    for (from, to) in [
        ("open_clip_config_quickgelu.json", "open_clip_config.json"),
        ("open_clip_model.safetensors", "open_clip_model.safetensors"),
        ("tokenizer.json", "tokenizer.json"),
    ] {
        fs::copy(source.join(from), dir.path().join(to)).unwrap();
    }
    dir
}

fn check_all(device: &ComputeDevice, tolerance: Tolerance) {
    for model in ["openclip-tiny", "openclip-custom", "openai-tiny"] {
        let encoder = load(&fixtures().join(model), device);
        check(model, &Goldens::of(model), &encoder, tolerance);
    }
    let goldens = Goldens::in_file("openclip-tiny", "expected_quickgelu.safetensors");
    let encoder = load(with_quick_gelu().path(), device);
    check("openclip-tiny", &goldens, &encoder, tolerance);
}

#[test]
fn pictures_and_sentences_agree_on_the_cpu() {
    check_all(&ComputeDevice::cpu(), Tolerance::CPU);
}

/// On wgpu's software adapter.
pub fn check_on_gpu(device: &ComputeDevice) {
    check_all(device, Tolerance::CPU.times(10.0));
}
