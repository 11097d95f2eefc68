//! Small safetensors files of f32 tensors with one metadata entry: prompts and checkpoints.
//!
//! They are read whole, and may come from anywhere: every tensor is checked before it is used.

use std::collections::HashMap;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, SafeTensorError, TensorView, serialize};

use crate::domain::foreign;

/// Why a file cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TensorFileError {
    #[error(transparent)]
    Format(#[from] SafeTensorError),
    #[error("{0}")]
    Damaged(String),
    #[error("it has no entry `{0}`")]
    NoEntry(&'static str),
    #[error("it has no tensor `{0}`")]
    NoTensor(String),
    #[error("`{name}` is {found}, expected F32 {expected:?}")]
    OtherShape {
        name: String,
        found: String,
        expected: Vec<usize>,
    },
    #[error("`{0}` holds values that are not numbers")]
    NotFinite(String),
}

/// A tensor on its way into a file.
pub(crate) struct NamedTensor {
    pub name: String,
    pub shape: Vec<usize>,
    /// Row-major.
    pub values: Vec<f32>,
}

impl NamedTensor {
    pub fn new(name: impl Into<String>, shape: &[usize], values: &[f32]) -> Self {
        Self {
            name: name.into(),
            shape: shape.to_vec(),
            values: values.to_vec(),
        }
    }
}

/// The bytes of a file with `tensors` and one metadata entry. Only one, because the order of several
/// would differ from run to run.
pub(crate) fn to_bytes(
    key: &'static str,
    json: String,
    tensors: &[NamedTensor],
) -> Result<Vec<u8>, TensorFileError> {
    let views = tensors.iter().map(|tensor| {
        let bytes: &[u8] = bytemuck::cast_slice(&tensor.values);
        let view = TensorView::new(Dtype::F32, tensor.shape.clone(), bytes)?;
        Ok((&tensor.name, view))
    });
    let views: Vec<_> = views.collect::<Result<_, SafeTensorError>>()?;
    let metadata = HashMap::from([(key.to_owned(), json)]);
    Ok(serialize(views, Some(metadata))?)
}

/// The metadata entry `key` of a file, without looking at its tensors.
pub(crate) fn metadata(bytes: &[u8], key: &'static str) -> Result<String, TensorFileError> {
    let (_, header) =
        foreign(|| SafeTensors::read_metadata(bytes)).map_err(TensorFileError::Damaged)?;
    let entries = header.metadata().as_ref();
    entries
        .and_then(|entries| entries.get(key))
        .cloned()
        .ok_or(TensorFileError::NoEntry(key))
}

/// The tensors of a file.
pub(crate) struct TensorFile<'a>(SafeTensors<'a>);

impl<'a> TensorFile<'a> {
    pub fn open(bytes: &'a [u8]) -> Result<Self, TensorFileError> {
        let file = foreign(|| SafeTensors::deserialize(bytes));
        Ok(Self(file.map_err(TensorFileError::Damaged)?))
    }

    /// Whether there is a tensor whose name begins so.
    pub fn has_any(&self, prefix: &str) -> bool {
        self.0.names().iter().any(|name| name.starts_with(prefix))
    }

    /// The values of a tensor of this shape, row-major, all finite.
    pub fn read(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, TensorFileError> {
        let tensor = self
            .0
            .tensor(name)
            .map_err(|_| TensorFileError::NoTensor(name.to_owned()))?;
        if tensor.dtype() != Dtype::F32 || tensor.shape() != shape {
            return Err(TensorFileError::OtherShape {
                name: name.to_owned(),
                found: format!("{:?} {:?}", tensor.dtype(), tensor.shape()),
                expected: shape.to_vec(),
            });
        }
        let (numbers, _) = tensor.data().as_chunks::<4>();
        let values: Vec<_> = numbers
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect();
        if values.iter().all(|value| value.is_finite()) {
            Ok(values)
        } else {
            Err(TensorFileError::NotFinite(name.to_owned()))
        }
    }
}
