//! What every tokenizer is checked for: that its ids are those of the model's vocabulary.

use crate::model::ModelError;

/// # Errors
/// Where a tokenizer whose ids go up to `highest` is another model's. A vocabulary may be padded for
/// speed, but not by much.
pub fn check_highest(highest: u32, vocab_size: usize) -> Result<(), String> {
    let plausible = vocab_size - vocab_size / 10..=vocab_size;
    if plausible.contains(&(highest as usize + 1)) {
        return Ok(());
    }
    Err(format!(
        "its ids go up to {highest}, but the model's vocabulary has {vocab_size} entries: \
         it belongs to another model"
    ))
}

/// Special tokens may have ids of their own, which the vocabulary does not list.
///
/// # Errors
/// [`ModelError::Tokenize`] naming an id that the model has no embedding for.
pub fn checked(ids: Vec<u32>, vocab_size: usize) -> Result<Vec<u32>, ModelError> {
    match ids.iter().find(|&&id| id as usize >= vocab_size) {
        None => Ok(ids),
        Some(id) => Err(ModelError::Tokenize(format!(
            "it gives the id {id}, but the model's vocabulary has {vocab_size} entries"
        ))),
    }
}

/// The first `max_len` ids, the last of them replaced by the end of the text where others are lost.
pub fn cut(mut ids: Vec<u32>, max_len: usize) -> Vec<u32> {
    let end = ids.last().copied();
    if ids.len() > max_len {
        ids.truncate(max_len.max(1));
        if let (Some(last), Some(end)) = (ids.last_mut(), end) {
            *last = end;
        }
    }
    ids
}
