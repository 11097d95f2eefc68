//! Weights in and out, in Hugging Face's names and layouts.
//!
//! The fields of the modules have the names of the checkpoint, so no table of names is needed. The
//! differences depend on the kind of module that a parameter belongs to: burn keeps the matrix of
//! a linear layer transposed and calls a norm's weight and bias gamma and beta; a scalar is a vector
//! of one. Loading is strict: before anything is read, every tensor must be wanted, present and of the
//! right shape, or the error names the one that is not.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::store::burn_pack::Tensor as PackTensor;
use burn::store::{
    BurnToPyTorchAdapter, FloatCastAdapter, ModuleAdapter, ModuleContext, ModuleSnapshot as _,
    SafetensorsStore, SafetensorsStoreError, bridge,
};
use burn::tensor::{DType, Shape, Tensor, TensorData};

use crate::domain::transposed;
use crate::model::ModelError;
use crate::model::encoder::checkpoint::Checkpoint;
use crate::model::encoder::stored_tensor::StoredTensor;

/// Old exports carry the positions 0, 1, 2, … as a buffer.
const IGNORED_SUFFIX: &str = "position_ids";

/// Fills `module` from all that `checkpoint` has, whatever its float width, as f32.
///
/// # Errors
/// [`ModelError`] naming the tensor that is missing, unknown, of another shape or not of floats, or
/// the file that cannot be read.
pub fn load<M: Module>(module: M, checkpoint: &Checkpoint) -> Result<M, ModelError> {
    let mut wanted = Wanted::default();
    module.visit(&mut wanted);
    if let Some(complaint) = complaint(&wanted.tensors, checkpoint) {
        return Err(ModelError::Weights(complaint));
    }
    let mut filler = Filler {
        checkpoint,
        place: Place::default(),
        failure: None,
    };
    let module = module.map(&mut filler);
    match filler.failure {
        None => Ok(module),
        Some(failure) => Err(ModelError::Weights(failure)),
    }
}

/// The first thing that is wrong, and how many more there are; `None` where nothing is.
fn complaint(wanted: &[(String, Vec<usize>)], checkpoint: &Checkpoint) -> Option<String> {
    let mut complaints: Vec<String> = wanted
        .iter()
        .filter_map(|(name, shape)| match checkpoint.get(name) {
            None => Some(format!("tensor {name} is missing")),
            Some(stored) => misfit(name, shape, stored),
        })
        .collect();
    let unknown = checkpoint.names().filter(|name| {
        !name.ends_with(IGNORED_SUFFIX) && !wanted.iter().any(|(wanted, _)| wanted == name)
    });
    complaints.extend(
        unknown.map(|name| format!("tensor {name} is not part of the model in config.json")),
    );
    let more = complaints.len().checked_sub(1)?;
    let first = complaints.swap_remove(0);
    Some(match more {
        0 => first,
        _ => format!("{first} (and {more} more)"),
    })
}

fn misfit(name: &str, shape: &[usize], stored: &StoredTensor) -> Option<String> {
    let scalar_for_one = stored.shape.is_empty() && shape == [1];
    if stored.shape != shape && !scalar_for_one {
        return Some(format!(
            "tensor {name} has shape {:?}, config.json asks for {shape:?}",
            stored.shape
        ));
    }
    let is_float = stored.dtype.is_float();
    (!is_float).then(|| format!("tensor {name} holds {:?}, not floats", stored.dtype))
}

/// Where in the module tree a visitor is.
#[derive(Default)]
struct Place {
    path: Vec<String>,
    owners: Vec<String>,
}

impl Place {
    fn enter(&mut self, name: &str, owner: &str) {
        self.path.push(name.to_owned());
        self.owners.push(owner.to_owned());
    }

    fn exit(&mut self) {
        self.path.pop();
        self.owners.pop();
    }

    fn owner(&self) -> &str {
        self.owners.last().map_or("", String::as_str)
    }

    /// The checkpoint's name of the parameter that is visited. The kinds of modules are strings of
    /// burn's; the tests that load a model would notice if they changed.
    fn name(&self) -> String {
        let path = self.path.join(".");
        let (parent, leaf) = path.rsplit_once('.').unwrap_or(("", &path));
        match (self.owner(), leaf) {
            ("Struct:LayerNorm", "gamma") => format!("{parent}.weight"),
            ("Struct:LayerNorm", "beta") => format!("{parent}.bias"),
            _ => path,
        }
    }

    /// Whether burn keeps this matrix transposed.
    fn is_transposed(&self) -> bool {
        self.owner() == "Struct:Linear" && self.path.last().is_some_and(|leaf| leaf == "weight")
    }
}

/// Lists the tensors that a model wants, under the checkpoint's names and in its shapes.
#[derive(Default)]
struct Wanted {
    place: Place,
    tensors: Vec<(String, Vec<usize>)>,
}

impl ModuleVisitor for Wanted {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        // Asked for like this, the shape does not make burn draw random values that are never read.
        let mut shape = param.lazy_shape().to_vec();
        if self.place.is_transposed() {
            shape.reverse();
        }
        self.tensors.push((self.place.name(), shape));
    }

    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.place.enter(name, container_type);
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.place.exit();
    }
}

/// Replaces the random values of a model by the stored tensors.
struct Filler<'a> {
    checkpoint: &'a Checkpoint,
    place: Place,
    failure: Option<String>,
}

impl Filler<'_> {
    fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
        let stored = self.checkpoint.get(name).ok_or("is missing")?;
        let values = stored.read()?;
        if values.len() != shape.iter().product::<usize>() {
            return Err("is cut short".to_owned());
        }
        Ok(match shape {
            &[rows, columns] if self.place.is_transposed() => transposed(&values, columns, rows),
            _ => values,
        })
    }
}

impl ModuleMapper for Filler<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if self.failure.is_some() {
            return param;
        }
        let name = self.place.name();
        let (id, device, shape) = (param.id, param.lazy_device(), param.lazy_shape());
        match self.values(&name, &shape.to_vec()) {
            Ok(values) => {
                let data = TensorData::new(values, shape);
                param.transform_for_load(Tensor::from_data(data, (&device, DType::F32)), id)
            }
            Err(reason) => {
                self.failure = Some(format!("tensor {name}: {reason}"));
                param
            }
        }
    }

    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.place.enter(name, container_type);
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.place.exit();
    }
}

/// The bytes of a `model.safetensors` with the module's tensors, floats stored as `dtype`.
///
/// # Errors
/// [`ModelError::Weights`] where the module cannot be written.
pub fn to_safetensors<M: Module>(module: &M, dtype: DType) -> Result<Vec<u8>, ModelError> {
    let adapter = BurnToPyTorchAdapter
        .chain(ScalarLogitScale)
        .chain(FloatCastAdapter::to(dtype));
    let mut store = SafetensorsStore::from_bytes(None)
        .with_to_adapter(adapter)
        .clear_metadata()
        .metadata("format", "pt");
    let save_error = |error: SafetensorsStoreError| ModelError::Weights(error.to_string());
    module.save_into(&mut store).map_err(save_error)?;
    store.get_bytes().map_err(save_error)
}

/// `logit_scale` is a scalar in checkpoints and a vector of one in burn, which has no scalars.
#[derive(Clone, Copy, Debug)]
struct ScalarLogitScale;

impl ModuleAdapter for ScalarLogitScale {
    fn adapt(&self, tensor: PackTensor, _: ModuleContext<'_>) -> PackTensor {
        if tensor.name != "logit_scale" || tensor.shape.num_elements() != 1 {
            return tensor;
        }
        let shape = Shape::new::<0>([]);
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
