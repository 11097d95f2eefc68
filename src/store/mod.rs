//! What lies on disk: cached embeddings, the user's prompts and labels, model directories.

pub mod atomic;
mod content_id;
mod embedding_cache;
mod labels;
mod npz;
mod paths;
mod prompts;

pub use content_id::ContentId;
pub use embedding_cache::{CacheKey, CachedFeatures, EmbeddingCache};
pub use labels::{ExportedLabels, LabelError, LabelStore, LabelledVideo};
pub use npz::{FloatType, NpzArray, NpzError, read_npz, write_npz};
pub use paths::{Paths, PathsError};
pub use prompts::{PromptFileError, PromptFolder};
