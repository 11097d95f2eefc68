//! Small trainable tensors: made from plain numbers and read back as such.

use burn::module::{Param, ParamId};
use burn::tensor::{Device, ExecutionError, Tensor, TensorData};

use crate::model::ModelError;
use crate::model::device::cause;

/// A parameter whose id is the same in every process, so that an optimiser's state written by one
/// fits the module of the next. On an autodiff device it keeps its gradient.
///
/// # Panics
/// When `values` does not fill `shape`.
pub(crate) fn parameter<const D: usize>(
    id: u64,
    values: &[f32],
    shape: [usize; D],
    device: &Device,
) -> Param<Tensor<D>> {
    let tensor = Tensor::<D>::from_data(TensorData::new(values.to_vec(), shape), device);
    leaf(id, tensor, device.is_autodiff())
}

/// A parameter around a tensor that has no graph; with `tracked` it keeps its gradient.
pub(crate) fn leaf<const D: usize>(id: u64, tensor: Tensor<D>, tracked: bool) -> Param<Tensor<D>> {
    let tensor = if tracked {
        tensor.autodiff().require_grad()
    } else {
        tensor
    };
    Param::initialized(ParamId::from(id), tensor)
}

/// Values of a float tensor in row-major order.
///
/// # Errors
/// [`ModelError::Device`] when the device fails, [`ModelError::DeviceLost`] when it is gone for
/// good.
pub fn try_to_vec<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, ModelError> {
    let data = tensor.try_into_data().map_err(|error| match error {
        ExecutionError::DevicePoisoned { reason } => ModelError::DeviceLost(cause(&reason)),
        other => ModelError::Device(cause(&other.to_string())),
    })?;
    data.try_into_vec_as::<f32>()
        .map_err(|error| ModelError::Device(cause(&error.to_string())))
}

/// Like [`try_to_vec`] for tensors that live in main memory.
///
/// # Panics
/// When a GPU holds the tensor and is lost.
pub(crate) fn to_vec<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    try_to_vec(tensor).expect("tensors in main memory can be read")
}
