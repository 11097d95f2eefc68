//! The text tower: bidirectional, over texts of one fixed length.

use burn::module::{Initializer, Module};
use burn::nn::{Embedding, EmbeddingConfig, LayerNorm, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};

use crate::model::encoder::siglip::config::TextConfig;
use crate::model::encoder::transformer::Transformer;

/// Embedded tokens to the text's feature; fields bear the checkpoint's names. The table of token
/// embeddings is not part of it: see [`TokenTable`](super::TokenTable).
#[derive(Module, Debug)]
pub struct TextTower {
    embeddings: Positions,
    encoder: Transformer,
    final_layer_norm: LayerNorm,
    /// `[width, dim]` with bias.
    head: Linear,
}

#[derive(Module, Debug)]
struct Positions {
    /// `[positions, width]`
    position_embedding: Embedding,
}

impl TextConfig {
    /// A tower with random weights.
    pub fn init(&self, device: &Device) -> TextTower {
        let layers = self.layers();
        let positions = EmbeddingConfig::new(self.max_position_embeddings, self.hidden_size);
        let small = Initializer::Normal {
            mean: 0.0,
            std: 0.02,
        };
        TextTower {
            embeddings: Positions {
                position_embedding: positions.with_initializer(small).init(device),
            },
            encoder: layers.init(device),
            final_layer_norm: layers.norm(device),
            head: LinearConfig::new(self.hidden_size, self.dim()).init(device),
        }
    }
}

impl TextTower {
    /// The state at the last position, which is padding as a rule, projected, not normalised.
    ///
    /// # Shapes
    /// - tokens: `[batch, positions, width]`, embedded but without positions
    /// - output: `[batch, dim]`
    pub fn forward(&self, tokens: Tensor<3>) -> Tensor<2> {
        let [batch, seq, _] = tokens.dims();
        let last = vec![seq.saturating_sub(1); batch];
        let state = self.encoder.forward_at(self.add_positions(tokens), &last);
        self.head.forward(self.final_layer_norm.forward(state))
    }

    /// The input of the first layer and the output of every layer.
    ///
    /// # Shapes
    /// - tokens and each output: `[batch, positions, width]`
    pub fn hidden_states(&self, tokens: Tensor<3>) -> Vec<Tensor<3>> {
        self.encoder.hidden_states(self.add_positions(tokens))
    }

    fn add_positions(&self, tokens: Tensor<3>) -> Tensor<3> {
        let [_, seq, _] = tokens.dims();
        let positions = self.embeddings.position_embedding.weight.val();
        tokens + positions.narrow(0, 0, seq).unsqueeze::<3>()
    }
}
