//! Tensors as they are in a file: listed without being read, then read one at a time.
//!
//! A file from anywhere may make false claims, so every length is checked against the file before it
//! is used, and memory is taken for one wanted tensor at a time, never for what a header claims.
//! Files are read, not mapped: a mapped file that shrinks while in use ends the process.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn::store::ModuleStore as _;
use burn::store::pytorch::PytorchStore;
use safetensors::tensor::TensorInfo;
use serde::Deserialize;

use crate::domain::foreign;
use crate::model::ModelError;
use crate::model::encoder::stored_tensor::{Location, StoredTensor, first_line};
use crate::model::encoder::weight_file::WeightFile;

/// Headers list a few hundred tensors in some 50 kB; this leaves room for far larger models.
const MAX_HEADER_BYTES: u64 = 16 << 20;

/// The tensors of a model's weight files, by name.
pub struct Checkpoint {
    tensors: BTreeMap<String, StoredTensor>,
}

/// What becomes of a tensor whose file has other names than the modules.
pub enum Renaming {
    Same,
    As(String),
    /// A matrix that the file keeps the other way round.
    Transposed(String),
    /// Three tensors that lie below each other in one: queries, keys and values.
    Thirds([String; 3]),
    /// Nothing needs it.
    Nothing,
}

impl Checkpoint {
    /// # Errors
    /// [`ModelError::Io`] where the file cannot be read, [`ModelError::Weights`] where it is not
    /// what its name says.
    pub fn open(weights: &WeightFile) -> Result<Self, ModelError> {
        match weights {
            WeightFile::Embedded(bytes) => Self::embedded(bytes).map_err(ModelError::Weights),
            WeightFile::Safetensors(path) => Self::safetensors(path),
            WeightFile::Shards(paths) => Self::shards(paths),
            WeightFile::Pytorch(path) => Self::pytorch(path).map_err(ModelError::Weights),
        }
    }

    fn embedded(bytes: &'static [u8]) -> Result<Self, String> {
        let (header, data) = bytes
            .split_first_chunk()
            .and_then(|(len, rest)| {
                rest.split_at_checked(usize::try_from(u64::from_le_bytes(*len)).ok()?)
            })
            .ok_or("the header is longer than the file")?;
        let tensors = parse_header(header, data.len())?.into_iter();
        let located = tensors.map(|(name, info)| {
            let (from, to) = info.data_offsets;
            Ok((
                name,
                StoredTensor::new(info, Location::Memory(&data[from..to]))?,
            ))
        });
        Ok(Self {
            tensors: located.collect::<Result<_, String>>()?,
        })
    }

    fn safetensors(path: &Path) -> Result<Self, ModelError> {
        let io = |cause| ModelError::Io {
            path: path.to_owned(),
            cause,
        };
        let mut file = File::open(path).map_err(io)?;
        let file_len = file.metadata().map_err(io)?.len();
        let unusable = |reason: &str| ModelError::Weights(format!("{}: {reason}", path.display()));
        let Some(after_len) = file_len.checked_sub(8) else {
            return Err(unusable(
                "the file is empty or cut short: download it again",
            ));
        };
        let mut header_len = [0; 8];
        file.read_exact(&mut header_len).map_err(io)?;
        let header_len = u64::from_le_bytes(header_len);
        if header_len > after_len.min(MAX_HEADER_BYTES) {
            return Err(unusable(&format!(
                "it claims a header of {header_len} bytes, so it is cut short or not a safetensors file"
            )));
        }
        let mut header = vec![0; header_len as usize];
        file.read_exact(&mut header).map_err(io)?;
        let file = Arc::new(file);
        let start = 8 + header_len;
        let tensors = parse_header(&header, (file_len - start) as usize)
            .map_err(|reason| unusable(&reason))?;
        let located = tensors.into_iter().map(|(name, info)| {
            let (from, to) = info.data_offsets;
            let location = Location::File {
                file: Arc::clone(&file),
                range: start + from as u64..start + to as u64,
            };
            let tensor = StoredTensor::new(info, location).map_err(|reason| unusable(&reason))?;
            Ok((name, tensor))
        });
        Ok(Self {
            tensors: located.collect::<Result<_, ModelError>>()?,
        })
    }

    fn shards(paths: &[PathBuf]) -> Result<Self, ModelError> {
        let mut tensors = BTreeMap::new();
        for path in paths {
            for (name, tensor) in Self::safetensors(path)?.tensors {
                if tensors.contains_key(&name) {
                    return Err(ModelError::Weights(format!(
                        "{}: tensor {name} is in another file as well",
                        path.display()
                    )));
                }
                tensors.insert(name, tensor);
            }
        }
        Ok(Self { tensors })
    }

    /// Reads names and positions out of the pickle without executing its code.
    fn pytorch(path: &Path) -> Result<Self, String> {
        if is_program(path) {
            return Err(format!(
                "{0} is a TorchScript program, as OpenAI publishes its models, and is not run: save its \
                 tensors once with torch.save(torch.jit.load(\"{0}\").state_dict(), \"weights.pt\")",
                path.display()
            ));
        }
        let read = || {
            let mut store = PytorchStore::from_file(path);
            let tensors = store.get_all_tensors();
            tensors
                .cloned()
                .map_err(|error| first_line(&error.to_string()).to_owned())
        };
        let tensors = foreign(read).map_err(|reason| format!("{}: {reason}", path.display()))?;
        let tensors = tensors.into_iter().map(|(name, tensor)| {
            let (shape, dtype) = (tensor.shape.to_vec(), tensor.dtype);
            let stored = StoredTensor::of_floats(shape, dtype, Location::Pytorch(tensor));
            (name, stored)
        });
        Ok(Self {
            tensors: tensors.collect(),
        })
    }

    /// The same tensors under the names that the modules of a family have.
    ///
    /// # Errors
    /// [`ModelError::Weights`] naming a tensor that cannot be cut as the map says, or one that would
    /// be there twice.
    pub fn renamed(self, map: impl Fn(&str) -> Renaming) -> Result<Self, ModelError> {
        let mut tensors = BTreeMap::new();
        for (old, tensor) in self.tensors {
            let renamed = match map(&old) {
                Renaming::Same => vec![(old.clone(), tensor)],
                Renaming::As(name) => vec![(name, tensor)],
                Renaming::Transposed(name) => vec![(name, tensor.transposed())],
                Renaming::Thirds(names) => {
                    let thirds = tensor.thirds();
                    let thirds = thirds
                        .map_err(|reason| ModelError::Weights(format!("tensor {old} {reason}")))?;
                    names.into_iter().zip(thirds).collect()
                }
                Renaming::Nothing => Vec::new(),
            };
            for (name, tensor) in renamed {
                if tensors.insert(name.clone(), tensor).is_some() {
                    return Err(ModelError::Weights(format!(
                        "tensor {old} is there twice: also as {name}"
                    )));
                }
            }
        }
        Ok(Self { tensors })
    }

    /// With the tensors of another file; of two with one name, the other's.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.tensors.extend(other.tensors);
        self
    }

    /// Leaves out what is loaded in another way or not at all.
    #[must_use]
    pub fn without(mut self, is_left_out: impl Fn(&str) -> bool) -> Self {
        self.tensors.retain(|name, _| !is_left_out(name));
        self
    }

    /// Takes a tensor out: what is read in another way than the rest.
    pub fn take(&mut self, name: &str) -> Option<StoredTensor> {
        self.tensors.remove(name)
    }

    pub fn get(&self, name: &str) -> Option<&StoredTensor> {
        self.tensors.get(name)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }
}

/// Whether an archive of torch holds code beside its tensors.
fn is_program(path: &Path) -> bool {
    let archive = File::open(path).ok().and_then(|file| {
        let archive = foreign(|| zip::ZipArchive::new(file));
        archive.ok()
    });
    archive.is_some_and(|archive| {
        let mut names = archive.file_names();
        names.any(|name| name.is_ok_and(|name| name.ends_with("/constants.pkl")))
    })
}

/// The tensors that a safetensors header lists, checked to fill `n_data` bytes without gap or overlap.
fn parse_header(header: &[u8], n_data: usize) -> Result<BTreeMap<String, TensorInfo>, String> {
    #[derive(Deserialize)]
    struct Header {
        #[serde(rename = "__metadata__", default)]
        _metadata: serde::de::IgnoredAny,
        #[serde(flatten)]
        tensors: BTreeMap<String, TensorInfo>,
    }
    let Header { tensors, .. } = serde_json::from_slice(header)
        .map_err(|error| format!("the header is damaged: {error}"))?;
    let mut in_order: Vec<_> = tensors.iter().collect();
    in_order.sort_by_key(|(_, info)| info.data_offsets);
    let mut filled = 0;
    for (name, info) in in_order {
        let (from, to) = info.data_offsets;
        if from != filled || to < from {
            return Err(format!("the header puts tensor {name} where it cannot lie"));
        }
        let n_values = info
            .shape
            .iter()
            .try_fold(1_usize, |n, &dim| n.checked_mul(dim));
        let n_bits = n_values.and_then(|n| n.checked_mul(info.dtype.bitsize()));
        if n_bits != (to - from).checked_mul(8) {
            return Err(format!(
                "the header gives tensor {name} {} bytes, but its shape {:?} of {} takes another number",
                to - from,
                info.shape,
                info.dtype
            ));
        }
        filled = to;
    }
    if filled != n_data {
        return Err(format!(
            "it has {n_data} bytes of tensors where its header lists {filled}: download it again"
        ));
    }
    Ok(tensors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_fits_its_data_is_taken() {
        let header = br#"{"__metadata__": {"format": "pt"},
            "b": {"dtype": "F16", "shape": [2, 3], "data_offsets": [4, 16]},
            "a": {"dtype": "F32", "shape": [], "data_offsets": [0, 4]}}"#;
        let tensors = parse_header(header, 16).unwrap();
        assert_eq!(tensors["b"].shape, [2, 3]);
        assert_eq!(tensors["a"].data_offsets, (0, 4));
    }

    #[test]
    fn lies_in_a_header_are_told() {
        let tensor = |shape: &str, from: u64, to: u64| {
            format!(r#"{{"dtype": "F32", "shape": {shape}, "data_offsets": [{from}, {to}]}}"#)
        };
        for (entries, told) in [
            (
                format!(
                    r#""a": {}, "b": {}"#,
                    tensor("[2]", 0, 8),
                    tensor("[1]", 4, 8)
                ),
                "b",
            ),
            (
                format!(
                    r#""a": {}, "b": {}"#,
                    tensor("[1]", 0, 4),
                    tensor("[1]", 8, 12)
                ),
                "b",
            ),
            (format!(r#""a": {}"#, tensor("[3]", 0, 8)), "shape [3]"),
            (
                format!(r#""a": {}"#, tensor("[4611686018427387904, 4]", 0, 8)),
                "takes another",
            ),
            (format!(r#""a": {}"#, tensor("[2]", 8, 0)), "cannot lie"),
            (
                format!(r#""a": {}"#, tensor("[3]", 0, 12)),
                "download it again",
            ),
            (
                r#""a": {"dtype": "X9", "shape": [], "data_offsets": [0, 0]}"#.into(),
                "damaged",
            ),
            (r#""a": 5"#.into(), "damaged"),
        ] {
            let complaint = parse_header(format!("{{{entries}}}").as_bytes(), 8).unwrap_err();
            assert!(complaint.contains(told), "{complaint}");
        }
    }
}
