//! What is on disk: cached embeddings, the user's prompts and labels, model directories, and the
//! models in the cache that Hugging Face programs share, with the download from their hub.

pub mod atomic;
mod content_id;
mod detectors;
mod embedding_cache;
mod hub;
mod labels;
mod moment_edits;
mod named;
mod npz;
mod paths;
mod pictures;
mod prompts;
mod speeds;
mod target;

pub use content_id::ContentId;
pub use detectors::{DetectorFileError, DetectorFolder};
pub use embedding_cache::{CacheKey, CacheUse, CachedFeatures, EmbeddingCache};
pub use hub::{
    DownloadProgress, DownloadStep, Hub, HubCache, HubError, ModelDownload, RemoteFile, RepoId,
    RepoIdError,
};
pub use labels::{ExportedLabels, LabelError, LabelStore, LabelledVideo};
pub use moment_edits::{MomentEditError, MomentEditStore};
pub use npz::{FloatType, NpzArray, NpzError, read_npz, write_npz};
pub use paths::{Paths, PathsError};
pub use pictures::PictureFolder;
pub use prompts::{PromptFileError, PromptFolder};
pub use speeds::{Speed, Speeds};
pub use target::{TargetError, check_folder, check_target};
