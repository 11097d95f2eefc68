//! The image tower: a vision transformer over square patches.

use burn::module::{Initializer, Module, Param};
use burn::nn::{Embedding, EmbeddingConfig, LayerNorm, LayerNormConfig};
use burn::tensor::{Device, Tensor};

use crate::model::encoder::clip::config::VisionConfig;
use crate::model::encoder::transformer::{Transformer, TransformerConfig};

/// Pixels to the state of the class token; fields bear the checkpoint's names.
#[derive(Module, Debug)]
pub struct VisionTower {
    embeddings: PatchEmbeddings,
    /// Spelt like this in every published checkpoint.
    pre_layrnorm: LayerNorm,
    encoder: Transformer,
    post_layernorm: LayerNorm,
}

#[derive(Module, Debug)]
struct PatchEmbeddings {
    /// `[width]`, the token whose state becomes the image's feature.
    class_embedding: Param<Tensor<1>>,
    patch_embedding: PatchProjection,
    /// `[patches + 1, width]`, the class token first.
    position_embedding: Embedding,
}

/// A convolution whose stride is its kernel; its tensor has the name and shape of one.
#[derive(Module, Debug)]
struct PatchProjection {
    /// `[width, 3, patch, patch]`
    weight: Param<Tensor<4>>,
}

impl VisionConfig {
    /// A tower with random weights.
    pub fn init(&self, device: &Device) -> VisionTower {
        let n_patches = (self.image_size / self.patch_size).pow(2);
        let norm = || {
            LayerNormConfig::new(self.hidden_size)
                .with_epsilon(self.layer_norm_eps)
                .init(device)
        };
        let small = Initializer::Normal {
            mean: 0.0,
            std: 0.02,
        };
        let transformer = TransformerConfig {
            width: self.hidden_size,
            inner: self.intermediate_size,
            n_layers: self.num_hidden_layers,
            n_heads: self.num_attention_heads,
            activation: self.hidden_act,
            eps: self.layer_norm_eps,
            causal: false,
        };
        VisionTower {
            embeddings: PatchEmbeddings {
                class_embedding: small.init([self.hidden_size], device),
                patch_embedding: PatchProjection {
                    weight: small.init(
                        [self.hidden_size, 3, self.patch_size, self.patch_size],
                        device,
                    ),
                },
                position_embedding: EmbeddingConfig::new(n_patches + 1, self.hidden_size)
                    .with_initializer(small)
                    .init(device),
            },
            pre_layrnorm: norm(),
            encoder: transformer.init(device),
            post_layernorm: norm(),
        }
    }
}

impl VisionTower {
    /// # Shapes
    /// - pixels: `[batch, 3, size, size]`
    /// - output: `[batch, width]`, the class token after the final norm
    pub fn forward(&self, pixels: Tensor<4>) -> Tensor<2> {
        let [batch, ..] = pixels.dims();
        let class = self.encoder.forward_at(self.embed(pixels), &vec![0; batch]);
        self.post_layernorm.forward(class)
    }

    /// The input of the first layer and the output of every layer.
    ///
    /// # Shapes
    /// - pixels: `[batch, 3, size, size]`
    /// - each output: `[batch, patches + 1, width]`
    pub fn hidden_states(&self, pixels: Tensor<4>) -> Vec<Tensor<3>> {
        self.encoder.hidden_states(self.embed(pixels))
    }

    fn embed(&self, pixels: Tensor<4>) -> Tensor<3> {
        let patches = self.embeddings.patch_embedding.forward(pixels);
        let [batch, _, width] = patches.dims();
        let class = self
            .embeddings
            .class_embedding
            .val()
            .reshape([1, 1, width])
            .expand([batch, 1, width]);
        let positions = self.embeddings.position_embedding.weight.val();
        let tokens = Tensor::cat(vec![class, patches], 1) + positions.unsqueeze::<3>();
        self.pre_layrnorm.forward(tokens)
    }
}

impl PatchProjection {
    /// `[batch, 3, size, size]` → `[batch, patches, width]`: one matrix product over unfolded patches.
    fn forward(&self, pixels: Tensor<4>) -> Tensor<3> {
        let weight = self.weight.val();
        let [width, channels, patch, _] = weight.dims();
        let [batch, _, size, _] = pixels.dims();
        let side = size / patch;
        let row = channels * patch * patch;
        let unfolded = pixels
            .reshape([batch, channels, side, patch, side, patch])
            .permute([0, 2, 4, 1, 3, 5]) // [batch, side, side, channels, patch, patch]
            .reshape([batch * side * side, row]);
        unfolded
            .matmul(weight.reshape([width, row]).transpose())
            .reshape([batch, side * side, width])
    }
}
