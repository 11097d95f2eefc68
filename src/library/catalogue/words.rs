//! What is said in the videos: their subtitles, and finding words in them.

use std::path::PathBuf;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, params, params_from_iter};

use super::{Catalogue, ModelRow};
use crate::domain::Caption;
use crate::library::error::LibraryError;
use crate::library::path_bytes::{bytes_of, path_of};
use crate::library::spoken_query::SpokenQuery;
use crate::store::ContentId;

/// More captions than anyone looks at.
const MAX_CAPTIONS: usize = 10_000;

/// Subtitles with an index of their words, and one of all three letters in a row for scripts that put
/// no spaces between words.
pub(super) const TABLES: &str = "
    CREATE TABLE caption (
        id INTEGER PRIMARY KEY,
        video INTEGER NOT NULL REFERENCES video(id) ON DELETE CASCADE,
        start_secs REAL NOT NULL,
        end_secs REAL NOT NULL,
        text TEXT NOT NULL
    );
    CREATE INDEX caption_of_video ON caption(video);
    CREATE VIRTUAL TABLE caption_words USING fts5(
        text, content='caption', content_rowid='id', tokenize='unicode61 remove_diacritics 2', prefix='2 3');
    CREATE VIRTUAL TABLE caption_parts USING fts5(
        text, content='caption', content_rowid='id', tokenize='trigram');
    CREATE TRIGGER caption_came AFTER INSERT ON caption BEGIN
        INSERT INTO caption_words (rowid, text) VALUES (new.id, new.text);
        INSERT INTO caption_parts (rowid, text) VALUES (new.id, new.text);
    END;
    CREATE TRIGGER caption_went AFTER DELETE ON caption BEGIN
        INSERT INTO caption_words (caption_words, rowid, text) VALUES ('delete', old.id, old.text);
        INSERT INTO caption_parts (caption_parts, rowid, text) VALUES ('delete', old.id, old.text);
    END;
";

/// A video whose subtitles were not read yet, or are others now.
#[derive(Clone, Debug)]
pub struct Unread {
    pub content: ContentId,
    pub path: PathBuf,
    /// What lies beside the file, as the scan has named it.
    pub beside: String,
}

impl Catalogue {
    /// The next indexed video whose subtitles have to be read.
    ///
    /// # Errors
    /// When the catalogue cannot be read; so with all below, or written where they write.
    pub fn next_unread(&self, model: ModelRow) -> Result<Option<Unread>, LibraryError> {
        let sql = "SELECT content, path, subtitles
                   FROM file JOIN video ON video.id = file.video
                   WHERE path = (SELECT min(path) FROM file AS other
                                 WHERE other.video = file.video AND NOT other.is_missing)
                   AND EXISTS (SELECT 1 FROM indexing WHERE indexing.video = file.video
                               AND indexing.model = ? AND state = 'done')
                   AND NOT EXISTS (SELECT 1 FROM words WHERE words.video = file.video
                                   AND words.beside = file.subtitles)
                   ORDER BY path LIMIT 1";
        let next = self.connection.query_row(sql, [model.0], |row| {
            let content: String = row.get(0)?;
            Ok(Unread {
                content: ContentId::parse(&content).ok_or(rusqlite::Error::InvalidQuery)?,
                path: path_of(row.get(1)?),
                beside: row.get(2)?,
            })
        });
        self.told(next.optional())
    }

    /// Replaces what is known to be said in a video.
    pub fn set_captions(
        &mut self,
        unread: &Unread,
        captions: &[Caption],
    ) -> Result<(), LibraryError> {
        self.write(|connection| {
            let content = unread.content.as_str();
            let find = "SELECT id FROM video WHERE content = ?";
            let video = connection.query_row(find, [content], |row| row.get(0));
            // It may have been removed from the library in the meantime.
            let Some(video) = video.optional()? else {
                return Ok(());
            };
            connection.execute("DELETE FROM caption WHERE video = ?", [video])?;
            insert(connection, video, captions)?;
            connection.execute(
                "INSERT OR REPLACE INTO words (video, beside) VALUES (?, ?)",
                params![video, unread.beside],
            )?;
            Ok(())
        })
    }

    /// Notes what lies beside files now.
    pub fn set_subtitles(&mut self, files: &[(PathBuf, String)]) -> Result<(), LibraryError> {
        self.write(|connection| {
            let mut set = connection.prepare("UPDATE file SET subtitles = ?2 WHERE path = ?1")?;
            for (path, beside) in files {
                set.execute(params![bytes_of(path), beside])?;
            }
            Ok(())
        })
    }

    /// Every caption in which all of the query is said, the best matches first.
    pub fn said(&self, query: &SpokenQuery) -> Result<Vec<(ContentId, Caption)>, LibraryError> {
        let found = said(&self.connection, query);
        let found = found.map(|rows| {
            let known = rows.into_iter();
            known.filter_map(|(content, caption)| Some((ContentId::parse(&content)?, caption)))
        });
        Ok(self.told(found)?.collect())
    }
}

fn insert(connection: &Connection, video: i64, captions: &[Caption]) -> rusqlite::Result<()> {
    let sql = "INSERT INTO caption (video, start_secs, end_secs, text) VALUES (?, ?, ?, ?)";
    let mut insert = connection.prepare(sql)?;
    for caption in captions {
        insert.execute(params![
            video,
            caption.start_secs,
            caption.end_secs,
            caption.text
        ])?;
    }
    Ok(())
}

fn said(connection: &Connection, query: &SpokenQuery) -> rusqlite::Result<Vec<(String, Caption)>> {
    let mut conditions = Vec::new();
    let mut values: Vec<Value> = Vec::new();
    let mut from = "caption".to_owned();
    let mut order = "caption.video, start_secs";
    if let Some((table, expression)) = query.full_text() {
        from = format!("{table} JOIN caption ON caption.id = {table}.rowid");
        conditions.push(format!("{table} MATCH ?"));
        values.push(expression.into());
        order = "rank";
    }
    for part in query.short_parts() {
        // Of fewer than three letters there is no index.
        conditions.push("caption.text LIKE ? ESCAPE '\\'".to_owned());
        let part = part
            .replace('\\', "\\\\")
            .replace('%', "\\%")
            .replace('_', "\\_");
        values.push(format!("%{part}%").into());
    }
    if conditions.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT content, start_secs, end_secs, caption.text
         FROM {from} JOIN video ON video.id = caption.video
         WHERE {} ORDER BY {order} LIMIT {MAX_CAPTIONS}",
        conditions.join(" AND ")
    );
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map(params_from_iter(values), |row| {
        let caption = Caption {
            start_secs: row.get(1)?,
            end_secs: row.get(2)?,
            text: row.get(3)?,
        };
        Ok((row.get(0)?, caption))
    })?;
    rows.collect()
}

/// The captions of one video in which the query is said, by the same index as in a library.
///
/// # Errors
/// When SQLite has no memory.
pub fn said_in(captions: &[Caption], query: &SpokenQuery) -> rusqlite::Result<Vec<Caption>> {
    let connection = Connection::open_in_memory()?;
    connection.execute_batch("CREATE TABLE video (id INTEGER PRIMARY KEY, content TEXT);")?;
    connection.execute_batch(TABLES)?;
    connection.execute("INSERT INTO video VALUES (1, '')", [])?;
    connection.execute_batch("BEGIN")?;
    insert(&connection, 1, captions)?;
    connection.execute_batch("COMMIT")?;
    let found = said(&connection, query)?;
    Ok(found.into_iter().map(|(_, caption)| caption).collect())
}
