//! What a directory with a model in it turns out to be, before any of it is loaded.
//!
//! A directory that sentence-transformers saved has the CLIP in a subdirectory; one of open_clip has
//! other names for everything; OpenAI's own weights come as one file. Who is told "a file is
//! missing" of a model of another family downloads the same thing again in vain.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::domain::{OPEN_CLIP_CONFIG, OPEN_CLIP_WEIGHTS, SMALL_MODEL_FILES};
use crate::model::ModelError;

/// `model_type` of a CLIP.
pub(super) const CLIP: &str = "clip";

/// `model_type` of a SigLIP or SigLIP 2 of fixed resolution.
pub(super) const SIGLIP: &str = "siglip";

/// Where sentence-transformers puts the CLIP of a model.
const SENTENCE_TRANSFORMERS: &str = "0_CLIPModel";

const CONFIG: &str = SMALL_MODEL_FILES[0];

/// In whose manner the files are called and laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `config.json` and what belongs to it.
    Transformers,
    /// `open_clip_config.json` and what belongs to it.
    OpenClip,
    /// OpenAI's own weights in one `.pt` file, without a config.
    OpenAi,
}

/// The directory itself, or the one inside it that has the model's files.
pub(super) fn model_dir(dir: &Path) -> Cow<'_, Path> {
    let inner = dir.join(SENTENCE_TRANSFORMERS);
    if !dir.join(CONFIG).exists() && inner.join(CONFIG).is_file() {
        Cow::Owned(inner)
    } else {
        Cow::Borrowed(dir)
    }
}

/// The layout of a directory, whether it is whole or not.
pub(super) fn layout_of(dir: &Path) -> Layout {
    let config = dir.join(CONFIG);
    if is_open_clip(dir) && !is_of_transformers(&config) {
        return Layout::OpenClip;
    }
    match config.exists() || original_weights(dir).is_none() {
        true => Layout::Transformers,
        false => Layout::OpenAi,
    }
}

/// OpenAI's weights: the only `.pt` file of a directory.
pub(super) fn original_weights(dir: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(dir).ok()?.flatten();
    let mut files = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "pt") && path.is_file());
    let found = files.next()?;
    files.next().is_none().then_some(found)
}

/// Whether something was meant to be a model here, whole or not.
pub(super) fn is_model_dir(dir: &Path) -> bool {
    model_dir(dir).join(CONFIG).is_file() || is_open_clip(dir) || original_weights(dir).is_some()
}

/// The error for a model of another kind than those that are known, in transformers' layout.
pub(super) fn other_kind(config: Option<&[u8]>) -> Option<ModelError> {
    // A damaged config is told where it is loaded.
    let model_type = model_type(config?).ok()?;
    let is_known = [CLIP, SIGLIP].contains(&model_type.as_str());
    (!is_known).then(|| ModelError::unknown_family(&model_type))
}

/// The error for a model of open_clip whose towers are no plain transformers.
pub(super) fn other_open_clip(config: &[u8]) -> Option<ModelError> {
    let config: Value = serde_json::from_slice(config).ok()?;
    let model = config.get("model_cfg")?;
    let name = |part: &str, field: &str| {
        let name = model.get(part)?.get(field)?.as_str()?;
        Some(name.chars().take(80).collect::<String>())
    };
    let is_convolutional = || {
        let layers = model
            .get("vision_cfg")
            .and_then(|vision| vision.get("layers"));
        layers.is_some_and(Value::is_array)
    };
    let other = if let Some(timm) = name("vision_cfg", "timm_model_name") {
        format!("timm's image tower {timm}")
    } else if is_convolutional() {
        "a convolutional image tower (ResNet)".to_owned()
    } else {
        format!("the text tower {}", name("text_cfg", "hf_model_name")?)
    };
    Some(ModelError::OpenClip(other))
}

fn is_open_clip(dir: &Path) -> bool {
    let mut files = OPEN_CLIP_WEIGHTS.iter().chain([&OPEN_CLIP_CONFIG]);
    files.any(|file| dir.join(file).is_file())
}

/// Whether a `config.json` is one of transformers: timm puts its own beside open_clip's files. A file
/// that cannot be read is told as what its name says.
fn is_of_transformers(config: &Path) -> bool {
    const MAX_BYTES: u64 = 1 << 20;
    let is_small = |metadata: std::fs::Metadata| metadata.is_file() && metadata.len() < MAX_BYTES;
    if !config.metadata().is_ok_and(is_small) {
        return config.exists();
    }
    let json = std::fs::read(config).unwrap_or_default();
    match serde_json::from_slice::<Value>(&json) {
        Ok(config) => ["model_type", "text_config", "architectures"]
            .iter()
            .any(|field| config.get(field).is_some()),
        Err(_) => true,
    }
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
