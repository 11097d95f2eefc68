//! `preprocessor_config.json`, or `processor_config.json` as transformers writes it since version 5, or
//! the part of `open_clip_config.json` that says the same.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::domain::{OPEN_CLIP_CONFIG, PROCESSOR_CONFIG};
use crate::model::ModelError;
use crate::model::preprocess::resize::Filter;
use crate::model::preprocess::{Crop, Halves, Preprocess};

/// CLIP's, today's form and the old one with plain integers.
#[derive(Deserialize)]
struct CentreConfig {
    size: Size,
    crop_size: Size,
    #[serde(default = "default_rescale_factor")]
    rescale_factor: f32,
    image_mean: [f32; 3],
    image_std: [f32; 3],
    #[serde(default = "default_resample")]
    resample: u32,
}

/// SigLIP's; what is left out is as transformers' class has it.
#[derive(Deserialize)]
#[serde(default)]
struct WholeConfig {
    size: Size,
    rescale_factor: f32,
    image_mean: [f32; 3],
    image_std: [f32; 3],
    resample: u32,
}

impl Default for WholeConfig {
    fn default() -> Self {
        Self {
            size: Size::Edge(224),
            rescale_factor: default_rescale_factor(),
            image_mean: [0.5; 3],
            image_std: [0.5; 3],
            resample: BICUBIC,
        }
    }
}

/// open_clip's `preprocess_cfg`; what is left out is as its library has it.
#[derive(Deserialize)]
#[serde(default)]
struct OpenClipConfig {
    mean: [f32; 3],
    std: [f32; 3],
    interpolation: String,
    resize_mode: String,
}

impl Default for OpenClipConfig {
    fn default() -> Self {
        Self {
            // CLIP's own.
            mean: [0.481_454_66, 0.457_827_5, 0.408_210_73],
            std: [0.268_629_54, 0.261_302_6, 0.275_777_1],
            interpolation: "bicubic".to_owned(),
            resize_mode: "shortest".to_owned(),
        }
    }
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

/// Pillow's numbers.
const BILINEAR: u32 = 2;
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
    /// CLIP's: the middle of the image, for a model that takes `image_size` pixels square.
    ///
    /// # Errors
    /// [`ModelError::Config`] naming the file and what is wrong in it.
    pub fn from_json(json: &[u8], image_size: usize) -> Result<Self, ModelError> {
        let (file, parsed) = parse::<CentreConfig>(json);
        let invalid = |reason: String| ModelError::Config { file, reason };
        let config = parsed.map_err(|error| invalid(error.to_string()))?;
        let (Some(short_edge), Some(crop)) = (config.size.edge(), config.crop_size.edge()) else {
            return Err(invalid("the image size is not square".into()));
        };
        if crop as usize != image_size || short_edge < crop {
            return Err(invalid(format!(
                "resize to {short_edge} and crop to {crop} do not give the model's {image_size} pixels"
            )));
        }
        Self {
            crop: Crop::Centre {
                short_edge,
                halves: Halves::Down,
            },
            is_tiled: false,
            size: crop,
            filter: filter(config.resample).map_err(invalid)?,
            rescale: config.rescale_factor,
            mean: config.image_mean,
            std: config.image_std,
        }
        .checked()
        .map_err(invalid)
    }

    /// SigLIP's: all of the image, for a model that takes `image_size` pixels square.
    ///
    /// # Errors
    /// [`ModelError::Config`] naming the file and what is wrong in it.
    pub fn whole_frame(json: &[u8], image_size: usize) -> Result<Self, ModelError> {
        let (file, parsed) = parse::<WholeConfig>(json);
        let invalid = |reason: String| ModelError::Config { file, reason };
        let config = parsed.map_err(|error| invalid(error.to_string()))?;
        let Some(size) = config
            .size
            .edge()
            .filter(|&edge| edge as usize == image_size)
        else {
            return Err(invalid(format!(
                "the size is not the model's {image_size} pixels square"
            )));
        };
        Self {
            crop: Crop::Whole,
            is_tiled: false,
            size,
            filter: filter(config.resample).map_err(invalid)?,
            rescale: config.rescale_factor,
            mean: config.image_mean,
            std: config.image_std,
        }
        .checked()
        .map_err(invalid)
    }

    /// open_clip's, for a model that takes `image_size` pixels square.
    ///
    /// # Errors
    /// [`ModelError::Config`] naming what is wrong in the file.
    pub fn open_clip(json: &[u8], image_size: usize) -> Result<Self, ModelError> {
        #[derive(Deserialize)]
        struct Whole {
            #[serde(default)]
            preprocess_cfg: OpenClipConfig,
        }
        let invalid = |reason: String| ModelError::Config {
            file: OPEN_CLIP_CONFIG,
            reason,
        };
        let whole: Whole =
            serde_json::from_slice(json).map_err(|error| invalid(error.to_string()))?;
        let config = whole.preprocess_cfg;
        let size = u32::try_from(image_size).unwrap_or(u32::MAX);
        let crop = match config.resize_mode.as_str() {
            "shortest" => Crop::Centre {
                short_edge: size,
                halves: Halves::ToEven,
            },
            "squash" => Crop::Whole,
            other => {
                return Err(invalid(format!(
                    "resize_mode {other:?} is not supported, only \"shortest\" and \"squash\" are"
                )));
            }
        };
        let filter = match config.interpolation.as_str() {
            "bicubic" => Filter::Bicubic,
            "bilinear" => Filter::Bilinear,
            other => {
                return Err(invalid(format!(
                    "interpolation {other:?} is not supported, only \"bicubic\" and \"bilinear\" are"
                )));
            }
        };
        Self {
            crop,
            is_tiled: false,
            size,
            filter,
            rescale: default_rescale_factor(),
            mean: config.mean,
            std: config.std,
        }
        .checked()
        .map_err(invalid)
    }

    fn checked(self) -> Result<Self, String> {
        if self.std.iter().any(|&std| std <= 0.0) {
            return Err("image_std must be positive".into());
        }
        Ok(self)
    }
}

fn filter(resample: u32) -> Result<Filter, String> {
    match resample {
        BILINEAR => Ok(Filter::Bilinear),
        BICUBIC => Ok(Filter::Bicubic),
        other => Err(format!(
            "resample {other} is not supported, only {BILINEAR} (bilinear) and {BICUBIC} (bicubic) are"
        )),
    }
}

/// The config in a file, which is the newer one where the config lies below a name.
fn parse<T: DeserializeOwned>(json: &[u8]) -> (&'static str, serde_json::Result<T>) {
    #[derive(Deserialize)]
    struct ProcessorConfig {
        image_processor: serde_json::Value,
    }
    match serde_json::from_slice::<ProcessorConfig>(json) {
        Ok(processor) => (
            PROCESSOR_CONFIG,
            serde_json::from_value(processor.image_processor),
        ),
        Err(_) => ("preprocessor_config.json", serde_json::from_slice(json)),
    }
}
