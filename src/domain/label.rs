//! What a person says about the clips of a video: grades, and the annotation they make.

use std::collections::BTreeMap;

use crate::domain::annotation::{Annotation, N_ANNOTATORS, QueryId};
use crate::domain::{CLIP_SECS, ClipIndex, Query, TimeSpan, n_clips};

/// How well a clip answers a query, in the words of QVHighlights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Grade {
    VeryBad = 0,
    Bad = 1,
    Fair = 2,
    Good = 3,
    VeryGood = 4,
}

impl Grade {
    /// From worst to best.
    pub const ALL: [Self; 5] = [
        Self::VeryBad,
        Self::Bad,
        Self::Fair,
        Self::Good,
        Self::VeryGood,
    ];

    /// `0..=4`.
    pub fn value(self) -> u8 {
        self as u8
    }

    pub fn from_value(value: u8) -> Option<Self> {
        Self::ALL.get(usize::from(value)).copied()
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::VeryBad => "Very bad",
            Self::Bad => "Bad",
            Self::Fair => "Fair",
            Self::Good => "Good",
            Self::VeryGood => "Very good",
        }
    }

    /// Whether the clip belongs to a moment: the evaluator's lowest bar, Fair.
    pub fn is_relevant(self) -> bool {
        self >= Self::Fair
    }

    /// What the saliency is taught to be, `0.0..=1.0`.
    pub fn saliency(self) -> f32 {
        f32::from(self.value()) / f32::from(Self::VeryGood.value())
    }
}

/// One person's grades for one video and one query. A clip without a grade was not judged, which
/// is not the same as [`Grade::VeryBad`], "not this".
///
/// # As an annotation
/// [`Labels::to_annotation`] lists *every* graded clip in `relevant_clip_ids`, the bad ones
/// included, with the person's grade three times in `saliency_scores`, and the runs of clips from
/// Fair upwards in `relevant_windows`. Official tools read that as it is meant: to the evaluator a
/// clip with zeros equals a clip that is not listed, and windows stand for themselves. Because the
/// evaluator counts `int(duration / 2)` clips, `duration` is rounded up to whole clips where the
/// last clip is cut short by the end of the video, or a graded clip lies past it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    pub grades: BTreeMap<ClipIndex, Grade>,
}

impl Labels {
    pub fn is_empty(&self) -> bool {
        self.grades.is_empty()
    }

    pub fn n_labels(&self) -> usize {
        self.grades.len()
    }

    pub fn grade(&self, clip: ClipIndex) -> Option<Grade> {
        self.grades.get(&clip).copied()
    }

    /// `None` takes the grade back.
    pub fn set(&mut self, clip: ClipIndex, grade: Option<Grade>) {
        match grade {
            Some(grade) => self.grades.insert(clip, grade),
            None => self.grades.remove(&clip),
        };
    }

    /// Runs of neighbouring clips graded Fair or better, in order.
    pub fn moments(&self) -> Vec<TimeSpan> {
        let mut spans: Vec<TimeSpan> = Vec::new();
        let relevant = self.grades.iter().filter(|(_, grade)| grade.is_relevant());
        for (clip, _) in relevant {
            match spans.last_mut() {
                Some(span) if span.end_secs == clip.start_secs() => span.end_secs = clip.end_secs(),
                _ => spans.push(clip.span()),
            }
        }
        spans
    }

    /// The QVHighlights line for these labels; the type's docs tell what stands in it.
    pub fn to_annotation(
        &self,
        qid: QueryId,
        vid: &str,
        duration_secs: f64,
        query: &Query,
    ) -> Annotation {
        let known_secs = if duration_secs.is_finite() {
            duration_secs
        } else {
            0.0
        };
        let last_label = self.grades.last_key_value();
        let n_clips = n_clips(known_secs).max(last_label.map_or(0, |(clip, _)| clip.0 + 1));
        Annotation {
            qid,
            query: query.key().to_owned(),
            duration: known_secs.max(n_clips as f64 * CLIP_SECS),
            vid: vid.to_owned(),
            relevant_clip_ids: self.grades.keys().map(|clip| clip.0).collect(),
            saliency_scores: self
                .grades
                .values()
                .map(|grade| [grade.value(); N_ANNOTATORS])
                .collect(),
            relevant_windows: self
                .moments()
                .iter()
                .map(|span| [span.start_secs, span.end_secs])
                .collect(),
        }
    }

    /// The grades of an annotation; where annotators differ, their mean, rounded.
    pub fn from_annotation(annotation: &Annotation) -> Self {
        let mean = |grades: &[u8; N_ANNOTATORS]| {
            let sum: usize = grades.iter().copied().map(usize::from).sum();
            let nearest = (sum + N_ANNOTATORS / 2) / N_ANNOTATORS;
            Grade::ALL[nearest.min(Grade::ALL.len() - 1)]
        };
        let clips = annotation.relevant_clip_ids.iter().copied().map(ClipIndex);
        Self {
            grades: clips
                .zip(annotation.saliency_scores.iter().map(mean))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(grades: &[(usize, Grade)]) -> Labels {
        Labels {
            grades: grades.iter().map(|&(i, g)| (ClipIndex(i), g)).collect(),
        }
    }

    #[test]
    fn grades_have_the_official_values() {
        for (value, grade) in (0..).zip(Grade::ALL) {
            assert_eq!(grade.value(), value);
            assert_eq!(Grade::from_value(value), Some(grade));
        }
        assert_eq!(Grade::from_value(5), None);
        assert_eq!(Grade::Fair.saliency(), 0.5);
    }

    #[test]
    fn every_grade_survives_the_official_format() {
        use Grade::*;
        let labels = labels(&[(0, VeryBad), (3, Good), (4, Fair), (5, Bad), (6, VeryGood)]);
        let query = Query::new("a kite").unwrap();
        let annotation = labels.to_annotation(1.into(), "v", 14.0, &query);
        assert_eq!(annotation.check(), Ok(()));
        assert_eq!(annotation.relevant_windows, [[6.0, 10.0], [12.0, 14.0]]);
        assert_eq!(annotation.saliency_scores[0], [0, 0, 0]);
        assert_eq!(Labels::from_annotation(&annotation), labels);
    }

    #[test]
    fn the_duration_holds_as_many_clips_as_the_evaluator_will_count() {
        let labels = labels(&[(1, Grade::Good)]);
        let query = Query::new("a kite").unwrap();
        let cases = [
            (3.04, 4.0),
            (4.0, 4.0),
            (4.9, 4.9),
            (1.0, 4.0),
            (f64::NAN, 4.0),
        ];
        for (duration_secs, written) in cases {
            let annotation = labels.to_annotation(1.into(), "v", duration_secs, &query);
            assert_eq!(annotation.duration, written);
            assert_eq!(annotation.check(), Ok(()));
            assert!((annotation.duration / 2.0) as usize > 1);
        }
    }

    #[test]
    fn several_annotators_become_their_mean() {
        let line = r#"{"qid":1,"query":"q","duration":8,"vid":"v","relevant_clip_ids":[0,2],"saliency_scores":[[4,4,3],[0,0,1]]}"#;
        let annotation = serde_json::from_str(line).unwrap();
        let expected = labels(&[(0, Grade::VeryGood), (2, Grade::VeryBad)]);
        assert_eq!(Labels::from_annotation(&annotation), expected);
    }

    #[test]
    fn a_grade_can_be_taken_back() {
        let mut labels = labels(&[(1, Grade::Good)]);
        labels.set(ClipIndex(1), None);
        assert!(labels.is_empty() && labels.moments().is_empty());
    }
}
