//! Matrices in plain memory.

/// A row-major `[rows, columns]` matrix as `[columns, rows]`, in tiles that stay in the cache.
///
/// # Panics
/// When there are fewer values than `rows · columns`.
pub fn transposed(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    const TILE: usize = 16;
    let mut turned = vec![0.0; rows * columns];
    for top in (0..rows).step_by(TILE) {
        for left in (0..columns).step_by(TILE) {
            for row in top..(top + TILE).min(rows) {
                for column in left..(left + TILE).min(columns) {
                    turned[column * rows + row] = values[row * columns + column];
                }
            }
        }
    }
    turned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_columns_across_the_edges_of_tiles() {
        assert_eq!(
            transposed(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2, 3),
            [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]
        );
        let values: Vec<f32> = (0..17 * 35).map(|i| i as f32).collect();
        let turned = transposed(&values, 17, 35);
        assert_eq!(turned[34 * 17 + 16], values[16 * 35 + 34]);
        assert_eq!(transposed(&turned, 35, 17), values);
    }
}
