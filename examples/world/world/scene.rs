//! Scenes as plain data, and how they are drawn at random.

use rand::RngExt as _;
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

/// A plain enum with all its values in order, an index and a name.
macro_rules! attribute {
    ($(#[$doc:meta])* $name:ident { $($variant:ident => $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name { $($variant),+ }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            pub const NAMES: &'static [&'static str] = &[$($text),+];
            pub const COUNT: usize = Self::ALL.len();

            pub fn index(self) -> usize {
                self as usize
            }

            pub fn name(self) -> &'static str {
                Self::NAMES[self.index()]
            }

            pub fn random(rng: &mut Pcg64) -> Self {
                Self::ALL[rng.random_range(0..Self::COUNT)]
            }
        }
    };
}

attribute!(Colour {
    Red => "red", Orange => "orange", Yellow => "yellow", Green => "green", Cyan => "cyan",
    Blue => "blue", Purple => "purple", Pink => "pink", Brown => "brown", Black => "black",
    White => "white", Gray => "gray",
});
attribute!(Shape {
    Circle => "circle", Square => "square", Triangle => "triangle", Star => "star", Ring => "ring",
    Cross => "cross", Heart => "heart", Diamond => "diamond", Arrow => "arrow",
    Crescent => "crescent",
});
attribute!(Size { Small => "small", Medium => "medium", Large => "large" });
attribute!(Place {
    Left => "left", Right => "right", Top => "top", Bottom => "bottom", Centre => "centre",
});
attribute!(Fill { Plain => "plain", Striped => "striped", Dotted => "dotted" });
attribute!(Surface { Plain => "plain", Gradient => "gradient", Textured => "textured" });
attribute!(Scenery {
    BlueSky => "blue sky", Sunset => "sunset", StarryNight => "starry night",
    GrassField => "grass field", Forest => "forest", Sea => "sea", Snow => "snow",
    Desert => "desert", Fire => "fire", Rain => "rain", Fog => "fog", CityLights => "city lights",
});
attribute!(Special {
    TextSlide => "text slide", StaticNoise => "static noise", BlackScreen => "black screen",
});
attribute!(Brightness { Dark => "dark", Normal => "normal", Bright => "bright" });
attribute!(
    /// How two figures stand to each other; the first is the left or the upper one.
    Arrangement { SideBySide => "side by side", Stacked => "stacked" }
);

/// One drawn object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    pub colour: Colour,
    pub shape: Shape,
    pub size: Size,
    pub fill: Fill,
}

/// What the picture shows in front of its backdrop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// Nothing: the backdrop is the subject.
    Empty,
    /// One to three of the same; more than one are spread about the centre.
    Group {
        figure: Figure,
        count: u8,
        place: Place,
    },
    /// Two figures, the first left of or above the second.
    Pair {
        first: Figure,
        second: Figure,
        arrangement: Arrangement,
    },
    /// A picture without a world in it; the backdrop is not seen.
    Special(Special),
}

/// What is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Backdrop {
    Wall { colour: Colour, surface: Surface },
    Scenery(Scenery),
}

/// Everything a caption can speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scene {
    pub content: Content,
    pub backdrop: Backdrop,
    pub brightness: Brightness,
}

/// Which colour–shape pairs a sample may contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// Pairs of the training set only.
    Train,
    /// For measuring, with other seeds than training.
    HeldOut(Pairs),
}

/// The pairs of a held-out sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairs {
    /// Pairs that occur in training.
    Seen,
    /// Pairs that never occur in training; every such scene contains figures.
    Unseen,
    Any,
}

/// Whether this colour and this shape never occur together in training.
///
/// These are 24 of the 120 pairs, two for every colour and two or three for every shape.
pub fn is_held_out_pair(colour: Colour, shape: Shape) -> bool {
    (colour.index() + 2 * shape.index()) % 5 == 4
}

/// Whether a figure of one colour is visible on a background of the other.
pub fn contrasts(figure: Colour, background: Colour) -> bool {
    use Colour::{Black, Blue, Brown, Green, Orange, Pink, Purple, Red, White, Yellow};
    const CLASHES: &[(Colour, Colour)] = &[
        (Red, Orange),
        (Red, Brown),
        (Red, Pink),
        (Orange, Yellow),
        (Orange, Brown),
        (Yellow, White),
        (Green, Brown),
        (Blue, Purple),
        (Blue, Black),
        (Purple, Brown),
        (Purple, Black),
        (Pink, White),
        (Brown, Black),
    ];
    figure != background
        && !CLASHES
            .iter()
            .any(|&(a, b)| (a, b) == (figure, background) || (b, a) == (figure, background))
}

impl Scenery {
    /// Colours that are seen in it; the first is the main one.
    pub fn colours(self) -> &'static [Colour] {
        use Colour::{
            Black, Blue, Brown, Cyan, Gray, Green, Orange, Pink, Purple, Red, White, Yellow,
        };
        match self {
            Self::BlueSky => &[Blue, White, Cyan],
            Self::Sunset => &[Orange, Red, Yellow, Pink, Purple, Brown, Black],
            Self::StarryNight => &[Black, Blue, Purple, White],
            Self::GrassField => &[Green, Blue, Cyan, White],
            Self::Forest => &[Green, Brown, Black],
            Self::Sea => &[Blue, Cyan, White],
            Self::Snow => &[White, Gray],
            Self::Desert => &[Yellow, Orange, Brown, Blue],
            Self::Fire => &[Orange, Red, Yellow, Black],
            Self::Rain => &[Gray, Blue, Black],
            Self::Fog => &[Gray, White],
            Self::CityLights => &[Black, Yellow, Blue, Orange, Purple, White],
        }
    }

    /// Whether a figure of this colour stands out in front of it.
    pub fn contrasts_with(self, colour: Colour) -> bool {
        use Colour::{Blue, Brown, Cyan, Red, White, Yellow};
        let also_lost: &[Colour] = match self {
            Self::Sunset | Self::Fire | Self::StarryNight | Self::CityLights => &[Brown],
            Self::GrassField => &[Brown],
            Self::Desert => &[Cyan],
            _ => &[],
        };
        // Sprinkled colours do not hide a figure.
        let sprinkled: &[Colour] = match self {
            Self::GrassField | Self::Sea => &[White],
            Self::CityLights => &[White, Colour::Orange],
            Self::StarryNight => &[White],
            Self::Snow => &[Red, Blue],
            Self::Rain => &[Yellow],
            _ => &[],
        };
        (!self.colours().contains(&colour) || sprinkled.contains(&colour))
            && !also_lost.contains(&colour)
    }

    /// The other exposures in which it is still itself.
    pub(super) fn brightnesses(self) -> &'static [Brightness] {
        use Brightness::{Bright, Dark};
        match self {
            Self::GrassField | Self::Forest | Self::Sea | Self::Desert | Self::Fog => {
                &[Dark, Bright]
            }
            Self::BlueSky | Self::Snow => &[Bright],
            Self::Rain => &[Dark],
            Self::Sunset | Self::StarryNight | Self::Fire | Self::CityLights => &[],
        }
    }
}

impl Scene {
    /// The pictured figures with their numbers.
    pub fn figures(&self) -> Vec<(Figure, u8)> {
        match self.content {
            Content::Group { figure, count, .. } => vec![(figure, count)],
            Content::Pair { first, second, .. } => vec![(first, 1), (second, 1)],
            Content::Empty | Content::Special(_) => Vec::new(),
        }
    }

    /// Draws a scene at random: about 60 % figures on a wall, 15 % two figures in a relation,
    /// 15 % scenery, 5 % a figure in front of scenery, 5 % specials.
    pub fn sample(rng: &mut Pcg64, split: Split) -> Self {
        let mut kind = rng.random_range(0..100);
        if split == Split::HeldOut(Pairs::Unseen) {
            // Only figures can be unseen pairs: keep their proportions, leave out the rest.
            kind = match rng.random_range(0..80) {
                k @ 0..75 => k,
                k => k + 15,
            };
        }
        match kind {
            0..60 => Self::sample_group(rng, split),
            60..75 => Self::sample_pair(rng, split),
            75..90 => Self::sample_scenery(rng),
            90..95 => Self::sample_group_on_scenery(rng, split),
            _ => Self {
                content: Content::Special(Special::random(rng)),
                backdrop: Backdrop::Wall {
                    colour: Colour::Black,
                    surface: Surface::Plain,
                },
                brightness: Brightness::Normal,
            },
        }
    }

    fn sample_group(rng: &mut Pcg64, split: Split) -> Self {
        let (colour, shape) = sample_pair_of(rng, split);
        let count = match rng.random_range(0..100) {
            0..62 => 1,
            62..81 => 2,
            _ => 3,
        };
        let fill = sample_fill(rng);
        let size = sample_size(rng, fill);
        let place = if count > 1 || rng.random_bool(0.36) {
            Place::Centre
        } else {
            Place::ALL[rng.random_range(0..4)]
        };
        let background = sample_background(rng, &[colour]);
        Self {
            content: Content::Group {
                figure: Figure {
                    colour,
                    shape,
                    size,
                    fill,
                },
                count,
                place,
            },
            backdrop: background,
            brightness: sample_brightness(rng, &[colour]),
        }
    }

    fn sample_pair(rng: &mut Pcg64, split: Split) -> Self {
        loop {
            let (first, second) = (sample_pair_of(rng, split), sample_pair_of(rng, split));
            if first == second {
                continue; // that is a group of two
            }
            let mut figure = |(colour, shape): (Colour, Shape)| {
                let fill = if rng.random_bool(0.88) {
                    Fill::Plain
                } else {
                    sample_fill(rng)
                };
                Figure {
                    colour,
                    shape,
                    fill,
                    size: sample_size(rng, fill),
                }
            };
            let (first, second) = (figure(first), figure(second));
            return Self {
                content: Content::Pair {
                    first,
                    second,
                    arrangement: Arrangement::random(rng),
                },
                backdrop: sample_background(rng, &[first.colour, second.colour]),
                brightness: sample_brightness(rng, &[first.colour, second.colour]),
            };
        }
    }

    fn sample_scenery(rng: &mut Pcg64) -> Self {
        let scenery = Scenery::random(rng);
        let variants = scenery.brightnesses();
        let brightness = if !variants.is_empty() && rng.random_bool(0.3) {
            variants[rng.random_range(0..variants.len())]
        } else {
            Brightness::Normal
        };
        Self {
            content: Content::Empty,
            backdrop: Backdrop::Scenery(scenery),
            brightness,
        }
    }

    fn sample_group_on_scenery(rng: &mut Pcg64, split: Split) -> Self {
        loop {
            let (colour, shape) = sample_pair_of(rng, split);
            let scenery = Scenery::random(rng);
            if !scenery.contrasts_with(colour) {
                continue;
            }
            let size = if rng.random_bool(0.5) {
                Size::Medium
            } else {
                Size::Large
            };
            return Self {
                content: Content::Group {
                    figure: Figure {
                        colour,
                        shape,
                        size,
                        fill: Fill::Plain,
                    },
                    count: 1,
                    place: Place::Centre,
                },
                backdrop: Backdrop::Scenery(scenery),
                brightness: Brightness::Normal,
            };
        }
    }
}

fn sample_pair_of(rng: &mut Pcg64, split: Split) -> (Colour, Shape) {
    loop {
        let (colour, shape) = (Colour::random(rng), Shape::random(rng));
        let wanted = match split {
            Split::Train | Split::HeldOut(Pairs::Seen) => !is_held_out_pair(colour, shape),
            Split::HeldOut(Pairs::Unseen) => is_held_out_pair(colour, shape),
            Split::HeldOut(Pairs::Any) => true,
        };
        if wanted {
            return (colour, shape);
        }
    }
}

fn sample_fill(rng: &mut Pcg64) -> Fill {
    match rng.random_range(0..100) {
        0..66 => Fill::Plain,
        66..83 => Fill::Striped,
        _ => Fill::Dotted,
    }
}

/// Patterns need room: small figures are plain.
fn sample_size(rng: &mut Pcg64, fill: Fill) -> Size {
    match (fill, rng.random_range(0..100)) {
        (Fill::Plain, 0..30) => Size::Small,
        (Fill::Plain, 30..65) | (_, 0..45) => Size::Medium,
        _ => Size::Large,
    }
}

fn sample_background(rng: &mut Pcg64, figures: &[Colour]) -> Backdrop {
    let surface = match rng.random_range(0..100) {
        0..42 => Surface::Plain,
        42..71 => Surface::Gradient,
        _ => Surface::Textured,
    };
    loop {
        let colour = if rng.random_bool(0.25) {
            [Colour::White, Colour::Gray, Colour::Black][rng.random_range(0..3)]
        } else {
            Colour::random(rng)
        };
        if figures.iter().all(|&figure| contrasts(figure, colour)) {
            return Backdrop::Wall { colour, surface };
        }
    }
}

/// Exposure changes colour names (a dark orange is brown), so only robust colours vary.
fn sample_brightness(rng: &mut Pcg64, figures: &[Colour]) -> Brightness {
    use Colour::{Black, Blue, Cyan, Green, Orange, Purple, Red, White, Yellow};
    let draw = rng.random_range(0..100);
    let robust = |colours: &[Colour]| figures.iter().all(|figure| colours.contains(figure));
    if draw < 9 && robust(&[Red, Green, Cyan, Blue, Purple]) {
        Brightness::Dark
    } else if (9..18).contains(&draw)
        && robust(&[White, Yellow, Orange, Green, Cyan, Blue, Red, Black])
    {
        Brightness::Bright
    } else {
        Brightness::Normal
    }
}
