//! One tensor of a file, read when it is wanted: all of it, or some of its rows.

use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use burn::store::bridge;
use burn::store::burn_pack::Tensor as PackTensor;
use burn::tensor::DType;
use half::{bf16, f16};
use safetensors::Dtype;
use safetensors::tensor::TensorInfo;

use crate::domain::{foreign, transposed};

/// A tensor that has not been read yet.
pub struct StoredTensor {
    /// As the modules want it.
    pub shape: Vec<usize>,
    pub dtype: DType,
    location: Location,
    /// Bytes of what is at the location, where it is not all of that.
    part: Option<Range<usize>>,
    /// Whether the file has the rows and columns of a matrix exchanged.
    is_turned: bool,
}

#[derive(Clone)]
pub(super) enum Location {
    Memory(&'static [u8]),
    File { file: Arc<File>, range: Range<u64> },
    Pytorch(PackTensor),
    Held(Arc<[u8]>),
}

impl StoredTensor {
    /// As a safetensors header lists it.
    pub(super) fn new(info: TensorInfo, location: Location) -> Result<Self, String> {
        let dtype = match info.dtype {
            Dtype::F64 => DType::F64,
            Dtype::F32 => DType::F32,
            Dtype::F16 => DType::F16,
            Dtype::BF16 => DType::BF16,
            Dtype::I64 => DType::I64,
            Dtype::I32 => DType::I32,
            Dtype::I16 => DType::I16,
            Dtype::I8 | Dtype::BOOL => DType::I8,
            Dtype::U64 => DType::U64,
            Dtype::U32 => DType::U32,
            Dtype::U16 => DType::U16,
            Dtype::U8 => DType::U8,
            other => return Err(format!("numbers of kind {other} are not supported")),
        };
        Ok(Self::of_floats(info.shape, dtype, location))
    }

    pub(super) fn of_floats(shape: Vec<usize>, dtype: DType, location: Location) -> Self {
        Self {
            shape,
            dtype,
            location,
            part: None,
            is_turned: false,
        }
    }

    /// The matrix with rows and columns exchanged; what is no matrix stays.
    #[must_use]
    pub fn transposed(mut self) -> Self {
        if self.shape.len() == 2 {
            self.shape.reverse();
            self.is_turned = !self.is_turned;
        }
        self
    }

    /// The upper, middle and lower third of the rows.
    ///
    /// # Errors
    /// Where three do not divide them, in words that follow the tensor's name.
    pub fn thirds(self) -> Result<[Self; 3], String> {
        let n_rows = self.shape.first().copied().unwrap_or(0);
        if !n_rows.is_multiple_of(3) || self.is_turned {
            return Err(format!(
                "has shape {:?}, which cannot be cut in three",
                self.shape
            ));
        }
        let n_values: usize = self.shape.iter().product();
        let n_bytes = n_values / 3 * self.dtype.size();
        let mut shape = self.shape;
        if let Some(rows) = shape.first_mut() {
            *rows /= 3;
        }
        Ok([0, 1, 2].map(|third| Self {
            shape: shape.clone(),
            dtype: self.dtype,
            location: self.location.clone(),
            part: Some(third * n_bytes..(third + 1) * n_bytes),
            is_turned: false,
        }))
    }

    /// All values, widened or narrowed to f32.
    ///
    /// # Errors
    /// One line: why the file cannot be read, or that these are not floats.
    pub fn read(&self) -> Result<Vec<f32>, String> {
        let values = match &self.location {
            // Most of all that is read: without a copy in between.
            Location::File { file, range } if self.dtype == DType::F32 && self.part.is_none() => {
                let mut values = vec![0.0_f32; (range.end - range.start) as usize / 4];
                read_exact_at(file, bytemuck::cast_slice_mut(&mut values), range.start)
                    .map_err(|error| error.to_string())?;
                for value in &mut values {
                    *value = f32::from_bits(u32::from_le(value.to_bits()));
                }
                values
            }
            _ => self.decode(&self.bytes(self.part.clone())?)?,
        };
        Ok(match self.shape[..] {
            [rows, columns] if self.is_turned && values.len() == rows * columns => {
                transposed(&values, columns, rows)
            }
            _ => values,
        })
    }

    /// The values of one row of a matrix that was neither cut nor turned.
    ///
    /// # Errors
    /// As [`StoredTensor::read`], and where there is no such row.
    pub fn read_row(&self, row: usize) -> Result<Vec<f32>, String> {
        let &[n_rows, width] = &self.shape[..] else {
            return Err("is no matrix".to_owned());
        };
        if row >= n_rows || self.part.is_some() || self.is_turned {
            return Err(format!("has no row {row}"));
        }
        let n_bytes = width * self.dtype.size();
        self.decode(&self.bytes(Some(row * n_bytes..(row + 1) * n_bytes))?)
    }

    /// The same tensor where single rows can be read: a pickle's is copied into memory as it is.
    ///
    /// # Errors
    /// One line: why the file cannot be read.
    pub fn by_rows(mut self) -> Result<Self, String> {
        if matches!(self.location, Location::Pytorch(_)) {
            self.location = Location::Held(self.bytes(None)?.into());
        }
        Ok(self)
    }

    fn decode(&self, bytes: &[u8]) -> Result<Vec<f32>, String> {
        Ok(match self.dtype {
            DType::F32 => decode(bytes, f32::from_le_bytes),
            DType::F16 => decode(bytes, |value| f16::from_le_bytes(value).to_f32()),
            DType::BF16 => decode(bytes, |value| bf16::from_le_bytes(value).to_f32()),
            DType::F64 => decode(bytes, |value| f64::from_le_bytes(value) as f32),
            other => return Err(format!("holds {other:?}, not floats")),
        })
    }

    /// The bytes at the location, or a part of them.
    fn bytes(&self, part: Option<Range<usize>>) -> Result<Cow<'_, [u8]>, String> {
        const CUT: &str = "is cut short";
        let cut = |bytes: &[u8]| match &part {
            None => Ok(bytes.to_vec()),
            Some(part) => bytes.get(part.clone()).map(<[u8]>::to_vec).ok_or(CUT),
        };
        match &self.location {
            Location::Memory(bytes) => match part {
                None => Ok(Cow::Borrowed(bytes)),
                Some(part) => Ok(Cow::Borrowed(bytes.get(part).ok_or(CUT)?)),
            },
            Location::Held(bytes) => Ok(Cow::Owned(cut(bytes)?)),
            Location::File { file, range } => {
                let len = (range.end - range.start) as usize;
                let part = part.unwrap_or(0..len);
                if part.end > len || part.start > part.end {
                    return Err(CUT.to_owned());
                }
                let mut bytes = vec![0; part.len()];
                read_exact_at(file, &mut bytes, range.start + part.start as u64)
                    .map_err(|error| error.to_string())?;
                Ok(Cow::Owned(bytes))
            }
            Location::Pytorch(tensor) => foreign(|| {
                let data = bridge::to_data(tensor)
                    .map_err(|error| first_line(&error.to_string()).to_owned())?;
                Ok::<_, String>(Cow::Owned(cut(data.as_bytes())?))
            }),
        }
    }
}

/// Reads without moving the file's own position, so that threads do not disturb each other.
fn read_exact_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<()> {
    #[cfg(unix)]
    {
        std::os::unix::fs::FileExt::read_exact_at(file, bytes, at)
    }
    #[cfg(windows)]
    {
        let mut n_read = 0;
        while n_read < bytes.len() {
            let from = at + n_read as u64;
            match std::os::windows::fs::FileExt::seek_read(file, &mut bytes[n_read..], from)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                n => n_read += n,
            }
        }
        Ok(())
    }
}

fn decode<const N: usize>(bytes: &[u8], decode_one: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    let (values, _) = bytes.as_chunks::<N>();
    values.iter().map(|&value| decode_one(value)).collect()
}

pub(super) fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix() -> StoredTensor {
        let values: Vec<f32> = (0..12).map(|i| i as f32).collect();
        let bytes: Arc<[u8]> = bytemuck::cast_slice(&values).into();
        StoredTensor::of_floats(vec![6, 2], DType::F32, Location::Held(bytes))
    }

    #[test]
    fn a_matrix_is_read_whole_by_rows_in_thirds_and_turned() {
        assert_eq!(matrix().read().unwrap().len(), 12);
        assert_eq!(matrix().read_row(4).unwrap(), [8.0, 9.0]);
        assert!(matrix().read_row(6).is_err());
        let thirds = matrix().thirds().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(thirds[1].shape, [2, 2]);
        assert_eq!(thirds[1].read().unwrap(), [4.0, 5.0, 6.0, 7.0]);
        let turned = matrix().transposed();
        assert_eq!(turned.shape, [2, 6]);
        assert_eq!(turned.read().unwrap()[..3], [0.0, 2.0, 4.0]);
        assert!(turned.read_row(0).is_err() && turned.thirds().is_err());
    }
}
