//! What a query finds in a video, as plain data that anyone can form moments from.

use crate::domain::{ClipIndex, Embeddings, Highlight, Moment, SaliencyCurve, UnitVector};
use crate::find::{Detection, PROBABLY_PRESENT, Way};

/// Two highlights nearer than this, in clips, say the same.
const MIN_HIGHLIGHT_DISTANCE: usize = 2;

/// One query on one video. Moments are not part of it: they depend on a threshold that people move.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Cosine of each clip with the query, `[n_clips]`; never without a clip.
    pub cosines: SaliencyCurve,
    /// Calibrated: about 0 where the query fits no better than any other, 1 where it is surely there.
    pub saliency: SaliencyCurve,
    /// What moments are formed from.
    pub detection: Detection,
    /// The best clip, with its saliency.
    pub highlight: Highlight,
    /// 0…1, how sure that the query occurs in the video at all.
    pub present: f32,
    /// Where the video ends, as far as it was known when this was answered.
    pub end_secs: f64,
}

impl Answer {
    /// Scores `embeddings` against a text; `None` without a clip.
    ///
    /// Here is all that a detector could ask for: one that looks at more than the curve takes the
    /// embeddings and the text from here.
    pub fn of(
        embeddings: &Embeddings,
        text: &UnitVector,
        way: &Way,
        end_secs: f64,
    ) -> Option<Self> {
        let cosines = embeddings.cosines(text);
        let saliency = way.calibrate(&cosines);
        Some(Self {
            highlight: saliency.highlight()?,
            detection: way.shape(&cosines),
            present: way.presence(&cosines),
            saliency,
            cosines,
            end_secs,
        })
    }

    /// The moments as people are shown them, best first: each with the greatest saliency inside it,
    /// the last one up to the end of the video.
    pub fn moments(&self, threshold: f32) -> Vec<Moment> {
        self.detection
            .moments(&self.saliency, threshold, self.end_secs)
    }

    /// Up to `n` of the best clips, not next to each other, best first.
    pub fn highlights(&self, n: usize) -> Vec<Highlight> {
        let mut kept: Vec<Highlight> = Vec::new();
        for candidate in self.saliency.top(self.saliency.n_clips()) {
            if kept.len() == n {
                break;
            }
            let is_new = kept
                .iter()
                .all(|other| other.clip.0.abs_diff(candidate.clip.0) >= MIN_HIGHLIGHT_DISTANCE);
            if is_new {
                kept.push(candidate);
            }
        }
        kept
    }

    /// Whether the query is rather in the video than not.
    pub fn is_probable(&self) -> bool {
        self.present >= PROBABLY_PRESENT
    }

    /// Saliency of the clip at a time.
    pub fn saliency_at(&self, time_secs: f64) -> Option<f32> {
        let values = self.saliency.values();
        values.get(ClipIndex::at(time_secs).0).copied()
    }

    /// Least and greatest saliency.
    pub fn saliency_range(&self) -> (f32, f32) {
        let values = self.saliency.values().iter().copied();
        let low = values.clone().fold(f32::INFINITY, f32::min);
        (low, values.fold(f32::NEG_INFINITY, f32::max))
    }

    /// Where a threshold lies on the scale on which the curve is drawn.
    pub fn level_of(&self, threshold: f32) -> f32 {
        let (low, high) = self.threshold_range();
        low + threshold * (high - low)
    }

    /// The inverse of [`Answer::level_of`]; `None` for a flat curve.
    pub fn threshold_at(&self, level: f32) -> Option<f32> {
        let (low, high) = self.threshold_range();
        (high > low).then(|| ((level - low) / (high - low)).clamp(0.0, 1.0))
    }

    /// What the thresholds 0 and 1 are on the scale of the saliency. Probabilities are drawn on that
    /// scale as they are.
    fn threshold_range(&self) -> (f32, f32) {
        match self.detection.probabilities() {
            Some(_) => (0.0, 1.0),
            None => self.saliency_range(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::TimeSpan;
    use crate::find::way::tests::{head, prompt};
    use crate::model::Prompt;

    fn axis() -> UnitVector {
        UnitVector::normalised(vec![1.0, 0.0])
    }

    /// Rows whose cosine with the first axis is as given.
    fn video(cosines: &[f32]) -> Embeddings {
        let rows = cosines.iter().flat_map(|x| [*x, (1.0 - x * x).sqrt()]);
        Embeddings::from_features(2, rows.collect()).unwrap()
    }

    fn answer(cosines: &[f32], prompt: Option<Prompt>, end_secs: f64) -> Answer {
        let way = prompt.map_or_else(Way::default, Way::from);
        Answer::of(&video(cosines), &axis(), &way, end_secs).unwrap()
    }

    fn assert_near(found: f32, expected: f32) {
        assert!((found - expected).abs() < 1e-5, "{found} is not {expected}");
    }

    #[test]
    fn nothing_is_answered_of_nothing() {
        let none = Embeddings::empty(2);
        assert_eq!(Answer::of(&none, &axis(), &Way::default(), 0.0), None);
    }

    #[test]
    fn an_answer_knows_its_best_clips_and_moments_at_any_threshold() {
        // Calibrated by 2 · cosine − 0.5: 0.1, 1.1, 0.7, −0.3, 0.5.
        let answer = answer(&[0.3, 0.8, 0.6, 0.1, 0.5], Some(prompt(None)), 9.5);
        assert_eq!(answer.highlight.clip, ClipIndex(1));
        assert_near(answer.highlight.score, 1.1);
        assert_eq!(answer.present, 1.0);
        assert!(answer.is_probable());
        let clips: Vec<_> = answer.highlights(5).iter().map(|h| h.clip.0).collect();
        assert_eq!(clips, [1, 4], "0, 2 and 3 are next to a better one");
        assert_eq!(answer.highlights(1).len(), 1);

        // The shape is (cosine − 0.1) / 0.7: 0.29, 1, 0.71, 0, 0.57.
        let moments = answer.moments(0.5);
        let spans: Vec<_> = moments.iter().map(|moment| moment.span).collect();
        assert_eq!(spans, [TimeSpan::new(2.0, 6.0), TimeSpan::new(8.0, 9.5)]);
        assert_near(moments[0].score, 1.1);
        assert_near(moments[1].score, 0.5);
        assert_eq!(answer.moments(0.6).len(), 1);
        assert_eq!(answer.moments(0.0)[0].span, TimeSpan::new(0.0, 9.5));
        assert_eq!(answer.saliency_at(9.9), answer.saliency_at(8.0));
        assert_eq!(answer.saliency_at(10.0), None);
    }

    #[test]
    fn the_threshold_lies_on_the_curve_or_among_the_probabilities() {
        let curve = [0.3, 0.8, 0.6, 0.1, 0.5];
        let untrained = answer(&curve, Some(prompt(None)), 10.0);
        // From −0.3 to 1.1.
        assert_near(untrained.level_of(0.5), 0.4);
        assert_near(untrained.threshold_at(0.4).unwrap(), 0.5);
        assert_eq!(untrained.threshold_at(9.0), Some(1.0));
        let trained = answer(&curve, Some(prompt(Some(head()))), 10.0);
        assert_eq!(trained.level_of(0.5), 0.5);
        assert_eq!(trained.threshold_at(0.25), Some(0.25));
        assert_eq!(trained.saliency, untrained.saliency);
        // Logits 4 · shape − 2 pass 0 where the shape passes 0.5.
        assert_eq!(trained.moments(0.5), untrained.moments(0.5));
        let flat = answer(&[0.5, 0.5], None, 4.0);
        assert_eq!(flat.threshold_at(0.5), None);
    }
}
