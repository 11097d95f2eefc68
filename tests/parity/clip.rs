//! CLIP in transformers' layout.
//!
//! `tests/fixtures/clip-tiny` and `clip-alt` are two complete tiny models with random weights, one
//! in the manner of OpenAI's checkpoints and one of OpenCLIP's exports, each with what a float64 run
//! makes of four images and eight texts.

use half::{bf16, f16};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;

use crate::goldens::{Goldens, Tolerance, assert_close, fixtures, floats, normalised, picture};
use vcl::model::encoder::clip::{ClipConfig, ClipTokenizer, ClipTowers, EotRule};
use vcl::model::encoder::weights;
use vcl::model::{ComputeDevice, Encoder, ModelFiles, Pixels, Preprocess};

const MODELS: [&str; 2] = ["clip-tiny", "clip-alt"];

#[derive(Deserialize)]
struct Inputs {
    images: Vec<String>,
    texts: Vec<String>,
    lengths: Vec<usize>,
    eot_id: u32,
    pad_id: u32,
    logit_scale_exp: f32,
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

fn files(model: &str) -> ModelFiles {
    ModelFiles::from_dir(&fixtures().join(model)).unwrap()
}

fn load(model: &str, device: &ComputeDevice) -> Encoder {
    Encoder::load(&files(model), device).unwrap()
}

fn load_towers(model: &str, device: &ComputeDevice) -> ClipTowers {
    ClipTowers::load(&files(model), device).unwrap()
}

/// Both towers on the golden pixels and ids, layer by layer, up to the logits.
fn check_towers(model: &str, towers: &ClipTowers, tolerance: Tolerance) {
    let (goldens, inputs) = (Goldens::of(model), Inputs::of(model));
    let (clip, config) = (towers.network(), towers.config());
    let device = clip.logit_scale().device();
    let dim = config.projection_dim;

    let pixels = goldens.tensor::<4>("pixel_values", &device);
    let states = clip
        .vision_model()
        .hidden_states(pixels.clone().narrow(0, 0, 1));
    assert_eq!(states.len(), config.vision_config.num_hidden_layers + 1);
    for (i, state) in states.into_iter().enumerate() {
        let name = format!("vision_hidden.{i}");
        let want = goldens.floats(&name);
        assert_close(
            &format!("{model} {name}"),
            &floats(state),
            &want,
            tolerance.hidden,
        );
    }
    let image_features = floats(clip.image_features(pixels));
    let image_embeds = normalised(&image_features, dim);
    for (name, got, allowed) in [
        ("image_features", &image_features, tolerance.features),
        ("image_embeds", &image_embeds, tolerance.embeds),
    ] {
        assert_close(
            &format!("{model} {name}"),
            got,
            &goldens.floats(name),
            allowed,
        );
    }

    let ids: Vec<Vec<u32>> = goldens
        .id_rows("input_ids")
        .iter()
        .zip(&inputs.lengths)
        .map(|(row, &length)| row[..length].to_vec())
        .collect();
    let tokens = clip.text_model().embed(&ids[..1], &device);
    let states = clip.text_model().hidden_states(tokens);
    assert_eq!(states.len(), config.text_config.num_hidden_layers + 1);
    for (i, state) in states.into_iter().enumerate() {
        let name = format!("text_hidden.{i}");
        let want = goldens.floats(&name);
        assert_close(
            &format!("{model} {name}"),
            &floats(state),
            &want,
            tolerance.hidden,
        );
    }
    let text_features = floats(clip.text_features(&ids, &device));
    let text_embeds = normalised(&text_features, dim);
    for (name, got, allowed) in [
        ("text_features", &text_features, tolerance.features),
        ("text_embeds", &text_embeds, tolerance.embeds),
    ] {
        assert_close(
            &format!("{model} {name}"),
            got,
            &goldens.floats(name),
            allowed,
        );
    }

    let scale = floats(clip.logit_scale())[0].exp();
    let off = (scale / inputs.logit_scale_exp - 1.0).abs();
    assert!(off <= tolerance.scale, "{model}: scale is {scale}");
    let logits: Vec<f32> = image_embeds
        .chunks_exact(dim)
        .flat_map(|image| {
            text_embeds
                .chunks_exact(dim)
                .map(move |text| scale * image.iter().zip(text).map(|(a, b)| a * b).sum::<f32>())
        })
        .collect();
    let want = goldens.floats("logits_per_image");
    assert_close(&format!("{model} logits"), &logits, &want, tolerance.logits);
}

/// From pictures and sentences to features, as the program does it.
fn check_from_files(model: &str, encoder: &Encoder, tolerance: Tolerance) {
    let (goldens, inputs) = (Goldens::of(model), Inputs::of(model));
    let pixels: Vec<Pixels> = inputs
        .images
        .iter()
        .map(|name| encoder.preprocess(&picture(name)))
        .collect();
    let values: Vec<f32> = pixels
        .iter()
        .flat_map(|image| image.values.clone())
        .collect();
    let want = goldens.floats("pixel_values");
    assert_close(&format!("{model} pixel_values"), &values, &want, 1e-6);

    let want = goldens.floats("image_features");
    // Batches of one, odd and even size are split differently over the pools.
    for batch in [1, 3, 4] {
        let got: Vec<f32> = pixels
            .chunks(batch)
            .flat_map(|part| encoder.encode_images(part).unwrap())
            .collect();
        let what = format!("{model} pictures to features, {batch} at a time");
        assert_close(&what, &got, &want, tolerance.features);
    }

    let want = goldens.floats("text_features");
    let together = encoder.encode_texts(&inputs.texts()).unwrap();
    assert_close(
        &format!("{model} sentences to features"),
        &together,
        &want,
        tolerance.features,
    );
    let alone: Vec<f32> = inputs
        .texts()
        .iter()
        .flat_map(|text| encoder.encode_texts(&[text]).unwrap())
        .collect();
    assert_close(
        &format!("{model} one by one"),
        &alone,
        &want,
        tolerance.features,
    );

    assert!(encoder.encode_images(&[]).unwrap().is_empty());
    assert!(encoder.encode_texts(&[]).unwrap().is_empty());
}

#[test]
fn towers_agree_on_the_cpu() {
    for model in MODELS {
        check_towers(
            model,
            &load_towers(model, &ComputeDevice::cpu()),
            Tolerance::CPU,
        );
    }
}

#[test]
fn pictures_and_sentences_agree_on_the_cpu() {
    for model in MODELS {
        check_from_files(model, &load(model, &ComputeDevice::cpu()), Tolerance::CPU);
    }
}

#[test]
fn preprocessing_makes_pillows_bytes() {
    #[derive(Deserialize)]
    struct Picture {
        name: String,
    }
    let goldens = Goldens::of("preprocess");
    let json = std::fs::read(fixtures().join("preprocess/images.json")).unwrap();
    let pictures: Vec<Picture> = serde_json::from_slice(&json).unwrap();
    assert_eq!(pictures.len(), 7);
    let config = br#"{
        "size": {"shortest_edge": 224}, "crop_size": {"height": 224, "width": 224},
        "resample": 3, "rescale_factor": 0.00392156862745098,
        "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_std": [0.26862954, 0.26130258, 0.27577711]
    }"#;
    let preprocess = Preprocess::from_json(config, 224).unwrap();
    for Picture { name } in pictures {
        let image = picture(&format!("{name}.png"));
        let bytes = preprocess.resize_and_crop(&image).into_raw();
        let want = goldens.bytes(&format!("{name}.crop_u8"));
        assert_eq!(bytes.len(), want.len(), "{name}");
        assert!(bytes == want, "{name}: not Pillow's bytes");

        let pixels = preprocess.apply(&image);
        assert_eq!(pixels.size, 224);
        let want = goldens.floats(&format!("{name}.pixel_values"));
        assert_close(&name, &pixels.values, &want, 1e-6);
    }
}

fn tokenizer_of(model: &str) -> ClipTokenizer {
    let files = ModelFiles::from_dir(&fixtures().join(model)).unwrap();
    let config = ClipConfig::from_json(&files.config).unwrap();
    ClipTokenizer::from_json(&files.tokenizer, &config.text_config).unwrap()
}

#[test]
fn awkward_strings_get_the_tokens_of_the_reference() {
    #[derive(Deserialize)]
    struct Case {
        text: String,
        length: usize,
        ids: Vec<u32>,
    }
    let json = std::fs::read(fixtures().join("tokenizer/cases.json")).unwrap();
    let cases: Vec<Case> = serde_json::from_slice(&json).unwrap();
    assert_eq!(cases.len(), 98);
    let tokenizer = tokenizer_of("clip-tiny");
    for Case { text, length, ids } in cases {
        assert_eq!(tokenizer.n_tokens(&text).unwrap(), length, "{text:?}");
        assert_eq!(tokenizer.encode_uncut(&text, 77).unwrap(), ids, "{text:?}");
        // The model reads up to its first end of text, also one written in the text itself.
        let read = 1 + ids.iter().position(|&id| id == 999).unwrap();
        assert_eq!(tokenizer.encode(&text).unwrap(), ids[..read], "{text:?}");
    }
}

#[test]
fn long_texts_are_cut_with_their_end_kept() {
    for model in MODELS {
        let (goldens, inputs) = (Goldens::of(model), Inputs::of(model));
        let tokenizer = tokenizer_of(model);
        let rows = goldens.id_rows("input_ids");
        for ((text, row), &length) in inputs.texts.iter().zip(&rows).zip(&inputs.lengths) {
            let mut ids = tokenizer.encode(text).unwrap();
            assert_eq!(ids.len(), length, "{model} {text:?}");
            assert_eq!(ids.last(), Some(&inputs.eot_id), "{model} {text:?}");
            ids.resize(row.len(), inputs.pad_id);
            assert_eq!(&ids, row, "{model} {text:?}");
        }
        let n_positions = rows[0].len();
        let long = inputs.texts.last().unwrap();
        assert!(tokenizer.n_tokens(long).unwrap() > n_positions);
        for max_len in [2, 5, n_positions - 4, n_positions] {
            let ids = tokenizer.encode_within(long, max_len).unwrap();
            assert_eq!(ids.len(), max_len, "{model}");
            assert_eq!(
                ids[..max_len - 1],
                rows.last().unwrap()[..max_len - 1],
                "{model}"
            );
            assert_eq!(ids[max_len - 1], inputs.eot_id, "{model}");
        }
    }
}

/// The legacy value 2 means the highest id; any other value means the first position with that id.
#[test]
fn the_feature_stands_where_transformers_takes_it() {
    for (model, rule) in [
        ("clip-tiny", EotRule::HighestId),
        ("clip-alt", EotRule::FirstOf(513)),
    ] {
        let files = ModelFiles::from_dir(&fixtures().join(model)).unwrap();
        let config = ClipConfig::from_json(&files.config).unwrap();
        assert_eq!(config.text_config.eot_rule(), rule);
        let (goldens, inputs) = (Goldens::of(model), Inputs::of(model));
        for (row, &length) in goldens.id_rows("input_ids").iter().zip(&inputs.lengths) {
            assert_eq!(rule.position(row), length - 1, "{model}");
        }
    }
    let wrong = Goldens::of("clip-alt")
        .id_rows("input_ids")
        .iter()
        .filter(|row| EotRule::HighestId.position(row) != EotRule::FirstOf(513).position(row))
        .count();
    assert_eq!(wrong, 6, "the goldens tell the rules apart");
}

/// The model directory with every float tensor stored as `dtype`.
fn with_weights_as(model: &str, dtype: Dtype) -> tempfile::TempDir {
    let source = fixtures().join(model);
    let dir = tempfile::tempdir().unwrap();
    for file in ["config.json", "tokenizer.json", "preprocessor_config.json"] {
        std::fs::copy(source.join(file), dir.path().join(file)).unwrap();
    }
    let bytes = std::fs::read(source.join("model.safetensors")).unwrap();
    let tensors: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = SafeTensors::deserialize(&bytes)
        .unwrap()
        .tensors()
        .into_iter()
        .map(|(name, view)| {
            let shape = view.shape().to_vec();
            if view.dtype() != Dtype::F32 {
                return (name, view.dtype(), shape, view.data().to_vec());
            }
            let values: Vec<f32> = bytemuck::pod_collect_to_vec(view.data());
            let data = match dtype {
                Dtype::F16 => values
                    .iter()
                    .flat_map(|&x| f16::from_f32(x).to_le_bytes())
                    .collect(),
                Dtype::BF16 => values
                    .iter()
                    .flat_map(|&x| bf16::from_f32(x).to_le_bytes())
                    .collect(),
                _ => values
                    .iter()
                    .flat_map(|&x| f64::from(x).to_le_bytes())
                    .collect(),
            };
            (name, dtype, shape, data)
        })
        .collect();
    let views = tensors.iter().map(|(name, dtype, shape, data)| {
        (name, TensorView::new(*dtype, shape.clone(), data).unwrap())
    });
    let file = dir.path().join("model.safetensors");
    safetensors::serialize_to_file(views, None, &file).unwrap();
    dir
}

/// Narrow weights are widened exactly, so what remains is the rounding of the weights themselves:
/// half a unit in the last of 11 (f16) or 8 (bf16) bits.
#[test]
fn narrow_and_wide_weights_load() {
    for model in MODELS {
        for (dtype, tolerance) in [
            (Dtype::F16, Tolerance::CPU.times(200.0)),
            (Dtype::BF16, Tolerance::CPU.times(1600.0)),
            (Dtype::F64, Tolerance::CPU),
        ] {
            let dir = with_weights_as(model, dtype);
            let files = ModelFiles::from_dir(dir.path()).unwrap();
            let towers = ClipTowers::load(&files, &ComputeDevice::cpu()).unwrap();
            println!("{model} with weights as {dtype:?}");
            check_towers(model, &towers, tolerance);
        }
    }
}

#[test]
fn saving_gives_back_the_file_that_was_loaded() {
    for model in MODELS {
        let towers = load_towers(model, &ComputeDevice::cpu());
        let saved = weights::to_safetensors(towers.network(), burn::tensor::DType::F32).unwrap();
        let saved = SafeTensors::deserialize(&saved).unwrap();
        let bytes = std::fs::read(fixtures().join(model).join("model.safetensors")).unwrap();
        let original = SafeTensors::deserialize(&bytes).unwrap();
        let is_parameter = |name: &&str| !name.ends_with("position_ids");
        assert_eq!(
            saved.len(),
            original
                .names()
                .iter()
                .filter(|name| is_parameter(name))
                .count()
        );
        for (name, tensor) in saved.tensors() {
            let want = original.tensor(&name).unwrap();
            assert_eq!(tensor.shape(), want.shape(), "{model} {name}");
            assert_eq!(tensor.dtype(), want.dtype(), "{model} {name}");
            assert!(tensor.data() == want.data(), "{model} {name}");
        }
    }
}

/// On wgpu's software adapter.
pub fn check_on_gpu(device: &ComputeDevice) {
    for model in MODELS {
        let tolerance = Tolerance::CPU.times(10.0);
        check_towers(model, &load_towers(model, device), tolerance);
        check_from_files(model, &load(model, device), tolerance);
    }
}
