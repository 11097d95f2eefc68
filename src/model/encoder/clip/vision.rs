//! The image tower: a vision transformer over square patches.

use burn::module::{Initializer, Module, Param};
use burn::nn::{Embedding, EmbeddingConfig, LayerNorm};
use burn::tensor::{Device, Tensor};

use crate::model::encoder::clip::config::VisionConfig;
use crate::model::encoder::patches::PatchProjection;
use crate::model::encoder::transformer::Transformer;

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

impl VisionConfig {
    /// A tower with random weights.
    pub fn init(&self, device: &Device) -> VisionTower {
        let n_patches = (self.image_size / self.patch_size).pow(2);
        let small = Initializer::Normal {
            mean: 0.0,
            std: 0.02,
        };
        let layers = self.layers();
        VisionTower {
            embeddings: PatchEmbeddings {
                class_embedding: small.init([self.hidden_size], device),
                patch_embedding: PatchProjection::init(
                    self.hidden_size,
                    self.patch_size,
                    false,
                    device,
                ),
                position_embedding: EmbeddingConfig::new(n_patches + 1, self.hidden_size)
                    .with_initializer(small)
                    .init(device),
            },
            pre_layrnorm: layers.norm(device),
            encoder: layers.init(device),
            post_layernorm: layers.norm(device),
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
