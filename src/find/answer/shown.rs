//! What is shown of an answer: the verdict, and the moments at a threshold.

use std::ops::Range;

use super::Answer;
use crate::domain::{Moment, Verdict};
use crate::find::Detection;
use crate::find::detect::{is_crowded, is_everywhere, moments_of};

/// The usual clip is called a find from this saliency on: half-way from any words to certainty.
const GOOD_SALIENCY: f32 = 0.5;

/// What is shown for a query: in the window, on the command line and in every file.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub verdict: Verdict,
    /// Best first, each with the greatest saliency inside it; the one guess where the verdict is one.
    pub moments: Vec<Moment>,
}

impl Answer {
    /// The threshold for this video if nobody chooses one.
    pub fn usual_threshold(&self) -> f32 {
        self.detection.usual_threshold()
    }

    /// What people are shown: by the usual threshold, or by one that they choose.
    ///
    /// The usual threshold gives one moment where nothing can be told: the whole video, or a guess.
    /// A chosen one gives every moment that reaches it; only the verdict still doubts.
    pub fn found(&self, chosen: Option<f32>) -> Found {
        if let Detection::Proposals { moments, .. } = &self.detection {
            return self.found_among(moments, chosen);
        }
        let runs = self.detection.runs(self.usual_threshold());
        let verdict = self.verdict(&runs);
        let runs = match (chosen, verdict) {
            (Some(threshold), _) => self.detection.runs(threshold),
            (None, Verdict::AlmostEverywhere) if self.is_flat || is_crowded(&runs) => {
                std::iter::once(0..self.saliency.n_clips()).collect()
            }
            (None, verdict) if verdict.is_guess() => vec![self.guess(&runs)],
            (None, _) => runs,
        };
        let verdict = match (chosen, verdict) {
            (None, verdict) | (_, verdict @ Verdict::ProbablyNotHere) => verdict,
            (Some(_), _) => Verdict::Moments,
        };
        Found {
            verdict,
            moments: moments_of(&runs, &self.saliency, self.end_secs),
        }
    }

    /// The moments at a threshold that was chosen, best first: each with the greatest saliency inside
    /// it, the last one up to the end of the video.
    pub fn moments(&self, threshold: f32) -> Vec<Moment> {
        self.found(Some(threshold)).moments
    }

    /// By the moments of the usual threshold.
    fn verdict(&self, usual: &[Range<usize>]) -> Verdict {
        if !self.is_probable() {
            return Verdict::ProbablyNotHere;
        }
        let is_one_level = usual.is_empty() || self.is_flat;
        let is_everywhere = is_everywhere(usual, &self.saliency);
        if !is_one_level && !is_everywhere {
            return Verdict::Moments;
        }
        // A few long parts are told apart, whatever lies between.
        let has_parts = !is_one_level && !is_crowded(usual);
        if has_parts || self.saliency.median() >= Some(GOOD_SALIENCY) {
            Verdict::AlmostEverywhere
        } else {
            Verdict::NothingStandsOut
        }
    }

    /// The clips where to look first.
    fn guess(&self, usual: &[Range<usize>]) -> Range<usize> {
        let best = self.highlight.clip.0;
        let around = usual.iter().find(|run| run.contains(&best));
        let is_short =
            |run: &&Range<usize>| !is_everywhere(std::slice::from_ref(*run), &self.saliency);
        around.filter(is_short).cloned().unwrap_or(best..best + 1)
    }
}
