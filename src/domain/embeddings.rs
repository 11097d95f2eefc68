//! What the image encoder says about a video: one unit vector per clip.

use crate::domain::unit_vector::l2_normalise;
use crate::domain::{SaliencyCurve, UnitVector};

/// L2-normalised image embeddings `[n_clips, rows_per_clip, dim]`, row-major, in clip order.
///
/// A clip has one row, or one for each part of its frame; then the part that fits best counts.
///
/// They do not depend on the query, so a second query costs one text encoding and one
/// matrix-vector product.
#[derive(Clone, Debug, PartialEq)]
pub struct Embeddings {
    dim: usize,
    rows_per_clip: usize,
    values: Vec<f32>,
}

/// A buffer that cannot be `[n_clips, dim]`.
#[derive(Debug, thiserror::Error)]
#[error("{len} values do not make rows of {dim}")]
pub struct ShapeError {
    pub len: usize,
    pub dim: usize,
}

impl Embeddings {
    /// No clips yet; rows are added by [`Embeddings::push_rows`].
    pub fn empty(dim: usize) -> Self {
        Self {
            dim,
            rows_per_clip: 1,
            values: Vec::new(),
        }
    }

    /// Takes `[n_clips, dim]` features of any length and normalises every row.
    pub fn from_features(dim: usize, mut values: Vec<f32>) -> Result<Self, ShapeError> {
        if dim == 0 || !values.len().is_multiple_of(dim) {
            return Err(ShapeError {
                len: values.len(),
                dim,
            });
        }
        values.chunks_exact_mut(dim).for_each(l2_normalise);
        Ok(Self {
            dim,
            rows_per_clip: 1,
            values,
        })
    }

    /// The same rows, so many of which are one clip.
    ///
    /// # Errors
    /// When they do not make whole clips.
    pub fn with_rows_per_clip(self, rows_per_clip: usize) -> Result<Self, ShapeError> {
        let dim = self.dim * rows_per_clip;
        if dim == 0 || !self.values.len().is_multiple_of(dim) {
            return Err(ShapeError {
                len: self.values.len(),
                dim,
            });
        }
        Ok(Self {
            rows_per_clip,
            ..self
        })
    }

    /// Appends `[n, dim]` features, normalised on the way in.
    pub fn push_rows(&mut self, features: &[f32]) -> Result<(), ShapeError> {
        let rows = Self::from_features(self.dim, features.to_vec())?;
        self.values.extend(rows.values);
        Ok(())
    }

    pub fn dim(&self) -> usize {
        self.dim
    }

    pub fn rows_per_clip(&self) -> usize {
        self.rows_per_clip
    }

    pub fn n_clips(&self) -> usize {
        self.values.len() / (self.dim * self.rows_per_clip)
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Row-major `[n_clips, rows_per_clip, dim]`.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.dim)
    }

    /// The rows of each clip, `[rows_per_clip, dim]`.
    pub fn clips(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.dim * self.rows_per_clip)
    }

    /// One row for each clip: that of the middle of its frame.
    pub fn middle_rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        let first = self.rows_per_clip / 2 * self.dim;
        self.clips().map(move |clip| &clip[first..first + self.dim])
    }

    /// The same with one row for each clip: the one that fits a text best.
    ///
    /// # Panics
    /// As [`Embeddings::cosines`].
    pub fn best_rows(&self, text: &UnitVector) -> Self {
        let mut values = Vec::with_capacity(self.n_clips() * self.dim);
        for clip in self.clips() {
            let rows = clip.chunks_exact(self.dim);
            let best = rows.max_by(|a, b| text.dot(a).total_cmp(&text.dot(b)));
            values.extend_from_slice(best.unwrap_or_default());
        }
        Self {
            dim: self.dim,
            rows_per_clip: 1,
            values,
        }
    }

    /// Cosine of every clip with a text or a picture; of several rows the greatest.
    ///
    /// # Panics
    /// When `text` is not `[dim]`: that is a text of another model.
    pub fn cosines(&self, text: &UnitVector) -> SaliencyCurve {
        let best = |clip: &[f32]| {
            let rows = clip.chunks_exact(self.dim).map(|row| text.dot(row));
            rows.fold(f32::NEG_INFINITY, f32::max)
        };
        SaliencyCurve::new(self.clips().map(best).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_unit_vectors_and_cosines_rank_them() {
        let embeddings = Embeddings::from_features(2, vec![3.0, 4.0, 0.0, 2.0, 0.0, 0.0]).unwrap();
        assert_eq!(embeddings.n_clips(), 3);
        assert_eq!(embeddings.values(), [0.6, 0.8, 0.0, 1.0, 0.0, 0.0]);
        let text = UnitVector::normalised(vec![0.0, 2.0]);
        assert_eq!(embeddings.cosines(&text).values(), [0.8, 1.0, 0.0]);
    }

    #[test]
    fn of_several_rows_of_a_clip_the_best_counts() {
        let rows = vec![1.0, 0.0, 0.6, 0.8, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0];
        let embeddings = Embeddings::from_features(2, rows).unwrap();
        let embeddings = embeddings.with_rows_per_clip(3).unwrap();
        assert_eq!(embeddings.n_clips(), 2);
        let text = UnitVector::normalised(vec![0.0, 1.0]);
        assert_eq!(embeddings.cosines(&text).values(), [1.0, 0.0]);
        let middle: Vec<_> = embeddings.middle_rows().collect();
        assert_eq!(middle, [[0.6, 0.8], [1.0, 0.0]]);
        let best = embeddings.best_rows(&text);
        assert_eq!(
            (best.n_clips(), best.cosines(&text).values()),
            (2, &[1.0, 0.0][..])
        );
        assert!(embeddings.clone().with_rows_per_clip(4).is_err());
        assert!(embeddings.with_rows_per_clip(0).is_err());
    }

    #[test]
    fn ragged_buffers_are_refused() {
        assert!(Embeddings::from_features(2, vec![1.0; 3]).is_err());
        assert!(Embeddings::from_features(0, vec![]).is_err());
        assert!(Embeddings::empty(4).push_rows(&[1.0; 6]).is_err());
    }
}
