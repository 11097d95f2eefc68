//! What a directory with a model in it turns out to be, before any of it is loaded.
//!
//! Three kinds of directories look like a CLIP with a file missing: one that sentence-transformers
//! saved (the CLIP is in a subdirectory), one of open_clip, and one of another family. Who is told
//! "a file is missing" downloads the same thing again in vain.

use std::borrow::Cow;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::domain::SMALL_MODEL_FILES;
use crate::model::ModelError;

/// `model_type` of a CLIP.
pub(super) const CLIP: &str = "clip";

/// `model_type` of a SigLIP or SigLIP 2 of fixed resolution.
pub(super) const SIGLIP: &str = "siglip";

/// Where sentence-transformers puts the CLIP of a model.
const SENTENCE_TRANSFORMERS: &str = "0_CLIPModel";

/// What only open_clip writes.
const OPEN_CLIP: [&str; 3] = [
    "open_clip_config.json",
    "open_clip_model.safetensors",
    "open_clip_pytorch_model.bin",
];

const CONFIG: &str = SMALL_MODEL_FILES[0];

/// The directory itself, or the one inside it that has the model's files.
pub(super) fn model_dir(dir: &Path) -> Cow<'_, Path> {
    let inner = dir.join(SENTENCE_TRANSFORMERS);
    if !dir.join(CONFIG).exists() && inner.join(CONFIG).is_file() {
        Cow::Owned(inner)
    } else {
        Cow::Borrowed(dir)
    }
}

/// Whether something was meant to be a model here, whole or not.
pub(super) fn is_model_dir(dir: &Path) -> bool {
    model_dir(dir).join(CONFIG).is_file() || is_open_clip(dir)
}

/// The error for a model of another kind than those that are known, in transformers' layout.
pub(super) fn other_kind(dir: &Path, config: Option<&[u8]>) -> Option<ModelError> {
    let Some(config) = config else {
        return is_open_clip(dir).then(|| ModelError::OpenClip(dir.to_owned()));
    };
    // A damaged config is told where it is loaded.
    let model_type = model_type(config).ok()?;
    let is_known = [CLIP, SIGLIP].contains(&model_type.as_str());
    (!is_known).then(|| ModelError::unknown_family(&model_type))
}

fn is_open_clip(dir: &Path) -> bool {
    OPEN_CLIP.iter().any(|file| dir.join(file).is_file())
}

/// `model_type` in `config.json`. Old configs of CLIP do not have it; where the text tower says that
/// it is of another family, so is the model.
pub(super) fn model_type(config: &[u8]) -> Result<String, ModelError> {
    #[derive(Deserialize)]
    struct Config {
        model_type: Option<String>,
        #[serde(default)]
        text_config: Value,
    }
    let config: Config = serde_json::from_slice(config).map_err(|error| ModelError::Config {
        file: CONFIG,
        reason: error.to_string(),
    })?;
    let of_text = || {
        let name = config.text_config.get("model_type")?.as_str()?;
        Some(name.strip_suffix("_text_model")?.to_owned())
    };
    let model_type = config.model_type.or_else(of_text);
    Ok(model_type.unwrap_or_else(|| CLIP.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_told_by_its_model_type() {
        let of = |json: &str| model_type(json.as_bytes());
        assert_eq!(of(r#"{"text_config": {}}"#).unwrap(), CLIP);
        assert_eq!(of(r#"{"model_type": "siglip"}"#).unwrap(), "siglip");
        let only_text =
            |name: &str| of(&format!(r#"{{"text_config": {{"model_type": "{name}"}}}}"#));
        assert_eq!(only_text("siglip2_text_model").unwrap(), "siglip2");
        assert_eq!(only_text("clip_text_model").unwrap(), CLIP);
        for damaged in ["{", "null", r#"{"model_type": 5}"#] {
            let message = of(damaged).unwrap_err().to_string();
            assert!(message.contains(CONFIG), "{message}");
        }
    }
}
