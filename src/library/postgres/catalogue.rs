//! The catalogue of a library that several machines share: places, files and the videos that they hold.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::address::Address;
use super::client::{Client, Row, Value};
use super::dialect::Dialect;
use super::error::PostgresError;
use crate::library::catalogue::{KnownFile, Place, SeenFile};
use crate::library::error::LibraryError;
use crate::library::folder::Problem;
use crate::library::path_bytes::{bytes_of, path_of};
use crate::store::ContentId;

pub(super) type Told<T> = Result<T, LibraryError>;

/// An open catalogue.
pub struct SharedCatalogue {
    address: Address,
    client: Arc<Mutex<Client>>,
    dialect: Dialect,
}

pub(super) fn path_value(path: &Path) -> Value {
    Value::Bytes(bytes_of(path))
}

impl SharedCatalogue {
    /// # Errors
    /// When the server cannot be reached, lets us not in, or has no vectors.
    pub fn open(address: Address) -> Told<Self> {
        let opened = Client::connect(&address).and_then(|mut client| {
            let dialect = Dialect::prepare(&mut client)?;
            Ok((client, dialect))
        });
        match opened {
            Ok((client, dialect)) => Ok(Self {
                address,
                client: Arc::new(Mutex::new(client)),
                dialect,
            }),
            Err(cause) => Err(LibraryError::Server {
                address: Box::new(address),
                cause,
            }),
        }
    }

    /// The connection and how it speaks of vectors, for whoever reads rows through it.
    pub fn connection(&self) -> (Arc<Mutex<Client>>, Dialect, Address) {
        (Arc::clone(&self.client), self.dialect, self.address.clone())
    }

    pub(super) fn told<T>(
        &self,
        work: impl FnOnce(&mut Client) -> Result<T, PostgresError>,
    ) -> Told<T> {
        work(&mut lock(&self.client)).map_err(|cause| LibraryError::Server {
            address: Box::new(self.address.clone()),
            cause,
        })
    }

    pub(super) fn write<T>(
        &self,
        work: impl FnMut(&mut Client) -> Result<T, PostgresError>,
    ) -> Told<T> {
        self.told(|client| client.transaction(work))
    }

    /// # Errors
    /// What the server complains of; so with all below.
    pub fn places(&self) -> Told<Vec<Place>> {
        let rows = self
            .told(|client| client.query("SELECT path, is_folder FROM place ORDER BY path", &[]))?;
        let place = |row: &Row| Place {
            path: path_of(row.bytes(0).to_vec()),
            is_folder: row.bool(1),
        };
        Ok(rows.iter().map(place).collect())
    }

    pub fn add_places(&self, places: &[Place]) -> Told<()> {
        let sql = "INSERT INTO place VALUES ($1, $2)
                   ON CONFLICT (path) DO UPDATE SET is_folder = excluded.is_folder";
        let values = |place: &Place| vec![path_value(&place.path), Value::of(place.is_folder)];
        self.write(|client| client.execute_many(sql, places.iter().map(values)))
    }

    pub fn files(&self) -> Told<HashMap<PathBuf, KnownFile>> {
        let sql = "SELECT path, size, modified_nanos, is_missing, subtitles
                   FROM file JOIN video ON video.id = file.video";
        let rows = self.told(|client| client.query(sql, &[]))?;
        let file = |row: &Row| {
            let known = KnownFile {
                n_bytes: row.int(1) as u64,
                modified_nanos: row.int(2),
                is_missing: row.bool(3),
                subtitles: row.text(4),
            };
            (path_of(row.bytes(0).to_vec()), known)
        };
        Ok(rows.iter().map(file).collect())
    }

    pub fn record(&self, files: &[SeenFile]) -> Told<()> {
        // In the same order everywhere, so that two machines do not wait for each other in a circle.
        let mut files: Vec<_> = files.iter().collect();
        files.sort_by(|a, b| a.content.as_str().cmp(b.content.as_str()));
        self.write(|client| files.iter().try_for_each(|file| record(client, file)))
    }

    pub fn mark(&self, missing: &[PathBuf], present: &[PathBuf]) -> Told<()> {
        let set = "UPDATE file SET is_missing = $2 WHERE path = $1 AND is_missing != $2";
        let values =
            |path: &PathBuf, is_missing: bool| vec![path_value(path), Value::of(is_missing)];
        self.write(|client| {
            client.execute_many(set, present.iter().map(|path| values(path, false)))?;
            client.execute_many(set, missing.iter().map(|path| values(path, true)))?;
            let sql = "DELETE FROM file WHERE is_missing AND EXISTS (
                           SELECT 1 FROM file AS other
                           WHERE other.video = file.video AND NOT other.is_missing)";
            client.execute(sql, &[]).map(drop)
        })
    }

    pub fn set_problems(&self, places: &[Place], problems: &[Problem]) -> Told<()> {
        let old = self.problems()?.into_iter();
        let is_of_these = |problem: &Problem| {
            places
                .iter()
                .any(|place| problem.path.starts_with(&place.path))
        };
        let old: Vec<_> = old.filter(is_of_these).collect();
        self.write(|client| {
            let gone = old.iter().map(|problem| vec![path_value(&problem.path)]);
            client.execute_many("DELETE FROM problem WHERE path = $1", gone)?;
            let sql = "INSERT INTO problem VALUES ($1, $2)
                       ON CONFLICT (path) DO UPDATE SET reason = excluded.reason";
            let new = problems
                .iter()
                .map(|it| vec![path_value(&it.path), Value::of(&it.reason)]);
            client.execute_many(sql, new)
        })
    }

    pub fn problems(&self) -> Told<Vec<Problem>> {
        let rows = self
            .told(|client| client.query("SELECT path, reason FROM problem ORDER BY path", &[]))?;
        let problem = |row: &Row| Problem {
            path: path_of(row.bytes(0).to_vec()),
            reason: row.text(1),
        };
        Ok(rows.iter().map(problem).collect())
    }

    /// Takes out places and the files that were found to belong to them alone.
    pub fn remove(&self, places: &[PathBuf], files: &[PathBuf], problems: &[PathBuf]) -> Told<()> {
        self.write(|client| {
            for (sql, paths) in [
                ("DELETE FROM place WHERE path = $1", places),
                ("DELETE FROM file WHERE path = $1", files),
                ("DELETE FROM problem WHERE path = $1", problems),
            ] {
                client.execute_many(sql, paths.iter().map(|path| vec![path_value(path)]))?;
            }
            let sql = "DELETE FROM video WHERE NOT EXISTS (SELECT 1 FROM file WHERE file.video = video.id)";
            client.execute(sql, &[]).map(drop)
        })
    }

    pub fn contents(&self) -> Told<Vec<ContentId>> {
        let rows = self.told(|client| client.query("SELECT content FROM video", &[]))?;
        Ok(rows
            .iter()
            .filter_map(|row| ContentId::parse(&row.text(0)))
            .collect())
    }
}

pub(super) fn lock(client: &Mutex<Client>) -> MutexGuard<'_, Client> {
    client.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn record(client: &mut Client, file: &SeenFile) -> Result<(), PostgresError> {
    let date_secs = file.modified_nanos.div_euclid(1_000_000_000);
    // Copying may give a file a new time: the oldest says best when the video was made.
    let sql = "INSERT INTO video (content, size, date_secs) VALUES ($1, $2, $3)
               ON CONFLICT (content) DO UPDATE SET date_secs = least(video.date_secs, excluded.date_secs)
               RETURNING id";
    let values = [
        Value::of(file.content.as_str()),
        Value::of(file.n_bytes),
        Value::of(date_secs),
    ];
    let video = client.query(sql, &values)?;
    let video = video
        .first()
        .map(|row| row.int(0))
        .ok_or(PostgresError::Nonsense)?;
    let path = path_value(&file.path);
    let before = client.query(
        "SELECT video FROM file WHERE path = $1",
        std::slice::from_ref(&path),
    )?;
    let sql = "INSERT INTO file (path, video, modified_nanos, is_named, subtitles) VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (path) DO UPDATE SET video = excluded.video, is_missing = FALSE,
                   modified_nanos = excluded.modified_nanos, is_named = excluded.is_named,
                   subtitles = excluded.subtitles";
    let values = [
        path,
        Value::of(video),
        Value::of(file.modified_nanos),
        Value::of(file.is_named),
        Value::of(&file.subtitles),
    ];
    client.execute(sql, &values)?;
    // The video that no file holds any more: the file of that name holds another one now.
    let sql =
        "DELETE FROM video WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM file WHERE video = $1)";
    match before.first() {
        Some(row) => client.execute(sql, &[Value::of(row.int(0))]).map(drop),
        None => Ok(()),
    }
}
