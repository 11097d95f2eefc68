//! Plain data and pure functions: what every other module talks in.
//!
//! Nothing here knows of files, threads, tensors, GStreamer or a window. Seconds end in `_secs`,
//! counts start with `n_`, and `clip` means the 2-second unit and nothing else.

mod embeddings;
mod moment;
mod query;
mod saliency;
mod time;

pub use embeddings::{Embeddings, ShapeError, l2_normalise};
pub use moment::{
    MAX_MOMENTS, Moment, ZERO_SHOT_THRESHOLD, moments_above, moments_at_thresholds,
};
pub use query::{MAX_QUERY_CHARS, Query, QueryError};
pub use saliency::{Highlight, SaliencyCurve};
pub use time::{CLIP_SECS, ClipIndex, TimeSpan, format_timestamp, n_clips};
