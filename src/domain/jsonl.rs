//! JSON Lines: one record per line, and an error that names the line.

use std::fmt::Display;
use std::io::{BufRead, Read as _};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Far beyond any honest record (a prediction with 75 scores has 2 KB), so that a film given by
/// mistake ends in an error and not in memory.
const MAX_LINE_BYTES: u64 = 16 << 20;

/// A line that is no record: `line 3: missing field `duration` (column 40)`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct LineError {
    /// Counted from 1.
    pub line: usize,
    pub problem: String,
}

/// Reads every line as a `T` that passes `check`; blank lines are skipped.
///
/// # Errors
/// The first line that is not UTF-8, not JSON, lacks a field, has a field of another type, fails
/// `check`, or cannot be read at all.
pub fn from_jsonl<T: DeserializeOwned, E: Display>(
    reader: impl BufRead,
    check: impl Fn(&T) -> Result<(), E>,
) -> Result<Vec<T>, LineError> {
    from_jsonl_skipping(reader, |_, record| check(record), Err)
}

/// As [`from_jsonl`], but `bad` decides about a line that is no record: it is skipped or ends the
/// reading. `check` is told the number of the line and may mend the record.
///
/// # Errors
/// What `bad` returns, and a line that cannot be read at all or is endless.
pub fn from_jsonl_skipping<T: DeserializeOwned, E: Display>(
    mut reader: impl BufRead,
    mut check: impl FnMut(usize, &mut T) -> Result<(), E>,
    mut bad: impl FnMut(LineError) -> Result<(), LineError>,
) -> Result<Vec<T>, LineError> {
    let mut records = Vec::new();
    let mut bytes = Vec::new();
    for line in 1.. {
        let failed = |problem: String| LineError { line, problem };
        bytes.clear();
        let n_bytes = reader
            .by_ref()
            .take(MAX_LINE_BYTES)
            .read_until(b'\n', &mut bytes)
            .map_err(|error| failed(format!("cannot be read: {error}")))?;
        if n_bytes == 0 {
            break;
        }
        if n_bytes as u64 == MAX_LINE_BYTES {
            return Err(failed(
                "longer than 16 MB: this is no file of JSON lines".into(),
            ));
        }
        let record = match record(&bytes) {
            Ok(None) => continue,
            Ok(Some(mut record)) => match check(line, &mut record) {
                Ok(()) => Ok(record),
                Err(problem) => Err(problem.to_string()),
            },
            Err(problem) => Err(problem),
        };
        match record {
            Ok(record) => records.push(record),
            Err(problem) => bad(failed(problem))?,
        }
    }
    Ok(records)
}

/// `None` for a blank line.
fn record<T: DeserializeOwned>(line: &[u8]) -> Result<Option<T>, String> {
    let text = std::str::from_utf8(line)
        .map_err(|_| "not UTF-8 text: this is no file of JSON lines".to_owned())?;
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Ok(None);
    }
    // serde would take an array for the fields in their order.
    if !text.starts_with('{') {
        return Err("no JSON object: the file must have one on each line".to_owned());
    }
    let record = serde_json::from_str(text).map_err(|error| plain_words(&error))?;
    Ok(Some(record))
}

/// One line per record, each ended by a line feed.
///
/// # Errors
/// A value that JSON cannot hold.
pub fn to_jsonl<T: Serialize>(records: &[T]) -> Result<String, serde_json::Error> {
    let mut text = String::new();
    for record in records {
        text.push_str(&serde_json::to_string(record)?);
        text.push('\n');
    }
    Ok(text)
}

/// serde_json counts lines within what it was given, which is always line 1 here.
fn plain_words(error: &serde_json::Error) -> String {
    let full = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    match full.strip_suffix(&place) {
        Some(problem) => format!("{problem} (column {})", error.column()),
        None => full,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Record {
        n: u32,
        name: String,
    }

    fn read(text: &[u8]) -> Result<Vec<Record>, LineError> {
        from_jsonl(text, |record: &Record| {
            if record.n < 10 {
                Ok(())
            } else {
                Err("too big")
            }
        })
    }

    #[test]
    fn records_come_back_and_blank_lines_do_not_count() {
        let record = |n, name: &str| Record {
            n,
            name: name.to_owned(),
        };
        let records = vec![record(1, "é\n"), record(2, "")];
        let text = to_jsonl(&records).unwrap();
        assert_eq!(text.lines().count(), 2);
        assert_eq!(read(text.as_bytes()), Ok(records.clone()));
        let spaced = format!("\u{feff}{}\r\n", text.replace('\n', "\r\n\n"));
        assert_eq!(read(spaced.as_bytes()), Ok(records));
        assert_eq!(read(b""), Ok(vec![]));
    }

    #[test]
    fn the_first_bad_line_is_named() {
        for (text, line, words) in [
            (
                &b"{\"n\":1,\"name\":\"a\"}\n{\"n\":2}\n"[..],
                2,
                "missing field `name`",
            ),
            (b"\n\n{\"n\":1,", 3, "EOF while parsing"),
            (b"{\"n\":11,\"name\":\"a\"}", 1, "too big"),
            (b"\xff\xfe\x00", 1, "not UTF-8"),
            (b"{\"n\":1,\"name\":\"a\"} {}", 1, "trailing characters"),
            (b"{\"n\":-1,\"name\":\"a\"}", 1, "integer `-1`"),
            (b"[\n{\"n\":1,\"name\":\"a\"}\n]", 1, "no JSON object"),
            (b"[1,\"a\"]", 1, "one on each line"),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!(error.line, line, "{error}");
            assert!(error.problem.contains(words), "{error}");
            assert!(!error.problem.contains("at line"), "{error}");
        }
    }

    #[test]
    fn bad_lines_can_be_skipped_and_records_mended() {
        let text = b"{\"n\":1,\"name\":\"a\"}\n\xff\n\n{\n{\"n\":20,\"name\":\"b\"}\n";
        let mut skipped = Vec::new();
        let check = |line: usize, record: &mut Record| {
            record.name = format!("{}{line}", record.name);
            Ok::<_, String>(())
        };
        let bad = |error: LineError| {
            skipped.push(error.line);
            Ok(())
        };
        let records = from_jsonl_skipping(&text[..], check, bad).unwrap();
        let names: Vec<_> = records.iter().map(|record| record.name.as_str()).collect();
        assert_eq!((names, skipped), (vec!["a1", "b5"], vec![2, 4]));
    }

    #[test]
    fn endless_input_without_a_line_feed_ends_in_an_error() {
        let endless = std::io::BufReader::new(std::io::repeat(b' '));
        let error = from_jsonl(endless, |_: &u32| Ok::<_, String>(())).unwrap_err();
        assert!(error.problem.contains("16 MB"), "{error}");
    }
}
