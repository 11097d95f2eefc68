//! Writes moments as video files of their own while everything else continues.

use std::path::PathBuf;

use crate::domain::{Query, count, verb};
use crate::engine::{VideoMoment, export_documents};
use crate::export::{self, ExportDocument, WrittenCut};
use crate::video::VideoError;
use crate::worker::background::{Background, Report};

/// What is cut.
#[derive(Clone, Debug)]
pub enum ToCut {
    One(Box<ExportDocument>),
    /// Moments that answer one query in several videos.
    Several(Query, Vec<VideoMoment>),
}

impl ToCut {
    fn n_moments(&self) -> usize {
        match self {
            Self::One(document) => {
                let queries = document.queries.iter();
                queries.map(|query| query.moments.len()).sum()
            }
            Self::Several(_, moments) => moments.len(),
        }
    }

    /// Opens the videos, where there are several, and says which cannot be.
    fn documents(self) -> (Vec<ExportDocument>, Vec<VideoError>) {
        match self {
            Self::One(document) => (vec![*document], Vec::new()),
            Self::Several(query, moments) => export_documents(&[query], &moments),
        }
    }
}

/// How many moments are written as videos of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CutProgress {
    pub n_done: usize,
    pub n_total: usize,
}

enum Step {
    Written,
    /// How many were written, and what could not be opened.
    Ended(Result<(usize, Option<VideoError>), VideoError>),
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
        what: ToCut,
        dir: PathBuf,
        wake: impl Fn() + Send + 'static,
    ) -> Result<(), String> {
        self.job = None;
        let n_total = what.n_moments();
        let target = dir.clone();
        let work = Background::start("cutting", wake, move |reporter| {
            let (documents, problems) = what.documents();
            let mut n_written = 0;
            let written = |_: &ExportDocument, _: &WrittenCut| {
                n_written += 1;
                reporter.say(Step::Written);
            };
            let cancel = reporter.cancel();
            let cuts = export::write_cuts_of_several(&documents, &target, &cancel, written);
            let problem = problems.into_iter().next();
            reporter.say(Step::Ended(match (cuts, problem) {
                (Err(error), _) => Err(error),
                (Ok(()), Some(problem)) if n_written == 0 => Err(problem),
                (Ok(()), problem) => Ok((n_written, problem)),
            }));
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
        let outcome = outcome.map(|(n, problem)| {
            let were = verb(n, "was", "were");
            let mut text = format!("{} {were} cut into {}", count(n, "moment"), dir.display());
            if let Some(problem) = problem {
                text += &format!("; left out: {problem}");
            }
            (text, dir)
        });
        (None, Some(outcome))
    }
}
