//! The files of a matrix: their names, the header, and reading the manifest.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::record::{RECORD_BYTES, Record, Span};
use crate::store::{ContentId, atomic};

/// Rows begin here, aligned for any instruction.
pub const HEADER_BYTES: usize = 64;

const MAGIC: &[u8; 8] = b"vclrows2";

/// What all rows have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Numbers in a row.
    pub dim: usize,
    /// Of the model, the rule that picks the frames, and the neutral texts.
    pub made_with: [u8; 32],
}

impl Header {
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..16].copy_from_slice(&(self.dim as u64).to_le_bytes());
        // The rows are in the order of this machine's bytes.
        bytes[16..18].copy_from_slice(&0x0102_u16.to_ne_bytes());
        bytes[32..].copy_from_slice(&self.made_with);
        bytes
    }

    /// `None` unless the file begins with this header.
    pub fn check(&self, mut file: &File) -> Option<()> {
        let mut bytes = [0; HEADER_BYTES];
        file.read_exact(&mut bytes).ok()?;
        (bytes == self.encode()).then_some(())
    }

    /// Whole rows in a file of so many bytes.
    pub fn n_rows(&self, n_bytes: u64) -> u64 {
        n_bytes.saturating_sub(HEADER_BYTES as u64) / (2 * self.dim.max(1)) as u64
    }
}

/// Which files count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generation(pub u64);

impl Generation {
    pub fn current(dir: &Path) -> Option<Self> {
        let text = fs::read_to_string(dir.join("current")).ok()?;
        text.trim().parse().ok().map(Self)
    }

    pub fn make_current(&self, dir: &Path) -> io::Result<()> {
        atomic::write(&dir.join("current"), format!("{}\n", self.0).as_bytes())
    }

    pub fn rows_path(&self, dir: &Path) -> PathBuf {
        dir.join(format!("rows-{}.f16", self.0))
    }

    pub fn coarse_path(&self, dir: &Path) -> PathBuf {
        dir.join(format!("rows-{}.i8", self.0))
    }

    pub fn log_path(&self, dir: &Path) -> PathBuf {
        dir.join(format!("rows-{}.log", self.0))
    }
}

/// What a manifest says, up to the first record that is not sound.
#[derive(Default)]
pub struct Manifest {
    /// Videos that are there, in order of their rows.
    pub spans: Vec<Span>,
    /// Rows that records name, of videos that went too; beyond these there may be unnamed ones.
    pub n_named_rows: u64,
    /// Records that are sound.
    pub n_records: u64,
}

/// Reads a manifest for `n_rows` rows of `dim` numbers.
pub fn read_manifest(log: &Path, n_rows: u64, dim: usize) -> io::Result<Manifest> {
    let bytes = fs::read(log)?;
    let mut live: HashMap<ContentId, Span> = HashMap::new();
    let mut manifest = Manifest::default();
    for record in bytes.as_chunks::<RECORD_BYTES>().0 {
        match Record::decode(record) {
            Some(Record::Added(span)) => {
                let end = span.first_row.saturating_add(span.n_stored_rows(dim));
                if end > n_rows {
                    break;
                }
                manifest.n_named_rows = manifest.n_named_rows.max(end);
                live.insert(span.content.clone(), span);
            }
            Some(Record::Removed(content)) => {
                live.remove(&content);
            }
            None => break,
        }
        manifest.n_records += 1;
    }
    manifest.spans = live.into_values().collect();
    manifest.spans.sort_by_key(|span| span.first_row);
    Ok(manifest)
}
