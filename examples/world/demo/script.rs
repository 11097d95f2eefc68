//! What the demo video shows, and what can be asked of it.

use crate::world::caption::{Caption, Claim, FigureClaim, Number, Relation, ScenerySet};
use crate::world::scene::{
    Arrangement, Backdrop, Brightness, Colour, Content, Figure, Fill, Place, Scene, Scenery, Shape,
    Size, Special, Surface,
};
use crate::world::storyboard::{StoryQuery, Storyboard};

fn scenery(scenery: Scenery) -> Scene {
    Scene {
        content: Content::Empty,
        backdrop: Backdrop::Scenery(scenery),
        brightness: Brightness::Normal,
    }
}

fn special(special: Special) -> Scene {
    on_wall(Content::Special(special), Colour::Black, Surface::Plain)
}

fn on_wall(content: Content, colour: Colour, surface: Surface) -> Scene {
    Scene {
        content,
        backdrop: Backdrop::Wall { colour, surface },
        brightness: Brightness::Normal,
    }
}

fn figure(colour: Colour, shape: Shape, size: Size, fill: Fill) -> Figure {
    Figure {
        colour,
        shape,
        size,
        fill,
    }
}

fn group(figure: Figure, count: u8, place: Place) -> Content {
    Content::Group {
        figure,
        count,
        place,
    }
}

fn says_figure(colour: Colour, shape: Shape) -> Claim {
    Claim {
        figure: Some(FigureClaim {
            colour: Some(colour),
            shape: Some(shape),
            ..FigureClaim::default()
        }),
        ..Claim::default()
    }
}

fn says_number(colour: Colour, shape: Shape, n: u8) -> Claim {
    Claim {
        number: Some(Number::Exactly(n)),
        ..says_figure(colour, shape)
    }
}

fn says_two(
    (colour, shape): (Colour, Shape),
    relation: Relation,
    (other_colour, other_shape): (Colour, Shape),
) -> Claim {
    let other = says_figure(other_colour, other_shape).figure;
    Claim {
        other: other.map(|other| (relation, other)),
        ..says_figure(colour, shape)
    }
}

fn says_scenery(sceneries: &[Scenery]) -> Claim {
    Claim {
        sceneries: Some(ScenerySet::of(sceneries)),
        ..Claim::default()
    }
}

fn says_special(special: Special) -> Claim {
    Claim {
        special: Some(special),
        ..Claim::default()
    }
}

/// Every scene with its length in clips, its look and the words for it.
fn script() -> Vec<(Scene, usize, u64, &'static str, Claim)> {
    use Colour::{Black, Blue, Cyan, Gray, Green, Orange, Purple, Red, White, Yellow};
    use Shape::{Circle, Crescent, Cross, Diamond, Heart, Square, Star, Triangle};
    use Size::{Large, Medium};
    let plain = |colour, shape, size| figure(colour, shape, size, Fill::Plain);
    let pair = |first, second, arrangement| Content::Pair {
        first,
        second,
        arrangement,
    };
    vec![
        (
            special(Special::TextSlide),
            2,
            0,
            "a text slide",
            says_special(Special::TextSlide),
        ),
        (
            scenery(Scenery::BlueSky),
            2,
            411,
            "white clouds in a blue sky",
            says_scenery(&[Scenery::BlueSky]),
        ),
        (
            on_wall(
                group(plain(Red, Circle, Large), 1, Place::Centre),
                White,
                Surface::Gradient,
            ),
            3,
            212,
            "a red circle",
            says_figure(Red, Circle),
        ),
        (
            scenery(Scenery::Sea),
            4,
            13,
            "waves on the sea",
            says_scenery(&[Scenery::Sea]),
        ),
        (
            on_wall(
                group(plain(Yellow, Star, Medium), 3, Place::Centre),
                Blue,
                Surface::Gradient,
            ),
            2,
            214,
            "three yellow stars",
            says_number(Yellow, Star, 3),
        ),
        (
            scenery(Scenery::Forest),
            2,
            115,
            "a forest of tall trees",
            says_scenery(&[Scenery::Forest]),
        ),
        (
            on_wall(
                pair(
                    plain(Blue, Square, Large),
                    plain(Green, Triangle, Large),
                    Arrangement::SideBySide,
                ),
                White,
                Surface::Plain,
            ),
            3,
            316,
            "a blue square to the left of a green triangle",
            says_two((Blue, Square), Relation::LeftOf, (Green, Triangle)),
        ),
        (
            scenery(Scenery::Sunset),
            3,
            117,
            "the sun going down",
            says_scenery(&[Scenery::Sunset]),
        ),
        (
            on_wall(
                group(plain(White, Crescent, Medium), 1, Place::Top),
                Purple,
                Surface::Gradient,
            ),
            2,
            118,
            "a white crescent at the top",
            Claim {
                place: Some(Place::Top),
                ..says_figure(White, Crescent)
            },
        ),
        (
            scenery(Scenery::CityLights),
            2,
            19,
            "city lights at night",
            says_scenery(&[Scenery::CityLights]),
        ),
        (
            special(Special::StaticNoise),
            1,
            20,
            "static noise",
            says_special(Special::StaticNoise),
        ),
        (
            special(Special::BlackScreen),
            1,
            21,
            "a black screen",
            says_special(Special::BlackScreen),
        ),
        (
            scenery(Scenery::Fire),
            3,
            222,
            "a burning fire",
            says_scenery(&[Scenery::Fire]),
        ),
        (
            on_wall(
                pair(
                    plain(Orange, Cross, Large),
                    plain(Cyan, Diamond, Large),
                    Arrangement::Stacked,
                ),
                Gray,
                Surface::Textured,
            ),
            3,
            523,
            "an orange cross above a cyan diamond",
            says_two((Orange, Cross), Relation::Above, (Cyan, Diamond)),
        ),
        (
            scenery(Scenery::Snow),
            2,
            124,
            "falling snow",
            says_scenery(&[Scenery::Snow]),
        ),
        (
            on_wall(
                group(
                    figure(Orange, Diamond, Large, Fill::Striped),
                    1,
                    Place::Centre,
                ),
                Black,
                Surface::Gradient,
            ),
            2,
            525,
            "a striped orange diamond",
            Claim {
                figure: Some(FigureClaim {
                    colour: Some(Orange),
                    shape: Some(Diamond),
                    fill: Some(Fill::Striped),
                    ..FigureClaim::default()
                }),
                ..Claim::default()
            },
        ),
        (
            scenery(Scenery::Desert),
            2,
            26,
            "sand dunes in the desert",
            says_scenery(&[Scenery::Desert]),
        ),
        (
            on_wall(
                group(plain(Red, Heart, Large), 2, Place::Centre),
                White,
                Surface::Gradient,
            ),
            2,
            127,
            "two red hearts",
            says_number(Red, Heart, 2),
        ),
        (
            Scene {
                content: group(plain(Yellow, Star, Large), 1, Place::Centre),
                ..scenery(Scenery::Sea)
            },
            2,
            428,
            "a yellow star over the sea",
            Claim {
                sceneries: Some(ScenerySet::of(&[Scenery::Sea])),
                ..says_figure(Yellow, Star)
            },
        ),
        (
            scenery(Scenery::Rain),
            2,
            529,
            "it is raining",
            says_scenery(&[Scenery::Rain]),
        ),
        (
            scenery(Scenery::StarryNight),
            3,
            530,
            "stars in the night sky",
            says_scenery(&[Scenery::StarryNight]),
        ),
    ]
}

/// The scenes of the film.
pub fn storyboard() -> Storyboard {
    let mut storyboard = Storyboard::default();
    for (scene, n_clips, look, ..) in script() {
        storyboard.push(scene, n_clips, look);
    }
    storyboard
}

/// One query for every scene, then some that hold in several.
pub fn queries(storyboard: &Storyboard) -> Vec<StoryQuery> {
    let several = [
        ("the sea", says_scenery(&[Scenery::Sea])),
        (
            "something red",
            Claim {
                figure: Some(FigureClaim {
                    colour: Some(Colour::Red),
                    ..FigureClaim::default()
                }),
                ..Claim::default()
            },
        ),
        (
            "night",
            says_scenery(&[Scenery::StarryNight, Scenery::CityLights]),
        ),
    ];
    script()
        .into_iter()
        .map(|(.., text, claim)| (text, claim))
        .chain(several)
        .map(|(text, claim)| StoryQuery {
            caption: Caption {
                text: text.to_owned(),
                claim,
            },
            spans: storyboard.spans_of(&claim),
        })
        .collect()
}
