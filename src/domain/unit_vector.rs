//! What a text says, as a direction: one L2-normalised vector.

use crate::domain::embeddings::l2_normalise;

/// An L2-normalised vector `[dim]`; only normalising makes one.
///
/// The model's features have any length, and a dot product with them is not a cosine. This type
/// keeps the two apart.
#[derive(Clone, Debug, PartialEq)]
pub struct UnitVector(Vec<f32>);

impl UnitVector {
    /// Divides by the L2 norm. A zero vector has no direction and stays zero.
    pub fn normalised(mut values: Vec<f32>) -> Self {
        l2_normalise(&mut values);
        Self(values)
    }

    /// One vector per row of `[n, dim]` features; none where `dim` is 0.
    pub fn of_rows(features: &[f32], dim: usize) -> Vec<Self> {
        let rows = features.chunks_exact(dim.max(1));
        rows.map(|row| Self::normalised(row.to_vec())).collect()
    }

    pub fn dim(&self) -> usize {
        self.0.len()
    }

    pub fn as_slice(&self) -> &[f32] {
        &self.0
    }

    /// The cosine with another vector of unit length.
    ///
    /// # Panics
    /// When `unit` is not `[dim]`: that is a vector of another model.
    pub fn dot(&self, unit: &[f32]) -> f32 {
        assert_eq!(unit.len(), self.dim(), "vectors of two models");
        unit.iter().zip(&self.0).map(|(a, b)| a * b).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_unit_vectors_and_zero_stays_zero() {
        let rows = UnitVector::of_rows(&[3.0, 4.0, 0.0, 0.0], 2);
        assert_eq!(rows[0].as_slice(), [0.6, 0.8]);
        assert_eq!(rows[1].as_slice(), [0.0, 0.0]);
        assert_eq!(rows[0].dot(&[0.0, 1.0]), 0.8);
        assert!(UnitVector::of_rows(&[], 0).is_empty());
    }
}
