//! Weights in and out, in Hugging Face's names and layouts.
//!
//! The module tree bears the names of the checkpoint, so there is no table to keep: burn's adapter
//! transposes linear layers and renames norms, [`LogitScale`] gives the one scalar a dimension, and
//! floats of any width become f32. Loading is strict: every tensor is wanted, present and of the
//! right shape, or the error says which is not.

use burn::module::Module;
use burn::store::burn_pack::Tensor as PackTensor;
use burn::store::pytorch::PytorchStore;
use burn::store::{
    ApplyError, ApplyResult, BurnToPyTorchAdapter, FloatCastAdapter, ModuleAdapter, ModuleContext,
    ModuleSnapshot as _, ModuleStore, PyTorchToBurnAdapter, SafetensorsStore, bridge,
};
use burn::tensor::{DType, Shape, TensorData};

use crate::model::ModelError;
use crate::model::encoder::files::WeightFile;

/// Old exports carry the positions 0, 1, 2, … as a buffer.
const IGNORED_SUFFIX: &str = "position_ids";

/// Fills `module` from `weights`, whatever their float width, as f32.
pub fn load<M: Module>(module: M, weights: &WeightFile) -> Result<M, ModelError> {
    let adapter = PyTorchToBurnAdapter
        .chain(LogitScale::Vector)
        .chain(FloatCastAdapter::to(DType::F32));
    // A lying header may trip an arithmetic check deep inside the reader: that is still one line.
    let read = move || match weights {
        WeightFile::Embedded(bytes) => read_into(
            module,
            SafetensorsStore::from_bytes(Some(bytes.to_vec()))
                .with_from_adapter(adapter)
                .allow_partial(true)
                .validate(false),
        ),
        WeightFile::Safetensors(path) => read_into(
            module,
            SafetensorsStore::from_file(path)
                .with_from_adapter(adapter)
                .allow_partial(true)
                .validate(false),
        ),
        WeightFile::Pytorch(path) => read_into(
            module,
            PytorchStore::from_file(path)
                .allow_partial(true)
                .validate(false),
        ),
    };
    read()
}

fn read_into<M: Module, S: ModuleStore>(mut module: M, mut store: S) -> Result<M, ModelError> {
    let result = module
        .load_from(&mut store)
        .map_err(|error| ModelError::Weights(error.to_string()))?;
    match complaint(&result) {
        None => Ok(module),
        Some(complaint) => Err(ModelError::Weights(complaint)),
    }
}

/// The first thing that is wrong, with how many more there are.
fn complaint(result: &ApplyResult) -> Option<String> {
    let mut complaints: Vec<String> = result.errors.iter().map(describe).collect();
    let missing = result.missing.iter();
    complaints
        .extend(missing.map(|(name, _)| format!("tensor {} is missing", checkpoint_name(name))));
    let unused = result.unused.iter();
    complaints.extend(
        unused
            .filter(|name| !name.ends_with(IGNORED_SUFFIX))
            .map(|name| format!("tensor {name} is not part of the model in config.json")),
    );
    let more = complaints.len().checked_sub(1)?;
    let first = complaints.swap_remove(0);
    Some(match more {
        0 => first,
        _ => format!("{first} (and {more} more)"),
    })
}

fn describe(error: &ApplyError) -> String {
    match error {
        ApplyError::ShapeMismatch {
            path,
            expected,
            found,
        } => format!(
            "tensor {} has shape {:?}, config.json asks for {:?}",
            checkpoint_name(path),
            found.as_slice(),
            expected.as_slice()
        ),
        ApplyError::DTypeMismatch { path, found, .. } => {
            format!(
                "tensor {} holds {found:?}, not floats",
                checkpoint_name(path)
            )
        }
        ApplyError::AdapterError { path, message } | ApplyError::LoadError { path, message } => {
            format!("tensor {}: {message}", checkpoint_name(path))
        }
    }
}

/// burn's names of norm parameters back to the checkpoint's.
fn checkpoint_name(path: &str) -> String {
    let (parent, leaf) = path.rsplit_once('.').unwrap_or(("", path));
    match leaf {
        "gamma" => format!("{parent}.weight"),
        "beta" => format!("{parent}.bias"),
        _ => path.to_owned(),
    }
}

/// The module as the bytes of a `model.safetensors`, floats stored as `dtype`.
pub fn to_safetensors<M: Module>(module: &M, dtype: DType) -> Result<Vec<u8>, ModelError> {
    let adapter = BurnToPyTorchAdapter
        .chain(LogitScale::Scalar)
        .chain(FloatCastAdapter::to(dtype));
    let mut store = SafetensorsStore::from_bytes(None)
        .with_to_adapter(adapter)
        .clear_metadata()
        .metadata("format", "pt");
    let save_error =
        |error: burn::store::SafetensorsStoreError| ModelError::Weights(error.to_string());
    module.save_into(&mut store).map_err(save_error)?;
    store.get_bytes().map_err(save_error)
}

/// `logit_scale` is a scalar in checkpoints and a vector of one in burn, which has no scalars.
#[derive(Clone, Copy, Debug)]
enum LogitScale {
    Vector,
    Scalar,
}

impl ModuleAdapter for LogitScale {
    fn adapt(&self, tensor: PackTensor, _: ModuleContext<'_>) -> PackTensor {
        if tensor.name != "logit_scale" || tensor.shape.num_elements() != 1 {
            return tensor;
        }
        let shape = match self {
            Self::Vector => Shape::new([1]),
            Self::Scalar => Shape::new::<0>([]),
        };
        let (name, dtype, reshaped) = (tensor.name.clone(), tensor.dtype, shape.clone());
        bridge::map_data(tensor, name, dtype, shape, move |data: TensorData| {
            let dtype = data.dtype();
            TensorData::from_bytes_vec(data.as_bytes().to_vec(), reshaped.clone(), dtype)
        })
    }

    fn clone_box(&self) -> Box<dyn ModuleAdapter> {
        Box::new(*self)
    }
}
