//! Cutting an image into square patches.

use burn::module::{Initializer, Module, Param};
use burn::tensor::{Device, Tensor};

/// A convolution whose stride is its kernel; its tensors have the names and shapes of one.
#[derive(Module, Debug)]
pub struct PatchProjection {
    /// `[width, 3, patch, patch]`
    weight: Param<Tensor<4>>,
    /// `[width]`
    bias: Option<Param<Tensor<1>>>,
}

impl PatchProjection {
    /// With random weights.
    pub fn init(width: usize, patch: usize, has_bias: bool, device: &Device) -> Self {
        let small = Initializer::Normal {
            mean: 0.0,
            std: 0.02,
        };
        Self {
            weight: small.init([width, 3, patch, patch], device),
            bias: has_bias.then(|| Initializer::Zeros.init([width], device)),
        }
    }

    /// One matrix product over unfolded patches.
    ///
    /// # Shapes
    /// - pixels: `[batch, 3, size, size]`
    /// - output: `[batch, patches, width]`, row after row
    pub fn forward(&self, pixels: Tensor<4>) -> Tensor<3> {
        let weight = self.weight.val();
        let [width, channels, patch, _] = weight.dims();
        let [batch, _, size, _] = pixels.dims();
        let side = size / patch;
        let row = channels * patch * patch;
        let unfolded = pixels
            .reshape([batch, channels, side, patch, side, patch])
            .permute([0, 2, 4, 1, 3, 5]) // [batch, side, side, channels, patch, patch]
            .reshape([batch * side * side, row]);
        let mut patches = unfolded.matmul(weight.reshape([width, row]).transpose());
        if let Some(bias) = &self.bias {
            patches = patches + bias.val().unsqueeze();
        }
        patches.reshape([batch, side * side, width])
    }
}
