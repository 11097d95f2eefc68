//! Which family a model directory holds: one arm each.

use crate::model::ModelError;
use crate::model::device::ComputeDevice;
use crate::model::encoder::clip::ClipTowers;
use crate::model::encoder::family::Family;
use crate::model::encoder::files::ModelFiles;
use crate::model::encoder::layout::{CLIP, SIGLIP, model_type};
use crate::model::encoder::siglip::SiglipTowers;

/// The frozen towers of a model with their tokenizer and preprocessing. A copy shares the weights.
#[derive(Clone)]
pub(super) enum Towers {
    Clip(ClipTowers),
    Siglip(SiglipTowers),
}

impl Towers {
    /// # Errors
    /// [`ModelError::UnknownFamily`] before anything is loaded, and those of the family.
    pub fn load(files: &ModelFiles, device: &ComputeDevice) -> Result<Self, ModelError> {
        match model_type(&files.config)?.as_str() {
            CLIP => Ok(Self::Clip(ClipTowers::load(files, device)?)),
            SIGLIP => Ok(Self::Siglip(SiglipTowers::load(files, device)?)),
            other => Err(ModelError::unknown_family(other)),
        }
    }

    pub fn family(&self) -> &dyn Family {
        match self {
            Self::Clip(towers) => towers,
            Self::Siglip(towers) => towers,
        }
    }
}
