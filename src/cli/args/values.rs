//! Values that are checked while they are parsed, so that nonsense is refused before any work.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, PathBufValueParser, TypedValueParser};

use crate::cli::plot::PlotFormat;
use crate::domain::{Query, QueryError, clean_pasted, parse_date, path_of_text};

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
    match clean_pasted(text) {
        text if text.is_empty() => Err(QueryError::Empty),
        text => Ok(text),
    }
}

/// When a day begins, in seconds since 1970.
pub fn parse_since(text: &str) -> Result<i64, String> {
    parse_date(text).ok_or_else(|| "give a day such as 2026-11-25, a month or a year".to_owned())
}

pub fn parse_secs(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && value >= 0.0 => Ok(value),
        _ => Err("give a number of seconds".to_owned()),
    }
}

/// A path, which file managers and browsers may give as a `file://` address.
pub fn path() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().map(to_path)
}

fn to_path(given: PathBuf) -> PathBuf {
    match given.to_str() {
        Some(text) => path_of_text(text),
        None => given,
    }
}

pub fn plot_file() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|given| {
        let path = to_path(given);
        match PlotFormat::of(&path) {
            Ok(_) => Ok(path),
            Err(_) => Err("name a .png or .svg file"),
        }
    })
}

/// A file that does not hold text, or that is written beside other results.
pub fn file() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().try_map(|text| {
        let text: OsString = text;
        if text.is_empty() || text == "-" {
            return Err("name a file; only `vcl export` writes to standard output");
        }
        Ok(to_path(text.into()))
    })
}
