//! Embeds the frames of a video, a short step at a time.

use std::time::{Duration, Instant};

use crate::engine::frames::{ClipFrame, FrameFeed, FrameMessage, FrameSource, Look, Opened};
use crate::engine::{Engine, EngineError, FrameChoice, VideoIndex};
use crate::store::{CacheKey, CachedFeatures, EmbeddingCache};
use crate::video::Source;

/// How long a step waits for frames when the encoder is faster than the decoder.
const MAX_WAIT: Duration = Duration::from_millis(60);

/// What a step may spend on encoding, beyond at least one frame per processor.
const ENCODE_BUDGET: Duration = Duration::from_millis(120);

/// Larger batches gain nothing and delay the answer to a query.
const MAX_BATCH: usize = 16;

/// A crash or a power cut costs at most this much work.
const SAVE_EVERY: Duration = Duration::from_secs(5);

/// Indexing of one video: reads the cache, embeds what is missing, keeps it.
///
/// Dropping the job cancels it; what was embedded until then is kept, and the next job for the same
/// video continues from there.
pub struct IndexJob {
    source: FrameSource,
    cache: EmbeddingCache,
    key: Option<CacheKey>,
    index: Option<VideoIndex>,
    path: std::path::PathBuf,
    dim: usize,
    rows_per_clip: usize,
    pending: Vec<ClipFrame>,
    secs_per_frame: Option<f64>,
    started: Instant,
    last_save: Instant,
    /// How many clips the cache has, and whether it knows that they are all.
    saved: (usize, bool),
    is_over: bool,
}

/// What a step has brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexStep {
    /// Nothing new yet.
    Waiting,
    /// The index exists or has grown.
    Grown,
    /// Every clip is indexed; further steps do nothing.
    Finished,
}

/// How far indexing is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IndexProgress {
    pub n_done: usize,
    pub n_total: usize,
    /// Clips per second of this run; `None` before the first.
    pub clips_per_sec: Option<f64>,
    /// `None` before the first clip of this run.
    pub remaining_secs: Option<f64>,
}

impl IndexJob {
    /// Begins to read; errors about the file come from the steps.
    ///
    /// With `preview`, the whole video is looked at roughly before it is looked at exactly.
    ///
    /// # Errors
    /// [`EngineError::Thread`] when no thread can be started.
    pub fn start(engine: &Engine, video: &Source, preview: bool) -> Result<Self, EngineError> {
        Self::start_with(engine, video, preview, engine.frame_choice())
    }

    /// As [`start`](Self::start), with other frames than the engine usually takes.
    ///
    /// # Errors
    /// As there.
    pub fn start_with(
        engine: &Engine,
        video: &Source,
        preview: bool,
        frame_choice: FrameChoice,
    ) -> Result<Self, EngineError> {
        let encoder = engine.encoder();
        let frame_choice = frame_choice.for_model(encoder.preprocessor().framing());
        let preprocess = match frame_choice.framing {
            Some(framing) => encoder.preprocessor().framed(framing),
            None => encoder.preprocessor().clone(),
        };
        let rows_per_clip = frame_choice.rows_per_clip();
        let source = FrameSource::spawn(FrameFeed {
            video: video.clone(),
            preprocess,
            dim: encoder.dim() * rows_per_clip,
            image_id: encoder.image_id().to_owned(),
            former_image_id: encoder.former_image_id().to_owned(),
            cache: engine.cache().clone(),
            data_dir: engine.data_dir.clone(),
            frame_choice,
            preview,
        })?;
        Ok(Self {
            source,
            cache: engine.cache().clone(),
            key: None,
            index: None,
            path: video.path().to_owned(),
            dim: encoder.dim(),
            rows_per_clip,
            pending: Vec::new(),
            secs_per_frame: None,
            started: Instant::now(),
            last_save: Instant::now(),
            saved: (0, false),
            is_over: false,
        })
    }

    /// What is known so far; `None` until the file has turned out to be a video.
    pub fn index(&self) -> Option<&VideoIndex> {
        self.index.as_ref()
    }

    /// Ends the job and keeps what it found.
    pub fn into_index(mut self) -> Option<VideoIndex> {
        self.save();
        self.index.take()
    }

    pub fn progress(&self) -> Option<IndexProgress> {
        let index = self.index.as_ref()?;
        let n_new = index.n_clips_done() - index.n_clips_cached();
        let elapsed_secs = self.started.elapsed().as_secs_f64();
        let clips_per_sec = (n_new > 0).then(|| n_new as f64 / elapsed_secs.max(1e-3));
        let n_left = index.n_clips() - index.n_clips_done();
        Some(IndexProgress {
            n_done: index.n_clips_done(),
            n_total: index.n_clips(),
            clips_per_sec,
            remaining_secs: clips_per_sec.map(|rate| n_left as f64 / rate),
        })
    }

    /// Waits shortly for frames and embeds what came; about 150 ms at most for usual models.
    ///
    /// # Errors
    /// When the file is not a video, cannot be read, or the model fails. The job is then over.
    pub fn step(&mut self, engine: &mut Engine) -> Result<IndexStep, EngineError> {
        if self.is_over {
            return Ok(IndexStep::Finished);
        }
        let outcome = self.advance(engine);
        if outcome.is_err() {
            self.is_over = true;
            self.save();
        }
        outcome
    }

    /// Steps until every clip is indexed.
    ///
    /// # Errors
    /// As [`IndexJob::step`].
    pub fn run(
        mut self,
        engine: &mut Engine,
        mut on_step: impl FnMut(&Self),
    ) -> Result<VideoIndex, EngineError> {
        while self.step(engine)? != IndexStep::Finished {
            on_step(&self);
        }
        on_step(&self);
        let path = self.path.clone();
        self.into_index().ok_or(EngineError::SourceDied(path))
    }

    fn advance(&mut self, engine: &mut Engine) -> Result<IndexStep, EngineError> {
        let deadline = Instant::now() + MAX_WAIT;
        let batch_size = self.batch_size(engine);
        let mut ended = None;
        while self.pending.len() < batch_size && ended.is_none() {
            match self.source.next(deadline) {
                None => break,
                Some(FrameMessage::Frame(frame)) => self.pending.push(frame),
                Some(FrameMessage::Ended {
                    duration_secs,
                    warning,
                }) => {
                    ended = Some((duration_secs, warning));
                }
                Some(FrameMessage::Failed(error)) => {
                    self.encode_pending(engine)?;
                    return Err(error);
                }
                Some(FrameMessage::Opened(opened)) => {
                    let Opened { info, key, cached } = *opened;
                    let shape = (self.dim, self.rows_per_clip);
                    let mut index =
                        VideoIndex::new(self.path.clone(), key.video.clone(), info, shape)?;
                    self.key = Some(key);
                    if let Some(cached) = cached {
                        index.restore(&cached)?;
                    }
                    self.saved = (index.n_clips_done(), index.is_complete());
                    self.started = Instant::now();
                    self.is_over = index.is_complete();
                    self.index = Some(index);
                    return Ok(if self.is_over {
                        IndexStep::Finished
                    } else {
                        IndexStep::Grown
                    });
                }
            }
        }
        let has_grown = !self.pending.is_empty();
        self.encode_pending(engine)?;
        if let Some((duration_secs, warning)) = ended {
            if let Some(index) = &mut self.index {
                index.complete(duration_secs.unwrap_or(index.duration_secs()));
                index.warning = warning;
            }
            self.is_over = true;
            self.save();
            return Ok(IndexStep::Finished);
        }
        // More often at first, so that even a short run that is killed leaves something.
        if self.last_save.elapsed() > SAVE_EVERY.min(self.started.elapsed() / 2) {
            self.save();
        }
        Ok(if has_grown {
            IndexStep::Grown
        } else {
            IndexStep::Waiting
        })
    }

    /// As many frames as fit into the budget by the measured speed, a multiple of the processors.
    fn batch_size(&self, engine: &Engine) -> usize {
        let n_threads = engine.encoder().device().n_threads();
        let affordable = self
            .secs_per_frame
            .map_or(0.0, |secs| ENCODE_BUDGET.as_secs_f64() / secs);
        let n_rounds = (affordable as usize).min(MAX_BATCH) / n_threads;
        n_threads * n_rounds.max(1)
    }

    fn encode_pending(&mut self, engine: &mut Engine) -> Result<(), EngineError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let mut pixels = Vec::new();
        let mut looks = Vec::new();
        for frame in self.pending.drain(..) {
            looks.push((
                frame.clip,
                frame.look,
                frame.offset_secs,
                frame.pixels.len(),
            ));
            pixels.extend(frame.pixels);
        }
        let began = Instant::now();
        let features = engine.encode_images(&pixels)?;
        if !pixels.is_empty() {
            let n_frames = looks
                .iter()
                .filter(|(.., n_squares)| *n_squares > 0)
                .count();
            let secs = began.elapsed().as_secs_f64() / n_frames.max(1) as f64;
            // The first batch pays for warming up; later ones correct it quickly.
            self.secs_per_frame = Some(self.secs_per_frame.map_or(secs, |old| 0.5 * (old + secs)));
        }
        let Some(index) = &mut self.index else {
            return Ok(());
        };
        let mut rest = &features[..];
        for (clip, look, offset_secs, n_squares) in looks {
            let (own, others) = rest.split_at(rest.len().min(n_squares * self.dim));
            rest = others;
            // One square stands for all.
            let repeated = match n_squares {
                1 => own.repeat(self.rows_per_clip),
                _ => own.to_vec(),
            };
            if let Some(offset_secs) = offset_secs {
                index.set_offset(clip, offset_secs);
            }
            match look {
                Look::Rough => index.add_coarse(clip, &repeated),
                Look::Exact => index.push_exact(&repeated)?,
                Look::AsBefore => index.repeat_last()?,
            }
        }
        Ok(())
    }

    /// Stores what is new in the cache; without a writable cache the work is done again next time, and
    /// [`VideoIndex::not_kept`] says why.
    fn save(&mut self) {
        self.last_save = Instant::now();
        let (Some(index), Some(key)) = (&self.index, &self.key) else {
            return;
        };
        let now = (index.n_clips_done(), index.is_complete());
        if now == self.saved {
            return;
        }
        let entry = CachedFeatures {
            dim: self.dim * self.rows_per_clip,
            features: index.features().to_vec(),
            offsets_secs: index.offsets_secs().to_vec(),
            complete: index.is_complete(),
            duration_secs: index.duration_secs(),
            warning: index.warning.clone(),
        };
        let is_complete = index.is_complete();
        let stored = self.cache.store(key, &entry);
        if let Some(index) = &mut self.index {
            index.not_kept = stored.as_ref().err().map(ToString::to_string);
        }
        if stored.is_ok() {
            self.saved = now;
        }
        if is_complete {
            self.key = None; // Nothing more will come.
        }
    }
}

impl Drop for IndexJob {
    fn drop(&mut self) {
        self.save();
    }
}
