//! The catalogue of a library that several machines share.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::address::Address;
use super::client::{Client, Row, Value};
use super::dialect::Dialect;
use super::error::PostgresError;
use crate::domain::Caption;
use crate::library::catalogue::{
    Claim, KnownFile, LibraryVideo, ModelRow, Outcome, Place, SeenFile, State, Unread,
};
use crate::library::error::LibraryError;
use crate::library::folder::Problem;
use crate::library::path_bytes::{bytes_of, path_of};
use crate::library::spoken_query::SpokenQuery;
use crate::store::ContentId;

/// A machine that has not been heard of for so long is taken for dead.
const PATIENCE_SECS: u32 = 60;

/// More captions than anyone looks at.
const MAX_CAPTIONS: usize = 10_000;

type Told<T> = Result<T, LibraryError>;

/// An open catalogue.
pub struct SharedCatalogue {
    address: Address,
    client: Arc<Mutex<Client>>,
    dialect: Dialect,
}

fn path_value(path: &Path) -> Value {
    Value::Bytes(bytes_of(path))
}

fn array(ids: impl IntoIterator<Item = i64>) -> Value {
    let ids: Vec<_> = ids.into_iter().map(|id| id.to_string()).collect();
    Value::Text(format!("{{{}}}", ids.join(",")))
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
            Err(cause) => Err(LibraryError::Server { address, cause }),
        }
    }

    /// The connection and how it speaks of vectors, for whoever reads rows through it.
    pub fn connection(&self) -> (Arc<Mutex<Client>>, Dialect, Address) {
        (Arc::clone(&self.client), self.dialect, self.address.clone())
    }

    fn told<T>(&self, work: impl FnOnce(&mut Client) -> Result<T, PostgresError>) -> Told<T> {
        work(&mut lock(&self.client)).map_err(|cause| LibraryError::Server {
            address: self.address.clone(),
            cause,
        })
    }

    fn write<T>(&self, work: impl FnMut(&mut Client) -> Result<T, PostgresError>) -> Told<T> {
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

    pub fn model(&self, hash: &str, sampling: &str, name: &str) -> Told<ModelRow> {
        let find = "SELECT id FROM model WHERE hash = $1 AND sampling = $2";
        let key = [Value::of(hash), Value::of(sampling)];
        self.told(|client| {
            if let Some(row) = client.query(find, &key)?.first() {
                return Ok(ModelRow(row.int(0)));
            }
            let sql = "INSERT INTO model (hash, sampling, name) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
            client.execute(sql, &[Value::of(hash), Value::of(sampling), Value::of(name)])?;
            let rows = client.query(find, &key)?;
            rows.first().map(|row| ModelRow(row.int(0))).ok_or(PostgresError::Nonsense)
        })
    }

    /// Says that a worker is alive.
    pub fn beat(&self, worker: &str) -> Told<()> {
        let sql =
            "INSERT INTO worker VALUES ($1, now()) ON CONFLICT (name) DO UPDATE SET seen = now()";
        self.told(|client| client.execute(sql, &[Value::of(worker)]))
            .map(drop)
    }

    /// Takes the next video that waits, which no other machine takes at the same time. `is_dead` tells
    /// of workers of this machine that it knows better.
    pub fn claim(
        &self,
        model: ModelRow,
        worker: &str,
        is_dead: impl Fn(&str) -> bool,
    ) -> Told<Option<Claim>> {
        self.beat(worker)?;
        let workers = self.told(|client| {
            client.query(
                "SELECT DISTINCT worker FROM indexing WHERE state = 'working'",
                &[],
            )
        })?;
        let dead = workers.iter().map(|row| row.text(0));
        let dead: Vec<_> = dead
            .filter(|name| name != worker && is_dead(name))
            .collect();
        self.write(|client| {
            let gone = dead.iter().map(|name| vec![Value::of(name)]);
            client.execute_many("DELETE FROM indexing WHERE state = 'working' AND worker = $1", gone)?;
            let sql = format!(
                "DELETE FROM indexing WHERE state = 'working' AND worker NOT IN
                     (SELECT name FROM worker WHERE seen > now() - INTERVAL '{PATIENCE_SECS} seconds')"
            );
            client.execute(&sql, &[])?;
            client.execute("DELETE FROM worker WHERE seen < now() - INTERVAL '1 day'", &[]).map(drop)
        })?;
        let next = "SELECT video.id, content, path, is_named
                    FROM file JOIN video ON video.id = file.video
                    WHERE NOT is_missing AND NOT EXISTS (
                        SELECT 1 FROM indexing
                        WHERE indexing.video = file.video AND indexing.model = $1)
                    ORDER BY path LIMIT 1 FOR UPDATE OF video SKIP LOCKED";
        let take =
            "INSERT INTO indexing (video, model, state, worker) VALUES ($1, $2, 'working', $3)
                    ON CONFLICT DO NOTHING";
        loop {
            // `None`: nothing waits. `Some(None)`: another one was quicker.
            let claim = self.write(|client| {
                let rows = client.query(next, &[Value::of(model.0)])?;
                let Some(row) = rows.first() else {
                    return Ok(None);
                };
                let values = [Value::of(row.int(0)), Value::of(model.0), Value::of(worker)];
                if client.execute(take, &values)? == 0 {
                    return Ok(Some(None));
                }
                Ok(Some(Some(Claim {
                    video: row.int(0),
                    content: ContentId::parse(&row.text(1)).ok_or(PostgresError::Nonsense)?,
                    path: path_of(row.bytes(2).to_vec()),
                    is_named: row.bool(3),
                })))
            })?;
            match claim {
                None => return Ok(None),
                Some(Some(claim)) => return Ok(Some(claim)),
                Some(None) => {}
            }
        }
    }

    pub fn finish(
        &self,
        model: ModelRow,
        claim: &Claim,
        seen: Option<&SeenFile>,
        outcome: &Outcome,
    ) -> Told<()> {
        self.write(|client| {
            set_state(client, model, claim.video, &Outcome::GivenBack)?;
            if let Some(file) = seen {
                record(client, file)?;
            }
            let content = seen.map_or(&claim.content, |file| &file.content);
            let video = client.query(
                "SELECT id FROM video WHERE content = $1",
                &[Value::of(content.as_str())],
            )?;
            // It may have been removed from the library in the meantime.
            match video.first() {
                Some(row) => set_state(client, model, row.int(0), outcome),
                None => Ok(()),
            }
        })
    }

    pub fn set_waiting(&self, model: ModelRow, videos: &[ContentId]) -> Told<()> {
        let sql = "DELETE FROM indexing WHERE model = $1 AND state = 'done'
                   AND video = (SELECT id FROM video WHERE content = $2)";
        let values = |content: &ContentId| vec![Value::of(model.0), Value::of(content.as_str())];
        self.write(|client| client.execute_many(sql, videos.iter().map(values)))
    }

    pub fn retry(&self, paths: &[PathBuf]) -> Told<()> {
        let sql = "SELECT DISTINCT indexing.video, path FROM file
                   JOIN indexing ON indexing.video = file.video WHERE state = 'failed'";
        let failed = self.told(|client| client.query(sql, &[]))?;
        let is_below = |row: &&Row| {
            let path = path_of(row.bytes(1).to_vec());
            paths.iter().any(|above| path.starts_with(above))
        };
        let failed = array(failed.iter().filter(is_below).map(|row| row.int(0)));
        let sql = "DELETE FROM indexing WHERE video = ANY($1::BIGINT[]) AND state = 'failed'";
        self.told(|client| client.execute(sql, &[failed])).map(drop)
    }

    pub fn videos(&self, model: ModelRow) -> Told<Vec<LibraryVideo>> {
        let sql = "SELECT content, path, is_missing, size, duration_secs, date_secs, state, n_clips, error
                   FROM file JOIN video ON video.id = file.video
                   LEFT JOIN indexing ON indexing.video = video.id AND indexing.model = $1
                   ORDER BY is_missing, path";
        let rows = self.told(|client| client.query(sql, &[Value::of(model.0)]))?;
        let mut videos: Vec<LibraryVideo> = Vec::new();
        let mut at: HashMap<String, usize> = HashMap::new();
        for row in &rows {
            let (content, path, is_missing) =
                (row.text(0), path_of(row.bytes(1).to_vec()), row.bool(2));
            if let Some(&known) = at.get(&content) {
                if !is_missing {
                    videos[known].copies.push(path);
                }
                continue;
            }
            let Some(id) = ContentId::parse(&content) else {
                continue; // no program writes that
            };
            at.insert(content, videos.len());
            videos.push(LibraryVideo {
                content: id,
                path,
                copies: Vec::new(),
                is_missing,
                n_bytes: row.int(3) as u64,
                duration_secs: (!row.is_null(4)).then(|| row.float(4)),
                date_secs: row.int(5),
                state: State::named(&row.text(6), row.text(8)),
                n_clips: row.int(7) as usize,
            });
        }
        videos.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(videos)
    }

    pub fn next_unread(&self, model: ModelRow) -> Told<Option<Unread>> {
        let sql = "SELECT content, path, subtitles
                   FROM file JOIN video ON video.id = file.video
                   WHERE path = (SELECT path FROM file AS other
                                 WHERE other.video = file.video AND NOT other.is_missing
                                 ORDER BY path LIMIT 1)
                   AND EXISTS (SELECT 1 FROM indexing WHERE indexing.video = file.video
                               AND indexing.model = $1 AND state = 'done')
                   AND NOT EXISTS (SELECT 1 FROM words WHERE words.video = file.video
                                   AND words.beside = file.subtitles)
                   ORDER BY path LIMIT 1";
        let rows = self.told(|client| client.query(sql, &[Value::of(model.0)]))?;
        Ok(rows.first().and_then(|row| {
            Some(Unread {
                content: ContentId::parse(&row.text(0))?,
                path: path_of(row.bytes(1).to_vec()),
                beside: row.text(2),
            })
        }))
    }

    pub fn set_captions(&self, unread: &Unread, captions: &[Caption]) -> Told<()> {
        self.write(|client| {
            let content = Value::of(unread.content.as_str());
            let rows = client.query("SELECT id FROM video WHERE content = $1", &[content])?;
            let Some(video) = rows.first().map(|row| row.int(0)) else {
                return Ok(());
            };
            client.execute("DELETE FROM caption WHERE video = $1", &[Value::of(video)])?;
            let values = captions.iter().map(|it| {
                vec![
                    Value::of(video),
                    Value::of(it.start_secs),
                    Value::of(it.end_secs),
                    Value::of(&it.text),
                ]
            });
            let sql =
                "INSERT INTO caption (video, start_secs, end_secs, text) VALUES ($1, $2, $3, $4)";
            client.execute_many(sql, values)?;
            let sql = "INSERT INTO words VALUES ($1, $2)
                       ON CONFLICT (video) DO UPDATE SET beside = excluded.beside";
            client
                .execute(sql, &[Value::of(video), Value::of(&unread.beside)])
                .map(drop)
        })
    }

    pub fn set_subtitles(&self, files: &[(PathBuf, String)]) -> Told<()> {
        let values = |(path, beside): &(PathBuf, String)| vec![path_value(path), Value::of(beside)];
        let sql = "UPDATE file SET subtitles = $2 WHERE path = $1";
        self.write(|client| client.execute_many(sql, files.iter().map(values)))
    }

    pub fn said(&self, query: &SpokenQuery) -> Told<Vec<(ContentId, Caption)>> {
        let (begun, parts) = query.words_and_parts();
        let mut conditions = Vec::new();
        let mut values = Vec::new();
        if !begun.is_empty() {
            let words: Vec<_> = begun.iter().map(|word| format!("'{word}':*")).collect();
            values.push(Value::Text(words.join(" & ")));
            conditions.push("to_tsvector('simple', text) @@ to_tsquery('simple', $1)".to_owned());
        }
        for part in parts {
            let part = part
                .replace('\\', "\\\\")
                .replace('%', "\\%")
                .replace('_', "\\_");
            values.push(Value::Text(format!("%{part}%")));
            conditions.push(format!("text ILIKE ${}", values.len()));
        }
        if conditions.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT content, start_secs, end_secs, text FROM caption JOIN video ON video.id = caption.video
             WHERE {} ORDER BY content, start_secs LIMIT {MAX_CAPTIONS}",
            conditions.join(" AND ")
        );
        let rows = self.told(|client| client.query(&sql, &values))?;
        let caption = |row: &Row| {
            let caption = Caption {
                start_secs: row.float(1),
                end_secs: row.float(2),
                text: row.text(3),
            };
            Some((ContentId::parse(&row.text(0))?, caption))
        };
        Ok(rows.iter().filter_map(caption).collect())
    }
}

pub(super) fn lock(client: &Mutex<Client>) -> MutexGuard<'_, Client> {
    client.lock().unwrap_or_else(PoisonError::into_inner)
}

fn record(client: &mut Client, file: &SeenFile) -> Result<(), PostgresError> {
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

fn set_state(
    client: &mut Client,
    model: ModelRow,
    video: i64,
    outcome: &Outcome,
) -> Result<(), PostgresError> {
    let key = [Value::of(video), Value::of(model.0)];
    let sql = "DELETE FROM indexing WHERE video = $1 AND model = $2 AND state = 'working'";
    client.execute(sql, &key)?;
    let (state, n_clips, error) = match outcome {
        Outcome::GivenBack => return Ok(()),
        Outcome::Indexed {
            n_clips,
            duration_secs,
        } => {
            let sql = "UPDATE video SET duration_secs = $1 WHERE id = $2";
            client.execute(sql, &[Value::of(duration_secs), Value::of(video)])?;
            ("done", *n_clips, None)
        }
        Outcome::Failed(reason) => ("failed", 0, Some(reason.as_str())),
        Outcome::NoVideo => ("none", 0, None),
    };
    let sql =
        "INSERT INTO indexing (video, model, state, n_clips, error) VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (video, model) DO UPDATE SET state = excluded.state,
                   n_clips = excluded.n_clips, error = excluded.error, worker = NULL";
    let [video, model] = key;
    let values = [
        video,
        model,
        Value::of(state),
        Value::of(n_clips),
        Value::text_or_null(error),
    ];
    client.execute(sql, &values).map(drop)
}
