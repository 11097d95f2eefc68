//! An answer whose moments a trained network proposes.

use crate::domain::{ClipIndex, Moment, SaliencyCurve, Verdict};
use crate::find::answer::{Answer, Found};
use crate::find::{Detection, Proposed};

impl Answer {
    /// The same with the moments of a trained network; the curve and how sure the query is there stay
    /// as they are.
    #[must_use]
    pub fn with(self, proposed: Proposed) -> Self {
        let moments = proposed.moments;
        let mut curve = vec![0.0_f32; self.saliency.n_clips()];
        // The likeliest comes last, so that its clips keep its probability.
        for moment in moments.iter().rev() {
            for (clip, value) in curve.iter_mut().enumerate() {
                if moment.span.contains(ClipIndex(clip).centre_secs()) {
                    *value = moment.score;
                }
            }
        }
        Self {
            detection: Detection::Proposals {
                moments,
                curve: SaliencyCurve::new(curve),
                curves: [
                    self.saliency.clone(),
                    // Networks are taught which clip is better, not how good one is.
                    proposed.saliency.min_max_normalised(),
                ],
            },
            threshold_range: (0.0, 1.0),
            is_flat: false,
            ..self
        }
    }

    /// Shows the network's own saliency as the curve, from its least (0) to its greatest (1) in this
    /// video, or the likeness of clips and query again. Moments and presence stay; without a network
    /// everything does.
    pub fn show_own_curve(&mut self, is_own: bool) {
        let Detection::Proposals { curves, .. } = &self.detection else {
            return;
        };
        let curve = curves[usize::from(is_own)].clone();
        if let Some(highlight) = curve.highlight() {
            (self.saliency, self.highlight) = (curve, highlight);
        }
    }

    /// What is shown of a network's proposals, which are sorted: those that reach the threshold, or the
    /// likeliest one as a guess.
    pub(super) fn found_among(&self, proposals: &[Moment], chosen: Option<f32>) -> Found {
        let threshold = chosen.unwrap_or(self.usual_threshold());
        let n_likely = proposals.partition_point(|moment| moment.score >= threshold);
        let verdict = match (self.is_probable(), n_likely) {
            (false, _) => Verdict::ProbablyNotHere,
            (true, 0) if chosen.is_none() => Verdict::NothingStandsOut,
            (true, _) => Verdict::Moments,
        };
        let n_shown = match chosen {
            None if verdict.is_guess() => 1,
            _ => n_likely,
        };
        Found {
            verdict,
            moments: proposals.iter().take(n_shown).copied().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::TimeSpan;
    use crate::find::Way;
    use crate::find::way::tests::prompt;

    /// Calibrated by 2 · cosine − 0.5.
    fn answer(cosines: &[f32]) -> Answer {
        let way = Way::from(prompt(None));
        Answer::of_curve(SaliencyCurve::new(cosines.to_vec()), &way, 10.0).unwrap()
    }

    fn moment(start_secs: f64, end_secs: f64, score: f32) -> Moment {
        Moment {
            span: TimeSpan::new(start_secs, end_secs),
            score,
        }
    }

    #[test]
    fn what_a_network_proposes_is_shown_from_a_probability_on() {
        let moments = vec![
            moment(2.0, 6.0, 0.9),
            moment(4.0, 8.0, 0.85),
            moment(0.0, 2.0, 0.2),
        ];
        let proposed = Proposed {
            moments: moments.clone(),
            saliency: SaliencyCurve::new(vec![0.0; 5]),
        };
        let answer = answer(&[0.3, 0.8, 0.6, 0.1, 0.5]);
        let cosines = answer.cosines.clone();
        let answer = answer.with(proposed.clone());
        assert_eq!(answer.cosines, cosines);
        assert_eq!(
            answer.detection.curve().values(),
            [0.2, 0.9, 0.9, 0.85, 0.0]
        );
        let found = answer.found(None);
        assert_eq!(
            (found.verdict, &*found.moments),
            (Verdict::Moments, &moments[..2])
        );
        assert_eq!(answer.found(Some(0.1)).moments, moments);
        assert!(answer.found(Some(0.95)).moments.is_empty());
        let weak = Proposed {
            moments: vec![moment(0.0, 2.0, 0.3), moment(4.0, 8.0, 0.2)],
            ..proposed
        };
        let found = answer.with(weak).found(None);
        assert_eq!(found.verdict, Verdict::NothingStandsOut);
        assert_eq!(found.moments.len(), 1);
    }

    #[test]
    fn the_curve_of_a_network_can_be_shown_and_left_again() {
        let mut plain = answer(&[0.3, 0.8, 0.6]);
        let before = plain.clone();
        plain.show_own_curve(true);
        assert_eq!(plain, before, "there is no network");
        let proposed = Proposed {
            moments: vec![moment(2.0, 4.0, 0.9)],
            saliency: SaliencyCurve::new(vec![-3.0, -2.0, 1.0]),
        };
        let mut answer = before.with(proposed);
        let by_likeness = answer.clone();
        answer.show_own_curve(true);
        assert_eq!(answer.saliency.values(), [0.0, 0.25, 1.0]);
        assert_eq!(answer.highlight.clip, ClipIndex(2));
        assert_eq!(answer.found(None), by_likeness.found(None));
        answer.show_own_curve(true);
        answer.show_own_curve(false);
        assert_eq!(answer, by_likeness);
    }
}
