//! SigLIP and SigLIP 2 of fixed resolution: two towers trained to say of each pair whether it fits.
//!
//! Facts of this family that nothing outside needs to know:
//! - A text is `words | end | padding…`, always as long as the tower has positions; context vectors
//!   stand before the words. Every position sees every other, the padding included, and the feature
//!   is the state at the last one, so nothing may be left out: all texts cost the same.
//! - Texts are read in lower case.
//! - The image has no class token; one learned query gathers from all patches.
//! - `σ(exp(logit_scale) · cos + logit_bias)` is the probability that a pair fits, each pair for
//!   itself.
//! - The table of token embeddings is half of the model and stays in its file.
//!
//! Source: Zhai et al., *Sigmoid Loss for Language Image Pre-Training*, 2023; Tschannen et al.,
//! *SigLIP 2*, 2025; file layout of the `transformers` library (`model_type` is `siglip` for both).
//! NaFlex models (`siglip2`) are another network. Golden numbers in `tests/fixtures/siglip-tiny`.

mod config;
mod network;
mod text;
mod tokenizer;
mod vision;

use std::sync::Arc;

use burn::module::Module as _;
use burn::tensor::{Device, Tensor};

use crate::model::ModelError;
use crate::model::device::ComputeDevice;
use crate::model::encoder::checkpoint::Checkpoint;
use crate::model::encoder::family::{ImageSide, TextSide, describe_images};
use crate::model::encoder::files::ModelFiles;
use crate::model::encoder::info::{Calibration, ImageInfo, TextInfo};
use crate::model::encoder::prompt_tokens::{PromptRows, PromptTokens, WordPieces, insert_contexts};
use crate::model::encoder::transformer::TransformerConfig;
use crate::model::encoder::weights;
use crate::model::parameter::try_to_vec;
use crate::model::preprocess::Preprocess;

pub use crate::model::encoder::token_table::TokenTable;
pub use config::{SiglipConfig, TextConfig, VisionConfig};
pub use network::Siglip;
pub use text::TextTower;
pub use tokenizer::SiglipTokenizer;
pub use vision::VisionTower;

/// Where context vectors are put in: there is no start token.
const CONTEXT_AT: usize = 0;

/// The end of the text.
const N_SPECIAL: usize = 1;

const TOKEN_TABLE: &str = "text_model.embeddings.token_embedding.weight";

/// A frozen SigLIP with its tokenizer and its preprocessing. A copy shares the weights.
#[derive(Clone)]
pub struct SiglipTowers {
    network: Siglip,
    token_table: TokenTable,
    config: SiglipConfig,
    tokenizer: Arc<SiglipTokenizer>,
    preprocess: Preprocess,
    calibration: Calibration,
}

/// Shapes, preprocessing, and tensors under the modules' names.
pub struct SiglipParts {
    pub config: SiglipConfig,
    pub preprocess: Preprocess,
    pub checkpoint: Checkpoint,
}

impl SiglipParts {
    /// # Errors
    /// [`ModelError`] naming the file or the field that is wrong.
    pub fn open(files: &ModelFiles) -> Result<Self, ModelError> {
        let config = SiglipConfig::from_json(&files.config)?;
        let size = config.vision_config.image_size;
        Ok(Self {
            preprocess: Preprocess::whole_frame(&files.preprocessor, size)?,
            checkpoint: Checkpoint::open(&files.weights)?.renamed(network::renaming)?,
            config,
        })
    }

    /// What decides the features of images besides the weights.
    pub fn describe_images(&self) -> Vec<u8> {
        let vision = &self.config.vision_config;
        describe_images(
            "siglip",
            &vision.layers(),
            vision.image_size,
            &self.preprocess,
        )
    }
}

impl SiglipTowers {
    /// # Errors
    /// [`ModelError`] naming the file, the field or the tensor that is wrong.
    pub fn load(files: &ModelFiles, device: &ComputeDevice) -> Result<Self, ModelError> {
        let SiglipParts {
            config,
            preprocess,
            mut checkpoint,
        } = SiglipParts::open(files)?;
        let text = &config.text_config;
        // Gemma's vocabulary takes as long as the weights.
        let (tokenizer, loaded) = std::thread::scope(|scope| {
            let tokenizer = scope.spawn(|| SiglipTokenizer::from_json(&files.tokenizer, text));
            let loaded = load_weights(&mut checkpoint, &config, device);
            (tokenizer.join(), loaded)
        });
        let tokenizer =
            tokenizer.unwrap_or_else(|_| Err(ModelError::Device("a worker died".into())))?;
        let (network, token_table) = loaded?;
        let number = |tensor: Tensor<1>| -> Result<f32, ModelError> {
            Ok(try_to_vec(tensor)?.first().copied().unwrap_or(0.0))
        };
        Ok(Self {
            calibration: Calibration {
                scale: number(network.logit_scale())?.exp(),
                bias: Some(number(network.logit_bias())?),
            },
            network: network.no_grad(),
            token_table,
            config,
            tokenizer: Arc::new(tokenizer),
            preprocess,
        })
    }

    pub fn network(&self) -> &Siglip {
        &self.network
    }

    pub fn config(&self) -> &SiglipConfig {
        &self.config
    }

    pub fn tokenizer(&self) -> &SiglipTokenizer {
        &self.tokenizer
    }

    /// Token embeddings without positions.
    ///
    /// # Shapes
    /// - ids: rows of one length `seq`
    /// - output: `[batch, seq, width]`
    ///
    /// # Errors
    /// [`ModelError::Weights`] where the model's file is gone.
    pub fn embed(&self, ids: &[&[u32]]) -> Result<Tensor<3>, ModelError> {
        self.token_table.embed(ids, &self.device())
    }

    fn device(&self) -> Device {
        self.network.logit_scale().device()
    }
}

fn load_weights(
    checkpoint: &mut Checkpoint,
    config: &SiglipConfig,
    device: &ComputeDevice,
) -> Result<(Siglip, TokenTable), ModelError> {
    let text = &config.text_config;
    let shape = [text.vocab_size, text.hidden_size];
    let token_table = TokenTable::take(checkpoint, TOKEN_TABLE, shape)?;
    let network = weights::load(config.init(device.tensor_device()), checkpoint)?;
    Ok((network, token_table))
}

impl ImageSide for SiglipTowers {
    fn dim(&self) -> usize {
        self.config.text_config.dim()
    }

    fn image_size(&self) -> usize {
        self.config.vision_config.image_size
    }

    fn preprocess(&self) -> &Preprocess {
        &self.preprocess
    }

    fn image_features(&self, pixels: Tensor<4>) -> Tensor<2> {
        self.network.vision_model().forward(pixels)
    }

    fn calibration(&self) -> Calibration {
        self.calibration
    }

    fn image_info(&self) -> ImageInfo {
        let vision = &self.config.vision_config;
        // The scale and the bias are counted with the images.
        let n_params = self.network.num_params() - self.network.text_model().num_params();
        ImageInfo {
            image_size: vision.image_size,
            patch_size: vision.patch_size,
            vision_width: vision.hidden_size,
            vision_layers: vision.num_hidden_layers,
            vision_heads: vision.num_attention_heads,
            n_params,
        }
    }
}

impl TextSide for SiglipTowers {
    fn text_width(&self) -> usize {
        self.config.text_config.hidden_size
    }

    fn tokenize(&self, text: &str, n_ctx: usize) -> Result<PromptTokens, ModelError> {
        let n_positions = self.tokenizer.n_positions();
        let max_len = n_positions.saturating_sub(n_ctx);
        if max_len < N_SPECIAL {
            return Err(ModelError::NoRoom { n_ctx, n_positions });
        }
        let (ids, n_ids) = self.tokenizer.encode_counted(text, max_len)?;
        let word_pieces = WordPieces {
            n_read: n_ids.min(max_len) - N_SPECIAL,
            n_in_all: n_ids - N_SPECIAL,
        };
        let ids = self.tokenizer.pad(ids, max_len);
        Ok(PromptTokens::new(ids, n_ctx, word_pieces))
    }

    fn text_features(&self, texts: &[PromptTokens]) -> Result<Tensor<2>, ModelError> {
        let ids: Vec<_> = texts.iter().map(PromptTokens::ids).collect();
        Ok(self.network.text_model().forward(self.embed(&ids)?))
    }

    fn prompt_features(&self, groups: &[PromptRows<'_>]) -> Result<Tensor<2>, ModelError> {
        let texts = groups.iter().flat_map(|group| &group.texts);
        let ids: Vec<_> = texts.map(|text| text.ids()).collect();
        let tokens = insert_contexts(&self.embed(&ids)?, groups, CONTEXT_AT);
        Ok(self.network.text_model().forward(tokens))
    }

    fn word_embeddings(&self, words: &str) -> Result<Option<Tensor<2>>, ModelError> {
        let n_positions = self.tokenizer.n_positions();
        let (ids, _) = self.tokenizer.encode_counted(words, n_positions)?;
        let words = &ids[..ids.len() - N_SPECIAL];
        if words.is_empty() {
            return Ok(None);
        }
        Ok(Some(self.embed(&[words])?.squeeze_dim(0)))
    }

    fn text_layers(&self) -> TransformerConfig {
        self.config.text_config.layers()
    }

    fn text_info(&self) -> TextInfo {
        let text = &self.config.text_config;
        let n_params = self.network.text_model().num_params() + self.token_table.n_params();
        TextInfo {
            text_width: text.hidden_size,
            text_layers: text.num_hidden_layers,
            text_heads: text.num_attention_heads,
            text_positions: text.max_position_embeddings,
            vocabulary: text.vocab_size,
            n_params,
        }
    }
}
