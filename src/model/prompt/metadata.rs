//! What a prompt's file says about it besides the numbers.

use std::fmt;

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
    /// Whether it should be used; `None` in files of older versions, which told it by the name only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
}

/// The model whose text tower the context vectors are made for.
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

/// How good curves are on held-out labels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeldOutScores {
    /// In percent.
    pub hit1: f64,
    /// In percent.
    pub mean_ap: f64,
    /// `None` in files of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<ShownClips>,
}

/// How the moments that people would be shown agree with held-out labels, in labelled clips.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownClips {
    /// Clips that fit.
    pub n_fitting: usize,
    /// Clips in a moment.
    pub n_shown: usize,
    /// Both.
    pub n_right: usize,
}

impl ShownClips {
    /// How much of what is shown fits, in percent; `None` where nothing is shown.
    pub fn precision(self) -> Option<f64> {
        (self.n_shown > 0).then(|| 100.0 * self.n_right as f64 / self.n_shown as f64)
    }

    /// How much of what fits is shown, in percent; `None` where nothing fits.
    pub fn recall(self) -> Option<f64> {
        (self.n_fitting > 0).then(|| 100.0 * self.n_right as f64 / self.n_fitting as f64)
    }

    /// Clips that are shown and do not fit, and those that fit and are not shown.
    pub fn n_wrong(self) -> usize {
        self.n_shown + self.n_fitting - 2 * self.n_right
    }

    /// Whether more is wrong than in `before`, by more than chance explains: one standard deviation of
    /// the difference of two counts.
    pub fn is_worse_than(self, before: Self) -> bool {
        let (after, before) = (self.n_wrong() as f64, before.n_wrong() as f64);
        after - before > (after + before).sqrt()
    }

    /// Of both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            n_fitting: self.n_fitting + other.n_fitting,
            n_shown: self.n_shown + other.n_shown,
            n_right: self.n_right + other.n_right,
        }
    }
}

/// Whether the prompt should be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Better than zero-shot on labels that it did not see.
    Better,
    /// Not better on held-out labels: search without it.
    NotBetter,
    /// There were too few labels to find out: search without it.
    Unchecked,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Better => "the prompt is better on labels that it did not see",
            Self::NotBetter => {
                "the prompt is no better on labels that it did not see: search without it, or \
                 label a few more clips"
            }
            Self::Unchecked => {
                "there are too few labels to be sure of the prompt: search without it, or \
                 label at least five clips where it happens and five where it does not"
            }
        })
    }
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
            verdict: None,
        }
    }
}

impl BaseModel {
    /// The name is kept without its directory: a prompt is shared with people who have others.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_worse_only_beyond_chance() {
        let shown = |n_shown, n_right| ShownClips {
            n_fitting: 20,
            n_shown,
            n_right,
        };
        assert_eq!(shown(20, 20).n_wrong(), 0);
        assert_eq!(shown(25, 15).n_wrong(), 15, "ten too many, five missing");
        assert!(!shown(21, 20).is_worse_than(shown(20, 20)), "one clip");
        assert!(shown(22, 20).is_worse_than(shown(20, 20)));
        assert!(!shown(24, 18).is_worse_than(shown(22, 18)), "8 after 6");
        assert!(shown(34, 18).is_worse_than(shown(22, 18)), "18 after 6");
        assert!(!shown(20, 20).is_worse_than(shown(34, 18)), "better");
    }
}
