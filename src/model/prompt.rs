//! A prompt: what was learned, as plain numbers, and its file.
//!
//! One safetensors file of about 9 KB: the tensors `context` `[n_ctx, text_width]`, `scale` `[1]`,
//! `bias` `[1]`, for a trained head `head.hidden.weight` `[k, h]`, `head.hidden.bias` `[h]`,
//! `head.output.weight` `[h, 1]`, `head.output.bias` `[1]`, all float32, and the metadata entry
//! `vcl-prompt`, a [`PromptMetadata`] as JSON.

mod metadata;

use serde::Deserialize;

use crate::model::ModelId;
use crate::model::moment_head::HeadWeights;
use crate::model::tensor_file::{self, NamedTensor, TensorFile};

pub use metadata::{
    BaseModel, HeldOutScores, PromptMetadata, ShownClips, TrainingSummary, Verdict,
};
use metadata::{FORMAT_VERSION, short_name};

const METADATA_KEY: &str = "vcl-prompt";

/// A trained head is trained for this threshold.
pub const HEAD_THRESHOLD: f32 = 0.5;

/// More than any text tower has positions for.
const MAX_CONTEXT: usize = 1024;

/// What was learned: context vectors, calibration and, where it was trained, the moment head.
#[derive(Clone, Debug, PartialEq)]
pub struct Prompt {
    pub metadata: PromptMetadata,
    /// `[n_ctx, text_width]`, row-major.
    pub context: Vec<f32>,
    pub scale: f32,
    pub bias: f32,
    /// `None` where there were too few labels to train one: moments are then cut as without a prompt.
    pub head: Option<HeadWeights>,
}

/// Why a file is not a prompt, or not one for this model.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    #[error("this is not a prompt file: {0}")]
    Malformed(String),
    #[error("this prompt was written by a newer version of vcl (format {0}): update vcl to use it")]
    Newer(u32),
    #[error(
        "this prompt was made on the model {prompt}, but {running} is running: \
         start vcl with that model (--model), or teach a new prompt on this one"
    )]
    OtherModel { prompt: String, running: String },
}

impl Prompt {
    /// # Errors
    /// [`PromptError::OtherModel`] where the prompt was made on a model with other weights.
    pub fn check_model(&self, running: &ModelId) -> Result<(), PromptError> {
        let base = &self.metadata.base_model;
        if base.hash == running.hash {
            return Ok(());
        }
        let describe = |name: &str, hash: &str| {
            let hash: String = hash.chars().take(8).collect();
            format!("{name} ({hash}…)")
        };
        Err(PromptError::OtherModel {
            prompt: describe(&base.name, &base.hash),
            running: describe(short_name(&running.name), &running.hash),
        })
    }

    /// The bytes of a prompt file.
    ///
    /// # Errors
    /// [`PromptError::Malformed`] where numbers and metadata do not fit each other.
    pub fn to_bytes(&self) -> Result<Vec<u8>, PromptError> {
        let metadata = serde_json::to_string(&self.metadata).map_err(malformed)?;
        let width = self.metadata.base_model.text_width;
        let mut tensors = vec![
            NamedTensor::new("context", &[self.metadata.n_ctx, width], &self.context),
            NamedTensor::new("scale", &[1], &[self.scale]),
            NamedTensor::new("bias", &[1], &[self.bias]),
        ];
        if let Some(head) = &self.head {
            let (k, h) = (head.config.k, head.config.h);
            tensors.extend([
                NamedTensor::new("head.hidden.weight", &[k, h], &head.hidden_weight),
                NamedTensor::new("head.hidden.bias", &[h], &head.hidden_bias),
                NamedTensor::new("head.output.weight", &[h, 1], &head.output_weight),
                NamedTensor::new("head.output.bias", &[1], &head.output_bias),
            ]);
        }
        tensor_file::to_bytes(METADATA_KEY, metadata, &tensors).map_err(malformed)
    }

    /// Reads a file that may come from anywhere.
    ///
    /// # Errors
    /// [`PromptError`] naming what is missing, misshapen or not a number.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PromptError> {
        let json = tensor_file::metadata(bytes, METADATA_KEY).map_err(malformed)?;
        #[derive(Deserialize)]
        struct Version {
            format_version: u32,
        }
        let Version { format_version } = serde_json::from_str(&json).map_err(malformed)?;
        if format_version > FORMAT_VERSION {
            return Err(PromptError::Newer(format_version));
        }
        let metadata: PromptMetadata = serde_json::from_str(&json).map_err(malformed)?;
        let (n_ctx, width) = (metadata.n_ctx, metadata.base_model.text_width);
        if n_ctx > MAX_CONTEXT {
            return Err(malformed(format!("{n_ctx} context vectors are too many")));
        }
        let file = TensorFile::open(bytes).map_err(malformed)?;
        let read = |name: &str, shape: &[usize]| file.read(name, shape).map_err(malformed);
        let config = metadata.head.config();
        let (k, h) = (config.k, config.h);
        let head = if file.has_any("head.") {
            Some(HeadWeights {
                config,
                hidden_weight: read("head.hidden.weight", &[k, h])?,
                hidden_bias: read("head.hidden.bias", &[h])?,
                output_weight: read("head.output.weight", &[h, 1])?,
                output_bias: read("head.output.bias", &[1])?,
            })
        } else {
            None
        };
        Ok(Self {
            context: read("context", &[n_ctx, width])?,
            scale: read("scale", &[1])?[0],
            bias: read("bias", &[1])?[0],
            head,
            metadata,
        })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands errors over")]
fn malformed(reason: impl ToString) -> PromptError {
    PromptError::Malformed(reason.to_string())
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use safetensors::tensor::{TensorView, serialize};

    use super::*;
    use crate::model::moment_head::HeadKind;

    fn model(hash: &str) -> ModelId {
        ModelId {
            name: "/models/clip-small".into(),
            hash: hash.into(),
        }
    }

    fn prompt(head: Option<HeadKind>) -> Prompt {
        let kind = head.unwrap_or(HeadKind::Window);
        let base = BaseModel::new(&model("0123456789"), 512);
        let mut metadata = PromptMetadata::new(base, 4, kind);
        metadata.query = Some("a red kite".into());
        metadata.after = Some(HeldOutScores {
            hit1: 75.0,
            mean_ap: 61.25,
            shown: Some(ShownClips {
                n_fitting: 4,
                n_shown: 3,
                n_right: 2,
            }),
        });
        Prompt {
            metadata,
            context: (0..2048).map(|i| i as f32 * 0.001).collect(),
            scale: 3.0,
            bias: -0.36,
            head: head.map(|kind| kind.config().init(1, &Device::flex()).weights()),
        }
    }

    #[test]
    fn a_prompt_survives_its_file_of_nine_kilobytes() {
        for head in [None, Some(HeadKind::Frame), Some(HeadKind::Window)] {
            let prompt = prompt(head);
            let bytes = prompt.to_bytes().unwrap();
            assert!((8_000..10_500).contains(&bytes.len()), "{}", bytes.len());
            assert_eq!(Prompt::from_bytes(&bytes).unwrap(), prompt);
            assert_eq!(prompt.to_bytes().unwrap(), bytes);
        }
    }

    #[test]
    fn another_base_model_is_refused_in_plain_words() {
        let prompt = prompt(None);
        assert!(prompt.check_model(&model("0123456789")).is_ok());
        let message = prompt.check_model(&model("ffff")).unwrap_err().to_string();
        assert_eq!(
            message,
            "this prompt was made on the model clip-small (01234567…), but clip-small (ffff…) is \
             running: start vcl with that model (--model), or teach a new prompt on this one"
        );
    }

    #[test]
    fn damaged_files_are_errors() {
        let bytes = prompt(Some(HeadKind::Frame)).to_bytes().unwrap();
        for len in [0, 7, 8, 100, bytes.len() - 1] {
            assert!(Prompt::from_bytes(&bytes[..len]).is_err(), "{len}");
        }
        let mut not_a_number = prompt(None);
        not_a_number.context[5] = f32::NAN;
        let error = Prompt::from_bytes(&not_a_number.to_bytes().unwrap()).unwrap_err();
        assert!(error.to_string().contains("context"), "{error}");
        let mut newer = prompt(None);
        newer.metadata.format_version = 99;
        let error = Prompt::from_bytes(&newer.to_bytes().unwrap()).unwrap_err();
        assert!(matches!(error, PromptError::Newer(99)));
        let mut wide = prompt(None);
        wide.metadata.base_model.text_width = usize::MAX;
        assert!(wide.to_bytes().is_err());
        let other = serialize(Vec::<(String, TensorView<'_>)>::new(), None).unwrap();
        assert!(Prompt::from_bytes(&other).is_err());
    }
}
