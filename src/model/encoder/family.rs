//! What a family of encoders offers.
//!
//! A family is a folder beside this file with the shapes and rules of its two towers. It implements
//! [`Family`] and is an arm of [`Towers`](super::towers::Towers); nothing outside knows it.

use burn::tensor::Tensor;

use crate::model::ModelError;
use crate::model::device::ComputeDevice;
use crate::model::encoder::files::ModelId;
use crate::model::encoder::info::ModelInfo;
use crate::model::encoder::prompt_tokens::{PromptRows, PromptTokens};
use crate::model::preprocess::Preprocess;

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

    /// The state of each piece of a text, `[pieces, text_width]`, after the final norm and not
    /// projected: what moment detectors read. `None` in families for which there is none.
    fn word_states(&self, text: &PromptTokens) -> Option<Tensor<2>> {
        let _ = text;
        None
    }

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
