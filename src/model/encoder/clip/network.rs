//! Both towers and their projections.

use burn::module::{Initializer, Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};

use crate::model::encoder::clip::config::ClipConfig;
use crate::model::encoder::clip::text::TextTower;
use crate::model::encoder::clip::vision::VisionTower;

/// Both towers and their projections, under the checkpoint's names.
#[derive(Module, Debug)]
pub struct Clip {
    text_model: TextTower,
    vision_model: VisionTower,
    /// `[vision width, dim]`, without bias.
    visual_projection: Linear,
    /// `[text width, dim]`, without bias.
    text_projection: Linear,
    /// `[1]`, the logarithm of the factor on cosines.
    logit_scale: Param<Tensor<1>>,
}

/// The image tower and its projection alone, under the checkpoint's names.
#[derive(Module, Debug)]
pub struct ClipImages {
    vision_model: VisionTower,
    /// `[vision width, dim]`, without bias.
    visual_projection: Linear,
    /// `[1]`, the logarithm of the factor on cosines.
    logit_scale: Param<Tensor<1>>,
}

impl ClipConfig {
    /// The image tower alone, with random weights.
    pub fn init_images(&self, device: &Device) -> ClipImages {
        let Clip {
            vision_model,
            visual_projection,
            logit_scale,
            ..
        } = self.init(device);
        ClipImages {
            vision_model,
            visual_projection,
            logit_scale,
        }
    }

    /// A model with random weights; they are not drawn before they are read.
    pub fn init(&self, device: &Device) -> Clip {
        let projection = |width| {
            LinearConfig::new(width, self.projection_dim)
                .with_bias(false)
                .init(device)
        };
        Clip {
            text_model: self.text_config.init(device),
            vision_model: self.vision_config.init(device),
            visual_projection: projection(self.vision_config.hidden_size),
            text_projection: projection(self.text_config.hidden_size),
            // CLIP's own start: a temperature of 0.07.
            logit_scale: Initializer::Constant {
                value: (1.0_f64 / 0.07).ln(),
            }
            .init([1], device),
        }
    }
}

impl Clip {
    /// Features of images, projected, not normalised.
    ///
    /// # Shapes
    /// - pixels: `[batch, 3, size, size]`
    /// - output: `[batch, dim]`
    pub fn image_features(&self, pixels: Tensor<4>) -> Tensor<2> {
        self.visual_projection
            .forward(self.vision_model.forward(pixels))
    }

    /// Features of texts, projected, not normalised.
    ///
    /// # Shapes
    /// - ids: one row per text, each ending with its EOT
    /// - output: `[texts, dim]`
    pub fn text_features(&self, ids: &[impl AsRef<[u32]>], device: &Device) -> Tensor<2> {
        let (tokens, eot) = self.text_model.embed_padded(ids, device);
        self.text_features_at(tokens, &eot)
    }

    /// Features of embedded texts, projected, not normalised.
    ///
    /// # Shapes
    /// - tokens: `[batch, seq, text_width]`, embedded but without positions
    /// - eot: position of each row's EOT
    /// - output: `[batch, dim]`
    pub fn text_features_at(&self, tokens: Tensor<3>, eot: &[usize]) -> Tensor<2> {
        self.text_projection
            .forward(self.text_model.forward_embedded(tokens, eot))
    }

    /// How many numbers of the model have to do with texts.
    pub fn n_text_params(&self) -> usize {
        self.text_model.num_params() + self.text_projection.num_params()
    }

    pub fn text_model(&self) -> &TextTower {
        &self.text_model
    }

    pub fn vision_model(&self) -> &VisionTower {
        &self.vision_model
    }

    /// The learned logarithm of the factor on cosines, `[1]`.
    pub fn logit_scale(&self) -> Tensor<1> {
        self.logit_scale.val()
    }
}

impl ClipImages {
    /// As [`Clip::image_features`].
    pub fn features(&self, pixels: Tensor<4>) -> Tensor<2> {
        self.visual_projection
            .forward(self.vision_model.forward(pixels))
    }

    /// The learned logarithm of the factor on cosines, `[1]`.
    pub fn logit_scale(&self) -> Tensor<1> {
        self.logit_scale.val()
    }
}
