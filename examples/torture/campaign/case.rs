//! One damaged input, the command that is to read it, and whether the program behaved.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::child::{End, Ran};

/// What a command must show for a success.
#[derive(Clone, Debug)]
pub enum Wants {
    /// JSON on standard output.
    Json,
    /// Something on standard output.
    Text,
    /// This file, or a folder with at least one, not empty.
    Written(PathBuf),
    /// Exactly this on standard output: the damage must change nothing.
    Same(String),
}

/// Which program reads the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    Vcl,
    /// This program itself, where the code that the window uses reads files.
    Inside,
}

/// Its files lie in a folder of its own.
pub struct Case {
    /// What was done to the input.
    pub damage: Vec<String>,
    pub program: Program,
    pub args: Vec<OsString>,
    pub wants: Wants,
}

impl Case {
    pub fn vcl<A: Into<OsString>>(
        args: impl IntoIterator<Item = A>,
        damage: Vec<String>,
        wants: Wants,
    ) -> Self {
        Self {
            damage,
            program: Program::Vcl,
            args: args.into_iter().map(Into::into).collect(),
            wants,
        }
    }
}

/// What a run comes to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It did what was asked.
    Answer,
    /// One line says why not.
    Refusal,
    Crash(String),
    Hang,
    TooMuchMemory(u64),
    /// Something else that it promises never to do.
    Breach(String),
}

impl Verdict {
    pub fn is_fine(&self) -> bool {
        matches!(self, Self::Answer | Self::Refusal)
    }

    /// The column of the report.
    pub fn kind(&self) -> usize {
        match self {
            Self::Answer => 0,
            Self::Refusal => 1,
            Self::Crash(_) => 2,
            Self::Hang => 3,
            Self::TooMuchMemory(_) => 4,
            Self::Breach(_) => 5,
        }
    }
}

pub const VERDICTS: [&str; 6] = [
    "answers",
    "one-line errors",
    "crashes",
    "hangs",
    "memory",
    "other",
];

pub fn judge(ran: &Ran, wants: &Wants) -> Verdict {
    let status = match &ran.end {
        End::TooLong => return Verdict::Hang,
        End::TooBig(bytes) => return Verdict::TooMuchMemory(*bytes),
        End::TooMuchSaid => return Verdict::Breach("it says more than 64 MB".to_owned()),
        End::Exit(status) => status,
    };
    if ran.stderr.contains("panicked at") || ran.stderr.contains("RUST_BACKTRACE") {
        return Verdict::Crash("it panicked".to_owned());
    }
    let said: Vec<&str> = ran.stderr.lines().collect();
    let (errors, others): (Vec<&str>, _) =
        said.iter().partition(|line| line.starts_with("error: "));
    let stray = others.iter().find(|line| !line.starts_with("warning: "));
    let breach = |text: String| Verdict::Breach(text);
    match status.code() {
        None => Verdict::Crash(status.to_string()),
        Some(0 | 1) if stray.is_some() => breach(format!("a stray line: {}", stray.unwrap_or(&""))),
        Some(0) if !errors.is_empty() => breach("it succeeded with an error".to_owned()),
        Some(0) => match missing(ran, wants) {
            None => Verdict::Answer,
            Some(what) => breach(format!("it succeeded without {what}")),
        },
        Some(1) if errors.len() == 1 && said.last() == errors.first() => Verdict::Refusal,
        Some(1) => breach(format!("it failed with {} errors", errors.len())),
        Some(101 | 134) => Verdict::Crash(status.to_string()),
        Some(code) => breach(format!("exit code {code}")),
    }
}

fn missing(ran: &Ran, wants: &Wants) -> Option<String> {
    let is_there = match wants {
        Wants::Json => serde_json::from_str::<serde_json::Value>(&ran.stdout).is_ok(),
        Wants::Text => !ran.stdout.trim().is_empty(),
        Wants::Written(path) => is_written(path),
        Wants::Same(text) => ran.stdout == *text,
    };
    let what = match wants {
        Wants::Json => "JSON".to_owned(),
        Wants::Text => "a result".to_owned(),
        Wants::Written(path) => path.display().to_string(),
        Wants::Same(_) => "the result of the sound input".to_owned(),
    };
    (!is_there).then_some(what)
}

fn is_written(path: &Path) -> bool {
    let is_file =
        |path: &Path| fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() > 0);
    match fs::read_dir(path) {
        Ok(entries) => {
            let files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
            !files.is_empty() && files.iter().all(|path| is_file(path))
        }
        Err(_) => is_file(path),
    }
}
