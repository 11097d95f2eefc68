//! Trained detectors on the same videos, and what people are shown by each way.

use vcl::domain::{Annotation, TimeSpan};
use vcl::eval::{Metrics, Prediction, score};
use vcl::find::{Answer, Proposed, Way, official};
use vcl::learn::detector::{
    DetectorConfig, DetectorFeatures, DetectorTrainer, FeatureError, NetworkSize,
};
use vcl::model::detector::{
    Detected, DetectorInput, DetectorKind, Rows, video_features, word_features,
};
use vcl::model::{BaseModel, ComputeDevice, Encoder, MomentDetector};

use crate::Video;

/// Epochs at a rate ten times the official one: the sets are small, and what is best on held-out
/// videos is kept.
const N_EPOCHS: usize = 120;
const LEARNING_RATE: f64 = 1e-3;

/// The published networks have a width of 256, for forty times as many queries.
const SIZE: NetworkSize = NetworkSize {
    width: 64,
    inner: 256,
    n_heads: 8,
    n_layers: 2,
    n_queries: 10,
};

/// A shown moment is right from this overlap on, if no better one took the true one.
const RIGHT_IOU: f64 = 0.5;

/// Features of the videos and the words of the one query.
struct Features {
    videos: Vec<Rows>,
    words: Rows,
}

impl DetectorFeatures for Features {
    fn video(&self, query: usize) -> Result<Rows, FeatureError> {
        Ok(self.videos[query].clone())
    }

    fn words(&self, _: usize) -> Result<Rows, FeatureError> {
        Ok(self.words.clone())
    }

    fn widths(&self) -> Vec<usize> {
        self.videos.iter().take(1).map(|rows| rows.width).collect()
    }

    fn base_model(&self) -> Option<BaseModel> {
        None
    }
}

fn rows(video: &Video) -> Rows {
    video_features(&[Rows {
        width: video.embeddings.dim(),
        values: video.embeddings.values().to_vec(),
    }])
}

/// The states of the query's words.
pub fn words(encoder: &Encoder, query: &str) -> anyhow::Result<Rows> {
    let values = encoder.word_states(query)?;
    let width = encoder.text_width();
    Ok(word_features(&Rows { width, values }))
}

/// A detector that has learned from all clips of these videos.
pub fn trained(
    kind: DetectorKind,
    videos: &[&Video],
    words: &Rows,
    seed: u64,
) -> anyhow::Result<MomentDetector> {
    let config = DetectorConfig {
        size: SIZE,
        n_epochs: N_EPOCHS,
        learning_rate: LEARNING_RATE,
        seed,
        ..DetectorConfig::new(kind)
    };
    let annotations: Vec<Annotation> = videos.iter().map(|v| v.annotation.clone()).collect();
    let features = Features {
        videos: videos.iter().map(|video| rows(video)).collect(),
        words: words.clone(),
    };
    let cpu = ComputeDevice::cpu();
    let mut trainer = DetectorTrainer::new(config, annotations, 0, Box::new(features), &cpu)?;
    while !trainer.is_done() {
        trainer.step()?;
    }
    Ok(MomentDetector::of(&trainer.finish(), &cpu)?)
}

fn detected(detector: &MomentDetector, video: &Video, words: &Rows) -> anyhow::Result<Detected> {
    Ok(detector.detect(&DetectorInput {
        video: rows(video),
        text: words.clone(),
        audio: None,
    })?)
}

/// Official metrics on videos that no training saw.
pub fn judge(detector: &MomentDetector, videos: &[Video], words: &Rows) -> anyhow::Result<Metrics> {
    let truth: Vec<_> = videos
        .iter()
        .map(|video| video.annotation.clone())
        .collect();
    let predictions = videos.iter().map(|video| {
        let detected = detected(detector, video, words)?;
        let (windows, saliency) = official(&detected, video.annotation.duration);
        Ok(Prediction {
            qid: video.annotation.qid.clone(),
            query: video.annotation.query.clone(),
            vid: video.annotation.vid.clone(),
            pred_relevant_windows: Some(windows),
            pred_saliency_scores: Some(saliency),
        })
    });
    Ok(score(
        &truth,
        &predictions.collect::<anyhow::Result<Vec<_>>>()?,
    )?)
}

/// What is shown, counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shown {
    n_shown: usize,
    n_right: usize,
    n_true: usize,
}

impl Shown {
    pub fn add(&mut self, other: Self) {
        self.n_shown += other.n_shown;
        self.n_right += other.n_right;
        self.n_true += other.n_true;
    }

    /// `| shown | precision | recall | F1 |`
    pub fn row(self, name: &str) -> String {
        let percent = |n: usize, of: usize| 100.0 * n as f64 / of.max(1) as f64;
        format!(
            "| {name} | {} | {:.1} | {:.1} | {:.1} |",
            self.n_shown,
            percent(self.n_right, self.n_shown),
            percent(self.n_right, self.n_true),
            percent(2 * self.n_right, self.n_shown + self.n_true)
        )
    }
}

/// What people are shown by a way, and by a detector where one is given.
pub fn shown(
    videos: &[Video],
    text: &vcl::domain::UnitVector,
    way: &Way,
    detector: Option<(&MomentDetector, &Rows)>,
) -> anyhow::Result<Shown> {
    let mut sum = Shown::default();
    for video in videos {
        let end_secs = video.annotation.duration;
        let Some(mut answer) = Answer::of(&video.embeddings, text, way, end_secs) else {
            continue;
        };
        if let Some((detector, words)) = detector {
            let said = (
                0..video.embeddings.n_clips(),
                detected(detector, video, words)?,
            );
            answer = answer.with(Proposed::of_parts(&[said], end_secs));
        }
        let windows = video.annotation.relevant_windows.iter();
        let mut open: Vec<_> = windows
            .map(|[start, end]| TimeSpan::new(*start, *end))
            .collect();
        sum.n_true += open.len();
        for moment in answer.found(None).moments {
            let overlaps = open.iter().map(|truth| moment.span.iou(*truth)).enumerate();
            let best = overlaps.max_by(|a, b| a.1.total_cmp(&b.1));
            if let Some((at, _)) = best.filter(|(_, iou)| *iou >= RIGHT_IOU) {
                open.swap_remove(at);
                sum.n_right += 1;
            }
            sum.n_shown += 1;
        }
    }
    Ok(sum)
}
