//! The pre-norm transformer that towers are made of, and its parts.
//!
//! Field names follow the tensors of the Hugging Face layout, so that weights load and save without
//! a table of names.

use burn::module::Module;
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::module::attention;
use burn::tensor::ops::AttentionModuleOptions;
use burn::tensor::{Bool, Device, Int, Tensor, TensorData};

use crate::model::encoder::activation::Activation;

/// Shape of a stack of layers.
#[derive(Clone, Copy, Debug)]
pub struct TransformerConfig {
    /// Width of what goes from layer to layer.
    pub width: usize,
    /// Width between the two products of the perceptron.
    pub inner: usize,
    pub n_layers: usize,
    /// They divide `width`.
    pub n_heads: usize,
    pub activation: Activation,
    /// Added to the variance in every norm.
    pub eps: f64,
    /// Whether a position sees only itself and what stands before it.
    pub causal: bool,
}

/// Layers one after the other; there is no norm behind the last.
#[derive(Module, Debug)]
pub struct Transformer {
    layers: Vec<Layer>,
}

/// `x + attention(norm(x))`, then `x + perceptron(norm(x))`.
#[derive(Module, Debug)]
struct Layer {
    /// Before the attention.
    layer_norm1: LayerNorm,
    self_attn: Attention,
    /// Before the perceptron.
    layer_norm2: LayerNorm,
    mlp: Mlp,
}

/// Several heads side by side; all four projections are `[width, width]` with bias.
#[derive(Module, Debug)]
pub struct Attention {
    /// Queries: what a position looks for.
    q_proj: Linear,
    /// Keys: what a position is found by.
    k_proj: Linear,
    /// Values: what a position hands on when it is found.
    v_proj: Linear,
    /// Mixes what all heads have gathered.
    out_proj: Linear,
    #[module(skip)]
    n_heads: usize,
    #[module(skip)]
    causal: bool,
}

/// The perceptron that each position goes through by itself.
#[derive(Module, Debug)]
pub struct Mlp {
    /// `[width, inner]`
    fc1: Linear,
    /// `[inner, width]`
    fc2: Linear,
    #[module(skip)]
    activation: Activation,
}

impl TransformerConfig {
    /// Layers with random weights.
    pub fn init(&self, device: &Device) -> Transformer {
        let layer = |_| Layer {
            layer_norm1: self.norm(device),
            self_attn: self.attention(device),
            layer_norm2: self.norm(device),
            mlp: self.mlp(device),
        };
        Transformer {
            layers: (0..self.n_layers).map(layer).collect(),
        }
    }

    /// What decides the result besides the weights, whose shapes tell the widths.
    pub fn describe(&self) -> Vec<u8> {
        let activation: u32 = match self.activation {
            Activation::QuickGelu => 1,
            Activation::Gelu => 2,
            Activation::GeluTanh => 3,
        };
        let numbers = [self.n_layers as u32, self.n_heads as u32, activation];
        let mut told: Vec<u8> = numbers.into_iter().flat_map(u32::to_le_bytes).collect();
        told.extend(self.eps.to_le_bytes());
        told
    }

    /// Multiply-adds for one position, without the attention between positions.
    pub fn work_per_position(&self) -> usize {
        self.n_layers * 2 * self.width * (2 * self.width + self.inner)
    }

    /// A norm as between the layers.
    pub fn norm(&self, device: &Device) -> LayerNorm {
        LayerNormConfig::new(self.width)
            .with_epsilon(self.eps)
            .init(device)
    }

    /// The attention of one layer.
    pub fn attention(&self, device: &Device) -> Attention {
        let square = || LinearConfig::new(self.width, self.width).init(device);
        Attention {
            q_proj: square(),
            k_proj: square(),
            v_proj: square(),
            out_proj: square(),
            n_heads: self.n_heads,
            causal: self.causal,
        }
    }

    /// The perceptron of one layer.
    pub fn mlp(&self, device: &Device) -> Mlp {
        Mlp {
            fc1: LinearConfig::new(self.width, self.inner).init(device),
            fc2: LinearConfig::new(self.inner, self.width).init(device),
            activation: self.activation,
        }
    }
}

impl Transformer {
    /// The output at one position of each sequence. The last layer is computed for these alone,
    /// which saves most of its time.
    ///
    /// # Shapes
    /// - hidden: `[batch, seq, width]`
    /// - positions: one per sequence
    /// - output: `[batch, width]`
    pub fn forward_at(&self, hidden: Tensor<3>, positions: &[usize]) -> Tensor<2> {
        let rows = Rows::of(hidden);
        match self.layers.split_last() {
            Some((last, others)) => {
                let rows = others.iter().fold(rows, |rows, layer| layer.forward(rows));
                last.forward_at(&rows, positions)
            }
            None => rows.at(positions),
        }
    }

    /// The output of the last layer at every position.
    ///
    /// # Shapes
    /// - hidden, output: `[batch, seq, width]`
    pub fn forward(&self, hidden: Tensor<3>) -> Tensor<3> {
        let dims = hidden.dims();
        let rows = Rows::of(hidden);
        let rows = self
            .layers
            .iter()
            .fold(rows, |rows, layer| layer.forward(rows));
        rows.hidden.reshape(dims)
    }

    /// The input followed by the output of every layer.
    ///
    /// # Shapes
    /// - hidden and each output: `[batch, seq, width]`
    pub fn hidden_states(&self, hidden: Tensor<3>) -> Vec<Tensor<3>> {
        let dims = hidden.dims();
        let mut states = vec![hidden.clone()];
        let mut rows = Rows::of(hidden);
        for layer in &self.layers {
            rows = layer.forward(rows);
            states.push(rows.hidden.clone().reshape(dims));
        }
        states
    }
}

/// All positions of all sequences below each other: one product with a large matrix is faster than
/// many with small ones.
struct Rows {
    /// `[batch * seq, width]`
    hidden: Tensor<2>,
    batch: usize,
    seq: usize,
}

impl Rows {
    fn of(hidden: Tensor<3>) -> Self {
        let [batch, seq, width] = hidden.dims();
        Self {
            hidden: hidden.reshape([batch * seq, width]),
            batch,
            seq,
        }
    }

    fn with(&self, hidden: Tensor<2>) -> Self {
        Self { hidden, ..*self }
    }

    /// One position of each sequence, `[batch, width]`.
    fn at(&self, positions: &[usize]) -> Tensor<2> {
        let rows = positions.iter().enumerate();
        let rows: Vec<_> = rows
            .map(|(row, position)| (row * self.seq + position) as i64)
            .collect();
        let rows = TensorData::new(rows, [self.batch]);
        let rows = Tensor::<1, Int>::from_data(rows, &self.hidden.device());
        self.hidden.clone().select(0, rows)
    }
}

impl Layer {
    fn forward(&self, rows: Rows) -> Rows {
        let normed = rows.with(self.layer_norm1.forward(rows.hidden.clone()));
        let attended = self.self_attn.forward(&normed);
        let Rows { hidden, batch, seq } = rows;
        Rows {
            hidden: self.mix(hidden + attended),
            batch,
            seq,
        }
    }

    /// `[batch, width]`: the output at one position of each sequence.
    fn forward_at(&self, rows: &Rows, positions: &[usize]) -> Tensor<2> {
        let normed = rows.with(self.layer_norm1.forward(rows.hidden.clone()));
        let attended = self.self_attn.forward_at(&normed, positions);
        self.mix(rows.at(positions) + attended)
    }

    fn mix(&self, hidden: Tensor<2>) -> Tensor<2> {
        let mixed = self.mlp.forward(self.layer_norm2.forward(hidden.clone()));
        hidden + mixed
    }
}

impl Attention {
    fn forward(&self, rows: &Rows) -> Tensor<2> {
        let options = AttentionModuleOptions {
            is_causal: self.causal,
            ..Default::default()
        };
        self.attend(rows.hidden.clone(), rows, None, options)
    }

    /// What one query for all sequences gathers from each of them.
    ///
    /// # Shapes
    /// - query: `[1, width]`
    /// - hidden: `[batch, seq, width]`
    /// - output: `[batch, width]`
    pub fn pool(&self, query: Tensor<2>, hidden: Tensor<3>) -> Tensor<2> {
        let [batch, _, width] = hidden.dims();
        let queries = query.expand([batch, width]);
        self.attend(queries, &Rows::of(hidden), None, Default::default())
    }

    /// Every position gathers from its sequence, of which only the first `lengths` positions are
    /// there; the rest is padding.
    ///
    /// # Shapes
    /// - hidden, output: `[batch, seq, width]`
    pub fn forward_within(&self, hidden: Tensor<3>, lengths: &[usize]) -> Tensor<3> {
        let [batch, seq, width] = hidden.dims();
        let mask = lengths.iter().any(|&length| length < seq).then(|| {
            let beyond = lengths
                .iter()
                .flat_map(|&length| (0..seq).map(move |key| key >= length));
            let beyond = TensorData::new(beyond.collect::<Vec<_>>(), [batch, 1, 1, seq]);
            let beyond = Tensor::<4, Bool>::from_data(beyond, &hidden.device());
            beyond.expand([batch, self.n_heads, seq, seq])
        });
        let rows = Rows::of(hidden);
        let attended = self.attend(rows.hidden.clone(), &rows, mask, Default::default());
        attended.reshape([batch, seq, width])
    }

    /// What one position of each sequence, `[batch, width]`, gathers from those it sees.
    fn forward_at(&self, rows: &Rows, positions: &[usize]) -> Tensor<2> {
        let mask = if self.causal {
            self.later_than(positions, rows)
        } else {
            None
        };
        self.attend(rows.at(positions), rows, mask, Default::default())
    }

    /// `[batch, n_heads, 1, seq]`: what a causal position must not see; `None` where each is the
    /// last of its sequence.
    fn later_than(&self, positions: &[usize], rows: &Rows) -> Option<Tensor<4, Bool>> {
        if positions.iter().all(|&position| position + 1 == rows.seq) {
            return None;
        }
        let later: Vec<_> = positions
            .iter()
            .flat_map(|&position| (0..rows.seq).map(move |key| key > position))
            .collect();
        let later = TensorData::new(later, [rows.batch, 1, 1, rows.seq]);
        let later = Tensor::<4, Bool>::from_data(later, &rows.hidden.device());
        Some(later.expand([rows.batch, self.n_heads, 1, rows.seq]))
    }

    /// # Shapes
    /// - queries, output: `[batch * n, width]`, `n` positions of each sequence
    /// - mask: `[batch, n_heads, n, seq]`, true where a query must not look
    fn attend(
        &self,
        queries: Tensor<2>,
        rows: &Rows,
        mask: Option<Tensor<4, Bool>>,
        options: AttentionModuleOptions,
    ) -> Tensor<2> {
        let [n_queries, width] = queries.dims();
        let heads = |projected: Tensor<2>| {
            let [n_rows, _] = projected.dims();
            projected
                .reshape([
                    rows.batch,
                    n_rows / rows.batch,
                    self.n_heads,
                    width / self.n_heads,
                ])
                .swap_dims(1, 2) // [batch, heads, positions, head_dim]
        };
        let attended = attention(
            heads(linear(&self.q_proj, queries)),
            heads(linear(&self.k_proj, rows.hidden.clone())),
            heads(linear(&self.v_proj, rows.hidden.clone())),
            mask,
            None,
            options,
        );
        let attended = attended.swap_dims(1, 2).reshape([n_queries, width]);
        linear(&self.out_proj, attended)
    }
}

impl Mlp {
    /// # Shapes
    /// - hidden, output: `[rows, width]`
    pub fn forward(&self, hidden: Tensor<2>) -> Tensor<2> {
        let inner = self.activation.apply(linear(&self.fc1, hidden));
        linear(&self.fc2, inner)
    }
}

/// `layer.forward(input)`; where `input` has a gradient, in a form whose gradient is fast.
///
/// The gradient of `x·W` is `g·Wᵀ`, and on the CPU a product with a transposed matrix on its right
/// takes twice as long as a plain one. `(Wᵀ·xᵀ)ᵀ` gives the same, and its gradient is `(W·gᵀ)ᵀ`.
///
/// # Shapes
/// - input: `[rows, d_in]`, output: `[rows, d_out]`
fn linear(layer: &Linear, input: Tensor<2>) -> Tensor<2> {
    if !input.is_autodiff() {
        return layer.forward(input);
    }
    let weight = layer.weight.val().transpose();
    let product = weight.matmul(input.transpose()).transpose();
    match &layer.bias {
        Some(bias) => product + bias.val().unsqueeze(),
        None => product,
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Distribution;

    use super::*;

    #[test]
    fn chosen_positions_alone_equal_those_of_all() {
        let device = Device::flex();
        for causal in [false, true] {
            let config = TransformerConfig {
                width: 12,
                inner: 20,
                n_layers: 2,
                n_heads: 3,
                activation: Activation::QuickGelu,
                eps: 1e-5,
                causal,
            };
            let transformer = config.init(&device);
            let hidden = Tensor::random([2, 5, 12], Distribution::Default, &device);
            let all = transformer.hidden_states(hidden.clone()).pop().unwrap();
            let all = Rows::of(all);
            for positions in [[0, 0], [4, 4], [4, 1]] {
                let chosen = transformer.forward_at(hidden.clone(), &positions);
                let difference = (chosen - all.at(&positions))
                    .abs()
                    .max()
                    .into_scalar::<f32>();
                assert!(
                    difference < 1e-6,
                    "causal {causal}, {positions:?}: {difference}"
                );
            }
        }
    }
}
