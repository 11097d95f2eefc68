//! What is beside the picture.

/// What the panel beside the picture shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Side {
    #[default]
    Results,
    Teach,
}
