//! A checkpoint by `torch.save`, read without running anything of it.
//!
//! A pickle is a program for a stack machine that may call any function. This one has no functions:
//! where the program calls the few that rebuild tensors it notes what they would rebuild, and every
//! other call or object becomes a thing of which only the attributes are kept. So options, states
//! of optimisers and classes that nobody here knows are stepped over.
//!
//! All values lie in one list and refer to each other by number: however deep or often a file nests
//! its values, nothing is copied and nothing recurses. Format: PyTorch 1.6 and later, a zip with
//! `data.pkl` and one file of bytes for each storage.

mod bytes;
mod machine;
mod value;

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;

use zip::ZipArchive;

use machine::Machine;
use value::{Place, Value};

pub use value::StoredView;

/// The programs of published detectors have some 100 kB.
const MAX_PROGRAM_BYTES: u64 = 64 << 20;

/// A checkpoint that is open: its values, and its storages still on disk.
pub struct Pickle {
    archive: ZipArchive<BufReader<File>>,
    /// What the names of all files of the archive begin with.
    folder: String,
    values: Vec<Value>,
    root: Place,
}

impl Pickle {
    /// # Errors
    /// One line: why this is no such file.
    pub fn open(path: &Path) -> Result<Self, String> {
        let file = File::open(path).map_err(|error| error.to_string())?;
        let mut archive =
            ZipArchive::new(BufReader::new(file)).map_err(|error| error.to_string())?;
        let program_name = archive
            .file_names()
            .filter_map(Result::ok)
            .find(|name| *name == "data.pkl" || name.ends_with("/data.pkl"))
            .map(std::borrow::Cow::into_owned)
            .ok_or("it is a zip without data.pkl, so not a checkpoint")?;
        let folder = program_name[..program_name.len() - "data.pkl".len()].to_owned();
        let entry = archive
            .by_name(&program_name)
            .map_err(|error| error.to_string())?;
        let mut program = Vec::new();
        entry
            .take(MAX_PROGRAM_BYTES + 1)
            .read_to_end(&mut program)
            .map_err(|error| error.to_string())?;
        if program.len() as u64 > MAX_PROGRAM_BYTES {
            return Err(format!(
                "its data.pkl has more than {MAX_PROGRAM_BYTES} bytes"
            ));
        }
        let mut machine = Machine::default();
        let root = machine.run(&program)?;
        Ok(Self {
            archive,
            folder,
            values: machine.values,
            root,
        })
    }

    /// The tensors of the dictionary under `key` of the outermost one, by name; `None` where there
    /// is no such dictionary.
    pub fn tensors_under(&self, key: &str) -> Option<Vec<(&str, &StoredView)>> {
        let under = self.get(self.root, key)?;
        Some(self.tensors_in(under))
    }

    /// The tensors of the outermost dictionary itself.
    pub fn tensors(&self) -> Vec<(&str, &StoredView)> {
        self.tensors_in(self.root)
    }

    /// A whole number among the options that training programs save as `opt`.
    pub fn option(&self, key: &str) -> Option<i64> {
        let options = self.get(self.root, "opt")?;
        match self.values[self.get(options, key)?] {
            Value::Int(number) => Some(number),
            _ => None,
        }
    }

    fn tensors_in(&self, place: Place) -> Vec<(&str, &StoredView)> {
        let Value::Items(items) = &self.values[place] else {
            return Vec::new();
        };
        let tensor =
            |(key, value): &(Place, Place)| match (&self.values[*key], &self.values[*value]) {
                (Value::Text(name), Value::Tensor(tensor)) => Some((name.as_str(), tensor)),
                _ => None,
            };
        items.iter().filter_map(tensor).collect()
    }

    fn get(&self, place: Place, key: &str) -> Option<Place> {
        let Value::Items(items) = self.values.get(place)? else {
            return None;
        };
        let is_key = |place: Place| matches!(&self.values[place], Value::Text(text) if text == key);
        let found = items.iter().rev().find(|(name, _)| is_key(*name));
        found.map(|(_, value)| *value)
    }

    /// The bytes of a tensor, row-major.
    ///
    /// # Errors
    /// One line: the storage is missing or shorter than the tensor.
    pub fn read(&mut self, tensor: &StoredView) -> Result<Vec<u8>, String> {
        let short = "its bytes are cut short: download the file again";
        let name = format!("{}data/{}", self.folder, tensor.key);
        let entry = self.archive.by_name(&name);
        let entry = entry.map_err(|_| "its bytes are not in the file".to_owned())?;
        let size = tensor.dtype.size();
        let n_values = tensor.n_values().ok_or(short)?;
        let mut last = tensor.shape.iter().zip(&tensor.strides);
        let last = last.try_fold(tensor.offset, |at, (n, stride)| {
            n.saturating_sub(1).checked_mul(*stride)?.checked_add(at)
        });
        let n_needed = match n_values {
            0 => 0,
            _ => last.and_then(|last| last.checked_add(1)).ok_or(short)?,
        };
        let n_bytes = n_needed.checked_mul(size).ok_or(short)?;
        if entry.size() < n_bytes as u64 || n_values > n_needed {
            return Err(short.to_owned());
        }
        let mut storage = Vec::new();
        let read = entry.take(n_bytes as u64).read_to_end(&mut storage);
        read.map_err(|error| error.to_string())?;
        if storage.len() < n_bytes {
            return Err(short.to_owned());
        }
        let mut bytes = Vec::with_capacity(n_values * size);
        let mut index = vec![0; tensor.shape.len()];
        for _ in 0..n_values {
            let steps = index.iter().zip(&tensor.strides);
            let at = tensor.offset + steps.map(|(i, stride)| i * stride).sum::<usize>();
            bytes.extend_from_slice(&storage[at * size..(at + 1) * size]);
            for (i, n) in index.iter_mut().zip(&tensor.shape).rev() {
                *i += 1;
                if *i < *n {
                    break;
                }
                *i = 0;
            }
        }
        Ok(bytes)
    }
}
