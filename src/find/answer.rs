//! What a query finds in a video, as plain data that anyone can form moments from.

mod network;

use std::ops::Range;

use crate::domain::{ClipIndex, Embeddings, Highlight, Moment, SaliencyCurve, UnitVector, Verdict};
use crate::find::detect::{is_crowded, is_everywhere, moments_of};
use crate::find::{Detection, PROBABLY_PRESENT, Way};

/// Two highlights nearer than this, in clips, say the same.
const MIN_HIGHLIGHT_DISTANCE: usize = 2;

/// The usual clip is called a find from this saliency on: half-way from any words to certainty.
const GOOD_SALIENCY: f32 = 0.5;

/// What is shown for a query: in the window, on the command line and in every file.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub verdict: Verdict,
    /// Best first, each with the greatest saliency inside it; the one guess where the verdict is one.
    pub moments: Vec<Moment>,
}

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
    /// What the thresholds 0 and 1 are on the scale of the saliency.
    threshold_range: (f32, f32),
    /// The curve differs by too little to tell one clip from another.
    is_flat: bool,
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
        Self::of_curve(embeddings.cosines(text), way, end_secs)
    }

    /// From the cosines of each clip, `[n_clips]`; `None` without a clip.
    pub fn of_curve(cosines: SaliencyCurve, way: &Way, end_secs: f64) -> Option<Self> {
        let saliency = way.calibrate(&cosines);
        let detection = way.shape(&cosines);
        let threshold_range = match &detection {
            Detection::Runs {
                range: (low, high), ..
            } => way
                .calibrate(&SaliencyCurve::new(vec![*low, *high]))
                .range(),
            // Probabilities are drawn on that scale as they are.
            Detection::Head(_) | Detection::Proposals { .. } => (0.0, 1.0),
        };
        Some(Self {
            highlight: saliency.highlight()?,
            is_flat: threshold_range.1 - threshold_range.0 <= way.least_contrast(),
            threshold_range,
            detection,
            present: way.presence(&cosines),
            saliency,
            cosines,
            end_secs,
        })
    }

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
        self.saliency.range()
    }

    /// Where a threshold lies on the scale on which the curve is drawn.
    pub fn level_of(&self, threshold: f32) -> f32 {
        let (low, high) = self.threshold_range;
        low + threshold * (high - low)
    }

    /// The inverse of [`Answer::level_of`]; `None` for a flat curve.
    pub fn threshold_at(&self, level: f32) -> Option<f32> {
        let (low, high) = self.threshold_range;
        (high > low).then(|| ((level - low) / (high - low)).clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::TimeSpan;
    use crate::find::NeutralLevel;
    use crate::find::way::tests::{CALIBRATION, head, prompt};
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
        assert_eq!(answer.usual_threshold(), 0.725);
        let usual = answer.found(None);
        assert_eq!(usual.moments, answer.moments(0.725));
        assert_eq!(usual.moments, moments[..1]);
        assert_eq!(usual.verdict, Verdict::Moments);
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

    /// Against neutral texts that score 0.2 everywhere: 0.21 is as sure as can be.
    fn plain_answer(cosines: &[f32]) -> Answer {
        let neutral = video(&[0.2, 0.2]);
        let way = Way::Plain(Some(NeutralLevel::of(
            &[axis(), axis()],
            &neutral,
            CALIBRATION,
        )));
        Answer::of(&video(cosines), &axis(), &way, 2.0 * cosines.len() as f64).unwrap()
    }

    #[test]
    fn what_is_almost_everywhere_is_not_cut_to_pieces() {
        let n = 40;
        let whole = TimeSpan::new(0.0, 2.0 * n as f64);
        let span = |found: &Found| found.moments.iter().map(|m| m.span).collect::<Vec<_>>();
        // Flat up to what a codec does to it.
        let flat: Vec<_> = (0..n).map(|i| 0.25 + 0.0002 * (i % 3) as f32).collect();
        let found = plain_answer(&flat).found(None);
        assert_eq!(found.verdict, Verdict::AlmostEverywhere);
        assert_eq!(span(&found), [whole]);
        // High in four parts out of five.
        let parts: Vec<_> = (0..n)
            .map(|i| if i % 5 == 0 { 0.2 } else { 0.25 })
            .collect();
        let found = plain_answer(&parts).found(None);
        assert_eq!(found.verdict, Verdict::AlmostEverywhere);
        assert_eq!(span(&found), [whole]);
        assert_eq!(plain_answer(&parts).moments(0.9).len(), 8, "asked for");
        // Two long parts are told apart.
        let parts: Vec<_> = (0..n)
            .map(|i| if (20..25).contains(&i) { 0.2 } else { 0.25 })
            .collect();
        let found = plain_answer(&parts).found(None);
        assert_eq!(found.verdict, Verdict::AlmostEverywhere);
        assert_eq!(
            span(&found),
            [TimeSpan::new(0.0, 40.0), TimeSpan::new(50.0, 80.0)]
        );
    }

    #[test]
    fn where_nothing_can_be_told_there_is_one_guess() {
        let mut weak = vec![0.2; 40];
        weak[7] = 0.203;
        let answer = plain_answer(&weak);
        assert!(!answer.is_probable());
        let found = answer.found(None);
        assert_eq!(found.verdict, Verdict::ProbablyNotHere);
        assert_eq!(found.moments.len(), 1);
        assert_eq!(found.moments[0].span, TimeSpan::new(14.0, 16.0));
        let asked = answer.found(Some(0.0));
        assert_eq!(asked.verdict, Verdict::ProbablyNotHere);
        assert_eq!(asked.moments[0].span, TimeSpan::new(0.0, 80.0));

        // As sure as not that it is there, but most of the video says the same, and not much.
        let mut dull = vec![0.2045; 40];
        for gap in [3, 9, 17, 24] {
            dull[gap..gap + 2].fill(0.18);
        }
        dull[30] = 0.2065;
        let answer = plain_answer(&dull);
        assert!(answer.is_probable());
        let found = answer.found(None);
        assert_eq!(found.verdict, Verdict::NothingStandsOut);
        assert_eq!(found.moments[0].span, TimeSpan::new(52.0, 80.0));
        assert_eq!(found.moments.len(), 1);
        assert_eq!(answer.found(Some(0.5)).verdict, Verdict::Moments);
    }
}
