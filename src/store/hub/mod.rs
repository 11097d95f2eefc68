//! Models from the Hugging Face hub, in the cache that all Hugging Face programs share.
//!
//! [`ModelDownload`] fetches one model, file by file: `protocol` asks the server, `transfer` brings
//! one file to the disk, `checksum` verifies it, and `cache` knows where it belongs; `token` and
//! `authorities` say who we are and whom we trust.

mod authorities;
mod cache;
mod checksum;
mod download;
mod protocol;
mod token;
mod transfer;

pub use cache::{HubCache, RepoId, RepoIdError};
pub use download::{DownloadProgress, DownloadStep, ModelDownload};
pub use protocol::{Hub, HubError, RemoteFile};
