//! The matrix of one model, kept in step with the catalogue and the cached features.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use half::f16;
use half::slice::HalfFloatSliceExt as _;

use crate::domain::{Embeddings, UnitVector};
use crate::engine::Engine;
use crate::find::NeutralLevel;
use crate::library::catalogue::{LibraryVideo, ModelRow, SeenFile, State};
use crate::library::dot::dot_f16;
use crate::library::error::LibraryError;
use crate::library::matrix::{CENTRE, Header, Matrix, MatrixWriter, N_NEUTRAL, NewRows};
use crate::library::postgres::SharedRows;
use crate::library::rows::COARSE_CLIPS;
use crate::library::store::Store;
use crate::library::{Library, LibraryIndex, frame_choice};
use crate::model::Calibration;
use crate::store::{CachedFeatures, ContentId};

impl Library {
    /// All that can be searched with this engine's model. What the matrix lacks is first taken from
    /// the cached features; a video whose features are gone waits to be indexed again.
    ///
    /// # Errors
    /// When the catalogue or the matrix cannot be read, or written where they must be.
    pub fn index(&mut self, engine: &mut Engine) -> Result<LibraryIndex, LibraryError> {
        let model = self.model(engine)?;
        if let Store::Shared(catalogue) = self.catalogue() {
            if frame_choice(engine).rows_per_clip() > 1 {
                return Err(LibraryError::SharedTiles);
            }
            let rows = SharedRows::open(catalogue, model, engine.encoder().dim())?;
            let videos = self.catalogue().videos(model)?;
            return Ok(LibraryIndex::new(rows, videos, 1));
        }
        let shelf = Shelf::of(self, engine)?;
        let videos = self.catalogue().videos(model)?;
        let matrix = match shelf.open().filter(|matrix| is_in_step(matrix, &videos)) {
            Some(matrix) => matrix,
            None => {
                let lost = shelf.bring_in_step(engine, &videos)?;
                if !lost.is_empty() {
                    self.catalogue_mut().set_waiting(model, &lost)?;
                }
                shelf.open().ok_or_else(|| shelf.unreadable())?
            }
        };
        let matrix = shelf.with_coarse(matrix)?;
        let videos = self.catalogue().videos(model)?;
        Ok(LibraryIndex::new(matrix, videos, shelf.rows_per_clip))
    }

    /// Takes a video that was just indexed into the matrix. Where that fails the next search does it.
    pub(super) fn index_was_added(&self, engine: &mut Engine, content: &ContentId) {
        if let Store::Shared(_) = self.catalogue() {
            return;
        }
        let added = Shelf::of(self, engine).and_then(|shelf| {
            let Some(entry) = engine.cached(content, frame_choice(engine)) else {
                return Ok(());
            };
            let mut writer = shelf.writer()?;
            let known = writer.spans().iter().find(|span| span.content == *content);
            if known.is_some_and(|span| span.n_rows as usize == entry.n_clips()) {
                return Ok(());
            }
            shelf.add(&mut writer, content, &entry)
        });
        if let Err(error) = added {
            log::info!("{error}");
        }
    }
}

impl Library {
    /// Gives the rows of a video that was just indexed to all who share the library, before it is said
    /// that it is done.
    pub(super) fn share_rows(
        &mut self,
        engine: &mut Engine,
        model: ModelRow,
        seen: Option<&SeenFile>,
        content: &ContentId,
    ) -> Result<(), LibraryError> {
        if let Store::Own(_) = self.catalogue() {
            return Ok(());
        }
        if let Some(file) = seen {
            self.catalogue_mut().record(std::slice::from_ref(file))?;
        }
        let shelf = Shelf::of(self, engine)?;
        let (Store::Shared(catalogue), Some(entry)) = (
            self.catalogue(),
            engine.cached(content, frame_choice(engine)),
        ) else {
            return Ok(());
        };
        let dim = entry.dim;
        shelf.with_rows(content, &entry, |new| {
            SharedRows::add(catalogue, model, dim, new)
        })
    }
}

/// Whether the matrix holds what is indexed, and nothing else.
fn is_in_step(matrix: &Matrix, videos: &[LibraryVideo]) -> bool {
    let there = matrix.by_content();
    let mut indexed = videos.iter().filter(|video| video.state == State::Indexed);
    let n_indexed = indexed.clone().count();
    n_indexed == there.len()
        && indexed.all(|video| {
            let at = there.get(&video.content);
            at.is_some_and(|&at| matrix.spans()[at].n_rows as usize == video.n_clips)
        })
}

/// Names how what any texts score on a video is measured, so that a matrix with other numbers is made
/// again.
const LEVELS: &str = "mean, mean peak, deviation";

/// Where the matrix of a model is, and what it is made with.
struct Shelf {
    dir: PathBuf,
    header: Header,
    neutral: Vec<UnitVector>,
    calibration: Calibration,
    /// All rows of a clip are one row of the matrix.
    rows_per_clip: usize,
}

impl Shelf {
    fn of(library: &Library, engine: &mut Engine) -> Result<Self, LibraryError> {
        let neutral = engine.neutral_directions()?.to_vec();
        let id = engine.encoder().id();
        let sampling = frame_choice(engine).sampling();
        let mut made_with = blake3::Hasher::new();
        for text in [id.hash.as_str(), sampling, LEVELS] {
            made_with.update(text.as_bytes());
            made_with.update(&[0]);
        }
        for text in &neutral {
            made_with.update(bytemuck::cast_slice(text.as_slice()));
        }
        let short: String = id.hash.chars().take(16).collect();
        Ok(Self {
            dir: matrix_dir(library.cache_dir()).join(format!("{short}-{sampling}")),
            header: Header {
                dim: engine.encoder().dim() * frame_choice(engine).rows_per_clip(),
                made_with: *made_with.finalize().as_bytes(),
            },
            neutral,
            calibration: engine.encoder().calibration(),
            rows_per_clip: frame_choice(engine).rows_per_clip(),
        })
    }

    fn open(&self) -> Option<Matrix> {
        Matrix::open(&self.dir, &self.header)
    }

    /// Of very many rows sees to it that they are there in eight bits; where that fails searches take longer.
    fn with_coarse(&self, matrix: Matrix) -> Result<Matrix, LibraryError> {
        let spans = matrix.spans().iter();
        let n_clips: u64 = spans.map(|span| u64::from(span.n_rows)).sum();
        if n_clips < COARSE_CLIPS || matrix.has_all_coarse() {
            return Ok(matrix);
        }
        drop(matrix);
        if let Err(error) = self.writer()?.write_coarse() {
            log::warn!(
                "searches take longer: {}",
                LibraryError::of_io(&self.dir, &error)
            );
        }
        self.open().ok_or_else(|| self.unreadable())
    }

    fn writer(&self) -> Result<MatrixWriter, LibraryError> {
        MatrixWriter::open(&self.dir, &self.header)
            .map_err(|error| LibraryError::of_io(&self.dir, &error))
    }

    /// Adds and takes out what differs, and returns what is indexed and yet not in the cache.
    fn bring_in_step(
        &self,
        engine: &Engine,
        videos: &[LibraryVideo],
    ) -> Result<Vec<ContentId>, LibraryError> {
        let told = |error| LibraryError::of_io(&self.dir, &error);
        let mut writer = self.writer()?;
        let is_indexed = |video: &&LibraryVideo| video.state == State::Indexed;
        let indexed: HashSet<_> = videos
            .iter()
            .filter(is_indexed)
            .map(|v| &v.content)
            .collect();
        let there = writer.spans().iter();
        let there: HashSet<_> = there
            .map(|span| (span.content.clone(), span.n_rows))
            .collect();
        for (content, _) in &there {
            if !indexed.contains(content) {
                writer.remove(content).map_err(told)?;
            }
        }
        // Rows that were found damaged while the rest was moved are missing after it, so it comes first.
        writer.compact_if_due().map_err(told)?;
        let there = writer.spans().iter();
        let there: HashSet<_> = there
            .map(|span| (span.content.clone(), span.n_rows))
            .collect();
        let mut lost = Vec::new();
        for video in videos.iter().filter(is_indexed) {
            if there.contains(&(video.content.clone(), video.n_clips as u32)) {
                continue;
            }
            match engine.cached(&video.content, frame_choice(engine)) {
                Some(entry) if entry.complete && entry.n_clips() == video.n_clips => {
                    self.add(&mut writer, &video.content, &entry)?;
                }
                _ => {
                    writer.remove(&video.content).map_err(told)?;
                    lost.push(video.content.clone());
                }
            }
        }
        Ok(lost)
    }

    fn add(
        &self,
        writer: &mut MatrixWriter,
        content: &ContentId,
        entry: &CachedFeatures,
    ) -> Result<(), LibraryError> {
        self.with_rows(content, entry, |new| {
            writer
                .add(new)
                .map_err(|error| LibraryError::of_io(&self.dir, &error))
        })
    }

    /// Hands on what is kept of a video besides its features.
    fn with_rows(
        &self,
        content: &ContentId,
        entry: &CachedFeatures,
        add: impl FnOnce(&NewRows<'_>) -> Result<(), LibraryError>,
    ) -> Result<(), LibraryError> {
        let dim = entry.dim / self.rows_per_clip;
        let embeddings = Embeddings::from_features(dim, entry.features.clone())
            .and_then(|embeddings| embeddings.with_rows_per_clip(self.rows_per_clip));
        let embeddings = embeddings.map_err(crate::engine::EngineError::from)?;
        let rows = half_rows(&embeddings);
        let mut peaks = [f32::NEG_INFINITY; N_NEUTRAL];
        for row in rows.chunks_exact(dim) {
            for (peak, text) in peaks.iter_mut().zip(&self.neutral) {
                *peak = peak.max(dot_f16(row, text.as_slice()));
            }
        }
        let new = NewRows {
            content,
            rows: &rows,
            offsets: &offsets_of(entry),
            peaks,
            end_secs: entry.duration_secs,
            level: NeutralLevel::of(&self.neutral, &embeddings, self.calibration),
        };
        add(&new)
    }

    fn unreadable(&self) -> LibraryError {
        LibraryError::Unwritable {
            path: self.dir.clone(),
            reason: "what was written there cannot be read".to_owned(),
        }
    }
}

/// How much disk the matrices of all models take.
pub fn matrix_bytes(library: &Library) -> u64 {
    let files = walkdir::WalkDir::new(matrix_dir(library.cache_dir()))
        .into_iter()
        .flatten();
    let files = files.filter(|file| file.file_type().is_file());
    let sizes = files.filter_map(|file| Some(file.metadata().ok()?.len()));
    sizes.sum()
}

fn matrix_dir(cache_dir: &Path) -> PathBuf {
    cache_dir.join("library/matrix")
}

/// When in its clip each frame is shown, in milliseconds.
fn offsets_of(entry: &CachedFeatures) -> Vec<u16> {
    let offset = |clip| match entry.offsets_secs.get(clip) {
        Some(secs) => (1000.0 * secs) as u16,
        None => CENTRE,
    };
    (0..entry.n_clips()).map(offset).collect()
}

/// The rows in half precision: the error of a cosine is below 0.001.
fn half_rows(embeddings: &Embeddings) -> Vec<u16> {
    let mut rows = vec![f16::ZERO; embeddings.values().len()];
    rows.convert_from_f32_slice(embeddings.values());
    bytemuck::cast_vec(rows)
}
