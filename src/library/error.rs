//! Everything that can be wrong with the library, each as one sentence that says what to do.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use crate::engine::EngineError;
use crate::library::postgres::{Address, PostgresError};

#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    #[error("{} does not exist; check the path", .0.display())]
    Missing(PathBuf),
    #[error("{} cannot be read: {error}", path.display())]
    Unreadable { path: PathBuf, error: io::Error },
    #[error("{} is not in the library; `vcl library list` shows what is", .0.display())]
    NotInLibrary(PathBuf),
    #[error("{} lies in {}, which is in the library: remove that, or move the file away", path.display(), place.display())]
    InsidePlace { path: PathBuf, place: PathBuf },
    #[error("the disk with {} is full: make room there and run the same command again; nothing is lost", .0.display())]
    DiskFull(PathBuf),
    #[error("the index cannot be kept in {}: {reason}; make room there, or set VCL_CACHE_DIR to another folder, and run the same command again: nothing is lost", dir.display())]
    NotKept { dir: PathBuf, reason: String },
    #[error("the library is kept in {}, which cannot be written: {reason}; set VCL_DATA_DIR and VCL_CACHE_DIR to folders that can", path.display())]
    Unwritable { path: PathBuf, reason: String },
    #[error("{} is damaged: move it away and add your folders again, the work on them is kept", .0.display())]
    Damaged(PathBuf),
    #[error("{} was written by a newer version of this program: update the program", .0.display())]
    Newer(PathBuf),
    #[error("another program has kept {} to itself for half a minute: try again when it has ended", .0.display())]
    Busy(PathBuf),
    #[error("the catalogue {} cannot be used: {cause}", path.display())]
    Catalogue {
        path: PathBuf,
        cause: rusqlite::Error,
    },
    #[error("the library at {address} cannot be used: {cause}")]
    Server {
        address: Box<Address>,
        cause: PostgresError,
    },
    #[error("a library on a server keeps one picture per clip: use --framing centre or whole")]
    SharedTiles,
    #[error("--library: {0}")]
    Address(String),
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl LibraryError {
    /// What SQLite says of the catalogue at `path`.
    pub(super) fn of_sqlite(path: &Path, cause: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match cause.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull(path),
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Self::Damaged(path),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy(path),
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                Self::Unwritable {
                    path,
                    reason: "it can only be read, or not even that".to_owned(),
                }
            }
            Some(ErrorCode::SystemIoFailure) => Self::Unwritable {
                path,
                reason: "the disk refuses, it may be full or gone".to_owned(),
            },
            _ => Self::Catalogue { path, cause },
        }
    }

    /// What the file system says of `path`.
    pub(super) fn of_io(path: &Path, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::DiskFull(path.to_owned())
            }
            _ => Self::Unwritable {
                path: path.to_owned(),
                reason: error.to_string(),
            },
        }
    }
}
