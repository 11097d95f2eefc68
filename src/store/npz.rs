//! numpy's `.npz`: the features that QVHighlights code bases exchange.
//!
//! An `.npz` is a zip of `.npy` arrays. Neither layer is trusted: a header may be long, nested or
//! false, a shape may claim terabytes, a member may be pickled code. No memory is allocated for
//! what a file only claims.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Write as _};
use std::path::{Path, PathBuf};

use half::f16;
use npyz::{DType, NpyFile, NpyHeader, Order, TypeChar, WriterBuilder as _};
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::domain::{SENSELESS, survive, transposed};
use crate::store::atomic;

/// A day of video at 2 s per clip and 1024 dimensions; 268 MB as float32.
const MAX_VALUES: u64 = 1 << 26;

/// numpy's own limit for the text before an array.
const MAX_HEADER_BYTES: usize = 10_000;

/// An array of one of numpy's float types, in memory as float32.
#[derive(Clone, Debug, PartialEq)]
pub struct NpzArray {
    /// `[]` for a single number, `[n]`, `[n_rows, dim]`, …
    pub shape: Vec<usize>,
    /// Row-major.
    pub values: Vec<f32>,
}

/// How numbers are stored in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FloatType {
    /// Half the size; what the published CLIP features use.
    F16,
    F32,
}

/// Why a feature file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NpzError {
    #[error("cannot open {path}: {cause}", path = path.display())]
    Open { path: PathBuf, cause: io::Error },
    #[error("cannot write {path}: {cause}", path = path.display())]
    Write { path: PathBuf, cause: io::Error },
    #[error("{path} is no .npz file or is damaged: {problem}", path = path.display())]
    Damaged { path: PathBuf, problem: String },
    #[error("{path} has no array `{key}`: it holds {present}", path = path.display())]
    NoKey {
        path: PathBuf,
        key: String,
        present: String,
    },
    #[error("`{key}` in {path} {problem}", path = path.display())]
    Array {
        path: PathBuf,
        key: String,
        problem: String,
    },
    #[error("{shape:?} is no shape for {n_values} values")]
    Shape { shape: Vec<usize>, n_values: usize },
}

/// Reads one array of float16, float32 or float64 out of a file by `np.savez` or
/// `np.savez_compressed`.
///
/// # Errors
/// One sentence for: no zip, a damaged or truncated one, no such array, another type (pickled
/// objects included, which are never run), more than 67 million values, a size that does not fit
/// the shape, values that are not finite.
pub fn read_npz(path: &Path, key: &str) -> Result<NpzArray, NpzError> {
    let damaged = |problem: String| NpzError::Damaged {
        path: path.to_owned(),
        problem,
    };
    survive(|| read_array(path, key)).unwrap_or_else(|| Err(damaged(SENSELESS.to_owned())))
}

fn read_array(path: &Path, key: &str) -> Result<NpzArray, NpzError> {
    let damaged = |problem: String| NpzError::Damaged {
        path: path.to_owned(),
        problem,
    };
    let file = File::open(path).map_err(|cause| NpzError::Open {
        path: path.to_owned(),
        cause,
    })?;
    let mut archive =
        ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(error.to_string()))?;
    let keys = keys(&archive);
    let entry = match archive.by_name(&member_name(key)) {
        Err(ZipError::FileNotFound) => {
            return Err(NpzError::NoKey {
                path: path.to_owned(),
                key: key.to_owned(),
                present: keys,
            });
        }
        entry => entry.map_err(|error| damaged(error.to_string()))?,
    };
    let n_bytes = entry.size();
    read_npy(entry, n_bytes).map_err(|problem| match problem {
        Problem::Damaged(problem) => damaged(problem),
        Problem::Array(problem) => NpzError::Array {
            path: path.to_owned(),
            key: key.to_owned(),
            problem,
        },
    })
}

/// Writes arrays under their keys, readable by `numpy.load`; replaces `path` in one step.
///
/// The same arrays always give the same bytes.
///
/// # Errors
/// When a shape does not fit its values, or the file cannot be written.
pub fn write_npz(
    path: &Path,
    arrays: &[(&str, &NpzArray)],
    float: FloatType,
) -> Result<(), NpzError> {
    for (_, array) in arrays {
        if array.shape.iter().product::<usize>() != array.values.len() {
            return Err(NpzError::Shape {
                shape: array.shape.clone(),
                n_values: array.values.len(),
            });
        }
    }
    let bytes = zip_of(arrays, float).and_then(|bytes| atomic::write(path, &bytes));
    bytes.map_err(|cause| NpzError::Write {
        path: path.to_owned(),
        cause,
    })
}

fn member_name(key: &str) -> String {
    format!("{key}.npy")
}

/// The arrays that are there instead, for the error message.
fn keys<R: Read + io::Seek>(archive: &ZipArchive<R>) -> String {
    const SHOWN: usize = 5;
    let names = archive.file_names().take(SHOWN).map(|name| match name {
        Ok(name) => format!("`{}`", name.trim_end_matches(".npy").escape_debug()),
        Err(_) => "an unreadable name".to_owned(),
    });
    let shown = names.collect::<Vec<_>>().join(", ");
    match archive.len() {
        0 => "nothing".to_owned(),
        n if n > SHOWN => format!("{shown} and {} more", n - SHOWN),
        _ => shown,
    }
}

enum Problem {
    /// The bytes are broken.
    Damaged(String),
    /// The bytes are sound but not usable here; the text continues "`key` in file …".
    Array(String),
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self::Damaged(error.to_string())
    }
}

/// `n_bytes` is what the zip says about the member; it is not trusted either.
fn read_npy(mut reader: impl Read, n_bytes: u64) -> Result<NpzArray, Problem> {
    let (header, n_header_bytes) = read_header(&mut reader)?;
    if header.uses_pickled_array() {
        return Err(Problem::Array(
            "holds Python objects: save it as float32".into(),
        ));
    }
    let dtype = header.dtype();
    let Some(float_bytes) = float_bytes(&dtype) else {
        let problem = format!("holds {}: save it as float32", dtype.descr());
        return Err(Problem::Array(problem));
    };
    let shape: Vec<usize> = header.shape().iter().map(|&n| n as usize).collect();
    let n_values = header.len();
    if n_values > MAX_VALUES {
        let problem = format!("claims {n_values} values: more than {MAX_VALUES} are not read");
        return Err(Problem::Array(problem));
    }
    let n_data_bytes = n_values * float_bytes;
    let mut data = Vec::new();
    if n_bytes == n_header_bytes + n_data_bytes {
        reader.take(n_data_bytes + 1).read_to_end(&mut data)?;
    }
    if data.len() as u64 != n_data_bytes {
        let problem = format!("claims the shape {shape:?}, but its size is another");
        return Err(Problem::Array(problem));
    }
    let order = header.order();
    let file = NpyFile::with_header(header, data.as_slice());
    let values: Vec<f32> = match float_bytes {
        2 => file.into_vec::<f16>()?.iter().map(|x| x.to_f32()).collect(),
        4 => file.into_vec::<f32>()?,
        _ => file.into_vec::<f64>()?.iter().map(|&x| x as f32).collect(),
    };
    if !values.iter().all(|x| x.is_finite()) {
        return Err(Problem::Array("holds values that are not finite".into()));
    }
    let values = match (order, &*shape) {
        (Order::Fortran, &[n_rows, dim]) => transposed(&values, dim, n_rows),
        (Order::Fortran, &[_, _, _, ..]) => {
            let problem = "is stored column by column: save np.ascontiguousarray of it";
            return Err(Problem::Array(problem.into()));
        }
        _ => values,
    };
    Ok(NpzArray { shape, values })
}

/// The header and how many bytes it takes.
fn read_header(reader: &mut impl Read) -> Result<(NpyHeader, u64), Problem> {
    let mut bytes = vec![0; 10];
    reader.read_exact(&mut bytes)?;
    // Version 1.0 gives the length of the text in two bytes, later ones in four.
    if bytes[6] > 1 {
        bytes.resize(12, 0);
        reader.read_exact(&mut bytes[10..])?;
    }
    let (preamble, length) = (bytes.len(), &bytes[8..]);
    let n_text = length
        .iter()
        .rfold(0, |n: usize, &byte| n << 8 | usize::from(byte));
    if n_text > MAX_HEADER_BYTES {
        let problem = format!("an array header of {n_text} bytes");
        return Err(Problem::Damaged(problem));
    }
    bytes.resize(preamble + n_text, 0);
    reader.read_exact(&mut bytes[preamble..])?;
    let text = &bytes[preamble..];
    // The parser recurses into brackets, and a product of dimensions must not overflow: ten to the
    // number of all digits bounds it.
    let n_brackets = text.iter().filter(|byte| b"([{".contains(byte)).count();
    let n_digits = text.iter().filter(|byte| byte.is_ascii_digit()).count();
    if n_brackets > 8 || n_digits > 19 {
        return Err(Problem::Array(
            "is no plain array of numbers: save it as float32".into(),
        ));
    }
    let header = NpyHeader::from_reader(bytes.as_slice())?;
    Ok((header, bytes.len() as u64))
}

/// Bytes per value, `None` for types that are not floats.
fn float_bytes(dtype: &DType) -> Option<u64> {
    match dtype {
        DType::Plain(ty) if ty.type_char() == TypeChar::Float => {
            let n_bytes = ty.size_field();
            [2, 4, 8].contains(&n_bytes).then_some(n_bytes)
        }
        _ => None,
    }
}

fn zip_of(arrays: &[(&str, &NpzArray)], float: FloatType) -> io::Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (key, array) in arrays {
        zip.start_file(member_name(key), options)?;
        let npy = match float {
            FloatType::F16 => npy_of(&array.shape, array.values.iter().map(|&x| f16::from_f32(x))),
            FloatType::F32 => npy_of(&array.shape, array.values.iter().copied()),
        };
        zip.write_all(&npy?)?;
    }
    Ok(zip.finish()?.into_inner())
}

fn npy_of<T: npyz::AutoSerialize>(
    shape: &[usize],
    values: impl Iterator<Item = T>,
) -> io::Result<Vec<u8>> {
    let shape: Vec<u64> = shape.iter().map(|&n| n as u64).collect();
    let mut bytes = Vec::new();
    let mut writer = npyz::WriteOptions::new()
        .default_dtype()
        .shape(&shape)
        .writer(&mut bytes)
        .begin_nd()?;
    writer.extend(values)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
#[path = "npz_tests.rs"]
mod tests;
