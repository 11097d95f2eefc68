//! The pre-norm transformer that both towers are made of.
//!
//! Field names follow the tensors of the Hugging Face layout, so that weights load and save without
//! a table of names.

use burn::module::Module;
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::module::attention;
use burn::tensor::ops::AttentionModuleOptions;
use burn::tensor::{Device, Tensor, activation};

use crate::model::encoder::config::Activation;

/// Shape of a stack of layers.
#[derive(Clone, Copy, Debug)]
pub struct TransformerConfig {
    pub width: usize,
    pub inner: usize,
    pub n_layers: usize,
    pub n_heads: usize,
    pub activation: Activation,
    pub eps: f64,
    /// Whether a position sees only itself and what stands before it.
    pub causal: bool,
}

#[derive(Module, Debug)]
pub struct Transformer {
    layers: Vec<Layer>,
}

#[derive(Module, Debug)]
struct Layer {
    layer_norm1: LayerNorm,
    self_attn: SelfAttention,
    layer_norm2: LayerNorm,
    mlp: Mlp,
}

#[derive(Module, Debug)]
struct SelfAttention {
    q_proj: Linear,
    k_proj: Linear,
    v_proj: Linear,
    out_proj: Linear,
    #[module(skip)]
    n_heads: usize,
    #[module(skip)]
    causal: bool,
}

#[derive(Module, Debug)]
struct Mlp {
    fc1: Linear,
    fc2: Linear,
    #[module(skip)]
    activation: Activation,
}

impl TransformerConfig {
    pub fn init(&self, device: &Device) -> Transformer {
        let linear = |d_in, d_out| LinearConfig::new(d_in, d_out).init(device);
        let norm = || {
            LayerNormConfig::new(self.width)
                .with_epsilon(self.eps)
                .init(device)
        };
        let layer = |_| Layer {
            layer_norm1: norm(),
            self_attn: SelfAttention {
                q_proj: linear(self.width, self.width),
                k_proj: linear(self.width, self.width),
                v_proj: linear(self.width, self.width),
                out_proj: linear(self.width, self.width),
                n_heads: self.n_heads,
                causal: self.causal,
            },
            layer_norm2: norm(),
            mlp: Mlp {
                fc1: linear(self.width, self.inner),
                fc2: linear(self.inner, self.width),
                activation: self.activation,
            },
        };
        Transformer {
            layers: (0..self.n_layers).map(layer).collect(),
        }
    }
}

impl Transformer {
    /// # Shapes
    /// - input, output: `[batch, seq, width]`
    pub fn forward(&self, hidden: Tensor<3>) -> Tensor<3> {
        self.layers
            .iter()
            .fold(hidden, |hidden, layer| layer.forward(hidden))
    }

    /// The input followed by the output of every layer, each `[batch, seq, width]`.
    pub fn hidden_states(&self, hidden: Tensor<3>) -> Vec<Tensor<3>> {
        let mut states = vec![hidden];
        for layer in &self.layers {
            let last = states[states.len() - 1].clone();
            states.push(layer.forward(last));
        }
        states
    }
}

impl Layer {
    fn forward(&self, hidden: Tensor<3>) -> Tensor<3> {
        let attended = self
            .self_attn
            .forward(self.layer_norm1.forward(hidden.clone()));
        let hidden = hidden + attended;
        let mixed = self.mlp.forward(self.layer_norm2.forward(hidden.clone()));
        hidden + mixed
    }
}

impl SelfAttention {
    fn forward(&self, hidden: Tensor<3>) -> Tensor<3> {
        let [batch, seq, width] = hidden.dims();
        let heads = |projected: Tensor<3>| {
            projected
                .reshape([batch, seq, self.n_heads, width / self.n_heads])
                .swap_dims(1, 2) // [batch, heads, seq, head_dim]
        };
        let options = AttentionModuleOptions {
            is_causal: self.causal,
            ..Default::default()
        };
        let attended = attention(
            heads(self.q_proj.forward(hidden.clone())),
            heads(self.k_proj.forward(hidden.clone())),
            heads(self.v_proj.forward(hidden)),
            None,
            None,
            options,
        );
        self.out_proj
            .forward(attended.swap_dims(1, 2).reshape([batch, seq, width]))
    }
}

impl Mlp {
    fn forward(&self, hidden: Tensor<3>) -> Tensor<3> {
        let inner = self.fc1.forward(hidden);
        let activated = match self.activation {
            Activation::QuickGelu => inner.clone() * activation::sigmoid(inner * 1.702),
            Activation::Gelu => activation::gelu(inner),
        };
        self.fc2.forward(activated)
    }
}
