//! A table of token embeddings that stays in its file.
//!
//! SigLIP 2 has 256,000 rows of 768: 197 million of its 375 million parameters, of which a query
//! needs at most 64 rows. They are read when they are needed and are never held as a whole.

use std::collections::HashMap;
use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};

use crate::model::ModelError;
use crate::model::encoder::checkpoint::Checkpoint;
use crate::model::encoder::stored_tensor::StoredTensor;

/// `[vocabulary, width]`; a copy shares the file.
#[derive(Clone)]
pub struct TokenTable {
    tensor: Arc<StoredTensor>,
    name: &'static str,
}

impl TokenTable {
    /// Takes the table out of a checkpoint.
    ///
    /// # Errors
    /// [`ModelError::Weights`] where it is missing, of another shape or not of floats.
    pub fn take(
        checkpoint: &mut Checkpoint,
        name: &'static str,
        shape: [usize; 2],
    ) -> Result<Self, ModelError> {
        let unusable = |reason: String| ModelError::Weights(format!("tensor {name} {reason}"));
        let tensor = checkpoint.take(name);
        let tensor = tensor.ok_or_else(|| unusable("is missing".to_owned()))?;
        if tensor.shape != shape {
            return Err(unusable(format!(
                "has shape {:?}, config.json asks for {shape:?}",
                tensor.shape
            )));
        }
        if !tensor.dtype.is_float() {
            return Err(unusable(format!("holds {:?}, not floats", tensor.dtype)));
        }
        let tensor = Arc::new(tensor.by_rows().map_err(unusable)?);
        Ok(Self { tensor, name })
    }

    /// How many numbers it has.
    pub fn n_params(&self) -> usize {
        self.tensor.shape.iter().product()
    }

    /// The embeddings of tokens.
    ///
    /// # Shapes
    /// - ids: rows of one length `seq`
    /// - output: `[batch, seq, width]`
    ///
    /// # Errors
    /// [`ModelError::Weights`] where the file cannot be read any more.
    pub fn embed(&self, ids: &[&[u32]], device: &Device) -> Result<Tensor<3>, ModelError> {
        let seq = ids.first().map_or(0, |row| row.len());
        let width = self.tensor.shape[1];
        let mut known: HashMap<u32, Vec<f32>> = HashMap::new();
        let mut values = Vec::with_capacity(ids.len() * seq * width);
        // Most of a text is padding: the same row again and again.
        for &id in ids.iter().flat_map(|row| row.iter()) {
            let row = match known.get(&id) {
                Some(row) => row,
                None => {
                    let row = self.tensor.read_row(id as usize).map_err(|reason| {
                        ModelError::Weights(format!("tensor {}: {reason}", self.name))
                    })?;
                    known.entry(id).or_insert(row)
                }
            };
            values.extend_from_slice(row);
        }
        let data = TensorData::new(values, [ids.len(), seq, width]);
        Ok(Tensor::from_data(data, device))
    }
}
