//! Trainings on the tiny model: videos whose relevant clips look like other words than the query's.

use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;

use crate::domain::{ClipIndex, Embeddings, TimeSpan, UnitVector};
use crate::learn::prompt_golden::clip_tiny;
use crate::learn::trainer::{Outcome, Phase, Trainer, TrainerConfig, Verdict};
use crate::learn::training_set::{Example, TrainingSet};
use crate::model::Encoder;
use crate::model::moment_head::HeadKind;

const N_CLIPS: usize = 24;

/// Clips `4..10` and one more run per video show `looks_like`; labels are known for all clips.
fn world(encoder: &Encoder, n: usize, queries: &[(&str, &str)], seed: u64) -> TrainingSet {
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    let mut set = TrainingSet::default();
    for i in 0..n {
        let (query, looks_like) = queries[i % queries.len()];
        let looks = encoder.embed_texts(&[looks_like]).unwrap().remove(0);
        let start = rng.random_range(1..N_CLIPS - 9);
        let end = start + rng.random_range(4..8_usize);
        let mut values = Vec::new();
        for clip in 0..N_CLIPS {
            let inside = (start..end).contains(&clip);
            let noise = (0..looks.dim()).map(|_| rng.random_range(-1.0..1.0));
            let noise = UnitVector::normalised(noise.collect());
            let share = if inside { 0.35 } else { 0.0 };
            let pairs = looks.as_slice().iter().zip(noise.as_slice());
            values.extend(pairs.map(|(look, noise)| share * look + noise));
        }
        let grade = |clip| if (start..end).contains(&clip) { 4 } else { 0 };
        set.videos.push(
            Embeddings::from_features(looks.dim(), values)
                .unwrap()
                .into(),
        );
        set.examples.push(Example {
            query: query.into(),
            video: i,
            grades: (0..N_CLIPS).map(|clip| Some([grade(clip); 3])).collect(),
            windows: vec![TimeSpan::of_clips(ClipIndex(start), ClipIndex(end - 1))],
        });
    }
    set
}

fn config() -> TrainerConfig {
    TrainerConfig {
        // The tiny tower has random weights and needs larger steps than a trained one.
        learning_rate: 1e-2,
        ..TrainerConfig::default()
    }
}

/// A person's labels on one video: six clips out of its 24.
fn few_labels(encoder: &Encoder) -> TrainingSet {
    let mut set = world(encoder, 1, &[("a zorp", "two wooden boats on a lake")], 3);
    let example = &mut set.examples[0];
    let relevant: Vec<_> = (0..N_CLIPS)
        .filter(|&c| example.label(c) == Some(1.0))
        .collect();
    let irrelevant: Vec<_> = (0..N_CLIPS)
        .filter(|&c| example.label(c) == Some(0.0))
        .collect();
    let keep = [
        relevant[0],
        relevant[2],
        relevant[3],
        irrelevant[0],
        irrelevant[5],
        irrelevant[9],
    ];
    for clip in 0..N_CLIPS {
        if !keep.contains(&clip) {
            example.grades[clip] = None;
        }
    }
    set
}

fn run(encoder: &Encoder, set: &TrainingSet, config: &TrainerConfig) -> Outcome {
    let trainer = Trainer::new(encoder, set.clone(), config.clone()).unwrap();
    trainer.run(encoder).unwrap()
}

#[test]
fn many_queries_teach_context_and_head() {
    let encoder = clip_tiny();
    let queries = [
        ("a zorp", "two wooden boats on a lake"),
        ("the zorp thing", "two wooden boats"),
        ("zorp zorp", "boats on a lake"),
    ];
    let set = world(&encoder, 80, &queries, 1);
    let outcome = run(&encoder, &set, &config());
    let (before, after) = (outcome.before.unwrap(), outcome.after.unwrap());
    assert_eq!(outcome.verdict, Verdict::Better, "{before:?} {after:?}");
    assert!(
        after.mean_ap > before.mean_ap + 10.0,
        "{before:?} {after:?}"
    );
    assert!(outcome.prompt.scale > 0.0);
    let metadata = &outcome.prompt.metadata;
    assert_eq!(metadata.training.n_queries, 3);
    assert_eq!(metadata.training.n_labels, 80 * N_CLIPS);
    assert!(metadata.query.is_none());

    // On videos that no training saw, through the public way of using a prompt.
    let test = world(&encoder, 30, &queries, 2);
    let hits = |embed: &dyn Fn(&str) -> Vec<UnitVector>| {
        let is_hit = |i: &usize| {
            let text = embed(&test.examples[*i].query);
            let highlight = test.cosines(*i, &text[0]).highlight().unwrap();
            test.examples[*i].label(highlight.clip.0) == Some(1.0)
        };
        (0..test.examples.len()).filter(is_hit).count()
    };
    let prompt = &outcome.prompt;
    let tuned = hits(&|query| prompt.embed_texts(&encoder, &[query]).unwrap());
    let zero_shot = hits(&|query| encoder.embed_texts(&[query]).unwrap());
    assert!(tuned > zero_shot, "{tuned} against {zero_shot} of 30");
}

#[test]
fn the_paper_configuration_trains_its_head_too() {
    let encoder = clip_tiny();
    let set = world(&encoder, 60, &[("a zorp", "two wooden boats on a lake")], 1);
    let paper = TrainerConfig {
        learning_rate: 1e-2,
        n_steps: Some(20),
        ..TrainerConfig::paper()
    };
    let outcome = run(&encoder, &set, &paper);
    let head = outcome.prompt.head.as_ref().unwrap();
    assert_eq!(head.config, HeadKind::Frame.config());
    let bytes = outcome.prompt.to_bytes().unwrap();
    assert_eq!(
        crate::model::Prompt::from_bytes(&bytes).unwrap(),
        outcome.prompt
    );
}

#[test]
fn a_few_labels_are_cross_validated_and_remember_their_query() {
    let encoder = clip_tiny();
    let outcome = run(&encoder, &few_labels(&encoder), &config());
    assert_eq!(outcome.prompt.metadata.query.as_deref(), Some("a zorp"));
    assert_eq!(outcome.prompt.metadata.training.n_labels, 6);
    assert!(outcome.prompt.head.is_none(), "too few labels for a head");
    assert!(outcome.before.is_some() && outcome.after.is_some());
}

/// Fewer than ten labels: no gain is believed where the plain words order them well.
#[test]
fn a_few_labels_never_replace_a_query_that_works() {
    let encoder = clip_tiny();
    let few = |query: &str, looks_like: &str, seed| {
        let mut set = world(&encoder, 1, &[(query, looks_like)], seed);
        let grades = &mut set.examples[0].grades;
        let relevant = grades.iter().position(|g| *g == Some([4; 3])).unwrap();
        let kept = [
            relevant,
            relevant + 1,
            (relevant + 12) % N_CLIPS,
            (relevant + 14) % N_CLIPS,
        ];
        for (clip, grade) in grades.iter_mut().enumerate() {
            if !kept.contains(&clip) {
                *grade = None;
            }
        }
        set
    };
    let looks_like = "two wooden boats on a lake";
    for seed in 0..8 {
        let outcome = run(&encoder, &few(looks_like, looks_like, seed), &config());
        assert_ne!(outcome.verdict, Verdict::Better, "seed {seed}");
    }
    let is_better = |seed: &u64| {
        let outcome = run(&encoder, &few("a zorp", looks_like, *seed), &config());
        outcome.verdict == Verdict::Better
    };
    assert!(
        (0..8).any(|seed| is_better(&seed)),
        "four labels never help"
    );
}

#[test]
fn labels_that_contradict_themselves_leave_zero_shot_in_place() {
    let encoder = clip_tiny();
    let mut set = world(&encoder, 12, &[("a zorp", "boats"), ("a blip", "snow")], 5);
    let mut rng = Pcg64Mcg::seed_from_u64(9);
    for example in &mut set.examples {
        for grade in &mut example.grades {
            *grade = Some([if rng.random::<bool>() { 4 } else { 0 }; 3]);
        }
    }
    let verdicts: Vec<_> = (0..3)
        .map(|seed| {
            let config = TrainerConfig {
                seed,
                n_steps: Some(30),
                ..config()
            };
            run(&encoder, &set, &config)
        })
        .collect();
    for outcome in &verdicts {
        if outcome.verdict == Verdict::Better {
            assert!(outcome.after.unwrap().mean_ap >= outcome.before.unwrap().mean_ap);
        }
    }
    assert!(verdicts.iter().any(|o| o.verdict == Verdict::NotBetter));
}

#[test]
fn the_same_seed_gives_the_same_prompt() {
    let encoder = clip_tiny();
    let set = few_labels(&encoder);
    let prompt = |seed| {
        let config = TrainerConfig {
            seed,
            inits: vec![crate::model::prompt_learner::ContextInit::Random],
            ..config()
        };
        run(&encoder, &set, &config).prompt.to_bytes().unwrap()
    };
    assert_eq!(prompt(1), prompt(1));
    assert_ne!(prompt(1), prompt(2));
}

#[test]
fn a_resumed_training_ends_where_an_uninterrupted_one_does() {
    let encoder = clip_tiny();
    for (set, n_steps) in [
        (few_labels(&encoder), 12),
        (world(&encoder, 60, &[("a zorp", "boats")], 1), 14),
    ] {
        let config = TrainerConfig {
            n_steps: Some(n_steps),
            batch: 8,
            ..config()
        };
        let whole = run(&encoder, &set, &config);
        for n_calls in [1, 5, 9] {
            let mut first = Trainer::new(&encoder, set.clone(), config.clone()).unwrap();
            for _ in 0..n_calls {
                first.step(&encoder).unwrap();
            }
            let checkpoint = first.checkpoint(&encoder).unwrap();
            drop(first);
            let second =
                Trainer::resume(&encoder, set.clone(), config.clone(), &checkpoint).unwrap();
            assert_eq!(
                second.run(&encoder).unwrap(),
                whole,
                "after {n_calls} calls"
            );
        }
    }
}

#[test]
fn a_checkpoint_of_another_training_is_refused() {
    let encoder = clip_tiny();
    let set = few_labels(&encoder);
    let mut trainer = Trainer::new(&encoder, set.clone(), config()).unwrap();
    for _ in 0..3 {
        trainer.step(&encoder).unwrap();
    }
    let checkpoint = trainer.checkpoint(&encoder).unwrap();
    let mut other = set.clone();
    other.examples[0].grades[1] = Some([1; 3]);
    assert!(Trainer::resume(&encoder, other, config(), &checkpoint).is_err());
    for len in [0, 9, checkpoint.len() / 2, checkpoint.len() - 1] {
        let damaged = &checkpoint[..len];
        assert!(Trainer::resume(&encoder, set.clone(), config(), damaged).is_err());
    }
}

#[test]
fn cancelling_keeps_the_best_so_far() {
    let encoder = clip_tiny();
    let set = few_labels(&encoder);
    for n_calls in [0, 1, 2, 6] {
        let mut trainer = Trainer::new(&encoder, set.clone(), config()).unwrap();
        let mut loss = None;
        for _ in 0..n_calls {
            loss = trainer.step(&encoder).unwrap().loss.or(loss);
        }
        assert_eq!(loss.is_some(), n_calls > 1);
        let outcome = trainer.finish(&encoder).unwrap();
        let text = outcome.prompt.embed_texts(&encoder, &["a zorp"]).unwrap();
        assert!(text[0].as_slice().iter().all(|x| x.is_finite()));
        assert!(outcome.prompt.scale > 0.0 && outcome.prompt.bias.is_finite());
    }
}

#[test]
fn progress_tells_phase_loss_and_scores() {
    let encoder = clip_tiny();
    let mut trainer = Trainer::new(&encoder, few_labels(&encoder), config()).unwrap();
    let mut phases = Vec::new();
    let mut losses = Vec::new();
    loop {
        let progress = trainer.step(&encoder).unwrap();
        assert!(progress.step <= progress.n_steps);
        losses.extend(progress.loss);
        if phases.last() != Some(&progress.phase) {
            phases.push(progress.phase);
        }
        if progress.phase == Phase::Done {
            assert!(progress.before.is_some() && progress.now.is_some());
            break;
        }
    }
    assert_eq!(phases, [Phase::Context, Phase::Features, Phase::Done]);
    assert!(losses.last() < losses.first());
    assert!(trainer.is_done());
}

#[test]
fn nothing_to_learn_is_said_in_words() {
    let encoder = clip_tiny();
    let mut set = few_labels(&encoder);
    set.examples[0].grades.fill(Some([4; 3]));
    let error = Trainer::new(&encoder, set, config()).err().unwrap();
    assert!(error.to_string().contains("mark also clips"), "{error}");
}
