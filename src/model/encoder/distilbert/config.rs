//! The small files of a DistilBERT that sentence-transformers saved.

use serde::Deserialize;

use crate::model::ModelError;
use crate::model::encoder::activation::Activation;
use crate::model::encoder::bounds::{check_layers, check_texts, within};
use crate::model::encoder::text_files::TextFiles;
use crate::model::encoder::transformer::TransformerConfig;

/// Shapes and rules of the tower.
#[derive(Clone, Debug)]
pub struct DistilBertConfig {
    pub transformer: Transformer,
    /// How many tokens a text may have, those that begin and end it included.
    pub n_positions: usize,
    /// Length of the features.
    pub dim: usize,
    pub dense_has_bias: bool,
    /// Whether texts are lower-cased before the tokenizer sees them.
    pub is_lower_case: bool,
}

/// `config.json`; what is left out is as transformers' class has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct Transformer {
    pub dim: usize,
    pub hidden_dim: usize,
    pub n_layers: usize,
    pub n_heads: usize,
    pub activation: Activation,
    pub max_position_embeddings: usize,
    pub vocab_size: usize,
}

impl Default for Transformer {
    fn default() -> Self {
        Self {
            dim: 768,
            hidden_dim: 3072,
            n_layers: 6,
            n_heads: 12,
            activation: Activation::Gelu,
            max_position_embeddings: 512,
            vocab_size: 30522,
        }
    }
}

/// `1_Pooling/config.json`, in its older and its newer form.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Pooling {
    pooling_mode: Option<String>,
    pooling_mode_mean_tokens: bool,
    pooling_mode_cls_token: bool,
    pooling_mode_max_tokens: bool,
    pooling_mode_mean_sqrt_len_tokens: bool,
    pooling_mode_weightedmean_tokens: bool,
    pooling_mode_lasttoken: bool,
}

/// `2_Dense/config.json`
#[derive(Deserialize)]
struct Dense {
    in_features: usize,
    out_features: usize,
    bias: bool,
    activation_function: String,
}

/// `sentence_bert_config.json`
#[derive(Default, Deserialize)]
#[serde(default)]
struct Lengths {
    max_seq_length: Option<usize>,
    do_lower_case: bool,
}

impl DistilBertConfig {
    /// # Errors
    /// [`ModelError::Config`] naming the file and what no such tower can have.
    pub fn read(files: &TextFiles) -> Result<Self, ModelError> {
        let (dense, _) = &files.dense;
        let transformer: Transformer = parse("config.json", &files.config)?;
        let pooling: Pooling = parse(POOLING, &files.pooling)?;
        let dense: Dense = parse(DENSE, dense)?;
        let lengths: Lengths = match &files.lengths {
            Some(json) => parse("sentence_bert_config.json", json)?,
            None => Lengths::default(),
        };
        if !pooling.is_mean() {
            return Err(invalid(
                POOLING,
                "only the mean over all tokens is supported",
            ));
        }
        if !dense.activation_function.ends_with(".Identity") {
            let reason = format!("{} is not supported", dense.activation_function);
            return Err(invalid(DENSE, &reason));
        }
        if dense.in_features != transformer.dim {
            let reason = format!(
                "it takes {} numbers, not {}",
                dense.in_features, transformer.dim
            );
            return Err(invalid(DENSE, &reason));
        }
        within("out_features", dense.out_features, 16384)
            .map_err(|reason| invalid(DENSE, &reason))?;
        let n_stored = transformer.max_position_embeddings;
        check_texts("config", n_stored, transformer.vocab_size)
            .and_then(|()| check_layers("config", &transformer.layers()))
            .map_err(|reason| invalid("config.json", &reason))?;
        Ok(Self {
            n_positions: lengths
                .max_seq_length
                .unwrap_or(n_stored)
                .clamp(3, n_stored),
            dim: dense.out_features,
            dense_has_bias: dense.bias,
            is_lower_case: lengths.do_lower_case,
            transformer,
        })
    }
}

const POOLING: &str = "the pooling's config.json";
const DENSE: &str = "the dense layer's config.json";

impl Transformer {
    pub fn layers(&self) -> TransformerConfig {
        TransformerConfig {
            width: self.dim,
            inner: self.hidden_dim,
            n_layers: self.n_layers,
            n_heads: self.n_heads,
            activation: self.activation,
            eps: 1e-12,
            causal: false,
        }
    }
}

impl Pooling {
    fn is_mean(&self) -> bool {
        let has_others = self.pooling_mode_cls_token
            || self.pooling_mode_max_tokens
            || self.pooling_mode_mean_sqrt_len_tokens
            || self.pooling_mode_weightedmean_tokens
            || self.pooling_mode_lasttoken;
        match &self.pooling_mode {
            Some(mode) => mode == "mean",
            None => self.pooling_mode_mean_tokens && !has_others,
        }
    }
}

fn parse<'a, T: Deserialize<'a>>(file: &'static str, json: &'a [u8]) -> Result<T, ModelError> {
    serde_json::from_slice(json).map_err(|error| invalid(file, &error.to_string()))
}

fn invalid(file: &'static str, reason: &str) -> ModelError {
    ModelError::Config {
        file,
        reason: reason.to_owned(),
    }
}
