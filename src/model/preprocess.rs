//! CLIP's image preprocessing, byte for byte as Pillow and transformers do it.
//!
//! Resize the short side bicubic with antialiasing, centre crop, scale to `0..=1`, normalise with
//! the model's mean and deviation. Everything is read from `preprocessor_config.json`, or from
//! `processor_config.json` as transformers writes it since version 5.

mod resize;

use image::RgbImage;
use serde::Deserialize;

use crate::domain::PROCESSOR_CONFIG;
use crate::model::ModelError;
use resize::resize_window;

/// A preprocessed image, `[3, size, size]`, ready for the image encoder.
#[derive(Clone, Debug, PartialEq)]
pub struct Pixels {
    pub size: usize,
    pub values: Vec<f32>,
}

/// How a model wants its images.
#[derive(Clone, Debug, PartialEq)]
pub struct Preprocess {
    short_edge: u32,
    crop: u32,
    rescale: f32,
    mean: [f32; 3],
    std: [f32; 3],
}

/// `preprocessor_config.json`, today's form and the old one with plain integers.
#[derive(Deserialize)]
struct PreprocessorConfig {
    size: Size,
    crop_size: Size,
    #[serde(default = "default_rescale_factor")]
    rescale_factor: f32,
    image_mean: [f32; 3],
    image_std: [f32; 3],
    #[serde(default = "default_resample")]
    resample: u32,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(untagged)]
enum Size {
    Edge(u32),
    ShortestEdge { shortest_edge: u32 },
    Rectangle { height: u32, width: u32 },
}

fn default_rescale_factor() -> f32 {
    1.0 / 255.0
}

/// Pillow's number for bicubic.
const BICUBIC: u32 = 3;

fn default_resample() -> u32 {
    BICUBIC
}

impl Size {
    fn edge(self) -> Option<u32> {
        match self {
            Size::Edge(edge)
            | Size::ShortestEdge {
                shortest_edge: edge,
            } => Some(edge),
            Size::Rectangle { height, width } => (height == width).then_some(height),
        }
    }
}

impl Preprocess {
    /// Reads `preprocessor_config.json` or `processor_config.json` for a model that takes
    /// `image_size` pixels square.
    ///
    /// # Errors
    /// [`ModelError::Config`] naming the file and what is wrong in it.
    pub fn from_json(json: &[u8], image_size: usize) -> Result<Self, ModelError> {
        /// `processor_config.json`: the same object, below a name.
        #[derive(Deserialize)]
        struct ProcessorConfig {
            image_processor: serde_json::Value,
        }
        let (file, parsed) = match serde_json::from_slice::<ProcessorConfig>(json) {
            Ok(processor) => (
                PROCESSOR_CONFIG,
                serde_json::from_value(processor.image_processor),
            ),
            Err(_) => ("preprocessor_config.json", serde_json::from_slice(json)),
        };
        let invalid = |reason: String| ModelError::Config { file, reason };
        let config: PreprocessorConfig = parsed.map_err(|error| invalid(error.to_string()))?;
        let (Some(short_edge), Some(crop)) = (config.size.edge(), config.crop_size.edge()) else {
            return Err(invalid("the image size is not square".into()));
        };
        if crop as usize != image_size || short_edge < crop {
            return Err(invalid(format!(
                "resize to {short_edge} and crop to {crop} do not give the model's {image_size} pixels"
            )));
        }
        if config.resample != BICUBIC {
            return Err(invalid(format!(
                "resample {} is not supported, only {BICUBIC} (bicubic) is",
                config.resample
            )));
        }
        if config.image_std.iter().any(|&std| std <= 0.0) {
            return Err(invalid("image_std must be positive".into()));
        }
        Ok(Self {
            short_edge,
            crop,
            rescale: config.rescale_factor,
            mean: config.image_mean,
            std: config.image_std,
        })
    }

    /// An image of any size, as the encoder takes it.
    pub fn apply(&self, image: &RgbImage) -> Pixels {
        self.normalise(&self.resize_and_crop(image))
    }

    /// The bytes after resize and centre crop, `[size, size, 3]`.
    pub fn resize_and_crop(&self, image: &RgbImage) -> RgbImage {
        let (width, height) = image.dimensions();
        let (resized_width, resized_height) = self.resized(width, height);
        let left = (resized_width - self.crop) / 2;
        let top = (resized_height - self.crop) / 2;
        resize_window(
            image,
            (resized_width, resized_height),
            (left, top),
            self.crop,
        )
    }

    /// Short edge to the wanted size; the long edge is cut off, not rounded, as transformers does.
    fn resized(&self, width: u32, height: u32) -> (u32, u32) {
        let long_edge = |long: u32, short: u32| {
            let edge = u64::from(self.short_edge) * u64::from(long) / u64::from(short.max(1));
            u32::try_from(edge).unwrap_or(u32::MAX)
        };
        if width <= height {
            (self.short_edge, long_edge(height, width))
        } else {
            (long_edge(width, height), self.short_edge)
        }
    }

    fn normalise(&self, image: &RgbImage) -> Pixels {
        let size = self.crop as usize;
        let plane = size * size;
        let mut values = vec![0.0; 3 * plane];
        for channel in 0..3 {
            let (mean, std) = (self.mean[channel], self.std[channel]);
            // 256 levels: a table keeps the division out of the loop and equals it exactly.
            let level: Vec<f32> = (0..=255u8)
                .map(|byte| (f32::from(byte) * self.rescale - mean) / std)
                .collect();
            let bytes = image.as_raw().iter().skip(channel).step_by(3);
            let row = &mut values[channel * plane..(channel + 1) * plane];
            for (value, &byte) in row.iter_mut().zip(bytes) {
                *value = level[usize::from(byte)];
            }
        }
        Pixels { size, values }
    }
}
