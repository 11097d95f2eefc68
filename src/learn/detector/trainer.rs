//! The training itself, a batch at a time.

use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_pcg::Pcg64Mcg;

use crate::domain::Annotation;
use crate::eval::{Prediction, score};
use crate::find::official;
use crate::learn::detector::adamw::AdamW;
use crate::learn::detector::config::DetectorConfig;
use crate::learn::detector::error::{DetectorTrainError, FeatureError};
use crate::learn::detector::gradients::{GradientWork, Sample};
use crate::learn::detector::init::initial_weights;
use crate::learn::detector::network::Network;
use crate::learn::detector::progress::{Checked, DetectorProgress};
use crate::learn::detector::targets::Targets;
use crate::model::detector::{
    Batch, DetectorFile, DetectorMetadata, DetectorTraining, MOST_WORDS, Rows, Weights,
};
use crate::model::{BaseModel, ComputeDevice};

/// One in so many videos is kept for checking where no other labels are given.
const CHECK_SHARE: usize = 10;

/// Where the features of the queries and their videos come from, by the number of the query.
pub trait DetectorFeatures: Send {
    /// Normalised, with time columns.
    ///
    /// # Errors
    /// A sentence that names the file.
    fn video(&self, query: usize) -> Result<Rows, FeatureError>;

    /// Normalised states of the words.
    ///
    /// # Errors
    /// A sentence that names the file.
    fn words(&self, query: usize) -> Result<Rows, FeatureError>;

    /// Width of each kind of video features.
    fn widths(&self) -> Vec<usize>;

    /// The model that made them, where that is known.
    fn base_model(&self) -> Option<BaseModel>;
}

/// What is done in a step.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Phase {
    Learn,
    /// Predictions so far.
    Check(Vec<Prediction>),
    Done,
}

/// Trains one detector.
pub struct DetectorTrainer {
    pub(super) config: DetectorConfig,
    features: Box<dyn DetectorFeatures>,
    pub(super) annotations: Vec<Annotation>,
    learned: Vec<usize>,
    checked: Vec<usize>,
    device: ComputeDevice,
    work: GradientWork,
    pub(super) weights: Weights,
    pub(super) optimiser: AdamW,
    pub(super) best: Option<(Checked, Weights)>,
    pub(super) phase: Phase,
    pub(super) epoch: usize,
    /// Batches of this epoch.
    pub(super) batch: usize,
    /// The queries in the order of this epoch.
    order: Vec<usize>,
    pub(super) n_stale: usize,
    losses: Vec<f64>,
    last_check: Option<Checked>,
}

impl DetectorTrainer {
    /// `features` are those of `annotations`, by their number; the last `n_checked` of them are for
    /// measuring, and where there is none, a tenth of the videos is.
    ///
    /// # Errors
    /// [`DetectorTrainError::Nothing`] where no query has both windows and graded clips.
    pub fn new(
        config: DetectorConfig,
        annotations: Vec<Annotation>,
        n_checked: usize,
        features: Box<dyn DetectorFeatures>,
        device: &ComputeDevice,
    ) -> Result<Self, DetectorTrainError> {
        let (learned, checked) = divided(&annotations, n_checked, config.seed);
        if learned.is_empty() || checked.is_empty() {
            return Err(DetectorTrainError::Nothing);
        }
        let first = learned[0];
        let video_width = features
            .video(first)
            .map_err(DetectorTrainError::Features)?
            .width;
        let text_width = features
            .words(first)
            .map_err(DetectorTrainError::Features)?
            .width;
        let weights = initial_weights(
            config.kind,
            config.size,
            video_width,
            text_width,
            config.seed,
        );
        let mut trainer = Self {
            features,
            annotations,
            learned,
            checked,
            work: GradientWork::on(device)?,
            device: device.clone(),
            weights,
            optimiser: AdamW::default(),
            best: None,
            phase: Phase::Learn,
            epoch: 0,
            batch: 0,
            order: Vec::new(),
            n_stale: 0,
            losses: Vec::new(),
            last_check: None,
            config,
        };
        trainer.shuffle();
        Ok(trainer)
    }

    /// The order of the current epoch, the same however often a training was interrupted.
    pub(super) fn shuffle(&mut self) {
        let mut rng = self.rng(usize::MAX);
        self.order.clone_from(&self.learned);
        self.order.shuffle(&mut rng);
    }

    /// Chance of one batch of the current epoch.
    fn rng(&self, batch: usize) -> Pcg64Mcg {
        let numbers = [self.config.seed, self.epoch as u64, batch as u64];
        let hash = blake3::hash(bytemuck::cast_slice(&numbers));
        let seed = hash.as_bytes().first_chunk().copied().unwrap_or_default();
        Pcg64Mcg::seed_from_u64(u64::from_le_bytes(seed))
    }

    fn n_batches(&self) -> usize {
        self.learned.len().div_ceil(self.config.batch.max(1))
    }

    pub fn is_done(&self) -> bool {
        self.phase == Phase::Done
    }

    /// Whether a checkpoint may be taken now.
    pub fn is_between_batches(&self) -> bool {
        self.phase == Phase::Learn
    }

    /// One batch of learning or of measuring.
    ///
    /// # Errors
    /// [`DetectorTrainError`] when features cannot be read, the device fails or the numbers run away.
    pub fn step(&mut self) -> Result<DetectorProgress, DetectorTrainError> {
        match std::mem::replace(&mut self.phase, Phase::Learn) {
            Phase::Learn => self.learn()?,
            Phase::Check(predictions) => self.check(predictions)?,
            Phase::Done => self.phase = Phase::Done,
        }
        Ok(self.progress())
    }

    fn progress(&self) -> DetectorProgress {
        let n = self.losses.len();
        DetectorProgress {
            epoch: self.epoch,
            n_epochs: self.config.n_epochs,
            batch: self.batch,
            n_batches: self.n_batches(),
            loss: (n > 0).then(|| self.losses.iter().sum::<f64>() / n as f64),
            checked: self.last_check.clone(),
            best: self.best.as_ref().map(|(checked, _)| checked.clone()),
            is_done: self.is_done(),
        }
    }

    fn learn(&mut self) -> Result<(), DetectorTrainError> {
        if self.batch == 0 {
            self.losses.clear();
        }
        let mut rng = self.rng(self.batch);
        let from = self.batch * self.config.batch;
        let to = (from + self.config.batch).min(self.order.len());
        let mut samples = Vec::new();
        for query in &self.order[from..to] {
            let (video, words) = self.read(*query)?;
            let annotation = &self.annotations[*query];
            if let Some(targets) = Targets::draw(annotation, video.n_rows(), &mut rng) {
                samples.push(Sample {
                    video,
                    words,
                    targets,
                });
            }
        }
        if !samples.is_empty() {
            let loss = self.learn_from(&samples)?;
            self.losses.push(loss);
        }
        self.batch += 1;
        if self.batch == self.n_batches() {
            self.end_epoch();
        }
        Ok(())
    }

    fn learn_from(&mut self, samples: &[Sample]) -> Result<f64, DetectorTrainError> {
        // What is dropped depends on the batch alone, so that a resumed training goes on the same.
        let seed = blake3::hash(bytemuck::cast_slice(&[
            self.config.seed,
            self.epoch as u64,
            self.batch as u64,
        ]));
        let seed = seed.as_bytes().first_chunk().copied().unwrap_or_default();
        let (loss, gradients) = self.device.guarded(|| {
            let (dropout, seed) = (self.config.dropout(), u64::from_le_bytes(seed));
            self.work.of(self.network(), samples, dropout, seed)
        })?;
        if !loss.is_finite() {
            return Err(DetectorTrainError::Diverged);
        }
        self.optimiser.step(
            &mut self.weights,
            &gradients,
            self.config.learning_rate_in(self.epoch),
            self.config.weight_decay,
            self.config.max_gradient,
        );
        Ok(loss)
    }

    fn network(&self) -> Network<'_> {
        Network {
            kind: self.config.kind,
            weights: &self.weights,
            n_heads: self.config.size.n_heads,
        }
    }

    fn read(&self, query: usize) -> Result<(Rows, Rows), DetectorTrainError> {
        let video = self
            .features
            .video(query)
            .map_err(DetectorTrainError::Features)?;
        let words = self
            .features
            .words(query)
            .map_err(DetectorTrainError::Features)?;
        let words = words.first(MOST_WORDS);
        let width = |name: &str| self.weights.size(name, 0).unwrap_or_default();
        let fits = video.width == width("input_vid_proj.0.LayerNorm.weight")
            && words.width == width("input_txt_proj.0.LayerNorm.weight");
        if !fits || video.n_rows() == 0 || words.n_rows() == 0 {
            let vid = self.annotations[query].vid.clone();
            return Err(DetectorTrainError::OtherWidths(vid));
        }
        Ok((video, words))
    }

    fn end_epoch(&mut self) {
        self.epoch += 1;
        self.batch = 0;
        self.shuffle();
        let is_last = self.epoch >= self.config.n_epochs;
        if is_last || self.epoch.is_multiple_of(self.config.check_every.max(1)) {
            self.phase = Phase::Check(Vec::new());
        }
    }

    /// Measures some queries more.
    fn check(&mut self, mut predictions: Vec<Prediction>) -> Result<(), DetectorTrainError> {
        let from = predictions.len();
        let to = (from + self.config.batch).min(self.checked.len());
        predictions.extend(self.predict(&self.checked[from..to])?);
        if to < self.checked.len() {
            self.phase = Phase::Check(predictions);
            return Ok(());
        }
        let truth: Vec<_> = self
            .checked
            .iter()
            .map(|at| self.annotations[*at].clone())
            .collect();
        let checked = Checked::of(self.epoch, &score(&truth, &predictions)?);
        let is_better = self
            .best
            .as_ref()
            .is_none_or(|(best, _)| checked.map > best.map);
        if is_better {
            self.n_stale = 0;
            self.best = Some((checked.clone(), self.weights.clone()));
        } else {
            self.n_stale += 1;
        }
        self.last_check = Some(checked);
        let is_stale = self.n_stale > self.config.patience;
        self.phase = match is_stale || self.epoch >= self.config.n_epochs {
            true => Phase::Done,
            false => Phase::Learn,
        };
        Ok(())
    }

    fn predict(&self, queries: &[usize]) -> Result<Vec<Prediction>, DetectorTrainError> {
        let rows: Vec<_> = queries
            .iter()
            .map(|query| self.read(*query))
            .collect::<Result<_, _>>()?;
        let pairs: Vec<_> = rows.iter().map(|(video, words)| (video, words)).collect();
        let device = self.device.tensor_device();
        let network = self.network();
        let detected = self
            .device
            .guarded(|| network.detect(&Batch::new(&pairs, device), device))?;
        let predictions = detected.iter().zip(queries).map(|(detected, query)| {
            let annotation = &self.annotations[*query];
            let (windows, saliency) = official(detected, annotation.duration);
            Prediction {
                qid: annotation.qid.clone(),
                query: annotation.query.clone(),
                vid: annotation.vid.clone(),
                pred_relevant_windows: Some(windows),
                pred_saliency_scores: Some(saliency),
            }
        });
        Ok(predictions.collect())
    }

    /// The best so far as a file; the last where nothing was measured yet.
    pub fn finish(&self) -> DetectorFile {
        let (checked, weights) = match &self.best {
            Some((checked, weights)) => (Some(checked), weights),
            None => (None, &self.weights),
        };
        let n_heads = self.config.size.n_heads;
        let mut metadata = DetectorMetadata::new(self.config.kind, n_heads, self.features.widths());
        metadata.base_model = self.features.base_model();
        let mut videos: Vec<_> = self
            .learned
            .iter()
            .map(|at| &self.annotations[*at].vid)
            .collect();
        videos.sort_unstable();
        videos.dedup();
        metadata.training = DetectorTraining {
            n_queries: self.learned.len(),
            n_videos: videos.len(),
            n_epochs: checked.map_or(self.epoch, |checked| checked.epoch),
            seed: self.config.seed,
            checked: checked.map(Checked::by_name).unwrap_or_default(),
        };
        DetectorFile {
            kind: self.config.kind,
            n_heads,
            weights: weights.clone(),
            metadata: Some(metadata),
        }
    }
}

/// Those to learn from and those to measure.
fn divided(annotations: &[Annotation], n_checked: usize, seed: u64) -> (Vec<usize>, Vec<usize>) {
    let is_lesson = |at: &usize| {
        let annotation = &annotations[*at];
        !annotation.relevant_windows.is_empty() && !annotation.relevant_clip_ids.is_empty()
    };
    let n = annotations.len() - n_checked.min(annotations.len());
    if n_checked > 0 {
        return (
            (0..n).filter(is_lesson).collect(),
            (n..annotations.len()).collect(),
        );
    }
    let mut videos: Vec<&str> = annotations.iter().map(|a| a.vid.as_str()).collect();
    videos.sort_unstable();
    videos.dedup();
    videos.shuffle(&mut Pcg64Mcg::seed_from_u64(seed));
    let n_kept = videos.len().div_ceil(CHECK_SHARE).min(videos.len() / 2);
    let kept: std::collections::BTreeSet<&str> = videos[..n_kept].iter().copied().collect();
    let lessons = (0..n).filter(is_lesson);
    lessons.partition(|at| !kept.contains(annotations[*at].vid.as_str()))
}
