//! A network that is rebuilt from its numbers for each batch.

use burn::tensor::Device;

use crate::learn::detector::error::DetectorTrainError;
use crate::model::detector::{
    Batch, Detected, DetectorKind, DetrOutput, Dropout, Leaves, MomentDetr, QdDetr, Weights,
    detr_proposals,
};
use crate::model::try_to_vec;

/// A network as numbers.
#[derive(Clone, Copy)]
pub struct Network<'a> {
    pub kind: DetectorKind,
    pub weights: &'a Weights,
    pub n_heads: usize,
}

impl Network<'_> {
    /// What it says of a batch on a device, and on one with autodiff its tensors.
    ///
    /// # Errors
    /// [`DetectorTrainError::Detector`] where the numbers are those of another network.
    pub fn outputs(
        self,
        batch: &Batch,
        dropout: Dropout,
        device: &Device,
    ) -> Result<(DetrOutput, Leaves), DetectorTrainError> {
        Ok(match self.kind {
            DetectorKind::QdDetr => {
                let (network, leaves) = QdDetr::new(self.weights, self.n_heads, device)?;
                (network.forward(batch, dropout), leaves)
            }
            _ => {
                let (network, leaves) = MomentDetr::new(self.weights, self.n_heads, device)?;
                (network.forward(batch, dropout), leaves)
            }
        })
    }

    /// What it says of each sample of a batch.
    ///
    /// # Errors
    /// As [`Network::outputs`]; [`DetectorTrainError::Model`] where the device fails.
    pub fn detect(
        self,
        batch: &Batch,
        device: &Device,
    ) -> Result<Vec<Detected>, DetectorTrainError> {
        let (output, _) = self.outputs(batch, Dropout::default(), device)?;
        let proposals = detr_proposals(&output.moments)?;
        let saliency = try_to_vec(output.saliency)?;
        let rows = saliency.chunks(batch.most_clips());
        let samples = proposals.into_iter().zip(rows).zip(&batch.n_clips);
        let detected = samples.map(|((proposals, saliency), n_clips)| Detected {
            kind: self.kind,
            proposals,
            saliency: saliency[..*n_clips].to_vec(),
        });
        Ok(detected.collect())
    }
}
