//! How a query becomes a curve, and the curve moments.
//!
//! ```text
//! Embeddings · text ─▶ cosines ─┬─ Way: calibrated ─▶ saliency ─▶ highlights
//!                               └─ Detector ─▶ Detection ── threshold ─▶ Found: verdict, moments
//! Embeddings, words ─▶ trained network ─▶ Proposed ─▶ Detection
//! ```
//! The window, the command line, evaluation and training all form their results here, so that they
//! cannot differ. Everything is arithmetic on numbers that are there already: no encoder, no file,
//! no thread, no tensor.

mod answer;
mod detect;
mod edges;
mod presence;
mod way;

pub use answer::{Answer, Found};
pub use detect::{
    Detection, Detector, PROTOCOL_THRESHOLD, Proposed, moments_above, official, parts,
};
pub use edges::{Edge, edges};
pub use presence::{NeutralLevel, PROBABLY_PRESENT, belief};
pub use way::Way;
