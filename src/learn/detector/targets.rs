//! What a batch is to learn: true windows, grades of clips, and pairs of clips of which one is better.

use rand::RngExt as _;
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand_pcg::Pcg64Mcg;

use crate::domain::{Annotation, CLIP_SECS};

/// More windows than this are drawn from, anew in each epoch.
const MOST_WINDOWS: usize = 5;

/// A clip that fits well and one that fits less, of graded clips and of any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClipPairs {
    pub better: [usize; 2],
    pub worse: [usize; 2],
}

/// Of one query.
#[derive(Clone, Debug, PartialEq)]
pub struct Targets {
    /// Centre and width as shares of the video, `[n_windows]`.
    pub spans: Vec<[f32; 2]>,
    /// Sum of the annotators' grades of each clip, `[n_clips]`; 0 where nobody graded.
    pub grades: Vec<f32>,
    pub pairs: ClipPairs,
}

impl Targets {
    /// Of a video with features for `n_clips`; `None` where no window lies in it or no clip was
    /// graded.
    pub fn draw(annotation: &Annotation, n_clips: usize, rng: &mut Pcg64Mcg) -> Option<Self> {
        let length_secs = n_clips as f64 * CLIP_SECS;
        let windows = annotation.relevant_windows.iter();
        let mut windows: Vec<_> = windows
            .map(|[start, end]| [start.max(0.0), end.min(length_secs)])
            .filter(|[start, end]| end > start)
            .collect();
        if windows.len() > MOST_WINDOWS {
            windows.shuffle(rng);
            windows.truncate(MOST_WINDOWS);
        }
        let span = |[start, end]: &[f64; 2]| {
            [
                0.5 * (start + end) / length_secs,
                (end - start) / length_secs,
            ]
            .map(|x| x as f32)
        };
        let graded = annotation
            .relevant_clip_ids
            .iter()
            .zip(&annotation.saliency_scores);
        let mut graded: Vec<(usize, u32)> = graded
            .map(|(clip, grades)| (*clip, grades.iter().map(|g| u32::from(*g)).sum()))
            .filter(|(clip, _)| *clip < n_clips)
            .collect();
        graded.sort_by_key(|(_, sum)| *sum);
        let (worst, best) = (graded.first()?.0, graded.last()?.0);
        let mut grades = vec![0.0; n_clips];
        for (clip, sum) in &graded {
            grades[*clip] = *sum as f32;
        }
        let others: Vec<_> = (0..n_clips)
            .filter(|clip| graded.iter().all(|(graded, _)| graded != clip))
            .collect();
        let pairs = match others.choose(rng) {
            Some(other) => {
                let any = graded[rng.random_range(0..graded.len())].0;
                ClipPairs {
                    better: [best, any],
                    worse: [worst, *other],
                }
            }
            None => ClipPairs {
                better: [best; 2],
                worse: [worst; 2],
            },
        };
        let spans: Vec<_> = windows.iter().map(span).collect();
        (!spans.is_empty()).then_some(Self {
            spans,
            grades,
            pairs,
        })
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;

    use super::*;

    fn annotation() -> Annotation {
        serde_json::from_str(
            r#"{"qid":1,"query":"q","duration":20,"vid":"v","relevant_windows":[[4,8],[10,40]],
                "relevant_clip_ids":[2,3,5],"saliency_scores":[[1,1,1],[4,4,3],[0,0,1]]}"#,
        )
        .unwrap()
    }

    #[test]
    fn windows_are_shares_of_the_features_and_pairs_are_ordered() {
        let mut rng = Pcg64Mcg::seed_from_u64(1);
        let targets = Targets::draw(&annotation(), 10, &mut rng).unwrap();
        assert_eq!(targets.spans, [[0.3, 0.2], [0.75, 0.5]]);
        assert_eq!(targets.grades[3], 11.0);
        for _ in 0..50 {
            let pairs = Targets::draw(&annotation(), 10, &mut rng).unwrap().pairs;
            assert_eq!((pairs.better[0], pairs.worse[0]), (3, 5));
            assert!([2, 3, 5].contains(&pairs.better[1]));
            assert!(![2, 3, 5].contains(&pairs.worse[1]) && pairs.worse[1] < 10);
        }
        // Of a video with two clips nothing is left.
        assert_eq!(Targets::draw(&annotation(), 2, &mut rng), None);
    }
}
