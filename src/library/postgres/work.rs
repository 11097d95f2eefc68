//! How far indexing is, and which machine is at which video.

use std::collections::HashMap;
use std::path::PathBuf;

use super::catalogue::{SharedCatalogue, Told, record};
use super::client::{Client, Row, Value};
use super::error::PostgresError;
use crate::library::catalogue::{Claim, LibraryVideo, ModelRow, Outcome, SeenFile, State};
use crate::library::path_bytes::path_of;
use crate::store::ContentId;

/// A machine that has not been heard of for so long is taken for dead.
const PATIENCE_SECS: u32 = 60;

fn array(ids: impl IntoIterator<Item = i64>) -> Value {
    let ids: Vec<_> = ids.into_iter().map(|id| id.to_string()).collect();
    Value::Text(format!("{{{}}}", ids.join(",")))
}

impl SharedCatalogue {
    /// # Errors
    /// What the server complains of; so with all below.
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
