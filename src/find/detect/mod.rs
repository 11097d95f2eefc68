//! What finds moments: a closed list of detectors.
//!
//! A new kind is one file here with one arm in [`Detector`] and, unless it gives a curve that a
//! threshold is compared with, one in [`Detection`]. What it may look at is at hand where
//! [`Answer::of`](crate::find::Answer::of) calls it.

mod head;
mod runs;

use crate::domain::{Moment, SaliencyCurve};
use crate::model::moment_head::HeadWeights;

pub use runs::{ZERO_SHOT_THRESHOLD, moments_above};

/// What finds the moments of a video.
#[derive(Clone, Copy, Debug)]
pub enum Detector<'a> {
    /// Runs of clips above a threshold; needs no training.
    Runs,
    /// The same on the probabilities of a taught moment head.
    Head(&'a HeadWeights),
}

/// What a detector says of one video, before a threshold is chosen.
#[derive(Clone, Debug, PartialEq)]
pub enum Detection {
    /// The min–max normalised curve, `[n_clips]`.
    Runs(SaliencyCurve),
    /// A probability for each clip, `[n_clips]`.
    Head(SaliencyCurve),
}

impl Detector<'_> {
    pub fn detect(self, cosines: &SaliencyCurve) -> Detection {
        match self {
            Self::Runs => Detection::Runs(runs::shape(cosines)),
            Self::Head(weights) => Detection::Head(head::shape(weights, cosines)),
        }
    }

    /// The threshold that this detector is made for.
    pub fn usual_threshold(self) -> f32 {
        match self {
            Self::Runs => ZERO_SHOT_THRESHOLD,
            Self::Head(_) => head::THRESHOLD,
        }
    }

    /// The moments of a curve at the usual threshold as an evaluator takes them: ranked by what the
    /// detector says, on whole clips. Without `main_only` those of further thresholds follow.
    pub fn windows(self, cosines: &SaliencyCurve, main_only: bool) -> Vec<Moment> {
        let found = self.detect(cosines);
        if main_only {
            moments_above(found.curve(), self.usual_threshold())
        } else {
            runs::moments_at_thresholds(found.curve(), self.usual_threshold())
        }
    }
}

impl Detection {
    /// What a threshold is compared with, 0…1 for each clip.
    pub fn curve(&self) -> &SaliencyCurve {
        match self {
            Self::Runs(curve) | Self::Head(curve) => curve,
        }
    }

    /// The curve where it says something else than the saliency.
    pub fn probabilities(&self) -> Option<&SaliencyCurve> {
        match self {
            Self::Runs(_) => None,
            Self::Head(probabilities) => Some(probabilities),
        }
    }

    /// The moments at `threshold`, each with the greatest saliency inside it, best first.
    pub(super) fn moments(
        &self,
        saliency: &SaliencyCurve,
        threshold: f32,
        end_secs: f64,
    ) -> Vec<Moment> {
        runs::moments_of(self.curve(), saliency, threshold, end_secs)
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
        let all = taught.windows(&curve, false);
        assert_eq!(spans(all[..2].to_vec()), both);
        // From a probability of 0.2 on, of which shape 0.2 with 0.23 has more, the first is longer.
        assert_eq!(all[2].span, TimeSpan::new(2.0, 6.0));
    }

    #[test]
    fn a_video_without_a_clip_has_no_moment() {
        let weights = head();
        for detector in [Detector::Runs, Detector::Head(&weights)] {
            assert!(
                detector
                    .windows(&SaliencyCurve::default(), false)
                    .is_empty()
            );
        }
    }
}
