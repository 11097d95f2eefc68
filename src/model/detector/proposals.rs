//! What networks say, as plain numbers.

use burn::tensor::activation::softmax;
use half::f16;

use crate::model::ModelError;
use crate::model::detector::batch::DetrMoments;
use crate::model::detector::file::DetectorKind;
use crate::model::parameter::try_to_vec;

/// What a detector says of one query on one video.
#[derive(Clone, Debug, PartialEq)]
pub struct Detected {
    pub kind: DetectorKind,
    /// As the network orders them.
    pub proposals: Vec<Proposal>,
    /// Saliency of each clip on the scale of the detector, `[n_clips]`.
    pub saliency: Vec<f32>,
}

/// A part of a video that may be a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Proposal {
    /// As shares of the video, possibly beyond it; of a UMT in seconds.
    pub start: f32,
    pub end: f32,
    /// 0…1, how likely it is one.
    pub score: f32,
}

/// The proposals of each sample of a batch, in the order of the queries.
///
/// # Errors
/// [`ModelError::Device`] when the device fails.
pub fn detr_proposals(moments: &DetrMoments) -> Result<Vec<Vec<Proposal>>, ModelError> {
    let [_, n_queries, _] = moments.logits.dims();
    let probabilities = try_to_vec(softmax(moments.logits.clone(), 2))?;
    let spans = try_to_vec(moments.spans.clone())?;
    let (probabilities, _) = probabilities.as_chunks::<2>();
    let (spans, _) = spans.as_chunks::<2>();
    let proposals: Vec<_> = spans
        .iter()
        .zip(probabilities)
        .map(|([centre, width], [foreground, _])| Proposal {
            start: centre - 0.5 * width,
            end: centre + 0.5 * width,
            score: *foreground,
        })
        .collect();
    Ok(proposals.chunks(n_queries).map(<[_]>::to_vec).collect())
}

/// As many as the official code keeps.
const MOST_UMT_PROPOSALS: usize = 100;

/// One moment around each clip, the likeliest centres first, in seconds.
pub(super) fn umt_proposals(centre: &[f32], window: &[f32], offset: &[f32]) -> Vec<Proposal> {
    let mut order: Vec<usize> = (0..centre.len()).collect();
    order.sort_by(|a, b| centre[*b].total_cmp(&centre[*a]));
    order.truncate(MOST_UMT_PROPOSALS);
    let last = centre.len().saturating_sub(1) as f32;
    let proposal = |clip: usize| {
        let middle = clip as f32 + offset[clip].max(0.0);
        let half = window[clip].max(0.0) / 2.0;
        let inside = |at: f32| at.clamp(0.0, last) * 2.0;
        Proposal {
            start: inside(middle - half),
            end: inside(middle + half) + 2.0,
            score: centre[clip],
        }
    };
    order.into_iter().map(proposal).collect()
}

/// One moment around each clip, and how well it fits: the likeness, in half precision as the official
/// code has it, and how likely it lies in a moment.
pub(super) fn univtg_detected(foreground: &[f32], reach: &[f32], likeness: &[f32]) -> Detected {
    let n_clips = foreground.len() as f32;
    let (reach, _) = reach.as_chunks::<2>();
    let proposals = foreground.iter().zip(reach).enumerate();
    let proposals = proposals.map(|(clip, (score, [before, behind]))| {
        let at = (clip as f32 + 1.0) / n_clips;
        Proposal {
            start: at - before,
            end: at + behind,
            score: *score,
        }
    });
    let saliency = likeness.iter().zip(foreground);
    Detected {
        kind: DetectorKind::UniVtg,
        proposals: proposals.collect(),
        saliency: saliency
            .map(|(likeness, foreground)| f16::from_f32(*likeness).to_f32() + foreground)
            .collect(),
    }
}
