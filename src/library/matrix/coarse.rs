//! The rows once more in eight bits, for a first look at very many of them: half as much to read.
//!
//! `rows-N.i8` is a header and then for each stored row of `rows-N.f16` its scale (f32) and its numbers
//! (i8). Whoever searches appends what is missing. A scale of zero means that a row was never written,
//! as after a power cut: such a row, and one beyond the end, is looked at in half precision.

use std::fs::File;
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::path::Path;

use half::slice::HalfFloatSliceExt as _;
use memmap2::Mmap;

use super::files::{HEADER_BYTES, Header};
use super::record::Span;
use crate::library::dot::{dot_f16, dot_i8};

const MAGIC: &[u8; 8] = b"vclrow8a";

const SCALE_BYTES: usize = size_of::<f32>();

/// Rows that are read at once.
const BLOCK_ROWS: usize = 1024;

/// The eight-bit rows of a matrix, as far as they are there.
pub struct Coarse {
    map: Mmap,
    dim: usize,
}

/// A vector in eight bits: its numbers are about the scale times these.
#[derive(Clone, Debug)]
pub struct Rounded {
    scale: f32,
    numbers: Vec<i8>,
}

impl Rounded {
    pub fn of(values: &[f32]) -> Self {
        let greatest = values
            .iter()
            .fold(0.0_f32, |most, value| most.max(value.abs()));
        let scale = greatest / f32::from(i8::MAX);
        let rounded = |value: &f32| (value / scale).round() as i8;
        Self {
            numbers: values.iter().map(rounded).collect(),
            scale,
        }
    }
}

impl Coarse {
    /// `None` where there is no such file.
    pub fn open(path: &Path, header: &Header) -> Option<Self> {
        let file = File::open(path).ok()?;
        check(&file, header)?;
        // SAFETY: whole rows are never changed or cut off, and only those are read.
        let map = unsafe { Mmap::map(&file) }.ok()?;
        Some(Self {
            map,
            dim: header.dim,
        })
    }

    /// How many stored rows there are.
    pub fn n_rows(&self) -> u64 {
        n_whole_rows(self.map.len() as u64, self.dim)
    }

    /// About the best cosine of a span's rows with each text; `exact` has the same rows in half precision.
    pub fn peaks(
        &self,
        span: &Span,
        exact: &[u16],
        texts: &[&[f32]],
        rounded: &[Rounded],
    ) -> Vec<f32> {
        let mut peaks = vec![f32::NEG_INFINITY; texts.len()];
        for (at, exact) in exact.chunks_exact(self.dim).enumerate() {
            let row = self.row(span.first_row as usize + at);
            for (text, peak) in peaks.iter_mut().enumerate() {
                let cosine = match row {
                    Some((scale, numbers)) => {
                        let text = &rounded[text];
                        scale * text.scale * dot_i8(numbers, &text.numbers) as f32
                    }
                    None => dot_f16(exact, texts[text]),
                };
                *peak = peak.max(cosine);
            }
        }
        peaks
    }

    fn row(&self, at: usize) -> Option<(f32, &[i8])> {
        let n_bytes = SCALE_BYTES + self.dim;
        let first = HEADER_BYTES + at * n_bytes;
        let bytes = self.map.get(first..first + n_bytes)?;
        let (scale, numbers) = bytes.split_first_chunk()?;
        let scale = f32::from_ne_bytes(*scale);
        (scale > 0.0).then(|| (scale, bytemuck::cast_slice(numbers)))
    }
}

/// Writes what is missing of the first `n_rows` rows. Only the writer of the matrix may do so.
///
/// # Errors
/// When it cannot be written; what is there can be used.
pub fn extend(path: &Path, header: &Header, mut rows: &File, n_rows: u64) -> io::Result<()> {
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)?;
    if check(&file, header).is_none() {
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&head(header))?;
    }
    let dim = header.dim;
    let n_known = n_whole_rows(file.metadata()?.len(), dim);
    let end = HEADER_BYTES as u64 + n_known * (SCALE_BYTES + dim) as u64;
    file.seek(SeekFrom::Start(end))?;
    let mut out = BufWriter::new(file);
    let row_bytes = 2 * dim as u64;
    rows.seek(SeekFrom::Start(HEADER_BYTES as u64 + n_known * row_bytes))?;
    let mut block: Vec<half::f16> = Vec::new();
    let mut values = Vec::new();
    let mut n_left = n_rows.saturating_sub(n_known) as usize;
    while n_left > 0 {
        let n = n_left.min(BLOCK_ROWS);
        block.resize(n * dim, half::f16::ZERO);
        rows.read_exact(bytemuck::cast_slice_mut(&mut block))?;
        values.resize(n * dim, 0.0);
        block.convert_to_f32_slice(&mut values);
        for row in values.chunks_exact(dim) {
            let rounded = Rounded::of(row);
            out.write_all(&rounded.scale.to_ne_bytes())?;
            out.write_all(bytemuck::cast_slice(&rounded.numbers))?;
        }
        n_left -= n;
    }
    out.flush()
}

/// Lets rows that are written anew count as never written here.
///
/// # Errors
/// When that cannot be written.
pub fn forget(path: &Path, header: &Header, rows: Range<u64>) -> io::Result<()> {
    let Ok(mut file) = File::options().read(true).write(true).open(path) else {
        return Ok(()); // there is none
    };
    let n_known = n_whole_rows(file.metadata()?.len(), header.dim);
    for row in rows.start..rows.end.min(n_known) {
        let at = HEADER_BYTES as u64 + row * (SCALE_BYTES + header.dim) as u64;
        file.seek(SeekFrom::Start(at))?;
        file.write_all(&[0; SCALE_BYTES])?;
    }
    Ok(())
}

fn n_whole_rows(n_bytes: u64, dim: usize) -> u64 {
    n_bytes.saturating_sub(HEADER_BYTES as u64) / (SCALE_BYTES + dim) as u64
}

fn head(header: &Header) -> [u8; HEADER_BYTES] {
    let mut bytes = header.encode();
    bytes[..MAGIC.len()].copy_from_slice(MAGIC);
    bytes
}

fn check(mut file: &File, header: &Header) -> Option<()> {
    let mut bytes = [0; HEADER_BYTES];
    file.read_exact(&mut bytes).ok()?;
    (bytes == head(header)).then_some(())
}
