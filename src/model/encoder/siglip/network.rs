//! Both towers and the calibration of their cosine.

use burn::module::{Initializer, Module, Param};
use burn::tensor::{Device, Tensor};

use crate::model::encoder::checkpoint::Renaming;
use crate::model::encoder::siglip::config::SiglipConfig;
use crate::model::encoder::siglip::text::TextTower;
use crate::model::encoder::siglip::vision::VisionTower;

/// Both towers, under the checkpoint's names.
#[derive(Module, Debug)]
pub struct Siglip {
    text_model: TextTower,
    vision_model: VisionTower,
    /// `[1]`, the logarithm of the factor on cosines.
    logit_scale: Param<Tensor<1>>,
    /// `[1]`, added before the sigmoid.
    logit_bias: Param<Tensor<1>>,
}

impl SiglipConfig {
    /// A model with random weights; they are not drawn before they are read.
    pub fn init(&self, device: &Device) -> Siglip {
        let constant = |value: f64| Initializer::Constant { value }.init([1], device);
        Siglip {
            text_model: self.text_config.init(device),
            vision_model: self.vision_config.init(device),
            // The paper's start.
            logit_scale: constant(10.0_f64.ln()),
            logit_bias: constant(-10.0),
        }
    }
}

impl Siglip {
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

    /// What is added before the sigmoid, `[1]`.
    pub fn logit_bias(&self) -> Tensor<1> {
        self.logit_bias.val()
    }
}

/// The one place where checkpoints differ from the modules: the pooling attention keeps queries, keys
/// and values in one tensor, as torch's own attention does.
pub(super) fn renaming(name: &str) -> Renaming {
    let Some((module, tensor)) = name.split_once(".in_proj_") else {
        return Renaming::Same;
    };
    Renaming::Thirds(["q", "k", "v"].map(|part| format!("{module}.{part}_proj.{tensor}")))
}
