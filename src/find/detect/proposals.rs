//! Moments that a trained network proposes, Moment-DETR and its like.
//!
//! A network looks at 150 seconds; a longer video is looked at in parts that overlap, and what the
//! parts say is put together. Two forms leave here: what people are shown, and what the official
//! inference of each network writes.

use std::ops::Range;

use half::f16;

use crate::domain::{CLIP_SECS, Moment, SaliencyCurve, TimeSpan};
use crate::model::detector::{Detected, DetectorKind, Proposal};

/// A proposal is shown from this probability on if nobody chooses another.
///
/// On the predictions that the makers of Moment-DETR, QD-DETR and CG-DETR released, the moments shown
/// from 0.8 on have a better F1 than those from 0.5 on by 2 to 6 points (DESIGN section 13).
pub const THRESHOLD: f32 = 0.8;

/// Of two proposals that overlap more than this, the less likely one says nothing new.
const SAME_MOMENT_IOU: f64 = 0.5;

/// The share of a part that the next one sees as well.
const OVERLAP: usize = 3;

/// What the official inference cuts windows to, whatever the length of the video.
const OFFICIAL_END_SECS: f32 = 150.0;

/// The parts in which a video of `n_clips` is looked at, `most` clips at a time: each overlaps the
/// one before by a third or more, and the last ends with the video.
pub fn parts(n_clips: usize, most: usize) -> Vec<Range<usize>> {
    let most = most.max(1);
    if n_clips <= most {
        return std::iter::once(0..n_clips).collect();
    }
    let step = (most - most / OVERLAP).max(1);
    let last = n_clips - most;
    let starts = (0..last).step_by(step).chain([last]);
    starts.map(|start| start..start + most).collect()
}

/// What a network says of a whole video, put together from its parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposed {
    /// On whole clips, the likeliest first; none says what another says.
    pub moments: Vec<Moment>,
    /// Saliency of each clip on the scale of the network, the mean of the parts that saw it.
    pub saliency: SaliencyCurve,
}

impl Proposed {
    /// Of windows that a network has written: none that repeats a likelier one stays.
    pub fn of_windows(windows: Vec<Moment>, saliency: SaliencyCurve) -> Self {
        Self {
            moments: without_repetition(windows),
            saliency,
        }
    }

    /// `said` is what was said of each of [`parts`]; the video ends at `end_secs`.
    pub fn of_parts(said: &[(Range<usize>, Detected)], end_secs: f64) -> Self {
        let n_clips = said.iter().map(|(part, _)| part.end).max().unwrap_or(0);
        let (mut sums, mut counts) = (vec![0.0; n_clips], vec![0.0_f32; n_clips]);
        let mut moments = Vec::new();
        for (part, detected) in said {
            let clips = part.clone().zip(&detected.saliency);
            for (clip, saliency) in clips {
                sums[clip] += saliency;
                counts[clip] += 1.0;
            }
            let start_secs = part.start as f64 * CLIP_SECS;
            let is_last = part.end == n_clips;
            let length_secs = match is_last {
                true => (end_secs - start_secs).max(CLIP_SECS),
                false => part.len() as f64 * CLIP_SECS,
            };
            let proposals = detected.proposals.iter();
            moments.extend(proposals.filter_map(|proposal| {
                let [from, to] = seconds(detected.kind, proposal, length_secs as f32);
                // Clips are what a network can tell apart.
                let whole = |secs: f32| start_secs + f64::from(to_clip_edge(secs.max(0.0)));
                let span = TimeSpan::new(whole(from).min(end_secs), whole(to).min(end_secs));
                let score = proposal.score;
                (span.end_secs > span.start_secs).then_some(Moment { span, score })
            }));
        }
        let means = sums.iter().zip(&counts).map(|(sum, n)| sum / n.max(1.0));
        Self::of_windows(moments, SaliencyCurve::new(means.collect()))
    }
}

/// Non-maximum suppression: the likeliest first, without those that overlap a likelier one.
fn without_repetition(mut moments: Vec<Moment>) -> Vec<Moment> {
    moments.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Moment> = Vec::new();
    for moment in moments {
        let says_the_same = |other: &Moment| other.span.iou(moment.span) > SAME_MOMENT_IOU;
        if !kept.iter().any(says_the_same) {
            kept.push(moment);
        }
    }
    kept
}

fn seconds(kind: DetectorKind, proposal: &Proposal, duration_secs: f32) -> [f32; 2] {
    match kind {
        DetectorKind::MomentDetr | DetectorKind::QdDetr | DetectorKind::UniVtg => {
            [proposal.start * duration_secs, proposal.end * duration_secs]
        }
        DetectorKind::Umt => [proposal.start, proposal.end],
    }
}

/// The nearest edge between clips, the even one of two, as PyTorch rounds.
fn to_clip_edge(secs: f32) -> f32 {
    const CLIP: f32 = CLIP_SECS as f32;
    (secs / CLIP).round_ties_even() * CLIP
}

/// Windows `[start, end, score]` and saliencies as the official inference of each network writes
/// them, the best window first.
///
/// The DETR kind: four decimals, then ends cut to 0…150 s and rounded to clips, nothing suppressed;
/// saliency in half precision. UMT: all as it is. UniVTG: four decimals, ends cut to the video, the ten
/// best that overlap by 0.7 at most.
pub fn official(detected: &Detected, duration_secs: f64) -> (Vec<[f64; 3]>, Vec<f64>) {
    let mut ranked: Vec<_> = detected.proposals.iter().collect();
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
    let window = |proposal: &&Proposal| {
        let [start, end] = seconds(detected.kind, proposal, duration_secs as f32);
        match detected.kind {
            DetectorKind::MomentDetr | DetectorKind::QdDetr => {
                let edge = |secs: f32| {
                    let written = four_decimals(secs) as f32;
                    f64::from(to_clip_edge(written.clamp(0.0, OFFICIAL_END_SECS)))
                };
                [edge(start), edge(end), four_decimals(proposal.score)]
            }
            DetectorKind::Umt => [start, end, proposal.score].map(f64::from),
            DetectorKind::UniVtg => {
                let inside = |secs: f32| four_decimals(secs.clamp(0.0, duration_secs as f32));
                [inside(start), inside(end), four_decimals(proposal.score)]
            }
        }
    };
    let saliency = |value: &f32| match detected.kind {
        DetectorKind::MomentDetr | DetectorKind::QdDetr => f16::from_f32(*value).to_f64(),
        DetectorKind::Umt | DetectorKind::UniVtg => f64::from(*value),
    };
    let mut windows: Vec<_> = ranked.iter().map(window).collect();
    if detected.kind == DetectorKind::UniVtg {
        windows = few_of_many(&windows);
    }
    (windows, detected.saliency.iter().map(saliency).collect())
}

/// What the official inference of UniVTG keeps of a window for each clip.
fn few_of_many(ranked: &[[f64; 3]]) -> Vec<[f64; 3]> {
    const MOST: usize = 10;
    const MOST_IOU: f64 = 0.7;
    let mut kept: Vec<[f64; 3]> = Vec::new();
    for window in ranked {
        let span = |[start, end, _]: &[f64; 3]| TimeSpan::new(*start, *end);
        let is_new = |other: &[f64; 3]| span(other).iou(span(window)) <= MOST_IOU;
        if kept.len() < MOST && kept.iter().all(is_new) {
            kept.push(*window);
        }
    }
    kept
}

fn four_decimals(value: f32) -> f64 {
    let value = f64::from(value);
    format!("{value:.4}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detected(proposals: &[[f32; 3]], n_clips: usize) -> Detected {
        let proposals = proposals.iter().map(|[start, end, score]| Proposal {
            start: *start,
            end: *end,
            score: *score,
        });
        Detected {
            kind: DetectorKind::MomentDetr,
            proposals: proposals.collect(),
            saliency: vec![1.0; n_clips],
        }
    }

    #[test]
    fn parts_overlap_and_cover_the_video() {
        assert_eq!(parts(7, 75), std::iter::once(0..7).collect::<Vec<_>>());
        assert_eq!(parts(75, 75), std::iter::once(0..75).collect::<Vec<_>>());
        assert_eq!(parts(76, 75), [0..75, 1..76]);
        for n_clips in [100, 125, 126, 1000] {
            let parts = parts(n_clips, 75);
            assert_eq!(parts.last().unwrap().end, n_clips);
            for pair in parts.windows(2) {
                assert!(pair[0].end >= pair[1].start + 25, "{pair:?}");
            }
        }
    }

    #[test]
    fn what_two_parts_say_of_one_moment_is_one_moment() {
        // Clips 0…75 and 50…125: the same moment at 120 to 140 s, seen by both, and one of each.
        let first = detected(&[[120.0 / 150.0, 140.0 / 150.0, 0.8], [0.0, 0.2, 0.6]], 75);
        let mut second = detected(&[[20.0 / 150.0, 40.0 / 150.0, 0.9], [0.9, 1.5, 0.4]], 75);
        second.saliency = vec![3.0; 75];
        let proposed = Proposed::of_parts(&[(0..75, first), (50..125, second)], 249.5);
        let spans: Vec<_> = proposed
            .moments
            .iter()
            .map(|m| (m.span.start_secs, m.span.end_secs, m.score))
            .collect();
        let expected = [(120.0, 140.0, 0.9), (0.0, 30.0, 0.6), (234.0, 249.5, 0.4)];
        assert_eq!(spans, expected);
        let saliency = proposed.saliency.values();
        assert_eq!((saliency[49], saliency[50], saliency[124]), (1.0, 2.0, 3.0));
    }

    #[test]
    fn official_windows_are_cut_and_rounded_to_even_clips() {
        let said = detected(&[[-0.2, 0.031, 0.123_45], [0.03, 1.2, 0.9]], 2);
        let (windows, saliency) = official(&said, 100.0);
        // 3.1 s is nearer to 4 than to 2; 3.0 lies between 2 and 4, of which 4 is two clips.
        assert_eq!(windows, [[4.0, 120.0, 0.9], [0.0, 4.0, 0.1235]]);
        assert_eq!(saliency, [1.0, 1.0]);
    }
}
