//! CLIP in open_clip's layout, and in OpenAI's original one, which has the same names.
//!
//! | open_clip | here |
//! |---|---|
//! | `visual.conv1.weight` | `vision_model.embeddings.patch_embedding.weight` |
//! | `visual.class_embedding`, `visual.positional_embedding` | `vision_model.embeddings.class_embedding`, `….position_embedding.weight` |
//! | `visual.ln_pre`, `visual.ln_post` | `vision_model.pre_layrnorm`, `vision_model.post_layernorm` |
//! | `visual.transformer.resblocks.N`, `transformer.resblocks.N` | `vision_model.encoder.layers.N`, `text_model.encoder.layers.N` |
//! | `….ln_1`, `….ln_2`, `….mlp.c_fc`, `….mlp.c_proj`, `….attn.out_proj` | `….layer_norm1`, `….layer_norm2`, `….mlp.fc1`, `….mlp.fc2`, `….self_attn.out_proj` |
//! | `….attn.in_proj_weight`, `….attn.in_proj_bias` | thirds of the rows: `….self_attn.{q,k,v}_proj` |
//! | `visual.proj`, `text_projection` | `visual_projection.weight`, `text_projection.weight`, transposed |
//! | `token_embedding.weight`, `positional_embedding` | `text_model.embeddings.{token,position}_embedding.weight` |
//! | `ln_final` | `text_model.final_layer_norm` |
//!
//! Where the config says `custom_text`, the names of the text tower stand below `text.`. Towers of timm
//! (`visual.trunk`) and convolutional ones are other networks and are refused by name.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domain::OPEN_CLIP_CONFIG;
use crate::model::ModelError;
use crate::model::encoder::activation::Activation;
use crate::model::encoder::checkpoint::{Checkpoint, Renaming};
use crate::model::encoder::clip::config::{ClipConfig, TextConfig, VisionConfig};
use crate::model::encoder::layout::other_open_clip;

/// With it transformers' rule is open_clip's: the feature stands at the highest id.
const HIGHEST_ID: i64 = 2;

/// Of the perceptron, where the config does not say it.
const MLP_RATIO: f64 = 4.0;

/// Of each head of the image tower, where the config does not say it.
const HEAD_WIDTH: usize = 64;

#[derive(Deserialize)]
struct OpenClipConfig {
    model_cfg: ModelConfig,
}

#[derive(Deserialize)]
struct ModelConfig {
    embed_dim: usize,
    #[serde(default)]
    quick_gelu: bool,
    vision_cfg: Map<String, Value>,
    text_cfg: Map<String, Value>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// What the towers may say of themselves. What else there is changes the network, unless it is only for
/// training or for the tokenizer, or says no.
const VISION_FIELDS: [&str; 8] = [
    "image_size",
    "layers",
    "width",
    "head_width",
    "patch_size",
    "mlp_ratio",
    "patch_dropout",
    "output_tokens",
];
const TEXT_FIELDS: [&str; 9] = [
    "context_length",
    "vocab_size",
    "width",
    "heads",
    "layers",
    "mlp_ratio",
    "hf_tokenizer_name",
    "tokenizer_kwargs",
    "output_tokens",
];
const MODEL_FIELDS: [&str; 3] = ["custom_text", "init_logit_scale", "init_logit_bias"];

/// Shapes and rules of the towers that `open_clip_config.json` describes.
///
/// # Errors
/// [`ModelError::OpenClip`] naming a tower that is no plain transformer, and [`ModelError::Config`].
pub(super) fn config_from_json(json: &[u8]) -> Result<ClipConfig, ModelError> {
    let invalid = |reason: String| ModelError::Config {
        file: OPEN_CLIP_CONFIG,
        reason,
    };
    if let Some(other) = other_open_clip(json) {
        return Err(other);
    }
    let config: OpenClipConfig =
        serde_json::from_slice(json).map_err(|error| invalid(error.to_string()))?;
    let model = config.model_cfg;
    for (part, fields, known) in [
        ("model_cfg", &model.others, &MODEL_FIELDS[..]),
        ("vision_cfg", &model.vision_cfg, &VISION_FIELDS[..]),
        ("text_cfg", &model.text_cfg, &TEXT_FIELDS[..]),
    ] {
        if let Some(field) = unknown_field(fields, known) {
            return Err(ModelError::OpenClip(format!("a tower with {part}.{field}")));
        }
    }
    let (vision, text) = (Fields(&model.vision_cfg), Fields(&model.text_cfg));
    let activation = match model.quick_gelu {
        true => Activation::QuickGelu,
        false => Activation::Gelu,
    };
    let build = || -> Result<ClipConfig, String> {
        let (width, text_width) = (vision.number("width", 768)?, text.number("width", 512)?);
        let head_width = vision.number("head_width", HEAD_WIDTH)?.max(1);
        Ok(ClipConfig {
            projection_dim: model.embed_dim,
            vision_config: VisionConfig {
                hidden_size: width,
                intermediate_size: vision.times_ratio(width)?,
                num_hidden_layers: vision.number("layers", 12)?,
                num_attention_heads: width / head_width,
                hidden_act: activation,
                image_size: vision.number("image_size", 224)?,
                patch_size: vision.number("patch_size", 16)?,
                ..VisionConfig::default()
            },
            text_config: TextConfig {
                hidden_size: text_width,
                intermediate_size: text.times_ratio(text_width)?,
                num_hidden_layers: text.number("layers", 12)?,
                num_attention_heads: text.number("heads", 8)?,
                hidden_act: activation,
                max_position_embeddings: text.number("context_length", 77)?,
                vocab_size: text.number("vocab_size", 49408)?,
                eos_token_id: HIGHEST_ID,
                ..TextConfig::default()
            },
        })
    };
    let config = build().map_err(invalid)?;
    config.check().map_err(invalid)?;
    Ok(config)
}

/// A field that is not known and does not just say no.
fn unknown_field<'a>(fields: &'a Map<String, Value>, known: &[&str]) -> Option<&'a str> {
    let says_no = |value: &Value| matches!(value, Value::Null | Value::Bool(false));
    let mut fields = fields.iter();
    let found = fields.find(|(field, value)| !known.contains(&field.as_str()) && !says_no(value));
    found.map(|(field, _)| field.as_str())
}

struct Fields<'a>(&'a Map<String, Value>);

impl Fields<'_> {
    fn number(&self, field: &str, default: usize) -> Result<usize, String> {
        match self.0.get(field) {
            None | Some(Value::Null) => Ok(default),
            Some(value) => {
                let number = value
                    .as_u64()
                    .and_then(|number| usize::try_from(number).ok());
                number.ok_or_else(|| format!("{field} is {value}, expected a whole number"))
            }
        }
    }

    /// The inner width of the perceptron.
    fn times_ratio(&self, width: usize) -> Result<usize, String> {
        let ratio = match self.0.get("mlp_ratio") {
            None | Some(Value::Null) => MLP_RATIO,
            Some(value) => value.as_f64().unwrap_or(0.0),
        };
        if !(ratio > 0.0 && ratio < 1000.0) {
            return Err(format!("mlp_ratio is {ratio}, expected a positive number"));
        }
        Ok((width as f64 * ratio) as usize)
    }
}

/// The shapes that OpenAI's original weights imply, which come without a config.
///
/// # Errors
/// [`ModelError::Weights`] naming a tensor that decides a shape and is missing.
pub(super) fn config_of_tensors(checkpoint: &Checkpoint) -> Result<ClipConfig, ModelError> {
    let shape = |name: &str, n_dims: usize| {
        let shape = checkpoint.get(name).map(|tensor| tensor.shape.clone());
        shape.filter(|shape| shape.len() == n_dims).ok_or_else(|| {
            ModelError::Weights(format!(
                "tensor {name} is missing, so this is no CLIP with a vision transformer"
            ))
        })
    };
    let n_layers = |tower: &str| {
        let layers = checkpoint.names().filter_map(|name| {
            let name = name.strip_prefix(tower)?.strip_prefix(".encoder.layers.")?;
            name.split('.').next()?.parse::<usize>().ok()
        });
        layers.max().map_or(0, |last| last + 1)
    };
    let patches = shape("vision_model.embeddings.patch_embedding.weight", 4)?;
    let (width, patch) = (patches[0], patches[2]);
    let n_positions = shape("vision_model.embeddings.position_embedding.weight", 2)?[0];
    let side = n_positions.saturating_sub(1).isqrt();
    let tokens = shape("text_model.embeddings.token_embedding.weight", 2)?;
    let positions = shape("text_model.embeddings.position_embedding.weight", 2)?;
    let inner = |tower: &str| shape(&format!("{tower}.encoder.layers.0.mlp.fc1.weight"), 2);
    let config = ClipConfig {
        projection_dim: shape("text_projection.weight", 2)?[0],
        vision_config: VisionConfig {
            hidden_size: width,
            intermediate_size: inner("vision_model")?[0],
            num_hidden_layers: n_layers("vision_model"),
            num_attention_heads: (width / HEAD_WIDTH).max(1),
            image_size: side * patch,
            patch_size: patch,
            ..VisionConfig::default()
        },
        text_config: TextConfig {
            hidden_size: tokens[1],
            intermediate_size: inner("text_model")?[0],
            num_hidden_layers: n_layers("text_model"),
            num_attention_heads: (tokens[1] / HEAD_WIDTH).max(1),
            max_position_embeddings: positions[0],
            vocab_size: tokens[0],
            eos_token_id: HIGHEST_ID,
            ..TextConfig::default()
        },
    };
    config.check().map_err(ModelError::Weights)?;
    Ok(config)
}

/// The table above.
pub(super) fn renaming(name: &str) -> Renaming {
    // Checkpoints of training and of several GPUs put everything below a name.
    let name = name.strip_prefix("state_dict.").unwrap_or(name);
    let name = name.strip_prefix("module.").unwrap_or(name);
    let (tower, rest) = match name.strip_prefix("visual.") {
        Some(rest) => ("vision_model", rest),
        None => ("text_model", name.strip_prefix("text.").unwrap_or(name)),
    };
    let below = |part: &str| Renaming::As(format!("{tower}.{part}"));
    match (tower, rest) {
        ("vision_model", "conv1.weight") => below("embeddings.patch_embedding.weight"),
        ("vision_model", "class_embedding") => below("embeddings.class_embedding"),
        (_, "positional_embedding") => below("embeddings.position_embedding.weight"),
        ("vision_model", "proj") => Renaming::Transposed("visual_projection.weight".to_owned()),
        ("text_model", "text_projection") => {
            Renaming::Transposed("text_projection.weight".to_owned())
        }
        ("text_model", "token_embedding.weight") => below("embeddings.token_embedding.weight"),
        ("text_model", "logit_scale") => Renaming::As("logit_scale".to_owned()),
        // A mask that older files store, and numbers that OpenAI's file has beside the tensors.
        (
            "text_model",
            "attn_mask" | "input_resolution" | "context_length" | "vocab_size" | "logit_bias",
        ) => Renaming::Nothing,
        _ => norm_or_layer(tower, rest),
    }
}

fn norm_or_layer(tower: &str, rest: &str) -> Renaming {
    for (theirs, ours) in [
        ("ln_pre.", "pre_layrnorm."),
        ("ln_post.", "post_layernorm."),
        ("ln_final.", "final_layer_norm."),
    ] {
        if let Some(leaf) = rest.strip_prefix(theirs) {
            return Renaming::As(format!("{tower}.{ours}{leaf}"));
        }
    }
    let layer = rest.strip_prefix("transformer.resblocks.");
    let Some((n, part)) = layer.and_then(|layer| layer.split_once('.')) else {
        return Renaming::Same;
    };
    let layer = format!("{tower}.encoder.layers.{n}");
    if let Some(leaf) = part.strip_prefix("attn.in_proj_") {
        return Renaming::Thirds(
            ["q", "k", "v"].map(|p| format!("{layer}.self_attn.{p}_proj.{leaf}")),
        );
    }
    for (theirs, ours) in [
        ("ln_1.", "layer_norm1."),
        ("ln_2.", "layer_norm2."),
        ("attn.out_proj.", "self_attn.out_proj."),
        ("mlp.c_fc.", "mlp.fc1."),
        ("mlp.c_proj.", "mlp.fc2."),
    ] {
        if let Some(leaf) = part.strip_prefix(theirs) {
            return Renaming::As(format!("{layer}.{ours}{leaf}"));
        }
    }
    Renaming::Same
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_as_in_open_clip() {
        let json = br#"{"model_cfg": {"embed_dim": 512, "vision_cfg": {"layers": 12, "width": 768,
            "patch_size": 32}, "text_cfg": {"width": 512, "heads": 8, "no_causal_mask": false}}}"#;
        let config = config_from_json(json).unwrap();
        let (text, vision) = (&config.text_config, &config.vision_config);
        assert_eq!(vision.hidden_act, Activation::Gelu, "LAION's");
        assert_eq!(
            (vision.num_attention_heads, vision.intermediate_size),
            (12, 3072)
        );
        assert_eq!(
            (text.num_attention_heads, text.intermediate_size),
            (8, 2048)
        );
        assert_eq!(text.max_position_embeddings, 77);
    }

    #[test]
    fn other_networks_are_refused_by_name() {
        for (vision, text, told) in [
            (
                r#""timm_model_name": "vit_base_patch16_siglip_256""#,
                "",
                "vit_base_patch16_siglip_256",
            ),
            (r#""layers": [3, 4, 6, 3]"#, "", "convolutional"),
            (
                "",
                r#""hf_model_name": "xlm-roberta-base""#,
                "xlm-roberta-base",
            ),
            (
                r#""attentional_pool": true"#,
                "",
                "vision_cfg.attentional_pool",
            ),
            ("", r#""no_causal_mask": true"#, "text_cfg.no_causal_mask"),
        ] {
            let json = format!(
                r#"{{"model_cfg": {{"embed_dim": 8, "vision_cfg": {{{vision}}}, "text_cfg": {{{text}}}}}}}"#
            );
            let error = config_from_json(json.as_bytes()).unwrap_err();
            assert!(matches!(error, ModelError::OpenClip(_)), "{error}");
            assert!(error.to_string().contains(told), "{error}");
        }
        for damaged in [
            "{}",
            r#"{"model_cfg": {"embed_dim": 8, "vision_cfg": {"width": -1}, "text_cfg": {}}}"#,
            r#"{"model_cfg": {"embed_dim": 8, "vision_cfg": {"mlp_ratio": 0}, "text_cfg": {}}}"#,
        ] {
            let error = config_from_json(damaged.as_bytes())
                .unwrap_err()
                .to_string();
            assert!(error.contains(OPEN_CLIP_CONFIG), "{error}");
        }
    }
}
