//! Curves whose true moments are known.

use std::path::{Path, PathBuf};

use image::RgbImage;
use rand::SeedableRng as _;
use rand_pcg::Pcg64;
use vcl::domain::{Embeddings, Query, TimeSpan};
use vcl::engine::{Engine, EngineConfig, FrameChoice, IndexJob, ModelChoice, Snapshot};
use vcl::eval::read_annotations;
use vcl::find::{Answer, Way};
use vcl::model::DeviceChoice;
use vcl::store::Paths;
use vcl::video::Source;

use crate::flat_look;
use crate::trained::{By, Lessons, Method, learn};
use crate::world::camera::degrade;
use crate::world::caption::{Detail, sample_caption};
use crate::world::scene::{Pairs, Split};
use crate::world::storyboard::{StoryQuery, Storyboard};

/// One query on one video.
#[derive(Clone)]
pub struct Case {
    pub answer: Answer,
    /// In order, apart from each other.
    pub truth: Vec<TimeSpan>,
    /// The same with moments by [`Set::others`], in that order.
    pub others: Vec<Answer>,
}

/// Cases of one kind.
pub struct Set {
    pub name: String,
    /// What else finds moments; several of one name differ by chance alone.
    pub others: Vec<String>,
    pub cases: Vec<Case>,
}

/// A query that is true most of the time asks nothing.
fn is_question(truth: &[TimeSpan], duration_secs: f64) -> bool {
    let covered: f64 = truth.iter().map(|span| span.length_secs()).sum();
    covered > 0.0 && covered <= 0.5 * duration_secs
}

/// What learns moments before the rules are compared.
#[derive(Default)]
pub struct Training {
    /// How many queries it learns from, once for each.
    pub amounts: Vec<usize>,
    /// Trainings on other queries from another start.
    pub n_seeds: u64,
    /// Where the detectors are kept.
    pub folder: Option<PathBuf>,
}

pub fn with_the_bundled_model(
    n_videos: usize,
    seed: u64,
    training: &Training,
) -> anyhow::Result<Vec<Set>> {
    let folder = tempfile::tempdir()?;
    let engine = Engine::open(&EngineConfig {
        model: ModelChoice::Bundled,
        device: DeviceChoice::Cpu,
        frame_choice: FrameChoice::default(),
        paths: Paths::below(folder.path()),
    })?;
    let methods = Vec::new();
    let mut asker = Asker { engine, methods };
    asker.learn(training, seed + 10)?;
    let full = asker.drawn("drawn videos, full captions", Detail::Full, n_videos, seed)?;
    let brief = asker.drawn(
        "drawn videos, a few words",
        Detail::Brief,
        n_videos,
        seed + 1,
    )?;
    let both = Set {
        name: "drawn videos, both".to_owned(),
        others: full.others.clone(),
        cases: [full.cases.as_slice(), &brief.cases].concat(),
    };
    let flat = asker.flat(n_videos, seed + 2)?;
    Ok(vec![asker.demo()?, full, brief, both, flat])
}

struct Asker {
    engine: Engine,
    methods: Vec<Method>,
}

impl Asker {
    fn demo(&mut self) -> anyhow::Result<Set> {
        let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
        let source = Source::open(&assets.join("demo.mp4"))?;
        let index = IndexJob::start(&self.engine, &source, false)?.run(&mut self.engine, |_| ())?;
        let mut cases = Vec::new();
        for line in read_annotations(&assets.join("demo.jsonl"))? {
            let windows = line.relevant_windows.iter();
            let truth = windows.map(|w| TimeSpan::new(w[0], w[1])).collect();
            cases.push(self.ask(&index.snapshot(), &line.query, truth)?);
        }
        Ok(self.set("demo video", cases))
    }

    fn drawn(
        &mut self,
        name: &str,
        detail: Detail,
        n_videos: usize,
        seed: u64,
    ) -> anyhow::Result<Set> {
        let mut rng = Pcg64::seed_from_u64(seed);
        let mut cases = Vec::new();
        for _ in 0..n_videos {
            let story = Storyboard::sample(&mut rng, Split::HeldOut(Pairs::Any), 10);
            let embeddings = self.film(&story, &mut rng)?;
            let video = Snapshot::of(&embeddings);
            for take in &story.takes {
                let caption = sample_caption(&take.scene, &mut rng, detail);
                let truth = spans(&story.spans_of(&caption.claim));
                if is_question(&truth, story.duration_secs()) {
                    cases.push(self.ask(&video, &caption.text, truth)?);
                }
            }
        }
        Ok(self.set(name, cases))
    }

    fn flat(&mut self, n_videos: usize, seed: u64) -> anyhow::Result<Set> {
        let mut rng = Pcg64::seed_from_u64(seed);
        let mut cases = Vec::new();
        for _ in 0..n_videos {
            let film = flat_look::Film::sample(&mut rng);
            let frames: Vec<_> = (0..film.n_clips())
                .map(|clip| film.frame_at(2.0 * clip as f64 + 1.0, &mut rng))
                .collect();
            let embeddings = self.embed(&frames)?;
            let video = Snapshot::of(&embeddings);
            for (words, truth) in film.queries() {
                let truth = spans(&truth);
                if is_question(&truth, film.duration_secs()) {
                    cases.push(self.ask(&video, &words, truth)?);
                }
            }
        }
        Ok(self.set("videos of another look, cuts anywhere", cases))
    }

    /// Heads and detectors, from videos that no set has.
    fn learn(&mut self, training: &Training, seed: u64) -> anyhow::Result<()> {
        let Some(&most) = training.amounts.iter().max() else {
            return Ok(());
        };
        let lessons = self.lessons(most, seed)?;
        for &n in &training.amounts {
            for seed in 0..training.n_seeds {
                let folder = training.folder.as_deref();
                let methods = learn(&mut self.engine, &lessons, n, seed, folder)?;
                self.methods.extend(methods);
            }
        }
        Ok(())
    }

    /// At least so many queries, as many full captions as few words.
    fn lessons(&mut self, n: usize, seed: u64) -> anyhow::Result<Lessons> {
        let mut rng = Pcg64::seed_from_u64(seed);
        let mut lessons = Lessons::default();
        while lessons.queries.len() < n {
            let story = Storyboard::sample(&mut rng, Split::Train, 10);
            let number = lessons.videos.len();
            lessons.videos.push(self.film(&story, &mut rng)?);
            let details = [Detail::Full, Detail::Brief].into_iter().cycle();
            for (take, detail) in story.takes.iter().zip(details) {
                let caption = sample_caption(&take.scene, &mut rng, detail);
                let spans = story.spans_of(&caption.claim);
                let query = StoryQuery { caption, spans };
                if is_question(&self::spans(&query.spans), story.duration_secs()) {
                    let qid = lessons.queries.len() as u64;
                    let line = story.annotation(qid, &format!("video {number}"), &query);
                    let line = serde_json::from_value(serde_json::to_value(line)?)?;
                    lessons.queries.push((number, line));
                }
            }
        }
        Ok(lessons)
    }

    fn film(&mut self, story: &Storyboard, rng: &mut Pcg64) -> anyhow::Result<Embeddings> {
        let frames = (0..story.n_clips()).map(|clip| {
            let frame = story.frame_at(2.0 * clip as f64 + 1.0, 160, 90);
            degrade(frame, rng)
        });
        let frames: Vec<_> = frames.collect();
        self.embed(&frames)
    }

    fn set(&self, name: &str, cases: Vec<Case>) -> Set {
        Set {
            name: name.to_owned(),
            others: self.methods.iter().map(|it| it.name.clone()).collect(),
            cases,
        }
    }

    fn embed(&mut self, frames: &[RgbImage]) -> anyhow::Result<Embeddings> {
        let pixels = frames
            .iter()
            .map(|frame| self.engine.encoder().preprocess(frame));
        let pixels: Vec<_> = pixels.collect();
        let features = self.engine.encode_images(&pixels)?;
        Ok(Embeddings::from_features(
            self.engine.encoder().dim(),
            features,
        )?)
    }

    fn ask(
        &mut self,
        video: &Snapshot<'_>,
        words: &str,
        truth: Vec<TimeSpan>,
    ) -> anyhow::Result<Case> {
        let query = Query::new(words)?;
        let answer = self.engine.answer(video, &query, &Way::default())?;
        let mut others = Vec::new();
        for method in &self.methods {
            others.push(match &method.by {
                By::Head(way) => self.engine.answer(video, &query, way)?,
                By::Detector(detector) => {
                    let proposed = self.engine.detect(video, &query, detector)?;
                    answer.clone().with(proposed)
                }
            });
        }
        Ok(Case {
            answer,
            truth,
            others,
        })
    }
}

fn spans(pairs: &[[f64; 2]]) -> Vec<TimeSpan> {
    pairs
        .iter()
        .map(|[start, end]| TimeSpan::new(*start, *end))
        .collect()
}
