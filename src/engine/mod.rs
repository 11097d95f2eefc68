//! Synchronous orchestration: index a video, search it. Each long job is a struct with `step()`.
//!
//! The [`Engine`] owns what is expensive, the encoder and the text embeddings, and is used from one
//! thread. It decides nothing about windows, threads of others or output: the command line calls it
//! directly, the window through its worker.

mod dataset;
mod encoding;
mod export;
mod frames;
mod index;
mod launch;
mod model_choice;
mod near_duplicates;
mod presence;
mod prompted;
mod prompts;
mod search;
mod tune;
mod video_index;

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;

use crate::domain::{Query, l2_normalise};
use crate::learn::TrainError;
use crate::model::{ComputeDevice, DeviceChoice, Encoder, ModelError, ModelFiles, PromptError};
use crate::store::{EmbeddingCache, LabelError, Paths, PromptFileError};
use crate::video::VideoError;

pub use dataset::{Dataset, DatasetError, DatasetSource};
pub use index::{IndexJob, IndexProgress, IndexStep};
pub use launch::LaunchOptions;
pub use model_choice::{InstalledModel, KNOWN_MODELS, KnownModel, ModelChoice};
pub use near_duplicates::{FrameChoice, NearDuplicates};
pub use presence::PROBABLY_PRESENT;
pub use prompts::PromptEntry;
pub use search::{SearchOptions, SearchResult};
pub use tune::{TuneJob, labelled_query};
pub use video_index::VideoIndex;

use presence::NeutralBank;
use prompted::PromptedTexts;

/// How many text embeddings are kept: a long evening of queries.
const MAX_KEPT_TEXTS: usize = 4096;

/// What an engine is made of.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    pub model: ModelChoice,
    pub device: DeviceChoice,
    pub frame_choice: FrameChoice,
    pub paths: Paths,
}

/// Why something could not be done, in one sentence for the user.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Video(#[from] VideoError),
    #[error("cannot read {}: {cause}", path.display())]
    Read { path: PathBuf, cause: io::Error },
    #[error("the model gives embeddings of another size than it says: {0}")]
    Shape(crate::domain::ShapeError),
    #[error("nothing of this video has been looked at yet: wait until indexing has begun")]
    NotIndexed,
    #[error("reading {} stopped without a reason: please report this file", .0.display())]
    SourceDied(PathBuf),
    #[error("no thread can be started to read the video: {0}")]
    Thread(io::Error),
    #[error(transparent)]
    Prompt(#[from] PromptError),
    #[error(transparent)]
    PromptFile(Box<PromptFileError>),
    #[error(transparent)]
    Labels(Box<LabelError>),
    #[error(transparent)]
    Train(Box<TrainError>),
    #[error(transparent)]
    Dataset(#[from] DatasetError),
}

impl From<crate::domain::ShapeError> for EngineError {
    fn from(cause: crate::domain::ShapeError) -> Self {
        Self::Shape(cause)
    }
}

/// A loaded model with everything it remembers.
pub struct Engine {
    files: ModelFiles,
    encoder: Encoder,
    cache: EmbeddingCache,
    /// Unit text embeddings by query.
    texts: HashMap<Query, Vec<f32>>,
    /// The same under the prompt used last.
    prompted: PromptedTexts,
    neutral: Option<NeutralBank>,
    notices: Vec<String>,
    frame_choice: FrameChoice,
    /// As many frames as the device takes at once.
    max_batch: usize,
}

impl Engine {
    /// Loads the model; takes from milliseconds to seconds, by its size.
    ///
    /// # Errors
    /// [`EngineError::Model`] when the model or the device is not usable.
    pub fn open(config: &EngineConfig) -> Result<Self, EngineError> {
        Self::open_on(config, &ComputeDevice::open(config.device)?)
    }

    /// As [`open`](Self::open), on a device that is open already.
    ///
    /// # Errors
    /// [`EngineError::Model`] when the model is not usable.
    pub fn open_on(config: &EngineConfig, device: &ComputeDevice) -> Result<Self, EngineError> {
        let files = config.model.files(&config.paths)?;
        log::info!("{} on {device}", files.name);
        Ok(Self {
            encoder: Encoder::load(&files, device)?,
            files,
            cache: EmbeddingCache::new(&config.paths.cache_dir),
            texts: HashMap::new(),
            prompted: PromptedTexts::default(),
            neutral: None,
            notices: Vec::new(),
            frame_choice: config.frame_choice,
            max_batch: usize::MAX,
        })
    }

    pub fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    pub fn cache(&self) -> &EmbeddingCache {
        &self.cache
    }

    pub fn frame_choice(&self) -> FrameChoice {
        self.frame_choice
    }

    /// What the user should know and has not been told, such as a GPU that was lost.
    pub fn take_notices(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notices)
    }

    /// Unit embedding `[dim]` of a query; remembered.
    ///
    /// # Errors
    /// [`EngineError::Model`] when the text cannot be tokenized or the device fails.
    pub fn embed_query(&mut self, query: &Query) -> Result<Vec<f32>, EngineError> {
        if let Some(known) = self.texts.get(query) {
            return Ok(known.clone());
        }
        let n_read = self.encoder.clip().text_model().n_positions();
        let n_tokens = self.encoder.tokenizer().n_tokens(query.as_str())?;
        if n_tokens > n_read {
            // Both ends of a text are tokens too.
            self.notices.push(format!(
                "“{}…” is long: the model reads {} of its {} word pieces, so say it in fewer words",
                query.as_str().chars().take(24).collect::<String>(),
                n_read - 2,
                n_tokens - 2
            ));
        }
        let mut embedding = self.encode_texts(&[query.as_str()])?;
        l2_normalise(&mut embedding);
        if self.texts.len() >= MAX_KEPT_TEXTS {
            self.texts.clear();
        }
        self.texts.insert(query.clone(), embedding.clone());
        Ok(embedding)
    }

    fn neutral(&mut self) -> Result<&NeutralBank, EngineError> {
        let bank = match self.neutral.take() {
            Some(bank) => bank,
            None => NeutralBank::embed(self)?,
        };
        Ok(self.neutral.insert(bank))
    }
}
