//! Families of encoders: what each of them offers, and which one a model directory holds.
//!
//! A family is a folder beside this file with the shapes and rules of its two towers. It implements
//! [`Family`] and is an arm of [`Towers`]; nothing outside knows it.

use burn::tensor::Tensor;
use serde::Deserialize;

use crate::model::ModelError;
use crate::model::device::ComputeDevice;
use crate::model::encoder::clip::ClipTowers;
use crate::model::encoder::files::{ModelFiles, ModelId};
use crate::model::encoder::info::ModelInfo;
use crate::model::encoder::prompt_tokens::{PromptRows, PromptTokens};
use crate::model::preprocess::Preprocess;

/// The frozen towers of a model with their tokenizer and preprocessing. A copy shares the weights.
#[derive(Clone)]
pub(super) enum Towers {
    Clip(ClipTowers),
}

impl Towers {
    /// # Errors
    /// [`ModelError::UnknownFamily`] before anything is loaded, and those of the family.
    pub fn load(files: &ModelFiles, device: &ComputeDevice) -> Result<Self, ModelError> {
        match model_type(&files.config)?.as_str() {
            "clip" => Ok(Self::Clip(ClipTowers::load(files, device)?)),
            other => Err(ModelError::UnknownFamily(other.chars().take(40).collect())),
        }
    }

    pub fn family(&self) -> &dyn Family {
        match self {
            Self::Clip(towers) => towers,
        }
    }
}

/// `model_type` in `config.json`. Configs without it are CLIP's: it was the only family.
fn model_type(config: &[u8]) -> Result<String, ModelError> {
    #[derive(Deserialize)]
    struct Config {
        #[serde(default = "clip")]
        model_type: String,
    }
    fn clip() -> String {
        "clip".to_owned()
    }
    serde_json::from_slice::<Config>(config)
        .map(|config| config.model_type)
        .map_err(|error| ModelError::Config {
            file: "config.json",
            reason: error.to_string(),
        })
}

/// What an encoder needs of its two towers.
///
/// Features are projected into the space that images and texts share, and not normalised.
pub(super) trait Family {
    /// Length of a feature.
    fn dim(&self) -> usize;

    /// Width of the token embeddings, and so of context vectors.
    fn text_width(&self) -> usize;

    /// Side of the square images that the image tower takes.
    fn image_size(&self) -> usize;

    fn preprocess(&self) -> &Preprocess;

    /// # Shapes
    /// - pixels: `[batch, 3, size, size]`
    /// - output: `[batch, dim]`
    fn image_features(&self, pixels: Tensor<4>) -> Tensor<2>;

    /// A text as ids with room for `n_ctx` context vectors, cut so that all fits the tower.
    ///
    /// Texts may be of different lengths where padding changes nothing. A tower to which padding
    /// matters has it added here, so that all its texts are of one length.
    fn tokenize(&self, text: &str, n_ctx: usize) -> Result<PromptTokens, ModelError>;

    /// Features `[texts, dim]` of texts as they are.
    fn text_features(&self, texts: &[PromptTokens]) -> Tensor<2>;

    /// Features `[rows, dim]` of the rows of all groups, with their context vectors put where this
    /// family has them. Differentiable in the context.
    fn prompt_features(&self, groups: &[PromptRows<'_>]) -> Tensor<2>;

    /// Token embeddings `[n, text_width]` of the pieces of some words, without special tokens;
    /// `None` where there are no words.
    fn word_embeddings(&self, words: &str) -> Result<Option<Tensor<2>>, ModelError>;

    /// Multiply-adds of the text tower for one position.
    fn text_work_per_position(&self) -> usize;

    fn info(&self, id: &ModelId, device: &ComputeDevice) -> Result<ModelInfo, ModelError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_told_by_its_model_type() {
        let of = |json: &str| model_type(json.as_bytes());
        assert_eq!(of(r#"{"text_config": {}}"#).unwrap(), "clip");
        assert_eq!(of(r#"{"model_type": "siglip"}"#).unwrap(), "siglip");
        for damaged in ["{", "null", r#"{"model_type": 5}"#] {
            let message = of(damaged).unwrap_err().to_string();
            assert!(message.contains("config.json"), "{message}");
        }
    }
}
