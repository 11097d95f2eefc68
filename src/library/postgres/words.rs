//! What is said in the videos of a shared library.

use std::path::PathBuf;

use super::catalogue::{SharedCatalogue, Told, path_value};
use super::client::{Row, Value};
use crate::domain::Caption;
use crate::library::catalogue::{ModelRow, Unread};
use crate::library::path_bytes::path_of;
use crate::library::spoken_query::{SpokenQuery, folded, words_of};
use crate::store::ContentId;

/// More captions than anyone looks at.
const MAX_CAPTIONS: usize = 10_000;

impl SharedCatalogue {
    /// # Errors
    /// What the server complains of; so with all below.
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
                    Value::of(words_of(&folded(&it.text)).collect::<Vec<_>>().join(" ")),
                ]
            });
            let sql =
                "INSERT INTO caption (video, start_secs, end_secs, text, words) VALUES ($1, $2, $3, $4, $5)";
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
            conditions.push("to_tsvector('simple', words) @@ to_tsquery('simple', $1)".to_owned());
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
