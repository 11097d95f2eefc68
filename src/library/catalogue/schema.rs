//! The tables, and how a catalogue of an earlier version gets them.

use rusqlite::{Connection, TransactionBehavior};

use super::words;

/// Each brings a catalogue one version further; `user_version` counts them. Never change one that was
/// released: add another.
const MIGRATIONS: [&str; 4] = [
    "
    -- What the user added: a file, or a folder with all below it.
    CREATE TABLE place (
        path BLOB PRIMARY KEY,
        is_folder INTEGER NOT NULL
    ) WITHOUT ROWID;
    -- One content, under whatever names.
    CREATE TABLE video (
        id INTEGER PRIMARY KEY,
        content TEXT NOT NULL UNIQUE,
        size INTEGER NOT NULL,
        duration_secs REAL,
        -- When its oldest file was last changed, seconds since 1970.
        date_secs INTEGER NOT NULL
    );
    CREATE TABLE file (
        path BLOB PRIMARY KEY,
        video INTEGER NOT NULL REFERENCES video(id) ON DELETE CASCADE,
        modified_nanos INTEGER NOT NULL,
        is_named INTEGER NOT NULL,
        is_missing INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    CREATE INDEX file_of_video ON file(video);
    -- What could not be entered or read when it was looked for last.
    CREATE TABLE problem (
        path BLOB PRIMARY KEY,
        reason TEXT NOT NULL
    ) WITHOUT ROWID;
    -- A model with the rule that picks its frames.
    CREATE TABLE model (
        id INTEGER PRIMARY KEY,
        hash TEXT NOT NULL,
        sampling TEXT NOT NULL,
        name TEXT NOT NULL,
        UNIQUE (hash, sampling)
    );
    -- No row: it waits. State: working, done, failed, none (it is no video).
    CREATE TABLE indexing (
        video INTEGER NOT NULL REFERENCES video(id) ON DELETE CASCADE,
        model INTEGER NOT NULL REFERENCES model(id) ON DELETE CASCADE,
        state TEXT NOT NULL,
        n_clips INTEGER NOT NULL DEFAULT 0,
        error TEXT,
        worker TEXT,
        PRIMARY KEY (video, model)
    ) WITHOUT ROWID;
",
    // A library takes key frames now. Exact ones do as well, so what has them is not looked at again.
    "UPDATE model SET sampling = sampling || '-keys' WHERE sampling = '2';
     UPDATE model SET sampling = '2-keys-no-near-duplicates' WHERE sampling = '2-no-near-duplicates';",
    "-- What lies beside the file, as far as it tells what is said.
    ALTER TABLE file ADD COLUMN subtitles TEXT NOT NULL DEFAULT '';
    -- Which subtitles of a video were read: those in it, and those beside it at that time.
    CREATE TABLE words (
        video INTEGER PRIMARY KEY REFERENCES video(id) ON DELETE CASCADE,
        beside TEXT NOT NULL
    );",
    words::TABLES,
];

/// Brings the tables up to date. `false` where a newer program wrote them.
pub fn migrate(connection: &mut Connection) -> rusqlite::Result<bool> {
    let version = |connection: &Connection| {
        connection.pragma_query_value(None, "user_version", |row| row.get::<_, usize>(0))
    };
    let n = version(connection)?;
    if n >= MIGRATIONS.len() {
        return Ok(n == MIGRATIONS.len());
    }
    // Another process may have been quicker: only who holds the lock knows the version.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for migration in MIGRATIONS.iter().skip(version(&transaction)?) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", MIGRATIONS.len())?;
    transaction.commit()?;
    Ok(true)
}
