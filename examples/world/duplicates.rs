//! `duplicates`: what it costs to let a frame that hardly differs from the one encoded before take
//! over its features, and what it saves.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use image::RgbImage;
use rand::SeedableRng as _;
use rand_pcg::Pcg64;
use vcl::domain::{Annotation, Embeddings};
use vcl::engine::NearDuplicates;
use vcl::eval::{Prediction, score};
use vcl::find::Detector;
use vcl::model::{ComputeDevice, Encoder, ModelFiles, Pixels};

use crate::evaluate::is_question;
use crate::world::camera::sensor_noise;
use crate::world::scene::{Pairs, Split};
use crate::world::storyboard::Storyboard;

#[derive(Args)]
pub struct DuplicatesArguments {
    /// The model, in Hugging Face layout.
    #[arg(long, default_value = "weights")]
    model: PathBuf,
    /// Videos of ten scenes.
    #[arg(long, default_value_t = 200)]
    videos: usize,
    /// Never used in training.
    #[arg(long, default_value_t = 9_000_000)]
    seed: u64,
    /// What is tried beside the program's own.
    #[arg(long, value_delimiter = ',', default_value = "0.05,0.1,0.3,0.5")]
    differences: Vec<f32>,
}

/// All videos with one choice of frames.
struct Trial {
    /// `None` encodes every frame.
    max_difference: Option<f32>,
    n_encoded: usize,
    /// How far cosines are from those of every frame, per query in deviations of its curve.
    errors: Vec<f32>,
    predictions: Vec<Prediction>,
}

pub fn run(arguments: &DuplicatesArguments) -> anyhow::Result<()> {
    let files = ModelFiles::from_dir(&arguments.model)?;
    let encoder = Encoder::load(&files, &ComputeDevice::cpu())?;
    let mut differences = arguments.differences.clone();
    differences.push(NearDuplicates::MAX_DIFFERENCE);
    differences.sort_by(f32::total_cmp);
    let choices = std::iter::once(None).chain(differences.into_iter().map(Some));
    let mut trials: Vec<_> = choices.map(Trial::new).collect();
    let mut truth = Vec::new();
    let mut n_frames = 0;
    let mut rng = Pcg64::seed_from_u64(arguments.seed);
    for video in 0..arguments.videos {
        let story = Storyboard::sample(&mut rng, Split::HeldOut(Pairs::Any), 10);
        let frames: Vec<_> = filmed(&story, &mut rng)
            .iter()
            .map(|frame| encoder.preprocess(frame))
            .collect();
        let features = encoder.encode_images(&frames)?;
        n_frames += frames.len();
        for query in story.queries(&mut rng) {
            if is_question(&query, &story) {
                let line = story.annotation(truth.len() as u64, &video.to_string(), &query);
                truth.push(serde_json::from_value::<Annotation>(serde_json::to_value(
                    line,
                )?)?);
            }
        }
        let asked = truth.iter().filter(|line| line.vid == video.to_string());
        let asked: Vec<_> = asked.collect();
        for trial in &mut trials {
            trial.search(&encoder, &frames, &features, &asked)?;
        }
    }
    println!("| largest difference | encoded | error, mean | largest | HIT@1 | R1@0.5 | mAP |");
    println!("|---|---|---|---|---|---|---|");
    for trial in &mut trials {
        trial.print(n_frames, &truth)?;
    }
    Ok(())
}

/// The frame of every clip by a camera on a tripod: only what is shown moves, and the sensor's noise.
fn filmed(story: &Storyboard, rng: &mut Pcg64) -> Vec<RgbImage> {
    (0..story.n_clips())
        .map(|clip| {
            let mut frame = story.frame_at(2.0 * clip as f64 + 1.0, 160, 90);
            sensor_noise(&mut frame, rng);
            frame
        })
        .collect()
}

impl Trial {
    fn new(max_difference: Option<f32>) -> Self {
        Self {
            max_difference,
            n_encoded: 0,
            errors: Vec::new(),
            predictions: Vec::new(),
        }
    }

    /// One video and what is asked of it; `features` are those of every frame.
    fn search(
        &mut self,
        encoder: &Encoder,
        frames: &[Pixels],
        features: &[f32],
        asked: &[&Annotation],
    ) -> anyhow::Result<()> {
        let mut duplicates = self.max_difference.map(NearDuplicates::new);
        let mut rows = Vec::new();
        let mut kept: &[f32] = &[];
        for (frame, own) in frames.iter().zip(features.chunks_exact(encoder.dim())) {
            let duplicates = duplicates.as_mut();
            if !duplicates
                .is_some_and(|duplicates| duplicates.is_repeated(std::slice::from_ref(frame)))
            {
                kept = own;
                self.n_encoded += 1;
            }
            rows.extend_from_slice(kept);
        }
        let exact = Embeddings::from_features(encoder.dim(), features.to_vec())?;
        let embeddings = Embeddings::from_features(encoder.dim(), rows)?;
        for line in asked {
            let text = &encoder.embed_texts(&[&line.query])?[0];
            let (cosines, expected) = (embeddings.cosines(text), exact.cosines(text));
            let unit = deviation(expected.values()).max(f32::MIN_POSITIVE);
            let pairs = cosines.values().iter().zip(expected.values());
            self.errors.extend(pairs.map(|(a, b)| (a - b).abs() / unit));
            let moments = Detector::Runs.windows(&cosines, false);
            let window = |moment: &vcl::domain::Moment| {
                let span = moment.span;
                [span.start_secs, span.end_secs, f64::from(moment.score)]
            };
            self.predictions.push(Prediction {
                qid: line.qid.clone(),
                query: line.query.clone(),
                vid: line.vid.clone(),
                pred_relevant_windows: Some(moments.iter().map(window).collect()),
                pred_saliency_scores: Some(
                    cosines.values().iter().copied().map(f64::from).collect(),
                ),
            });
        }
        Ok(())
    }

    fn print(&mut self, n_frames: usize, truth: &[Annotation]) -> anyhow::Result<()> {
        let metrics = score(truth, &self.predictions)?;
        let highlights = metrics.highlights.context("every query has highlights")?;
        let moments = metrics.moments.and_then(|moments| moments.full);
        let moments = moments.context("every query has moments")?;
        let name = match self.max_difference {
            None => "every frame encoded".to_owned(),
            Some(max) if max == NearDuplicates::MAX_DIFFERENCE => format!("**{max}**"),
            Some(max) => max.to_string(),
        };
        let mean = self.errors.iter().sum::<f32>() / self.errors.len().max(1) as f32;
        let largest = self.errors.iter().copied().fold(0.0, f32::max);
        println!(
            "| {name} | {:.1} % | {mean:.3} | {largest:.2} | {:.1} | {:.1} | {:.1} |",
            100.0 * self.n_encoded as f64 / n_frames.max(1) as f64,
            highlights.very_good.hit1,
            moments.r1_at_50(),
            moments.map_average,
        );
        Ok(())
    }
}

fn deviation(values: &[f32]) -> f32 {
    let n = values.len().max(1) as f32;
    let mean = values.iter().sum::<f32>() / n;
    (values
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f32>()
        / n)
        .sqrt()
}
