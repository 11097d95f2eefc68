//! What a model is made of, for people who ask.

use serde::Serialize;

use crate::model::preprocess::Framing;

/// What `vcl model info` prints.
#[derive(Clone, Debug, Serialize)]
pub struct ModelInfo {
    pub name: String,
    /// blake3 over the model's files, hexadecimal.
    pub hash: String,
    /// The same for all that decides the features of images: models that share it share an index.
    pub image_hash: String,
    pub embedding_dim: usize,
    #[serde(flatten)]
    pub image: ImageInfo,
    #[serde(flatten)]
    pub text: TextInfo,
    pub parameters: usize,
    /// Which part of a frame is looked at.
    pub framing: Framing,
    #[serde(flatten)]
    pub calibration: Calibration,
    pub device: String,
}

/// The image tower.
#[derive(Clone, Debug, Serialize)]
pub struct ImageInfo {
    pub image_size: usize,
    pub patch_size: usize,
    pub vision_width: usize,
    pub vision_layers: usize,
    pub vision_heads: usize,
    #[serde(skip)]
    pub n_params: usize,
}

/// The text tower.
#[derive(Clone, Debug, Serialize)]
pub struct TextInfo {
    pub text_width: usize,
    pub text_layers: usize,
    pub text_heads: usize,
    /// How many tokens a text may have, those that begin and end it included.
    pub text_positions: usize,
    pub vocabulary: usize,
    #[serde(skip)]
    pub n_params: usize,
}

/// How a model reads the cosine of an image and a text: `scale · cos`, or with a bias
/// `σ(scale · cos + bias)`, the probability that they fit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Calibration {
    /// The learned factor on cosines.
    #[serde(rename = "logit_scale")]
    pub scale: f32,
    /// What is added to the scaled cosine before the sigmoid, for models that were trained with one.
    #[serde(rename = "logit_bias", skip_serializing_if = "Option::is_none")]
    pub bias: Option<f32>,
}
