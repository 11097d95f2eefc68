//! What the image encoder says about a video: one unit vector per clip.

use crate::domain::{SaliencyCurve, UnitVector};

/// L2-normalised image embeddings `[n_clips, dim]`, row-major, in clip order.
///
/// They do not depend on the query, so a second query costs one text encoding and one
/// matrix-vector product.
#[derive(Clone, Debug, PartialEq)]
pub struct Embeddings {
    dim: usize,
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
        Ok(Self { dim, values })
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

    pub fn n_clips(&self) -> usize {
        self.values.len() / self.dim
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Row-major `[n_clips, dim]`.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.dim)
    }

    /// Cosine of every clip with a text.
    ///
    /// # Panics
    /// When `text` is not `[dim]`: that is a text of another model.
    pub fn cosines(&self, text: &UnitVector) -> SaliencyCurve {
        SaliencyCurve::new(self.rows().map(|row| text.dot(row)).collect())
    }
}

/// Divides by the L2 norm; a zero vector stays zero.
pub(super) fn l2_normalise(vector: &mut [f32]) {
    let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    if norm > 0.0 {
        vector.iter_mut().for_each(|x| *x /= norm);
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
    fn ragged_buffers_are_refused() {
        assert!(Embeddings::from_features(2, vec![1.0; 3]).is_err());
        assert!(Embeddings::from_features(0, vec![]).is_err());
        assert!(Embeddings::empty(4).push_rows(&[1.0; 6]).is_err());
    }
}
