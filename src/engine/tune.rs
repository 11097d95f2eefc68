//! Teaching a prompt as a job: one bounded step at a time.

use crate::domain::{Embeddings, Labels, Query};
use crate::engine::{Engine, EngineError, VideoIndex};
use crate::find::Way;
use crate::learn::{Example, Outcome, Progress, TrainError, Trainer, TrainerConfig, TrainingSet};
use crate::model::Encoder;
use crate::store::{ContentId, LabelError, LabelStore};

/// A GPU that fails costs at most so many steps of a training.
const KEEP_EVERY: usize = 8;

/// A training that its owner drives with [`TuneJob::step`] and may drop at any time.
pub struct TuneJob {
    trainer: Trainer,
    /// The last checkpoint: a GPU that fails takes everything since with it.
    kept: Option<Vec<u8>>,
    n_steps_since_kept: usize,
}

impl TuneJob {
    /// # Errors
    /// [`EngineError::Train`] where the labels teach nothing; its sentence says what to label.
    pub fn start(
        engine: &Engine,
        set: TrainingSet,
        config: TrainerConfig,
    ) -> Result<Self, EngineError> {
        Ok(Self::of(Trainer::new(engine.encoder(), set, config)?))
    }

    /// Continues a training from what [`TuneJob::checkpoint`] gave.
    ///
    /// # Errors
    /// [`EngineError::Train`] where it is of another training.
    pub fn resume(
        engine: &Engine,
        set: TrainingSet,
        config: TrainerConfig,
        checkpoint: &[u8],
    ) -> Result<Self, EngineError> {
        let trainer = Trainer::resume(engine.encoder(), set, config, checkpoint)?;
        Ok(Self::of(trainer))
    }

    fn of(trainer: Trainer) -> Self {
        Self {
            trainer,
            kept: None,
            n_steps_since_kept: 0,
        }
    }

    /// Bytes to continue from after a crash.
    ///
    /// # Errors
    /// [`EngineError::Train`] when the device fails.
    pub fn checkpoint(&self, engine: &Engine) -> Result<Vec<u8>, EngineError> {
        Ok(self.trainer.checkpoint(engine.encoder())?)
    }

    /// One step; the phase is [`Phase::Done`](crate::learn::Phase::Done) after the last.
    ///
    /// # Errors
    /// [`EngineError::Model`] when the CPU fails as well, [`EngineError::Train`] when the numbers
    /// run away.
    pub fn step(&mut self, engine: &mut Engine) -> Result<Progress, EngineError> {
        let progress = self.on_any_device(engine, Trainer::step)?;
        self.n_steps_since_kept += 1;
        if self.n_steps_since_kept >= KEEP_EVERY && !engine.encoder().device().is_cpu() {
            let checkpoint =
                self.on_any_device(engine, |trainer, encoder| trainer.checkpoint(encoder))?;
            self.kept = Some(checkpoint);
            self.n_steps_since_kept = 0;
        }
        Ok(progress)
    }

    pub fn is_done(&self) -> bool {
        self.trainer.is_done()
    }

    /// The best so far: after the last step, or earlier when cancelled.
    ///
    /// # Errors
    /// As [`TuneJob::step`].
    pub fn finish(mut self, engine: &mut Engine) -> Result<Outcome, EngineError> {
        let was_done = self.is_done();
        self.on_any_device(engine, |trainer, encoder| {
            // False only where a GPU failed after the last step.
            while was_done && !trainer.is_done() {
                trainer.step(encoder)?;
            }
            trainer.finish(encoder)
        })
    }

    /// Runs `work`; when a GPU fails, the training continues on the CPU from the last checkpoint.
    fn on_any_device<T>(
        &mut self,
        engine: &mut Engine,
        work: impl Fn(&mut Trainer, &Encoder) -> Result<T, TrainError>,
    ) -> Result<T, EngineError> {
        let device = engine.encoder().device().clone();
        match device.guarded(|| work(&mut self.trainer, engine.encoder())) {
            Err(TrainError::Model(error)) => {
                engine.leave_gpu(error)?;
                self.trainer
                    .start_over(engine.encoder(), self.kept.take().as_deref())?;
                Ok(work(&mut self.trainer, engine.encoder())?)
            }
            outcome => Ok(outcome?),
        }
    }
}

impl Engine {
    /// Everything that was said about `query`: on the open video, if there is one, and on others that
    /// are indexed. Of several squares of a frame the one that fits the plain words best is taught.
    ///
    /// # Errors
    /// [`EngineError::Labels`] when labels cannot be read; [`EngineError::OnlyWordsAreTaught`].
    pub fn labels_of(
        &mut self,
        labels: &LabelStore,
        query: &Query,
        open: Option<&VideoIndex>,
    ) -> Result<TrainingSet, EngineError> {
        if query.words().is_none() {
            return Err(EngineError::OnlyWordsAreTaught);
        }
        let mut videos = Vec::new();
        if let Some(open) = open {
            let here = labels.load(open.content.as_str(), query)?;
            videos.push((open.exact_embeddings().clone(), here));
        }
        for annotation in labels.all()? {
            let is_elsewhere = open.is_none_or(|open| annotation.vid != open.content.as_str());
            if is_elsewhere
                && Query::new(&annotation.query).is_ok_and(|known| known == *query)
                && let Some(content) = ContentId::parse(&annotation.vid)
                && let Some(embeddings) = self.cached_embeddings(&content)
            {
                videos.push((embeddings, Labels::from_annotation(&annotation)));
            }
        }
        videos.retain(|(_, labels)| !labels.is_empty());
        if self.frame_choice().rows_per_clip() > 1 {
            let text = self.embed_query(query, &Way::default())?;
            for (embeddings, _) in &mut videos {
                *embeddings = embeddings.best_rows(&text);
            }
        }
        Ok(labelled_query(query, videos))
    }

    /// What the cache knows of a video under this model, `[n_clips, dim]`.
    fn cached_embeddings(&self, video: &ContentId) -> Option<Embeddings> {
        let cached = self.cached(video, self.frame_choice())?;
        let embeddings = Embeddings::from_features(self.encoder().dim(), cached.features).ok()?;
        let rows_per_clip = self.frame_choice().rows_per_clip();
        embeddings.with_rows_per_clip(rows_per_clip).ok()
    }
}

/// What a person said about one query on one or more videos.
pub fn labelled_query(query: &Query, videos: Vec<(Embeddings, Labels)>) -> TrainingSet {
    let words = query.words().unwrap_or(query.key());
    let mut set = TrainingSet::default();
    for (i, (embeddings, labels)) in videos.into_iter().enumerate() {
        let n_clips = embeddings.n_clips();
        set.examples
            .push(Example::from_labels(words, i, n_clips, &labels));
        set.videos.push(embeddings.into());
    }
    set
}

impl From<LabelError> for EngineError {
    fn from(error: LabelError) -> Self {
        Self::Labels(Box::new(error))
    }
}

impl From<TrainError> for EngineError {
    fn from(error: TrainError) -> Self {
        match error {
            TrainError::Model(error) => Self::Model(error),
            error => Self::Train(Box::new(error)),
        }
    }
}
