//! What is learned from: videos as cached embeddings, queries, and grades per clip.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_pcg::Pcg64Mcg;

use crate::domain::{Annotation, Embeddings, Labels, SaliencyCurve, TimeSpan, UnitVector};

/// What it means that an annotation does not list a clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlisted {
    /// It was not judged: a person labels only a few clips in the window.
    Unknown,
    /// It is irrelevant, grade 0: QVHighlights, whose annotators saw the whole video.
    Irrelevant,
}

/// One query on one video, and what people said about its clips.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    pub query: String,
    /// Index into [`TrainingSet::videos`].
    pub video: usize,
    /// `[n_clips]`: the grades 0…4 of three annotators, or `None` where the clip was not judged.
    pub grades: Vec<Option<[u8; 3]>>,
    /// True moments.
    pub windows: Vec<TimeSpan>,
}

/// Videos and examples on them. Copies share the videos, which may take gigabytes.
#[derive(Clone, Debug, Default)]
pub struct TrainingSet {
    pub videos: Vec<Arc<Embeddings>>,
    pub examples: Vec<Example>,
}

/// Labels from which nothing can be learned; says what to label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrainingSetError {
    #[error("there are no labels to learn from: mark a few clips first")]
    Empty,
    #[error(
        "all labels say the same: mark also clips where it does not happen (or does), \
         so that there is a difference to learn"
    )]
    AllTheSame,
    #[error(
        "a video has embeddings of {found} numbers, the model makes {expected}: use features of the same model"
    )]
    OtherFeatures { found: usize, expected: usize },
    #[error("--shots {wanted}, but there are only {available} labelled queries")]
    TooFewShots { wanted: usize, available: usize },
}

impl Example {
    /// An annotation on a video with `n_clips` embedded clips; clips beyond are ignored.
    pub fn from_annotation(
        annotation: &Annotation,
        video: usize,
        n_clips: usize,
        unlisted: Unlisted,
    ) -> Self {
        let blank = match unlisted {
            Unlisted::Unknown => None,
            Unlisted::Irrelevant => Some([0; 3]),
        };
        let mut grades = vec![blank; n_clips];
        let listed = annotation.relevant_clip_ids.iter();
        for (&clip, &scores) in listed.zip(&annotation.saliency_scores) {
            if let Some(grade) = grades.get_mut(clip) {
                *grade = Some(scores);
            }
        }
        Self {
            query: annotation.query.clone(),
            video,
            grades,
            windows: annotation
                .relevant_windows
                .iter()
                .map(|&[start, end]| TimeSpan::new(start, end))
                .collect(),
        }
    }

    /// What one person said in the window; clips without a grade were not judged.
    pub fn from_labels(query: &str, video: usize, n_clips: usize, labels: &Labels) -> Self {
        let mut grades = vec![None; n_clips];
        for (clip, grade) in &labels.grades {
            if let Some(slot) = grades.get_mut(clip.0) {
                *slot = Some([grade.value(); 3]);
            }
        }
        Self {
            query: query.to_owned(),
            video,
            grades,
            windows: labels.moments(),
        }
    }

    /// Mean of the annotators over 4, in 0…1; `None` for a clip that was not judged.
    pub fn label(&self, clip: usize) -> Option<f32> {
        let grades = self.grades.get(clip)?.as_ref()?;
        let sum: u16 = grades.iter().map(|&grade| u16::from(grade)).sum();
        Some(f32::from(sum) / 12.0)
    }

    /// Judged clips with their labels.
    pub fn labels(&self) -> impl Iterator<Item = (usize, f32)> {
        (0..self.grades.len()).filter_map(|clip| Some((clip, self.label(clip)?)))
    }

    /// Whether every clip of the video was judged, as in QVHighlights.
    pub fn is_complete(&self) -> bool {
        self.grades.iter().all(Option::is_some)
    }
}

impl TrainingSet {
    /// # Errors
    /// [`TrainingSetError`] where there is nothing to learn, or where features are of another model.
    pub fn check(&self, dim: usize) -> Result<(), TrainingSetError> {
        if let Some(video) = self.videos.iter().find(|video| video.dim() != dim) {
            return Err(TrainingSetError::OtherFeatures {
                found: video.dim(),
                expected: dim,
            });
        }
        let mut labels = self.examples.iter().flat_map(Example::labels);
        let Some((_, first)) = labels.next() else {
            return Err(TrainingSetError::Empty);
        };
        if labels.all(|(_, label)| label == first) {
            return Err(TrainingSetError::AllTheSame);
        }
        Ok(())
    }

    /// Distinct queries in order of appearance.
    pub fn queries(&self) -> Vec<&str> {
        let mut seen = HashMap::new();
        let mut queries = Vec::new();
        for example in &self.examples {
            if seen.insert(example.query.as_str(), ()).is_none() {
                queries.push(example.query.as_str());
            }
        }
        queries
    }

    pub fn n_labels(&self) -> usize {
        self.examples.iter().map(|e| e.labels().count()).sum()
    }

    /// How many videos have an example.
    pub fn n_used_videos(&self) -> usize {
        self.examples_by_video().len()
    }

    /// Curve of an example for a text.
    pub fn cosines(&self, example: usize, text: &UnitVector) -> SaliencyCurve {
        self.videos[self.examples[example].video].cosines(text)
    }

    /// A few examples drawn by `seed`, from as many videos as possible.
    pub fn shots(&self, n: usize, seed: u64) -> Result<Self, TrainingSetError> {
        let available = self.examples.len();
        if n == 0 || n > available {
            return Err(TrainingSetError::TooFewShots {
                wanted: n,
                available,
            });
        }
        let mut rng = Pcg64Mcg::seed_from_u64(seed);
        let mut videos: Vec<_> = self.examples_by_video().into_values().collect();
        videos.shuffle(&mut rng);
        for examples in &mut videos {
            examples.shuffle(&mut rng);
        }
        let mut drawn: Vec<usize> = Vec::new();
        let mut round = 0;
        while drawn.len() < n {
            drawn.extend(videos.iter().filter_map(|examples| examples.get(round)));
            round += 1;
        }
        drawn.truncate(n);
        drawn.sort_unstable();
        Ok(Self {
            videos: self.videos.clone(),
            examples: drawn
                .into_iter()
                .map(|i| self.examples[i].clone())
                .collect(),
        })
    }

    /// Examples of each video; videos without any are absent.
    pub fn examples_by_video(&self) -> BTreeMap<usize, Vec<usize>> {
        let mut by_video = BTreeMap::<_, Vec<_>>::new();
        for (i, example) in self.examples.iter().enumerate() {
            by_video.entry(example.video).or_default().push(i);
        }
        by_video
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::{ClipIndex, Grade};

    fn annotation() -> Annotation {
        let line = r#"{"qid": 1, "query": "a kite", "vid": "v", "duration": 10,
            "relevant_clip_ids": [1, 2, 9], "saliency_scores": [[4, 4, 1], [2, 0, 0], [4, 4, 4]],
            "relevant_windows": [[2, 6]]}"#;
        serde_json::from_str(line).unwrap()
    }

    #[test]
    fn labels_are_the_mean_of_the_annotators() {
        let example = Example::from_annotation(&annotation(), 0, 5, Unlisted::Irrelevant);
        let labels: Vec<_> = example.labels().collect();
        assert_eq!(
            labels,
            [(0, 0.0), (1, 0.75), (2, 2.0 / 12.0), (3, 0.0), (4, 0.0)]
        );
        assert!(example.is_complete());
        assert_eq!(example.windows, [TimeSpan::new(2.0, 6.0)]);
        let sparse = Example::from_annotation(&annotation(), 0, 5, Unlisted::Unknown);
        assert_eq!(sparse.labels().count(), 2);
        assert!(!sparse.is_complete());
    }

    #[test]
    fn what_a_person_did_not_judge_is_unknown() {
        let mut labels = Labels::default();
        labels.set(ClipIndex(1), Some(Grade::VeryGood));
        labels.set(ClipIndex(3), Some(Grade::VeryBad));
        labels.set(ClipIndex(30), Some(Grade::Good));
        let example = Example::from_labels("a kite", 0, 5, &labels);
        assert_eq!(example.labels().collect::<Vec<_>>(), [(1, 1.0), (3, 0.0)]);
    }

    #[test]
    fn sets_without_a_difference_are_refused() {
        let mut set = TrainingSet::default();
        assert_eq!(set.check(2), Err(TrainingSetError::Empty));
        set.videos = vec![Embeddings::from_features(2, vec![1.0; 10]).unwrap().into()];
        let mut example = Example::from_annotation(&annotation(), 0, 5, Unlisted::Irrelevant);
        set.examples = vec![example.clone()];
        assert_eq!(set.check(2), Ok(()));
        assert!(matches!(
            set.check(3),
            Err(TrainingSetError::OtherFeatures { .. })
        ));
        example.grades = vec![Some([4; 3]), None, Some([4; 3]), None, None];
        set.examples = vec![example];
        assert_eq!(set.check(2), Err(TrainingSetError::AllTheSame));
    }

    #[test]
    fn shots_are_drawn_by_seed_and_from_many_videos() {
        let example = Example::from_annotation(&annotation(), 0, 5, Unlisted::Irrelevant);
        let set = TrainingSet {
            videos: vec![Embeddings::empty(2).into(); 6],
            examples: (0..18)
                .map(|i| Example {
                    video: i % 6,
                    query: format!("query {i}"),
                    ..example.clone()
                })
                .collect(),
        };
        let shots = set.shots(6, 7).unwrap();
        assert_eq!(shots.n_used_videos(), 6);
        assert_eq!(shots.examples, set.shots(6, 7).unwrap().examples);
        assert_ne!(shots.examples, set.shots(6, 8).unwrap().examples);
        assert_eq!(set.shots(18, 1).unwrap().queries().len(), 18);
        assert!(set.shots(19, 1).is_err());
    }
}
