//! How much there is in the library, and how far it is indexed.

use std::fmt::Write as _;

use serde::Serialize;

use crate::cli::cli_engine::CliEngine;
use crate::domain::{count, format_timestamp, path_text, plain};
use crate::library::{Library, LibraryVideo, State};

/// How much there is.
#[derive(Serialize)]
pub struct Summary {
    model: String,
    pub places: Vec<String>,
    n_videos: usize,
    n_missing: usize,
    n_copies: usize,
    duration_secs: f64,
    n_indexed: usize,
    n_waiting: usize,
    n_working: usize,
    n_failed: usize,
    n_clips: usize,
    pub problems: Vec<ProblemRow>,
}

#[derive(Serialize)]
pub struct ProblemRow {
    path: String,
    pub reason: String,
}

impl Summary {
    pub fn of(library: &mut Library, engine: &CliEngine) -> anyhow::Result<Self> {
        let engine = engine.get();
        let mut videos = library.videos(engine)?;
        videos.retain(|video| video.state != State::NoVideo);
        let n = |is: fn(&LibraryVideo) -> bool| videos.iter().filter(|video| is(video)).count();
        let failed = videos.iter().filter_map(|video| match &video.state {
            State::Failed(reason) => Some(ProblemRow {
                path: path_text(&video.path),
                reason: reason.clone(),
            }),
            _ => None,
        });
        let problems = library.problems()?.into_iter().map(|problem| ProblemRow {
            path: path_text(&problem.path),
            reason: problem.to_string(),
        });
        Ok(Self {
            model: engine.encoder().id().name.clone(),
            places: library
                .places()?
                .iter()
                .map(|place| path_text(&place.path))
                .collect(),
            n_videos: videos.len(),
            n_missing: n(|video| video.is_missing),
            n_copies: videos.iter().map(|video| video.copies.len()).sum(),
            duration_secs: videos.iter().filter_map(|video| video.duration_secs).sum(),
            n_indexed: n(|video| video.state == State::Indexed),
            n_waiting: n(|video| video.state == State::Waiting && !video.is_missing),
            n_working: n(|video| video.state == State::Working),
            n_failed: n(|video| matches!(video.state, State::Failed(_))),
            n_clips: videos.iter().map(|video| video.n_clips).sum(),
            problems: failed.chain(problems).collect(),
        })
    }

    /// `41 videos, 2:03:00.0, model bundled: 40 indexed, 1 failed; 2 missing`
    pub fn headline(&self) -> String {
        let mut states = vec![format!("{} indexed", self.n_indexed)];
        for (n, state) in [
            (self.n_waiting, "waiting"),
            (self.n_working, "being indexed by another process"),
            (self.n_failed, "failed"),
        ] {
            if n > 0 {
                states.push(format!("{n} {state}"));
            }
        }
        let mut line = format!(
            "{}, {}, model {}: {}",
            count(self.n_videos, "video"),
            format_timestamp(self.duration_secs),
            plain(&self.model),
            states.join(", ")
        );
        if self.n_missing > 0 {
            let _ = write!(line, "; {} missing", self.n_missing);
        }
        if self.n_copies > 0 {
            let _ = write!(line, "; {}", count(self.n_copies, "copy"));
        }
        line + "\n"
    }
}
