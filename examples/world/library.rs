//! `library`: how well queries that some film of a library shows are told from those that none does, and
//! by what number the best clip of all films is found.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use rand::SeedableRng as _;
use rand_pcg::Pcg64;
use vcl::domain::{Embeddings, Query, UnitVector};
use vcl::engine::{Engine, EngineConfig, FrameChoice, ModelChoice};
use vcl::find::{NeutralLevel, PROBABLY_PRESENT, Way};
use vcl::library::LibraryLevel;
use vcl::model::DeviceChoice;
use vcl::store::Paths;

use crate::evaluate::filmed;
use crate::world::caption::{Caption, Detail, sample_caption};
use crate::world::scene::{Pairs, Scene, Split};
use crate::world::storyboard::Storyboard;

const SPLIT: Split = Split::HeldOut(Pairs::Any);

#[derive(Args)]
pub struct LibraryArguments {
    /// The model, in Hugging Face layout.
    #[arg(long, default_value = "weights")]
    model: PathBuf,
    /// Libraries of so many films are measured.
    #[arg(long, value_delimiter = ',', default_value = "1,10,40,200")]
    films: Vec<usize>,
    /// Scenes of a film.
    #[arg(long, default_value_t = 5)]
    scenes: usize,
    /// Queries of each kind.
    #[arg(long, default_value_t = 200)]
    queries: usize,
    /// Never used in training.
    #[arg(long, default_value_t = 9_000_000)]
    seed: u64,
}

struct Film {
    story: Storyboard,
    embeddings: Embeddings,
    level: NeutralLevel,
}

/// The best clip of all films for a query, by a number: film, seconds, the number.
type Best = (usize, f64, f32);

pub fn run(arguments: &LibraryArguments) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut engine = Engine::open(&EngineConfig {
        model: ModelChoice::Named(arguments.model.clone()),
        device: DeviceChoice::Cpu,
        frame_choice: FrameChoice::default(),
        paths: Paths::below(folder.path()),
    })?;
    println!(
        "| Films | Queries | best by cosine | best on the film's own scale | better than chance when there | not \
         when not | listed when there | not when not |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for &n_films in &arguments.films {
        let mut rng = Pcg64::seed_from_u64(arguments.seed);
        let films = draw(&mut engine, arguments, n_films, &mut rng)?;
        let level = level_of(&mut engine, &films)?;
        for (detail, name) in [
            (Detail::Full, "full captions"),
            (Detail::Brief, "a few words"),
        ] {
            let mut n = [0; 6];
            for i in 0..arguments.queries {
                let takes = &films[i % n_films].story.takes;
                let scene = &takes[i / n_films % takes.len()].scene;
                let shown = sample_caption(scene, &mut rng, detail);
                let text = embed(&mut engine, &shown)?;
                let (by_cosine, by_scale) = best(&films, &text);
                n[0] += usize::from(is_right(&films, &shown, by_cosine));
                n[1] += usize::from(is_right(&films, &shown, by_scale));
                n[2] += usize::from(by_cosine.2 >= level.least_cosine());
                n[4] += usize::from(is_listed(&films, level, &text));
                let text = embed(&mut engine, &absent(&films, detail, &mut rng)?)?;
                n[3] += usize::from(best(&films, &text).0.2 < level.least_cosine());
                n[5] += usize::from(!is_listed(&films, level, &text));
            }
            let n = n.map(|n| format!("{:.1} %", 100.0 * n as f64 / arguments.queries as f64));
            println!("| {n_films} | {name} | {} |", n.join(" | "));
        }
    }
    Ok(())
}

fn draw(
    engine: &mut Engine,
    arguments: &LibraryArguments,
    n_films: usize,
    rng: &mut Pcg64,
) -> anyhow::Result<Vec<Film>> {
    let neutral = engine.neutral_directions()?.to_vec();
    let mut films = Vec::new();
    for _ in 0..n_films {
        let story = Storyboard::sample(rng, SPLIT, arguments.scenes);
        let frames = filmed(&story, rng);
        let pixels: Vec<_> = frames
            .iter()
            .map(|frame| engine.encoder().preprocess(frame))
            .collect();
        let features = engine.encode_images(&pixels)?;
        let embeddings = Embeddings::from_features(engine.encoder().dim(), features)?;
        films.push(Film {
            level: NeutralLevel::of(&neutral, &embeddings, engine.encoder().calibration()),
            story,
            embeddings,
        });
    }
    Ok(films)
}

fn level_of(engine: &mut Engine, films: &[Film]) -> anyhow::Result<LibraryLevel> {
    let neutral = engine.neutral_directions()?;
    let peak = |film: &Film, text: &UnitVector| {
        let best = film.embeddings.cosines(text).highlight();
        best.map_or(f32::NEG_INFINITY, |best| best.score)
    };
    let peaks: Vec<Vec<f32>> = films
        .iter()
        .map(|film| neutral.iter().map(|text| peak(film, text)).collect())
        .collect();
    let videos = films.iter().zip(&peaks);
    LibraryLevel::of(videos.map(|(film, peaks)| (film.level, &peaks[..]))).context("no film")
}

/// By cosine, and by the saliency of each film.
fn best(films: &[Film], text: &UnitVector) -> (Best, Best) {
    let mut by_cosine = (0, 0.0, f32::NEG_INFINITY);
    let mut by_scale = by_cosine;
    for (i, film) in films.iter().enumerate() {
        let Some(clip) = film.embeddings.cosines(text).highlight() else {
            continue;
        };
        let (scale, bias) = film.level.calibration();
        for (best, value) in [
            (&mut by_cosine, clip.score),
            (&mut by_scale, scale * clip.score + bias),
        ] {
            if value > best.2 {
                *best = (i, clip.clip.centre_secs(), value);
            }
        }
    }
    (by_cosine, by_scale)
}

/// Whether `vcl find` lists something: in some film it is better than chance anywhere, and that film by
/// itself rather holds it than not.
fn is_listed(films: &[Film], level: LibraryLevel, text: &UnitVector) -> bool {
    films.iter().any(|film| {
        let cosines = film.embeddings.cosines(text);
        let best = cosines.highlight().map_or(f32::NEG_INFINITY, |it| it.score);
        best >= level.least_cosine() && film.level.presence(&cosines) >= PROBABLY_PRESENT
    })
}

fn is_right(films: &[Film], caption: &Caption, (film, secs, _): Best) -> bool {
    let spans = films[film].story.spans_of(&caption.claim);
    spans
        .iter()
        .any(|[start, end]| *start <= secs && secs < *end)
}

/// Describes a scene from elsewhere in words that fit no scene of any film.
fn absent(films: &[Film], detail: Detail, rng: &mut Pcg64) -> anyhow::Result<Caption> {
    (0..10_000)
        .map(|_| sample_caption(&Scene::sample(rng, SPLIT), rng, detail))
        .find(|caption| {
            let mut films = films.iter();
            films.all(|film| film.story.spans_of(&caption.claim).is_empty())
        })
        .context("everything is in these films")
}

fn embed(engine: &mut Engine, caption: &Caption) -> anyhow::Result<UnitVector> {
    Ok(engine.embed_query(&Query::new(&caption.text)?, &Way::default())?)
}
