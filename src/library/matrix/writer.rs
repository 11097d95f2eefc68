//! Adding to a matrix, taking out of it, and making it anew.

use std::fs::{self, File};
use std::io::{self, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::coarse;
use super::files::{Generation, HEADER_BYTES, Header, Manifest, read_manifest};
use super::record::{N_NEUTRAL, RECORD_BYTES, Record, Span};
use crate::find::NeutralLevel;
use crate::store::ContentId;

/// Rows of videos that went may be this share of all before the rest is moved.
const MAX_DEAD_SHARE: f64 = 0.2;

/// What is moved at once.
const COPY_BYTES: usize = 1 << 20;

/// The one writer of a matrix; others wait until it is dropped.
pub struct MatrixWriter {
    dir: PathBuf,
    header: Header,
    generation: Generation,
    rows: File,
    log: File,
    manifest: Manifest,
    _lock: File,
}

/// The rows of a video that is to be added.
pub struct NewRows<'a> {
    pub content: &'a ContentId,
    /// f16 bits, `[n_rows, dim]`.
    pub rows: &'a [u16],
    /// When the frame of each row is shown, as [`Matrix::offsets`](super::Matrix::offsets) has it.
    pub offsets: &'a [u16],
    pub end_secs: f64,
    pub level: NeutralLevel,
    /// The best cosine of each neutral text.
    pub peaks: [f32; N_NEUTRAL],
}

impl MatrixWriter {
    /// Waits for its turn. Where there is no sound matrix of this header it begins an empty one.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn open(dir: &Path, header: &Header) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(dir.join("lock"))?;
        match lock.lock() {
            // Then a single process is still safe.
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {}
            locked => locked?,
        }
        if let Some(generation) = Generation::current(dir)
            && let Some(writer) = Self::open_generation(dir, header, generation, &lock)?
        {
            return Ok(writer);
        }
        let last = Generation::current(dir).map_or(0, |generation| generation.0);
        let generation = Generation(last + 1);
        begin(dir, header, generation)?;
        generation.make_current(dir)?;
        remove_others(dir, generation);
        let writer = Self::open_generation(dir, header, generation, &lock)?;
        writer.ok_or_else(|| io::Error::other("a file that was just written cannot be read"))
    }

    /// `None` for files that are damaged or of another header.
    fn open_generation(
        dir: &Path,
        header: &Header,
        generation: Generation,
        lock: &File,
    ) -> io::Result<Option<Self>> {
        let open = |path: PathBuf| File::options().read(true).write(true).open(path);
        let (Ok(rows), Ok(log)) = (
            open(generation.rows_path(dir)),
            open(generation.log_path(dir)),
        ) else {
            return Ok(None);
        };
        if header.check(&rows).is_none() {
            return Ok(None);
        }
        let n_rows = header.n_rows(rows.metadata()?.len());
        let manifest = read_manifest(&generation.log_path(dir), n_rows, header.dim)?;
        // What a killed process left half-done; nobody reads it.
        log.set_len(manifest.n_records * RECORD_BYTES as u64)?;
        Ok(Some(Self {
            dir: dir.to_owned(),
            header: header.clone(),
            generation,
            rows,
            log,
            manifest,
            _lock: lock.try_clone()?,
        }))
    }

    /// The videos that are in it.
    pub fn spans(&self) -> &[Span] {
        &self.manifest.spans
    }

    /// Adds a video, in place of what is known of it.
    ///
    /// # Errors
    /// When it cannot be written; the matrix is then as before.
    pub fn add(&mut self, new: &NewRows<'_>) -> io::Result<()> {
        let dim = self.header.dim.max(1);
        let n_padding = new.offsets.len().next_multiple_of(dim) - new.offsets.len();
        let numbers = [new.rows, new.offsets, &vec![0; n_padding]].concat();
        let bytes: &[u8] = bytemuck::cast_slice(&numbers);
        let first_row = self.manifest.n_named_rows;
        let n_rows = new.rows.len() / dim;
        let rows = first_row..first_row + (numbers.len() / dim) as u64;
        coarse::forget(&self.generation.coarse_path(&self.dir), &self.header, rows)?;
        self.rows.seek(SeekFrom::Start(self.offset(first_row)))?;
        self.rows.write_all(bytes)?;
        // First the rows, then the record that names them, also after a power cut.
        self.rows.sync_data()?;
        let span = Span {
            content: new.content.clone(),
            first_row,
            n_rows: n_rows as u32,
            end_secs: new.end_secs,
            level: new.level,
            peaks: new.peaks,
            hash: hash_of(bytes),
        };
        self.append(&Record::Added(span.clone()))?;
        self.manifest.n_named_rows += span.n_stored_rows(dim);
        self.manifest
            .spans
            .retain(|other| other.content != span.content);
        self.manifest.spans.push(span);
        Ok(())
    }

    /// Writes the rows that are named in eight bits as well, as far as that is not done.
    ///
    /// # Errors
    /// When they cannot be written; searches do without them.
    pub fn write_coarse(&mut self) -> io::Result<()> {
        let path = self.generation.coarse_path(&self.dir);
        coarse::extend(&path, &self.header, &self.rows, self.manifest.n_named_rows)
    }

    /// Takes a video out; its rows stay until [`compact_if_due`](Self::compact_if_due).
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn remove(&mut self, content: &ContentId) -> io::Result<()> {
        self.append(&Record::Removed(content.clone()))?;
        self.manifest.spans.retain(|span| span.content != *content);
        Ok(())
    }

    fn append(&mut self, record: &Record) -> io::Result<()> {
        let end = self.manifest.n_records * RECORD_BYTES as u64;
        self.log.seek(SeekFrom::Start(end))?;
        if let Err(error) = self.log.write_all(&record.encode()) {
            // Half a record would be dropped by the next writer anyway.
            let _ = self.log.set_len(end);
            return Err(error);
        }
        self.manifest.n_records += 1;
        Ok(())
    }

    fn offset(&self, row: u64) -> u64 {
        HEADER_BYTES as u64 + row * 2 * self.header.dim as u64
    }

    /// Moves what is there into new files where too many rows belong to videos that went. Rows that
    /// are not as they were written are left out, so that they are made again.
    ///
    /// # Errors
    /// When the new files cannot be written; the old ones then go on counting.
    pub fn compact_if_due(&mut self) -> io::Result<()> {
        let dim = self.header.dim;
        let n_live: u64 = self
            .spans()
            .iter()
            .map(|span| span.n_stored_rows(dim))
            .sum();
        let n_named = self.manifest.n_named_rows;
        let n_dead = n_named.saturating_sub(n_live);
        match n_dead as f64 > MAX_DEAD_SHARE * n_named as f64 {
            true => self.compact(),
            false => Ok(()),
        }
    }

    /// As [`compact_if_due`](Self::compact_if_due), without asking whether it is worth it.
    ///
    /// # Errors
    /// As there.
    pub fn compact(&mut self) -> io::Result<()> {
        let generation = Generation(self.generation.0 + 1);
        begin(&self.dir, &self.header, generation)?;
        let open = |path: PathBuf| File::options().read(true).write(true).open(path);
        let rows = open(generation.rows_path(&self.dir))?;
        let log = open(generation.log_path(&self.dir))?;
        let spans = std::mem::take(&mut self.manifest.spans);
        let mut moved = Manifest::default();
        let outcome = self.copy(&spans, &rows, &log, &mut moved);
        self.manifest.spans = spans;
        outcome?;
        generation.make_current(&self.dir)?;
        (self.rows, self.log) = (rows, log);
        (self.manifest, self.generation) = (moved, generation);
        remove_others(&self.dir, self.generation);
        Ok(())
    }

    fn copy(
        &mut self,
        spans: &[Span],
        mut rows: &File,
        log: &File,
        moved: &mut Manifest,
    ) -> io::Result<()> {
        let mut log = io::BufWriter::new(log);
        let mut block = vec![0; COPY_BYTES];
        for span in spans {
            self.rows
                .seek(SeekFrom::Start(self.offset(span.first_row)))?;
            rows.seek(SeekFrom::Start(self.offset(moved.n_named_rows)))?;
            let mut hasher = blake3::Hasher::new();
            let n_stored = span.n_stored_rows(self.header.dim);
            let mut n_left = n_stored as usize * 2 * self.header.dim;
            while n_left > 0 {
                let part = &mut block[..n_left.min(COPY_BYTES)];
                io::Read::read_exact(&mut self.rows, part)?;
                hasher.update(part);
                rows.write_all(part)?;
                n_left -= part.len();
            }
            if hasher.finalize().as_bytes()[..16] != span.hash {
                log::warn!(
                    "rows of {} are damaged and are made again",
                    span.content.as_str()
                );
                continue; // the next rows are written over these
            }
            let span = Span {
                first_row: moved.n_named_rows,
                ..span.clone()
            };
            log.write_all(&Record::Added(span.clone()).encode())?;
            moved.n_records += 1;
            moved.n_named_rows += n_stored;
            moved.spans.push(span);
        }
        log.flush()?;
        rows.sync_data()?;
        log.get_ref().sync_data()
    }
}

/// Makes the files of a generation, without a row, in place of what a killed process left of them.
fn begin(dir: &Path, header: &Header, generation: Generation) -> io::Result<()> {
    // Written under a name of its own: somebody may still read a file of this one.
    let make = |path: PathBuf, bytes: &[u8]| {
        let _ = fs::remove_file(&path);
        File::create_new(path)?.write_all(bytes)
    };
    make(generation.log_path(dir), &[])?;
    make(generation.rows_path(dir), &header.encode())
}

/// Removes the files of all other generations; who reads them still can, and where the system does
/// not allow it the next one tries again.
fn remove_others(dir: &Path, generation: Generation) {
    let kept = [generation.rows_path(dir), generation.log_path(dir)];
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_rows = entry.file_name().to_string_lossy().starts_with("rows-");
        if is_rows && !kept.contains(&path) {
            let _ = fs::remove_file(path);
        }
    }
}

fn hash_of(bytes: &[u8]) -> [u8; 16] {
    let mut hash = [0; 16];
    hash.copy_from_slice(&blake3::hash(bytes).as_bytes()[..16]);
    hash
}
