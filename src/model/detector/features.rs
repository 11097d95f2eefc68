//! From raw features to what detectors of the DETR kind were trained on.

use crate::model::detector::batch::Rows;

/// What is added to the length of a row before dividing by it.
const TINY: f32 = 1e-5;

/// Every row divided by its length.
fn normalised(rows: &Rows) -> Rows {
    let mut values = rows.values.clone();
    for row in values.chunks_exact_mut(rows.width.max(1)) {
        let length = row.iter().map(|x| x * x).sum::<f32>().sqrt() + TINY;
        for value in row {
            *value /= length;
        }
    }
    Rows { values, ..*rows }
}

/// Each kind of features normalised, then all side by side, as many rows as the shortest has, then
/// where each clip begins and ends as a share of these rows.
pub fn video_features(kinds: &[Rows]) -> Rows {
    let n_rows = kinds.iter().map(Rows::n_rows).min().unwrap_or(0);
    let kinds: Vec<_> = kinds.iter().map(normalised).collect();
    let width = kinds.iter().map(|kind| kind.width).sum::<usize>() + super::N_TIME_COLUMNS;
    let mut values = Vec::with_capacity(n_rows * width);
    for row in 0..n_rows {
        for kind in &kinds {
            values.extend_from_slice(&kind.values[row * kind.width..(row + 1) * kind.width]);
        }
        let start = row as f32 / n_rows as f32;
        values.extend([start, start + 1.0 / n_rows as f32]);
    }
    Rows { width, values }
}

/// Raw features side by side, as many rows as the shortest has: what a UMT takes.
pub fn side_by_side(kinds: &[Rows]) -> Rows {
    let n_rows = kinds.iter().map(Rows::n_rows).min().unwrap_or(0);
    let rows = (0..n_rows).flat_map(|row| {
        let parts = kinds.iter();
        parts.flat_map(move |kind| &kind.values[row * kind.width..(row + 1) * kind.width])
    });
    Rows {
        width: kinds.iter().map(|kind| kind.width).sum(),
        values: rows.copied().collect(),
    }
}

/// The states of a text's word pieces, normalised.
pub fn word_features(states: &Rows) -> Rows {
    normalised(states)
}
