//! How alike pictures are by chance in a library: its own videos know.
//!
//! Clips of one video stand in for foreign pictures in all others: what such a stand-in reaches
//! anywhere else is chance, and the more videos there are, the further it reaches. A library of one
//! video has no others; there the rule of a single video is all there is.

use half::f16;
use half::slice::HalfFloatSliceExt as _;
use rayon::prelude::*;

use crate::find::{PictureChance, PictureTarget, quantile};
use crate::library::dot::dot_f16;
use crate::library::matrix::{Matrix, Span};

/// Each is compared with every row once.
const N_STAND_INS: usize = 24;

/// So many pairs of neighbours say how alike the same is.
const N_PAIRS: usize = 512;

/// So alike are two neighbours without a cut between them, as in one video.
const SAME_QUANTILE: f32 = 0.9;

/// For a picture that is looked for in these videos, two at least.
pub(super) fn picture_chance(
    matrix: &Matrix,
    videos: &[usize],
    picture: &PictureTarget,
) -> PictureChance {
    let spans: Vec<_> = videos.iter().map(|&at| &matrix.spans()[at]).collect();
    let dim = picture.direction.dim();
    let middle = matrix.dim() / dim / 2 * dim;
    let stand_ins = rows_of(matrix, &spans, N_STAND_INS);
    let best = |vector: &[f32], own: Option<usize>| {
        let others = spans.iter().enumerate().filter(|(at, _)| own != Some(*at));
        let rows = others.flat_map(|(_, span)| matrix.rows(span).chunks_exact(dim));
        rows.fold(f32::NEG_INFINITY, |best, row| {
            best.max(dot_f16(row, vector))
        })
    };
    let reached: Vec<_> = stand_ins
        .par_iter()
        .map(|(own, _, row)| best(&row[middle..middle + dim], Some(*own)))
        .collect();
    let disorder = picture.disorder.iter().map(|it| best(it.as_slice(), None));
    let floor = disorder.fold(-1.0, f32::max);
    let pairs = rows_of(matrix, &spans, N_PAIRS).into_iter();
    let neighbours = pairs.filter_map(|(span, at, row)| {
        let rows = matrix.rows(spans[span]);
        let next = rows.chunks_exact(matrix.dim()).nth(at + 1)?;
        let part = middle..middle + dim;
        Some(dot_f16(&next[part.clone()], &row[part]))
    });
    let far = quantile(reached, 0.5).unwrap_or(floor);
    let chance = far.max(floor);
    PictureChance {
        mean: chance,
        chance,
        same: quantile(neighbours.collect(), SAME_QUANTILE)
            .unwrap_or(1.0)
            .max(chance),
    }
}

/// Up to `n` rows spread over all: of which span, which of its rows, and its numbers.
fn rows_of(matrix: &Matrix, spans: &[&Span], n: usize) -> Vec<(usize, usize, Vec<f32>)> {
    let n_rows: usize = spans.iter().map(|span| span.n_rows as usize).sum();
    let n = n.min(n_rows);
    let mut wanted = (0..n).map(|i| i * n_rows / n).peekable();
    let (mut first, mut rows) = (0, Vec::with_capacity(n));
    for (at, span) in spans.iter().enumerate() {
        let end = first + span.n_rows as usize;
        while let Some(row) = wanted.next_if(|row| *row < end) {
            let bits = matrix
                .rows(span)
                .chunks_exact(matrix.dim())
                .nth(row - first);
            rows.extend(bits.map(|bits| (at, row - first, numbers(bits))));
        }
        first = end;
    }
    rows
}

fn numbers(bits: &[u16]) -> Vec<f32> {
    let bits: &[f16] = bytemuck::cast_slice(bits);
    let mut values = vec![0.0; bits.len()];
    bits.convert_to_f32_slice(&mut values);
    values
}
