//! A scene as numbers, for auxiliary supervision and per-attribute accuracy.

use super::scene::{
    Arrangement, Backdrop, Brightness, Colour, Content, Figure, Fill, Place, Scene, Scenery, Shape,
    Size, Special, Surface, is_held_out_pair,
};

/// A run of neighbouring entries of [`Labels`].
#[derive(Clone, Copy, Debug)]
pub struct LabelGroup {
    pub name: &'static str,
    pub start: usize,
    pub len: usize,
    /// Whether exactly one entry is 1 wherever the mask is 1 (a category), or any number (a set).
    pub exclusive: bool,
}

macro_rules! groups {
    ($($id:ident: $name:literal, $len:expr, $exclusive:literal;)+) => {
        #[derive(Clone, Copy)]
        enum Group { $($id),+ }
        const SHAPE_OF_GROUPS: &[(&str, usize, bool)] = &[$(($name, $len, $exclusive)),+];
        const N_GROUPS: usize = SHAPE_OF_GROUPS.len();
    };
}

groups! {
    Colours: "colours", Colour::COUNT, false;
    Shapes: "shapes", Shape::COUNT, false;
    Pairs: "colour-shape pairs", Colour::COUNT * Shape::COUNT, false;
    Count: "count", 4, true; // none, one, two, three
    Place: "place", Place::COUNT, true;
    Fill: "fill", Fill::COUNT, true;
    Size: "size", Size::COUNT, true;
    Surface: "background kind", Surface::COUNT, true;
    Background: "background colour", Colour::COUNT, true;
    Scenery: "scenery", Scenery::COUNT, false;
    Special: "special", Special::COUNT, false;
    Brightness: "brightness", Brightness::COUNT, true;
    Arrangement: "arrangement", Arrangement::COUNT, true;
    FirstColour: "first colour", Colour::COUNT, true;
    FirstShape: "first shape", Shape::COUNT, true;
    SecondColour: "second colour", Colour::COUNT, true;
    SecondShape: "second shape", Shape::COUNT, true;
}

/// The groups in the order of their entries.
pub const LABEL_GROUPS: [LabelGroup; N_GROUPS] = {
    let mut groups = [LabelGroup {
        name: "",
        start: 0,
        len: 0,
        exclusive: false,
    }; N_GROUPS];
    let (mut i, mut start) = (0, 0);
    while i < N_GROUPS {
        let (name, len, exclusive) = SHAPE_OF_GROUPS[i];
        groups[i] = LabelGroup {
            name,
            start,
            len,
            exclusive,
        };
        start += len;
        i += 1;
    }
    groups
};

/// How many entries there are in all.
pub const N_LABELS: usize = LABEL_GROUPS[N_GROUPS - 1].start + LABEL_GROUPS[N_GROUPS - 1].len;

/// What is true of a scene, `[N_LABELS]`.
#[derive(Clone, Debug)]
pub struct Labels {
    /// 1 where the attribute is present, 0 elsewhere.
    pub values: Vec<f32>,
    /// 0 where the attribute does not apply to this scene, or is a pair that training never sees.
    pub mask: Vec<f32>,
}

impl Labels {
    fn know(&mut self, group: Group) {
        let LabelGroup { start, len, .. } = LABEL_GROUPS[group as usize];
        self.mask[start..start + len].fill(1.0);
    }

    fn set(&mut self, group: Group, index: usize) {
        self.know(group);
        self.values[LABEL_GROUPS[group as usize].start + index] = 1.0;
    }
}

/// Where a pair stands within its group.
pub fn pair_index(colour: Colour, shape: Shape) -> usize {
    colour.index() * Shape::COUNT + shape.index()
}

impl Scene {
    pub fn labels(&self) -> Labels {
        let mut labels = Labels {
            values: vec![0.0; N_LABELS],
            mask: vec![0.0; N_LABELS],
        };
        for group in [
            Group::Colours,
            Group::Shapes,
            Group::Pairs,
            Group::Scenery,
            Group::Special,
        ] {
            labels.know(group);
        }
        for (Figure { colour, shape, .. }, _) in self.figures() {
            labels.set(Group::Colours, colour.index());
            labels.set(Group::Shapes, shape.index());
            labels.set(Group::Pairs, pair_index(colour, shape));
        }
        match self.content {
            Content::Empty => labels.set(Group::Count, 0),
            Content::Group {
                figure,
                count,
                place,
            } => {
                labels.set(Group::Count, usize::from(count));
                labels.set(Group::Fill, figure.fill.index());
                labels.set(Group::Size, figure.size.index());
                if count == 1 {
                    labels.set(Group::Place, place.index());
                }
            }
            Content::Pair {
                first,
                second,
                arrangement,
            } => {
                labels.set(Group::Arrangement, arrangement.index());
                labels.set(Group::FirstColour, first.colour.index());
                labels.set(Group::FirstShape, first.shape.index());
                labels.set(Group::SecondColour, second.colour.index());
                labels.set(Group::SecondShape, second.shape.index());
            }
            Content::Special(special) => {
                labels.set(Group::Count, 0);
                labels.set(Group::Special, special.index());
            }
        }
        if !matches!(self.content, Content::Special(_)) {
            let varies = match self.backdrop {
                Backdrop::Wall { .. } => true,
                Backdrop::Scenery(scenery) => !scenery.brightnesses().is_empty(),
            };
            if varies {
                labels.set(Group::Brightness, self.brightness.index());
            }
            match self.backdrop {
                Backdrop::Wall { colour, surface } => {
                    labels.set(Group::Surface, surface.index());
                    if self.brightness == Brightness::Normal {
                        labels.set(Group::Background, colour.index());
                    }
                }
                Backdrop::Scenery(scenery) => labels.set(Group::Scenery, scenery.index()),
            }
        }
        let pairs = LABEL_GROUPS[Group::Pairs as usize].start;
        for &colour in Colour::ALL {
            for &shape in Shape::ALL {
                if is_held_out_pair(colour, shape) {
                    labels.mask[pairs + pair_index(colour, shape)] = 0.0;
                }
            }
        }
        labels
    }
}
