//! CLIP: two towers whose embeddings meet in one space.
//!
//! Source: Radford et al., *Learning Transferable Visual Models From Natural Language Supervision*,
//! 2021; file layout of the `transformers` library.

mod activation;
mod checkpoint;
pub mod config;
pub mod files;
pub mod text;
pub mod tokenizer;
mod transformer;
pub mod vision;
pub mod weights;

use std::path::PathBuf;

use burn::module::{Initializer, Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor, TensorData};
use serde::Serialize;

use crate::model::device::ComputeDevice;
use crate::model::parameter::try_to_vec;
use crate::model::preprocess::{Pixels, Preprocess};
use config::ClipConfig;
pub use files::{BUNDLED, ModelFiles, ModelId, WeightFile};
use text::TextTower;
use tokenizer::ClipTokenizer;
use vision::VisionTower;

/// Why a model cannot be used; each is one line that names the file and the fault.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("there is no model directory {0}: give a directory or a name from `vcl model list`")]
    NoDirectory(PathBuf),
    #[error("{0} is no directory: give the directory that holds the model's files")]
    NotADirectory(PathBuf),
    #[error("the model {0} is not on this machine: get it with `vcl model download {0}`")]
    NotDownloaded(String),
    #[error("the model directory {dir} has no {file}: download the whole model")]
    Missing { dir: PathBuf, file: String },
    #[error("cannot read {path}: {cause}")]
    Io {
        path: PathBuf,
        cause: std::io::Error,
    },
    #[error("{file} is not usable: {reason}")]
    Config { file: &'static str, reason: String },
    #[error("the model's weights are not usable: {0}")]
    Weights(String),
    #[error(
        "the model gives features that are no numbers: its weights are damaged, so download it \
         again or choose another model"
    )]
    NotFinite,
    #[error("the text cannot be split into tokens: {0}")]
    Tokenize(String),
    #[error("no GPU that can run the model was found: use --device cpu")]
    NoGpu,
    #[error("the GPU has failed: restart the program to try it again, or use --device cpu")]
    GpuLost,
    #[error("the device gave no result: {0}")]
    Device(String),
    /// Nothing that runs on the device will give a result any more.
    #[error("the device was lost: {0}")]
    DeviceLost(String),
}

/// Both towers and their projections, under the checkpoint's names.
#[derive(Module, Debug)]
pub struct Clip {
    text_model: TextTower,
    vision_model: VisionTower,
    visual_projection: Linear,
    text_projection: Linear,
    logit_scale: Param<Tensor<1>>,
}

impl ClipConfig {
    /// A model with random weights; they are not drawn before they are read.
    pub fn init(&self, device: &Device) -> Clip {
        let projection = |width| {
            LinearConfig::new(width, self.projection_dim)
                .with_bias(false)
                .init(device)
        };
        Clip {
            text_model: self.text_config.init(device),
            vision_model: self.vision_config.init(device),
            visual_projection: projection(self.vision_config.hidden_size),
            text_projection: projection(self.text_config.hidden_size),
            // CLIP's own start: a temperature of 0.07.
            logit_scale: Initializer::Constant {
                value: (1.0_f64 / 0.07).ln(),
            }
            .init([1], device),
        }
    }
}

impl Clip {
    /// # Shapes
    /// - pixels: `[batch, 3, size, size]`
    /// - output: `[batch, dim]`, projected, not normalised
    pub fn image_features(&self, pixels: Tensor<4>) -> Tensor<2> {
        self.visual_projection
            .forward(self.vision_model.forward(pixels))
    }

    /// Texts as ids, each ending with its EOT: `[batch, dim]`, projected, not normalised.
    pub fn text_features(&self, ids: &[Vec<u32>], device: &Device) -> Tensor<2> {
        let (tokens, eot) = self.text_model.embed_padded(ids, device);
        self.text_features_at(tokens, &eot)
    }

    /// # Shapes
    /// - tokens: `[batch, seq, text_width]`, embedded but without positions
    /// - eot: position of each row's feature
    /// - output: `[batch, dim]`, projected, not normalised
    pub fn text_features_at(&self, tokens: Tensor<3>, eot: &[usize]) -> Tensor<2> {
        self.text_projection
            .forward(self.text_model.forward_embedded(tokens, eot))
    }

    pub fn text_model(&self) -> &TextTower {
        &self.text_model
    }

    pub fn vision_model(&self) -> &VisionTower {
        &self.vision_model
    }

    /// The learned logarithm of the factor on cosines, `[1]`.
    pub fn logit_scale(&self) -> Tensor<1> {
        self.logit_scale.val()
    }
}

/// A frozen CLIP on a device, with its tokenizer and its preprocessing.
pub struct Encoder {
    clip: Clip,
    config: ClipConfig,
    tokenizer: ClipTokenizer,
    preprocess: Preprocess,
    device: ComputeDevice,
    id: ModelId,
    /// One single-threaded pool per CPU thread: whole frames side by side beat products split over
    /// threads. Empty on a GPU.
    lanes: Vec<rayon::ThreadPool>,
}

/// What `vcl model info` prints.
#[derive(Clone, Debug, Serialize)]
pub struct ModelInfo {
    pub name: String,
    pub hash: String,
    pub embedding_dim: usize,
    pub image_size: usize,
    pub patch_size: usize,
    pub vision_width: usize,
    pub vision_layers: usize,
    pub vision_heads: usize,
    pub text_width: usize,
    pub text_layers: usize,
    pub text_heads: usize,
    pub text_positions: usize,
    pub vocabulary: usize,
    pub parameters: usize,
    pub logit_scale: f32,
    pub device: String,
}

impl Encoder {
    /// # Errors
    /// [`ModelError`] naming the file, the field or the tensor that is wrong.
    pub fn load(files: &ModelFiles, device: &ComputeDevice) -> Result<Self, ModelError> {
        let config = ClipConfig::from_json(&files.config)?;
        let tokenizer = ClipTokenizer::from_json(&files.tokenizer, &config.text_config)?;
        let preprocess =
            Preprocess::from_json(&files.preprocessor, config.vision_config.image_size)?;
        let clip = weights::load(config.init(device.tensor_device()), &files.weights)?;
        let lanes = if device.is_cpu() && device.n_threads() > 1 {
            (0..device.n_threads()).map(|_| single_lane()).collect()
        } else {
            Ok(Vec::new())
        };
        Ok(Self {
            clip: clip.no_grad(),
            config,
            tokenizer,
            preprocess,
            device: device.clone(),
            id: files.id()?,
            lanes: lanes?,
        })
    }

    pub fn id(&self) -> &ModelId {
        &self.id
    }

    /// Length of an embedding.
    pub fn dim(&self) -> usize {
        self.config.projection_dim
    }

    pub fn config(&self) -> &ClipConfig {
        &self.config
    }

    pub fn clip(&self) -> &Clip {
        &self.clip
    }

    pub fn tokenizer(&self) -> &ClipTokenizer {
        &self.tokenizer
    }

    pub fn device(&self) -> &ComputeDevice {
        &self.device
    }

    /// The preprocessing alone, for threads that read frames.
    pub fn preprocessor(&self) -> &Preprocess {
        &self.preprocess
    }

    /// An image of any size, as [`Encoder::encode_images`] takes it.
    pub fn preprocess(&self, image: &image::RgbImage) -> Pixels {
        self.preprocess.apply(image)
    }

    /// Image features `[batch, dim]`, projected, not normalised.
    ///
    /// # Errors
    /// [`ModelError::Device`] when the device fails to hand its result over.
    pub fn encode_images(&self, batch: &[Pixels]) -> Result<Vec<f32>, ModelError> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let n_lanes = self.lanes.len().min(batch.len());
        if n_lanes < 2 {
            return encode_images_on(&self.clip, self.device.tensor_device(), batch);
        }
        let parts: Vec<&[Pixels]> = batch.chunks(batch.len().div_ceil(n_lanes)).collect();
        let features: Vec<_> = std::thread::scope(|scope| {
            let running: Vec<_> = parts
                .into_iter()
                .zip(&self.lanes)
                .map(|(part, lane)| {
                    let (clip, device) = (self.clip.clone(), self.device.tensor_device().clone());
                    scope.spawn(move || lane.install(|| encode_images_on(&clip, &device, part)))
                })
                .collect();
            running
                .into_iter()
                .map(|lane| {
                    lane.join()
                        .unwrap_or_else(|_| Err(ModelError::Device("a worker died".into())))
                })
                .collect()
        });
        let features: Result<Vec<_>, _> = features.into_iter().collect();
        Ok(features?.concat())
    }

    /// Text features `[texts, dim]`, projected, not normalised; over-long texts are cut with EOT kept.
    pub fn encode_texts(&self, texts: &[&str]) -> Result<Vec<f32>, ModelError> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Result<Vec<_>, _> = texts
            .iter()
            .map(|text| self.tokenizer.encode(text))
            .collect();
        try_to_vec(self.clip.text_features(&ids?, self.device.tensor_device()))
    }

    pub fn info(&self) -> Result<ModelInfo, ModelError> {
        let (text, vision) = (&self.config.text_config, &self.config.vision_config);
        let scale = try_to_vec(self.clip.logit_scale())?;
        Ok(ModelInfo {
            name: self.id.name.clone(),
            hash: self.id.hash.clone(),
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
            parameters: self.clip.num_params(),
            logit_scale: scale.first().map_or(0.0, |log| log.exp()),
            device: self.device.to_string(),
        })
    }
}

fn single_lane() -> Result<rayon::ThreadPool, ModelError> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .thread_name(|_| "encoder".into())
        .build()
        .map_err(|error| ModelError::Device(error.to_string()))
}

fn encode_images_on(
    clip: &Clip,
    device: &Device,
    batch: &[Pixels],
) -> Result<Vec<f32>, ModelError> {
    try_to_vec(clip.image_features(pixel_tensor(batch, device)))
}

/// `[batch, 3, size, size]` of images of one size.
pub fn pixel_tensor(batch: &[Pixels], device: &Device) -> Tensor<4> {
    let size = batch.first().map_or(0, |pixels| pixels.size);
    let values: Vec<f32> = batch
        .iter()
        .flat_map(|pixels| &pixels.values)
        .copied()
        .collect();
    Tensor::from_data(
        TensorData::new(values, [batch.len(), 3, size, size]),
        device,
    )
}
