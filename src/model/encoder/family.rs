//! What a family of encoders offers: an image side and a text side.
//!
//! A family is a folder beside this file with the shapes and rules of its towers. It implements
//! [`ImageSide`], [`TextSide`] or both and is part of an arm of [`Towers`](super::towers::Towers);
//! nothing outside knows it. The two sides are apart because a text tower may be exchanged: what was
//! made of images stays as it is.

use burn::tensor::Tensor;

use crate::model::ModelError;
use crate::model::encoder::info::{Calibration, ImageInfo, TextInfo};
use crate::model::encoder::prompt_tokens::{PromptRows, PromptTokens};
use crate::model::encoder::transformer::TransformerConfig;
use crate::model::preprocess::Preprocess;

/// What an encoder needs of its image tower.
///
/// Features are projected into the space that images and texts share, and not normalised.
pub(super) trait ImageSide {
    /// Length of a feature.
    fn dim(&self) -> usize;

    /// Side of the square images that the image tower takes.
    fn image_size(&self) -> usize;

    fn preprocess(&self) -> &Preprocess;

    /// # Shapes
    /// - pixels: `[batch, 3, size, size]`
    /// - output: `[batch, dim]`
    fn image_features(&self, pixels: Tensor<4>) -> Tensor<2>;

    /// How the model itself reads a cosine.
    fn calibration(&self) -> Calibration;

    fn image_info(&self) -> ImageInfo;
}

/// What decides the features of images besides the weights, as bytes to be hashed.
pub(super) fn describe_images(
    family: &str,
    layers: &TransformerConfig,
    image_size: usize,
    preprocess: &Preprocess,
) -> Vec<u8> {
    let size = image_size as u32;
    let parts = [
        family.as_bytes(),
        &layers.describe(),
        &size.to_le_bytes(),
        &preprocess.describe(),
    ];
    parts.concat()
}

/// What an encoder needs of its text tower.
pub(super) trait TextSide {
    /// Width of the token embeddings, and so of context vectors.
    fn text_width(&self) -> usize;

    /// A text as ids with room for `n_ctx` context vectors, cut so that all fits the tower.
    ///
    /// Texts may be of different lengths where padding changes nothing. A tower to which padding
    /// matters has it added here, so that all its texts are of one length.
    fn tokenize(&self, text: &str, n_ctx: usize) -> Result<PromptTokens, ModelError>;

    /// Features `[texts, dim]` of texts as they are.
    ///
    /// # Errors
    /// [`ModelError::Weights`] where the tower reads from a file that is gone.
    fn text_features(&self, texts: &[PromptTokens]) -> Result<Tensor<2>, ModelError>;

    /// The state of each piece of a text, `[pieces, text_width]`, after the final norm and not
    /// projected: what moment detectors read. `None` in families for which there is none.
    fn word_states(&self, text: &PromptTokens) -> Option<Tensor<2>> {
        let _ = text;
        None
    }

    /// Features `[rows, dim]` of the rows of all groups, with their context vectors put where this
    /// family has them. Differentiable in the context.
    ///
    /// # Errors
    /// As [`TextSide::text_features`].
    fn prompt_features(&self, groups: &[PromptRows<'_>]) -> Result<Tensor<2>, ModelError>;

    /// Token embeddings `[n, text_width]` of the pieces of some words, without special tokens;
    /// `None` where there are no words.
    fn word_embeddings(&self, words: &str) -> Result<Option<Tensor<2>>, ModelError>;

    /// The layers of the text tower.
    fn text_layers(&self) -> TransformerConfig;

    fn text_info(&self) -> TextInfo;
}
