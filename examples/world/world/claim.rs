//! What captions assert, and whether it is true of a scene.

use serde::{Deserialize, Serialize};

use super::scene::{
    Arrangement, Backdrop, Brightness, Colour, Content, Figure, Fill, Place, Scene, Scenery, Shape,
    Size, Special, Surface,
};

/// What is claimed about one figure; `None` leaves it open.
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

/// Whether a figure that fits the claim stands alone at this place.
pub(super) fn place_holds(claim: &FigureClaim, place: Place, scene: &Scene) -> bool {
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
