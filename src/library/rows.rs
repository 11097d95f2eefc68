//! The embeddings that are searched: mapped from a file of this machine, or asked of a server.

use half::slice::HalfFloatSliceExt as _;
use rayon::prelude::*;

use super::dot::dot_f16;
use super::error::LibraryError;
use super::matrix::{CENTRE, Matrix, Span};
use super::postgres::SharedRows;
use crate::domain::Embeddings;

pub enum Rows {
    Own(Matrix),
    Shared(SharedRows),
}

impl From<Matrix> for Rows {
    fn from(matrix: Matrix) -> Self {
        Self::Own(matrix)
    }
}

impl From<SharedRows> for Rows {
    fn from(rows: SharedRows) -> Self {
        Self::Shared(rows)
    }
}

impl Rows {
    /// What is known of each video but its rows.
    pub fn spans(&self) -> &[Span] {
        match self {
            Self::Own(matrix) => matrix.spans(),
            Self::Shared(rows) => rows.spans(),
        }
    }

    pub fn dim(&self) -> usize {
        match self {
            Self::Own(matrix) => matrix.dim(),
            Self::Shared(rows) => rows.dim(),
        }
    }

    /// For each text the videos that may answer it, with their best cosines: of those that are searched
    /// all, or, through the index of a server, the best.
    ///
    /// # Errors
    /// When a server does not answer; so with all below.
    pub fn nearest(
        &self,
        videos: &[usize],
        texts: &[&[f32]],
    ) -> Result<Vec<Vec<(usize, f32)>>, LibraryError> {
        let matrix = match self {
            Self::Own(matrix) => matrix,
            Self::Shared(rows) => {
                return texts
                    .iter()
                    .map(|text| rows.nearest(videos, text))
                    .collect();
            }
        };
        let peaks: Vec<Vec<f32>> = videos
            .par_iter()
            .map(|&video| peaks(matrix, &matrix.spans()[video], texts))
            .collect();
        let of_text = |at| {
            videos
                .iter()
                .copied()
                .zip(peaks.iter().map(move |peaks| peaks[at]))
                .collect()
        };
        Ok((0..texts.len()).map(of_text).collect())
    }

    /// The embeddings of a video, as exact as half precision has them.
    pub fn embeddings(&self, video: usize) -> Result<Embeddings, LibraryError> {
        match self {
            Self::Own(matrix) => Ok(widened(matrix.dim(), matrix.rows(&matrix.spans()[video]))),
            Self::Shared(rows) => Ok(widened(rows.dim(), &rows.rows(video)?.0)),
        }
    }

    /// When the frame of a clip is shown, in milliseconds after its beginning; `None` for the centre.
    pub fn shown_millis(&self, video: usize, clip: usize) -> Option<u16> {
        let millis = match self {
            Self::Own(matrix) => matrix.offsets(&matrix.spans()[video]).get(clip).copied(),
            Self::Shared(rows) => rows
                .rows(video)
                .ok()
                .and_then(|rows| rows.1.get(clip).copied()),
        };
        millis.filter(|millis| *millis != CENTRE)
    }
}

/// Best cosine of a video's clips with each of the texts.
fn peaks(matrix: &Matrix, span: &Span, texts: &[&[f32]]) -> Vec<f32> {
    let mut peaks = vec![f32::NEG_INFINITY; texts.len()];
    for row in matrix.rows(span).chunks_exact(matrix.dim()) {
        for (peak, text) in peaks.iter_mut().zip(texts) {
            *peak = peak.max(dot_f16(row, text));
        }
    }
    peaks
}

fn widened(dim: usize, rows: &[u16]) -> Embeddings {
    let rows: &[half::f16] = bytemuck::cast_slice(rows);
    let mut values = vec![0.0; rows.len()];
    rows.convert_to_f32_slice(&mut values);
    // A row of zeros stays one; the length is that of whole rows.
    Embeddings::from_features(dim, values).unwrap_or_else(|_| Embeddings::empty(dim))
}
