//! Results on stdout, and errors in one line.

use std::io::{self, Write as _};

/// Writes results; the only way to stdout.
///
/// # Errors
/// Such as a full disk. A reader that closed the pipe is one too; see [`is_broken_pipe`].
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()?;
    Ok(())
}

/// Whether the reader of our output had enough, as `head` has.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Joins lines, so that an error is one line whatever is in it.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
