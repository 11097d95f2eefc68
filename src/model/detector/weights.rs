//! The tensors of a detector in main memory, under the names of the official code, and the tensors
//! on a device that a network is built of.

use std::collections::{BTreeMap, BTreeSet};

use burn::tensor::{Device, Tensor, TensorData};

use crate::model::parameter::try_to_vec;
use crate::model::{DetectorError, ModelError};

/// One tensor, row-major, in the layout of PyTorch.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

/// All tensors of a detector by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weights(pub BTreeMap<String, Array>);

impl Weights {
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The shape of a tensor that must be there.
    pub fn shape(&self, name: &str) -> Result<&[usize], DetectorError> {
        let array = self.0.get(name).ok_or_else(|| missing(name))?;
        Ok(&array.shape)
    }

    /// One size of a tensor that must be there.
    pub fn size(&self, name: &str, axis: usize) -> Result<usize, DetectorError> {
        let shape = self.shape(name)?;
        let size = shape.get(axis).copied().filter(|size| *size > 0);
        size.ok_or_else(|| DetectorError::Damaged(format!("tensor {name} has shape {shape:?}")))
    }

    /// How many layers there are: the first number for which `{prefix}{number}{suffix}` is missing.
    pub fn n_layers(&self, prefix: &str, suffix: &str) -> usize {
        let is_there = |n: &usize| self.has(&format!("{prefix}{n}{suffix}"));
        (0..).take_while(is_there).count()
    }

    pub fn n_parameters(&self) -> usize {
        self.0.values().map(|array| array.values.len()).sum()
    }
}

fn missing(name: &str) -> DetectorError {
    DetectorError::Damaged(format!("tensor {name} is missing"))
}

/// A tensor of the network whose gradient is wanted.
#[derive(Clone, Debug)]
enum Leaf {
    Vector(Tensor<1>),
    Matrix(Tensor<2>),
}

/// The tensors of a network that is being trained, by name.
#[derive(Clone, Debug, Default)]
pub struct Leaves(Vec<(String, Leaf)>);

impl Leaves {
    /// The gradient of each that took part in a loss, row-major.
    ///
    /// # Errors
    /// [`ModelError`] when the device fails.
    pub fn gradients(
        &self,
        gradients: &burn::tensor::Gradients,
    ) -> Result<BTreeMap<String, Vec<f32>>, ModelError> {
        let mut all = BTreeMap::new();
        for (name, leaf) in &self.0 {
            let values = match leaf {
                Leaf::Vector(tensor) => tensor.grad(gradients).map(try_to_vec),
                Leaf::Matrix(tensor) => tensor.grad(gradients).map(try_to_vec),
            };
            if let Some(values) = values {
                all.insert(name.clone(), values?);
            }
        }
        Ok(all)
    }
}

/// Hands out tensors by name and checks their shapes. On an autodiff device each keeps its
/// gradient.
pub struct Builder<'a> {
    weights: &'a Weights,
    device: &'a Device,
    used: BTreeSet<String>,
    leaves: Leaves,
}

impl<'a> Builder<'a> {
    pub fn new(weights: &'a Weights, device: &'a Device) -> Self {
        Self {
            weights,
            device,
            used: BTreeSet::new(),
            leaves: Leaves::default(),
        }
    }

    pub fn weights(&self) -> &'a Weights {
        self.weights
    }

    fn tensor<const D: usize>(
        &mut self,
        name: &str,
        shape: [usize; D],
    ) -> Result<Tensor<D>, DetectorError> {
        let array = self.weights.0.get(name).ok_or_else(|| missing(name))?;
        if array.shape != shape {
            return Err(DetectorError::Damaged(format!(
                "tensor {name} has shape {:?} where {shape:?} fits the others",
                array.shape
            )));
        }
        self.used.insert(name.to_owned());
        let data = TensorData::new(array.values.clone(), shape);
        let tensor = Tensor::from_data(data, self.device);
        Ok(match self.device.is_autodiff() {
            true => tensor.require_grad(),
            false => tensor,
        })
    }

    pub fn vector(&mut self, name: &str, n: usize) -> Result<Tensor<1>, DetectorError> {
        let tensor = self.tensor(name, [n])?;
        if self.device.is_autodiff() {
            let leaf = Leaf::Vector(tensor.clone());
            self.leaves.0.push((name.to_owned(), leaf));
        }
        Ok(tensor)
    }

    pub fn matrix(&mut self, name: &str, shape: [usize; 2]) -> Result<Tensor<2>, DetectorError> {
        let tensor = self.tensor(name, shape)?;
        if self.device.is_autodiff() {
            let leaf = Leaf::Matrix(tensor.clone());
            self.leaves.0.push((name.to_owned(), leaf));
        }
        Ok(tensor)
    }

    /// Of a convolution, `[width out, width in, neighbours]`; for networks that are not trained here.
    pub fn kernel(&mut self, name: &str, shape: [usize; 3]) -> Result<Tensor<3>, DetectorError> {
        self.tensor(name, shape)
    }

    /// A table of learned positions, `[1, n, width]`.
    pub fn table(&mut self, name: &str, width: usize) -> Result<Tensor<3>, DetectorError> {
        let n = self.weights.size(name, 1)?;
        self.tensor(name, [1, n, width])
    }

    /// The tensors that keep their gradients; every other tensor of the file must begin with one of
    /// `unused`.
    ///
    /// # Errors
    /// [`DetectorError::Damaged`] naming a tensor that is part of another network.
    pub fn finish(self, unused: &[&str]) -> Result<Leaves, DetectorError> {
        let is_known = |name: &&String| {
            self.used.contains(*name) || unused.iter().any(|start| name.starts_with(start))
        };
        let mut others = self.weights.0.keys().filter(|name| !is_known(name));
        match others.next() {
            None => Ok(self.leaves),
            Some(name) => {
                let more = match others.count() {
                    0 => String::new(),
                    n => format!(" (and {n} more)"),
                };
                Err(DetectorError::Damaged(format!(
                    "tensor {name}{more} is no part of such a network"
                )))
            }
        }
    }
}
