//! Which family a model directory holds: one arm each.

use serde::Deserialize;

use crate::model::ModelError;
use crate::model::device::ComputeDevice;
use crate::model::encoder::clip::ClipTowers;
use crate::model::encoder::family::Family;
use crate::model::encoder::files::ModelFiles;

/// The frozen towers of a model with their tokenizer and preprocessing. A copy shares the weights.
#[derive(Clone)]
pub(super) enum Towers {
    Clip(ClipTowers),
}

impl Towers {
    /// # Errors
    /// [`ModelError::UnknownFamily`] before anything is loaded, and those of the family.
    pub fn load(files: &ModelFiles, device: &ComputeDevice) -> Result<Self, ModelError> {
        match model_type(&files.config)?.as_str() {
            "clip" => Ok(Self::Clip(ClipTowers::load(files, device)?)),
            other => Err(ModelError::UnknownFamily(other.chars().take(40).collect())),
        }
    }

    pub fn family(&self) -> &dyn Family {
        match self {
            Self::Clip(towers) => towers,
        }
    }
}

/// `model_type` in `config.json`. Configs without it are CLIP's: it was the only family.
fn model_type(config: &[u8]) -> Result<String, ModelError> {
    #[derive(Deserialize)]
    struct Config {
        #[serde(default = "clip")]
        model_type: String,
    }
    fn clip() -> String {
        "clip".to_owned()
    }
    serde_json::from_slice::<Config>(config)
        .map(|config| config.model_type)
        .map_err(|error| ModelError::Config {
            file: "config.json",
            reason: error.to_string(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_told_by_its_model_type() {
        let of = |json: &str| model_type(json.as_bytes());
        assert_eq!(of(r#"{"text_config": {}}"#).unwrap(), "clip");
        assert_eq!(of(r#"{"model_type": "siglip"}"#).unwrap(), "siglip");
        for damaged in ["{", "null", r#"{"model_type": 5}"#] {
            let message = of(damaged).unwrap_err().to_string();
            assert!(message.contains("config.json"), "{message}");
        }
    }
}
