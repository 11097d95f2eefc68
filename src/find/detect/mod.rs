//! What finds moments: a closed list of detectors.
//!
//! A new kind is one file here with one arm in [`Detector`] and, unless it gives a curve that a
//! threshold is compared with, one in [`Detection`]. What it may look at is at hand where
//! [`Answer::of`](crate::find::Answer::of) calls it.

mod head;
mod proposals;
mod runs;
mod steps;
mod windows;

use std::ops::Range;

use crate::domain::{Moment, SaliencyCurve};
use crate::model::moment_head::HeadWeights;

pub use proposals::{Proposed, official, parts};
pub(super) use runs::{is_crowded, is_everywhere, moments_of};
use steps::steps;
pub use windows::{PROTOCOL_THRESHOLD, moments_above};

/// What finds the moments of a video.
#[derive(Clone, Copy, Debug)]
pub enum Detector<'a> {
    /// Runs of clips that stand out; needs no training.
    Runs,
    /// Runs of clips that a taught moment head finds likely.
    Head(&'a HeadWeights),
}

/// What a detector says of one video, before a threshold is chosen.
#[derive(Clone, Debug, PartialEq)]
pub enum Detection {
    Runs {
        /// The steps of the curve from the least (0) to the greatest (1), `[n_clips]`.
        shape: SaliencyCurve,
        /// The least and the greatest step, as cosines.
        range: (f32, f32),
    },
    /// A probability for each clip, `[n_clips]`.
    Head(SaliencyCurve),
    /// What a trained network proposes; it comes by [`Answer::with`](crate::find::Answer::with).
    Proposals {
        /// With a probability each, the likeliest first.
        moments: Vec<Moment>,
        /// Of the likeliest moment that each clip lies in, `[n_clips]`.
        curve: SaliencyCurve,
        /// What can be shown as the curve, `[n_clips]` each: the calibrated likeness of clips and
        /// query, and the network's own saliency.
        curves: [SaliencyCurve; 2],
    },
}

impl Detector<'_> {
    pub fn detect(self, cosines: &SaliencyCurve) -> Detection {
        match self {
            Self::Runs => {
                let steps = steps(cosines);
                Detection::Runs {
                    shape: steps.min_max_normalised(),
                    range: steps.range(),
                }
            }
            Self::Head(weights) => Detection::Head(head::shape(weights, cosines)),
        }
    }

    /// The rule of [`Detector::windows`] in words.
    pub fn rule_of_windows(self) -> &'static str {
        match self {
            Self::Runs => "min-max normalised saliency >= 0.4",
            Self::Head(_) => "moment head >= 0.5",
        }
    }

    /// The moments of a curve as an evaluator takes them: ranked by what the detector says, on whole
    /// clips. Without `main_only` those of further thresholds follow.
    ///
    /// Without a head this is the rule of the published comparisons, on the curve as it is.
    pub fn windows(self, cosines: &SaliencyCurve, main_only: bool) -> Vec<Moment> {
        let (curve, threshold) = match self {
            Self::Runs => (cosines.min_max_normalised(), PROTOCOL_THRESHOLD),
            Self::Head(weights) => (head::shape(weights, cosines), head::THRESHOLD),
        };
        if main_only {
            moments_above(&curve, threshold)
        } else {
            windows::moments_at_thresholds(&curve, threshold)
        }
    }
}

impl Detection {
    /// What a threshold is compared with, 0…1 for each clip.
    pub fn curve(&self) -> &SaliencyCurve {
        match self {
            Self::Runs { shape, .. } => shape,
            Self::Head(curve) | Self::Proposals { curve, .. } => curve,
        }
    }

    /// The curve where it says something else than the saliency.
    pub fn probabilities(&self) -> Option<&SaliencyCurve> {
        match self {
            Self::Runs { .. } => None,
            Self::Head(curve) | Self::Proposals { curve, .. } => Some(curve),
        }
    }

    /// The threshold for this video if nobody chooses one.
    pub fn usual_threshold(&self) -> f32 {
        match self {
            Self::Runs { shape, .. } => runs::usual_threshold(shape),
            Self::Head(_) => head::THRESHOLD,
            Self::Proposals { .. } => proposals::THRESHOLD,
        }
    }

    /// The clips of each moment at `threshold`, in order.
    pub fn runs(&self, threshold: f32) -> Vec<Range<usize>> {
        match self {
            Self::Runs { shape, .. } => runs::runs(shape, threshold),
            Self::Head(probabilities) => head::runs(probabilities, threshold),
            Self::Proposals { curve, .. } => head::runs(curve, threshold),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::TimeSpan;
    use crate::find::way::tests::head;

    #[test]
    fn each_detector_has_its_own_shape_and_threshold() {
        let curve = SaliencyCurve::new(vec![0.25, 0.5, 0.3, 0.25, 0.375]);
        // 0, 1, 0.2, 0, 0.5.
        let spans = |moments: Vec<Moment>| -> Vec<_> {
            let spans = moments.into_iter().map(|moment| moment.span);
            spans.collect()
        };
        let both = [TimeSpan::new(2.0, 4.0), TimeSpan::new(8.0, 10.0)];
        assert_eq!(spans(Detector::Runs.windows(&curve, true)), both);
        let weights = head();
        let taught = Detector::Head(&weights);
        // Logits 4 · shape − 2: only from 0.5 on is it as likely as not.
        let windows = taught.windows(&curve, true);
        assert_eq!(windows[1].score, 0.5, "at the threshold");
        assert_eq!(spans(windows), both);
        let found = taught.detect(&curve);
        assert_eq!(found.runs(found.usual_threshold()), [1..2, 4..5]);
        let all = taught.windows(&curve, false);
        assert_eq!(spans(all[..2].to_vec()), both);
        // From a probability of 0.2 on, of which shape 0.2 with 0.23 has more, the first is longer.
        assert_eq!(all[2].span, TimeSpan::new(2.0, 6.0));
    }

    #[test]
    fn what_people_are_shown_has_no_noise_and_a_higher_bar_than_the_protocol() {
        let mut curve = [0.2, 0.22].repeat(10);
        curve[7..10].copy_from_slice(&[0.5, 0.47, 0.5]);
        curve[15] = 0.34;
        let curve = SaliencyCurve::new(curve);
        let found = Detector::Runs.detect(&curve);
        assert_eq!(
            found.runs(found.usual_threshold()),
            std::iter::once(7..10).collect::<Vec<_>>()
        );
        assert_eq!(Detector::Runs.windows(&curve, true).len(), 2);
    }

    #[test]
    fn a_video_without_a_clip_has_no_moment() {
        let weights = head();
        for detector in [Detector::Runs, Detector::Head(&weights)] {
            let none = SaliencyCurve::default();
            assert!(detector.windows(&none, false).is_empty());
            assert!(detector.detect(&none).runs(0.0).is_empty());
        }
    }
}
