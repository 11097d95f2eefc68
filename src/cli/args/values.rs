//! Values that are checked while they are parsed, so that nonsense is refused before any work.

use std::path::PathBuf;

use crate::cli::plot::PlotFormat;
use crate::domain::{Query, QueryError};

/// More context than this leaves no room for the words of a query.
pub fn parse_n_ctx(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n @ 1..=32) => Ok(n),
        _ => Err("give a number from 1 to 32".to_owned()),
    }
}

pub fn parse_fraction(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        _ => Err("give a number from 0 to 1".to_owned()),
    }
}

pub fn parse_query(text: &str) -> Result<Query, QueryError> {
    Query::new(text)
}

/// A text of any length: what a model does not read of it is cut off.
pub fn parse_text(text: &str) -> Result<String, QueryError> {
    let words: Vec<_> = text.split_whitespace().collect();
    match words.join(" ") {
        text if text.is_empty() => Err(QueryError::Empty),
        text => Ok(text),
    }
}

pub fn parse_plot(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    match PlotFormat::of(&path) {
        Ok(_) => Ok(path),
        Err(_) => Err("name a .png or .svg file".to_owned()),
    }
}

/// A file that is not text, or that is written beside other results.
pub fn parse_file(text: &str) -> Result<PathBuf, String> {
    match text {
        "" | "-" => Err("name a file; only `vcl export` writes to standard output".to_owned()),
        name => Ok(PathBuf::from(name)),
    }
}
