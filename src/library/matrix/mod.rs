//! One matrix of all embeddings of a model, which a search reads from end to end.
//!
//! ```text
//! current         the number N of the files that count
//! rows-N.f16      a header of 64 bytes, then video after video: one row of f16 for each clip, then for
//!                 each clip when its frame is shown (u16, milliseconds after the beginning of the clip)
//! rows-N.log      the manifest: which rows belong to which video, and which videos went
//! rows-N.i8       the rows in eight bits, where there are very many
//! lock            held by whoever writes
//! ```
//! It holds nothing that the cached features do not: where it is damaged, or was made by another
//! version, it is made again. Rows and records are only appended, a row is never changed in place, and
//! the record of a video is written after its rows: so readers need no lock, and a process that is
//! killed leaves nothing but rows that no record names. Rows of videos that went stay until they are
//! a fifth of all; then the rest moves into files of the next number.

mod coarse;
mod files;
mod record;
mod writer;

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;

use memmap2::Mmap;

use crate::store::ContentId;

pub use coarse::{Coarse, Rounded};
pub use files::{HEADER_BYTES, Header};
pub use record::{N_NEUTRAL, Span};
pub use writer::{MatrixWriter, NewRows};

use files::Generation;

/// A frame at the centre of its clip, or of what there is of it.
pub const CENTRE: u16 = u16::MAX;

/// The matrix as it is now; what is written later is not seen.
pub struct Matrix {
    dim: usize,
    /// `None` while there is no row.
    map: Option<Mmap>,
    coarse: Option<Coarse>,
    spans: Vec<Span>,
    n_named_rows: u64,
}

impl Matrix {
    /// `None` where there is none that fits, and one has to be made.
    pub fn open(dir: &Path, header: &Header) -> Option<Self> {
        // Whoever compacts may remove the files between two looks.
        (0..8).find_map(|_| Self::open_current(dir, header))
    }

    fn open_current(dir: &Path, header: &Header) -> Option<Self> {
        let generation = Generation::current(dir)?;
        let file = File::open(generation.rows_path(dir)).ok()?;
        header.check(&file)?;
        let n_rows = header.n_rows(file.metadata().ok()?.len());
        let manifest = files::read_manifest(&generation.log_path(dir), n_rows, header.dim).ok()?;
        let map = match n_rows {
            0 => None,
            // SAFETY: no program changes or cuts off rows that a record names, and only those are read.
            _ => Some(unsafe { Mmap::map(&file) }.ok()?),
        };
        Some(Self {
            dim: header.dim,
            map,
            coarse: Coarse::open(&generation.coarse_path(dir), header),
            spans: manifest.spans,
            n_named_rows: manifest.n_named_rows,
        })
    }

    /// All videos in it, in order of their rows.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Rows of f16 bits `[n_rows, dim]` of a span of this matrix.
    pub fn rows(&self, span: &Span) -> &[u16] {
        self.numbers(
            span.first_row as usize * self.dim,
            span.n_rows as usize * self.dim,
        )
    }

    /// The rows in eight bits, as far as somebody has written them.
    pub fn coarse(&self) -> Option<&Coarse> {
        self.coarse.as_ref()
    }

    /// Whether [`Matrix::coarse`] has every row.
    pub fn has_all_coarse(&self) -> bool {
        let n_coarse = self.coarse.as_ref().map_or(0, Coarse::n_rows);
        n_coarse >= self.n_named_rows
    }

    /// When the frame of each row is shown: milliseconds after the beginning of its clip, or [`CENTRE`].
    pub fn offsets(&self, span: &Span) -> &[u16] {
        let n_rows = span.n_rows as usize;
        self.numbers((span.first_row as usize + n_rows) * self.dim, n_rows)
    }

    fn numbers(&self, first: usize, n: usize) -> &[u16] {
        let bytes = self.map.as_ref().and_then(|map| {
            let first = HEADER_BYTES + 2 * first;
            map.get(first..first + 2 * n)
        });
        // The header keeps them aligned.
        bytemuck::try_cast_slice(bytes.unwrap_or_default()).unwrap_or_default()
    }

    /// Where each video is among the spans.
    pub fn by_content(&self) -> HashMap<&ContentId, usize> {
        let spans = self.spans.iter().enumerate();
        spans.map(|(i, span)| (&span.content, i)).collect()
    }
}

#[cfg(test)]
mod tests;
