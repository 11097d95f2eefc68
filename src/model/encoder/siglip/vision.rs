//! The image tower: a vision transformer whose patches are pooled by attention.

use burn::module::{Initializer, Module, Param};
use burn::nn::{Embedding, EmbeddingConfig, LayerNorm};
use burn::tensor::{Device, Tensor};

use crate::model::encoder::patches::PatchProjection;
use crate::model::encoder::siglip::config::VisionConfig;
use crate::model::encoder::transformer::{Attention, Mlp, Transformer};

/// Pixels to the image's feature; fields bear the checkpoint's names.
#[derive(Module, Debug)]
pub struct VisionTower {
    embeddings: PatchEmbeddings,
    encoder: Transformer,
    post_layernorm: LayerNorm,
    head: PoolingHead,
}

#[derive(Module, Debug)]
struct PatchEmbeddings {
    patch_embedding: PatchProjection,
    /// `[patches, width]`: there is no class token.
    position_embedding: Embedding,
}

/// One learned query gathers from all patches.
#[derive(Module, Debug)]
struct PoolingHead {
    /// `[1, 1, width]`
    probe: Param<Tensor<3>>,
    /// Its queries, keys and values are one tensor in checkpoints.
    attention: Attention,
    layernorm: LayerNorm,
    mlp: Mlp,
}

impl VisionConfig {
    /// A tower with random weights.
    pub fn init(&self, device: &Device) -> VisionTower {
        let layers = self.layers();
        let small = Initializer::Normal {
            mean: 0.0,
            std: 0.02,
        };
        let n_patches = (self.image_size / self.patch_size).pow(2);
        let positions = EmbeddingConfig::new(n_patches, self.hidden_size);
        VisionTower {
            embeddings: PatchEmbeddings {
                patch_embedding: PatchProjection::init(
                    self.hidden_size,
                    self.patch_size,
                    true,
                    device,
                ),
                position_embedding: positions.with_initializer(small.clone()).init(device),
            },
            encoder: layers.init(device),
            post_layernorm: layers.norm(device),
            head: PoolingHead {
                probe: small.init([1, 1, self.hidden_size], device),
                attention: layers.attention(device),
                layernorm: layers.norm(device),
                mlp: layers.mlp(device),
            },
        }
    }
}

impl VisionTower {
    /// # Shapes
    /// - pixels: `[batch, 3, size, size]`
    /// - output: `[batch, width]`
    pub fn forward(&self, pixels: Tensor<4>) -> Tensor<2> {
        let states = self.encoder.forward(self.embed(pixels));
        self.head.forward(self.post_layernorm.forward(states))
    }

    /// The input of the first layer and the output of every layer.
    ///
    /// # Shapes
    /// - pixels: `[batch, 3, size, size]`
    /// - each output: `[batch, patches, width]`
    pub fn hidden_states(&self, pixels: Tensor<4>) -> Vec<Tensor<3>> {
        self.encoder.hidden_states(self.embed(pixels))
    }

    fn embed(&self, pixels: Tensor<4>) -> Tensor<3> {
        let positions = self.embeddings.position_embedding.weight.val();
        self.embeddings.patch_embedding.forward(pixels) + positions.unsqueeze::<3>()
    }
}

impl PoolingHead {
    /// `[batch, patches, width]` → `[batch, width]`
    fn forward(&self, states: Tensor<3>) -> Tensor<2> {
        let pooled = self.attention.pool(self.probe.val().squeeze_dim(0), states);
        let mixed = self.mlp.forward(self.layernorm.forward(pooled.clone()));
        pooled + mixed
    }
}
