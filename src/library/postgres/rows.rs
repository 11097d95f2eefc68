//! The embeddings of a library that several machines share: one row for each clip in the database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::address::Address;
use super::catalogue::{SharedCatalogue, lock};
use super::client::{Client, Value};
use super::dialect::Dialect;
use super::error::PostgresError;
use crate::find::NeutralLevel;
use crate::library::catalogue::ModelRow;
use crate::library::error::LibraryError;
use crate::library::matrix::{CENTRE, N_NEUTRAL, NewRows, Span};
use crate::store::ContentId;

/// So few clips are looked at one by one, which is exact, rather than through the index.
const EXACT_CLIPS: usize = 50_000;

/// So many of the nearest clips are asked for: the best videos are among them many times over.
const NEAREST_CLIPS: usize = 4000;

/// As clips of a matrix, without their numbers.
pub struct SharedRows {
    client: Arc<Mutex<Client>>,
    address: Address,
    dialect: Dialect,
    model: ModelRow,
    dim: usize,
    spans: Vec<Span>,
    /// The number of each span's video in the database.
    videos: Vec<i64>,
    /// Rows and times of videos that were looked at closely.
    fetched: Mutex<HashMap<usize, Arc<RowsOfVideo>>>,
}

/// Rows of f16 bits, and when their frames are shown.
type RowsOfVideo = (Vec<u16>, Vec<u16>);

impl SharedRows {
    /// All videos that are indexed with a model.
    ///
    /// # Errors
    /// What the server complains of; so with all below.
    pub fn open(
        catalogue: &SharedCatalogue,
        model: ModelRow,
        dim: usize,
    ) -> Result<Self, LibraryError> {
        let (client, dialect, address) = catalogue.connection();
        let mut rows = Self {
            client,
            address,
            dialect,
            model,
            dim,
            spans: Vec::new(),
            videos: Vec::new(),
            fetched: Mutex::default(),
        };
        let sql = "SELECT content, span.video, span.n_clips, end_secs, level, peaks
                   FROM span JOIN video ON video.id = span.video
                   JOIN indexing ON indexing.video = span.video AND indexing.model = span.model
                   WHERE span.model = $1 AND state = 'done' ORDER BY span.video";
        let found = rows.told(|client| client.query(sql, &[Value::of(model.0)]))?;
        for row in &found {
            let level: Vec<f32> = bytemuck::pod_collect_to_vec(row.bytes(4));
            let peaks: Vec<f32> = bytemuck::pod_collect_to_vec(row.bytes(5));
            let known = (
                ContentId::parse(&row.text(0)),
                level.try_into(),
                peaks.try_into(),
            );
            let (Some(content), Ok::<[f32; 3], _>(level), Ok::<[f32; N_NEUTRAL], _>(peaks)) = known
            else {
                continue; // no program writes that
            };
            rows.videos.push(row.int(1));
            rows.spans.push(Span {
                content,
                first_row: 0,
                n_rows: row.int(2) as u32,
                end_secs: row.float(3),
                level: NeutralLevel::of_numbers(level),
                peaks,
                hash: [0; 16],
            });
        }
        Ok(rows)
    }

    /// Takes a video in, in place of what is known of it.
    pub fn add(
        catalogue: &SharedCatalogue,
        model: ModelRow,
        dim: usize,
        new: &NewRows<'_>,
    ) -> Result<(), LibraryError> {
        let (client, dialect, address) = catalogue.connection();
        let clips = || {
            let rows = new
                .rows
                .chunks_exact(dim.max(1))
                .zip(new.offsets)
                .enumerate();
            rows.map(|(clip, (row, shown))| (clip, dialect.encode(row), *shown))
        };
        let numbers = |values: &[f32]| Value::Bytes(bytemuck::cast_slice(values).to_vec());
        let mut client = lock(&client);
        let mut n_tries = 0;
        let made = loop {
            n_tries += 1;
            match client.batch(&dialect.clip_table(model.0, dim)) {
                // Another one made the same at the same time.
                Err(PostgresError::Server { code, .. })
                    if n_tries < 20
                        && matches!(code.as_str(), "23505" | "42P07" | "XX000" | "40P01") => {}
                made => break made,
            }
        };
        let added = made.and_then(|()| {
            client.transaction(|client| {
                let content = Value::of(new.content.as_str());
                let video = client.query(
                    "SELECT id FROM video WHERE content = $1 FOR UPDATE",
                    &[content],
                )?;
                // It may have been removed from the library in the meantime.
                let Some(video) = video.first().map(|row| row.int(0)) else {
                    return Ok(());
                };
                let key = [Value::of(video), Value::of(model.0)];
                client.execute(
                    &format!("DELETE FROM clip_{} WHERE video = $1", model.0),
                    &key[..1],
                )?;
                client.execute("DELETE FROM span WHERE video = $1 AND model = $2", &key)?;
                let sql = format!(
                    "INSERT INTO clip_{} (video, clip, shown_millis, v) VALUES ($1, $2, $3, $4)",
                    model.0
                );
                let values = clips().map(|(clip, vector, shown)| {
                    vec![
                        Value::of(video),
                        Value::of(clip),
                        Value::of(shown),
                        Value::Bytes(vector),
                    ]
                });
                client.execute_many(&sql, values)?;
                let [video, model] = key;
                let values = [
                    video,
                    model,
                    Value::of(new.offsets.len()),
                    Value::of(new.end_secs),
                    numbers(&new.level.numbers()),
                    numbers(&new.peaks),
                ];
                client
                    .execute("INSERT INTO span VALUES ($1, $2, $3, $4, $5, $6)", &values)
                    .map(drop)
            })
        });
        added.map_err(|cause| LibraryError::Server {
            address: Box::new(address),
            cause,
        })
    }

    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Of the videos that are searched those that come near a text, each with its best cosine: all of
    /// them where they are few, else those that the index finds.
    pub fn nearest(
        &self,
        videos: &[usize],
        text: &[f32],
    ) -> Result<Vec<(usize, f32)>, LibraryError> {
        let at: HashMap<i64, usize> = videos.iter().map(|&at| (self.videos[at], at)).collect();
        if at.is_empty() {
            return Ok(Vec::new());
        }
        let n_clips: usize = videos
            .iter()
            .map(|&at| self.spans[at].n_rows as usize)
            .sum();
        let ids: Vec<_> = at.keys().map(i64::to_string).collect();
        let ids = Value::Text(format!("{{{}}}", ids.join(",")));
        let text = Value::Bytes(self.dialect.encode_text(text));
        let (table, kind) = (format!("clip_{}", self.model.0), self.dialect.cast());
        let is_filtered = videos.len() < self.spans.len();
        let rows = self.told(|client| {
            if n_clips <= EXACT_CLIPS {
                let sql = format!(
                    "SELECT video, min(v <=> $1::{kind}) FROM {table}
                     WHERE video = ANY($2::BIGINT[]) GROUP BY video"
                );
                return client.query(&sql, &[text, ids]);
            }
            // By the distance alone: a second key would keep the index from being used.
            let (filter, values) = match is_filtered {
                true => ("WHERE video = ANY($2::BIGINT[])", vec![text, ids]),
                false => ("", vec![text]),
            };
            let sql = format!(
                "SELECT video, v <=> $1::{kind} FROM {table} {filter}
                 ORDER BY v <=> $1::{kind} LIMIT {NEAREST_CLIPS}"
            );
            client.query(&sql, &values)
        })?;
        let mut best: HashMap<usize, f32> = HashMap::new();
        for row in &rows {
            if let Some(&at) = at.get(&row.int(0)) {
                let cosine = 1.0 - row.float(1) as f32;
                let known = best.entry(at).or_insert(cosine);
                *known = known.max(cosine);
            }
        }
        Ok(best.into_iter().collect())
    }

    /// Rows of f16 bits `[n_rows, dim]` of a video, and when their frames are shown.
    pub fn rows(&self, video: usize) -> Result<Arc<RowsOfVideo>, LibraryError> {
        let known = |fetched: &Mutex<HashMap<usize, _>>| {
            let fetched = fetched.lock().unwrap_or_else(PoisonError::into_inner);
            fetched.get(&video).cloned()
        };
        if let Some(rows) = known(&self.fetched) {
            return Ok(rows);
        }
        let sql = format!(
            "SELECT v, shown_millis FROM clip_{} WHERE video = $1 ORDER BY clip",
            self.model.0
        );
        let found = self.told(|client| client.query(&sql, &[Value::of(self.videos[video])]))?;
        let mut rows = (Vec::new(), Vec::new());
        for row in &found {
            rows.0.extend(self.dialect.decode(row.bytes(0)));
            rows.1.push(u16::try_from(row.int(1)).unwrap_or(CENTRE));
        }
        let rows = Arc::new(rows);
        let mut fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        fetched.insert(video, Arc::clone(&rows));
        Ok(rows)
    }

    fn told<T>(
        &self,
        work: impl FnOnce(&mut Client) -> Result<T, PostgresError>,
    ) -> Result<T, LibraryError> {
        work(&mut lock(&self.client)).map_err(|cause| LibraryError::Server {
            address: Box::new(self.address.clone()),
            cause,
        })
    }
}
