//! Which learner learns from which labels, and on which it is judged: hold-out for many examples,
//! cross-validation for few.

use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_pcg::Pcg64Mcg;

use crate::learn::held_out::Ranking;
use crate::learn::training_set::{Example, TrainingSet};

/// From this many examples on, some are held out, and a moment head is trained.
pub const MIN_EXAMPLES_FOR_HEAD: usize = 50;

/// More held-out examples would only cost time between two steps.
const MAX_HELD_OUT: usize = 256;

const N_FOLDS: usize = 4;

/// How the trainer finds out whether learning helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Some videos are held out for good.
    HeldOutVideos,
    /// Every label is held out once, by a run that learns from the others; a last run learns from
    /// all and is stopped where the others were best.
    CrossValidation,
    /// There are too few labels for either: the number of steps follows the number of labels.
    Unchecked,
}

/// Clips whose scores are compared with each other in the loss, for one query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lesson {
    pub query: String,
    /// `(example, clip)`, all judged.
    pub clips: Vec<(usize, usize)>,
}

/// One learner: what it sees, and what it is judged on.
#[derive(Clone, Debug, Default)]
pub struct RunPlan {
    pub lessons: Vec<Lesson>,
    pub held_out: Vec<Ranking>,
}

/// All learners. The first one becomes the prompt.
#[derive(Clone, Debug)]
pub struct Plan {
    pub check: Check,
    /// There is one query with a few labels: each run has one lesson, with all clips of all videos.
    pub has_single_lesson: bool,
    pub runs: Vec<RunPlan>,
    /// Examples that the first run learns from; a head learns from these.
    pub train_examples: Vec<usize>,
    /// Examples on held-out videos, where there are any.
    pub held_out_examples: Vec<usize>,
}

impl Plan {
    pub fn new(set: &TrainingSet, seed: u64) -> Self {
        let n_examples = set.examples.len();
        if n_examples >= MIN_EXAMPLES_FOR_HEAD {
            hold_out(set, seed)
        } else if set.queries().len() == 1 {
            pooled_folds(set, seed)
        } else {
            folds_of_videos(set, seed)
        }
    }

    /// Whether anything is held out.
    pub fn is_checked(&self) -> bool {
        self.check != Check::Unchecked
    }
}

fn hold_out(set: &TrainingSet, seed: u64) -> Plan {
    let n_examples = set.examples.len();
    let share = if n_examples < 1000 { 5 } else { 10 };
    let wanted = (n_examples / share).clamp(1, MAX_HELD_OUT);
    let mut held_out = Vec::new();
    let mut train = Vec::new();
    for part in shuffled_parts(set, seed) {
        if held_out.len() < wanted {
            held_out.extend(part);
        } else {
            train.extend(part);
        }
    }
    held_out.sort_unstable();
    train.sort_unstable();
    Plan {
        check: Check::HeldOutVideos,
        has_single_lesson: false,
        runs: vec![RunPlan {
            lessons: lessons(set, &train),
            held_out: rankings(set, &held_out),
        }],
        train_examples: train,
        held_out_examples: held_out,
    }
}

fn folds_of_videos(set: &TrainingSet, seed: u64) -> Plan {
    let all: Vec<_> = (0..set.examples.len()).collect();
    let parts = shuffled_parts(set, seed);
    let n_folds = N_FOLDS.min(parts.len());
    let mut runs = vec![RunPlan {
        lessons: lessons(set, &all),
        held_out: Vec::new(),
    }];
    if n_folds >= 2 {
        let mut folds = vec![Vec::new(); n_folds];
        for (i, part) in parts.into_iter().enumerate() {
            folds[i % n_folds].extend(part);
        }
        runs.extend(folds.into_iter().map(|fold| {
            let rest: Vec<_> = all.iter().copied().filter(|i| !fold.contains(i)).collect();
            RunPlan {
                lessons: lessons(set, &rest),
                held_out: rankings(set, &fold),
            }
        }));
    }
    finish_folds(runs, false, all)
}

/// Runs of neighbouring clips that say the same stay together: a clip next to one that was learned
/// from tests nothing.
fn pooled_folds(set: &TrainingSet, seed: u64) -> Plan {
    let query = set.examples.first().map(|e| e.query.clone());
    let query = query.unwrap_or_default();
    let labels: Vec<_> = set.examples.iter().flat_map(Example::labels).collect();
    let low = labels.iter().map(|l| l.1).fold(f32::INFINITY, f32::min);
    let high = labels.iter().map(|l| l.1).fold(f32::NEG_INFINITY, f32::max);
    let bar = f32::midpoint(low, high);

    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    let mut sides = [true, false].map(|positive| neighbours(set, bar, positive));
    if sides.iter().any(|side| side.len() < 2) {
        sides = sides.map(|side| split_neighbours(&side));
    }
    let n_folds = sides.iter().map(Vec::len).fold(N_FOLDS, usize::min);
    let all: Vec<_> = sides.iter().flatten().flatten().copied().collect();
    let lesson = |mut clips: Vec<(usize, usize)>| {
        clips.sort_unstable();
        vec![Lesson {
            query: query.clone(),
            clips,
        }]
    };
    let mut runs = vec![RunPlan {
        lessons: lesson(all.clone()),
        held_out: Vec::new(),
    }];
    if n_folds >= 2 {
        let mut folds = vec![Vec::new(); n_folds];
        for side in &mut sides {
            side.shuffle(&mut rng);
            for (i, neighbours) in side.drain(..).enumerate() {
                folds[i % n_folds].extend(neighbours);
            }
        }
        runs.extend(folds.into_iter().map(|mut fold| {
            fold.sort_unstable();
            let rest = all.iter().copied().filter(|at| !fold.contains(at));
            RunPlan {
                lessons: lesson(rest.collect()),
                held_out: vec![Ranking(fold.clone())],
            }
        }));
    }
    finish_folds(runs, true, (0..set.examples.len()).collect())
}

fn finish_folds(runs: Vec<RunPlan>, has_single_lesson: bool, train_examples: Vec<usize>) -> Plan {
    Plan {
        check: if runs.len() > 1 {
            Check::CrossValidation
        } else {
            Check::Unchecked
        },
        has_single_lesson,
        runs,
        train_examples,
        held_out_examples: Vec::new(),
    }
}

/// Examples in parts that must not be torn apart: by video, or one by one where there is only one
/// video.
fn shuffled_parts(set: &TrainingSet, seed: u64) -> Vec<Vec<usize>> {
    let mut parts: Vec<_> = set.examples_by_video().into_values().collect();
    if parts.len() == 1 {
        parts = parts.concat().into_iter().map(|i| vec![i]).collect();
    }
    parts.shuffle(&mut Pcg64Mcg::seed_from_u64(seed));
    parts
}

fn lessons(set: &TrainingSet, examples: &[usize]) -> Vec<Lesson> {
    examples
        .iter()
        .map(|&i| Lesson {
            query: set.examples[i].query.clone(),
            clips: judged(set, i),
        })
        .filter(|lesson| !lesson.clips.is_empty())
        .collect()
}

fn rankings(set: &TrainingSet, examples: &[usize]) -> Vec<Ranking> {
    let ranking = |&i: &usize| Ranking(judged(set, i));
    examples.iter().map(ranking).collect()
}

fn judged(set: &TrainingSet, example: usize) -> Vec<(usize, usize)> {
    let labels = set.examples[example].labels();
    labels.map(|(clip, _)| (example, clip)).collect()
}

/// Maximal runs of neighbouring clips on one side of the bar.
fn neighbours(set: &TrainingSet, bar: f32, positive: bool) -> Vec<Vec<(usize, usize)>> {
    let mut found: Vec<Vec<(usize, usize)>> = Vec::new();
    for (i, example) in set.examples.iter().enumerate() {
        for (clip, label) in example.labels() {
            if (label > bar) != positive {
                continue;
            }
            match found.last_mut() {
                Some(run) if clip > 0 && run.last() == Some(&(i, clip - 1)) => {
                    run.push((i, clip));
                }
                _ => found.push(vec![(i, clip)]),
            }
        }
    }
    found
}

/// Cuts long runs so that there are about as many runs as folds.
fn split_neighbours(runs: &[Vec<(usize, usize)>]) -> Vec<Vec<(usize, usize)>> {
    let n_clips: usize = runs.iter().map(Vec::len).sum();
    let longest = (n_clips / N_FOLDS).max(1);
    runs.iter()
        .flat_map(|run| run.chunks(longest).map(<[_]>::to_vec))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::Embeddings;

    fn set(n_videos: usize, examples: &[(usize, &str, &[Option<u8>])]) -> TrainingSet {
        TrainingSet {
            videos: vec![Embeddings::empty(1).into(); n_videos],
            examples: examples
                .iter()
                .map(|(video, query, grades)| Example {
                    query: (*query).to_owned(),
                    video: *video,
                    grades: grades.iter().map(|g| g.map(|g| [g; 3])).collect(),
                    windows: vec![],
                })
                .collect(),
        }
    }

    const GRADES: [Option<u8>; 10] = [
        Some(4),
        Some(4),
        None,
        Some(0),
        Some(0),
        None,
        Some(3),
        None,
        Some(1),
        Some(0),
    ];

    #[test]
    fn every_label_of_a_person_is_held_out_once_and_learned_by_the_others() {
        let set = set(1, &[(0, "kite", &GRADES)]);
        let plan = Plan::new(&set, 3);
        assert_eq!(plan.check, Check::CrossValidation);
        assert!(plan.has_single_lesson);
        assert_eq!(
            plan.runs.len(),
            3,
            "two runs of positive clips: two folds and all"
        );
        assert_eq!(plan.runs[0].lessons[0].clips.len(), 7);
        let mut seen = BTreeSet::new();
        for run in &plan.runs[1..] {
            let held_out = &run.held_out[0].0;
            assert!(held_out.iter().all(|at| seen.insert(*at)));
            let learned = &run.lessons[0].clips;
            assert!(held_out.iter().all(|at| !learned.contains(at)));
            assert_eq!(held_out.len() + learned.len(), 7);
            // Clips 0 and 1 are one run.
            assert_eq!(held_out.contains(&(0, 0)), held_out.contains(&(0, 1)));
        }
        assert_eq!(seen.len(), 7);
    }

    #[test]
    fn one_run_per_side_is_cut_and_two_labels_cannot_be_checked() {
        let one_run = [Some(4), Some(4), Some(4), None, Some(0), Some(0)];
        let plan = Plan::new(&set(1, &[(0, "kite", &one_run)]), 3);
        assert_eq!(plan.check, Check::CrossValidation);
        let two = [Some(4), Some(0)];
        let plan = Plan::new(&set(1, &[(0, "kite", &two)]), 3);
        assert_eq!(plan.check, Check::Unchecked);
        assert_eq!(plan.runs.len(), 1);
    }

    #[test]
    fn few_queries_are_folded_by_video() {
        let full = [Some(4), Some(0), Some(0)];
        let examples: Vec<_> = (0..12)
            .map(|i| (i / 2, ["a", "b", "c"][i % 3], &full[..]))
            .collect();
        let plan = Plan::new(&set(6, &examples), 1);
        assert_eq!(plan.check, Check::CrossValidation);
        assert_eq!(plan.runs.len(), 5);
        for run in &plan.runs[1..] {
            let video = |example: usize| example / 2;
            let held: BTreeSet<_> = run.held_out.iter().map(|g| video(g.0[0].0)).collect();
            assert!(
                run.lessons
                    .iter()
                    .all(|lesson| !held.contains(&video(lesson.clips[0].0)))
            );
        }
    }

    #[test]
    fn many_queries_hold_out_whole_videos() {
        let full = [Some(4), Some(0), Some(0)];
        let examples: Vec<_> = (0..120).map(|i| (i / 3, "a", &full[..])).collect();
        let plan = Plan::new(&set(40, &examples), 1);
        assert_eq!(plan.check, Check::HeldOutVideos);
        assert_eq!(plan.held_out_examples.len(), 24);
        assert_eq!(plan.train_examples.len(), 96);
        let held: BTreeSet<_> = plan.held_out_examples.iter().map(|i| i / 3).collect();
        assert!(plan.train_examples.iter().all(|i| !held.contains(&(i / 3))));
        assert_ne!(
            plan.held_out_examples,
            Plan::new(&set(40, &examples), 2).held_out_examples
        );
    }
}
