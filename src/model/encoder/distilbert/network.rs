//! The transformer, the mean over its tokens, and the matrix into the space of the images.
//!
//! | checkpoint | here |
//! |---|---|
//! | `embeddings.LayerNorm` | `embeddings.layer_norm` |
//! | `transformer.layer.N.attention.{q,k,v,out}_lin` | `layers.N.attention.{q,k,v,out}_proj` |
//! | `transformer.layer.N.{sa_layer_norm,output_layer_norm}` | `layers.N.…` |
//! | `transformer.layer.N.ffn.lin1`, `….lin2` | `layers.N.ffn.fc1`, `….fc2` |
//! | `linear` of `2_Dense` | `dense` |

use burn::module::{Initializer, Module};
use burn::nn::{Embedding, EmbeddingConfig, LayerNorm, Linear, LinearConfig};
use burn::tensor::{Device, Tensor, TensorData};

use crate::model::encoder::checkpoint::Renaming;
use crate::model::encoder::distilbert::config::DistilBertConfig;
use crate::model::encoder::transformer::{Attention, Mlp};

/// Embedded tokens to the text's feature. The table of token embeddings is not part of it.
#[derive(Module, Debug)]
pub struct Network {
    embeddings: Positions,
    layers: Vec<Layer>,
    /// `[width, dim]`
    dense: Linear,
}

#[derive(Module, Debug)]
struct Positions {
    /// `[positions, width]`
    position_embeddings: Embedding,
    layer_norm: LayerNorm,
}

/// `norm(x + attention(x))`, then `norm(x + perceptron(x))`: the norms come after the sums.
#[derive(Module, Debug)]
struct Layer {
    attention: Attention,
    sa_layer_norm: LayerNorm,
    ffn: Mlp,
    output_layer_norm: LayerNorm,
}

impl DistilBertConfig {
    /// A tower with random weights.
    pub fn init(&self, device: &Device) -> Network {
        let layers = self.transformer.layers();
        let positions = self.transformer.max_position_embeddings;
        let small = Initializer::Normal {
            mean: 0.0,
            std: 0.02,
        };
        let layer = |_| Layer {
            attention: layers.attention(device),
            sa_layer_norm: layers.norm(device),
            ffn: layers.mlp(device),
            output_layer_norm: layers.norm(device),
        };
        Network {
            embeddings: Positions {
                position_embeddings: EmbeddingConfig::new(positions, layers.width)
                    .with_initializer(small)
                    .init(device),
                layer_norm: layers.norm(device),
            },
            layers: (0..layers.n_layers).map(layer).collect(),
            dense: LinearConfig::new(layers.width, self.dim)
                .with_bias(self.dense_has_bias)
                .init(device),
        }
    }
}

impl Network {
    /// # Shapes
    /// - tokens: `[batch, seq, width]`, embedded but without positions
    /// - lengths: how many tokens of each row are there
    /// - output: `[batch, dim]`
    pub fn forward(&self, tokens: Tensor<3>, lengths: &[usize]) -> Tensor<2> {
        let states = self.hidden_states(tokens, lengths).pop();
        let Some(state) = states else {
            unreachable!("the input is a state")
        };
        let [batch, seq, _] = state.dims();
        // The mean over the tokens that are there.
        let shares = lengths.iter().flat_map(|&length| {
            let share = 1.0 / length.max(1) as f32;
            (0..seq).map(move |position| if position < length { share } else { 0.0 })
        });
        let shares = TensorData::new(shares.collect::<Vec<_>>(), [batch, seq, 1]);
        let shares = Tensor::<3>::from_data(shares, &state.device());
        let mean = (state * shares).sum_dim(1).squeeze_dim(1);
        self.dense.forward(mean)
    }

    /// The input of the first layer and the output of every layer.
    ///
    /// # Shapes
    /// - tokens and each output: `[batch, seq, width]`
    pub fn hidden_states(&self, tokens: Tensor<3>, lengths: &[usize]) -> Vec<Tensor<3>> {
        let [_, seq, _] = tokens.dims();
        let positions = self.embeddings.position_embeddings.weight.val();
        let embedded = tokens + positions.narrow(0, 0, seq).unsqueeze::<3>();
        let mut states = vec![self.embeddings.layer_norm.forward(embedded)];
        for layer in &self.layers {
            if let Some(state) = states.last() {
                states.push(layer.forward(state.clone(), lengths));
            }
        }
        states
    }
}

impl Layer {
    fn forward(&self, hidden: Tensor<3>, lengths: &[usize]) -> Tensor<3> {
        let [batch, seq, width] = hidden.dims();
        let attended = self.attention.forward_within(hidden.clone(), lengths);
        let hidden = self.sa_layer_norm.forward(hidden + attended);
        let rows = hidden.clone().reshape([batch * seq, width]);
        let mixed = self.ffn.forward(rows).reshape([batch, seq, width]);
        self.output_layer_norm.forward(hidden + mixed)
    }
}

/// The table above, for the transformer's file.
pub(super) fn renaming(name: &str) -> Renaming {
    let name = name.strip_prefix("distilbert.").unwrap_or(name);
    // What guesses a masked word.
    if name.starts_with("vocab_") {
        return Renaming::Nothing;
    }
    let theirs = name
        .replace("embeddings.LayerNorm.", "embeddings.layer_norm.")
        .replace("_lin.", "_proj.")
        .replace(".lin1.", ".fc1.")
        .replace(".lin2.", ".fc2.");
    Renaming::As(match theirs.strip_prefix("transformer.layer.") {
        Some(layer) => format!("layers.{layer}"),
        None => theirs,
    })
}

/// The table above, for the file of the matrix.
pub(super) fn dense_renaming(name: &str) -> Renaming {
    match name.strip_prefix("linear.") {
        Some(leaf) => Renaming::As(format!("dense.{leaf}")),
        None => Renaming::Same,
    }
}
