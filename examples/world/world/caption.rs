//! Captions, and the claims that make them true or false of a scene.

use rand::RngExt as _;
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

use super::phrases::{
    SCENERY_PHRASES, THING_WORDS, brightness_phrases, colour_words, fill_words, place_phrases,
    scenery_nouns, shape_words, size_words, special_phrases,
};
use super::scene::{
    Arrangement, Backdrop, Brightness, Colour, Content, Figure, Fill, Place, Scene, Scenery, Shape,
    Size, Special, Surface,
};

/// How much a caption says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Some of what is seen, down to single words.
    Brief,
    /// Enough to tell the scene from others.
    Full,
}

/// A text and what it asserts.
#[derive(Clone, Debug, PartialEq)]
pub struct Caption {
    pub text: String,
    pub claim: Claim,
}

/// What is said of one figure; what is `None` is left open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FigureClaim {
    pub colour: Option<Colour>,
    pub shape: Option<Shape>,
    pub size: Option<Size>,
    pub fill: Option<Fill>,
}

impl FigureClaim {
    pub fn fits(&self, figure: &Figure) -> bool {
        self.colour.is_none_or(|colour| colour == figure.colour)
            && self.shape.is_none_or(|shape| shape == figure.shape)
            && self.size.is_none_or(|size| size == figure.size)
            && self.fill.is_none_or(|fill| fill == figure.fill)
    }
}

/// How many figures fit the claim: "a circle" is one or more, "one circle" is exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Number {
    AtLeast(u8),
    Exactly(u8),
}

/// How the claimed figure stands to the other one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Relation {
    /// Both are there.
    Together,
    /// Side by side, in either order.
    NextTo,
    LeftOf,
    RightOf,
    Above,
    Below,
}

/// Some sceneries, any of which makes the claim true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScenerySet(u16);

impl ScenerySet {
    pub fn of(sceneries: &[Scenery]) -> Self {
        Self(sceneries.iter().fold(0, |set, s| set | 1 << s.index()))
    }

    pub fn contains(self, scenery: Scenery) -> bool {
        self.0 >> scenery.index() & 1 == 1
    }
}

/// A conjunction of assertions; an absent part asserts nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    pub figure: Option<FigureClaim>,
    /// Of `figure`; one or more when absent.
    pub number: Option<Number>,
    /// Of `figure`.
    pub place: Option<Place>,
    /// Another figure and how `figure` stands to it.
    pub other: Option<(Relation, FigureClaim)>,
    pub background: Option<Colour>,
    pub surface: Option<Surface>,
    pub sceneries: Option<ScenerySet>,
    pub special: Option<Special>,
    pub brightness: Option<Brightness>,
    /// Seen in a figure, the background or the scenery.
    pub colour_anywhere: Option<Colour>,
}

impl Claim {
    /// Whether everything that is asserted is true of the scene.
    ///
    /// Where a person could say yes or no ("stars" for a starry night, "white" for snow or a text
    /// slide), it is yes, so that no true pair is trained or counted as a false one.
    pub fn holds_in(&self, scene: &Scene) -> bool {
        let special = match scene.content {
            Content::Special(special) => Some(special),
            _ => None,
        };
        (self.figure.is_none() || self.figure_holds_in(scene))
            && self
                .background
                .is_none_or(|claimed| match (special, scene.backdrop) {
                    (Some(Special::BlackScreen), _) => claimed == Colour::Black,
                    (Some(Special::TextSlide), _) => {
                        !matches!(claimed, Colour::Brown | Colour::Pink | Colour::Orange)
                    }
                    (None, Backdrop::Wall { colour, .. }) => claimed == colour,
                    _ => false,
                })
            && self
                .surface
                .is_none_or(|claimed| match (special, scene.backdrop) {
                    (Some(_), _) => claimed == Surface::Plain,
                    (None, Backdrop::Wall { surface, .. }) => claimed == surface,
                    _ => false,
                })
            && self.sceneries.is_none_or(|set| match scene.backdrop {
                Backdrop::Scenery(scenery) => set.contains(scenery),
                Backdrop::Wall { .. } => false,
            })
            && self.special.is_none_or(|claimed| special == Some(claimed))
            && self
                .brightness
                .is_none_or(|claimed| brightness_holds(claimed, scene))
            && self
                .colour_anywhere
                .is_none_or(|claimed| colour_seen(claimed, scene))
    }

    fn figure_holds_in(&self, scene: &Scene) -> bool {
        let Some(claim) = self.figure else {
            return true;
        };
        if let Some((relation, other)) = self.other {
            return relation_holds(&claim, relation, &other, scene);
        }
        let may_be_stars_of_the_night = claim.shape == Some(Shape::Star)
            && matches!(claim.colour, None | Some(Colour::White | Colour::Yellow))
            && matches!(claim.size, None | Some(Size::Small))
            && claim.fill.is_none()
            && self.place.is_none()
            && !matches!(self.number, Some(Number::Exactly(_)));
        if may_be_stars_of_the_night && scene.backdrop == Backdrop::Scenery(Scenery::StarryNight) {
            return true;
        }
        if let Some(place) = self.place
            && !place_holds(&claim, place, scene)
        {
            return false;
        }
        let n_fitting: u8 = scene
            .figures()
            .iter()
            .filter(|(figure, _)| claim.fits(figure))
            .map(|&(_, count)| count)
            .sum();
        match self.number.unwrap_or(Number::AtLeast(1)) {
            Number::AtLeast(n) => n_fitting >= n,
            Number::Exactly(n) => n_fitting == n,
        }
    }
}

fn place_holds(claim: &FigureClaim, place: Place, scene: &Scene) -> bool {
    match scene.content {
        Content::Group {
            figure,
            count: 1,
            place: actual,
        } => claim.fits(&figure) && place == actual,
        Content::Pair {
            first,
            second,
            arrangement,
        } => {
            let (first_place, second_place) = match arrangement {
                Arrangement::SideBySide => (Place::Left, Place::Right),
                Arrangement::Stacked => (Place::Top, Place::Bottom),
            };
            (claim.fits(&first) && place == first_place)
                || (claim.fits(&second) && place == second_place)
        }
        _ => false,
    }
}

fn relation_holds(a: &FigureClaim, relation: Relation, b: &FigureClaim, scene: &Scene) -> bool {
    let (first, second, arrangement) = match scene.content {
        Content::Pair {
            first,
            second,
            arrangement,
        } => (first, second, Some(arrangement)),
        // Among several of the same, one stands beside another somehow.
        Content::Group { figure, count, .. } if count > 1 => (figure, figure, None),
        _ => return false,
    };
    let in_order = a.fits(&first) && b.fits(&second);
    let reversed = a.fits(&second) && b.fits(&first);
    let is = |wanted| arrangement.is_none_or(|actual| actual == wanted);
    match relation {
        Relation::Together => in_order || reversed,
        Relation::NextTo => is(Arrangement::SideBySide) && (in_order || reversed),
        Relation::LeftOf => is(Arrangement::SideBySide) && in_order,
        Relation::RightOf => is(Arrangement::SideBySide) && reversed,
        Relation::Above => is(Arrangement::Stacked) && in_order,
        Relation::Below => is(Arrangement::Stacked) && reversed,
    }
}

fn brightness_holds(claimed: Brightness, scene: &Scene) -> bool {
    use Scenery::{BlueSky, CityLights, Desert, Fire, Rain, Snow, StarryNight, Sunset};
    let (colour, scenery) = match scene.backdrop {
        Backdrop::Wall { colour, .. } => (Some(colour), None),
        Backdrop::Scenery(scenery) => (None, Some(scenery)),
    };
    let ambiguous = match (claimed, scene.content) {
        (Brightness::Dark, Content::Special(_)) => true,
        (Brightness::Bright, Content::Special(special)) => special != Special::BlackScreen,
        (Brightness::Dark, _) => {
            colour == Some(Colour::Black)
                || matches!(
                    scenery,
                    Some(StarryNight | CityLights | Fire | Rain | Sunset)
                )
        }
        (Brightness::Bright, _) => {
            colour == Some(Colour::White) || matches!(scenery, Some(BlueSky | Snow | Desert))
        }
        (Brightness::Normal, _) => false,
    };
    let contradicts = claimed != Brightness::Normal
        && scene.brightness != Brightness::Normal
        && claimed != scene.brightness;
    claimed == scene.brightness || (ambiguous && !contradicts)
}

fn colour_seen(claimed: Colour, scene: &Scene) -> bool {
    let behind = match (scene.content, scene.backdrop) {
        (Content::Special(Special::BlackScreen), _) => claimed == Colour::Black,
        (Content::Special(Special::StaticNoise), _) => {
            matches!(claimed, Colour::Black | Colour::White | Colour::Gray)
        }
        (Content::Special(Special::TextSlide), _) => true, // its colours are not part of the scene
        (_, Backdrop::Wall { colour, .. }) => claimed == colour,
        (_, Backdrop::Scenery(scenery)) => scenery.colours().contains(&claimed),
    };
    behind
        || scene
            .figures()
            .iter()
            .any(|(figure, _)| figure.colour == claimed)
}

fn pick<'a, T: ?Sized>(rng: &mut Pcg64, items: &'a [&'a T]) -> &'a T {
    items[rng.random_range(0..items.len())]
}

/// The usual word most of the time, another one else.
fn usual<T: Copy>(rng: &mut Pcg64, items: &[T]) -> T {
    if items.len() == 1 || rng.random_bool(0.7) {
        items[0]
    } else {
        items[rng.random_range(1..items.len())]
    }
}

/// How a noun phrase begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Article {
    A,
    The,
    Bare,
    BarePlural,
    Number(u8),
}

impl Article {
    fn number(self) -> Option<Number> {
        match self {
            Self::A | Self::The | Self::Bare => None,
            Self::BarePlural => Some(Number::AtLeast(2)),
            Self::Number(n) => Some(Number::Exactly(n)),
        }
    }

    fn is_plural(self) -> bool {
        match self {
            Self::BarePlural => true,
            Self::Number(n) => n > 1,
            _ => false,
        }
    }
}

fn with_article(rest: &str) -> String {
    let article = if rest.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {rest}")
}

fn colour_word(rng: &mut Pcg64, colour: Colour) -> &'static str {
    let words = colour_words(colour);
    if colour == Colour::Gray || rng.random_bool(0.25) {
        pick(rng, words)
    } else {
        words[0]
    }
}

fn noun_phrase(rng: &mut Pcg64, claim: &FigureClaim, article: Article) -> String {
    let plural = article.is_plural();
    let mut words: Vec<&str> = Vec::new();
    let mut after = "";
    if let Some(size) = claim.size {
        words.push(usual(rng, size_words(size)));
    }
    if let Some(fill) = claim.fill {
        if rng.random_bool(0.2) && fill != Fill::Plain {
            after = match fill {
                Fill::Striped => " with stripes",
                _ => " with dots",
            };
        } else {
            words.push(usual(rng, fill_words(fill)));
        }
    }
    let nouns = claim.shape.map_or(THING_WORDS, shape_words);
    let (one, many) = if claim.shape.is_some() {
        usual(rng, nouns)
    } else {
        nouns[rng.random_range(0..nouns.len())]
    };
    if let Some(colour) = claim.colour {
        let colour = colour_word(rng, colour);
        // "something red"
        if claim.shape.is_none()
            && words.is_empty()
            && article == Article::A
            && rng.random_bool(0.5)
        {
            return format!("something {colour}{after}");
        }
        words.push(colour);
    }
    words.push(if plural { many } else { one });
    let rest = words.join(" ") + after;
    match article {
        Article::A => with_article(&rest),
        Article::The => format!("the {rest}"),
        Article::Bare | Article::BarePlural => rest,
        Article::Number(1) => format!("{} {rest}", pick(rng, &["one", "a single", "exactly one"])),
        Article::Number(2) => format!("{} {rest}", pick(rng, &["two", "two", "2", "a pair of"])),
        Article::Number(_) => format!("{} {rest}", pick(rng, &["three", "three", "3"])),
    }
}

/// Wraps a noun phrase the way people do when they ask or describe.
fn framed(rng: &mut Pcg64, subject: &str, plural: bool) -> String {
    if rng.random_bool(0.55) {
        return subject.to_owned();
    }
    let (is, this) = if plural {
        ("are", "these are")
    } else {
        ("is", "this is")
    };
    match rng.random_range(0..18) {
        0 | 1 => format!("a photo of {subject}"),
        2 | 3 => format!("a picture of {subject}"),
        4 => format!("an image of {subject}"),
        5 => format!("a video of {subject}"),
        6 => format!("a drawing of {subject}"),
        7 => format!("a scene with {subject}"),
        8 | 9 => format!("there {is} {subject}"),
        10 => format!("{this} {subject}"),
        11 => format!("we see {subject}"),
        12 => format!("a shot of {subject}"),
        13 => format!("show me {subject}"),
        14 => format!("find {subject}"),
        15 => format!("the moment with {subject}"),
        16 => format!("{subject} {is} shown"),
        _ => format!("you can see {subject}"),
    }
}

/// Upper case and a full stop, now and then.
fn finished(rng: &mut Pcg64, text: String) -> String {
    let mut text = text;
    match rng.random_range(0..100) {
        0..10 => {
            if let Some(first) = text.get(..1) {
                text = first.to_uppercase() + &text[1..];
            }
        }
        10..12 => text = text.to_uppercase(),
        _ => {}
    }
    if rng.random_bool(0.05) {
        text.push('.');
    }
    text
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

fn lit(rng: &mut Pcg64, brightness: Brightness, text: &str) -> String {
    match (brightness, rng.random_range(0..3)) {
        (Brightness::Dark, 0) => format!("a dark picture of {text}"),
        (Brightness::Dark, 1) => format!("{text} in the dark"),
        (Brightness::Dark, _) => format!("{text}, dark"),
        (Brightness::Bright, 0) => format!("a bright picture of {text}"),
        (Brightness::Bright, 1) => format!("{text} in bright light"),
        (Brightness::Bright, _) => format!("{text}, bright"),
        (Brightness::Normal, _) => text.to_owned(),
    }
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
