//! How claims are put into words.

use rand::RngExt as _;
use rand_pcg::Pcg64;

use super::claim::{FigureClaim, Number};
use super::phrases::{THING_WORDS, colour_words, fill_words, shape_words, size_words};
use super::scene::{Brightness, Colour, Fill};

pub(super) fn pick<'a, T: ?Sized>(rng: &mut Pcg64, items: &'a [&'a T]) -> &'a T {
    items[rng.random_range(0..items.len())]
}

/// The usual word most of the time, another one else.
pub(super) fn usual<T: Copy>(rng: &mut Pcg64, items: &[T]) -> T {
    if items.len() == 1 || rng.random_bool(0.7) {
        items[0]
    } else {
        items[rng.random_range(1..items.len())]
    }
}

/// How a noun phrase begins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Article {
    A,
    The,
    Bare,
    BarePlural,
    Number(u8),
}

impl Article {
    pub(super) fn number(self) -> Option<Number> {
        match self {
            Self::A | Self::The | Self::Bare => None,
            Self::BarePlural => Some(Number::AtLeast(2)),
            Self::Number(n) => Some(Number::Exactly(n)),
        }
    }

    pub(super) fn is_plural(self) -> bool {
        match self {
            Self::BarePlural => true,
            Self::Number(n) => n > 1,
            _ => false,
        }
    }
}

pub(super) fn with_article(rest: &str) -> String {
    let article = if rest.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {rest}")
}

pub(super) fn colour_word(rng: &mut Pcg64, colour: Colour) -> &'static str {
    let words = colour_words(colour);
    if colour == Colour::Gray || rng.random_bool(0.25) {
        pick(rng, words)
    } else {
        words[0]
    }
}

pub(super) fn noun_phrase(rng: &mut Pcg64, claim: &FigureClaim, article: Article) -> String {
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
pub(super) fn framed(rng: &mut Pcg64, subject: &str, plural: bool) -> String {
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
pub(super) fn finished(rng: &mut Pcg64, text: String) -> String {
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

pub(super) fn lit(rng: &mut Pcg64, brightness: Brightness, text: &str) -> String {
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
