//! What lies on disk: cached embeddings, the user's prompts and labels, model directories,
//! and the models of the cache that Hugging Face programs share, which can be filled from the hub.

pub mod atomic;
mod content_id;
mod download;
mod embedding_cache;
mod hub;
mod hub_cache;
mod labels;
mod npz;
mod paths;
mod prompts;
mod target;

pub use content_id::ContentId;
pub use download::{DownloadProgress, DownloadStep, ModelDownload};
pub use embedding_cache::{CacheKey, CachedFeatures, EmbeddingCache};
pub use hub::{Hub, HubError, RemoteFile};
pub use hub_cache::{HubCache, RepoId, RepoIdError};
pub use labels::{ExportedLabels, LabelError, LabelStore, LabelledVideo};
pub use npz::{FloatType, NpzArray, NpzError, read_npz, write_npz};
pub use paths::{Paths, PathsError};
pub use prompts::{PromptFileError, PromptFolder};
pub use target::{TargetError, check_folder, check_target};
