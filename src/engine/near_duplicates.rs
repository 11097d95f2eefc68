//! Tells frames that show what the frame before showed, so that they need no encoding of their own.
//!
//! Off unless asked for: features that are taken over are close to the clip's own, not equal to
//! them. `cargo run --example world -- duplicates` measures how close.

use crate::model::Pixels;

/// Cells along each edge: as many as ViT-B/16 has patches, so that what is small in the picture
/// still fills a cell of its own.
const N_CELLS: usize = 14;

/// Remembers the last frame that was encoded, rather than the last one that was seen: a slow pan
/// never repeats the frame just before it, but is soon another picture than where it began.
#[derive(Clone, Debug)]
pub struct NearDuplicates {
    max_difference: f32,
    /// Of each of its squares.
    encoded: Vec<Sketch>,
}

impl Default for NearDuplicates {
    fn default() -> Self {
        Self::new(Self::MAX_DIFFERENCE)
    }
}

impl NearDuplicates {
    /// In units of the model's normalised input, where black and white are about four apart.
    pub const MAX_DIFFERENCE: f32 = 0.2;

    /// Frames are alike when no cell's mean colour differs by more than `max_difference`.
    pub fn new(max_difference: f32) -> Self {
        Self {
            max_difference,
            encoded: Vec::new(),
        }
    }

    /// Whether a frame may take over the features of the last one for which this said no.
    pub fn is_repeated(&mut self, squares: &[Pixels]) -> bool {
        let sketches: Vec<_> = squares.iter().map(Sketch::of).collect();
        let mut pairs = self.encoded.iter().zip(&sketches);
        let is_repeated = self.encoded.len() == sketches.len()
            && pairs.all(|(encoded, sketch)| encoded.difference(sketch) <= self.max_difference);
        if !is_repeated {
            self.encoded = sketches;
        }
        is_repeated
    }
}

/// Mean colours of a frame's cells, `[3, N_CELLS, N_CELLS]`: noise averages out, moved things do not.
#[derive(Clone, Debug)]
struct Sketch(Vec<f32>);

impl Sketch {
    fn of(frame: &Pixels) -> Self {
        let size = frame.size;
        let n_cells = N_CELLS.min(size).max(1);
        let mut sums = vec![0.0; 3 * n_cells * n_cells];
        let mut counts = vec![0.0; sums.len()];
        for (row, values) in frame.values.chunks_exact(size.max(1)).enumerate() {
            let (channel, y) = (row / size, row % size);
            let first = (channel * n_cells + y * n_cells / size) * n_cells;
            for (x, value) in values.iter().enumerate() {
                let cell = first + x * n_cells / size;
                sums[cell] += value;
                counts[cell] += 1.0;
            }
        }
        Self(sums.iter().zip(counts).map(|(sum, n)| sum / n).collect())
    }

    /// The largest difference of two cells at one place.
    fn difference(&self, other: &Self) -> f32 {
        let pairs = self.0.iter().zip(&other.0);
        pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: usize = 64;

    /// Grey with noise of ±`noise` and a bright square of 8 pixels at `x`.
    fn frame(noise: f32, x: usize) -> Pixels {
        let value = |i: usize| {
            let (column, row) = (i % SIZE, i / SIZE % SIZE);
            let is_square = (x..x + 8).contains(&column) && (20..28).contains(&row);
            let sign = if (i * 7919 / 13).is_multiple_of(2) {
                1.0
            } else {
                -1.0
            };
            sign * noise + if is_square { 1.5 } else { 0.0 }
        };
        Pixels {
            size: SIZE,
            values: (0..3 * SIZE * SIZE).map(value).collect(),
        }
    }

    #[test]
    fn noise_is_no_news_and_a_small_thing_that_moves_is() {
        let mut duplicates = NearDuplicates::default();
        assert!(!duplicates.is_repeated(&[frame(0.0, 10)]), "the first");
        assert!(duplicates.is_repeated(&[frame(0.05, 10)]));
        assert!(!duplicates.is_repeated(&[frame(0.0, 14)]));
        assert!(duplicates.is_repeated(&[frame(0.0, 14)]));
        let squares = |x| [frame(0.0, 14), frame(0.0, x)];
        assert!(
            !duplicates.is_repeated(&squares(20)),
            "another number of squares"
        );
        assert!(duplicates.is_repeated(&squares(20)));
        assert!(!duplicates.is_repeated(&squares(30)), "news at one side");
    }

    #[test]
    fn what_changes_slowly_is_news_in_the_end() {
        let mut duplicates = NearDuplicates::new(0.1);
        let level = |frame: usize| Pixels {
            size: SIZE,
            values: vec![0.03 * frame as f32; 3 * SIZE * SIZE],
        };
        let repeated: Vec<_> = (0..8)
            .map(|i| duplicates.is_repeated(&[level(i)]))
            .collect();
        let expected = [false, true, true, true, false, true, true, true];
        assert_eq!(repeated, expected);
    }
}
