//! Loss and gradients of a batch, in parts that are computed side by side.
//!
//! All terms of the loss are means over the batch, so a part counts as much as it has of it. How many
//! samples a part has depends on no machine, nor does what is dropped in it; a GPU takes all at once.

use std::collections::BTreeMap;

use burn::tensor::Device;

use crate::learn::detector::error::DetectorTrainError;
use crate::learn::detector::losses::detr_losses;
use crate::learn::detector::network::Network;
use crate::learn::detector::targets::Targets;
use crate::model::detector::{Batch, DetectorKind, Dropout, Rows, seed_dropout};
use crate::model::side_by_side::SideBySide;
use crate::model::{ComputeDevice, ModelError, try_to_vec};

/// Samples of a part: large enough for products that are worth it, and four of them in a usual batch.
const PART: usize = 8;

/// A query with what it is to learn.
#[derive(Clone, Debug)]
pub struct Sample {
    /// With time columns.
    pub video: Rows,
    pub words: Rows,
    pub targets: Targets,
}

/// By the name of the tensor, row-major.
pub type Gradients = BTreeMap<String, Vec<f32>>;

/// Computes gradients on a device.
pub struct GradientWork {
    threads: SideBySide,
    /// With autodiff.
    device: Device,
    part: usize,
}

impl GradientWork {
    /// # Errors
    /// [`ModelError::Device`] where no thread can be started.
    pub fn on(device: &ComputeDevice) -> Result<Self, ModelError> {
        match device.is_cpu() {
            true => Self::in_parts(device, PART),
            false => Self::in_parts(device, usize::MAX),
        }
    }

    pub(super) fn in_parts(device: &ComputeDevice, part: usize) -> Result<Self, ModelError> {
        Ok(Self {
            threads: SideBySide::on(device, "training")?,
            device: device.tensor_device().clone().autodiff(),
            part,
        })
    }

    /// The loss of a batch and its gradients; `seed` decides what is dropped.
    ///
    /// # Errors
    /// [`DetectorTrainError`] when the device fails, numbers have run away or are those of another
    /// network.
    pub fn of(
        &self,
        network: Network<'_>,
        samples: &[Sample],
        dropout: Dropout,
        seed: u64,
    ) -> Result<(f64, Gradients), DetectorTrainError> {
        let n_queries = network.weights.size("query_embed.weight", 0)?;
        let n_pairs = |samples: &[Sample]| -> usize {
            let windows = samples.iter().map(|it| it.targets.spans.len());
            windows.map(|n| n.min(n_queries)).sum()
        };
        let whole = (samples.len() as f64, n_pairs(samples) as f64);
        let n = samples.len();
        let size = self.part.min(n).max(1);
        let parts: Vec<_> = (0..n)
            .step_by(size)
            .map(|at| (at, (at + size).min(n)))
            .collect();
        let computed = self.threads.run(&parts, |&(start, end)| {
            let part = &samples[start..end];
            seed_dropout(seed.wrapping_add(start as u64));
            let pairs: Vec<_> = part.iter().map(|it| (&it.video, &it.words)).collect();
            let targets: Vec<_> = part.iter().map(|it| &it.targets).collect();
            let mut batch = Batch::new(&pairs, &self.device);
            if network.kind == DetectorKind::QdDetr {
                batch = batch.followed_by(&samples[end % n].words);
            }
            let (output, leaves) = network.outputs(&batch, dropout, &self.device)?;
            let losses = detr_losses(&output, &batch, &targets)?;
            let of_samples = part.len() as f64 / whole.0;
            let of_pairs = n_pairs(part) as f64 / whole.1.max(1.0);
            let loss = losses.total_of_part(of_samples, of_pairs);
            let gradients = loss.backward();
            let value = f64::from(try_to_vec(loss)?[0]);
            Ok::<_, DetectorTrainError>((value, leaves.gradients(&gradients)?))
        })?;
        let mut parts = computed.into_iter();
        let (mut loss, mut gradients) = parts.next().unwrap_or_default();
        for (value, more) in parts {
            loss += value;
            add(&mut gradients, more);
        }
        Ok((loss, gradients))
    }
}

fn add(sum: &mut Gradients, more: Gradients) {
    for (name, values) in more {
        match sum.get_mut(&name) {
            Some(known) => known.iter_mut().zip(values).for_each(|(a, b)| *a += b),
            None => drop(sum.insert(name, values)),
        }
    }
}
