//! Curves whose true moments are known.

use std::path::Path;

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
use crate::world::camera::degrade;
use crate::world::caption::{Detail, sample_caption};
use crate::world::scene::{Pairs, Split};
use crate::world::storyboard::Storyboard;

/// One query on one video.
#[derive(Clone)]
pub struct Case {
    pub answer: Answer,
    /// In order, apart from each other.
    pub truth: Vec<TimeSpan>,
    /// The same with the moments of the network that made the curve.
    pub own: Option<Answer>,
}

/// Cases of one kind.
pub struct Set {
    pub name: String,
    pub cases: Vec<Case>,
}

/// A query that is true most of the time asks nothing.
fn is_question(truth: &[TimeSpan], duration_secs: f64) -> bool {
    let covered: f64 = truth.iter().map(|span| span.length_secs()).sum();
    covered > 0.0 && covered <= 0.5 * duration_secs
}

pub fn with_the_bundled_model(n_videos: usize, seed: u64) -> anyhow::Result<Vec<Set>> {
    let folder = tempfile::tempdir()?;
    let engine = Engine::open(&EngineConfig {
        model: ModelChoice::Bundled,
        device: DeviceChoice::Cpu,
        frame_choice: FrameChoice::default(),
        paths: Paths::below(folder.path()),
    })?;
    let mut asker = Asker { engine };
    let full = asker.drawn("drawn videos, full captions", Detail::Full, n_videos, seed)?;
    let brief = asker.drawn(
        "drawn videos, a few words",
        Detail::Brief,
        n_videos,
        seed + 1,
    )?;
    let both = Set {
        name: "drawn videos, both".to_owned(),
        cases: [full.cases.as_slice(), &brief.cases].concat(),
    };
    let flat = asker.flat(n_videos, seed + 2)?;
    Ok(vec![asker.demo()?, full, brief, both, flat])
}

struct Asker {
    engine: Engine,
}

impl Asker {
    fn demo(&mut self) -> anyhow::Result<Set> {
        let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
        let source = Source::open(&assets.join("demo.mp4"))?;
        let index = IndexJob::start(&self.engine, &source, false)?.run(&mut self.engine, |_| ())?;
        let mut cases = Vec::new();
        for line in read_annotations(&assets.join("demo.jsonl"))? {
            let windows = line.relevant_windows.iter();
            cases.push(Case {
                truth: windows.map(|w| TimeSpan::new(w[0], w[1])).collect(),
                answer: self.ask(&index.snapshot(), &line.query)?,
                own: None,
            });
        }
        Ok(Set {
            name: "demo video".to_owned(),
            cases,
        })
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
            let frames = (0..story.n_clips()).map(|clip| {
                let frame = story.frame_at(2.0 * clip as f64 + 1.0, 160, 90);
                degrade(frame, &mut rng)
            });
            let frames: Vec<_> = frames.collect();
            let embeddings = self.embed(&frames)?;
            let video = Snapshot::of(&embeddings);
            for take in &story.takes {
                let caption = sample_caption(&take.scene, &mut rng, detail);
                let truth = spans(&story.spans_of(&caption.claim));
                if is_question(&truth, story.duration_secs()) {
                    cases.push(Case {
                        truth,
                        answer: self.ask(&video, &caption.text)?,
                        own: None,
                    });
                }
            }
        }
        Ok(Set {
            name: name.to_owned(),
            cases,
        })
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
                    cases.push(Case {
                        truth,
                        answer: self.ask(&video, &words)?,
                        own: None,
                    });
                }
            }
        }
        Ok(Set {
            name: "videos of another look, cuts anywhere".to_owned(),
            cases,
        })
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

    fn ask(&mut self, video: &Snapshot<'_>, words: &str) -> anyhow::Result<Answer> {
        Ok(self
            .engine
            .answer(video, &Query::new(words)?, &Way::default())?)
    }
}

fn spans(pairs: &[[f64; 2]]) -> Vec<TimeSpan> {
    pairs
        .iter()
        .map(|[start, end]| TimeSpan::new(*start, *end))
        .collect()
}
