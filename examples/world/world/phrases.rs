//! The words of the world: how colours, shapes, places and sceneries are called.

use super::scene::{Brightness, Colour, Fill, Place, Scenery, Shape, Size, Special};

/// Names of a colour; the first is the usual one.
pub fn colour_words(colour: Colour) -> &'static [&'static str] {
    match colour {
        Colour::Red => &["red", "crimson", "scarlet"],
        Colour::Orange => &["orange", "tangerine"],
        Colour::Yellow => &["yellow", "golden"],
        Colour::Green => &["green", "emerald"],
        Colour::Cyan => &["cyan", "turquoise", "aqua", "teal"],
        Colour::Blue => &["blue", "dark blue", "royal blue"],
        Colour::Purple => &["purple", "violet"],
        Colour::Pink => &["pink", "rose"],
        Colour::Brown => &["brown", "chocolate"],
        Colour::Black => &["black"],
        Colour::White => &["white"],
        Colour::Gray => &["gray", "grey"],
    }
}

/// Names of a shape, singular and plural; the first is the usual one.
pub fn shape_words(shape: Shape) -> &'static [(&'static str, &'static str)] {
    match shape {
        Shape::Circle => &[
            ("circle", "circles"),
            ("disc", "discs"),
            ("disk", "disks"),
            ("ball", "balls"),
        ],
        Shape::Square => &[("square", "squares"), ("box", "boxes")],
        Shape::Triangle => &[("triangle", "triangles")],
        Shape::Star => &[("star", "stars")],
        Shape::Ring => &[("ring", "rings"), ("donut", "donuts"), ("hoop", "hoops")],
        Shape::Cross => &[
            ("cross", "crosses"),
            ("plus", "pluses"),
            ("plus sign", "plus signs"),
        ],
        Shape::Heart => &[("heart", "hearts")],
        Shape::Diamond => &[("diamond", "diamonds"), ("rhombus", "rhombuses")],
        Shape::Arrow => &[("arrow", "arrows")],
        Shape::Crescent => &[
            ("crescent", "crescents"),
            ("moon", "moons"),
            ("crescent moon", "crescent moons"),
        ],
    }
}

/// What a figure is called when its shape is left open, singular and plural.
pub const THING_WORDS: &[(&str, &str)] = &[
    ("thing", "things"),
    ("object", "objects"),
    ("shape", "shapes"),
    ("figure", "figures"),
];

pub fn size_words(size: Size) -> &'static [&'static str] {
    match size {
        Size::Small => &["small", "tiny", "little"],
        Size::Medium => &["medium", "medium-sized"],
        Size::Large => &["big", "large", "huge", "giant"],
    }
}

/// Words before the noun for a fill.
pub fn fill_words(fill: Fill) -> &'static [&'static str] {
    match fill {
        Fill::Plain => &["plain", "solid"],
        Fill::Striped => &["striped", "stripy"],
        Fill::Dotted => &["dotted", "spotted", "polka dot"],
    }
}

pub fn place_phrases(place: Place) -> &'static [&'static str] {
    match place {
        Place::Left => &[
            "on the left",
            "on the left side",
            "at the left",
            "to the left",
        ],
        Place::Right => &[
            "on the right",
            "on the right side",
            "at the right",
            "to the right",
        ],
        Place::Top => &["at the top", "near the top", "in the upper part", "up high"],
        Place::Bottom => &[
            "at the bottom",
            "near the bottom",
            "in the lower part",
            "down low",
        ],
        Place::Centre => &[
            "in the middle",
            "in the centre",
            "in the center",
            "at the center",
        ],
    }
}

/// Noun phrases for an exposure, without a subject.
pub fn brightness_phrases(brightness: Brightness) -> &'static [&'static str] {
    match brightness {
        Brightness::Dark => &[
            "a dark scene",
            "a dark picture",
            "dark",
            "low light",
            "a dim scene",
            "it is dark",
        ],
        Brightness::Normal => &["normal light"],
        Brightness::Bright => &[
            "a bright scene",
            "a bright picture",
            "bright",
            "bright light",
            "it is bright",
        ],
    }
}

pub fn special_phrases(special: Special) -> &'static [&'static str] {
    match special {
        Special::TextSlide => &[
            "a text slide",
            "text",
            "a slide with text",
            "words on the screen",
            "a title card",
            "a title slide",
            "a page of text",
            "written words",
            "writing",
            "some text on the screen",
            "letters",
            "a presentation slide",
            "credits",
            "lines of text",
            "slide",
            "something to read",
        ],
        Special::StaticNoise => &[
            "static noise",
            "static",
            "noise",
            "tv static",
            "television static",
            "random noise",
            "white noise",
            "a noisy screen",
            "no signal",
            "a broken signal",
            "grainy static",
            "a flickering screen of noise",
        ],
        Special::BlackScreen => &[
            "a black screen",
            "black screen",
            "a black frame",
            "an all black picture",
            "nothing but black",
            "the screen is black",
            "a completely dark screen",
            "darkness",
            "a blank screen",
            "fade to black",
            "nothing",
            "an empty black screen",
        ],
    }
}

/// Short nouns for a scenery, used with "a dark …", "… with a red star" and the like.
pub fn scenery_nouns(scenery: Scenery) -> &'static [&'static str] {
    match scenery {
        Scenery::BlueSky => &["blue sky", "cloudy sky", "sky with clouds"],
        Scenery::Sunset => &["sunset", "evening sky"],
        Scenery::StarryNight => &["starry night", "night sky", "starry sky"],
        Scenery::GrassField => &["grass field", "meadow", "green field", "lawn"],
        Scenery::Forest => &["forest", "wood full of trees"],
        Scenery::Sea => &["sea", "ocean"],
        Scenery::Snow => &["snowy landscape", "snow field", "winter landscape"],
        Scenery::Desert => &["desert", "sandy desert"],
        Scenery::Fire => &["fire", "burning fire"],
        Scenery::Rain => &["rain shower", "rainy sky", "rain storm"],
        Scenery::Fog => &["fog", "foggy landscape", "mist"],
        Scenery::CityLights => &["city at night", "night city", "city skyline at night"],
    }
}

/// Phrases for sceneries, each with all sceneries in which it is true.
pub const SCENERY_PHRASES: &[(&str, &[Scenery])] = {
    use Scenery::{
        BlueSky, CityLights, Desert, Fire, Fog, Forest, GrassField, Rain, Sea, Snow, StarryNight,
        Sunset,
    };
    &[
        // True of one scenery.
        ("a blue sky", &[BlueSky]),
        ("blue sky", &[BlueSky]),
        ("clouds in the sky", &[BlueSky]),
        ("white clouds", &[BlueSky]),
        ("a clear sky", &[BlueSky]),
        ("a sky with white clouds", &[BlueSky]),
        ("a sunny day", &[BlueSky]),
        ("nice weather", &[BlueSky]),
        ("looking up at the sky", &[BlueSky]),
        ("daytime sky", &[BlueSky]),
        ("a sunset", &[Sunset]),
        ("the sunset", &[Sunset]),
        ("sunset", &[Sunset]),
        ("the sun going down", &[Sunset]),
        ("the setting sun", &[Sunset]),
        ("the sun sets", &[Sunset]),
        ("an evening sky", &[Sunset]),
        ("evening", &[Sunset]),
        ("a sunrise", &[Sunset]),
        ("sunrise", &[Sunset]),
        ("dusk", &[Sunset]),
        ("the sun at the horizon", &[Sunset]),
        ("an orange sky", &[Sunset]),
        ("a red sky in the evening", &[Sunset]),
        ("sun", &[Sunset]),
        ("the sun", &[Sunset]),
        ("a starry night", &[StarryNight]),
        ("starry night", &[StarryNight]),
        ("stars in the night sky", &[StarryNight]),
        ("stars in the sky", &[StarryNight]),
        ("a sky full of stars", &[StarryNight]),
        ("the night sky", &[StarryNight]),
        ("the milky way", &[StarryNight]),
        ("a clear night", &[StarryNight]),
        ("starlight", &[StarryNight]),
        ("space", &[StarryNight]),
        ("a grass field", &[GrassField]),
        ("grass", &[GrassField]),
        ("green grass", &[GrassField]),
        ("a green field", &[GrassField]),
        ("a meadow", &[GrassField]),
        ("meadow", &[GrassField]),
        ("a lawn", &[GrassField]),
        ("a field of grass", &[GrassField]),
        ("a grassy field under the sky", &[GrassField]),
        ("a pasture", &[GrassField]),
        ("a field", &[GrassField]),
        ("a football field", &[GrassField]),
        ("a forest", &[Forest]),
        ("forest", &[Forest]),
        ("the woods", &[Forest]),
        ("in the forest", &[Forest]),
        ("many trees", &[Forest]),
        ("a forest of tall trees", &[Forest]),
        ("tree trunks", &[Forest]),
        ("leaves", &[Forest]),
        ("a jungle", &[Forest]),
        ("a walk in the woods", &[Forest]),
        ("tree", &[Forest]),
        ("trees", &[Forest]),
        ("the sea", &[Sea]),
        ("sea", &[Sea]),
        ("the ocean", &[Sea]),
        ("ocean", &[Sea]),
        ("waves on the sea", &[Sea]),
        ("sea waves", &[Sea]),
        ("waves", &[Sea]),
        ("water", &[Sea]),
        ("blue water", &[Sea]),
        ("the water with waves", &[Sea]),
        ("open water", &[Sea]),
        ("a lake", &[Sea]),
        ("by the sea", &[Sea]),
        ("snow", &[Snow]),
        ("the snow", &[Snow]),
        ("falling snow", &[Snow]),
        ("it is snowing", &[Snow]),
        ("snowing", &[Snow]),
        ("a snowy landscape", &[Snow]),
        ("winter", &[Snow]),
        ("a winter landscape", &[Snow]),
        ("snow on the ground", &[Snow]),
        ("snowflakes", &[Snow]),
        ("a cold winter day", &[Snow]),
        ("ice and snow", &[Snow]),
        ("a desert", &[Desert]),
        ("the desert", &[Desert]),
        ("desert", &[Desert]),
        ("sand", &[Desert]),
        ("sand dunes", &[Desert]),
        ("dunes", &[Desert]),
        ("dunes of yellow sand", &[Desert]),
        ("a hot dry place", &[Desert]),
        ("a sandy landscape", &[Desert]),
        ("a beach of sand", &[Desert]),
        ("fire", &[Fire]),
        ("a fire", &[Fire]),
        ("flames", &[Fire]),
        ("something burning", &[Fire]),
        ("burning", &[Fire]),
        ("a campfire", &[Fire]),
        ("a burning fire", &[Fire]),
        ("orange flames", &[Fire]),
        ("it burns", &[Fire]),
        ("hot flames", &[Fire]),
        ("a fireplace", &[Fire]),
        ("rain", &[Rain]),
        ("the rain", &[Rain]),
        ("it is raining", &[Rain]),
        ("raining", &[Rain]),
        ("falling rain", &[Rain]),
        ("rain drops", &[Rain]),
        ("heavy rain", &[Rain]),
        ("a rainy day", &[Rain]),
        ("bad weather", &[Rain]),
        ("a rain shower", &[Rain]),
        ("a storm", &[Rain]),
        ("fog", &[Fog]),
        ("the fog", &[Fog]),
        ("mist", &[Fog]),
        ("a foggy day", &[Fog]),
        ("foggy", &[Fog]),
        ("thick fog", &[Fog]),
        ("a misty morning", &[Fog]),
        ("haze", &[Fog]),
        ("trees in the fog", &[Fog]),
        ("everything is gray and foggy", &[Fog]),
        ("city lights at night", &[CityLights]),
        ("city lights", &[CityLights]),
        ("a city at night", &[CityLights]),
        ("the city", &[CityLights]),
        ("city", &[CityLights]),
        ("lit windows", &[CityLights]),
        ("buildings at night", &[CityLights]),
        ("buildings", &[CityLights]),
        ("a skyline at night", &[CityLights]),
        ("skyscrapers", &[CityLights]),
        ("houses with lights in the windows", &[CityLights]),
        ("a town at night", &[CityLights]),
        // True of several.
        (
            "the sky",
            &[BlueSky, Sunset, StarryNight, GrassField, Sea, Desert],
        ),
        (
            "sky",
            &[BlueSky, Sunset, StarryNight, GrassField, Sea, Desert],
        ),
        ("clouds", &[BlueSky, Sunset]),
        ("night", &[StarryNight, CityLights]),
        ("at night", &[StarryNight, CityLights]),
        ("it is night", &[StarryNight, CityLights]),
        ("lights in the dark", &[StarryNight, CityLights]),
        ("stars", &[StarryNight]),
        (
            "nature",
            &[
                BlueSky,
                Sunset,
                StarryNight,
                GrassField,
                Forest,
                Sea,
                Snow,
                Desert,
                Fire,
                Rain,
                Fog,
            ],
        ),
        (
            "a landscape",
            &[Sunset, GrassField, Forest, Sea, Snow, Desert, Rain, Fog],
        ),
        (
            "outdoors",
            &[
                BlueSky,
                Sunset,
                StarryNight,
                GrassField,
                Forest,
                Sea,
                Snow,
                Desert,
                Rain,
                Fog,
                CityLights,
            ],
        ),
        (
            "outside",
            &[
                BlueSky,
                Sunset,
                StarryNight,
                GrassField,
                Forest,
                Sea,
                Snow,
                Desert,
                Rain,
                Fog,
                CityLights,
            ],
        ),
        ("something wet", &[Sea, Rain]),
        ("plants", &[GrassField, Forest]),
        ("something hot", &[Desert, Fire]),
        ("a gray day", &[Rain, Fog, Snow]),
        ("the horizon", &[Sunset, GrassField, Sea, Desert]),
    ]
};
