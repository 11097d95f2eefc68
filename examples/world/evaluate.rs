//! `evaluate`: what the bundled model can do on scenes it never saw, in the numbers of the model card.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use image::RgbImage;
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64;
use vcl::domain::{Embeddings, UnitVector};
use vcl::model::{ComputeDevice, Encoder, ModelFiles};

use crate::recipe::photograph;
use crate::world::caption::{Caption, Detail, sample_caption};
use crate::world::scene::{
    Backdrop, Brightness, Colour, Content, Figure, Fill, Pairs, Place, Scene, Scenery, Shape, Size,
    Special, Split, Surface, contrasts, is_held_out_pair,
};
use crate::world::storyboard::{StoryQuery, Storyboard};

#[derive(Args)]
pub struct EvaluateArguments {
    /// The model, in Hugging Face layout.
    #[arg(long, default_value = "weights")]
    model: PathBuf,
    /// Groups of 32 captions per retrieval figure.
    #[arg(long, default_value_t = 64)]
    groups: usize,
    /// Multi-scene videos for the highlight figure.
    #[arg(long, default_value_t = 200)]
    videos: usize,
    /// Never used in training.
    #[arg(long, default_value_t = 7_000_000)]
    seed: u64,
}

/// Captions to choose from in retrieval.
const GROUP: usize = 32;

pub fn run(arguments: &EvaluateArguments) -> anyhow::Result<()> {
    let files = ModelFiles::from_dir(&arguments.model)?;
    let judge = Judge {
        encoder: Encoder::load(&files, &ComputeDevice::cpu())?,
    };
    println!("| Held-out renderings | image → text | text → image |\n|---|---|---|");
    for (name, pairs) in [("seen pairs", Pairs::Seen), ("unseen pairs", Pairs::Unseen)] {
        let mut rng = Pcg64::seed_from_u64(arguments.seed);
        let [to_text, to_image] = judge.retrieval(&mut rng, pairs, arguments.groups)?;
        println!(
            "| {name} | {:.1} % | {:.1} % |",
            100.0 * to_text,
            100.0 * to_image
        );
    }
    let mut rng = Pcg64::seed_from_u64(arguments.seed + 1);
    let [hit, n] = judge.highlights(&mut rng, arguments.videos)?;
    println!(
        "\nHighlight HIT@1: {:.1} % of {n} queries on {} videos\n",
        100.0 * hit / n,
        arguments.videos
    );
    println!("| Attribute | choices | accuracy |\n|---|---|---|");
    let mut rng = Pcg64::seed_from_u64(arguments.seed + 2);
    for attribute in attributes() {
        let accuracy = judge.attribute(&mut rng, &attribute, 300)?;
        println!(
            "| {} | {} | {:.1} % |",
            attribute.name,
            attribute.texts.len(),
            100.0 * accuracy
        );
    }
    Ok(())
}

/// The frame of every clip, as a camera gives it.
pub fn filmed(story: &Storyboard, rng: &mut Pcg64) -> Vec<RgbImage> {
    (0..story.n_clips())
        .map(|clip| {
            let frame = story.frame_at(2.0 * clip as f64 + 1.0, 160, 90);
            crate::world::camera::degrade(frame, rng)
        })
        .collect()
}

/// A query that is true most of the time asks nothing.
pub fn is_question(query: &StoryQuery, story: &Storyboard) -> bool {
    let covered: f64 = query.spans.iter().map(|[start, end]| end - start).sum();
    covered <= 0.5 * story.duration_secs()
}

struct Judge {
    encoder: Encoder,
}

impl Judge {
    fn images(&self, images: &[RgbImage]) -> anyhow::Result<Embeddings> {
        let pixels: Vec<_> = images
            .iter()
            .map(|image| self.encoder.preprocess(image))
            .collect();
        let mut features = Vec::new();
        for batch in pixels.chunks(32) {
            features.extend(self.encoder.encode_images(batch)?);
        }
        Ok(Embeddings::from_features(self.encoder.dim(), features)?)
    }

    fn texts(&self, texts: &[&str]) -> anyhow::Result<Embeddings> {
        let features = self.encoder.encode_texts(texts)?;
        Ok(Embeddings::from_features(self.encoder.dim(), features)?)
    }

    /// Top-1 among 32 captions, each true of its own scene alone: image → text, text → image.
    fn retrieval(&self, rng: &mut Pcg64, pairs: Pairs, groups: usize) -> anyhow::Result<[f64; 2]> {
        let mut right = [0usize; 2];
        for _ in 0..groups {
            let (scenes, captions) = distinct_group(rng, pairs);
            let photos: Vec<_> = scenes.iter().map(|scene| photograph(scene, rng)).collect();
            let images = self.images(&photos)?;
            let words: Vec<_> = captions.iter().map(|c| c.text.as_str()).collect();
            let texts = self.texts(&words)?;
            right[0] += n_right(&images, &texts);
            right[1] += n_right(&texts, &images);
        }
        Ok(right.map(|n| n as f64 / (groups * GROUP) as f64))
    }

    /// How often the best clip lies in a scene of which the query is true; `[hits, queries]`.
    fn highlights(&self, rng: &mut Pcg64, n_videos: usize) -> anyhow::Result<[f64; 2]> {
        let (mut hits, mut n) = (0.0, 0.0);
        for _ in 0..n_videos {
            let story = Storyboard::sample(rng, Split::HeldOut(Pairs::Any), 10);
            let embeddings = self.images(&filmed(&story, rng))?;
            for query in story.queries(rng) {
                if !is_question(&query, &story) {
                    continue;
                }
                let text = &self.encoder.embed_texts(&[&query.caption.text])?[0];
                let highlight = embeddings.cosines(text).highlight();
                let at = highlight.context("a video has clips")?.clip.centre_secs();
                let hit = query
                    .spans
                    .iter()
                    .any(|[start, end]| (*start..*end).contains(&at));
                hits += f64::from(u8::from(hit));
                n += 1.0;
            }
        }
        Ok([hits, n])
    }

    /// How often the text of the right value beats those of all others.
    fn attribute(&self, rng: &mut Pcg64, attribute: &Attribute, n: usize) -> anyhow::Result<f64> {
        let words: Vec<_> = attribute.texts.iter().map(String::as_str).collect();
        let texts = self.texts(&words)?;
        let mut right = 0;
        for i in 0..n {
            let wanted = i % words.len();
            let scene = (attribute.scene)(rng, wanted);
            let image = self.images(&[photograph(&scene, rng)])?;
            right += usize::from(best(image.values(), &texts) == wanted);
        }
        Ok(right as f64 / n as f64)
    }
}

/// Scenes and full captions, no caption true of another scene of the group.
fn distinct_group(rng: &mut Pcg64, pairs: Pairs) -> (Vec<Scene>, Vec<Caption>) {
    let (mut scenes, mut captions): (Vec<Scene>, Vec<Caption>) = Default::default();
    while scenes.len() < GROUP {
        let scene = Scene::sample(rng, Split::HeldOut(pairs));
        let caption = sample_caption(&scene, rng, Detail::Full);
        let clash = scenes.iter().any(|other| caption.claim.holds_in(other))
            || captions.iter().any(|other| other.claim.holds_in(&scene));
        if !clash {
            scenes.push(scene);
            captions.push(caption);
        }
    }
    (scenes, captions)
}

fn n_right(from: &Embeddings, to: &Embeddings) -> usize {
    from.rows()
        .enumerate()
        .filter(|(i, row)| best(row, to) == *i)
        .count()
}

fn best(row: &[f32], among: &Embeddings) -> usize {
    let unit = UnitVector::normalised(row.to_vec());
    among.cosines(&unit).highlight().map_or(0, |h| h.clip.0)
}

/// One attribute: a text for every value, and how to draw a scene that has the value.
struct Attribute {
    name: &'static str,
    texts: Vec<String>,
    scene: fn(&mut Pcg64, usize) -> Scene,
}

fn attributes() -> Vec<Attribute> {
    let phrase = |names: &[&str], form: fn(&str) -> String| names.iter().map(|n| form(n)).collect();
    vec![
        Attribute {
            name: "colour of one shape",
            texts: phrase(Colour::NAMES, |n| format!("something {n}")),
            scene: |rng, i| single(rng, |f, _, _| f.colour = Colour::ALL[i]),
        },
        Attribute {
            name: "shape",
            texts: phrase(Shape::NAMES, |n| format!("a {n}")),
            scene: |rng, i| single(rng, |f, _, _| f.shape = Shape::ALL[i]),
        },
        Attribute {
            name: "count",
            texts: ["one red circle", "two red circles", "three red circles"]
                .map(String::from)
                .into(),
            scene: |rng, i| {
                single(rng, |f, count, _| {
                    (f.colour, f.shape) = (Colour::Red, Shape::Circle);
                    *count = i as u8 + 1;
                })
            },
        },
        Attribute {
            name: "place",
            texts: [
                "on the left",
                "on the right",
                "at the top",
                "at the bottom",
                "in the middle",
            ]
            .map(|place| format!("a blue star {place}"))
            .into(),
            scene: |rng, i| {
                single(rng, |f, _, place| {
                    (f.colour, f.shape, f.size) = (Colour::Blue, Shape::Star, Size::Small);
                    *place = PLACES[i];
                })
            },
        },
        Attribute {
            name: "fill",
            texts: phrase(Fill::NAMES, |n| format!("a {n} green square")),
            scene: |rng, i| {
                single(rng, |f, _, _| {
                    (f.colour, f.shape, f.fill) = (Colour::Green, Shape::Square, Fill::ALL[i]);
                })
            },
        },
        Attribute {
            name: "size",
            texts: phrase(Size::NAMES, |n| format!("a {n} yellow circle")),
            scene: |rng, i| {
                single(rng, |f, _, _| {
                    (f.colour, f.shape, f.size) = (Colour::Yellow, Shape::Circle, Size::ALL[i]);
                })
            },
        },
        Attribute {
            name: "scenery",
            texts: Scenery::NAMES.iter().map(|n| (*n).to_owned()).collect(),
            scene: |_, i| Scene {
                content: Content::Empty,
                backdrop: Backdrop::Scenery(Scenery::ALL[i]),
                brightness: Brightness::Normal,
            },
        },
        Attribute {
            name: "special",
            texts: Special::NAMES.iter().map(|n| (*n).to_owned()).collect(),
            scene: |rng, i| Scene {
                content: Content::Special(Special::ALL[i]),
                ..single(rng, |_, _, _| {})
            },
        },
    ]
}

const PLACES: [Place; 5] = [
    Place::Left,
    Place::Right,
    Place::Top,
    Place::Bottom,
    Place::Centre,
];

/// One shape of a pair seen in training on a contrasting wall, with `fix` setting what is asked.
fn single(rng: &mut Pcg64, fix: impl Fn(&mut Figure, &mut u8, &mut Place)) -> Scene {
    loop {
        let mut figure = Figure {
            colour: Colour::random(rng),
            shape: Shape::random(rng),
            size: Size::random(rng),
            fill: Fill::Plain,
        };
        let (mut count, mut place) = (1, Place::Centre);
        fix(&mut figure, &mut count, &mut place);
        let background = Colour::ALL[rng.random_range(0..Colour::COUNT)];
        if !is_held_out_pair(figure.colour, figure.shape) && contrasts(figure.colour, background) {
            return Scene {
                content: Content::Group {
                    figure,
                    count,
                    place,
                },
                backdrop: Backdrop::Wall {
                    colour: background,
                    surface: Surface::random(rng),
                },
                brightness: Brightness::Normal,
            };
        }
    }
}
