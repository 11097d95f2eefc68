//! What lies on disk: cached embeddings, the user's prompts and labels, model directories.

pub mod atomic;
mod embedding_cache;
mod paths;
mod video_id;

pub use embedding_cache::{CacheKey, CachedFeatures, EmbeddingCache};
pub use paths::{Paths, PathsError};
pub use video_id::VideoId;
