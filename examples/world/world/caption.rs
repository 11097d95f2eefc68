//! Captions: something true of a scene, said in one of many ways.

use rand::RngExt as _;
use rand_pcg::Pcg64;

use super::claim::place_holds;
pub use super::claim::{Claim, FigureClaim, Number, Relation, ScenerySet};
use super::phrases::{
    SCENERY_PHRASES, brightness_phrases, colour_words, place_phrases, scenery_nouns,
    special_phrases,
};
use super::scene::{
    Arrangement, Backdrop, Brightness, Content, Figure, Fill, Place, Scene, Scenery, Surface,
};
use super::wording::{
    Article, colour_word, finished, framed, lit, noun_phrase, pick, usual, with_article,
};

/// How much a caption says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Some of what is visible, down to single words.
    Brief,
    /// Enough to distinguish the scene from others.
    Full,
}

/// A text and what it asserts.
#[derive(Clone, Debug, PartialEq)]
pub struct Caption {
    pub text: String,
    pub claim: Claim,
}

/// Says something true of the scene.
pub fn sample_caption(scene: &Scene, rng: &mut Pcg64, detail: Detail) -> Caption {
    let (text, claim) = match (scene.content, detail) {
        (Content::Special(special), _) => {
            let text = pick(rng, special_phrases(special)).to_owned();
            let claim = Claim {
                special: Some(special),
                ..Claim::default()
            };
            (text, claim)
        }
        (Content::Empty, _) => scenery_caption(scene, rng, detail),
        (Content::Group { .. }, Detail::Full) => group_full(scene, rng),
        (Content::Pair { .. }, Detail::Full) => pair_full(scene, rng),
        (_, Detail::Brief) => figure_brief(scene, rng),
    };
    Caption {
        text: finished(rng, text),
        claim,
    }
}

fn scenery_caption(scene: &Scene, rng: &mut Pcg64, detail: Detail) -> (String, Claim) {
    let Backdrop::Scenery(scenery) = scene.backdrop else {
        return background_phrase(scene, rng);
    };
    let mut claim = Claim {
        sceneries: Some(ScenerySet::of(&[scenery])),
        ..Claim::default()
    };
    let brightness = scene.brightness;
    if brightness != Brightness::Normal && (detail == Detail::Full || rng.random_bool(0.4)) {
        claim.brightness = Some(brightness);
        let noun = usual(rng, scenery_nouns(scenery));
        let (adjectives, light): (&[&str], &[&str]) = if brightness == Brightness::Dark {
            (
                &["dark", "dark", "dim"],
                &["in the dark", "at low light", "in dim light"],
            )
        } else {
            (
                &["bright", "bright", "brightly lit"],
                &["in bright light", "in the bright sun"],
            )
        };
        let text = if rng.random_bool(0.7) {
            let adjective = pick(rng, adjectives);
            let article = pick(rng, &["a", "the"]);
            format!("{article} {adjective} {noun}")
        } else {
            format!("the {noun} {}", pick(rng, light))
        };
        return (framed(rng, &text, false), claim);
    }
    if detail == Detail::Brief {
        match rng.random_range(0..100) {
            0..4 => {
                let colour = scenery.colours()[0];
                let claim = Claim {
                    colour_anywhere: Some(colour),
                    ..Claim::default()
                };
                return (colour_words(colour)[0].to_owned(), claim);
            }
            4..8 if brightness != Brightness::Normal => return brightness_caption(rng, brightness),
            _ => {}
        }
    }
    let fitting: Vec<&(&str, &[Scenery])> = SCENERY_PHRASES
        .iter()
        .filter(|(_, set)| set.contains(&scenery) && (set.len() == 1 || detail == Detail::Brief))
        .collect();
    let (text, set) = *fitting[rng.random_range(0..fitting.len())];
    claim.sceneries = Some(ScenerySet::of(set));
    let is_noun_phrase = ["a ", "an ", "the "]
        .iter()
        .any(|article| text.starts_with(article));
    if text == "the sun sets" || !is_noun_phrase || rng.random_bool(0.6) {
        (text.to_owned(), claim)
    } else {
        let text = match rng.random_range(0..6) {
            0 | 1 => format!("a picture of {text}"),
            2 => format!("a photo of {text}"),
            3 => format!("a video of {text}"),
            4 => format!("a view of {text}"),
            _ => format!("a scene with {text}"),
        };
        (text, claim)
    }
}

fn brightness_caption(rng: &mut Pcg64, brightness: Brightness) -> (String, Claim) {
    let claim = Claim {
        brightness: Some(brightness),
        ..Claim::default()
    };
    (pick(rng, brightness_phrases(brightness)).to_owned(), claim)
}

/// "a blue background", with as much of colour and surface as is drawn.
fn background_phrase(scene: &Scene, rng: &mut Pcg64) -> (String, Claim) {
    let Backdrop::Wall { colour, surface } = scene.backdrop else {
        return scenery_caption(scene, rng, Detail::Brief);
    };
    let says_colour = scene.brightness == Brightness::Normal && rng.random_bool(0.8);
    let says_surface = !says_colour || rng.random_bool(0.35);
    let claim = Claim {
        background: says_colour.then_some(colour),
        surface: says_surface.then_some(surface),
        ..Claim::default()
    };
    let colour = if says_colour {
        format!("{} ", colour_word(rng, colour))
    } else {
        String::new()
    };
    let rest = if says_surface {
        match surface {
            Surface::Plain => format!("{} {colour}background", pick(rng, &["plain", "flat"])),
            Surface::Gradient => format!(
                "{colour}{}",
                pick(rng, &["gradient", "gradient background"])
            ),
            Surface::Textured => {
                format!(
                    "{} {colour}background",
                    pick(rng, &["textured", "rough", "textured"])
                )
            }
        }
    } else {
        format!(
            "{colour}{}",
            pick(rng, &["background", "background", "wall"])
        )
    };
    (with_article(rest.trim_start()), claim)
}

/// Where the figure is seen, as an ending; asserts it in the claim.
fn before_backdrop(scene: &Scene, rng: &mut Pcg64, claim: &mut Claim) -> String {
    if let Backdrop::Scenery(scenery) = scene.backdrop {
        claim.sceneries = Some(ScenerySet::of(&[scenery]));
        let noun = usual(rng, scenery_nouns(scenery));
        return match rng.random_range(0..5) {
            0 | 1 => format!("in front of the {noun}"),
            2 => format!("over the {noun}"),
            3 => format!("against the {noun}"),
            _ => format!("with the {noun} in the background"),
        };
    }
    let (phrase, background) = background_phrase(scene, rng);
    claim.background = background.background;
    claim.surface = background.surface;
    format!(
        "{} {phrase}",
        pick(rng, &["on", "on", "against", "in front of"])
    )
}

fn group_full(scene: &Scene, rng: &mut Pcg64) -> (String, Claim) {
    let Content::Group {
        figure,
        count,
        place,
    } = scene.content
    else {
        return figure_brief(scene, rng);
    };
    let figure_claim = FigureClaim {
        colour: Some(figure.colour),
        shape: Some(figure.shape),
        size: rng.random_bool(0.35).then_some(figure.size),
        fill: rng
            .random_bool(if figure.fill == Fill::Plain {
                0.06
            } else {
                0.9
            })
            .then_some(figure.fill),
    };
    let article = match (count, rng.random_range(0..100)) {
        (1, 0..70) => Article::A,
        (1, 70..86) => Article::Bare,
        (1, 86..93) => Article::The,
        (n, _) => Article::Number(n),
    };
    let mut claim = Claim {
        figure: Some(figure_claim),
        number: article.number(),
        ..Claim::default()
    };
    let mut text = noun_phrase(rng, &figure_claim, article);
    let says_place = match (count, place) {
        (1, Place::Centre) => {
            matches!(scene.backdrop, Backdrop::Wall { .. }) && rng.random_bool(0.3)
        }
        (1, _) => rng.random_bool(0.8),
        _ => false,
    };
    if says_place {
        claim.place = Some(place);
        text = format!("{text} {}", usual(rng, place_phrases(place)));
    }
    let on_scenery = matches!(scene.backdrop, Backdrop::Scenery(_));
    if on_scenery || rng.random_bool(0.45) {
        let ending = before_backdrop(scene, rng, &mut claim);
        text = format!("{text} {ending}");
    }
    if scene.brightness != Brightness::Normal && rng.random_bool(0.7) {
        claim.brightness = Some(scene.brightness);
        text = lit(rng, scene.brightness, &text);
    }
    (framed(rng, &text, count > 1), claim)
}

fn pair_full(scene: &Scene, rng: &mut Pcg64) -> (String, Claim) {
    let says = |rng: &mut Pcg64, figure: Figure| FigureClaim {
        colour: Some(figure.colour),
        shape: Some(figure.shape),
        size: rng.random_bool(0.12).then_some(figure.size),
        fill: (figure.fill != Fill::Plain && rng.random_bool(0.8)).then_some(figure.fill),
    };
    let (mut text, mut claim) = pair_caption(scene, rng, says);
    if rng.random_bool(0.2) {
        let ending = before_backdrop(scene, rng, &mut claim);
        text = format!("{text} {ending}");
    }
    if scene.brightness != Brightness::Normal && rng.random_bool(0.5) {
        claim.brightness = Some(scene.brightness);
        text = lit(rng, scene.brightness, &text);
    }
    (framed(rng, &text, false), claim)
}

fn pair_caption(
    scene: &Scene,
    rng: &mut Pcg64,
    mut says: impl FnMut(&mut Pcg64, Figure) -> FigureClaim,
) -> (String, Claim) {
    let Content::Pair {
        first,
        second,
        arrangement,
    } = scene.content
    else {
        return figure_brief(scene, rng);
    };
    let reversed = rng.random_bool(0.5);
    let (a, b) = if reversed {
        (second, first)
    } else {
        (first, second)
    };
    let (a, b) = (says(rng, a), says(rng, b));
    let article = match rng.random_range(0..10) {
        0..8 => Article::A,
        8 => Article::Bare,
        _ => Article::The,
    };
    let (a_text, b_text) = (noun_phrase(rng, &a, article), noun_phrase(rng, &b, article));
    let (relation, words): (Relation, &[&str]) =
        match (rng.random_range(0..100), arrangement, reversed) {
            (0..20, ..) => (Relation::Together, &["and", "and", "with", "together with"]),
            (20..45, Arrangement::SideBySide, _) => (
                Relation::NextTo,
                &[
                    "next to",
                    "next to",
                    "beside",
                    "alongside",
                    "side by side with",
                ],
            ),
            (_, Arrangement::SideBySide, false) => (
                Relation::LeftOf,
                &["to the left of", "left of", "on the left of"],
            ),
            (_, Arrangement::SideBySide, true) => (
                Relation::RightOf,
                &["to the right of", "right of", "on the right of"],
            ),
            (_, Arrangement::Stacked, false) => (
                Relation::Above,
                &["above", "above", "over", "on top of", "higher than"],
            ),
            (_, Arrangement::Stacked, true) => (
                Relation::Below,
                &["below", "under", "beneath", "underneath", "lower than"],
            ),
        };
    let claim = Claim {
        figure: Some(a),
        other: Some((relation, b)),
        ..Claim::default()
    };
    let text = match relation {
        Relation::LeftOf if rng.random_bool(0.12) => {
            format!("{a_text} on the left and {b_text} on the right")
        }
        Relation::RightOf if rng.random_bool(0.12) => {
            format!("{a_text} on the right and {b_text} on the left")
        }
        Relation::Above if rng.random_bool(0.12) => {
            format!("{a_text} at the top and {b_text} at the bottom")
        }
        Relation::Below if rng.random_bool(0.12) => {
            format!("{a_text} at the bottom and {b_text} at the top")
        }
        _ => format!("{a_text} {} {b_text}", pick(rng, words)),
    };
    (text, claim)
}

fn figure_brief(scene: &Scene, rng: &mut Pcg64) -> (String, Claim) {
    let figures = scene.figures();
    if figures.is_empty() {
        return scenery_caption(scene, rng, Detail::Brief);
    }
    let (figure, count) = figures[rng.random_range(0..figures.len())];
    let draw = rng.random_range(0..100);
    if draw >= 92 {
        // Not the figure but what is behind, or the light.
        return if scene.brightness != Brightness::Normal && rng.random_bool(0.4) {
            brightness_caption(rng, scene.brightness)
        } else if rng.random_bool(0.25) {
            let colour = figure.colour;
            let claim = Claim {
                colour_anywhere: Some(colour),
                ..Claim::default()
            };
            (colour_word(rng, colour).to_owned(), claim)
        } else {
            let (text, claim) = background_phrase(scene, rng);
            (framed(rng, &text, false), claim)
        };
    }
    if figures.len() == 2 && draw < 45 {
        let drops_colours = rng.random_bool(0.5);
        let says = |rng: &mut Pcg64, figure: Figure| FigureClaim {
            colour: (!drops_colours || rng.random_bool(0.3)).then_some(figure.colour),
            shape: (drops_colours || rng.random_bool(0.7)).then_some(figure.shape),
            ..FigureClaim::default()
        };
        let (text, claim) = pair_caption(scene, rng, says);
        return (framed(rng, &text, false), claim);
    }
    let (colour, shape, size, fill, place) = match rng.random_range(0..100) {
        0..44 => (true, true, false, false, false),
        44..57 => (false, true, false, false, false),
        57..68 => (true, false, false, false, false),
        68..77 => (rng.random_bool(0.5), true, true, false, false),
        77..86 => (
            rng.random_bool(0.4),
            rng.random_bool(0.7),
            false,
            true,
            false,
        ),
        86..95 => (
            rng.random_bool(0.5),
            rng.random_bool(0.7),
            false,
            false,
            true,
        ),
        _ => (false, rng.random_bool(0.5), true, true, false),
    };
    let claimed = FigureClaim {
        colour: colour.then_some(figure.colour),
        shape: shape.then_some(figure.shape),
        size: size.then_some(figure.size),
        fill: (fill && (figure.fill != Fill::Plain || rng.random_bool(0.25)))
            .then_some(figure.fill),
    };
    let fitting: u8 = figures
        .iter()
        .filter(|(other, _)| claimed.fits(other))
        .map(|&(_, n)| n)
        .sum();
    let article = match (fitting, rng.random_range(0..100)) {
        (1, 0..52) | (2.., 0..18) => Article::A,
        (1, 52..90) | (2.., 18..28) => Article::Bare,
        (1, 90..95) => Article::The,
        (1, _) => Article::Number(1),
        (_, 28..55) => Article::BarePlural,
        (n, _) => Article::Number(n),
    };
    let mut claim = Claim {
        figure: Some(claimed),
        number: article.number(),
        ..Claim::default()
    };
    let mut text = noun_phrase(rng, &claimed, article);
    if place
        && count == 1
        && !article.is_plural()
        && let Some(place) = Place::ALL
            .iter()
            .copied()
            .find(|&place| place_holds(&claimed, place, scene))
        && matches!(scene.content, Content::Pair { .. } | Content::Group { .. })
    {
        claim.place = Some(place);
        text = format!("{text} {}", usual(rng, place_phrases(place)));
    }
    (framed(rng, &text, article.is_plural()), claim)
}
