//! Plain data and pure functions: what every other module talks in.
//!
//! Nothing here knows of files, threads, tensors, GStreamer or a window. Seconds end in `_secs`,
//! counts start with `n_`, and `clip` means the 2-second unit and nothing else.

mod annotation;
mod embeddings;
mod jsonl;
mod label;
mod model_layout;
mod moment;
mod query;
mod saliency;
mod time;
mod words;

pub use annotation::{Annotation, AnnotationError, MAX_GRADE, N_ANNOTATORS, QueryId};
pub use embeddings::{Embeddings, ShapeError, l2_normalise};
pub use jsonl::{LineError, from_jsonl, to_jsonl};
pub use label::{Grade, Labels};
pub use model_layout::{
    PYTORCH, SAFETENSORS, SHARD_INDEX, SMALL_MODEL_FILES, ShardIndexError, WEIGHT_FILES,
    shard_names,
};
pub use moment::{
    MAX_MOMENTS, Moment, ZERO_SHOT_THRESHOLD, moments_above, moments_at_thresholds, moments_of,
};
pub use query::{MAX_QUERY_CHARS, Query, QueryError};
pub use saliency::{Highlight, SaliencyCurve};
pub use time::{CLIP_SECS, ClipIndex, TimeSpan, format_timestamp, n_clips, time_left};
pub use words::{count, file_name, panic_text};
