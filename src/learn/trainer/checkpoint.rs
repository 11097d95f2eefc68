//! A training that can be resumed: all learners, their optimisers and the best so far.
//!
//! A safetensors file. What comes before the context (baseline) and after it (calibration, head) is
//! not kept: it takes seconds and is simply done again.

use burn::optim::{AdamState, AdaptiveMomentumState};
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::learn::adam::AdamMoments;
use crate::learn::context::LearnerRun;
use crate::learn::held_out::Quality;
use crate::learn::trainer::judging::Best;
use crate::learn::trainer::{TrainError, Trainer, TrainerConfig};
use crate::learn::training_set::TrainingSet;
use crate::model::prompt::{HeldOutScores, ShownClips};
use crate::model::tensor_file::{self, NamedTensor, TensorFile};
use crate::model::{Encoder, ModelError, try_to_vec};

const METADATA_KEY: &str = "vcl-training";

#[derive(Serialize, Deserialize)]
struct State {
    /// Of model, configuration and labels.
    fingerprint: String,
    step: usize,
    n_stale: usize,
    is_evaluated: bool,
    n_runs: usize,
    /// Steps that Adam has counted.
    adam_time: usize,
    best: Option<BestState>,
}

#[derive(Serialize, Deserialize)]
struct BestState {
    step: usize,
    agreements: Vec<f64>,
    hit1: f64,
    mean_ap: f64,
    #[serde(default)]
    shown: Option<ShownClips>,
}

impl Trainer {
    /// Everything that is needed to continue later, as bytes of a file.
    ///
    /// # Errors
    /// When the device does not hand its numbers over.
    pub fn checkpoint(&self, encoder: &Encoder) -> Result<Vec<u8>, TrainError> {
        let mut tensors = Vec::new();
        let mut adam_time = 0;
        for (i, run) in self.runs.iter().enumerate() {
            let name = |part: &str| format!("run.{i}.{part}");
            let learner = &run.learner;
            push(&mut tensors, name("context"), learner.context())?;
            push(&mut tensors, name("scale"), learner.scale())?;
            push(&mut tensors, name("bias"), learner.bias())?;
            let moments = &run.moments;
            adam_time = moments.context.as_ref().map_or(0, |s| s.momentum.time);
            push_state(&mut tensors, &name("context"), moments.context.as_ref())?;
            push_state(&mut tensors, &name("scale"), moments.scale.as_ref())?;
            push_state(&mut tensors, &name("bias"), moments.bias.as_ref())?;
        }
        if let Some(best) = &self.best {
            let shape = [best.context.len()];
            tensors.push(NamedTensor::new("best.context", &shape, &best.context));
        }
        let state = State {
            fingerprint: fingerprint(encoder, &self.set, &self.config),
            step: self.step,
            n_stale: self.n_stale,
            is_evaluated: self.is_evaluated,
            n_runs: self.runs.len(),
            adam_time,
            best: self.best.as_ref().map(|best| BestState {
                step: best.step,
                agreements: best.quality.agreements.clone(),
                hit1: best.quality.scores.hit1,
                mean_ap: best.quality.scores.mean_ap,
                shown: best.quality.scores.shown,
            }),
        };
        let json = serde_json::to_string(&state).map_err(unusable)?;
        tensor_file::to_bytes(METADATA_KEY, json, &tensors).map_err(unusable)
    }

    /// Continues where [`Trainer::checkpoint`] was called, with the same set and configuration.
    ///
    /// # Errors
    /// [`TrainError::Checkpoint`] where the file is damaged or of another training.
    pub fn resume(
        encoder: &Encoder,
        set: TrainingSet,
        config: TrainerConfig,
        checkpoint: &[u8],
    ) -> Result<Self, TrainError> {
        let json = tensor_file::metadata(checkpoint, METADATA_KEY).map_err(unusable)?;
        let state: State = serde_json::from_str(&json).map_err(unusable)?;
        if state.fingerprint != fingerprint(encoder, &set, &config) {
            return Err(unusable(
                "it belongs to other labels, another configuration or another model",
            ));
        }
        let file = TensorFile::open(checkpoint).map_err(unusable)?;
        let mut trainer = Self::new(encoder, set, config)?;
        if state.n_runs > trainer.plan.runs.len() {
            return Err(unusable("it has more learners than this training"));
        }
        let device = encoder.device().tensor_device();
        let (n_ctx, width) = (trainer.config.n_ctx, encoder.text_width());
        let read = |name: &str, shape: &[usize]| file.read(name, shape).map_err(unusable);
        for i in 0..state.n_runs {
            let name = |part: &str| format!("run.{i}.{part}");
            let context = read(&name("context"), &[n_ctx, width])?;
            let scale = read(&name("scale"), &[1])?;
            let bias = read(&name("bias"), &[1])?;
            let learner = trainer
                .learner(encoder, &context)
                .with_calibration(scale[0], bias[0]);
            let time = state.adam_time;
            let moments = AdamMoments {
                context: read_state(&file, &name("context"), [n_ctx, width], time, device)?,
                scale: read_state(&file, &name("scale"), [1], time, device)?,
                bias: read_state(&file, &name("bias"), [1], time, device)?,
            };
            let plan = trainer.plan.runs[i].clone();
            trainer.runs.push(LearnerRun {
                moments,
                ..LearnerRun::new(learner, plan)
            });
        }
        trainer.step = state.step;
        trainer.n_stale = state.n_stale;
        trainer.is_evaluated = state.is_evaluated;
        if let Some(best) = state.best {
            trainer.best = Some(Best {
                step: best.step,
                quality: Quality {
                    agreements: best.agreements,
                    scores: HeldOutScores {
                        hit1: best.hit1,
                        mean_ap: best.mean_ap,
                        shown: best.shown,
                    },
                },
                context: read("best.context", &[n_ctx * width])?,
            });
        }
        Ok(trainer)
    }

    /// Starts the same training again, on another device or from a checkpoint of it.
    ///
    /// # Errors
    /// As [`Trainer::resume`].
    pub fn start_over(
        &mut self,
        encoder: &Encoder,
        checkpoint: Option<&[u8]>,
    ) -> Result<(), TrainError> {
        let (set, config) = (std::mem::take(&mut self.set), self.config.clone());
        *self = match checkpoint {
            Some(checkpoint) => Self::resume(encoder, set, config, checkpoint)?,
            None => Self::new(encoder, set, config)?,
        };
        Ok(())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands errors over")]
fn unusable(reason: impl ToString) -> TrainError {
    TrainError::Checkpoint(reason.to_string())
}

/// blake3 over model, configuration and labels.
fn fingerprint(encoder: &Encoder, set: &TrainingSet, config: &TrainerConfig) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(encoder.id().hash.as_bytes());
    hasher.update(format!("{config:?}").as_bytes());
    for example in &set.examples {
        hasher.update(format!("{example:?}").as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

fn push<const D: usize>(
    tensors: &mut Vec<NamedTensor>,
    name: String,
    tensor: Tensor<D>,
) -> Result<(), ModelError> {
    let shape = tensor.dims().to_vec();
    let values = try_to_vec(tensor.inner())?;
    tensors.push(NamedTensor {
        name,
        shape,
        values,
    });
    Ok(())
}

fn push_state<const D: usize>(
    tensors: &mut Vec<NamedTensor>,
    name: &str,
    state: Option<&AdamState<D>>,
) -> Result<(), ModelError> {
    if let Some(AdamState { momentum }) = state {
        push(tensors, format!("{name}.mean"), momentum.moment_1.clone())?;
        push(tensors, format!("{name}.square"), momentum.moment_2.clone())?;
    }
    Ok(())
}

/// `None` where the parameter had not been updated yet.
fn read_state<const D: usize>(
    file: &TensorFile<'_>,
    name: &str,
    shape: [usize; D],
    time: usize,
    device: &Device,
) -> Result<Option<AdamState<D>>, TrainError> {
    let (mean, square) = (format!("{name}.mean"), format!("{name}.square"));
    if !file.has_any(&mean) {
        return Ok(None);
    }
    let tensor = |name: &str| -> Result<Tensor<D>, TrainError> {
        let values = file.read(name, &shape).map_err(unusable)?;
        Ok(Tensor::from_data(TensorData::new(values, shape), device))
    };
    let momentum = AdaptiveMomentumState::new(time, tensor(&mean)?, tensor(&square)?);
    Ok(Some(AdamState::new(momentum)))
}
