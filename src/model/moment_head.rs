//! The moment head: from a saliency curve to one probability per clip.
//!
//! What the head sees is the saliency min–max normalised *within its video*: this is worth ten
//! points of R1@0.5 over the calibrated value. A window of `k` neighbouring
//! clips goes through `h` hidden units to one logit; the borders repeat the edge clip.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::{Device, Tensor, TensorData};
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};

use crate::domain::SaliencyCurve;
use crate::model::parameter::{parameter, to_vec};

/// Which of the two heads of 91 parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HeadKind {
    /// Every clip by itself, as in the paper: k = 1, h = 30.
    Frame,
    /// Seven clips, a receptive field of 14 seconds: k = 7, h = 10.
    Window,
}

/// Sizes of a [`MomentHead`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MomentHeadConfig {
    /// Clips that one logit sees; odd.
    pub k: usize,
    /// Hidden units.
    pub h: usize,
}

impl HeadKind {
    pub fn config(self) -> MomentHeadConfig {
        match self {
            Self::Frame => MomentHeadConfig { k: 1, h: 30 },
            Self::Window => MomentHeadConfig { k: 7, h: 10 },
        }
    }
}

/// The same in every process, so that an optimiser's state written by one fits the module of the
/// next.
const PARAM_IDS: [u64; 4] = [0x4ead_0001, 0x4ead_0002, 0x4ead_0003, 0x4ead_0004];

impl MomentHeadConfig {
    /// Uniform in ±1/√fan-in, the same numbers for the same seed on every device.
    pub fn init(self, seed: u64, device: &Device) -> MomentHead {
        let mut rng = Pcg64Mcg::seed_from_u64(seed);
        let mut uniform = |n: usize, fan_in: usize| -> Vec<f32> {
            let bound = (fan_in as f32).sqrt().recip();
            (0..n)
                .map(|_| rng.random_range(-1.0..1.0) * bound)
                .collect()
        };
        let weights = HeadWeights {
            config: self,
            hidden_weight: uniform(self.k * self.h, self.k),
            hidden_bias: uniform(self.h, self.k),
            output_weight: uniform(self.h, self.h),
            output_bias: uniform(1, self.h),
        };
        MomentHead::from_weights(&weights, device)
    }
}

/// The numbers of a [`MomentHead`], row-major, away from any device.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadWeights {
    pub config: MomentHeadConfig,
    /// `[k, h]`
    pub hidden_weight: Vec<f32>,
    /// `[h]`
    pub hidden_bias: Vec<f32>,
    /// `[h, 1]`
    pub output_weight: Vec<f32>,
    /// `[1]`
    pub output_bias: Vec<f32>,
}

impl HeadWeights {
    /// [`MomentHead::probabilities`] on the CPU, for callers that know nothing of devices.
    pub fn probabilities(&self, curve: &SaliencyCurve) -> SaliencyCurve {
        MomentHead::from_weights(self, &Device::flex()).probabilities(curve)
    }
}

/// `k` clips → `h` hidden units → one logit: `k·h + h + h + 1` parameters.
#[derive(Module, Debug)]
pub struct MomentHead {
    hidden: Linear,
    output: Linear,
    #[module(skip)]
    k: usize,
}

impl MomentHead {
    /// # Panics
    /// When a buffer is not of the size that `weights.config` says; readers of files check that.
    pub fn from_weights(weights: &HeadWeights, device: &Device) -> Self {
        let MomentHeadConfig { k, h } = weights.config;
        Self {
            hidden: Linear {
                weight: parameter(PARAM_IDS[0], &weights.hidden_weight, [k, h], device),
                bias: Some(parameter(PARAM_IDS[1], &weights.hidden_bias, [h], device)),
            },
            output: Linear {
                weight: parameter(PARAM_IDS[2], &weights.output_weight, [h, 1], device),
                bias: Some(parameter(PARAM_IDS[3], &weights.output_bias, [1], device)),
            },
            k,
        }
    }

    /// Reads the numbers back from the device.
    pub fn weights(&self) -> HeadWeights {
        let bias = |layer: &Linear| {
            layer
                .bias
                .as_ref()
                .map(|bias| to_vec(bias.val()))
                .unwrap_or_default()
        };
        HeadWeights {
            config: self.config(),
            hidden_weight: to_vec(self.hidden.weight.val()),
            hidden_bias: bias(&self.hidden),
            output_weight: to_vec(self.output.weight.val()),
            output_bias: bias(&self.output),
        }
    }

    pub fn config(&self) -> MomentHeadConfig {
        let [k, h] = self.hidden.weight.dims();
        MomentHeadConfig { k, h }
    }

    /// Counted from the module.
    pub fn n_parameters(&self) -> usize {
        self.num_params()
    }

    /// Logits of windows as [`windows`] makes them.
    ///
    /// # Shapes
    /// - windows: `[n, k]`
    /// - output: `[n]`
    pub fn forward(&self, windows: Tensor<2>) -> Tensor<1> {
        let hidden = relu(self.hidden.forward(windows)); // [n, h]
        self.output.forward(hidden).squeeze_dim(1)
    }

    /// Probability per clip `[n_clips]` from a saliency curve on any scale; moments are the runs
    /// of it at or above 0.5.
    pub fn probabilities(&self, curve: &SaliencyCurve) -> SaliencyCurve {
        if curve.n_clips() == 0 {
            return SaliencyCurve::default();
        }
        let seen = TensorData::new(windows(curve, self.k), [curve.n_clips(), self.k]);
        let seen = Tensor::<2>::from_data(seen, &self.hidden.weight.device());
        SaliencyCurve::new(to_vec(sigmoid(self.forward(seen))))
    }
}

/// What the head sees of a curve: `[n_clips, k]`, row-major. It is min–max normalised within the
/// video; beyond the borders the edge clips are repeated.
pub fn windows(curve: &SaliencyCurve, k: usize) -> Vec<f32> {
    let normalised = curve.min_max_normalised();
    let values = normalised.values();
    let last = values.len().saturating_sub(1);
    let reach = k / 2;
    (0..values.len())
        .flat_map(|clip| (clip..clip + k).map(move |i| values[i.saturating_sub(reach).min(last)]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computes `saliency + 0.1·(right neighbour) − 0.5` with one hidden unit.
    fn looks_to_the_right() -> MomentHead {
        let weights = HeadWeights {
            config: MomentHeadConfig { k: 3, h: 1 },
            hidden_weight: vec![0.0, 1.0, 0.1],
            hidden_bias: vec![0.0],
            output_weight: vec![1.0],
            output_bias: vec![-0.5],
        };
        MomentHead::from_weights(&weights, &Device::flex())
    }

    #[test]
    fn both_heads_have_91_parameters() {
        for kind in [HeadKind::Frame, HeadKind::Window] {
            let head = kind.config().init(1, &Device::flex());
            assert_eq!(head.n_parameters(), 91);
        }
    }

    #[test]
    fn borders_repeat_the_edge_clip() {
        let curve = SaliencyCurve::new(vec![0.0, 1.0, 0.5]);
        let probabilities = looks_to_the_right().probabilities(&curve);
        for (probability, logit) in probabilities.values().iter().zip([-0.4_f32, 0.55, 0.05]) {
            let expected = 1.0 / (1.0 + (-logit).exp());
            assert!((probability - expected).abs() < 1e-6, "{probability}");
        }
        assert_eq!(
            windows(&curve, 5),
            [
                [0.0, 0.0, 0.0, 1.0, 0.5],
                [0.0, 0.0, 1.0, 0.5, 0.5],
                [0.0, 1.0, 0.5, 0.5, 0.5],
            ]
            .concat()
        );
    }

    #[test]
    fn moving_or_stretching_a_curve_changes_nothing() {
        let head = HeadKind::Window.config().init(3, &Device::flex());
        let curve = SaliencyCurve::new(vec![0.2, 0.25, 0.3, 0.21, 0.22]);
        let moved = head.probabilities(&curve.calibrated(4.0, -1.0));
        for (a, b) in head
            .probabilities(&curve)
            .values()
            .iter()
            .zip(moved.values())
        {
            assert!((a - b).abs() < 1e-5);
        }
    }

    #[test]
    fn short_and_empty_curves_are_fine() {
        let head = HeadKind::Window.config().init(3, &Device::flex());
        assert_eq!(head.probabilities(&SaliencyCurve::default()).n_clips(), 0);
        assert_eq!(
            head.probabilities(&SaliencyCurve::new(vec![0.3])).n_clips(),
            1
        );
    }

    #[test]
    fn weights_survive_the_device() {
        let head = HeadKind::Window.config().init(9, &Device::flex());
        let copy = MomentHead::from_weights(&head.weights(), &Device::flex());
        assert_eq!(copy.weights(), head.weights());
    }
}
