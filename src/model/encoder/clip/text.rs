//! The text tower: a causal transformer whose state at the end of the text is the text's feature.

use burn::module::{Initializer, Module};
use burn::nn::{Embedding, EmbeddingConfig, LayerNorm};
use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::model::encoder::clip::config::TextConfig;
use crate::model::encoder::transformer::Transformer;

/// Token ids to the state at their EOT; fields bear the checkpoint's names.
#[derive(Module, Debug)]
pub struct TextTower {
    embeddings: TokenEmbeddings,
    encoder: Transformer,
    final_layer_norm: LayerNorm,
}

#[derive(Module, Debug)]
struct TokenEmbeddings {
    /// `[vocabulary, width]`
    token_embedding: Embedding,
    /// `[positions, width]`
    position_embedding: Embedding,
}

impl TextConfig {
    /// A tower with random weights.
    pub fn init(&self, device: &Device) -> TextTower {
        let small = Initializer::Normal {
            mean: 0.0,
            std: 0.02,
        };
        let table = |rows| {
            EmbeddingConfig::new(rows, self.hidden_size)
                .with_initializer(small.clone())
                .init(device)
        };
        TextTower {
            embeddings: TokenEmbeddings {
                token_embedding: table(self.vocab_size),
                position_embedding: table(self.max_position_embeddings),
            },
            encoder: self.layers().init(device),
            final_layer_norm: self.layers().norm(device),
        }
    }
}

impl TextTower {
    /// Token embeddings without positions, so that context vectors can be put between them.
    ///
    /// # Shapes
    /// - ids: rows of one length `seq`
    /// - output: `[batch, seq, width]`
    pub fn embed(&self, ids: &[impl AsRef<[u32]>], device: &Device) -> Tensor<3> {
        let seq = ids.first().map_or(0, |row| row.as_ref().len());
        let flat = ids.iter().flat_map(AsRef::as_ref);
        let flat: Vec<i64> = flat.map(|&id| i64::from(id)).collect();
        let ids = Tensor::<2, Int>::from_data(TensorData::new(flat, [ids.len(), seq]), device);
        self.embeddings.token_embedding.forward(ids)
    }

    /// Texts as one batch, and the position of each one's EOT. Shorter rows repeat theirs, which
    /// the causal tower never looks at.
    ///
    /// # Shapes
    /// - texts: one row of ids per text, each ending with its EOT
    /// - output: `[batch, longest, width]`, embedded without positions
    pub fn embed_padded(
        &self,
        texts: &[impl AsRef<[u32]>],
        device: &Device,
    ) -> (Tensor<3>, Vec<usize>) {
        let rows = || texts.iter().map(AsRef::as_ref);
        let longest = rows().map(<[u32]>::len).max().unwrap_or(0);
        let eot = rows().map(|ids| ids.len().saturating_sub(1)).collect();
        let padded: Vec<_> = rows()
            .map(|ids| {
                let mut ids = ids.to_vec();
                ids.resize(longest, ids.last().copied().unwrap_or(0));
                ids
            })
            .collect();
        (self.embed(&padded, device), eot)
    }

    /// Adds positions, runs the layers, takes each row's state at `eot`.
    ///
    /// # Shapes
    /// - tokens: `[batch, seq, width]`, `eot`: one position per row
    /// - output: `[batch, width]`, after the final norm, not yet projected
    pub fn forward_embedded(&self, tokens: Tensor<3>, eot: &[usize]) -> Tensor<2> {
        let at_eot = self.encoder.forward_at(self.add_positions(tokens), eot);
        self.final_layer_norm.forward(at_eot)
    }

    /// The input of the first layer and the output of every layer.
    ///
    /// # Shapes
    /// - tokens and each output: `[batch, seq, width]`
    pub fn hidden_states(&self, tokens: Tensor<3>) -> Vec<Tensor<3>> {
        self.encoder.hidden_states(self.add_positions(tokens))
    }

    /// The state of every position, after the final norm.
    ///
    /// # Shapes
    /// - tokens and output: `[batch, seq, width]`
    pub fn states(&self, tokens: Tensor<3>) -> Tensor<3> {
        let mut states = self.hidden_states(tokens.clone());
        self.final_layer_norm
            .forward(states.pop().unwrap_or(tokens))
    }

    fn add_positions(&self, tokens: Tensor<3>) -> Tensor<3> {
        let [_, seq, _] = tokens.dims();
        let positions = self.embeddings.position_embedding.weight.val();
        tokens + positions.narrow(0, 0, seq).unsqueeze::<3>()
    }
}
