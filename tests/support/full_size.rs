//! Models of published shapes with seeded random weights, in the layout of a real download.

use std::path::Path;

use burn::tensor::{DType, Device};
use safetensors::SafeTensors;
use safetensors::tensor::TensorView;
use serde_json::{Value, json};
use vcl::model::encoder::clip::{Clip, ClipConfig};
use vcl::model::encoder::siglip::SiglipConfig;
use vcl::model::encoder::weights;

/// `openai/clip-vit-base-patch32`.
pub const VIT_B_32: &str = r#"{
    "projection_dim": 512,
    "text_config": {"eos_token_id": 2, "hidden_size": 512, "intermediate_size": 2048,
        "num_hidden_layers": 12, "num_attention_heads": 8, "vocab_size": 49408,
        "max_position_embeddings": 77, "hidden_act": "quick_gelu"},
    "vision_config": {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12,
        "num_attention_heads": 12, "image_size": 224, "patch_size": 32, "hidden_act": "quick_gelu"}
}"#;

/// `openai/clip-vit-large-patch14`.
#[allow(dead_code)] // Each program that includes this file uses what it needs.
pub const VIT_L_14: &str = r#"{
    "projection_dim": 768,
    "text_config": {"eos_token_id": 2, "hidden_size": 768, "intermediate_size": 3072,
        "num_hidden_layers": 12, "num_attention_heads": 12, "vocab_size": 49408,
        "max_position_embeddings": 77, "hidden_act": "quick_gelu"},
    "vision_config": {"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24,
        "num_attention_heads": 16, "image_size": 224, "patch_size": 14, "hidden_act": "quick_gelu"}
}"#;

/// `google/siglip2-base-patch32-256`, but for the table of tokens, which no image needs.
#[allow(dead_code)]
pub const SIGLIP_B_32_256: &str = r#"{
    "model_type": "siglip",
    "text_config": {"vocab_size": 860},
    "vision_config": {"image_size": 256, "patch_size": 32}
}"#;

/// Writes a model of random weights that `config` describes into `dir`, with the tokenizer of
/// `siglip-tiny`.
#[allow(dead_code)]
pub fn save_random_siglip(config: &str, dir: &Path) {
    let device = Device::flex();
    device.seed(20_260_101);
    let shape = SiglipConfig::from_json(config.as_bytes()).unwrap();
    let weights = weights::to_safetensors(&shape.init(&device), DType::F32).unwrap();
    let weights = SafeTensors::deserialize(&weights).unwrap();
    let text = &shape.text_config;
    let table: Vec<f32> = (0..text.vocab_size * text.hidden_size)
        .map(|i| (i * 7919 % 2003) as f32 / 40_000.0 - 0.025)
        .collect();
    let table = TensorView::new(
        safetensors::Dtype::F32,
        vec![text.vocab_size, text.hidden_size],
        bytemuck::cast_slice(&table),
    );
    let mut tensors = weights.tensors();
    let name = "text_model.embeddings.token_embedding.weight";
    tensors.push((name.to_owned(), table.unwrap()));
    safetensors::serialize_to_file(tensors, None, &dir.join("model.safetensors")).unwrap();
    let tokenizer =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/siglip-tiny/tokenizer.json");
    std::fs::copy(tokenizer, dir.join("tokenizer.json")).unwrap();
    std::fs::write(dir.join("config.json"), config).unwrap();
    let size = shape.vision_config.image_size;
    let preprocessor = json!({"resample": 2, "size": {"height": size, "width": size}});
    std::fs::write(
        dir.join("preprocessor_config.json"),
        preprocessor.to_string(),
    )
    .unwrap();
}

const PREPROCESSOR: &str = r#"{
    "size": 224, "crop_size": 224, "resample": 3,
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711]
}"#;

/// The random model that `config` describes, the same at every call.
pub fn random_clip(config: &str) -> Clip {
    let device = Device::flex();
    device.seed(20_260_101);
    ClipConfig::from_json(config.as_bytes())
        .unwrap()
        .init(&device)
}

/// Writes `clip` into `dir` as a model directory.
pub fn save(clip: &Clip, config: &str, dtype: DType, dir: &Path) {
    let vocabulary = serde_json::from_str::<Value>(config).unwrap()["text_config"]["vocab_size"]
        .as_u64()
        .unwrap();
    std::fs::write(dir.join("config.json"), config).unwrap();
    std::fs::write(dir.join("preprocessor_config.json"), PREPROCESSOR).unwrap();
    std::fs::write(dir.join("tokenizer.json"), tokenizer(vocabulary)).unwrap();
    let weights = weights::to_safetensors(clip, dtype).unwrap();
    std::fs::write(dir.join("model.safetensors"), weights).unwrap();
}

/// The tokenizer of `clip-tiny`, filled up to a `vocabulary` whose last two ids are SOT and EOT.
fn tokenizer(vocabulary: u64) -> Vec<u8> {
    const SMALL: u64 = 1000;
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/clip-tiny/tokenizer.json");
    let mut tokenizer: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let vocab = tokenizer["model"]["vocab"].as_object_mut().unwrap();
    for id in vocab.values_mut() {
        move_special(id, SMALL, vocabulary);
    }
    for id in SMALL - 2..vocabulary - 2 {
        vocab.insert(format!("filler{id}"), json!(id));
    }
    for added in tokenizer["added_tokens"].as_array_mut().unwrap() {
        move_special(&mut added["id"], SMALL, vocabulary);
    }
    move_all_ids(&mut tokenizer["post_processor"], SMALL, vocabulary);
    serde_json::to_vec(&tokenizer).unwrap()
}

/// SOT and EOT are the two highest ids in both vocabularies.
fn move_special(id: &mut Value, small: u64, vocabulary: u64) {
    if let Some(from_end) = id.as_u64().and_then(|id| (id + 2).checked_sub(small)) {
        *id = json!(vocabulary - 2 + from_end);
    }
}

fn move_all_ids(value: &mut Value, small: u64, vocabulary: u64) {
    match value {
        Value::Number(_) => move_special(value, small, vocabulary),
        Value::Array(values) => {
            values
                .iter_mut()
                .for_each(|value| move_all_ids(value, small, vocabulary));
        }
        Value::Object(fields) => {
            fields
                .values_mut()
                .for_each(|value| move_all_ids(value, small, vocabulary));
        }
        _ => {}
    }
}
