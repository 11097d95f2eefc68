//! How good curves are on labels that training did not see.

use std::cmp::Ordering;
use std::ops::Range;

use crate::domain::{Annotation, CLIP_SECS, Grade, Moment, SaliencyCurve};
use crate::eval::{GradeMetrics, HighlightMetrics, Prediction, RangeMetrics, score};
use crate::find::Detector;
use crate::learn::statistics::{agreement, deviation, mean, t_value};
use crate::learn::training_set::TrainingSet;
use crate::model::prompt::{HeldOutScores, ShownClips};

/// Judged clips `(example, clip)` that are ranked against each other: those of one video, or all
/// clips of one query where a few were labelled on several videos.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranking(pub Vec<(usize, usize)>);

/// Quality of curves on held-out labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Quality {
    /// Covariance of curve and label over the held-out clips, in units of the label's deviation and
    /// of the curve's deviation over its whole videos; Pearson's correlation where all clips are
    /// held out. It moves smoothly, while the rank of one of a few clips jumps.
    ///
    /// One value per [`Observation`]; rankings whose labels are all equal have none.
    pub agreements: Vec<f64>,
    pub scores: HeldOutScores,
}

impl Quality {
    /// What early stopping compares.
    pub fn value(&self) -> f64 {
        mean(&self.agreements) + self.scores.mean_ap / 100.0
    }

    /// Whether this is better than `before` on the same rankings by more than chance explains:
    /// Student's one-sided test of the gains in agreement, and no loss in mAP. One value proves
    /// nothing: it has no deviation that a gain could be compared with.
    pub fn is_gain_over(&self, before: &Self) -> bool {
        /// A smaller gain cannot be seen.
        const MARGIN: f64 = 0.01;
        let pairs = self.agreements.iter().zip(&before.agreements);
        let gains: Vec<_> = pairs.map(|(after, before)| after - before).collect();
        let n = gains.len() as f64;
        let standard_error = deviation(&gains) / (n - 1.0).max(1.0).sqrt();
        gains.len() >= 2
            && mean(&gains) >= MARGIN.max(standard_error * t_value(gains.len()))
            && self.scores.mean_ap >= before.scores.mean_ap
    }

    /// Of several learners, each on its own rankings; `None` where there are none.
    pub fn joined(parts: &[Self]) -> Option<Self> {
        let n = parts.len() as f64;
        let mean = |pick: fn(&Self) -> f64| parts.iter().map(pick).sum::<f64>() / n;
        (!parts.is_empty()).then(|| Self {
            agreements: parts
                .iter()
                .flat_map(|part| part.agreements.clone())
                .collect(),
            scores: HeldOutScores {
                hit1: mean(|quality| quality.scores.hit1),
                mean_ap: mean(|quality| quality.scores.mean_ap),
                shown: parts
                    .iter()
                    .filter_map(|part| part.scores.shown)
                    .reduce(ShownClips::plus),
            },
        })
    }
}

/// What counts as one observation when chance is ruled out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observation {
    /// A clip: for a few labels here and there. Its value is its part of the covariance, so that the mean
    /// over a ranking is the ranking's agreement.
    Clip,
    /// A whole ranking: where all clips of a video are judged, neighbours say the same.
    Ranking,
}

/// Quality over `rankings`; `curve` gives the cosines of an example. `None` where no ranking has
/// a difference between its labels.
pub fn quality(
    set: &TrainingSet,
    rankings: &[Ranking],
    observation: Observation,
    curve: impl Fn(usize) -> SaliencyCurve,
) -> Option<Quality> {
    let mut agreements = Vec::new();
    let mut truth = Vec::new();
    let mut predictions = Vec::new();
    let mut shown = ShownClips::default();
    for (qid, ranking) in (0_i64..).zip(rankings) {
        let mut curves: Vec<(usize, SaliencyCurve)> = Vec::new();
        for &(example, _) in &ranking.0 {
            if curves.iter().all(|(known, _)| *known != example) {
                curves.push((example, curve(example)));
            }
        }
        let value = |(example, clip): (usize, usize)| {
            let curve = curves.iter().find(|(known, _)| *known == example);
            curve.map_or(0.0, |(_, curve)| f64::from(curve.values()[clip]))
        };
        let values: Vec<_> = ranking.0.iter().map(|&at| value(at)).collect();
        let labels: Vec<_> = ranking
            .0
            .iter()
            .map(|&(example, clip)| f64::from(set.examples[example].label(clip).unwrap_or(0.0)))
            .collect();
        let all: Vec<_> = curves
            .iter()
            .flat_map(|(_, curve)| curve.values().iter().map(|&x| f64::from(x)))
            .collect();
        let parts = agreement(&values, &labels, &all);
        if parts.is_empty() {
            continue;
        }
        match observation {
            Observation::Clip => agreements.extend(parts),
            Observation::Ranking => agreements.push(mean(&parts)),
        }
        for (example, curve) in &curves {
            let of_example = ranking.0.iter().filter(|(known, _)| known == example);
            let clips: Vec<_> = of_example.map(|(_, clip)| *clip).collect();
            shown = shown.plus(shown_clips(
                set,
                *example,
                &clips,
                &shown_runs(curve, Detector::Runs),
            ));
        }
        truth.push(annotation(set, qid, ranking));
        predictions.push(Prediction {
            qid: qid.into(),
            query: String::new(),
            vid: String::new(),
            pred_relevant_windows: None,
            pred_saliency_scores: Some(values),
        });
    }
    if agreements.is_empty() {
        return None;
    }
    let highlights = score(&truth, &predictions).ok()?.highlights?;
    let at_bar = at_bar(&highlights, &truth);
    Some(Quality {
        agreements,
        scores: HeldOutScores {
            hit1: at_bar.hit1,
            mean_ap: at_bar.map,
            shown: Some(shown),
        },
    })
}

/// The clips of each moment that people would be shown of a curve of cosines.
pub fn shown_runs(cosines: &SaliencyCurve, detector: Detector<'_>) -> Vec<Range<usize>> {
    let found = detector.detect(cosines);
    found.runs(found.usual_threshold())
}

/// How moments agree with the labels of some clips of an example.
pub fn shown_clips(
    set: &TrainingSet,
    example: usize,
    clips: &[usize],
    moments: &[Range<usize>],
) -> ShownClips {
    let mut shown = ShownClips::default();
    for &clip in clips {
        let Some(label) = set.examples[example].label(clip) else {
            continue;
        };
        let fits = label >= Grade::Fair.saliency();
        let is_shown = moments.iter().any(|moment| moment.contains(&clip));
        shown.n_fitting += usize::from(fits);
        shown.n_shown += usize::from(is_shown);
        shown.n_right += usize::from(fits && is_shown);
    }
    shown
}

/// Share of the pairs of clips with different labels that the curves put in the right order; a tie
/// counts half, as in the area under the ROC curve. `None` where all labels are equal.
pub fn concordance(set: &TrainingSet, curve: impl Fn(usize) -> SaliencyCurve) -> Option<f64> {
    let mut clips = Vec::new();
    for (i, example) in set.examples.iter().enumerate() {
        let curve = curve(i);
        clips.extend(
            example
                .labels()
                .map(|(clip, label)| (label, curve.values()[clip])),
        );
    }
    let (mut n_pairs, mut n_right) = (0.0, 0.0);
    for (label, value) in &clips {
        for (_, of_lower) in clips.iter().filter(|(other, _)| other < label) {
            n_pairs += 1.0;
            n_right += match value.total_cmp(of_lower) {
                Ordering::Greater => 1.0,
                Ordering::Equal => 0.5,
                Ordering::Less => 0.0,
            };
        }
    }
    (n_pairs > 0.0).then(|| n_right / n_pairs)
}

/// R1 and mAP of `moments` against the true windows of `examples`; `None` where none has a window.
pub fn moment_quality(
    set: &TrainingSet,
    examples: &[usize],
    moments: impl Fn(usize) -> Vec<Moment>,
) -> Option<RangeMetrics> {
    let mut truth = Vec::new();
    let mut predictions = Vec::new();
    for &example in examples {
        let qid = example as i64;
        let windows = &set.examples[example].windows;
        let n_clips = set.examples[example].grades.len();
        truth.push(Annotation {
            relevant_windows: windows.iter().map(|w| [w.start_secs, w.end_secs]).collect(),
            ..blank_annotation(qid, n_clips)
        });
        let predicted = moments(example)
            .iter()
            .map(|m| [m.span.start_secs, m.span.end_secs, f64::from(m.score)])
            .collect();
        predictions.push(Prediction {
            qid: qid.into(),
            query: String::new(),
            vid: String::new(),
            pred_relevant_windows: Some(predicted),
            pred_saliency_scores: None,
        });
    }
    score(&truth, &predictions).ok()?.moments?.full
}

/// A video that consists of the clips of the ranking alone.
fn annotation(set: &TrainingSet, qid: i64, ranking: &Ranking) -> Annotation {
    Annotation {
        relevant_clip_ids: (0..ranking.0.len()).collect(),
        saliency_scores: ranking
            .0
            .iter()
            .map(|&(example, clip)| set.examples[example].grades[clip].unwrap_or_default())
            .collect(),
        ..blank_annotation(qid, ranking.0.len())
    }
}

fn blank_annotation(qid: i64, n_clips: usize) -> Annotation {
    Annotation {
        qid: qid.into(),
        query: String::new(),
        duration: n_clips as f64 * CLIP_SECS,
        vid: String::new(),
        relevant_clip_ids: Vec::new(),
        saliency_scores: Vec::new(),
        relevant_windows: Vec::new(),
    }
}

/// The official bar is Very Good; where a person rarely goes that high, the next one that half of the
/// rankings reach.
fn at_bar(highlights: &HighlightMetrics, truth: &[Annotation]) -> GradeMetrics {
    let reached = |bar: u8| {
        let n = truth
            .iter()
            .filter(|a| {
                a.saliency_scores
                    .iter()
                    .flatten()
                    .any(|&grade| grade >= bar)
            })
            .count();
        2 * n >= truth.len()
    };
    if reached(4) {
        highlights.very_good
    } else if reached(3) {
        highlights.good
    } else {
        highlights.fair
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Embeddings, TimeSpan};
    use crate::learn::training_set::Example;

    fn set(grades: &[&[u8]]) -> TrainingSet {
        TrainingSet {
            videos: vec![Embeddings::empty(1).into()],
            examples: grades
                .iter()
                .map(|grades| Example {
                    query: "q".into(),
                    video: 0,
                    grades: grades.iter().map(|&g| Some([g; 3])).collect(),
                    windows: vec![TimeSpan::new(0.0, 2.0)],
                })
                .collect(),
        }
    }

    fn ranking(example: usize, n: usize) -> Ranking {
        Ranking((0..n).map(|clip| (example, clip)).collect())
    }

    #[test]
    fn agreement_is_the_correlation_where_all_clips_are_held_out() {
        let set = set(&[&[4, 0, 2, 0]]);
        let right = |_| SaliencyCurve::new(vec![0.3, 0.1, 0.2, 0.1]);
        let quality_of_right =
            quality(&set, &[ranking(0, 4)], Observation::Ranking, right).unwrap();
        assert!((quality_of_right.agreements[0] - 1.0).abs() < 1e-6);
        assert_eq!(quality_of_right.scores.hit1, 100.0);
        assert_eq!(quality_of_right.scores.mean_ap, 100.0);
        // Of the clips with 4 and 2 only the first reaches 0.725 of the curve.
        let shown = quality_of_right.scores.shown.unwrap();
        assert_eq!(
            (shown.precision(), shown.recall()),
            (Some(100.0), Some(50.0))
        );
        let wrong = |_| SaliencyCurve::new(vec![0.1, 0.3, 0.2, 0.3]);
        let quality_of_wrong =
            quality(&set, &[ranking(0, 4)], Observation::Ranking, wrong).unwrap();
        assert!((quality_of_wrong.agreements[0] + 1.0).abs() < 1e-6);
        assert_eq!(quality_of_wrong.scores.hit1, 0.0);
        let shown = quality_of_wrong.scores.shown.unwrap();
        assert_eq!((shown.n_fitting, shown.n_shown, shown.n_right), (2, 2, 0));
        let twice = Quality::joined(&[quality_of_right.clone(), quality_of_wrong.clone()]);
        assert_eq!(
            twice.unwrap().scores.shown.unwrap().precision(),
            Some(100.0 / 3.0)
        );
        assert!(quality_of_wrong.value() < quality_of_right.value());
        let by_clip = quality(&set, &[ranking(0, 4)], Observation::Clip, right).unwrap();
        assert_eq!(by_clip.agreements.len(), 4);
        assert!((by_clip.value() - quality_of_right.value()).abs() < 1e-9);
    }

    #[test]
    fn a_gain_must_exceed_chance() {
        let of = |agreements: &[f64], mean_ap| Quality {
            agreements: agreements.to_vec(),
            scores: HeldOutScores {
                hit1: 0.0,
                mean_ap,
                shown: None,
            },
        };
        let before = of(&[0.2, 0.3, 0.1, 0.2, 0.2, 0.1, 0.3, 0.2], 50.0);
        let gained = [0.4, 0.4, 0.2, 0.5, 0.2, 0.1, 0.5, 0.3];
        assert!(of(&gained, 60.0).is_gain_over(&before));
        assert!(!of(&gained, 49.0).is_gain_over(&before));
        let one_of_eight = [0.9, 0.1, 0.1, 0.2, 0.2, 0.1, 0.3, 0.2];
        assert!(!of(&one_of_eight, 60.0).is_gain_over(&before));
        assert!(!before.is_gain_over(&before));
        assert!(!of(&[0.9], 100.0).is_gain_over(&of(&[0.1], 50.0)));
        let four = of(&[0.2, 0.2, 0.3, 0.1], 50.0);
        assert!(!of(&[0.4, 0.3, 0.4, 0.4], 50.0).is_gain_over(&four));
        assert!(of(&[0.6, 0.6, 0.8, 0.5], 50.0).is_gain_over(&four));
    }

    #[test]
    fn clips_of_two_videos_are_ranked_together_and_flat_labels_skipped() {
        let set = set(&[&[4, 4], &[0, 0]]);
        let curve = |example| match example {
            0 => SaliencyCurve::new(vec![0.9, 0.8]),
            _ => SaliencyCurve::new(vec![0.1, 0.95]),
        };
        let both = Ranking(vec![(0, 0), (0, 1), (1, 0), (1, 1)]);
        let scores = quality(&set, &[both], Observation::Ranking, curve)
            .unwrap()
            .scores;
        assert_eq!(scores.hit1, 0.0);
        assert!(
            quality(
                &set,
                &[ranking(0, 2), ranking(1, 2)],
                Observation::Ranking,
                curve
            )
            .is_none()
        );
    }

    #[test]
    fn a_person_who_never_says_very_good_is_scored_by_a_lower_bar() {
        let set = set(&[&[3, 0, 0]]);
        let curve = |_| SaliencyCurve::new(vec![0.9, 0.1, 0.2]);
        let scores = quality(&set, &[ranking(0, 3)], Observation::Ranking, curve)
            .unwrap()
            .scores;
        assert_eq!(scores.mean_ap, 100.0);
    }

    #[test]
    fn concordance_counts_pairs_in_the_right_order() {
        let set = set(&[&[4, 0, 2], &[0]]);
        let of = |values: [f32; 3], other: f32| {
            let curve = |example| match example {
                0 => SaliencyCurve::new(values.to_vec()),
                _ => SaliencyCurve::new(vec![other]),
            };
            concordance(&set, curve).unwrap()
        };
        assert_eq!(of([0.9, 0.1, 0.5], 0.0), 1.0);
        assert_eq!(of([0.1, 0.9, 0.5], 1.0), 0.0);
        // Five pairs: the highest label above two others, the middle one above one, one tie.
        assert_eq!(of([0.9, 0.1, 0.5], 0.5), 0.9);
        let flat = self::set(&[&[4, 4]]);
        assert!(concordance(&flat, |_| SaliencyCurve::new(vec![0.1, 0.2])).is_none());
    }

    #[test]
    fn moments_are_scored_against_windows() {
        let set = set(&[&[4, 0, 0]]);
        let moment = |start, end| {
            vec![Moment {
                span: TimeSpan::new(start, end),
                score: 0.5,
            }]
        };
        let right = moment_quality(&set, &[0], |_| moment(0.0, 2.0)).unwrap();
        let wrong = moment_quality(&set, &[0], |_| moment(2.0, 4.0)).unwrap();
        assert_eq!((right.r1_at_50(), wrong.r1_at_50()), (100.0, 0.0));
    }
}
