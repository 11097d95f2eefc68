//! The catalogue: which files the library holds, what they contain, and how far indexing is.
//!
//! One SQLite file that several processes may have open at once. It can be made again from the folders
//! that were added; the work itself, the features of the videos, lies in the cache.

mod files;
mod schema;
mod words;
mod work;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

use crate::library::error::LibraryError;
use crate::store::ContentId;

pub use files::{KnownFile, Place, SeenFile};
pub use words::{Unread, said_in};
pub use work::{Claim, ModelRow, Outcome};

/// How long one process waits for another one's writing, which takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// An open catalogue.
pub struct Catalogue {
    connection: Connection,
    path: PathBuf,
}

/// How far a video is, for one model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Waiting,
    /// A process is at it.
    Working,
    Indexed,
    /// Why it cannot be indexed.
    Failed(String),
    /// It only began like a video.
    NoVideo,
}

impl State {
    /// As the catalogue calls it; without a name it waits.
    pub(in crate::library) fn named(name: &str, error: String) -> Self {
        match name {
            "working" => Self::Working,
            "done" => Self::Indexed,
            "failed" => Self::Failed(error),
            "none" => Self::NoVideo,
            _ => Self::Waiting,
        }
    }
}

/// A video of the library as one model sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct LibraryVideo {
    pub content: ContentId,
    /// Of its files that are there the first by name, else of those that are not.
    pub path: PathBuf,
    /// Under what other names it is there.
    pub copies: Vec<PathBuf>,
    /// None of its files is there now, such as when a drive is not plugged in.
    pub is_missing: bool,
    pub n_bytes: u64,
    /// `None` until it was opened once.
    pub duration_secs: Option<f64>,
    /// When its oldest file was last changed, seconds since 1970.
    pub date_secs: i64,
    pub state: State,
    /// 0 until it is indexed.
    pub n_clips: usize,
}

impl Catalogue {
    /// Opens the catalogue in a folder; makes both where there are none.
    ///
    /// # Errors
    /// When it cannot be read or written, is damaged, or is of a newer version.
    pub fn open(dir: &Path) -> Result<Self, LibraryError> {
        fs::create_dir_all(dir).map_err(|error| LibraryError::of_io(dir, &error))?;
        let path = dir.join("catalogue.sqlite");
        let opened = Self::connect(&path);
        let (connection, is_known) =
            opened.map_err(|cause| LibraryError::of_sqlite(&path, cause))?;
        if !is_known {
            return Err(LibraryError::Newer(path));
        }
        Ok(Self { connection, path })
    }

    fn connect(path: &Path) -> rusqlite::Result<(Connection, bool)> {
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(PATIENCE)?;
        // Readers and a writer at once. Where the file system cannot do it, the usual journal is kept.
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        // A power cut may cost the last seconds, which the next update finds again, and never the file.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        let is_known = schema::migrate(&mut connection)?;
        Ok((connection, is_known))
    }

    /// What SQLite complains of, as a sentence about this catalogue.
    fn told<T>(&self, outcome: rusqlite::Result<T>) -> Result<T, LibraryError> {
        outcome.map_err(|cause| LibraryError::of_sqlite(&self.path, cause))
    }

    /// Runs `work` so that all of it is done or nothing, alone among the writers.
    fn write<T>(
        &mut self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, LibraryError> {
        let outcome = self
            .connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
            .and_then(|transaction| {
                let value = work(&transaction)?;
                transaction.commit()?;
                Ok(value)
            });
        self.told(outcome)
    }
}

#[cfg(test)]
mod tests;
