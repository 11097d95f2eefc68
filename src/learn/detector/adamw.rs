//! AdamW on numbers in main memory, as PyTorch computes it.
//!
//! Four million parameters cost a few milliseconds here; as tensors they would cost ten passes over
//! memory, and a state that has to be moved with the device.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::model::detector::Weights;

const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.999;
const EPSILON: f32 = 1e-8;

/// Running means of gradients and of their squares, by the name of the parameter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AdamW {
    pub means: BTreeMap<String, (Vec<f32>, Vec<f32>)>,
    /// Steps taken.
    pub time: u32,
}

/// What of a step is the same for all parameters.
#[derive(Clone, Copy)]
struct Rates {
    clip: f32,
    decay: f32,
    step: f32,
    root_correction: f32,
}

impl AdamW {
    /// Moves the parameters that have a gradient; the gradients together are cut to the length
    /// `max_gradient` first. Gives their length before that.
    pub fn step(
        &mut self,
        weights: &mut Weights,
        gradients: &BTreeMap<String, Vec<f32>>,
        learning_rate: f64,
        weight_decay: f64,
        max_gradient: f64,
    ) -> f64 {
        let squares = gradients.par_iter().map(|(_, gradient)| {
            let squares = gradient.iter().map(|g| f64::from(*g) * f64::from(*g));
            squares.sum::<f64>()
        });
        // In one order, whichever thread was first.
        let squares: Vec<f64> = squares.collect();
        let length = squares.iter().sum::<f64>().sqrt();
        self.time += 1;
        let time = self.time as i32;
        let correction = |beta: f32| 1.0 - f64::from(beta).powi(time);
        let rates = Rates {
            clip: (max_gradient / (length + 1e-6)).min(1.0) as f32,
            decay: (1.0 - learning_rate * weight_decay) as f32,
            step: (learning_rate / correction(BETA_1)) as f32,
            root_correction: correction(BETA_2).sqrt() as f32,
        };
        for (name, gradient) in gradients {
            let n = gradient.len();
            let means = self.means.entry(name.clone());
            let (mean, square) = means.or_insert_with(|| (vec![0.0; n], vec![0.0; n]));
            let Some(array) = weights.0.get_mut(name) else {
                continue;
            };
            const PART: usize = 1 << 15;
            let parts = array
                .values
                .par_chunks_mut(PART)
                .zip(mean.par_chunks_mut(PART));
            let parts = parts.zip(square.par_chunks_mut(PART));
            parts.zip(gradient.par_chunks(PART)).for_each(
                |(((values, mean), square), gradient)| {
                    move_part(values, mean, square, gradient, rates);
                },
            );
        }
        length
    }
}

fn move_part(
    values: &mut [f32],
    mean: &mut [f32],
    square: &mut [f32],
    gradient: &[f32],
    rates: Rates,
) {
    let rows = values.iter_mut().zip(mean).zip(square).zip(gradient);
    for (((value, mean), square), gradient) in rows {
        let gradient = gradient * rates.clip;
        *mean = BETA_1 * *mean + (1.0 - BETA_1) * gradient;
        *square = BETA_2 * *square + (1.0 - BETA_2) * gradient * gradient;
        let root = square.sqrt() / rates.root_correction + EPSILON;
        *value = *value * rates.decay - rates.step * *mean / root;
    }
}
