//! `edges`: how far the ends of moments lie from where what was asked for begins and ends, before and after a
//! closer look.
//!
//! Films are cut where they are, not at the ends of clips. Each moment that was found is compared with the true
//! span that it overlaps most; ends of the film do not count.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::AppSrc;
use image::RgbImage;
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64;
use vcl::domain::{Moment, Query, TimeSpan};
use vcl::engine::{Engine, EngineConfig, FrameChoice, IndexJob, ModelChoice};
use vcl::find::Way;
use vcl::model::DeviceChoice;
use vcl::store::Paths;
use vcl::video::Source;

use crate::evaluate::is_question;
use crate::world::scene::{Pairs, Split};
use crate::world::storyboard::{CLIP_SECS, Storyboard};

const FRAMES_PER_SECOND: u32 = 25;
const SIZE: (u32, u32) = (320, 180);

/// Less says that something else was found.
const LEAST_IOU: f64 = 0.3;

#[derive(Args)]
pub struct EdgesArguments {
    /// Videos of six scenes.
    #[arg(long, default_value_t = 20)]
    videos: usize,
    /// Never used in training.
    #[arg(long, default_value_t = 9_500_000)]
    seed: u64,
    /// How long one picture goes over into the next; 0 is a cut.
    #[arg(long, default_value_t = 0.0)]
    dissolve_secs: f64,
}

/// How far ends are off, in seconds.
#[derive(Default)]
struct Errors {
    before: Vec<f64>,
    after: Vec<f64>,
    took: Duration,
}

pub fn run(arguments: &EdgesArguments) -> anyhow::Result<()> {
    gst::init()?;
    let dir = tempfile::tempdir()?;
    let mut engine = Engine::open(&EngineConfig {
        model: ModelChoice::default(),
        device: DeviceChoice::Cpu,
        frame_choice: FrameChoice::default(),
        paths: Paths::below(dir.path()),
    })?;
    let mut rng = Pcg64::seed_from_u64(arguments.seed);
    let mut errors = Errors::default();
    for video in 0..arguments.videos {
        let film = Film::sample(&mut rng, arguments.dissolve_secs);
        let path = dir.path().join(format!("{video}.mp4"));
        film.encode(&path)?;
        film.measure(&mut engine, &path, &mut rng, &mut errors)?;
        std::fs::remove_file(&path)?;
    }
    errors.print()
}

struct Film {
    story: Storyboard,
    /// Where it begins in the story.
    first_secs: f64,
    n_frames: u64,
    dissolve_secs: f64,
}

impl Film {
    fn sample(rng: &mut Pcg64, dissolve_secs: f64) -> Self {
        let story = Storyboard::sample(rng, Split::HeldOut(Pairs::Any), 6);
        let first_secs = rng.random_range(0.0..CLIP_SECS);
        let secs = story.duration_secs() - first_secs;
        Self {
            n_frames: (secs * f64::from(FRAMES_PER_SECOND)) as u64,
            story,
            first_secs,
            dissolve_secs,
        }
    }

    fn duration_secs(&self) -> f64 {
        self.n_frames as f64 / f64::from(FRAMES_PER_SECOND)
    }

    fn frame(&self, time_secs: f64) -> RgbImage {
        let at = |secs: f64| self.story.frame_at(self.first_secs + secs, SIZE.0, SIZE.1);
        let half_secs = self.dissolve_secs / 2.0;
        let (before, after) = (time_secs - half_secs, time_secs + half_secs);
        let take = |secs: f64| {
            let take = self.story.take_at(self.first_secs + secs);
            take.map_or(0.0, |take| take.start_secs)
        };
        let joint_secs = take(after) - self.first_secs;
        if half_secs <= 0.0 || take(before) == take(after) {
            return at(time_secs);
        }
        let part = ((time_secs - joint_secs) / self.dissolve_secs + 0.5).clamp(0.0, 1.0);
        let (mut old, new) = (at(joint_secs - 1e-3), at(joint_secs + 1e-3));
        for (old, new) in old.pixels_mut().zip(new.pixels()) {
            for (old, new) in old.0.iter_mut().zip(new.0) {
                let mixed = (1.0 - part) * f64::from(*old) + part * f64::from(new);
                *old = mixed.round() as u8;
            }
        }
        old
    }

    fn encode(&self, path: &Path) -> anyhow::Result<()> {
        let pipeline = gst::parse::launch(&format!(
            "appsrc name=in format=time block=true \
             caps=video/x-raw,format=RGB,width={},height={},framerate={FRAMES_PER_SECOND}/1 \
             ! videoconvert ! video/x-raw,format=I420 \
             ! x264enc speed-preset=veryfast key-int-max=100 ! h264parse ! mp4mux \
             ! filesink location=\"{}\"",
            SIZE.0,
            SIZE.1,
            path.display()
        ))?;
        let pipeline = pipeline
            .downcast::<gst::Pipeline>()
            .ok()
            .context("a pipeline")?;
        let source = pipeline.by_name("in").context("its source")?;
        let source = source.downcast::<AppSrc>().ok().context("its source")?;
        pipeline.set_state(gst::State::Playing)?;
        for frame in 0..self.n_frames {
            let time_secs = frame as f64 / f64::from(FRAMES_PER_SECOND);
            let mut buffer = gst::Buffer::from_mut_slice(self.frame(time_secs).into_raw());
            if let Some(buffer) = buffer.get_mut() {
                buffer.set_pts(gst::ClockTime::from_nseconds((time_secs * 1e9) as u64));
                let frame_ns = 1_000_000_000 / u64::from(FRAMES_PER_SECOND);
                buffer.set_duration(gst::ClockTime::from_nseconds(frame_ns));
            }
            source.push_buffer(buffer)?;
        }
        source.end_of_stream()?;
        let bus = pipeline.bus().context("its bus")?;
        let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
        let message = bus.timed_pop_filtered(gst::ClockTime::from_seconds(120), &kinds);
        pipeline.set_state(gst::State::Null)?;
        let is_whole = message.is_some_and(|it| it.type_() == gst::MessageType::Eos);
        anyhow::ensure!(is_whole, "a film cannot be encoded");
        Ok(())
    }

    fn measure(
        &self,
        engine: &mut Engine,
        path: &Path,
        rng: &mut Pcg64,
        errors: &mut Errors,
    ) -> anyhow::Result<()> {
        let source = Source::open(path)?;
        let index = IndexJob::start(engine, &source, false)?.run(engine, |_| {})?;
        let way = Way::default();
        for asked in self.story.queries(rng) {
            if !is_question(&asked, &self.story) {
                continue;
            }
            let query = Query::new(&asked.caption.text)?;
            let answer = engine.answer(&index.snapshot(), &query, &way)?;
            if !answer.is_probable() {
                continue;
            }
            let found = answer.found(None).moments;
            let text = engine.embed_query(&query, &way)?;
            let mut refined = found.clone();
            let began = Instant::now();
            engine.refine(
                &source,
                &text,
                &answer.cosines,
                &mut refined,
                &Arc::default(),
            )?;
            errors.took += began.elapsed();
            let shown = |span: &[f64; 2]| {
                let [start, end] = span.map(|secs| secs - self.first_secs);
                TimeSpan::new(start.max(0.0), end.min(self.duration_secs()))
            };
            let truth: Vec<_> = asked.spans.iter().map(shown).collect();
            for (found, refined) in found.iter().zip(&refined) {
                errors.add(found, refined, &truth, self.duration_secs());
            }
        }
        Ok(())
    }
}

impl Errors {
    fn add(&mut self, found: &Moment, refined: &Moment, truth: &[TimeSpan], end_secs: f64) {
        let iou = |span: &TimeSpan| span.iou(found.span);
        let best = truth.iter().max_by(|a, b| iou(a).total_cmp(&iou(b)));
        let Some(span) = best.filter(|span| iou(span) >= LEAST_IOU) else {
            return;
        };
        let ends = [
            (
                span.start_secs,
                found.span.start_secs,
                refined.span.start_secs,
            ),
            (span.end_secs, found.span.end_secs, refined.span.end_secs),
        ];
        for (secs, before, after) in ends {
            if secs > 0.0 && secs < end_secs && before > 0.0 && before < end_secs {
                self.before.push((before - secs).abs());
                self.after.push((after - secs).abs());
            }
        }
    }

    fn print(mut self) -> anyhow::Result<()> {
        let n_edges = self.before.len();
        anyhow::ensure!(n_edges > 0, "no moment was found");
        println!("| {n_edges} edges | median error | 90 % are below | within 0.1 s |");
        println!("|---|---|---|---|");
        for (name, errors) in [("as found", &mut self.before), ("refined", &mut self.after)] {
            errors.sort_by(f64::total_cmp);
            let within = errors.partition_point(|secs| *secs <= 0.1);
            println!(
                "| {name} | {:.2} s | {:.2} s | {:.0} % |",
                errors[n_edges / 2],
                errors[n_edges * 9 / 10],
                100.0 * within as f64 / n_edges as f64
            );
        }
        let per_edge = self.took.as_secs_f64() / n_edges as f64;
        println!("\n{:.0} ms for each edge", 1000.0 * per_edge);
        Ok(())
    }
}
