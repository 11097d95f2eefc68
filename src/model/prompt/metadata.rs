//! What a prompt's file says about it beside the numbers.

use serde::{Deserialize, Serialize};

use crate::model::ModelId;
use crate::model::moment_head::HeadKind;

/// Changes when an older reader would misread a file.
pub(super) const FORMAT_VERSION: u32 = 1;

/// Where a prompt comes from and how good it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PromptMetadata {
    pub format_version: u32,
    pub base_model: BaseModel,
    pub n_ctx: usize,
    pub head: HeadKind,
    /// The one query that it was taught on; `None` for a prompt that applies to any query.
    pub query: Option<String>,
    pub training: TrainingSummary,
    /// On held-out labels without the prompt.
    pub before: Option<HeldOutScores>,
    /// On held-out labels with it.
    pub after: Option<HeldOutScores>,
}

/// The model whose text tower the context vectors speak to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaseModel {
    pub name: String,
    /// blake3 over the model's files, hexadecimal.
    pub hash: String,
    pub text_width: usize,
}

/// What a prompt was trained on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrainingSummary {
    pub n_videos: usize,
    pub n_queries: usize,
    pub n_labels: usize,
    pub n_steps: usize,
    pub seed: u64,
}

/// Highlight scores on held-out labels, in percent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeldOutScores {
    pub hit1: f64,
    pub mean_ap: f64,
}

impl PromptMetadata {
    /// Metadata of the format that this version writes, with nothing measured yet.
    pub fn new(base_model: BaseModel, n_ctx: usize, head: HeadKind) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            base_model,
            n_ctx,
            head,
            query: None,
            training: TrainingSummary::default(),
            before: None,
            after: None,
        }
    }
}

impl BaseModel {
    /// The name loses its directory: a prompt is shared with people who have other directories.
    pub fn new(id: &ModelId, text_width: usize) -> Self {
        Self {
            name: short_name(&id.name).to_owned(),
            hash: id.hash.clone(),
            text_width,
        }
    }
}

pub(super) fn short_name(name: &str) -> &str {
    name.trim_end_matches(['/', '\\'])
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or(name)
}
