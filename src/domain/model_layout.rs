//! How the files of a model are called in Hugging Face layout: for whoever fetches them and whoever
//! reads them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// What a model has beside its weights.
pub const SMALL_MODEL_FILES: [&str; 3] =
    ["config.json", "preprocessor_config.json", "tokenizer.json"];

/// Holds what `preprocessor_config.json` says where transformers 5 or newer wrote the model.
pub const PROCESSOR_CONFIG: &str = "processor_config.json";

/// All weights in one file.
pub const SAFETENSORS: &str = "model.safetensors";

/// Names the file of each tensor where the weights are spread over several.
pub const SHARD_INDEX: &str = "model.safetensors.index.json";

/// Weights in a pickle, as older models have them.
pub const PYTORCH: &str = "pytorch_model.bin";

/// Where the weights may lie, best first.
pub const WEIGHT_FILES: [&str; 3] = [SAFETENSORS, SHARD_INDEX, PYTORCH];

/// Config of a model in open_clip's layout; it says how images are prepared too.
pub const OPEN_CLIP_CONFIG: &str = "open_clip_config.json";

/// Where the weights of a model in open_clip's layout may lie, best first.
pub const OPEN_CLIP_WEIGHTS: [&str; 2] =
    ["open_clip_model.safetensors", "open_clip_pytorch_model.bin"];

/// Which modules a sentence-transformers model is made of, and in which folders they lie.
pub const SENTENCE_MODULES: &str = "modules.json";

/// Why a [`SHARD_INDEX`] is none.
#[derive(Debug, thiserror::Error)]
pub enum ShardIndexError {
    #[error("it is no index of weights ({0})")]
    Json(serde_json::Error),
    #[error("it names no files")]
    Empty,
    #[error("{0:?} is not the name of a safetensors file beside it")]
    Name(String),
}

/// The files that the text of a [`SHARD_INDEX`] names, each once: all of them beside it, under names
/// that lead nowhere else.
///
/// # Errors
/// [`ShardIndexError`] where it is no index, or names something else.
pub fn shard_names(index: &[u8]) -> Result<BTreeSet<String>, ShardIndexError> {
    #[derive(Deserialize)]
    struct Index {
        weight_map: BTreeMap<String, String>,
    }
    let index: Index = serde_json::from_slice(index).map_err(ShardIndexError::Json)?;
    let names: BTreeSet<_> = index.weight_map.into_values().collect();
    let is_file = |name: &&String| {
        let is_plain = |c: u8| c.is_ascii_alphanumeric() || b"-_.".contains(&c);
        name.ends_with(".safetensors") && !name.starts_with('.') && name.bytes().all(is_plain)
    };
    match names.iter().find(|name| !is_file(name)) {
        Some(other) => Err(ShardIndexError::Name(other.clone())),
        None if names.is_empty() => Err(ShardIndexError::Empty),
        None => Ok(names),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_names_files_beside_it() {
        let index = |file: &str| format!(r#"{{"weight_map": {{"a": "{file}"}}}}"#);
        let name = "model-00001-of-00002.safetensors";
        let found = shard_names(index(name).as_bytes()).unwrap();
        assert!(found.contains(name));
        for bad in [
            "../x.safetensors",
            "a/b.safetensors",
            "x.bin",
            ".safetensors",
            "",
        ] {
            let error = shard_names(index(bad).as_bytes()).unwrap_err();
            assert!(error.to_string().contains(&format!("{bad:?}")), "{error}");
        }
        assert!(shard_names(br#"{"weight_map": {}}"#).is_err());
        assert!(shard_names(b"[]").is_err());
    }
}
