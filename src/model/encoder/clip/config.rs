//! `config.json` of a CLIP model in Hugging Face layout.
//!
//! Fields that a published config leaves out take transformers' defaults.

use serde::{Deserialize, Serialize};

use crate::model::ModelError;
use crate::model::encoder::activation::Activation;
use crate::model::encoder::bounds::{
    check_image, check_layers, check_texts, config_from_json, within,
};
use crate::model::encoder::transformer::TransformerConfig;

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
        config_from_json(json, Self::check)
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let (text, vision) = (&self.text_config, &self.vision_config);
        within("projection_dim", self.projection_dim, 8192)?;
        let (n_positions, vocabulary) = (text.max_position_embeddings, text.vocab_size);
        check_texts("text_config", n_positions, vocabulary)?;
        let (size, patch) = (vision.image_size, vision.patch_size);
        check_image("vision_config", size, patch, vision.num_channels)?;
        check_layers("text_config", &text.layers())?;
        check_layers("vision_config", &vision.layers())
    }
}

impl TextConfig {
    /// The tower between the embeddings and the last norm.
    pub(super) fn layers(&self) -> TransformerConfig {
        TransformerConfig {
            width: self.hidden_size,
            inner: self.intermediate_size,
            n_layers: self.num_hidden_layers,
            n_heads: self.num_attention_heads,
            activation: self.hidden_act,
            eps: self.layer_norm_eps,
            causal: true,
        }
    }

    /// transformers' rule: the legacy value 2 means "the highest id".
    pub fn eot_rule(&self) -> EotRule {
        match self.eos_token_id {
            2 => EotRule::HighestId,
            id => EotRule::FirstOf(u32::try_from(id).unwrap_or(u32::MAX)),
        }
    }
}

impl VisionConfig {
    /// The tower between the two norms.
    pub(super) fn layers(&self) -> TransformerConfig {
        TransformerConfig {
            width: self.hidden_size,
            inner: self.intermediate_size,
            n_layers: self.num_hidden_layers,
            n_heads: self.num_attention_heads,
            activation: self.hidden_act,
            eps: self.layer_norm_eps,
            causal: false,
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
