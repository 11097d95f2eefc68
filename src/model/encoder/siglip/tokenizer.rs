//! Words to token ids, by the model's own `tokenizer.json`.
//!
//! SigLIP 2 reads with Gemma's tokenizer: byte pairs over the whole text, 256,000 pieces, 34 MB of
//! JSON. The models were trained on lower case, which the published file does not say, so it is put
//! in front here. SigLIP 1 has sentencepiece's unigrams and was trained on texts without punctuation.

use tokenizers::models::bpe::BPE;
use tokenizers::normalizers::{Lowercase, Sequence};
use tokenizers::{
    DecoderWrapper, Model, NormalizerWrapper, PostProcessorWrapper, PreTokenizerWrapper, Tokenizer,
    TokenizerImpl,
};

use crate::domain::foreign;
use crate::model::ModelError;
use crate::model::encoder::siglip::config::TextConfig;
use crate::model::encoder::vocabulary::{check_highest, checked};

/// Byte pairs are named as such: the type that takes every kind reads its file three times over.
type Tokens<M> =
    TokenizerImpl<M, NormalizerWrapper, PreTokenizerWrapper, PostProcessorWrapper, DecoderWrapper>;

/// A tokenizer that ends every text and pads it to the model's positions.
#[derive(Clone, Debug)]
pub struct SiglipTokenizer {
    inner: Inner,
    end: u32,
    padding: u32,
    n_positions: usize,
    vocab_size: usize,
}

#[derive(Clone, Debug)]
enum Inner {
    /// SigLIP 2.
    BytePairs(Box<Tokens<BPE>>),
    /// SigLIP 1.
    Unigrams(Box<Tokenizer>),
}

impl SiglipTokenizer {
    /// # Errors
    /// [`ModelError::Config`] where the file is not a tokenizer, or belongs to another vocabulary
    /// than the model's.
    pub fn from_json(json: &[u8], config: &TextConfig) -> Result<Self, ModelError> {
        let invalid = |reason: String| ModelError::Config {
            file: "tokenizer.json",
            reason,
        };
        let inner = foreign(|| Inner::parse(json)).map_err(invalid)?;
        let highest = inner.highest_id();
        check_highest(highest, config.vocab_size).map_err(invalid)?;
        let (end, padding) = match inner {
            Inner::BytePairs(_) => ("<eos>", "<pad>"),
            Inner::Unigrams(_) => ("</s>", "</s>"),
        };
        let id = |token: &str| {
            let id = inner.id(token);
            id.ok_or_else(|| invalid(format!("it has no {token}, so it is not of this family")))
        };
        Ok(Self {
            end: id(end)?,
            padding: id(padding)?,
            inner,
            n_positions: config.max_position_embeddings,
            vocab_size: config.vocab_size,
        })
    }

    /// The ids of a text with its end, cut to `max_len` with the end kept, and how many there would
    /// be without the cut.
    ///
    /// # Errors
    /// [`ModelError::Tokenize`] for a text that cannot be read.
    pub fn encode_counted(
        &self,
        text: &str,
        max_len: usize,
    ) -> Result<(Vec<u32>, usize), ModelError> {
        let ids = foreign(|| self.inner.ids(text)).map_err(ModelError::Tokenize)?;
        let mut ids = checked(ids, self.vocab_size)?;
        let n_ids = ids.len() + 1;
        ids.truncate(max_len.saturating_sub(1));
        ids.push(self.end);
        Ok((ids, n_ids))
    }

    /// Ids filled up to `len`.
    pub fn pad(&self, mut ids: Vec<u32>, len: usize) -> Vec<u32> {
        ids.resize(len.max(ids.len()), self.padding);
        ids
    }

    /// The length of every text, padding included.
    pub fn n_positions(&self) -> usize {
        self.n_positions
    }
}

impl Inner {
    fn parse(json: &[u8]) -> tokenizers::Result<Self> {
        if let Ok(mut tokens) = serde_json::from_slice::<Tokens<BPE>>(json) {
            let own = tokens.get_normalizer().cloned();
            let lower = [NormalizerWrapper::Lowercase(Lowercase)];
            let normalizers = lower.into_iter().chain(own).collect();
            tokens.with_normalizer(Some(NormalizerWrapper::Sequence(Sequence::new(
                normalizers,
            ))))?;
            tokens.with_truncation(None)?;
            tokens.with_padding(None);
            return Ok(Self::BytePairs(Box::new(tokens)));
        }
        let mut tokens = Tokenizer::from_bytes(json)?;
        tokens.with_truncation(None)?;
        tokens.with_padding(None);
        Ok(Self::Unigrams(Box::new(tokens)))
    }

    /// Without special tokens.
    fn ids(&self, text: &str) -> tokenizers::Result<Vec<u32>> {
        let encoding = match self {
            Self::BytePairs(tokens) => tokens.encode_fast(text, false)?,
            Self::Unigrams(tokens) => tokens.encode_fast(canonical(text), false)?,
        };
        Ok(encoding.get_ids().to_vec())
    }

    fn id(&self, token: &str) -> Option<u32> {
        match self {
            Self::BytePairs(tokens) => tokens.token_to_id(token),
            Self::Unigrams(tokens) => tokens.token_to_id(token),
        }
    }

    /// Ids are given without gaps in every published vocabulary.
    fn highest_id(&self) -> u32 {
        let n_model = match self {
            Self::BytePairs(tokens) => tokens.get_model().get_vocab_size(),
            Self::Unigrams(tokens) => tokens.get_model().get_vocab_size(),
        };
        u32::try_from(n_model.saturating_sub(1)).unwrap_or(u32::MAX)
    }
}

/// As the captions of SigLIP 1 were: lower case, without ASCII punctuation, single blanks.
fn canonical(text: &str) -> String {
    let kept = text.chars().filter(|c| !c.is_ascii_punctuation());
    let lower: String = kept.flat_map(char::to_lowercase).collect();
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_captions_of_siglip_1_had_no_punctuation() {
        assert_eq!(canonical("  A dog,\ta CAT (two!) "), "a dog a cat two");
        assert_eq!(canonical("it's"), "its");
        assert_eq!(canonical("?!"), "");
    }

    /// Sentencepiece's unigrams, as SigLIP 1 has them.
    #[test]
    fn unigrams_are_read_too() {
        let json = br#"{"version": "1.0", "added_tokens": [], "normalizer": null,
            "pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": true},
            "post_processor": null, "decoder": null,
            "model": {"type": "Unigram", "unk_id": 2, "byte_fallback": false, "vocab":
                [["<pad>", 0.0], ["</s>", 0.0], ["<unk>", 0.0], ["\u2581a", -1.0], ["\u2581dog", -2.0]]}}"#;
        let config = TextConfig {
            vocab_size: 5,
            max_position_embeddings: 6,
            ..TextConfig::default()
        };
        let tokenizer = SiglipTokenizer::from_json(json, &config).unwrap();
        let (ids, n_ids) = tokenizer.encode_counted("A dog!", 6).unwrap();
        assert_eq!((ids.as_slice(), n_ids), ([3, 4, 1].as_slice(), 3));
        assert_eq!(tokenizer.pad(ids, 6), [3, 4, 1, 1, 1, 1]);
        let other = TextConfig {
            vocab_size: 50,
            ..config
        };
        assert!(SiglipTokenizer::from_json(json, &other).is_err());
    }
}
