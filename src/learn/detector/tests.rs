//! A whole training on features that were made up.

use crate::domain::Annotation;
use crate::learn::detector::{
    DetectorConfig, DetectorFeatures, DetectorTrainer, FeatureError, NetworkSize,
};
use crate::model::detector::{DetectorKind, Rows, video_features, word_features};
use crate::model::{BaseModel, ComputeDevice, MomentDetector};

const N_CLIPS: usize = 20;
const WIDTH: usize = 8;

/// Twelve videos, in each of which some clips point where the words point.
struct Invented(Vec<Annotation>);

fn noise(seed: usize) -> f32 {
    let hash = blake3::hash(&seed.to_le_bytes());
    f32::from(hash.as_bytes()[0]) / 255.0 - 0.5
}

fn span(query: usize) -> (usize, usize) {
    let start = (query * 7) % 14;
    (start, start + 2 + query % 4)
}

fn invented() -> Invented {
    let annotation = |query: usize| {
        let (start, end) = span(query);
        let clips: Vec<usize> = (start..end).collect();
        let json = serde_json::json!({
            "qid": query, "query": "q", "duration": 2 * N_CLIPS, "vid": format!("v{query}"),
            "relevant_windows": [[2 * start, 2 * end]],
            "relevant_clip_ids": clips, "saliency_scores": vec![[4, 3, 4]; end - start],
        });
        serde_json::from_value(json).unwrap()
    };
    Invented((0..12).map(annotation).collect())
}

impl DetectorFeatures for Invented {
    fn video(&self, query: usize) -> Result<Rows, FeatureError> {
        let (start, end) = span(query);
        let values = (0..N_CLIPS * WIDTH).map(|i| {
            let (clip, at) = (i / WIDTH, i % WIDTH);
            let leans = at == query % 3 && (start..end).contains(&clip);
            0.3 * noise(1000 * query + i) + f32::from(u8::from(leans))
        });
        let values = values.collect();
        Ok(video_features(&[Rows {
            width: WIDTH,
            values,
        }]))
    }

    fn words(&self, query: usize) -> Result<Rows, FeatureError> {
        let values = (0..3 * WIDTH)
            .map(|i| noise(77_000 + i) + 2.0 * f32::from(u8::from(i % WIDTH == query % 3)));
        let values = values.collect();
        Ok(word_features(&Rows {
            width: WIDTH,
            values,
        }))
    }

    fn widths(&self) -> Vec<usize> {
        vec![WIDTH]
    }

    fn base_model(&self) -> Option<BaseModel> {
        None
    }
}

fn trainer(kind: DetectorKind, n_epochs: usize) -> DetectorTrainer {
    let config = DetectorConfig {
        size: NetworkSize {
            width: 16,
            inner: 32,
            n_heads: 4,
            n_layers: 2,
            n_queries: 4,
        },
        n_epochs,
        batch: 5,
        learning_rate: 2e-3,
        check_every: 2,
        ..DetectorConfig::new(kind)
    };
    let set = invented();
    let annotations = set.0.clone();
    DetectorTrainer::new(config, annotations, 0, Box::new(set), &ComputeDevice::cpu()).unwrap()
}

#[test]
fn both_kinds_learn_and_become_files_that_can_be_asked() {
    for kind in [DetectorKind::MomentDetr, DetectorKind::QdDetr] {
        let mut trainer = trainer(kind, 30);
        let mut losses = Vec::new();
        while !trainer.is_done() {
            let progress = trainer.step().unwrap();
            if progress.batch == 0 && losses.len() < progress.epoch {
                losses.extend(progress.loss);
            }
        }
        let (first, last) = (losses[0], losses[losses.len() - 1]);
        assert!(last < 0.8 * first, "{kind:?}: {losses:?}");
        let file = trainer.finish();
        let detector = MomentDetector::of(&file, &ComputeDevice::cpu()).unwrap();
        let info = detector.info();
        assert_eq!(
            (info.kind, info.video_width, info.text_width),
            (kind, WIDTH, WIDTH)
        );
        let training = &info.metadata.as_ref().unwrap().training;
        assert_eq!((training.n_queries, training.n_videos), (10, 10));
        assert!(training.checked.contains_key("mAP"));
    }
}

#[test]
fn an_interrupted_training_gives_the_same_detector() {
    let mut whole = trainer(DetectorKind::QdDetr, 4);
    let mut interrupted = trainer(DetectorKind::QdDetr, 4);
    let mut n_steps = 0;
    while !whole.is_done() {
        whole.step().unwrap();
        interrupted.step().unwrap();
        n_steps += 1;
        // In the middle of an epoch, and just after a measurement.
        if [1, 7].contains(&n_steps) && interrupted.is_between_batches() {
            let kept = interrupted.checkpoint().unwrap();
            interrupted = trainer(DetectorKind::QdDetr, 4);
            interrupted.resume(&kept).unwrap();
        }
    }
    assert_eq!(whole.finish(), interrupted.finish());
    let kept = trainer(DetectorKind::QdDetr, 4).checkpoint().unwrap();
    let told = trainer(DetectorKind::MomentDetr, 4)
        .resume(&kept)
        .unwrap_err();
    assert!(told.to_string().contains("another configuration"), "{told}");
    assert!(
        trainer(DetectorKind::QdDetr, 4)
            .resume(&kept[..100])
            .is_err()
    );
}
