//! Which queries share a step, and how many of them fit into one call of the text tower.

use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_pcg::Pcg64Mcg;

use crate::model::Encoder;

/// Queries of similar length share a batch; they are sorted within a pool of this many batches.
const POOL_BATCHES: usize = 8;

/// Multiply-adds of the text tower in one call: about 150 ms on two cores. Smaller calls would cost
/// more in all, because each call reads all weights once.
///
/// A count and not a measured time, so that the parts of a step, and with them the sums of its
/// gradients, are the same on every machine.
const WORK_PER_CALL: usize = 8_000_000_000;

/// For narrow towers, whose time is not spent in products.
const MAX_POSITIONS_PER_CALL: usize = 1024;

/// A backward pass costs as much as a forward pass and not twice that, because weights are frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Forward,
    ForwardAndBackward,
}

/// How many positions, rows times the longest of them, the text tower takes in one call of bounded
/// time.
pub fn positions_per_call(encoder: &Encoder, direction: Direction) -> usize {
    let per_position = encoder.text_work_per_position();
    let passes = match direction {
        Direction::Forward => 1,
        Direction::ForwardAndBackward => 2,
    };
    (WORK_PER_CALL / (passes * per_position.max(1))).clamp(1, MAX_POSITIONS_PER_CALL)
}

/// How many of the first rows fit into `max_positions` when all are padded to the longest; at least
/// one where there is one.
pub fn n_fitting(lengths: impl Iterator<Item = usize>, max_positions: usize) -> usize {
    let mut longest = 0;
    let mut n_rows = 0;
    for length in lengths {
        longest = longest.max(length);
        if n_rows > 0 && (n_rows + 1) * longest > max_positions {
            break;
        }
        n_rows += 1;
    }
    n_rows
}

/// Lessons of step `step`: each once per epoch in an order drawn by `seed`, queries of similar length
/// together. It depends on its arguments alone, so that a resumed training continues as it was.
pub fn batch_of(lengths: &[usize], batch: usize, seed: u64, step: usize) -> Vec<usize> {
    let n_batches = steps_per_epoch(lengths.len(), batch);
    if n_batches <= 1 {
        let mut all: Vec<_> = (0..lengths.len()).collect();
        all.sort_by_key(|&i| lengths[i]);
        return all;
    }
    let (epoch, index) = (step / n_batches, step % n_batches);
    let mut rng =
        Pcg64Mcg::seed_from_u64(seed.wrapping_mul(0x9e37_79b9).wrapping_add(epoch as u64));
    let mut order: Vec<_> = (0..lengths.len()).collect();
    order.shuffle(&mut rng);
    for pool in order.chunks_mut(batch * POOL_BATCHES) {
        pool.sort_by_key(|&i| lengths[i]);
    }
    let mut batches: Vec<_> = order.chunks(batch).collect();
    batches.shuffle(&mut rng);
    batches[index].to_vec()
}

pub fn steps_per_epoch(n_lessons: usize, batch: usize) -> usize {
    n_lessons.div_ceil(batch.max(1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_shows_each_lesson_once_in_batches_of_like_length() {
        let lengths: Vec<_> = (0..100).map(|i| 3 + (i * 7) % 20).collect();
        let n_steps = steps_per_epoch(100, 8);
        for epoch in 0..2 {
            let batches: Vec<_> = (0..n_steps)
                .map(|i| batch_of(&lengths, 8, 5, epoch * n_steps + i))
                .collect();
            let mut all = batches.concat();
            all.sort_unstable();
            assert_eq!(all, (0..100).collect::<Vec<_>>());
            let padding: usize = batches
                .iter()
                .map(|batch| {
                    let longest = batch.iter().map(|&i| lengths[i]).max().unwrap();
                    batch.iter().map(|&i| longest - lengths[i]).sum::<usize>()
                })
                .sum();
            assert!(padding < 300, "{padding} padded tokens of about 1250");
        }
        assert_ne!(
            batch_of(&lengths, 8, 5, 0),
            batch_of(&lengths, 8, 5, n_steps)
        );
        assert_eq!(batch_of(&[4, 6, 5], 8, 5, 9), [0, 2, 1]);
    }

    #[test]
    fn a_call_takes_as_many_rows_as_fit_and_never_none() {
        let fitting = |lengths: &[usize], max| n_fitting(lengths.iter().copied(), max);
        assert_eq!(fitting(&[5, 5, 5, 5], 15), 3);
        assert_eq!(fitting(&[5, 5, 6, 5], 15), 2);
        assert_eq!(fitting(&[40], 15), 1);
        assert_eq!(fitting(&[], 15), 0);
    }
}
