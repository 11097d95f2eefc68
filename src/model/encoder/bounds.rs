//! What a model's config may say: every number that decides an allocation is bounded before use,
//! because a directory from anywhere may say anything.

use serde::de::DeserializeOwned;

use crate::model::ModelError;
use crate::model::encoder::transformer::TransformerConfig;

/// Reads a `config.json` and checks it.
///
/// # Errors
/// [`ModelError::Config`] with the reason.
pub fn config_from_json<C: DeserializeOwned>(
    json: &[u8],
    check: impl FnOnce(&C) -> Result<(), String>,
) -> Result<C, ModelError> {
    let invalid = |reason: String| ModelError::Config {
        file: "config.json",
        reason,
    };
    let config = serde_json::from_slice(json).map_err(|error| invalid(error.to_string()))?;
    check(&config).map_err(invalid)?;
    Ok(config)
}

/// # Errors
/// Naming the field and what it may be.
pub fn within(name: &str, value: usize, max: usize) -> Result<(), String> {
    if (1..=max).contains(&value) {
        Ok(())
    } else {
        Err(format!("{name} is {value}, expected 1 to {max}"))
    }
}

/// The layers of a tower, by the names of Hugging Face's configs.
///
/// # Errors
/// As [`within`].
pub fn check_layers(tower: &str, layers: &TransformerConfig) -> Result<(), String> {
    let TransformerConfig { width, n_heads, .. } = *layers;
    within(&format!("{tower}.hidden_size"), width, 16384)?;
    within(&format!("{tower}.intermediate_size"), layers.inner, 65536)?;
    within(&format!("{tower}.num_hidden_layers"), layers.n_layers, 256)?;
    within(&format!("{tower}.num_attention_heads"), n_heads, 1024)?;
    if !width.is_multiple_of(n_heads) {
        return Err(format!("{tower}: {n_heads} heads do not divide {width}"));
    }
    if !(layers.eps.is_finite() && layers.eps > 0.0) {
        return Err(format!("{tower}.layer_norm_eps must be positive"));
    }
    Ok(())
}

/// What a text tower reads.
///
/// # Errors
/// As [`within`].
pub fn check_texts(tower: &str, n_positions: usize, vocabulary: usize) -> Result<(), String> {
    within(
        &format!("{tower}.max_position_embeddings"),
        n_positions,
        8192,
    )?;
    within(&format!("{tower}.vocab_size"), vocabulary, 2_000_000)?;
    if n_positions < 3 {
        return Err(format!(
            "{tower}.max_position_embeddings leaves no room for words"
        ));
    }
    Ok(())
}

/// The image that is cut into patches.
///
/// # Errors
/// As [`within`].
pub fn check_image(tower: &str, size: usize, patch: usize, channels: usize) -> Result<(), String> {
    within(&format!("{tower}.image_size"), size, 2048)?;
    within(&format!("{tower}.patch_size"), patch, size)?;
    if channels != 3 {
        return Err(format!("{tower}.num_channels is {channels}, it must be 3"));
    }
    if !size.is_multiple_of(patch) {
        return Err(format!(
            "{tower}.image_size is not a multiple of patch_size"
        ));
    }
    Ok(())
}
