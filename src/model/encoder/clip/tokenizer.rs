//! Words to token ids, by the model's own `tokenizer.json`.

use tokenizers::Tokenizer;

use crate::domain::foreign;
use crate::model::ModelError;
use crate::model::encoder::clip::config::{EotRule, TextConfig};
use crate::model::encoder::vocabulary::{check_highest, checked, cut};

/// A tokenizer that ends every text with the model's end-of-text id, truncated or not.
#[derive(Clone, Debug)]
pub struct ClipTokenizer {
    inner: Tokenizer,
    eot_rule: EotRule,
    n_positions: usize,
    vocab_size: usize,
}

impl ClipTokenizer {
    /// # Errors
    /// [`ModelError::Config`] where the file is not a tokenizer, or belongs to another vocabulary
    /// than the model's.
    pub fn from_json(json: &[u8], config: &TextConfig) -> Result<Self, ModelError> {
        let invalid = |reason: String| ModelError::Config {
            file: "tokenizer.json",
            reason,
        };
        let (inner, highest) = foreign(|| {
            let mut inner = Tokenizer::from_bytes(json)?;
            // Length is handled here, so that context vectors can claim positions.
            inner.with_truncation(None)?;
            inner.with_padding(None);
            let highest = inner.get_vocab(true).into_values().max().unwrap_or(0);
            Ok::<_, tokenizers::Error>((inner, highest))
        })
        .map_err(invalid)?;
        check_highest(highest, config.vocab_size).map_err(invalid)?;
        let tokenizer = Self {
            inner,
            eot_rule: config.eot_rule(),
            n_positions: config.max_position_embeddings,
            vocab_size: config.vocab_size,
        };
        let empty = tokenizer.ids("")?;
        let ends_with_eot = match (tokenizer.eot_rule, empty.last()) {
            (EotRule::HighestId, last) => last == Some(&highest),
            (EotRule::FirstOf(eot), last) => last == Some(&eot) && empty[0] != eot,
        };
        if empty.len() < 2 || !ends_with_eot {
            return Err(invalid(
                "it does not end a text with the id that config.json names as end of text".into(),
            ));
        }
        Ok(tokenizer)
    }

    /// `SOT … EOT`, cut to the model's positions with EOT kept, and cut after the EOT that the
    /// model reads: the tower is causal, so what follows changes nothing.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, ModelError> {
        self.encode_within(text, self.n_positions)
    }

    /// As [`ClipTokenizer::encode`] with at most `max_len` ids, SOT and EOT included.
    pub fn encode_within(&self, text: &str, max_len: usize) -> Result<Vec<u32>, ModelError> {
        Ok(self.encode_counted(text, max_len)?.0)
    }

    /// As [`ClipTokenizer::encode_within`], with the number of ids that the text has before any cut.
    pub fn encode_counted(
        &self,
        text: &str,
        max_len: usize,
    ) -> Result<(Vec<u32>, usize), ModelError> {
        let ids = self.ids(text)?;
        let n_ids = ids.len();
        let mut ids = cut(ids, max_len);
        ids.truncate(self.eot_rule.position(&ids) + 1);
        Ok((ids, n_ids))
    }

    /// All ids up to `max_len`, also those behind an end-of-text written in the text itself.
    pub fn encode_uncut(&self, text: &str, max_len: usize) -> Result<Vec<u32>, ModelError> {
        Ok(cut(self.ids(text)?, max_len))
    }

    /// How many ids a text makes before any cut.
    pub fn n_tokens(&self, text: &str) -> Result<usize, ModelError> {
        Ok(self.ids(text)?.len())
    }

    fn ids(&self, text: &str) -> Result<Vec<u32>, ModelError> {
        let encoding = foreign(|| self.inner.encode_fast(text, true));
        let ids = encoding.map_err(ModelError::Tokenize)?.get_ids().to_vec();
        checked(ids, self.vocab_size)
    }
}

#[cfg(test)]
mod tests;
