//! What detectors are trained on: features in files, or those of the engine's own model.

use std::sync::Arc;

use crate::domain::Annotation;
use crate::engine::{Dataset, Engine, EngineError, FeatureFolders};
use crate::learn::detector::{DetectorFeatures, DetectorTrainError, FeatureError};
use crate::model::BaseModel;
use crate::model::detector::{MOST_CLIPS, Rows, word_features};

/// Read from the files whenever they are needed: a data set may be larger than memory.
pub struct FileFeatures {
    folders: FeatureFolders,
    annotations: Vec<Annotation>,
    widths: Vec<usize>,
}

impl FileFeatures {
    /// # Errors
    /// [`EngineError::Dataset`] where the first query has no features.
    pub fn new(folders: FeatureFolders, annotations: Vec<Annotation>) -> Result<Self, EngineError> {
        let widths = match annotations.first() {
            Some(first) => folders.read_prepared(first)?.1,
            None => Vec::new(),
        };
        Ok(Self {
            folders,
            annotations,
            widths,
        })
    }
}

impl DetectorFeatures for FileFeatures {
    fn video(&self, query: usize) -> Result<Rows, FeatureError> {
        Ok(self.folders.read_prepared(&self.annotations[query])?.0)
    }

    fn words(&self, query: usize) -> Result<Rows, FeatureError> {
        Ok(word_features(
            &self.folders.read_text(&self.annotations[query])?,
        ))
    }

    fn widths(&self) -> Vec<usize> {
        self.widths.clone()
    }

    fn base_model(&self) -> Option<BaseModel> {
        None
    }
}

/// Of the engine's model, in memory.
pub struct ModelFeatures {
    dataset: Arc<Dataset>,
    words: Vec<Rows>,
    width: usize,
    model: BaseModel,
}

impl ModelFeatures {
    /// Encodes the words of all queries.
    ///
    /// # Errors
    /// [`EngineError::NoWordStates`] for a model that has none, [`EngineError::Model`] when the device
    /// fails.
    pub fn new(engine: &mut Engine, dataset: Arc<Dataset>) -> Result<Self, EngineError> {
        let queries = dataset.annotations.iter();
        let words = queries.map(|annotation| engine.word_states(&annotation.query));
        let words = words.collect::<Result<_, _>>()?;
        let encoder = engine.encoder();
        Ok(Self {
            words,
            width: encoder.dim(),
            model: BaseModel::new(encoder.id(), encoder.text_width()),
            dataset,
        })
    }
}

impl DetectorFeatures for ModelFeatures {
    fn video(&self, query: usize) -> Result<Rows, FeatureError> {
        let annotation = &self.dataset.annotations[query];
        Ok(self.dataset.video_features(annotation, MOST_CLIPS))
    }

    fn words(&self, query: usize) -> Result<Rows, FeatureError> {
        Ok(self.words[query].clone())
    }

    fn widths(&self) -> Vec<usize> {
        vec![self.width]
    }

    fn base_model(&self) -> Option<BaseModel> {
        Some(self.model.clone())
    }
}

impl From<DetectorTrainError> for EngineError {
    fn from(error: DetectorTrainError) -> Self {
        match error {
            DetectorTrainError::Model(error) => Self::Model(error),
            error => Self::TrainDetector(Box::new(error)),
        }
    }
}
