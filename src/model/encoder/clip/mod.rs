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
//! 2021; file layouts of the `transformers` library, of open_clip and of OpenAI. Golden numbers in `tests/fixtures/clip-tiny`,
//! `clip-alt` and `prompt`.

mod config;
mod network;
mod open_clip;
mod text;
mod tokenizer;
mod vision;

use std::sync::Arc;

use burn::module::Module as _;
use burn::tensor::{Device, Tensor};

use crate::domain::clean_pasted;
use crate::model::ModelError;
use crate::model::device::ComputeDevice;
use crate::model::encoder::checkpoint::Checkpoint;
use crate::model::encoder::family::{ImageSide, TextSide, describe_images};
use crate::model::encoder::files::ModelFiles;
use crate::model::encoder::info::{Calibration, ImageInfo, TextInfo};
use crate::model::encoder::layout::Layout;
use crate::model::encoder::prompt_tokens::{PromptRows, PromptTokens, WordPieces, insert_contexts};
use crate::model::encoder::transformer::TransformerConfig;
use crate::model::encoder::weights;
use crate::model::parameter::try_to_vec;
use crate::model::preprocess::Preprocess;

pub use config::{ClipConfig, EotRule, TextConfig, VisionConfig};
pub use network::{Clip, ClipImages};
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
    calibration: Calibration,
}

/// What all layouts of a CLIP come to: shapes, preprocessing, tensors under the modules' names.
pub struct ClipParts {
    pub config: ClipConfig,
    pub preprocess: Preprocess,
    pub checkpoint: Checkpoint,
}

impl ClipParts {
    /// # Errors
    /// [`ModelError`] naming the file or the field that is wrong.
    pub fn open(files: &ModelFiles) -> Result<Self, ModelError> {
        let size = |config: &ClipConfig| config.vision_config.image_size;
        match files.layout {
            Layout::Transformers => {
                let config = ClipConfig::from_json(&files.config)?;
                Ok(Self {
                    preprocess: Preprocess::from_json(&files.preprocessor, size(&config))?,
                    checkpoint: Checkpoint::open(&files.weights)?,
                    config,
                })
            }
            Layout::OpenClip => {
                let config = open_clip::config_from_json(&files.config)?;
                let checkpoint = Checkpoint::open(&files.weights)?;
                Ok(Self {
                    preprocess: Preprocess::open_clip(&files.config, size(&config))?,
                    checkpoint: checkpoint.renamed(open_clip::renaming)?,
                    config,
                })
            }
            Layout::OpenAi => {
                let checkpoint = Checkpoint::open(&files.weights)?.renamed(open_clip::renaming)?;
                let config = open_clip::config_of_tensors(&checkpoint)?;
                Ok(Self {
                    preprocess: Preprocess::open_clip(b"{}", size(&config))?,
                    checkpoint,
                    config,
                })
            }
        }
    }

    /// What decides the features of images besides the weights.
    pub fn describe_images(&self) -> Vec<u8> {
        let vision = &self.config.vision_config;
        describe_images(
            "clip",
            &vision.layers(),
            vision.image_size,
            &self.preprocess,
        )
    }
}

/// The image tower of a CLIP alone, for a text tower from elsewhere. A copy shares the weights.
#[derive(Clone)]
pub struct ClipImageTower {
    network: ClipImages,
    config: ClipConfig,
    preprocess: Preprocess,
    calibration: Calibration,
}

impl ClipImageTower {
    /// # Errors
    /// As [`ClipTowers::load`].
    pub fn load(files: &ModelFiles, device: &ComputeDevice) -> Result<Self, ModelError> {
        let parts = ClipParts::open(files)?;
        let is_text = |name: &str| name.starts_with("text_");
        let checkpoint = parts.checkpoint.without(is_text);
        let network = parts.config.init_images(device.tensor_device());
        let network = weights::load(network, &checkpoint)?;
        Ok(Self {
            calibration: calibration(network.logit_scale())?,
            network: network.no_grad(),
            config: parts.config,
            preprocess: parts.preprocess,
        })
    }
}

impl ClipTowers {
    /// # Errors
    /// [`ModelError`] naming the file, the field or the tensor that is wrong.
    pub fn load(files: &ModelFiles, device: &ComputeDevice) -> Result<Self, ModelError> {
        let ClipParts {
            config,
            preprocess,
            checkpoint,
        } = ClipParts::open(files)?;
        let tokenizer = ClipTokenizer::from_json(&files.tokenizer, &config.text_config)?;
        let network = weights::load(config.init(device.tensor_device()), &checkpoint)?;
        Ok(Self {
            calibration: calibration(network.logit_scale())?,
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

fn calibration(log_scale: Tensor<1>) -> Result<Calibration, ModelError> {
    let log_scale = try_to_vec(log_scale)?;
    Ok(Calibration {
        scale: log_scale.first().map_or(0.0, |log| log.exp()),
        bias: None,
    })
}

impl VisionConfig {
    fn info(&self, n_params: usize) -> ImageInfo {
        ImageInfo {
            image_size: self.image_size,
            patch_size: self.patch_size,
            vision_width: self.hidden_size,
            vision_layers: self.num_hidden_layers,
            vision_heads: self.num_attention_heads,
            n_params,
        }
    }
}

impl ImageSide for ClipImageTower {
    fn dim(&self) -> usize {
        self.config.projection_dim
    }

    fn image_size(&self) -> usize {
        self.config.vision_config.image_size
    }

    fn preprocess(&self) -> &Preprocess {
        &self.preprocess
    }

    fn image_features(&self, pixels: Tensor<4>) -> Tensor<2> {
        self.network.features(pixels)
    }

    fn calibration(&self) -> Calibration {
        self.calibration
    }

    fn image_info(&self) -> ImageInfo {
        self.config.vision_config.info(self.network.num_params())
    }
}

impl ImageSide for ClipTowers {
    fn dim(&self) -> usize {
        self.config.projection_dim
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

    fn calibration(&self) -> Calibration {
        self.calibration
    }

    fn image_info(&self) -> ImageInfo {
        let n_params = self.network.num_params() - self.network.n_text_params();
        self.config.vision_config.info(n_params)
    }
}

impl TextSide for ClipTowers {
    fn text_width(&self) -> usize {
        self.config.text_config.hidden_size
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

    fn text_features(&self, texts: &[PromptTokens]) -> Result<Tensor<2>, ModelError> {
        let ids: Vec<_> = texts.iter().map(PromptTokens::ids).collect();
        Ok(self.network.text_features(&ids, &self.device()))
    }

    fn word_states(&self, text: &PromptTokens) -> Option<Tensor<2>> {
        let tower = self.network.text_model();
        let states = tower.states(tower.embed(&[text.ids()], &self.device()));
        Some(states.squeeze_dim(0))
    }

    fn prompt_features(&self, groups: &[PromptRows<'_>]) -> Result<Tensor<2>, ModelError> {
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
        Ok(self.network.text_features_at(tokens, &eot))
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

    fn text_layers(&self) -> TransformerConfig {
        self.config.text_config.layers()
    }

    fn text_info(&self) -> TextInfo {
        let text = &self.config.text_config;
        TextInfo {
            text_width: text.hidden_size,
            text_layers: text.num_hidden_layers,
            text_heads: text.num_attention_heads,
            text_positions: text.max_position_embeddings,
            vocabulary: text.vocab_size,
            n_params: self.network.n_text_params(),
        }
    }
}
