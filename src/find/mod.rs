//! How a query becomes a curve, and the curve moments.
//!
//! ```text
//! Embeddings · text ─▶ cosines ─┬─ Way: calibrated ─▶ saliency ─▶ highlights
//!                               └─ Detector ─▶ Detection ── threshold ─▶ Found: verdict, moments
//! Embeddings, words ─▶ trained network ─▶ Proposed ─▶ Detection
//! two queries ─▶ Probe ─▶ two curves ─▶ joined ─▶ saliency
//! ```
//! The window, the command line, evaluation and training all form their results here, so that they
//! cannot differ. Everything is arithmetic on numbers that are there already: no encoder, no file,
//! no thread, no tensor.

mod answer;
mod detect;
mod edges;
mod join;
mod presence;
mod probe;
mod way;

pub use answer::{Answer, Found};
pub use detect::{
    Detection, Detector, PROTOCOL_THRESHOLD, Proposed, moments_above, official, parts,
};
pub use edges::{Edge, edges};
pub use join::{joined, joined_beliefs};
pub use presence::{NeutralLevel, PROBABLY_PRESENT, PictureChance, belief, quantile};
pub use probe::{Levels, PictureTarget, Probe, Target};
pub use way::Way;
