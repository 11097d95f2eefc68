//! Values that are checked while they are parsed, so that nonsense is refused before any work.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::builder::{OsStringValueParser, PathBufValueParser, TypedValueParser};

use super::export_format::ExportFormat;
use crate::cli::plot::PlotFormat;
use crate::domain::{CLIP_SECS, Query, QueryError, clean_pasted, parse_date, path_of_text};
use crate::export::{ExportError, FORMATS, FileFormat};

/// More context than this leaves no room for the words of a query.
pub fn parse_n_ctx(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n @ 1..=32) => Ok(n),
        _ => Err("give a number from 1 to 32".to_owned()),
    }
}

pub fn parse_rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value <= 1.0 => Ok(value),
        _ => Err("give a number above 0, such as 0.0001".to_owned()),
    }
}

/// A network's heads share its width, and half of it is for each of two coordinates.
pub fn parse_width(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(value) if (16..=2048).contains(&value) && value.is_multiple_of(16) => Ok(value),
        _ => Err("give a multiple of 16 from 16 to 2048".to_owned()),
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

/// Seconds before and after, `2` or `1,0.5`.
pub fn parse_padding(text: &str) -> Result<(f64, f64), String> {
    let (before, after) = text.split_once(',').unwrap_or((text, text));
    match (parse_secs(before.trim()), parse_secs(after.trim())) {
        (Ok(before), Ok(after)) => Ok((before, after)),
        _ => Err("give seconds, such as 2, or 1,0.5 for before and after".to_owned()),
    }
}

/// A part of a clip's two seconds that goes into it a whole number of times.
pub fn clip_secs(text: &str) -> Result<f64, String> {
    let rows = |secs: f64| CLIP_SECS / secs;
    match text.parse::<f64>() {
        Ok(secs) if secs >= 0.01 && rows(secs) >= 1.0 && rows(secs).fract() == 0.0 => Ok(secs),
        _ => Err(format!(
            "give a number that goes into {CLIP_SECS} without a remainder, such as 1 or 0.5"
        )),
    }
}

/// One of several parts of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 0 on.
    index: u64,
    n_shards: u64,
}

impl Shard {
    /// Whether a video belongs to this part: decided by its path alone, so that machines that start at
    /// other times, or see more files by then, agree.
    pub fn holds(self, path: &Path) -> bool {
        let hash = blake3::hash(path.as_os_str().as_encoded_bytes());
        let number = hash
            .as_bytes()
            .first_chunk()
            .map(|bytes| u64::from_le_bytes(*bytes));
        number.unwrap_or_default() % self.n_shards == self.index
    }

    fn new(index: Option<u64>, n_shards: Option<u64>) -> Option<Self> {
        let shard = Self {
            index: index?,
            n_shards: n_shards?,
        };
        (shard.index < shard.n_shards).then_some(shard)
    }

    /// What a scheduler says of itself in the environment.
    fn of_scheduler(lookup: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let number = |name: &str| lookup(name)?.trim().parse::<u64>().ok();
        let slurm = number("SLURM_ARRAY_TASK_ID").and_then(|id| {
            let first = number("SLURM_ARRAY_TASK_MIN").unwrap_or_default();
            Self::new(id.checked_sub(first), number("SLURM_ARRAY_TASK_COUNT"))
        });
        slurm.or_else(|| Self::new(number("JOB_COMPLETION_INDEX"), number("JOB_COMPLETIONS")))
    }
}

pub fn parse_shard(text: &str) -> Result<Shard, String> {
    if text == "auto" {
        let shard = Shard::of_scheduler(|name| std::env::var(name).ok());
        return shard.ok_or_else(|| {
            "the environment names no part: it needs SLURM_ARRAY_TASK_ID and \
             SLURM_ARRAY_TASK_COUNT, or JOB_COMPLETION_INDEX and JOB_COMPLETIONS"
                .to_owned()
        });
    }
    let parts = text.split_once('/');
    let number = |part: &str| part.parse::<u64>().ok();
    let shard = parts.and_then(|(i, n)| Shard::new(number(i)?.checked_sub(1), number(n)));
    shard.ok_or_else(|| "give a part such as 3/8, from 1/8 to 8/8, or auto".to_owned())
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

/// What moments of several videos are written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportTarget {
    pub path: PathBuf,
    /// As the name says it, or why it says none.
    pub format: Result<ExportFormat, String>,
}

/// A file whose name says in which format, or a folder for cuts.
pub fn export_target() -> impl TypedValueParser<Value = ExportTarget> {
    PathBufValueParser::new().map(|given| {
        let path = to_path(given);
        let format = format_of(&path);
        ExportTarget { path, format }
    })
}

fn format_of(path: &Path) -> Result<ExportFormat, String> {
    let Some(extension) = path.extension().filter(|_| !path.is_dir()) else {
        return Ok(ExportFormat::Cuts);
    };
    let extension = extension.to_string_lossy().to_lowercase();
    let of_extension = |format: &&FileFormat| format.extension == extension;
    let takes_several = |format: &&FileFormat| format.takes_several;
    if let Some(format) = FORMATS.iter().filter(takes_several).find(of_extension) {
        return Ok(ExportFormat::File(*format));
    }
    if let Some(FileFormat { title, name, .. }) = FORMATS.iter().find(of_extension) {
        return Err(ExportError::OfOneVideo { title, name }.to_string());
    }
    let mut names: Vec<_> = FORMATS
        .iter()
        .filter(takes_several)
        .map(|f| f.extension)
        .collect();
    names.sort_unstable();
    names.dedup();
    Err(format!(
        "give a file that ends in .{}, or a folder for cuts",
        names.join(" .")
    ))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_is_in_one_part() {
        for n in 1..9 {
            for i in 0..200 {
                let path = PathBuf::from(format!("/films/{i}.mp4"));
                let parts = (1..=n).filter_map(|part| parse_shard(&format!("{part}/{n}")).ok());
                assert_eq!(parts.filter(|part| part.holds(&path)).count(), 1);
            }
        }
        for wrong in ["", "0/3", "4/3", "1/0", "x/2", "1", "-1/2"] {
            assert!(parse_shard(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn schedulers_say_which_part_it_is() {
        let shard = |pairs: &[(&str, &str)]| {
            let find = |name: &str| pairs.iter().find(|(key, _)| *key == name);
            Shard::of_scheduler(|name| find(name).map(|(_, value)| (*value).to_owned()))
        };
        let third = Shard::new(Some(2), Some(8));
        assert!(third.is_some());
        let slurm = [
            ("SLURM_ARRAY_TASK_ID", "3"),
            ("SLURM_ARRAY_TASK_MIN", "1"),
            ("SLURM_ARRAY_TASK_COUNT", "8"),
        ];
        assert_eq!(shard(&slurm), third);
        let kubernetes = [("JOB_COMPLETION_INDEX", "2"), ("JOB_COMPLETIONS", "8")];
        assert_eq!(shard(&kubernetes), third);
        assert_eq!(shard(&slurm[..1]), None);
        assert_eq!(shard(&[]), None);
    }
}
