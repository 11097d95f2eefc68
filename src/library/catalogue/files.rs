//! Places, files and the videos that they hold.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _, params};

use super::Catalogue;
use crate::library::error::LibraryError;
use crate::library::folder::Problem;
use crate::library::path_bytes::{bytes_of, path_of};
use crate::store::ContentId;

/// What the user added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub path: PathBuf,
    /// With all below it.
    pub is_folder: bool,
}

/// What tells whether a file must be read again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownFile {
    pub n_bytes: u64,
    pub modified_nanos: i64,
    pub is_missing: bool,
    /// What lay beside it.
    pub subtitles: String,
}

/// A file as it was just found.
#[derive(Clone, Debug)]
pub struct SeenFile {
    pub path: PathBuf,
    pub content: ContentId,
    pub n_bytes: u64,
    pub modified_nanos: i64,
    /// Whether its name says that it is a video.
    pub is_named: bool,
    /// What lies beside it and says what is said.
    pub subtitles: String,
}

impl Catalogue {
    /// # Errors
    /// When the catalogue cannot be read; so with all below, or written where they write.
    pub fn places(&self) -> Result<Vec<Place>, LibraryError> {
        self.told(
            self.connection
                .prepare("SELECT path, is_folder FROM place")
                .and_then(|mut statement| {
                    let rows = statement.query_map([], |row| {
                        Ok(Place {
                            path: path_of(row.get(0)?),
                            is_folder: row.get(1)?,
                        })
                    })?;
                    rows.collect()
                }),
        )
    }

    pub fn add_places(&mut self, places: &[Place]) -> Result<(), LibraryError> {
        self.write(|connection| {
            for place in places {
                connection.execute(
                    "INSERT OR REPLACE INTO place VALUES (?, ?)",
                    params![bytes_of(&place.path), place.is_folder],
                )?;
            }
            Ok(())
        })
    }

    /// Every file that was ever found, by its path.
    pub fn files(&self) -> Result<HashMap<PathBuf, KnownFile>, LibraryError> {
        let sql = "SELECT path, size, modified_nanos, is_missing, subtitles
                   FROM file JOIN video ON video.id = file.video";
        self.told(self.connection.prepare(sql).and_then(|mut statement| {
            let rows = statement.query_map([], |row| {
                let known = KnownFile {
                    n_bytes: row.get(1)?,
                    modified_nanos: row.get(2)?,
                    is_missing: row.get(3)?,
                    subtitles: row.get(4)?,
                };
                Ok((path_of(row.get(0)?), known))
            })?;
            rows.collect()
        }))
    }

    /// Takes in what was found: a file that is new, was changed, or is there again.
    pub fn record(&mut self, files: &[SeenFile]) -> Result<(), LibraryError> {
        self.write(|connection| {
            for file in files {
                record(connection, file)?;
            }
            Ok(())
        })
    }

    /// Files that are not there any more are forgotten where the same video is there under another
    /// name, as after a move, and else marked. Those of `present` are there again.
    pub fn mark(&mut self, missing: &[PathBuf], present: &[PathBuf]) -> Result<(), LibraryError> {
        self.write(|connection| {
            let mut set = connection.prepare("UPDATE file SET is_missing = ?2 WHERE path = ?1")?;
            for path in present {
                set.execute(params![bytes_of(path), false])?;
            }
            for path in missing {
                set.execute(params![bytes_of(path), true])?;
            }
            connection.execute(
                "DELETE FROM file WHERE is_missing AND EXISTS (
                     SELECT 1 FROM file AS other
                     WHERE other.video = file.video AND NOT other.is_missing)",
                [],
            )?;
            Ok(())
        })
    }

    /// Replaces what was told of everything below `places`.
    pub fn set_problems(
        &mut self,
        places: &[Place],
        problems: &[Problem],
    ) -> Result<(), LibraryError> {
        let old = self.problems()?;
        self.write(|connection| {
            for problem in old {
                if places
                    .iter()
                    .any(|place| problem.path.starts_with(&place.path))
                {
                    connection.execute(
                        "DELETE FROM problem WHERE path = ?",
                        [bytes_of(&problem.path)],
                    )?;
                }
            }
            for problem in problems {
                connection.execute(
                    "INSERT OR REPLACE INTO problem VALUES (?, ?)",
                    params![bytes_of(&problem.path), problem.reason],
                )?;
            }
            Ok(())
        })
    }

    /// What could not be entered or read, in order of the paths.
    pub fn problems(&self) -> Result<Vec<Problem>, LibraryError> {
        self.told(
            self.connection
                .prepare("SELECT path, reason FROM problem")
                .and_then(|mut statement| {
                    let rows = statement.query_map([], |row| {
                        Ok(Problem {
                            path: path_of(row.get(0)?),
                            reason: row.get(1)?,
                        })
                    })?;
                    rows.collect()
                }),
        )
    }

    /// Takes out places and files; what lies below a place that stays is kept with it.
    pub fn remove(&mut self, paths: &[PathBuf]) -> Result<(), LibraryError> {
        let kept: Vec<_> = self.places()?.into_iter().map(|place| place.path).collect();
        let stays = |path: &Path| {
            let mut kept = kept.iter().filter(|place| !paths.contains(place));
            kept.any(|place| path.starts_with(place))
        };
        let goes = |path: &Path| paths.iter().any(|gone| path.starts_with(gone));
        let named = |path: &Path| paths.iter().any(|gone| gone == path);
        let files = self.files()?.into_iter();
        let files: Vec<_> = files
            .filter(|(path, known)| goes(path) && (!stays(path) || known.is_missing && named(path)))
            .map(|(path, _)| path)
            .collect();
        let problems = self.problems()?;
        self.write(|connection| {
            for path in paths {
                connection.execute("DELETE FROM place WHERE path = ?", [bytes_of(path)])?;
            }
            for path in files {
                connection.execute("DELETE FROM file WHERE path = ?", [bytes_of(&path)])?;
            }
            for problem in problems {
                if goes(&problem.path) && !stays(&problem.path) {
                    let path = bytes_of(&problem.path);
                    connection.execute("DELETE FROM problem WHERE path = ?", [path])?;
                }
            }
            forget_empty(connection)
        })
    }

    /// Every content of the library.
    pub fn contents(&self) -> Result<Vec<ContentId>, LibraryError> {
        self.told(
            self.connection
                .prepare("SELECT content FROM video")
                .and_then(|mut statement| {
                    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
                    let ids = rows
                        .filter_map(|text| text.map(|text| ContentId::parse(&text)).transpose());
                    ids.collect()
                }),
        )
    }
}

pub(super) fn record(connection: &Connection, file: &SeenFile) -> rusqlite::Result<()> {
    let date_secs = file.modified_nanos.div_euclid(1_000_000_000);
    // Copying may give a file a new time: the oldest says best when the video was made.
    let video: i64 = connection.query_row(
        "INSERT INTO video (content, size, date_secs) VALUES (?1, ?2, ?3)
         ON CONFLICT (content) DO UPDATE SET date_secs = min(date_secs, excluded.date_secs)
         RETURNING id",
        params![file.content.as_str(), file.n_bytes, date_secs],
        |row| row.get(0),
    )?;
    let path = bytes_of(&file.path);
    let before: Option<i64> = connection
        .query_row("SELECT video FROM file WHERE path = ?", [&path], |row| {
            row.get(0)
        })
        .optional()?;
    connection.execute(
        "INSERT OR REPLACE INTO file (path, video, modified_nanos, is_named, subtitles)
         VALUES (?, ?, ?, ?, ?)",
        params![
            path,
            video,
            file.modified_nanos,
            file.is_named,
            file.subtitles
        ],
    )?;
    // The video that no file holds any more: the file of that name holds another one now.
    connection.execute(
        "DELETE FROM video WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM file WHERE video = ?1)",
        [before],
    )?;
    Ok(())
}

/// Videos that no file holds any more.
fn forget_empty(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute(
        "DELETE FROM video WHERE NOT EXISTS (SELECT 1 FROM file WHERE file.video = video.id)",
        [],
    )?;
    Ok(())
}
