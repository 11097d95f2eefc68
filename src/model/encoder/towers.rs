//! Which families a model's files hold: one arm each.

use crate::model::ModelError;
use crate::model::device::ComputeDevice;
use crate::model::encoder::checkpoint::Checkpoint;
use crate::model::encoder::clip::{ClipImageTower, ClipParts, ClipTowers};
use crate::model::encoder::distilbert::DistilBert;
use crate::model::encoder::family::{ImageSide, TextSide};
use crate::model::encoder::files::ModelFiles;
use crate::model::encoder::layout::{CLIP, Layout, SIGLIP, model_type};
use crate::model::encoder::siglip::{SiglipParts, SiglipTowers};

/// The frozen towers of a model with their tokenizer and preprocessing. A copy shares the weights.
#[derive(Clone)]
pub(super) enum Towers {
    Clip(ClipTowers),
    Siglip(Box<SiglipTowers>),
    /// A CLIP's images and a text tower that was taught its space.
    ClipAndDistilBert(ClipImageTower, DistilBert),
}

/// A family by what its files say.
enum Kind {
    Clip,
    Siglip,
}

fn kind_of(files: &ModelFiles) -> Result<Kind, ModelError> {
    if files.layout != Layout::Transformers {
        return Ok(Kind::Clip);
    }
    match model_type(&files.config)?.as_str() {
        CLIP => Ok(Kind::Clip),
        SIGLIP => Ok(Kind::Siglip),
        other => Err(ModelError::unknown_family(other)),
    }
}

impl Towers {
    /// # Errors
    /// [`ModelError::UnknownFamily`] before anything is loaded, and those of the family.
    pub fn load(files: &ModelFiles, device: &ComputeDevice) -> Result<Self, ModelError> {
        match (kind_of(files)?, &files.text) {
            (Kind::Clip, None) => Ok(Self::Clip(ClipTowers::load(files, device)?)),
            (Kind::Siglip, None) => Ok(Self::Siglip(Box::new(SiglipTowers::load(files, device)?))),
            (Kind::Clip, Some(text)) => {
                let own = DistilBert::load(text, device)?;
                let images = ClipImageTower::load(files, device)?;
                if own.dim() != images.dim() {
                    return Err(ModelError::OtherSpace {
                        text: text.name.clone(),
                        n_text: own.dim(),
                        n_image: images.dim(),
                    });
                }
                Ok(Self::ClipAndDistilBert(images, own))
            }
            (Kind::Siglip, Some(_)) => Err(ModelError::unknown_family(SIGLIP)),
        }
    }

    pub fn images(&self) -> &dyn ImageSide {
        match self {
            Self::Clip(towers) => towers,
            Self::Siglip(towers) => &**towers,
            Self::ClipAndDistilBert(images, _) => images,
        }
    }

    pub fn texts(&self) -> &dyn TextSide {
        match self {
            Self::Clip(towers) => towers,
            Self::Siglip(towers) => &**towers,
            Self::ClipAndDistilBert(_, texts) => texts,
        }
    }
}

/// The hash of all that decides the features of images, hexadecimal: the weights of the image tower as
/// numbers, its shape, and the preprocessing. It is the same in whatever file or layout they lie, and
/// whatever text tower stands beside it.
///
/// # Errors
/// [`ModelError`] where a file cannot be read.
pub(super) fn image_id(files: &ModelFiles) -> Result<String, ModelError> {
    let (description, checkpoint) = match kind_of(files)? {
        Kind::Clip => {
            let parts = ClipParts::open(files)?;
            (parts.describe_images(), parts.checkpoint)
        }
        Kind::Siglip => {
            let parts = SiglipParts::open(files)?;
            (parts.describe_images(), parts.checkpoint)
        }
    };
    let mut hasher = blake3::Hasher::new();
    hasher.update(&description);
    hash_tensors(&checkpoint, &mut hasher)?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// Every tensor of the image tower, in the order of their names.
fn hash_tensors(checkpoint: &Checkpoint, hasher: &mut blake3::Hasher) -> Result<(), ModelError> {
    const OF_IMAGES: [&str; 2] = ["vision_model.", "visual_projection."];
    for name in checkpoint.names() {
        let is_wanted = OF_IMAGES.iter().any(|start| name.starts_with(start));
        let stored = checkpoint
            .get(name)
            .filter(|tensor| tensor.dtype.is_float());
        let Some(stored) = stored.filter(|_| is_wanted) else {
            continue;
        };
        hasher.update(name.as_bytes());
        for dim in &stored.shape {
            hasher.update(&(*dim as u64).to_le_bytes());
        }
        let values = stored
            .read()
            .map_err(|reason| ModelError::Weights(format!("tensor {name}: {reason}")))?;
        hasher.update(bytemuck::cast_slice(&values));
    }
    Ok(())
}
