//! The drawn world: scenes as plain data, what can be said of them, and how they look.
//!
//! The bundled encoder is trained on it, its measures are taken on held-out parts of it, and the
//! demo video is a [`storyboard`] of it. Everything is a function of a seed, so any picture, caption
//! or video can be drawn again.
//!
//! `scene` (what there is) → `caption` (what is said; `claim` knows whether it is true) and `render`
//! (how it looks) → `camera` (how it is recorded); `labels` turns a scene into numbers; `storyboard` puts
//! scenes one after another.
#![allow(
    dead_code,
    reason = "each example, bench and test uses its own part of the world"
)]

pub mod camera;
pub mod caption;
pub mod claim;
pub mod labels;
pub mod phrases;
pub mod render;
pub mod scene;
pub mod storyboard;
mod wording;
