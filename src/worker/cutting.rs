//! Writes moments as video files of their own while everything else continues.

use std::path::PathBuf;

use crate::domain::{count, verb};
use crate::export::{self, ExportDocument};
use crate::video::VideoError;
use crate::worker::background::{Background, Report};

/// How many moments are written as videos of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CutProgress {
    pub n_done: usize,
    pub n_total: usize,
}

enum Step {
    Written,
    Ended(Result<usize, VideoError>),
}

/// The current work, if any. Dropping it ends the work; files that are whole stay.
#[derive(Default)]
pub struct Cutting {
    job: Option<Job>,
}

struct Job {
    work: Background<Step>,
    progress: CutProgress,
    dir: PathBuf,
}

/// The message for people and a file that was made, or why nothing was made.
type CutOutcome = Result<(String, PathBuf), String>;

impl Cutting {
    /// Starts to write the moments of `document` to `dir`, and ends earlier work.
    ///
    /// # Errors
    /// When the system gives no thread, in one sentence.
    pub fn start(
        &mut self,
        document: ExportDocument,
        dir: PathBuf,
        wake: impl Fn() + Send + 'static,
    ) -> Result<(), String> {
        self.job = None;
        let n_total = document
            .queries
            .iter()
            .map(|query| query.moments.len())
            .sum();
        let target = dir.clone();
        let work = Background::start("cutting", wake, move |reporter| {
            let cuts = export::write_cuts(&document, &target, reporter.cancel(), |_| {
                reporter.say(Step::Written);
            });
            reporter.say(Step::Ended(cuts.map(|cuts| cuts.len())));
        })
        .map_err(|error| format!("the moments cannot be cut now: {error}"))?;
        self.job = Some(Job {
            work,
            progress: CutProgress { n_done: 0, n_total },
            dir,
        });
        Ok(())
    }

    /// Ends the work; files that are whole stay.
    pub fn cancel(&mut self) {
        self.job = None;
    }

    /// How far it is, and how it ended: a sentence that says what was done, and where, or why it was
    /// not.
    pub fn poll(&mut self) -> (Option<CutProgress>, Option<CutOutcome>) {
        let Some(job) = &mut self.job else {
            return (None, None);
        };
        let mut end = None;
        for report in job.work.reports() {
            match report {
                Report::Said(Step::Written) => job.progress.n_done += 1,
                Report::Said(Step::Ended(outcome)) => {
                    end = Some(outcome.map_err(|error| error.to_string()));
                }
                Report::Crashed(message) => end = Some(Err(message)),
            }
        }
        let Some(outcome) = end else {
            return (Some(job.progress), None);
        };
        let dir = job.dir.clone();
        self.job = None;
        let outcome = outcome.map(|n| {
            let were = verb(n, "was", "were");
            let text = format!("{} {were} cut into {}", count(n, "moment"), dir.display());
            (text, dir)
        });
        (None, Some(outcome))
    }
}
