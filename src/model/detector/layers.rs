//! What the networks of moment detectors are made of.
//!
//! Shapes are `[batch, rows, width]` throughout. Layer norms add 1e-5, as PyTorch's do.

use std::cell::Cell;

use burn::tensor::activation::{relu, softmax};
use burn::tensor::module::layer_norm;
use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

use crate::model::DetectorError;
use crate::model::detector::weights::Builder;

const EPSILON: f64 = 1e-5;

/// What is added to the score of a key that must not be looked at: its weight becomes exactly 0.
const NEVER: f32 = -1e9;

/// Temperature of all tables of sines.
const TEMPERATURE: f64 = 10_000.0;

/// How much is dropped at random while training; nothing otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Dropout {
    /// After every attention and perceptron, and of the weights of attention.
    pub layers: f64,
    /// Before each projection of the inputs.
    pub inputs: f64,
}

/// Sets a share `p` of the values to 0 and scales the others up.
pub fn dropped<const D: usize>(x: Tensor<D>, p: f64) -> Tensor<D> {
    if p == 0.0 {
        return x;
    }
    let shape = x.dims();
    let kept = kept(shape.iter().product(), p);
    x.clone() * Tensor::from_data(TensorData::new(kept, shape), &x.device())
}

thread_local! {
    /// Where the chance of [`dropped`] is; a device's own would be shared by all threads.
    static CHANCE: Cell<u64> = const { Cell::new(0) };
}

/// Makes what is dropped on this thread from now on depend on `seed` alone.
pub fn seed_dropout(seed: u64) {
    CHANCE.set(seed);
}

/// `n` factors: 0 with probability `p`, else what makes up for it.
fn kept(n: usize, p: f64) -> Vec<f32> {
    const PART: usize = 1 << 14;
    // Chance in steps of 2⁻¹⁶, four to a number.
    let limit = (p * 65_536.0) as u16;
    let factor = (1.0 / (1.0 - p)) as f32;
    let seed = CHANCE.get();
    CHANCE.set(mixed(seed, n as u64));
    let mut values = vec![0.0; n];
    let parts = values.par_chunks_mut(PART).enumerate();
    parts.for_each(|(part, values)| {
        let start = mixed(seed, part as u64);
        for (i, four) in values.chunks_mut(4).enumerate() {
            let bits = mixed(start, i as u64);
            for (lane, value) in four.iter_mut().enumerate() {
                let drawn = (bits >> (16 * lane)) as u16;
                *value = if drawn < limit { 0.0 } else { factor };
            }
        }
    });
    values
}

/// The step of splitmix64 on two numbers.
fn mixed(seed: u64, number: u64) -> u64 {
    let mut x = seed.wrapping_add(number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// `x·Wᵀ + b`
#[derive(Clone, Debug)]
pub struct Linear {
    /// `[width out, width in]`
    weight: Tensor<2>,
    bias: Option<Tensor<1>>,
}

impl Linear {
    pub fn new(
        b: &mut Builder<'_>,
        name: &str,
        d_in: usize,
        d_out: usize,
    ) -> Result<Self, DetectorError> {
        Ok(Self {
            bias: Some(b.vector(&format!("{name}.bias"), d_out)?),
            ..Self::without_bias(b, name, d_in, d_out)?
        })
    }

    pub fn without_bias(
        b: &mut Builder<'_>,
        name: &str,
        d_in: usize,
        d_out: usize,
    ) -> Result<Self, DetectorError> {
        Ok(Self {
            weight: b.matrix(&format!("{name}.weight"), [d_out, d_in])?,
            bias: None,
        })
    }

    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let [batch, rows, width] = x.dims();
        let flat = x.reshape([batch * rows, width]);
        let product = flat.matmul(self.weight.clone().transpose());
        let product = match &self.bias {
            Some(bias) => product + bias.clone().unsqueeze::<2>(),
            None => product,
        };
        product.reshape([batch as i32, rows as i32, -1])
    }
}

/// A norm of each row with learned scale and shift.
#[derive(Clone, Debug)]
pub struct Norm {
    weight: Tensor<1>,
    bias: Tensor<1>,
}

impl Norm {
    pub fn new(b: &mut Builder<'_>, name: &str, width: usize) -> Result<Self, DetectorError> {
        Ok(Self {
            weight: b.vector(&format!("{name}.weight"), width)?,
            bias: b.vector(&format!("{name}.bias"), width)?,
        })
    }

    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        layer_norm(x, self.weight.clone(), Some(self.bias.clone()), EPSILON)
    }
}

/// Linear layers with ReLU between them: `{name}.layers.{i}`.
#[derive(Clone, Debug)]
pub struct Perceptron(Vec<Linear>);

impl Perceptron {
    /// `widths` from the input to the output.
    pub fn new(b: &mut Builder<'_>, name: &str, widths: &[usize]) -> Result<Self, DetectorError> {
        let layers = widths.windows(2).enumerate();
        let layers = layers.map(|(i, w)| Linear::new(b, &format!("{name}.layers.{i}"), w[0], w[1]));
        Ok(Self(layers.collect::<Result<_, _>>()?))
    }

    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let last = self.0.len().saturating_sub(1);
        let layers = self.0.iter().enumerate();
        layers.fold(x, |x, (i, layer)| match layer.forward(x) {
            x if i < last => relu(x),
            x => x,
        })
    }
}

/// Features of any width to the width of the network: twice norm and linear layer, ReLU between.
#[derive(Clone, Debug)]
pub struct InputProjection([(Norm, Linear); 2]);

impl InputProjection {
    pub fn new(
        b: &mut Builder<'_>,
        name: &str,
        d_in: usize,
        width: usize,
    ) -> Result<Self, DetectorError> {
        let mut layer = |i: usize, d_in: usize| {
            let norm = Norm::new(b, &format!("{name}.{i}.LayerNorm"), d_in)?;
            let linear = Linear::new(b, &format!("{name}.{i}.net.1"), d_in, width)?;
            Ok::<_, DetectorError>((norm, linear))
        };
        Ok(Self([layer(0, d_in)?, layer(1, width)?]))
    }

    pub fn forward(&self, x: Tensor<3>, dropout: Dropout) -> Tensor<3> {
        let [first, second] = &self.0;
        let layer = |(norm, linear): &(Norm, Linear), x: Tensor<3>| {
            linear.forward(dropped(norm.forward(x), dropout.inputs))
        };
        layer(second, relu(layer(first, x)))
    }
}

/// What attention adds to its scores: 0 where a key may be looked at, `[batch, 1, 1, keys]`.
#[derive(Clone, Debug)]
pub struct KeyMask(Option<Tensor<4>>);

impl KeyMask {
    /// Each key of each sample, true where it is hidden; all rows of one length.
    pub fn new(hidden: &[Vec<bool>], device: &Device) -> Self {
        if !hidden.iter().flatten().any(|hidden| *hidden) {
            return Self(None);
        }
        let n_keys = hidden[0].len();
        let scores = hidden.iter().flatten();
        let scores: Vec<_> = scores
            .map(|hidden| if *hidden { NEVER } else { 0.0 })
            .collect();
        let data = TensorData::new(scores, [hidden.len(), 1, 1, n_keys]);
        Self(Some(Tensor::from_data(data, device)))
    }
}

/// Softmax attention of rows that are projected already, split into `n_heads` parts.
///
/// # Shapes
/// - q: `[batch, queries, a]`, k: `[batch, keys, a]`, v: `[batch, keys, b]`
/// - output: `[batch, queries, b]`
pub fn attend(
    q: Tensor<3>,
    k: Tensor<3>,
    v: Tensor<3>,
    n_heads: usize,
    mask: &KeyMask,
    dropout: f64,
) -> Tensor<3> {
    let heads = |x: Tensor<3>| {
        let [batch, rows, width] = x.dims();
        x.reshape([batch, rows, n_heads, width / n_heads])
            .swap_dims(1, 2)
    };
    let (q, k, v) = (heads(q), heads(k), heads(v));
    let [batch, _, n_queries, head_width] = q.dims();
    let scale = (head_width as f64).sqrt().recip();
    let mut scores = (q * scale).matmul(k.transpose()); // [batch, heads, queries, keys]
    if let Some(mask) = &mask.0 {
        scores = scores + mask.clone();
    }
    let weights = dropped(softmax(scores, 3), dropout);
    let gathered = weights.matmul(v).swap_dims(1, 2);
    gathered.reshape([batch as i32, n_queries as i32, -1])
}

/// PyTorch's `MultiheadAttention`: the projections of queries, keys and values in one matrix.
#[derive(Clone, Debug)]
pub struct Attention {
    /// `[3 · width, width]`
    in_weight: Tensor<2>,
    in_bias: Tensor<1>,
    out: Linear,
    n_heads: usize,
}

impl Attention {
    pub fn new(
        b: &mut Builder<'_>,
        name: &str,
        width: usize,
        n_heads: usize,
    ) -> Result<Self, DetectorError> {
        Ok(Self {
            in_weight: b.matrix(&format!("{name}.in_proj_weight"), [3 * width, width])?,
            in_bias: b.vector(&format!("{name}.in_proj_bias"), 3 * width)?,
            out: Linear::new(b, &format!("{name}.out_proj"), width, width)?,
            n_heads,
        })
    }

    /// # Shapes
    /// - q: `[batch, queries, width]`, k and v: `[batch, keys, width]`, output as q
    pub fn forward(
        &self,
        q: Tensor<3>,
        k: Tensor<3>,
        v: Tensor<3>,
        mask: &KeyMask,
        dropout: Dropout,
    ) -> Tensor<3> {
        let project = |x: Tensor<3>, part: usize| {
            let [_, _, width] = x.dims();
            let part = Linear {
                weight: self.in_weight.clone().narrow(0, part * width, width),
                bias: Some(self.in_bias.clone().narrow(0, part * width, width)),
            };
            part.forward(x)
        };
        let gathered = attend(
            project(q, 0),
            project(k, 1),
            project(v, 2),
            self.n_heads,
            mask,
            dropout.layers,
        );
        self.out.forward(gathered)
    }
}

/// Where the first `n_valid` of `n` clips are, as `[n, width]` sines and cosines.
///
/// Entry `i` of clip `c`, counted from 1, is the sine (even `i`) or cosine (odd `i`) of
/// `2π·c / (n_valid + 1e-6) / 10000^(2⌊i/2⌋/width)`; clips that are padding count as the last.
pub fn clip_positions(n_valid: usize, n: usize, width: usize) -> Vec<f32> {
    let clips = (1..=n).map(|clip| clip.min(n_valid) as f64);
    let angle = clips.map(|clip| clip / (n_valid as f64 + 1e-6) * std::f64::consts::TAU);
    angle
        .flat_map(|angle| (0..width).map(move |i| wave(angle / frequency(i, width), i) as f32))
        .collect()
}

/// Positions of clips for a batch, `[batch, n, width]`.
pub fn batch_positions(n_clips: &[usize], n: usize, width: usize, device: &Device) -> Tensor<3> {
    let mut known: Vec<(usize, Vec<f32>)> = Vec::new();
    let mut values = Vec::with_capacity(n_clips.len() * n * width);
    for n_valid in n_clips {
        let at = known.iter().position(|(known, _)| known == n_valid);
        let at = at.unwrap_or_else(|| {
            known.push((*n_valid, clip_positions(*n_valid, n, width)));
            known.len() - 1
        });
        values.extend_from_slice(&known[at].1);
    }
    Tensor::from_data(TensorData::new(values, [n_clips.len(), n, width]), device)
}

/// The divisors of [`sines`], `[1, 1, width]`, and 1 where the sine is wanted, 0 for the cosine.
#[derive(Clone, Debug)]
pub struct Sines {
    frequencies: Tensor<3>,
    is_sine: Tensor<3>,
}

impl Sines {
    pub fn new(width: usize, device: &Device) -> Self {
        let row =
            |values: Vec<f32>| Tensor::from_data(TensorData::new(values, [1, 1, width]), device);
        Self {
            frequencies: row((0..width)
                .map(|i| frequency(i, width).recip() as f32)
                .collect()),
            is_sine: row((0..width)
                .map(|i| if i % 2 == 0 { 1.0 } else { 0.0 })
                .collect()),
        }
    }

    /// `[batch, rows, 1]` angles to `[batch, rows, width]`.
    pub fn of(&self, angles: Tensor<3>) -> Tensor<3> {
        let angles = angles * self.frequencies.clone();
        let cosines = angles.clone().cos();
        let difference = angles.sin() - cosines.clone();
        cosines + difference * self.is_sine.clone()
    }
}

fn frequency(i: usize, width: usize) -> f64 {
    TEMPERATURE.powf(2.0 * (i / 2) as f64 / width as f64)
}

fn wave(angle: f64, i: usize) -> f64 {
    if i.is_multiple_of(2) {
        angle.sin()
    } else {
        angle.cos()
    }
}

/// `log(x / (1 − x))`, each part at least 1e-3.
pub fn logit(x: Tensor<3>) -> Tensor<3> {
    let rest = (-x.clone() + 1.0).clamp(1e-3, 1.0);
    x.clamp(1e-3, 1.0).log() - rest.log()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_share_is_dropped_and_a_seed_repeats_it() {
        for p in [0.1, 0.5] {
            seed_dropout(3);
            let (first, second) = (kept(100_001, p), kept(100_001, p));
            let n_dropped = first.iter().filter(|factor| **factor == 0.0).count();
            assert!(
                (n_dropped as f64 / 100_001.0 - p).abs() < 0.005,
                "{n_dropped}"
            );
            assert_ne!(first, second);
            seed_dropout(3);
            assert_eq!(first, kept(100_001, p));
        }
    }
}
