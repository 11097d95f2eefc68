//! `keys`: what it costs to look at a key frame inside each clip instead of the frame at its centre.
//!
//! Films are cut where they are, not at the ends of clips: each begins somewhere in its first clip. A
//! camera sets a key frame each so many seconds from a random beginning on; of those in a clip the one
//! nearest to the centre is taken, and the frame at the centre where there is none.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64;
use serde_json::json;
use vcl::domain::{Annotation, Embeddings};
use vcl::eval::{Prediction, score};
use vcl::find::Detector;
use vcl::model::{ComputeDevice, Encoder, ModelFiles};

use crate::evaluate::is_question;
use crate::world::camera::degrade;
use crate::world::scene::{Pairs, Split};
use crate::world::storyboard::{CLIP_SECS, Storyboard};

#[derive(Args)]
pub struct KeysArguments {
    /// The model, in Hugging Face layout.
    #[arg(long, default_value = "weights")]
    model: PathBuf,
    /// Videos of ten scenes.
    #[arg(long, default_value_t = 200)]
    videos: usize,
    /// Never used in training.
    #[arg(long, default_value_t = 9_000_000)]
    seed: u64,
    /// A key frame each so many seconds.
    #[arg(long, value_delimiter = ',', default_value = "0.5,1,2,5,10")]
    intervals: Vec<f64>,
}

/// All videos with one choice of frames.
struct Trial {
    /// `None` takes the frame at the centre.
    interval_secs: Option<f64>,
    n_keys: usize,
    n_clips: usize,
    predictions: Vec<Prediction>,
}

/// A film and where its first clip begins in it.
struct Cut {
    story: Storyboard,
    first_secs: f64,
    n_clips: usize,
}

pub fn run(arguments: &KeysArguments) -> anyhow::Result<()> {
    let files = ModelFiles::from_dir(&arguments.model)?;
    let encoder = Encoder::load(&files, &ComputeDevice::cpu())?;
    let intervals = arguments.intervals.iter().copied().map(Some);
    let trial = |interval_secs| Trial {
        interval_secs,
        n_keys: 0,
        n_clips: 0,
        predictions: Vec::new(),
    };
    let mut trials: Vec<_> = std::iter::once(None).chain(intervals).map(trial).collect();
    let mut truth: Vec<Annotation> = Vec::new();
    let mut rng = Pcg64::seed_from_u64(arguments.seed);
    for video in 0..arguments.videos {
        let cut = Cut::sample(&mut rng);
        let first = truth.len();
        for query in cut.story.queries(&mut rng) {
            if is_question(&query, &cut.story) {
                truth.extend(cut.annotation(
                    truth.len(),
                    video,
                    &query.caption.text,
                    &query.spans,
                )?);
            }
        }
        let begin_secs = rng.random_range(0.0..1.0);
        let noise: u64 = rng.random();
        for trial in &mut trials {
            trial.search(&encoder, &cut, begin_secs, noise, &truth[first..])?;
        }
    }
    println!("| key frame each | clips with one | HIT@1 | R1@0.5 | R1@0.7 | mAP |");
    println!("|---|---|---|---|---|---|");
    for trial in &trials {
        trial.print(&truth)?;
    }
    Ok(())
}

impl Cut {
    fn sample(rng: &mut Pcg64) -> Self {
        let story = Storyboard::sample(rng, Split::HeldOut(Pairs::Any), 10);
        let first_secs = rng.random_range(0.0..CLIP_SECS);
        let n_clips = ((story.duration_secs() - first_secs) / CLIP_SECS) as usize;
        Self {
            story,
            first_secs,
            n_clips,
        }
    }

    /// A clip belongs to the query that holds at its centre.
    fn annotation(
        &self,
        qid: usize,
        video: usize,
        query: &str,
        spans: &[[f64; 2]],
    ) -> anyhow::Result<Option<Annotation>> {
        let holds = |clip: &usize| {
            let centre_secs = self.first_secs + CLIP_SECS * *clip as f64 + 1.0;
            spans
                .iter()
                .any(|[start, end]| *start <= centre_secs && centre_secs < *end)
        };
        let clips: Vec<_> = (0..self.n_clips).filter(holds).collect();
        if clips.is_empty() {
            return Ok(None);
        }
        let mut windows: Vec<[f64; 2]> = Vec::new();
        for clip in &clips {
            let [start, end] = [clip, &(clip + 1)].map(|clip| CLIP_SECS * *clip as f64);
            match windows.last_mut() {
                Some(last) if last[1] == start => last[1] = end,
                _ => windows.push([start, end]),
            }
        }
        Ok(Some(serde_json::from_value(json!({
            "qid": qid, "query": query, "vid": video.to_string(),
            "duration": CLIP_SECS * self.n_clips as f64,
            "relevant_windows": windows, "relevant_clip_ids": clips,
            "saliency_scores": vec![[4, 4, 4]; clips.len()],
        }))?))
    }
}

impl Trial {
    /// When the frame of a clip is shown, in seconds of the video, and whether it is a key frame.
    fn time_of(&self, clip: usize, begin_secs: f64) -> (f64, bool) {
        let start_secs = CLIP_SECS * clip as f64;
        let centre_secs = start_secs + 0.5 * CLIP_SECS;
        let Some(interval_secs) = self.interval_secs else {
            return (centre_secs, false);
        };
        let begin_secs = begin_secs * interval_secs;
        let nearest = ((centre_secs - begin_secs) / interval_secs)
            .round()
            .max(0.0);
        let key_secs = begin_secs + nearest * interval_secs;
        match (start_secs..start_secs + CLIP_SECS).contains(&key_secs) {
            true => (key_secs, true),
            false => (centre_secs, false),
        }
    }

    fn search(
        &mut self,
        encoder: &Encoder,
        cut: &Cut,
        begin_secs: f64,
        noise: u64,
        asked: &[Annotation],
    ) -> anyhow::Result<()> {
        // The same camera for all, so that only the times differ.
        let mut rng = Pcg64::seed_from_u64(noise);
        let mut pixels = Vec::new();
        for clip in 0..cut.n_clips {
            let (time_secs, is_key) = self.time_of(clip, begin_secs);
            self.n_keys += usize::from(is_key);
            let frame = cut.story.frame_at(cut.first_secs + time_secs, 160, 90);
            pixels.push(encoder.preprocess(&degrade(frame, &mut rng)));
        }
        self.n_clips += cut.n_clips;
        let features = encoder.encode_images(&pixels)?;
        let embeddings = Embeddings::from_features(encoder.dim(), features)?;
        for line in asked {
            let text = &encoder.embed_texts(&[&line.query])?[0];
            let cosines = embeddings.cosines(text);
            let windows = Detector::Runs
                .windows(&cosines, false)
                .into_iter()
                .map(|moment| {
                    let span = moment.span;
                    [span.start_secs, span.end_secs, f64::from(moment.score)]
                });
            let scores = cosines.values().iter().copied().map(f64::from);
            self.predictions.push(Prediction {
                qid: line.qid.clone(),
                query: line.query.clone(),
                vid: line.vid.clone(),
                pred_relevant_windows: Some(windows.collect()),
                pred_saliency_scores: Some(scores.collect()),
            });
        }
        Ok(())
    }

    fn print(&self, truth: &[Annotation]) -> anyhow::Result<()> {
        let metrics = score(truth, &self.predictions)?;
        let highlights = metrics.highlights.context("every query has highlights")?;
        let moments = metrics.moments.and_then(|moments| moments.full);
        let moments = moments.context("every query has moments")?;
        let name = match self.interval_secs {
            None => "the frame at the centre".to_owned(),
            Some(secs) => format!("{secs} s"),
        };
        println!(
            "| {name} | {:.0} % | {:.1} | {:.1} | {:.1} | {:.1} |",
            100.0 * self.n_keys as f64 / self.n_clips.max(1) as f64,
            highlights.very_good.hit1,
            moments.r1_at_50(),
            moments.r1_at_70(),
            moments.map_average,
        );
        Ok(())
    }
}
