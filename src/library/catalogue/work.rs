//! How far indexing is, and which process is at which video.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _, params};

use super::files::{SeenFile, record};
use super::{Catalogue, LibraryVideo, State};
use crate::library::error::LibraryError;
use crate::library::path_bytes::{bytes_of, path_of};
use crate::store::ContentId;

/// A model in the catalogue, with the rule that picks its frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelRow(pub(in crate::library) i64);

/// A video that this process indexes, and no other.
#[derive(Clone, Debug)]
pub struct Claim {
    pub(in crate::library) video: i64,
    pub content: ContentId,
    pub path: PathBuf,
    pub is_named: bool,
}

/// How indexing a video ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    Indexed {
        n_clips: usize,
        duration_secs: f64,
    },
    Failed(String),
    NoVideo,
    /// Not done, and nothing is wrong with the video.
    GivenBack,
}

impl Catalogue {
    /// # Errors
    /// When the catalogue cannot be written; so with all below.
    pub fn model(
        &mut self,
        hash: &str,
        sampling: &str,
        name: &str,
    ) -> Result<ModelRow, LibraryError> {
        let find = "SELECT id FROM model WHERE hash = ? AND sampling = ?";
        let known = self
            .connection
            .query_row(find, [hash, sampling], |row| row.get(0));
        if let Some(id) = self.told(known.optional())? {
            return Ok(ModelRow(id));
        }
        self.write(|connection| {
            connection.execute(
                "INSERT OR IGNORE INTO model (hash, sampling, name) VALUES (?, ?, ?)",
                [hash, sampling, name],
            )?;
            connection.query_row(find, [hash, sampling], |row| row.get(0))
        })
        .map(ModelRow)
    }

    /// Lets what was indexed under a `former` hash count under `hash`, unless there is something already:
    /// earlier versions of the program told models apart by more than their images.
    pub fn adopt_model(
        &mut self,
        former: &str,
        hash: &str,
        sampling: &str,
    ) -> Result<(), LibraryError> {
        let find = "SELECT 1 FROM model WHERE hash = ? AND sampling = ?";
        let is_there = |hash: &str| {
            let found = self
                .connection
                .query_row(find, [hash, sampling], |_| Ok(()))
                .optional();
            self.told(found).map(|found| found.is_some())
        };
        if is_there(hash)? || !is_there(former)? {
            return Ok(());
        }
        self.write(|connection| {
            connection.execute(
                "UPDATE OR IGNORE model SET hash = ? WHERE hash = ? AND sampling = ?",
                [hash, former, sampling],
            )
        })
        .map(drop)
    }

    /// Takes the next video that waits, in order of the paths; what a process that died was at waits
    /// again.
    pub fn claim(
        &mut self,
        model: ModelRow,
        worker: &str,
        is_alive: impl Fn(&str) -> bool,
    ) -> Result<Option<Claim>, LibraryError> {
        self.write(|connection| {
            let mut workers =
                connection.prepare("SELECT DISTINCT worker FROM indexing WHERE state = 'working'")?;
            let workers: Vec<String> =
                workers.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            for dead in workers.iter().filter(|name| *name != worker && !is_alive(name)) {
                connection.execute(
                    "DELETE FROM indexing WHERE state = 'working' AND worker = ?",
                    [dead],
                )?;
            }
            let next = connection
                .query_row(
                    "SELECT video.id, content, path, is_named
                     FROM video JOIN file ON file.video = video.id
                     WHERE path = (
                         SELECT path FROM file
                         WHERE NOT is_missing AND NOT EXISTS (
                             SELECT 1 FROM indexing
                             WHERE indexing.video = file.video AND indexing.model = ?)
                         ORDER BY path LIMIT 1)",
                    [model.0],
                    |row| {
                        let content: String = row.get(1)?;
                        let content = ContentId::parse(&content);
                        Ok(Claim {
                            video: row.get(0)?,
                            content: content.ok_or(rusqlite::Error::InvalidQuery)?,
                            path: path_of(row.get(2)?),
                            is_named: row.get(3)?,
                        })
                    },
                )
                .optional()?;
            if let Some(claim) = &next {
                connection.execute(
                    "INSERT INTO indexing (video, model, state, worker) VALUES (?, ?, 'working', ?)",
                    params![claim.video, model.0, worker],
                )?;
            }
            Ok(next)
        })
    }

    /// Says how a claimed video ended. A file that was found to hold another video meanwhile is given
    /// as `seen`: then that video is what the outcome is about.
    pub fn finish(
        &mut self,
        model: ModelRow,
        claim: &Claim,
        seen: Option<&SeenFile>,
        outcome: &Outcome,
    ) -> Result<(), LibraryError> {
        self.write(|connection| {
            set_state(connection, model, claim.video, &Outcome::GivenBack)?;
            let content = match seen {
                Some(file) => {
                    record(connection, file)?;
                    &file.content
                }
                None => &claim.content,
            };
            // It may have been removed from the library in the meantime.
            let video = connection
                .query_row(
                    "SELECT id FROM video WHERE content = ?",
                    [content.as_str()],
                    |row| row.get(0),
                )
                .optional()?;
            match video {
                Some(video) => set_state(connection, model, video, outcome),
                None => Ok(()),
            }
        })
    }

    /// The video has to be indexed again: what the cache held of it is gone.
    pub fn set_waiting(
        &mut self,
        model: ModelRow,
        videos: &[ContentId],
    ) -> Result<(), LibraryError> {
        self.write(|connection| {
            for content in videos {
                connection.execute(
                    "DELETE FROM indexing WHERE model = ? AND state = 'done'
                     AND video = (SELECT id FROM video WHERE content = ?)",
                    params![model.0, content.as_str()],
                )?;
            }
            Ok(())
        })
    }

    /// Lets everything below `paths` that failed be tried again, with any model.
    pub fn retry(&mut self, paths: &[PathBuf]) -> Result<(), LibraryError> {
        let sql = "SELECT DISTINCT video, path FROM file JOIN indexing USING (video)
                   WHERE state = 'failed'";
        let failed = self.told(self.connection.prepare(sql).and_then(|mut statement| {
            let rows = statement.query_map([], |row| Ok((row.get(0)?, path_of(row.get(1)?))))?;
            rows.collect::<rusqlite::Result<Vec<(i64, PathBuf)>>>()
        }))?;
        let is_below = |path: &Path| paths.iter().any(|above| path.starts_with(above));
        self.write(|connection| {
            for (video, _) in failed.iter().filter(|(_, path)| is_below(path)) {
                connection.execute(
                    "DELETE FROM indexing WHERE video = ? AND state = 'failed'",
                    [video],
                )?;
            }
            Ok(())
        })
    }

    /// All videos as one model sees them, in order of their paths.
    pub fn videos(&self, model: ModelRow) -> Result<Vec<LibraryVideo>, LibraryError> {
        self.told(videos(&self.connection, model))
    }

    /// The place of a file that is in the library only together with it.
    pub fn place_above(&self, path: &Path) -> Result<Option<PathBuf>, LibraryError> {
        let mut places = self.places()?.into_iter();
        let above = places.find(|place| place.is_folder && path.starts_with(&place.path));
        Ok(above.map(|place| place.path))
    }

    /// Whether a path is a place, or a file that was found and is not there.
    pub fn can_remove(&self, path: &Path) -> Result<bool, LibraryError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM place WHERE path = ?1)
                       OR EXISTS (SELECT 1 FROM file WHERE path = ?1 AND is_missing)";
        self.told(
            self.connection
                .query_row(sql, [bytes_of(path)], |row| row.get(0)),
        )
    }
}

fn set_state(
    connection: &Connection,
    model: ModelRow,
    video: i64,
    outcome: &Outcome,
) -> rusqlite::Result<()> {
    connection.execute(
        "DELETE FROM indexing WHERE video = ? AND model = ? AND state = 'working'",
        [video, model.0],
    )?;
    let (state, n_clips, error) = match outcome {
        Outcome::GivenBack => return Ok(()),
        Outcome::Indexed {
            n_clips,
            duration_secs,
        } => {
            connection.execute(
                "UPDATE video SET duration_secs = ? WHERE id = ?",
                params![duration_secs, video],
            )?;
            ("done", *n_clips, None)
        }
        Outcome::Failed(reason) => ("failed", 0, Some(reason)),
        Outcome::NoVideo => ("none", 0, None),
    };
    connection.execute(
        "INSERT OR REPLACE INTO indexing (video, model, state, n_clips, error)
         VALUES (?, ?, ?, ?, ?)",
        params![video, model.0, state, n_clips, error],
    )?;
    Ok(())
}

fn videos(connection: &Connection, model: ModelRow) -> rusqlite::Result<Vec<LibraryVideo>> {
    let mut statement = connection.prepare(
        "SELECT content, path, is_missing, size, duration_secs, date_secs, state, n_clips, error
         FROM file JOIN video ON video.id = file.video
         LEFT JOIN indexing ON indexing.video = video.id AND indexing.model = ?
         ORDER BY is_missing, path",
    )?;
    let mut rows = statement.query([model.0])?;
    let mut videos: Vec<LibraryVideo> = Vec::new();
    let mut at: HashMap<String, usize> = HashMap::new();
    while let Some(row) = rows.next()? {
        let content: String = row.get(0)?;
        let path = path_of(row.get(1)?);
        let is_missing: bool = row.get(2)?;
        if let Some(&known) = at.get(&content) {
            if !is_missing {
                videos[known].copies.push(path);
            }
            continue;
        }
        let Some(id) = ContentId::parse(&content) else {
            continue; // no program writes that
        };
        let state: Option<String> = row.get(6)?;
        at.insert(content, videos.len());
        videos.push(LibraryVideo {
            content: id,
            path,
            copies: Vec::new(),
            is_missing,
            n_bytes: row.get(3)?,
            duration_secs: row.get(4)?,
            date_secs: row.get(5)?,
            state: State::named(
                state.as_deref().unwrap_or_default(),
                row.get::<_, Option<_>>(8)?.unwrap_or_default(),
            ),
            n_clips: row.get::<_, Option<_>>(7)?.unwrap_or_default(),
        });
    }
    videos.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(videos)
}
