//! Plain data and pure functions: what every other module talks in.
//!
//! Nothing here knows of files, threads, tensors, GStreamer or a window. Seconds end in `_secs`,
//! counts start with `n_`, and `clip` means the 2-second unit and nothing else.

mod about;
mod annotation;
mod caption;
mod date;
mod embeddings;
mod fonts;
mod icon;
mod jsonl;
mod label;
mod matrix;
mod model_layout;
mod moment;
mod moment_edits;
mod panics;
mod pasted;
mod path_text;
mod picture;
mod query;
mod saliency;
mod shaping;
mod time;
mod unit_vector;
mod words;

pub use about::{APP_ID, Part, VERSION, build_date, licences, parts};
pub use annotation::{
    Annotation, AnnotationError, MAX_GRADE, N_ANNOTATORS, QueryId, null_as_default,
};
pub use caption::{CAPTION_EXTENSIONS, Caption, caption, captions_of, text_of_event};
pub use date::{format_date, parse_date};
pub use embeddings::{Embeddings, ShapeError};
pub use fonts::HANGUL_FONT;
pub use icon::{ICON_SIZES, ICON_SVG, icon};
pub use jsonl::{LineError, from_jsonl, from_jsonl_skipping, to_jsonl};
pub use label::{Grade, Labels};
pub use matrix::transposed;
pub use model_layout::{
    OPEN_CLIP_CONFIG, OPEN_CLIP_WEIGHTS, PROCESSOR_CONFIG, PYTORCH, SAFETENSORS, SENTENCE_MODULES,
    SHARD_INDEX, SMALL_MODEL_FILES, ShardIndexError, WEIGHT_FILES, shard_names,
};
pub use moment::{Moment, Verdict};
pub use moment_edits::MomentEdits;
pub use panics::{SENSELESS, catch_panic, foreign, survive};
pub use pasted::clean_pasted;
pub use path_text::{absolute_paths, path_list, path_of_text, path_text, serialize_path};
pub use picture::Picture;
pub use query::{
    Join, MAX_QUERY_CHARS, Query, QueryError, QueryKind, USUAL_WITHIN_SECS, minus_ranges,
};
pub use saliency::{Highlight, SaliencyCurve};
pub use shaping::{MomentOrder, Shaping};
pub use time::{
    CLIP_SECS, ClipIndex, TimeSpan, format_duration, format_timestamp, n_clips, time_left,
};
pub use unit_vector::UnitVector;
pub use words::{beginning, count, file_name, one_line, plain, verb};
