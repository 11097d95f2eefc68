//! A training that can be resumed: the numbers, the state of the optimiser and the best so far.

use serde::{Deserialize, Serialize};

use crate::learn::detector::config::DetectorConfig;
use crate::learn::detector::error::DetectorTrainError;
use crate::learn::detector::progress::Checked;
use crate::learn::detector::trainer::{DetectorTrainer, Phase};
use crate::model::detector::Weights;
use crate::model::tensor_file::{self, NamedTensor, TensorFile};

const ENTRY: &str = "vcl-detector-training";

#[derive(Serialize, Deserialize)]
struct State {
    /// Of configuration and labels.
    fingerprint: String,
    epoch: usize,
    batch: usize,
    n_stale: usize,
    /// Steps of the optimiser.
    time: u32,
    best: Option<Checked>,
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` takes")]
fn unusable(reason: impl ToString) -> DetectorTrainError {
    DetectorTrainError::Checkpoint(reason.to_string())
}

impl DetectorTrainer {
    /// Bytes to continue from; between batches only ([`DetectorTrainer::is_between_batches`]).
    ///
    /// # Errors
    /// Where the numbers cannot be written.
    pub fn checkpoint(&self) -> Result<Vec<u8>, DetectorTrainError> {
        let mut tensors = Vec::new();
        let mut put = |part: &str, weights: &Weights| {
            for (name, array) in &weights.0 {
                tensors.push(NamedTensor::new(
                    format!("{part}.{name}"),
                    &array.shape,
                    &array.values,
                ));
            }
        };
        put("now", &self.weights);
        if let Some((_, best)) = &self.best {
            put("best", best);
        }
        for (name, (mean, square)) in &self.optimiser.means {
            for (part, values) in [("mean", mean), ("square", square)] {
                tensors.push(NamedTensor::new(
                    format!("{part}.{name}"),
                    &[values.len()],
                    values,
                ));
            }
        }
        let state = State {
            fingerprint: self.fingerprint(),
            epoch: self.epoch,
            batch: self.batch,
            n_stale: self.n_stale,
            time: self.optimiser.time,
            best: self.best.as_ref().map(|(checked, _)| checked.clone()),
        };
        let json = serde_json::to_string(&state).map_err(unusable)?;
        tensor_file::to_bytes(ENTRY, json, &tensors).map_err(unusable)
    }

    /// Goes on where [`DetectorTrainer::checkpoint`] was called, with the same labels and
    /// configuration; only the number of epochs and the patience may be others.
    ///
    /// # Errors
    /// [`DetectorTrainError::Checkpoint`] where the file is damaged or of another training.
    pub fn resume(&mut self, checkpoint: &[u8]) -> Result<(), DetectorTrainError> {
        let json = tensor_file::metadata(checkpoint, ENTRY).map_err(unusable)?;
        let state: State = serde_json::from_str(&json).map_err(unusable)?;
        if state.fingerprint != self.fingerprint() {
            return Err(unusable(
                "it belongs to other labels or another configuration",
            ));
        }
        let file = TensorFile::open(checkpoint).map_err(unusable)?;
        let read_all = |part: &str| {
            let mut weights = self.weights.clone();
            for (name, array) in &mut weights.0 {
                let stored = file.read(&format!("{part}.{name}"), &array.shape);
                array.values = stored.map_err(unusable)?;
            }
            Ok::<_, DetectorTrainError>(weights)
        };
        let now = read_all("now")?;
        let best = match state.best {
            Some(checked) => Some((checked, read_all("best")?)),
            None => None,
        };
        let mut means = std::collections::BTreeMap::new();
        for (name, array) in &self.weights.0 {
            if file.has_any(&format!("mean.{name}")) {
                let shape = [array.values.len()];
                let mean = file
                    .read(&format!("mean.{name}"), &shape)
                    .map_err(unusable)?;
                let square = file
                    .read(&format!("square.{name}"), &shape)
                    .map_err(unusable)?;
                means.insert(name.clone(), (mean, square));
            }
        }
        self.optimiser.means = means;
        self.optimiser.time = state.time;
        (self.weights, self.best) = (now, best);
        (self.epoch, self.batch, self.n_stale) = (state.epoch, state.batch, state.n_stale);
        self.shuffle();
        if self.epoch >= self.config.n_epochs {
            self.phase = Phase::Done;
        }
        Ok(())
    }

    fn fingerprint(&self) -> String {
        let config = DetectorConfig {
            n_epochs: 0,
            patience: 0,
            ..self.config.clone()
        };
        let mut hasher = blake3::Hasher::new();
        for json in [
            serde_json::to_vec(&config),
            serde_json::to_vec(&self.annotations),
        ] {
            hasher.update(&json.unwrap_or_default());
        }
        hasher.finalize().to_hex().to_string()
    }
}
