//! Results on stdout or in files.
//!
//! The result of a command goes to stdout. Where it goes to a file instead, stdout gets a line that
//! says so; with `-o -` stdout gets nothing but the result.

use std::io::{self, Write as _};
use std::path::Path;

use anyhow::Context as _;

use crate::domain::{Annotation, Query};
use crate::eval::Remark;
use crate::store::atomic;

/// Writes results; the only way to stdout.
///
/// # Errors
/// Such as a full disk. A reader that closed the pipe is one too; see [`is_broken_pipe`].
pub fn print(text: &str) -> anyhow::Result<()> {
    print_bytes(text.as_bytes())
}

/// The same of what need not be text.
///
/// # Errors
/// As for [`print`].
pub fn print_bytes(bytes: &[u8]) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()?;
    Ok(())
}

/// Writes a result to a file.
///
/// # Errors
/// Names the file.
pub fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    atomic::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// What people read of a query, where that is not its key.
pub fn title_of(query: &Query) -> Option<&str> {
    (query.title() != query.key()).then(|| query.title())
}

/// The annotations of a file, after a warning for each remark about it.
pub fn told((annotations, remarks): (Vec<Annotation>, Vec<Remark>)) -> Vec<Annotation> {
    for remark in remarks {
        log::warn!("{remark}");
    }
    annotations
}

/// Whether the path is the `-` of `-o -`.
pub fn is_stdout(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Whether the reader of our output has stopped reading, as `head` does.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
