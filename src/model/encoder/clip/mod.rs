//! CLIP: two towers whose embeddings meet in one space.
//!
//! Facts of this family that nothing outside needs to know:
//! - A text is `SOT | words | EOT`; context vectors go between SOT and the words.
//! - The text tower is causal and the feature is the state at EOT, so what follows EOT is never
//!   seen: rows of a batch are padded with anything, and a text costs its own length only.
//! - Position embeddings are added after the context was put in.
//! - A text is cleaned before it is cut into pieces, as the captions of the training were.
//! - The image's feature is the state of the class token, before all patches.
//!
//! Source: Radford et al., *Learning Transferable Visual Models From Natural Language Supervision*,
//! 2021; file layout of the `transformers` library. Golden numbers in `tests/fixtures/clip-tiny`,
//! `clip-alt` and `prompt`.

mod config;
mod network;
mod text;
mod tokenizer;
mod vision;

use std::sync::Arc;

use burn::module::Module as _;
use burn::tensor::{Device, Tensor};

use crate::domain::clean_pasted;
use crate::model::ModelError;
use crate::model::device::ComputeDevice;
use crate::model::encoder::family::Family;
use crate::model::encoder::files::{ModelFiles, ModelId};
use crate::model::encoder::info::ModelInfo;
use crate::model::encoder::prompt_tokens::{PromptRows, PromptTokens, WordPieces, insert_contexts};
use crate::model::encoder::weights;
use crate::model::parameter::try_to_vec;
use crate::model::preprocess::Preprocess;

pub use config::{ClipConfig, EotRule, TextConfig, VisionConfig};
pub use network::Clip;
pub use text::TextTower;
pub use tokenizer::ClipTokenizer;
pub use vision::VisionTower;

/// Where context vectors are put in: after SOT.
const CONTEXT_AT: usize = 1;

/// SOT and EOT.
const N_SPECIAL: usize = 2;

/// A frozen CLIP with its tokenizer and its preprocessing. A copy shares the weights.
#[derive(Clone)]
pub struct ClipTowers {
    network: Clip,
    config: ClipConfig,
    tokenizer: Arc<ClipTokenizer>,
    preprocess: Preprocess,
}

impl ClipTowers {
    /// # Errors
    /// [`ModelError`] naming the file, the field or the tensor that is wrong.
    pub fn load(files: &ModelFiles, device: &ComputeDevice) -> Result<Self, ModelError> {
        let config = ClipConfig::from_json(&files.config)?;
        let tokenizer = ClipTokenizer::from_json(&files.tokenizer, &config.text_config)?;
        let preprocess =
            Preprocess::from_json(&files.preprocessor, config.vision_config.image_size)?;
        let network = weights::load(config.init(device.tensor_device()), &files.weights)?;
        Ok(Self {
            network: network.no_grad(),
            config,
            tokenizer: Arc::new(tokenizer),
            preprocess,
        })
    }

    pub fn network(&self) -> &Clip {
        &self.network
    }

    pub fn config(&self) -> &ClipConfig {
        &self.config
    }

    fn device(&self) -> Device {
        self.network.logit_scale().device()
    }
}

impl Family for ClipTowers {
    fn dim(&self) -> usize {
        self.config.projection_dim
    }

    fn text_width(&self) -> usize {
        self.config.text_config.hidden_size
    }

    fn image_size(&self) -> usize {
        self.config.vision_config.image_size
    }

    fn preprocess(&self) -> &Preprocess {
        &self.preprocess
    }

    fn image_features(&self, pixels: Tensor<4>) -> Tensor<2> {
        self.network.image_features(pixels)
    }

    fn tokenize(&self, text: &str, n_ctx: usize) -> Result<PromptTokens, ModelError> {
        let n_positions = self.config.text_config.max_position_embeddings;
        let max_len = n_positions.saturating_sub(n_ctx);
        if max_len < N_SPECIAL {
            return Err(ModelError::NoRoom { n_ctx, n_positions });
        }
        let text = clean_pasted(text);
        let (ids, n_ids) = self.tokenizer.encode_counted(&text, max_len)?;
        let word_pieces = WordPieces {
            n_read: n_ids.min(max_len).saturating_sub(N_SPECIAL),
            n_in_all: n_ids.saturating_sub(N_SPECIAL),
        };
        Ok(PromptTokens::new(ids, n_ctx, word_pieces))
    }

    fn text_features(&self, texts: &[PromptTokens]) -> Tensor<2> {
        let ids: Vec<_> = texts.iter().map(PromptTokens::ids).collect();
        self.network.text_features(&ids, &self.device())
    }

    fn word_states(&self, text: &PromptTokens) -> Option<Tensor<2>> {
        let tower = self.network.text_model();
        let states = tower.states(tower.embed(&[text.ids()], &self.device()));
        Some(states.squeeze_dim(0))
    }

    fn prompt_features(&self, groups: &[PromptRows<'_>]) -> Tensor<2> {
        let texts = || groups.iter().flat_map(|group| &group.texts);
        let ids: Vec<_> = texts().map(|text| text.ids()).collect();
        let (tokens, mut eot) = self.network.text_model().embed_padded(&ids, &self.device());
        let added = groups
            .iter()
            .flat_map(|group| vec![group.n_ctx(); group.texts.len()]);
        for (position, n_ctx) in eot.iter_mut().zip(added) {
            *position += n_ctx;
        }
        let tokens = insert_contexts(&tokens, groups, CONTEXT_AT);
        self.network.text_features_at(tokens, &eot)
    }

    fn word_embeddings(&self, words: &str) -> Result<Option<Tensor<2>>, ModelError> {
        let ids = self.tokenizer.encode(&clean_pasted(words))?;
        let without_special = 1..ids.len().saturating_sub(1);
        let words = ids.get(without_special).unwrap_or_default();
        if words.is_empty() {
            return Ok(None);
        }
        let embedded = self.network.text_model().embed(&[words], &self.device());
        Ok(Some(embedded.squeeze_dim(0)))
    }

    fn text_work_per_position(&self) -> usize {
        let text = &self.config.text_config;
        let width = text.hidden_size;
        text.num_hidden_layers * 2 * width * (2 * width + text.intermediate_size)
    }

    fn info(&self, id: &ModelId, device: &ComputeDevice) -> Result<ModelInfo, ModelError> {
        let (text, vision) = (&self.config.text_config, &self.config.vision_config);
        let scale = try_to_vec(self.network.logit_scale())?;
        Ok(ModelInfo {
            name: id.name.clone(),
            hash: id.hash.clone(),
            embedding_dim: self.dim(),
            image_size: vision.image_size,
            patch_size: vision.patch_size,
            vision_width: vision.hidden_size,
            vision_layers: vision.num_hidden_layers,
            vision_heads: vision.num_attention_heads,
            text_width: text.hidden_size,
            text_layers: text.num_hidden_layers,
            text_heads: text.num_attention_heads,
            text_positions: text.max_position_embeddings,
            vocabulary: text.vocab_size,
            parameters: self.network.num_params(),
            logit_scale: scale.first().map_or(0.0, |log| log.exp()),
            device: device.to_string(),
        })
    }
}
