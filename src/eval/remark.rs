//! What a reader did about lines that say something impossible.

use std::fmt;
use std::path::PathBuf;

use crate::domain::{LineError, count};

/// One kind of thing that was tolerated in a file: how many lines have it, and the first of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// Lines that hold no annotation.
    Skipped(PathBuf, usize, LineError),
    /// Lines with windows that are no span inside the video.
    Mended(PathBuf, usize, LineError),
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, what, first) = match self {
            Self::Skipped(path, 1, first) => (path, "1 line is left out".to_owned(), first),
            Self::Skipped(path, n, first) => (path, format!("{n} lines are left out"), first),
            Self::Mended(path, n, first) => {
                let lines = count(*n, "line");
                let what = format!("windows on {lines} are cut to the video or left out");
                (path, what, first)
            }
        };
        write!(
            f,
            "{}: {what}, the first on {first} (--strict refuses such a file)",
            path.display()
        )
    }
}

/// How many lines are odd, and the first of them.
#[derive(Debug, Default)]
pub(super) struct Odd {
    pub n_lines: usize,
    pub first: Option<LineError>,
}

impl Odd {
    pub fn add(&mut self, error: LineError) {
        self.n_lines += 1;
        self.first.get_or_insert(error);
    }
}
