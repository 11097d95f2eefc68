//! What a model is made of, for people who ask.

use serde::Serialize;

/// What `vcl model info` prints.
#[derive(Clone, Debug, Serialize)]
pub struct ModelInfo {
    pub name: String,
    /// blake3 over the model's files, hexadecimal.
    pub hash: String,
    pub embedding_dim: usize,
    pub image_size: usize,
    pub patch_size: usize,
    pub vision_width: usize,
    pub vision_layers: usize,
    pub vision_heads: usize,
    pub text_width: usize,
    pub text_layers: usize,
    pub text_heads: usize,
    /// How many tokens a text may have, those that begin and end it included.
    pub text_positions: usize,
    pub vocabulary: usize,
    pub parameters: usize,
    /// The learned factor on cosines.
    pub logit_scale: f32,
    /// What is added to the scaled cosine before the sigmoid, for models that were trained with one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logit_bias: Option<f32>,
    pub device: String,
}
