//! What a pickle holds, as far as weights need it.

use burn::tensor::DType;

/// Where a value lies in the list of all values.
pub type Place = usize;

/// Keys and values of a dictionary, an ordered one, or the attributes of an object.
pub type Items = Vec<(Place, Place)>;

#[derive(Debug)]
pub enum Value {
    /// What no reader of weights asks for.
    Other,
    Int(i64),
    Text(String),
    /// Tuples and lists.
    Row(Vec<Place>),
    Items(Items),
    /// Module and name of a class or function.
    Global(String),
    Storage(Storage),
    Tensor(StoredView),
}

#[derive(Clone, Debug)]
pub struct Storage {
    pub key: String,
    pub dtype: Option<DType>,
}

/// A tensor as a view of a storage: `offset` and `strides` count numbers.
#[derive(Clone, Debug)]
pub struct StoredView {
    pub(super) key: String,
    pub dtype: DType,
    pub shape: Vec<usize>,
    pub(super) strides: Vec<usize>,
    pub(super) offset: usize,
}

impl StoredView {
    /// `None` for a shape that no memory holds.
    pub(super) fn n_values(&self) -> Option<usize> {
        let mut sizes = self.shape.iter();
        sizes.try_fold(1_usize, |n, size| n.checked_mul(*size))
    }
}
