//! Synchronous orchestration: index a video, search it. Each long job is a struct with `step()`.
//!
//! The [`Engine`] owns what is expensive, the encoder and the text embeddings, and is used from one
//! thread. How a query becomes moments is decided in [`find`](crate::find); here its numbers are made.
//! The engine decides nothing about windows, other threads or output: the command line calls it
//! directly, the window through its worker.

mod answer;
mod dataset;
mod dataset_error;
mod detector_features;
mod detectors;
mod embed;
mod encoding;
mod export;
mod feature_files;
mod frame_choice;
mod frames;
mod index;
mod known_models;
mod language;
mod launch;
mod measure;
mod model_choice;
mod near_duplicates;
mod neutral;
mod notice;
mod picture;
mod probe;
mod prompts;
mod refine;
mod tune;
mod video_index;

use std::io;
use std::path::PathBuf;

use crate::learn::TrainError;
use crate::learn::detector::DetectorTrainError;
use crate::model::{
    ComputeDevice, DetectorError, DeviceChoice, Encoder, Framing, ModelError, ModelFiles,
    PromptError,
};
use crate::store::{
    CachedFeatures, ContentId, DetectorFileError, EmbeddingCache, LabelError, Paths,
    PromptFileError,
};
use crate::video::VideoError;

pub use dataset::{Dataset, DatasetSource};
pub use dataset_error::DatasetError;
pub use detector_features::{FileFeatures, ModelFeatures};
pub use detectors::{AskedDetector, DetectorEntry, NamedDetector};
pub use export::{FoundMoments, VideoMoment, export_document, export_documents, shaped};
pub use feature_files::FeatureFolders;
pub use frame_choice::{FrameChoice, Frames};
pub use index::{IndexJob, IndexProgress, IndexStep};
pub use known_models::{KNOWN_MODELS, KnownModel, RECOMMENDED_MODELS};
pub use launch::LaunchOptions;
pub use model_choice::{InstalledModel, ModelChoice};
pub use near_duplicates::NearDuplicates;
pub use notice::Notice;
pub use picture::{
    PICTURE_EXTENSIONS, PictureError, is_picture_name, known_picture, picture_png, picture_query,
    query_picture, read_picture,
};
pub use prompts::{PromptEntry, read_prompt_file};
pub use tune::{TuneJob, labelled_query};
pub use video_index::{Snapshot, VideoIndex};

use detectors::WordStates;
use embed::QueryEmbeddings;
use language::Languages;
use neutral::NeutralBank;
use probe::PictureEmbeddings;

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
    #[error("{}: {cause}", path.display())]
    PromptAt { path: PathBuf, cause: PromptError },
    #[error(transparent)]
    Detector(Box<DetectorError>),
    #[error(transparent)]
    DetectorFile(Box<DetectorFileError>),
    #[error(
        "detectors read the state of every word, which this model does not have: choose a CLIP, or \
         search without a detector"
    )]
    NoWordStates,
    #[error(transparent)]
    Picture(#[from] PictureError),
    #[error("only words can be taught: the prompt is learned beside them")]
    OnlyWordsAreTaught,
    #[error(
        "detectors read words: search for a picture, or for joined queries, without a detector"
    )]
    OnlyWordsAreDetected,
    #[error(transparent)]
    Labels(Box<LabelError>),
    #[error(transparent)]
    Train(Box<TrainError>),
    #[error(transparent)]
    TrainDetector(Box<DetectorTrainError>),
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
    /// Where the user's labels are.
    data_dir: PathBuf,
    texts: QueryEmbeddings,
    pictures: PictureEmbeddings,
    words: WordStates,
    neutral: Option<NeutralBank>,
    languages: Option<Languages>,
    notices: Vec<Notice>,
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
        let encoder = Encoder::load(&files, device)?;
        let own = encoder.preprocessor().framing();
        Ok(Self {
            encoder,
            files,
            cache: EmbeddingCache::new(&config.paths.cache_dir),
            data_dir: config.paths.data_dir.clone(),
            texts: QueryEmbeddings::default(),
            pictures: PictureEmbeddings::default(),
            words: WordStates::default(),
            neutral: None,
            languages: None,
            notices: Vec::new(),
            frame_choice: config.frame_choice.for_model(own),
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

    /// What the cache holds of a video for the images of this model; `None` where that is nothing.
    pub fn cached(&self, video: &ContentId, choice: FrameChoice) -> Option<CachedFeatures> {
        let former = self.encoder.former_image_id();
        let key = choice.key_after(&self.cache, video, self.encoder.image_id(), former);
        let entry = choice.load(&self.cache, &key);
        entry.filter(|entry| entry.dim == self.encoder.dim() * choice.rows_per_clip())
    }

    /// Which part of a frame is looked at.
    pub fn framing(&self) -> Framing {
        let own = self.encoder.preprocessor().framing();
        self.frame_choice.framing.unwrap_or(own)
    }

    /// What the user should know and has not been told, such as a GPU that was lost.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }
}
