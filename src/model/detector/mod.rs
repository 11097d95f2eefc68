//! Networks that were trained to find moments: Moment-DETR, QD-DETR, UMT and UniVTG.
//!
//! They take what an index has anyway, one feature vector for each clip, and the states of the
//! query's words. A [`DetectorFile`] holds the numbers, a [`MomentDetector`] is ready to be asked;
//! what it says of a video is a [`Detected`]. Sizes come from the shapes of the tensors. Features
//! and results cross the border as plain numbers, so tensors stay inside.
//!
//! The folder is one file for each network; what they share is in `layers`, and in `detr` what
//! Moment-DETR and QD-DETR alone do.

mod batch;
mod detr;
mod error;
mod features;
mod file;
mod layers;
mod moment_detr;
mod pickle;
mod proposals;
mod qd_detr;
mod umt;
mod univtg;
mod weights;

use std::fmt;
use std::path::Path;

use burn::tensor::Tensor;

use crate::model::device::ComputeDevice;
use crate::model::parameter::try_to_vec;
use crate::model::{BaseModel, ModelError};

pub use batch::{Batch, DetectorInput, DetrMoments, DetrOutput, Rows};
pub use error::DetectorError;
pub use features::{side_by_side, video_features, word_features};
pub use file::{DetectorFile, DetectorKind, DetectorMetadata, DetectorTraining};
pub use layers::{Dropout, seed_dropout};
pub use moment_detr::MomentDetr;
pub use proposals::{Detected, Proposal, detr_proposals};
pub use qd_detr::QdDetr;
pub use weights::{Array, Leaves, Weights};

use proposals::{umt_proposals, univtg_detected};
use umt::Umt;
use univtg::UniVtg;

/// Clips that a network of the DETR kind was trained on at most: 150 seconds.
pub const MOST_CLIPS: usize = 75;

/// Word pieces that are read, special tokens included.
pub const MOST_WORDS: usize = 32;

/// The two columns that say where in the video a clip begins and ends.
pub const N_TIME_COLUMNS: usize = 2;

/// What a detector is, for people and for checks.
#[derive(Clone, Debug, PartialEq)]
pub struct DetectorInfo {
    pub kind: DetectorKind,
    /// Numbers of a clip's features, without the time columns.
    pub video_width: usize,
    /// Numbers of a word piece's state.
    pub text_width: usize,
    /// Numbers of a clip's sound, for those that listen.
    pub audio_width: Option<usize>,
    /// Width of the network.
    pub width: usize,
    pub n_heads: usize,
    /// Moments that it proposes for a video; `None` where that is one for each clip.
    pub n_queries: Option<usize>,
    pub n_parameters: usize,
    /// blake3 over its tensors, hexadecimal.
    pub hash: String,
    /// Of a detector that was trained here.
    pub metadata: Option<DetectorMetadata>,
}

impl DetectorInfo {
    /// The model whose features it was trained on, where the file says so.
    pub fn base_model(&self) -> Option<&BaseModel> {
        self.metadata.as_ref()?.base_model.as_ref()
    }

    fn of(file: &DetectorFile) -> Result<Self, DetectorError> {
        let weights = &file.weights;
        let size = |name: &str, axis| weights.size(name, axis);
        let (video, text, audio, width, n_queries) = match file.kind {
            DetectorKind::MomentDetr | DetectorKind::QdDetr | DetectorKind::UniVtg => {
                let with_time = size("input_vid_proj.0.LayerNorm.weight", 0)?;
                let video = with_time
                    .checked_sub(N_TIME_COLUMNS)
                    .filter(|width| *width > 0);
                let video = video.ok_or_else(|| {
                    DetectorError::Damaged("it takes no features beside the time".into())
                })?;
                let text = size("input_txt_proj.0.LayerNorm.weight", 0)?;
                let (width, n_queries) = match file.kind {
                    DetectorKind::UniVtg => (size("weightedpool.weight", 0)?, None),
                    _ => (
                        size("class_embed.weight", 1)?,
                        Some(size("query_embed.weight", 0)?),
                    ),
                };
                (video, text, None, width, n_queries)
            }
            DetectorKind::Umt => {
                let audio = match weights.has("audio_enc.mapping.linear.weight") {
                    true => Some(size("audio_enc.mapping.linear.weight", 1)?),
                    false => None,
                };
                let video = size("video_enc.mapping.linear.weight", 1)?;
                let text = size("query_gen.mapping.linear.weight", 1)?;
                (video, text, audio, size("query_dec.norm.weight", 0)?, None)
            }
        };
        let n_heads = match file.kind {
            DetectorKind::Umt => umt::N_HEADS,
            _ => file.n_heads,
        };
        if n_heads == 0 || !width.is_multiple_of(n_heads) {
            return Err(DetectorError::Damaged(format!(
                "{n_heads} heads do not share a width of {width}"
            )));
        }
        let mut hasher = blake3::Hasher::new();
        for (name, array) in &weights.0 {
            hasher.update(name.as_bytes());
            hasher.update(bytemuck::cast_slice(&array.values));
        }
        Ok(Self {
            kind: file.kind,
            video_width: video,
            text_width: text,
            audio_width: audio,
            width,
            n_heads,
            n_queries,
            n_parameters: weights.n_parameters(),
            hash: hasher.finalize().to_hex().to_string(),
            metadata: file.metadata.clone(),
        })
    }
}

enum Network {
    MomentDetr(Box<MomentDetr>),
    QdDetr(Box<QdDetr>),
    Umt(Box<Umt>),
    UniVtg(Box<UniVtg>),
}

/// A detector on a device.
pub struct MomentDetector {
    network: Network,
    info: DetectorInfo,
    device: ComputeDevice,
}

impl MomentDetector {
    /// # Errors
    /// [`DetectorError`] naming the file and what is wrong with it.
    pub fn load(path: &Path, device: &ComputeDevice) -> Result<Self, DetectorError> {
        let file = DetectorFile::read(path)?;
        Self::of(&file, device).map_err(|cause| DetectorError::At {
            path: path.to_owned(),
            cause: Box::new(cause),
        })
    }

    /// # Errors
    /// [`DetectorError::Damaged`] naming the tensor that does not fit.
    pub fn of(file: &DetectorFile, device: &ComputeDevice) -> Result<Self, DetectorError> {
        let info = DetectorInfo::of(file)?;
        let tensors = device.tensor_device();
        let (weights, n_heads) = (&file.weights, info.n_heads);
        let network = match file.kind {
            DetectorKind::MomentDetr => {
                Network::MomentDetr(Box::new(MomentDetr::new(weights, n_heads, tensors)?.0))
            }
            DetectorKind::QdDetr => {
                Network::QdDetr(Box::new(QdDetr::new(weights, n_heads, tensors)?.0))
            }
            DetectorKind::Umt => Network::Umt(Box::new(Umt::new(weights, tensors)?)),
            DetectorKind::UniVtg => {
                Network::UniVtg(Box::new(UniVtg::new(weights, n_heads, tensors)?))
            }
        };
        Ok(Self {
            network,
            info,
            device: device.clone(),
        })
    }

    pub fn info(&self) -> &DetectorInfo {
        &self.info
    }

    /// As many clips as it looks at in one go.
    pub fn most_clips(&self) -> usize {
        match &self.network {
            Network::MomentDetr(_) | Network::QdDetr(_) => MOST_CLIPS,
            Network::Umt(umt) => umt.most_clips(),
            Network::UniVtg(_) => univtg::MOST_CLIPS,
        }
    }

    /// Whether features of these widths are such as it was trained on; `whose` they are is for the
    /// message.
    ///
    /// # Errors
    /// [`DetectorError`] with one sentence that says what to do.
    pub fn check_widths(
        &self,
        whose: &str,
        video: usize,
        text: usize,
        audio: Option<usize>,
    ) -> Result<(), DetectorError> {
        let info = &self.info;
        match (info.audio_width, audio) {
            (Some(_), None) => return Err(DetectorError::NoAudio),
            (None, Some(_)) => return Err(DetectorError::Deaf),
            (Some(trained), Some(found)) if trained != found => {
                return Err(DetectorError::OtherAudio { trained, found });
            }
            _ => {}
        }
        if (video, text) == (info.video_width, info.text_width) {
            return Ok(());
        }
        Err(DetectorError::OtherWidths {
            trained: info.video_width,
            trained_words: info.text_width,
            whose: whose.to_owned(),
            found: video,
            found_words: text,
        })
    }

    /// What it says of one query on one video of at most [`MomentDetector::most_clips`] clips, whose
    /// features fit ([`MomentDetector::check_widths`]) and have their time columns where the
    /// detector wants them.
    ///
    /// # Errors
    /// [`ModelError::Device`] when the device fails.
    ///
    /// # Panics
    /// When there is no clip or no word, or the widths do not fit.
    pub fn detect(&self, input: &DetectorInput) -> Result<Detected, ModelError> {
        self.device.guarded(|| self.run(input))
    }

    fn run(&self, input: &DetectorInput) -> Result<Detected, ModelError> {
        let words = input.text.first(match &self.network {
            Network::UniVtg(_) => univtg::MOST_WORDS,
            _ => MOST_WORDS,
        });
        let batch = || Batch::new(&[(&input.video, &words)], self.device.tensor_device());
        match &self.network {
            Network::MomentDetr(network) => {
                self.of_detr(network.forward(&batch(), Dropout::default()))
            }
            Network::QdDetr(network) => self.of_detr(network.forward(&batch(), Dropout::default())),
            Network::UniVtg(network) => {
                let text = words.clone();
                let output = network.forward(&DetectorInput {
                    text,
                    ..input.clone()
                });
                Ok(univtg_detected(
                    &flat(output.foreground)?,
                    &try_to_vec(output.reach)?,
                    &flat(output.likeness)?,
                ))
            }
            Network::Umt(network) => {
                let output = network.forward(input);
                let proposals = umt_proposals(
                    &flat(output.centre)?,
                    &flat(output.window)?,
                    &flat(output.offset)?,
                );
                Ok(Detected {
                    kind: DetectorKind::Umt,
                    proposals,
                    saliency: flat(output.saliency)?,
                })
            }
        }
    }

    fn of_detr(&self, output: DetrOutput) -> Result<Detected, ModelError> {
        Ok(Detected {
            kind: self.info.kind,
            proposals: detr_proposals(&output.moments)?.swap_remove(0),
            saliency: flat(output.saliency)?,
        })
    }
}

fn flat(tensor: Tensor<2>) -> Result<Vec<f32>, ModelError> {
    try_to_vec(tensor)
}

impl PartialEq for MomentDetector {
    fn eq(&self, other: &Self) -> bool {
        self.info.hash == other.info.hash
    }
}

impl fmt::Debug for MomentDetector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:.8}", self.info.kind.title(), self.info.hash)
    }
}
