//! Files of detectors: what their makers publish, and ours.
//!
//! | File | Holds |
//! |---|---|
//! | `.ckpt` of Moment-DETR, QD-DETR and Lighthouse | a pickle with `model`, `opt`, the state of the optimiser |
//! | `.pth` of UMT (nncore) | a pickle with `meta`, `state_dict`, the state of the optimiser |
//! | `.safetensors` | the same tensors; ours with an entry `vcl_detector` that says what it was trained on |
//!
//! Only the tensors are read, and of the options the number of heads, which no shape tells. Which
//! kind of file it is its first bytes say, not its name.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use burn::tensor::DType;
use half::{bf16, f16};
use serde::{Deserialize, Serialize};

use crate::model::detector::pickle::{Pickle, StoredView};
use crate::model::detector::weights::{Array, Weights};
use crate::model::encoder::{Checkpoint, WeightFile};
use crate::model::tensor_file::{self, NamedTensor};
use crate::model::{BaseModel, DetectorError};

/// The metadata entry of our own files.
const ENTRY: &str = "vcl_detector";

const FORMAT_VERSION: u32 = 1;

/// What all published detectors have.
const USUAL_HEADS: usize = 8;

/// Where the dictionaries of published files have their tensors.
const DICTIONARIES: [&str; 3] = ["model", "state_dict", "model_state_dict"];

/// What a network that was trained on several devices puts before every name.
const PARALLEL: &str = "module.";

/// More than any detector has.
const MAX_PARAMETERS: usize = 1 << 28;

/// The networks that can be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DetectorKind {
    MomentDetr,
    QdDetr,
    Umt,
    #[serde(rename = "univtg")]
    UniVtg,
}

/// Networks that are told apart from others by a tensor that only they have.
const OTHERS: [(&str, &str); 6] = [
    ("dummy_rep_token", "CG-DETR"),
    ("query_embed.event", "EaTR"),
    ("transformer.cls_token", "UVCOM"),
    ("VTE.", "TR-DETR"),
    ("vid_proj.", "R2-Tuning"),
    ("text_model.", "a CLIP, not a moment detector"),
];

impl DetectorKind {
    /// As people write it.
    pub fn title(self) -> &'static str {
        match self {
            Self::MomentDetr => "Moment-DETR",
            Self::QdDetr => "QD-DETR",
            Self::Umt => "UMT",
            Self::UniVtg => "UniVTG",
        }
    }

    /// By the tensors that only this kind has.
    fn of(weights: &Weights) -> Result<Self, DetectorError> {
        let has_any = |start: &str| weights.0.keys().any(|name| name.starts_with(start));
        if let Some((_, name)) = OTHERS.iter().find(|(start, _)| has_any(start)) {
            return Err(DetectorError::OtherKind(name));
        }
        if has_any("video_enc.") && has_any("query_dec.") {
            Ok(Self::Umt)
        } else if weights.has("global_rep_token") && has_any("transformer.t2v_encoder.") {
            Ok(Self::QdDetr)
        } else if weights.has("weightedpool.weight") && weights.has("token_type_embeddings.weight")
        {
            Ok(Self::UniVtg)
        } else if has_any("query_embed.") && has_any("input_vid_proj.") {
            Ok(Self::MomentDetr)
        } else {
            Err(DetectorError::NotADetector)
        }
    }
}

/// What a detector that was trained here says of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DetectorMetadata {
    format_version: u32,
    pub kind: DetectorKind,
    pub n_heads: usize,
    /// Whose features it was trained on; `None` for features from files.
    #[serde(default)]
    pub base_model: Option<BaseModel>,
    /// Width of each kind of video features, in the order in which they are put side by side.
    pub feature_widths: Vec<usize>,
    #[serde(default)]
    pub training: DetectorTraining,
}

/// How it came about, for people.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DetectorTraining {
    pub n_queries: usize,
    pub n_videos: usize,
    pub n_epochs: usize,
    pub seed: u64,
    /// On the queries that were kept for checking, by name.
    #[serde(default)]
    pub checked: BTreeMap<String, f64>,
}

impl DetectorMetadata {
    pub fn new(kind: DetectorKind, n_heads: usize, feature_widths: Vec<usize>) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            kind,
            n_heads,
            base_model: None,
            feature_widths,
            training: DetectorTraining::default(),
        }
    }
}

/// A detector as it is in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct DetectorFile {
    pub kind: DetectorKind,
    pub n_heads: usize,
    pub weights: Weights,
    /// Of our own files.
    pub metadata: Option<DetectorMetadata>,
}

impl DetectorFile {
    /// # Errors
    /// [`DetectorError`], which names the file.
    pub fn read(path: &Path) -> Result<Self, DetectorError> {
        let at = |cause: DetectorError| DetectorError::At {
            path: path.to_owned(),
            cause: Box::new(cause),
        };
        let mut first = [0; 2];
        let metadata = std::fs::metadata(path);
        let opened = match metadata {
            // Reading a pipe might never end.
            Ok(metadata) if !metadata.is_file() => {
                Err(std::io::Error::other("it is not an ordinary file"))
            }
            Ok(_) => File::open(path).and_then(|mut file| file.read_exact(&mut first)),
            Err(error) => Err(error),
        };
        opened.map_err(|cause| at(DetectorError::Io(cause)))?;
        let read = match &first {
            b"PK" => Self::of_pickle(path),
            _ => Self::of_safetensors(path),
        };
        let file = read.map_err(at)?;
        file.check().map_err(at)?;
        Ok(file)
    }

    fn of_pickle(path: &Path) -> Result<Self, DetectorError> {
        let mut pickle = Pickle::open(path).map_err(DetectorError::Damaged)?;
        let views = |tensors: Vec<(&str, &StoredView)>| -> Vec<(String, StoredView)> {
            let tensors = tensors.into_iter();
            tensors
                .map(|(name, view)| (name.to_owned(), view.clone()))
                .collect()
        };
        let under = DICTIONARIES
            .iter()
            .find_map(|key| pickle.tensors_under(key));
        let tensors = views(under.unwrap_or_else(|| pickle.tensors()));
        let n_heads = pickle.option("nheads");
        let mut weights = Weights::default();
        let mut n_in_all = 0;
        for (name, view) in tensors {
            let bytes = pickle.read(&view);
            let values = bytes.and_then(|bytes| floats(view.dtype, &bytes));
            let values = values
                .map_err(|reason| DetectorError::Damaged(format!("tensor {name}: {reason}")))?;
            n_in_all += values.len();
            check_number(n_in_all)?;
            let shape = view.shape.clone();
            weights.0.insert(name, Array { shape, values });
        }
        Self::of_weights(
            weights,
            n_heads.map(|n| usize::try_from(n).unwrap_or(0)),
            None,
        )
    }

    fn of_safetensors(path: &Path) -> Result<Self, DetectorError> {
        let entries = header_metadata(path)?;
        let metadata = match entries.get(ENTRY) {
            Some(json) => Some(parse(json)?),
            None => None,
        };
        let stated = entries.get("nheads").and_then(|n| n.parse().ok());
        let checkpoint = Checkpoint::open(&WeightFile::Safetensors(PathBuf::from(path)))
            .map_err(|error| DetectorError::Damaged(plain_reason(path, &error.to_string())))?;
        let mut weights = Weights::default();
        let mut n_in_all = 0;
        for name in checkpoint.names() {
            let Some(stored) = checkpoint.get(name) else {
                continue;
            };
            n_in_all += stored.shape.iter().product::<usize>();
            check_number(n_in_all)?;
            let values = stored
                .read()
                .map_err(|reason| DetectorError::Damaged(format!("tensor {name} {reason}")))?;
            let shape = stored.shape.clone();
            weights.0.insert(name.to_owned(), Array { shape, values });
        }
        Self::of_weights(weights, stated, metadata)
    }

    fn of_weights(
        weights: Weights,
        n_heads: Option<usize>,
        metadata: Option<DetectorMetadata>,
    ) -> Result<Self, DetectorError> {
        let is_parallel =
            !weights.0.is_empty() && weights.0.keys().all(|name| name.starts_with(PARALLEL));
        let weights = match is_parallel {
            false => weights,
            true => {
                let arrays = weights.0.into_iter();
                Weights(
                    arrays
                        .map(|(name, a)| (name[PARALLEL.len()..].to_owned(), a))
                        .collect(),
                )
            }
        };
        let stated = metadata
            .as_ref()
            .map(|metadata| metadata.n_heads)
            .or(n_heads);
        Ok(Self {
            kind: DetectorKind::of(&weights)?,
            n_heads: stated.unwrap_or(USUAL_HEADS),
            weights,
            metadata,
        })
    }

    /// Numbers that are no numbers would make moments of nothing.
    fn check(&self) -> Result<(), DetectorError> {
        let mut arrays = self.weights.0.iter();
        let broken = arrays.find(|(_, array)| !array.values.iter().all(|value| value.is_finite()));
        match broken {
            None => Ok(()),
            Some((name, _)) => Err(DetectorError::Damaged(format!(
                "tensor {name} holds values that are not numbers"
            ))),
        }
    }

    /// The bytes of a safetensors file with these tensors.
    ///
    /// # Errors
    /// [`DetectorError::Damaged`] where the tensors do not fit their shapes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, DetectorError> {
        let widths = || vec![0; 0];
        let metadata = self.metadata.clone();
        let metadata =
            metadata.unwrap_or_else(|| DetectorMetadata::new(self.kind, self.n_heads, widths()));
        let json = serde_json::to_string(&metadata)
            .map_err(|error| DetectorError::Damaged(error.to_string()))?;
        let tensors = self.weights.0.iter();
        let tensors: Vec<_> = tensors
            .map(|(name, array)| NamedTensor::new(name, &array.shape, &array.values))
            .collect();
        tensor_file::to_bytes(ENTRY, json, &tensors)
            .map_err(|error| DetectorError::Damaged(error.to_string()))
    }
}

fn check_number(n_parameters: usize) -> Result<(), DetectorError> {
    if n_parameters <= MAX_PARAMETERS {
        return Ok(());
    }
    Err(DetectorError::Damaged(format!(
        "it has more than {MAX_PARAMETERS} numbers, so it is no moment detector"
    )))
}

fn parse(json: &str) -> Result<DetectorMetadata, DetectorError> {
    let metadata: DetectorMetadata = serde_json::from_str(json)
        .map_err(|error| DetectorError::Damaged(format!("its metadata: {error}")))?;
    if metadata.format_version != FORMAT_VERSION {
        return Err(DetectorError::Damaged(format!(
            "it has format {}, this program knows {FORMAT_VERSION}",
            metadata.format_version
        )));
    }
    Ok(metadata)
}

/// The file is named by whoever reports the error.
fn plain_reason(path: &Path, error: &str) -> String {
    let prefix = format!("{}: ", path.display());
    error
        .split_once(&prefix)
        .map_or(error, |(_, reason)| reason)
        .to_owned()
}

/// The texts in the header of a safetensors file; none where that cannot be read, which whoever
/// reads the tensors will tell.
fn header_metadata(path: &Path) -> Result<BTreeMap<String, String>, DetectorError> {
    const MAX_BYTES: u64 = 16 << 20;
    #[derive(Deserialize)]
    struct Header {
        #[serde(rename = "__metadata__", default)]
        metadata: BTreeMap<String, String>,
    }
    let mut file = File::open(path)?;
    let mut length = [0; 8];
    if file.read_exact(&mut length).is_err() {
        return Ok(BTreeMap::new());
    }
    let length = u64::from_le_bytes(length).min(MAX_BYTES);
    let mut header = Vec::new();
    file.take(length).read_to_end(&mut header)?;
    let header = serde_json::from_slice::<Header>(&header);
    Ok(header.map(|header| header.metadata).unwrap_or_default())
}

fn floats(dtype: DType, bytes: &[u8]) -> Result<Vec<f32>, String> {
    fn each<const N: usize>(bytes: &[u8], one: impl Fn([u8; N]) -> f32) -> Vec<f32> {
        let (values, _) = bytes.as_chunks::<N>();
        values.iter().map(|value| one(*value)).collect()
    }
    Ok(match dtype {
        DType::F32 => each(bytes, f32::from_le_bytes),
        DType::F64 => each(bytes, |value| f64::from_le_bytes(value) as f32),
        DType::F16 => each(bytes, |value| f16::from_le_bytes(value).to_f32()),
        DType::BF16 => each(bytes, |value| bf16::from_le_bytes(value).to_f32()),
        other => return Err(format!("it holds {other:?}, not floats")),
    })
}
