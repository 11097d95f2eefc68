//! The activations between the two products of a perceptron.
//!
//! On the CPU burn asks the C library for one exponential after the other, which took a sixth of an
//! image's time. Where no gradient is wanted, the same numbers are computed here in loops that the
//! processor vectorises.

use burn::tensor::{Device, Tensor, activation};
use multiversion::multiversion;
use serde::{Deserialize, Serialize};

/// Which activation, by the name that `config.json` gives it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// `x · sigmoid(1.702 x)`, OpenAI's.
    #[default]
    QuickGelu,
    /// Exact, with erf, as OpenCLIP exports.
    Gelu,
    /// With a hyperbolic tangent in place of erf, SigLIP's.
    #[serde(rename = "gelu_pytorch_tanh")]
    GeluTanh,
}

/// `√(2/π)` times two: `½(1 + tanh z)` is `σ(2z)`.
const TANH_SLOPE: f32 = 1.595_769;

/// Of the cube in [`Activation::GeluTanh`].
const TANH_CUBE: f32 = 0.044_715;

impl Activation {
    /// Applies the function to each number.
    ///
    /// # Shapes
    /// - input, output: `[rows, columns]`
    pub fn apply(self, input: Tensor<2>) -> Tensor<2> {
        let device = input.device();
        if input.is_autodiff() || device != Device::flex() {
            return match self {
                Self::QuickGelu => input.clone() * activation::sigmoid(input * 1.702),
                Self::Gelu => activation::gelu(input),
                Self::GeluTanh => {
                    let bent = input.clone().square() * TANH_CUBE + 1.0;
                    input.clone() * activation::sigmoid(input * bent * TANH_SLOPE)
                }
            };
        }
        let mut data = input.into_data().convert::<f32>();
        if let Ok(values) = data.as_mut_slice() {
            match self {
                Self::QuickGelu => quick_gelu(values),
                Self::Gelu => gelu(values),
                Self::GeluTanh => gelu_tanh(values),
            }
        }
        Tensor::from_data(data, &device)
    }
}

/// `x · σ(1.702 x)`
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn quick_gelu(values: &mut [f32]) {
    for x in values {
        *x /= 1.0 + exp(-1.702 * *x);
    }
}

/// `x · Φ(x)`, with the error function as in Abramowitz and Stegun, *Handbook of Mathematical
/// Functions*, 7.1.26: right to 1.5e-7.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn gelu(values: &mut [f32]) {
    const P: f32 = 0.327_591_1;
    const A: [f32; 5] = [
        0.254_829_6,
        -0.284_496_72,
        1.421_413_8,
        -1.453_152,
        1.061_405_4,
    ];
    for x in values {
        let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
        let t = 1.0 / (1.0 + P * z);
        let sum = ((((A[4] * t + A[3]) * t + A[2]) * t + A[1]) * t + A[0]) * t;
        // Φ(−|x|): computed directly, for a difference of two large numbers would lose its digits.
        let below = 0.5 * sum * exp(-z * z);
        *x *= if *x < 0.0 { below } else { 1.0 - below };
    }
}

/// `x · σ(2√(2/π) (x + 0.044715 x³))`
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn gelu_tanh(values: &mut [f32]) {
    for x in values {
        let bent = *x * (1.0 + TANH_CUBE * *x * *x);
        *x /= 1.0 + exp(-TANH_SLOPE * bent);
    }
}

/// eˣ as in Moshier's Cephes library: x is n·ln 2 + r, and eʳ a polynomial.
#[inline(always)]
fn exp(x: f32) -> f32 {
    /// Added to a number it leaves the nearest integer in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    // Beyond these the result is too small or too large for an f32.
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * LN_2_HIGH - n * LN_2_LOW;
    let p = 1.987_569_2e-4 * r + 1.398_199_9e-3;
    let p = ((p * r + 8.333_452e-3) * r + 4.166_579_6e-2) * r + 1.666_666_5e-1;
    let p = (p * r + 0.5) * r * r + r + 1.0;
    p * f32::from_bits(shifted.to_bits().wrapping_add(127) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs() -> Vec<f32> {
        let near = (-4000..=4000).map(|i| i as f32 * 0.005);
        near.chain([-1e30, -200.0, -88.5, 88.5, 200.0, 1e30, 0.0, -0.0])
            .collect()
    }

    #[test]
    fn they_are_what_their_formulas_say() {
        let (mut quick, mut exact, mut tanh) = (inputs(), inputs(), inputs());
        quick_gelu(&mut quick);
        gelu(&mut exact);
        gelu_tanh(&mut tanh);
        for (i, x) in inputs().into_iter().enumerate() {
            let x = f64::from(x);
            let sigmoid = x / (1.0 + (-1.702 * x).exp());
            let scale = 1e-6 * x.abs().max(1.0);
            assert!(
                (f64::from(quick[i]) - sigmoid).abs() <= scale,
                "x {x}: {}",
                quick[i]
            );
            let z = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3));
            let by_tanh = 0.5 * x * (1.0 + z.tanh());
            assert!(
                (f64::from(tanh[i]) - by_tanh).abs() <= scale,
                "x {x}: {}",
                tanh[i]
            );
            // Burn's own, with the error function of the C library.
            let device = Device::flex();
            let burns = activation::gelu(Tensor::<1>::from_floats([x as f32], &device));
            let burns = f64::from(burns.into_scalar::<f32>());
            assert!(
                (f64::from(exact[i]) - burns).abs() <= scale,
                "x {x}: {}",
                exact[i]
            );
        }
    }

    #[test]
    fn nothing_depends_on_where_a_number_stands() {
        let values = inputs();
        for function in [quick_gelu, gelu, gelu_tanh] {
            let mut together = values.clone();
            function(&mut together);
            for (x, expected) in values.iter().zip(together) {
                let mut alone = [*x];
                function(&mut alone);
                assert_eq!(alone[0].to_bits(), expected.to_bits());
            }
        }
    }

    #[test]
    fn with_a_gradient_the_numbers_are_the_same() {
        let device = Device::flex();
        let input = Tensor::<1>::from_floats(inputs().as_slice(), &device).unsqueeze::<2>();
        for kind in [
            Activation::QuickGelu,
            Activation::Gelu,
            Activation::GeluTanh,
        ] {
            let plain = kind.apply(input.clone());
            let traced = kind.apply(input.clone().to_device(&device.clone().autodiff()));
            let difference = (traced.inner() - plain).abs() / input.clone().abs().clamp_min(1.0);
            assert!(difference.max().into_scalar::<f32>() <= 1e-6, "{kind:?}");
        }
    }
}
