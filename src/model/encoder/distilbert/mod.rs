//! A DistilBERT that was taught to put sentences where a CLIP puts their pictures.
//!
//! Facts of this family that nothing outside needs to know:
//! - A text is `[CLS] | words | [SEP]`; context vectors stand after `[CLS]`.
//! - Every token sees every other; padding is masked, and the feature is the mean over the tokens.
//! - The norms come after the sums, with ε = 1e-12.
//! - The table of token embeddings is most of the model and stays in its file.
//!
//! Source: Reimers and Gurevych, *Making Monolingual Sentence Embeddings Multilingual using Knowledge
//! Distillation*, 2020; file layout of sentence-transformers. Golden numbers in
//! `tests/fixtures/distil-tiny`.

mod config;
mod network;

use std::sync::Arc;

use burn::module::Module as _;
use burn::tensor::{Device, Tensor};
use tokenizers::Tokenizer;

use crate::domain::foreign;
use crate::model::ModelError;
use crate::model::device::ComputeDevice;
use crate::model::encoder::checkpoint::Checkpoint;
use crate::model::encoder::family::TextSide;
use crate::model::encoder::info::TextInfo;
use crate::model::encoder::prompt_tokens::{PromptRows, PromptTokens, WordPieces, insert_contexts};
use crate::model::encoder::text_files::TextFiles;
use crate::model::encoder::token_table::TokenTable;
use crate::model::encoder::transformer::TransformerConfig;
use crate::model::encoder::vocabulary::{check_highest, checked, cut};
use crate::model::encoder::weights;

pub use config::DistilBertConfig;
pub use network::Network;

/// Where context vectors are put in: after `[CLS]`.
const CONTEXT_AT: usize = 1;

/// `[CLS]` and `[SEP]`.
const N_SPECIAL: usize = 2;

const TOKEN_TABLE: &str = "embeddings.word_embeddings.weight";

/// A frozen text tower with its tokenizer. A copy shares the weights.
#[derive(Clone)]
pub struct DistilBert {
    network: Network,
    token_table: TokenTable,
    config: DistilBertConfig,
    tokenizer: Arc<Tokenizer>,
    device: Device,
}

impl DistilBert {
    /// # Errors
    /// [`ModelError`] naming the file, the field or the tensor that is wrong.
    pub fn load(files: &TextFiles, device: &ComputeDevice) -> Result<Self, ModelError> {
        let config = DistilBertConfig::read(files)?;
        let transformer = &config.transformer;
        let invalid = |reason: String| ModelError::Config {
            file: "tokenizer.json",
            reason,
        };
        let (tokenizer, highest) = foreign(|| {
            let mut tokenizer = Tokenizer::from_bytes(&files.tokenizer)?;
            // Length is handled here, so that context vectors can claim positions.
            tokenizer.with_truncation(None)?;
            tokenizer.with_padding(None);
            let highest = tokenizer.get_vocab(true).into_values().max().unwrap_or(0);
            Ok::<_, tokenizers::Error>((tokenizer, highest))
        })
        .map_err(invalid)?;
        check_highest(highest, transformer.vocab_size).map_err(invalid)?;
        let (_, dense) = &files.dense;
        let dense = Checkpoint::open(dense)?.renamed(network::dense_renaming)?;
        let mut checkpoint = Checkpoint::open(&files.weights)?
            .renamed(network::renaming)?
            .and(dense);
        let shape = [transformer.vocab_size, transformer.dim];
        let token_table = TokenTable::take(&mut checkpoint, TOKEN_TABLE, shape)?;
        let device = device.tensor_device().clone();
        let network = weights::load(config.init(&device), &checkpoint)?.no_grad();
        let tower = Self {
            network,
            token_table,
            config,
            tokenizer: Arc::new(tokenizer),
            device,
        };
        if tower.ids("")?.len() != N_SPECIAL {
            return Err(invalid(
                "it does not begin and end a text with one token each".into(),
            ));
        }
        Ok(tower)
    }

    /// Length of the features.
    pub fn dim(&self) -> usize {
        self.config.dim
    }

    pub fn network(&self) -> &Network {
        &self.network
    }

    /// All ids of a text, with the special tokens.
    ///
    /// # Errors
    /// [`ModelError::Tokenize`] for a text that cannot be read.
    pub fn ids(&self, text: &str) -> Result<Vec<u32>, ModelError> {
        let text = match self.config.is_lower_case {
            true => text.to_lowercase(),
            false => text.to_owned(),
        };
        let encoding = foreign(|| self.tokenizer.encode_fast(text, true));
        let ids = encoding.map_err(ModelError::Tokenize)?.get_ids().to_vec();
        checked(ids, self.config.transformer.vocab_size)
    }

    /// Texts as one batch, embedded without positions, and their lengths.
    ///
    /// # Shapes
    /// - texts: one row of ids each
    /// - output: `[batch, longest, width]`
    ///
    /// # Errors
    /// [`ModelError::Weights`] where the model's file is gone.
    pub fn embed_padded(&self, texts: &[&[u32]]) -> Result<(Tensor<3>, Vec<usize>), ModelError> {
        let lengths: Vec<usize> = texts.iter().map(|ids| ids.len()).collect();
        let longest = lengths.iter().max().copied().unwrap_or(0);
        let padded: Vec<Vec<u32>> = texts
            .iter()
            .map(|ids| {
                let mut ids = ids.to_vec();
                // Masked: any token will do.
                ids.resize(longest, 0);
                ids
            })
            .collect();
        let rows: Vec<&[u32]> = padded.iter().map(Vec::as_slice).collect();
        Ok((self.token_table.embed(&rows, &self.device)?, lengths))
    }
}

impl TextSide for DistilBert {
    fn text_width(&self) -> usize {
        self.config.transformer.dim
    }

    fn tokenize(&self, text: &str, n_ctx: usize) -> Result<PromptTokens, ModelError> {
        let n_positions = self.config.n_positions;
        let max_len = n_positions.saturating_sub(n_ctx);
        if max_len < N_SPECIAL {
            return Err(ModelError::NoRoom { n_ctx, n_positions });
        }
        let ids = self.ids(text)?;
        let n_ids = ids.len();
        let word_pieces = WordPieces {
            n_read: n_ids.min(max_len).saturating_sub(N_SPECIAL),
            n_in_all: n_ids.saturating_sub(N_SPECIAL),
        };
        Ok(PromptTokens::new(cut(ids, max_len), n_ctx, word_pieces))
    }

    fn text_features(&self, texts: &[PromptTokens]) -> Result<Tensor<2>, ModelError> {
        let ids: Vec<_> = texts.iter().map(PromptTokens::ids).collect();
        let (tokens, lengths) = self.embed_padded(&ids)?;
        Ok(self.network.forward(tokens, &lengths))
    }

    fn prompt_features(&self, groups: &[PromptRows<'_>]) -> Result<Tensor<2>, ModelError> {
        let texts = || groups.iter().flat_map(|group| &group.texts);
        let ids: Vec<_> = texts().map(|text| text.ids()).collect();
        let (tokens, _) = self.embed_padded(&ids)?;
        let lengths: Vec<usize> = texts().map(|text| text.n_positions()).collect();
        let tokens = insert_contexts(&tokens, groups, CONTEXT_AT);
        Ok(self.network.forward(tokens, &lengths))
    }

    fn word_embeddings(&self, words: &str) -> Result<Option<Tensor<2>>, ModelError> {
        let ids = cut(self.ids(words)?, self.config.n_positions);
        let words = ids.get(1..ids.len().saturating_sub(1)).unwrap_or_default();
        if words.is_empty() {
            return Ok(None);
        }
        let (embedded, _) = self.embed_padded(&[words])?;
        Ok(Some(embedded.squeeze_dim(0)))
    }

    fn text_layers(&self) -> TransformerConfig {
        self.config.transformer.layers()
    }

    fn text_info(&self) -> TextInfo {
        let transformer = &self.config.transformer;
        TextInfo {
            text_width: transformer.dim,
            text_layers: transformer.n_layers,
            text_heads: transformer.n_heads,
            text_positions: self.config.n_positions,
            vocabulary: transformer.vocab_size,
            n_params: self.network.num_params() + self.token_table.n_params(),
        }
    }
}
