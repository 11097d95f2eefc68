//! Teaching a prompt as a job: one bounded step at a time.

use crate::domain::{Embeddings, Labels, Query};
use crate::engine::{Engine, EngineError};
use crate::learn::{Example, Outcome, Progress, TrainError, Trainer, TrainerConfig, TrainingSet};

/// A training that its owner drives with [`TuneJob::step`] and may drop at any time.
pub struct TuneJob {
    trainer: Trainer,
}

impl TuneJob {
    /// # Errors
    /// [`EngineError::Train`] where the labels teach nothing; its sentence says what to label.
    pub fn start(
        engine: &Engine,
        set: TrainingSet,
        config: TrainerConfig,
    ) -> Result<Self, EngineError> {
        Ok(Self {
            trainer: Trainer::new(engine.encoder(), set, config)?,
        })
    }

    /// Goes on with what [`TuneJob::checkpoint`] gave.
    ///
    /// # Errors
    /// [`EngineError::Train`] where it is of another training.
    pub fn resume(
        engine: &Engine,
        set: TrainingSet,
        config: TrainerConfig,
        checkpoint: &[u8],
    ) -> Result<Self, EngineError> {
        Ok(Self {
            trainer: Trainer::resume(engine.encoder(), set, config, checkpoint)?,
        })
    }

    /// Bytes to go on from after a crash.
    ///
    /// # Errors
    /// [`EngineError::Train`] when the device fails.
    pub fn checkpoint(&self, engine: &Engine) -> Result<Vec<u8>, EngineError> {
        Ok(self.trainer.checkpoint(engine.encoder())?)
    }

    /// One step; the phase is [`Phase::Done`](crate::learn::Phase::Done) after the last.
    ///
    /// # Errors
    /// [`EngineError::Train`] when the device fails or the numbers run away.
    pub fn step(&mut self, engine: &Engine) -> Result<Progress, EngineError> {
        Ok(self.trainer.step(engine.encoder())?)
    }

    pub fn is_done(&self) -> bool {
        self.trainer.is_done()
    }

    /// The best so far: after the last step, or earlier when cancelled.
    ///
    /// # Errors
    /// As [`TuneJob::step`].
    pub fn finish(self, engine: &Engine) -> Result<Outcome, EngineError> {
        Ok(self.trainer.finish(engine.encoder())?)
    }
}

/// What a person said about one query on one or more videos.
pub fn labelled_query(query: &Query, videos: Vec<(Embeddings, Labels)>) -> TrainingSet {
    let mut set = TrainingSet::default();
    for (i, (embeddings, labels)) in videos.into_iter().enumerate() {
        let n_clips = embeddings.n_clips();
        set.examples
            .push(Example::from_labels(query.as_str(), i, n_clips, &labels));
        set.videos.push(embeddings);
    }
    set
}

impl From<TrainError> for EngineError {
    fn from(error: TrainError) -> Self {
        match error {
            TrainError::Model(error) => Self::Model(error),
            error => Self::Train(Box::new(error)),
        }
    }
}
