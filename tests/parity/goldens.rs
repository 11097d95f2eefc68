//! Files of golden numbers, and how far from them a run may be.

use std::path::{Path, PathBuf};

use burn::tensor::{Device, Tensor, TensorData};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// A safetensors file of goldens.
pub struct Goldens(Vec<u8>);

impl Goldens {
    pub fn of(folder: &str) -> Self {
        Self::in_file(folder, "expected.safetensors")
    }

    pub fn in_file(folder: &str, file: &str) -> Self {
        Self(std::fs::read(fixtures().join(folder).join(file)).unwrap())
    }

    pub fn view<R>(&self, name: &str, read: impl FnOnce(TensorView<'_>) -> R) -> R {
        read(
            SafeTensors::deserialize(&self.0)
                .unwrap()
                .tensor(name)
                .unwrap(),
        )
    }

    pub fn shape(&self, name: &str) -> Vec<usize> {
        self.view(name, |view| view.shape().to_vec())
    }

    pub fn floats(&self, name: &str) -> Vec<f32> {
        self.view(name, |view| {
            assert_eq!(view.dtype(), Dtype::F32, "{name}");
            bytemuck::pod_collect_to_vec(view.data())
        })
    }

    pub fn bytes(&self, name: &str) -> Vec<u8> {
        self.view(name, |view| {
            assert_eq!(view.dtype(), Dtype::U8, "{name}");
            view.data().to_vec()
        })
    }

    pub fn ints(&self, name: &str) -> Vec<i32> {
        self.view(name, |view| {
            assert_eq!(view.dtype(), Dtype::I32, "{name}");
            bytemuck::pod_collect_to_vec(view.data())
        })
    }

    /// The rows of a `[rows, columns]` int32 tensor.
    pub fn id_rows(&self, name: &str) -> Vec<Vec<u32>> {
        let columns = self.shape(name)[1];
        self.view(name, |view| {
            assert_eq!(view.dtype(), Dtype::I32, "{name}");
            let ids: Vec<i32> = bytemuck::pod_collect_to_vec(view.data());
            let ids: Vec<u32> = ids.into_iter().map(|id| id.try_into().unwrap()).collect();
            ids.chunks_exact(columns).map(<[u32]>::to_vec).collect()
        })
    }

    pub fn tensor<const D: usize>(&self, name: &str, device: &Device) -> Tensor<D> {
        Tensor::from_data(TensorData::new(self.floats(name), self.shape(name)), device)
    }
}

/// Largest allowed absolute difference.
#[derive(Clone, Copy)]
pub struct Tolerance {
    pub hidden: f32,
    pub features: f32,
    pub embeds: f32,
    pub logits: f32,
    /// Relative, of the factor on cosines.
    pub scale: f32,
}

impl Tolerance {
    /// What a float32 run may differ from float64.
    pub const CPU: Self = Self {
        hidden: 1e-4,
        features: 1e-4,
        embeds: 1e-5,
        logits: 1e-3,
        scale: 1e-5,
    };

    pub fn times(self, factor: f32) -> Self {
        Self {
            hidden: self.hidden * factor,
            features: self.features * factor,
            embeds: self.embeds * factor,
            logits: self.logits * factor,
            scale: self.scale * factor,
        }
    }
}

pub fn floats<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().unwrap()
}

#[track_caller]
pub fn assert_close(what: &str, got: &[f32], want: &[f32], tolerance: f32) {
    assert_eq!(got.len(), want.len(), "{what}: number of values");
    let mut largest = 0.0_f32;
    for (got, want) in got.iter().zip(want) {
        let difference = (got - want).abs();
        assert!(difference.is_finite(), "{what}: {got} instead of {want}");
        largest = largest.max(difference);
    }
    println!("{what}: largest difference {largest:.1e} of {tolerance:.0e}");
    assert!(
        largest <= tolerance,
        "{what}: off by {largest}, allowed {tolerance}"
    );
}

/// Rows divided by their L2 norm.
pub fn normalised(features: &[f32], dim: usize) -> Vec<f32> {
    features
        .chunks_exact(dim)
        .flat_map(|row| {
            let norm = row.iter().map(|x| x * x).sum::<f32>().sqrt();
            row.iter().map(move |x| x / norm)
        })
        .collect()
}

pub fn picture(name: &str) -> image::RgbImage {
    image::open(fixtures().join("preprocess").join(name))
        .unwrap()
        .to_rgb8()
}
