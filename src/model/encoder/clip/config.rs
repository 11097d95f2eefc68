//! `config.json` of a CLIP model in Hugging Face layout.
//!
//! Fields that a published config leaves out take transformers' defaults. Every number that decides
//! an allocation is bounded before use, because a directory from anywhere may say anything.

use serde::{Deserialize, Serialize};

use crate::model::ModelError;
use crate::model::encoder::activation::Activation;

/// Shapes and rules of both towers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ClipConfig {
    pub text_config: TextConfig,
    pub vision_config: VisionConfig,
    /// Length of the features of both towers.
    #[serde(default = "default_projection_dim")]
    pub projection_dim: usize,
}

/// The text tower; the field names are those of the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct TextConfig {
    /// Width of token embeddings and layers.
    pub hidden_size: usize,
    /// Width between the two products of a layer's perceptron.
    pub intermediate_size: usize,
    pub num_hidden_layers: usize,
    /// Heads of each attention; they divide `hidden_size`.
    pub num_attention_heads: usize,
    pub hidden_act: Activation,
    /// Added to the variance in every norm.
    pub layer_norm_eps: f64,
    /// The longest text, SOT and EOT included.
    pub max_position_embeddings: usize,
    pub vocab_size: usize,
    /// Id of EOT, or the legacy value 2: see [`TextConfig::eot_rule`].
    pub eos_token_id: i64,
}

/// The image tower; the field names are those of the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct VisionConfig {
    /// Width of patch embeddings and layers.
    pub hidden_size: usize,
    /// Width between the two products of a layer's perceptron.
    pub intermediate_size: usize,
    pub num_hidden_layers: usize,
    /// Heads of each attention; they divide `hidden_size`.
    pub num_attention_heads: usize,
    pub hidden_act: Activation,
    /// Added to the variance in every norm.
    pub layer_norm_eps: f64,
    /// Side of the square image.
    pub image_size: usize,
    /// Side of a square patch; it divides `image_size`.
    pub patch_size: usize,
    /// Always 3.
    pub num_channels: usize,
}

/// Which position of the text tower is the text's feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EotRule {
    /// The highest id, the first of equals: for configs that say `eos_token_id = 2`, as the first
    /// published ones did.
    HighestId,
    /// The first position with this id.
    FirstOf(u32),
}

fn default_projection_dim() -> usize {
    512
}

impl Default for TextConfig {
    fn default() -> Self {
        Self {
            hidden_size: 512,
            intermediate_size: 2048,
            num_hidden_layers: 12,
            num_attention_heads: 8,
            hidden_act: Activation::QuickGelu,
            layer_norm_eps: 1e-5,
            max_position_embeddings: 77,
            vocab_size: 49408,
            eos_token_id: 49407,
        }
    }
}

impl Default for VisionConfig {
    fn default() -> Self {
        Self {
            hidden_size: 768,
            intermediate_size: 3072,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            hidden_act: Activation::QuickGelu,
            layer_norm_eps: 1e-5,
            image_size: 224,
            patch_size: 32,
            num_channels: 3,
        }
    }
}

impl ClipConfig {
    /// # Errors
    /// [`ModelError::Config`] naming the field that no CLIP can have.
    pub fn from_json(json: &[u8]) -> Result<Self, ModelError> {
        let invalid = |reason: String| ModelError::Config {
            file: "config.json",
            reason,
        };
        let config: Self =
            serde_json::from_slice(json).map_err(|error| invalid(error.to_string()))?;
        config.check().map_err(invalid)?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        let (text, vision) = (&self.text_config, &self.vision_config);
        let within = |name: &str, value: usize, max: usize| {
            if (1..=max).contains(&value) {
                Ok(())
            } else {
                Err(format!("{name} is {value}, expected 1 to {max}"))
            }
        };
        within("projection_dim", self.projection_dim, 8192)?;
        within(
            "text_config.max_position_embeddings",
            text.max_position_embeddings,
            8192,
        )?;
        within("text_config.vocab_size", text.vocab_size, 2_000_000)?;
        within("vision_config.image_size", vision.image_size, 2048)?;
        within(
            "vision_config.patch_size",
            vision.patch_size,
            vision.image_size,
        )?;
        within("vision_config.num_channels", vision.num_channels, 3)?;
        if vision.num_channels != 3 {
            return Err("vision_config.num_channels must be 3".into());
        }
        if !vision.image_size.is_multiple_of(vision.patch_size) {
            return Err("vision_config.image_size is not a multiple of patch_size".into());
        }
        if text.max_position_embeddings < 3 {
            return Err("text_config.max_position_embeddings leaves no room for words".into());
        }
        for (tower, width, inner, layers, heads, eps) in [
            (
                "text_config",
                text.hidden_size,
                text.intermediate_size,
                text.num_hidden_layers,
                text.num_attention_heads,
                text.layer_norm_eps,
            ),
            (
                "vision_config",
                vision.hidden_size,
                vision.intermediate_size,
                vision.num_hidden_layers,
                vision.num_attention_heads,
                vision.layer_norm_eps,
            ),
        ] {
            within(&format!("{tower}.hidden_size"), width, 16384)?;
            within(&format!("{tower}.intermediate_size"), inner, 65536)?;
            within(&format!("{tower}.num_hidden_layers"), layers, 256)?;
            within(&format!("{tower}.num_attention_heads"), heads, 1024)?;
            if !width.is_multiple_of(heads) {
                return Err(format!("{tower}: {heads} heads do not divide {width}"));
            }
            if !(eps.is_finite() && eps > 0.0) {
                return Err(format!("{tower}.layer_norm_eps must be positive"));
            }
        }
        Ok(())
    }
}

impl TextConfig {
    /// transformers' rule: the legacy value 2 means "the highest id".
    pub fn eot_rule(&self) -> EotRule {
        match self.eos_token_id {
            2 => EotRule::HighestId,
            id => EotRule::FirstOf(u32::try_from(id).unwrap_or(u32::MAX)),
        }
    }
}

impl EotRule {
    /// The feature's position in a sequence of ids.
    pub fn position(self, ids: &[u32]) -> usize {
        match self {
            Self::HighestId => ids
                .iter()
                .enumerate()
                .max_by_key(|(i, id)| (**id, std::cmp::Reverse(*i)))
                .map_or(0, |(i, _)| i),
            Self::FirstOf(eot) => ids.iter().position(|&id| id == eot).unwrap_or(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn left_out_fields_are_those_of_vit_b_32() {
        let config = ClipConfig::from_json(br#"{"text_config": {}, "vision_config": {}}"#).unwrap();
        assert_eq!(config.projection_dim, 512);
        assert_eq!(config.text_config.hidden_size, 512);
        assert_eq!(config.vision_config.num_hidden_layers, 12);
        assert_eq!(config.vision_config.hidden_act, Activation::QuickGelu);
    }

    #[test]
    fn impossible_numbers_are_named() {
        for (json, field) in [
            (
                r#"{"text_config": {"num_attention_heads": 0}, "vision_config": {}}"#,
                "num_attention_heads",
            ),
            (
                r#"{"text_config": {"num_attention_heads": 7}, "vision_config": {}}"#,
                "heads",
            ),
            (
                r#"{"text_config": {}, "vision_config": {"hidden_size": 999999999}}"#,
                "hidden_size",
            ),
            (
                r#"{"text_config": {}, "vision_config": {"patch_size": 33}}"#,
                "patch_size",
            ),
            (
                r#"{"text_config": {}, "vision_config": {"hidden_act": "relu"}}"#,
                "relu",
            ),
            ("[]", "config.json"),
        ] {
            let message = ClipConfig::from_json(json.as_bytes())
                .unwrap_err()
                .to_string();
            assert!(message.contains(field), "{message}");
        }
    }

    #[test]
    fn the_end_of_text_is_found_by_either_rule() {
        assert_eq!(EotRule::HighestId.position(&[998, 5, 999, 999]), 2);
        assert_eq!(EotRule::FirstOf(513).position(&[512, 700, 513, 0]), 2);
    }
}
