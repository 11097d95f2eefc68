//! `config.json` of a SigLIP or SigLIP 2 of fixed resolution in Hugging Face layout.
//!
//! Published files say only what differs from transformers' defaults, often three fields in all.

use serde::Deserialize;

use crate::model::ModelError;
use crate::model::encoder::activation::Activation;
use crate::model::encoder::bounds::{
    check_image, check_layers, check_texts, config_from_json, within,
};
use crate::model::encoder::transformer::TransformerConfig;

/// Shapes of both towers.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SiglipConfig {
    pub text_config: TextConfig,
    pub vision_config: VisionConfig,
}

/// The text tower; the field names are those of the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct TextConfig {
    /// Width of token embeddings and layers.
    pub hidden_size: usize,
    pub intermediate_size: usize,
    pub num_hidden_layers: usize,
    pub num_attention_heads: usize,
    pub hidden_act: Activation,
    pub layer_norm_eps: f64,
    /// The length of every text, padding included.
    pub max_position_embeddings: usize,
    pub vocab_size: usize,
    /// Length of the features; `hidden_size` where it is not said.
    pub projection_size: Option<usize>,
}

/// The image tower; the field names are those of the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct VisionConfig {
    /// Width of patch embeddings and layers, and length of the features.
    pub hidden_size: usize,
    pub intermediate_size: usize,
    pub num_hidden_layers: usize,
    pub num_attention_heads: usize,
    pub hidden_act: Activation,
    pub layer_norm_eps: f64,
    /// Side of the square image.
    pub image_size: usize,
    /// Side of a square patch.
    pub patch_size: usize,
    /// Always 3.
    pub num_channels: usize,
    /// Whether attention pools the patches; a model without it gives no feature of an image.
    pub vision_use_head: bool,
}

impl Default for TextConfig {
    fn default() -> Self {
        Self {
            hidden_size: 768,
            intermediate_size: 3072,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            hidden_act: Activation::GeluTanh,
            layer_norm_eps: 1e-6,
            max_position_embeddings: 64,
            vocab_size: 32000,
            projection_size: None,
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
            hidden_act: Activation::GeluTanh,
            layer_norm_eps: 1e-6,
            image_size: 224,
            patch_size: 16,
            num_channels: 3,
            vision_use_head: true,
        }
    }
}

impl SiglipConfig {
    /// # Errors
    /// [`ModelError::Config`] naming the field that no SigLIP can have.
    pub fn from_json(json: &[u8]) -> Result<Self, ModelError> {
        config_from_json(json, Self::check)
    }

    fn check(&self) -> Result<(), String> {
        let (text, vision) = (&self.text_config, &self.vision_config);
        let (n_positions, vocabulary) = (text.max_position_embeddings, text.vocab_size);
        check_texts("text_config", n_positions, vocabulary)?;
        within("text_config.projection_size", text.dim(), 16384)?;
        let (size, patch) = (vision.image_size, vision.patch_size);
        check_image("vision_config", size, patch, vision.num_channels)?;
        check_layers("text_config", &text.layers())?;
        check_layers("vision_config", &vision.layers())?;
        if !vision.vision_use_head {
            return Err("vision_config.vision_use_head is false: such a model has no feature of a whole image".into());
        }
        if text.dim() != vision.hidden_size {
            return Err(format!(
                "texts become {} numbers and images {}: they cannot be compared",
                text.dim(),
                vision.hidden_size
            ));
        }
        Ok(())
    }
}

impl TextConfig {
    /// Length of the features.
    pub fn dim(&self) -> usize {
        self.projection_size.unwrap_or(self.hidden_size)
    }

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

impl VisionConfig {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_configs_say_next_to_nothing() {
        let json = br#"{"model_type": "siglip", "text_config": {"vocab_size": 256000},
            "vision_config": {"image_size": 512}}"#;
        let config = SiglipConfig::from_json(json).unwrap();
        assert_eq!(config.text_config.vocab_size, 256_000);
        assert_eq!(config.text_config.dim(), 768);
        assert_eq!(config.text_config.hidden_act, Activation::GeluTanh);
        assert_eq!(config.vision_config.image_size, 512);
        assert_eq!(config.vision_config.patch_size, 16);
        let of_siglip_1 = SiglipConfig::from_json(b"{}").unwrap();
        assert_eq!(of_siglip_1.text_config.vocab_size, 32_000);
        assert_eq!(of_siglip_1.vision_config.image_size, 224);
    }

    #[test]
    fn impossible_numbers_are_named() {
        for (json, told) in [
            (r#"{"text_config": {"num_attention_heads": 7}}"#, "heads"),
            (
                r#"{"text_config": {"max_position_embeddings": 2}}"#,
                "max_position_embeddings",
            ),
            (r#"{"text_config": {"projection_size": 512}}"#, "512"),
            (
                r#"{"vision_config": {"vision_use_head": false}}"#,
                "vision_use_head",
            ),
            (r#"{"vision_config": {"patch_size": 33}}"#, "patch_size"),
            (r#"{"vision_config": {"hidden_act": "relu"}}"#, "relu"),
        ] {
            let told_now = SiglipConfig::from_json(json.as_bytes())
                .unwrap_err()
                .to_string();
            assert!(told_now.contains(told), "{told_now}");
        }
    }
}
