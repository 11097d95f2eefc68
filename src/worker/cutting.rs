//! Writes moments as video files of their own while everything else continues.

use std::path::PathBuf;

use crate::domain::{count, verb};
use crate::engine::FoundMoments;
use crate::export::{CutOptions, ExportDocument, WrittenCut, write_cuts_of_several, write_joined};
use crate::video::VideoError;
use crate::worker::background::{Background, Report, Reporter};

/// What is cut.
#[derive(Clone, Debug)]
pub enum ToCut {
    One(Box<ExportDocument>),
    Several(FoundMoments),
}

impl ToCut {
    fn n_moments(&self) -> usize {
        match self {
            Self::One(document) => {
                let queries = document.queries.iter();
                queries.map(|query| query.moments.len()).sum()
            }
            Self::Several(found) => found.moments.len(),
        }
    }

    /// Opens the videos, where there are several, and says which cannot be.
    fn documents(self) -> (Vec<ExportDocument>, Vec<VideoError>) {
        match self {
            Self::One(document) => (vec![*document], Vec::new()),
            Self::Several(found) => found.documents(),
        }
    }
}

/// What the moments become.
#[derive(Clone, Debug)]
pub enum CutTarget {
    /// A file for each, in this folder.
    Folder(PathBuf, CutOptions),
    /// One file, one moment behind the other.
    Joined(PathBuf),
}

/// How many moments are written as videos of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CutProgress {
    pub n_done: usize,
    pub n_total: usize,
}

enum Step {
    Written,
    Ended(Result<Done, VideoError>),
}

/// What was made.
struct Done {
    n_written: usize,
    /// Where the cuts are, or which file they are.
    at: PathBuf,
    is_joined: bool,
    /// What could not be opened.
    problem: Option<VideoError>,
}

/// The current work, if any. Dropping it ends the work; files that are whole stay.
#[derive(Default)]
pub struct Cutting {
    job: Option<Job>,
}

struct Job {
    work: Background<Step>,
    progress: CutProgress,
}

/// The message for people and a file that was made, or why nothing was made.
type CutOutcome = Result<(String, PathBuf), String>;

impl Cutting {
    /// Starts to write moments to `target`, and ends earlier work.
    ///
    /// # Errors
    /// When the system gives no thread, in one sentence.
    pub fn start(
        &mut self,
        what: ToCut,
        target: CutTarget,
        wake: impl Fn() + Send + 'static,
    ) -> Result<(), String> {
        self.job = None;
        let n_total = what.n_moments();
        let work = Background::start("cutting", wake, move |reporter| {
            let (documents, problems) = what.documents();
            let problem = problems.into_iter().next();
            reporter.say(Step::Ended(match write(&documents, target, reporter) {
                Ok(done) => match problem {
                    Some(problem) if done.n_written == 0 => Err(problem),
                    problem => Ok(Done { problem, ..done }),
                },
                Err(error) => Err(problem.filter(|_| documents.is_empty()).unwrap_or(error)),
            }));
        })
        .map_err(|error| format!("the moments cannot be cut now: {error}"))?;
        self.job = Some(Job {
            work,
            progress: CutProgress { n_done: 0, n_total },
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
        self.job = None;
        let outcome = outcome.map(|done| (done.in_words(), done.at));
        (None, Some(outcome))
    }
}

fn write(
    documents: &[ExportDocument],
    target: CutTarget,
    reporter: &Reporter<Step>,
) -> Result<Done, VideoError> {
    let cancel = reporter.cancel();
    let mut n_written = 0;
    let mut tell = || {
        n_written += 1;
        reporter.say(Step::Written);
    };
    let (at, is_joined) = match target {
        CutTarget::Folder(dir, options) => {
            let written = |_: &ExportDocument, _: &WrittenCut| tell();
            write_cuts_of_several(documents, &dir, &options, &cancel, written)?;
            (dir, false)
        }
        CutTarget::Joined(file) => {
            let joined = write_joined(documents, &file, &cancel, |_| tell())?;
            (joined.path, true)
        }
    };
    Ok(Done {
        n_written,
        at,
        is_joined,
        problem: None,
    })
}

impl Done {
    fn in_words(&self) -> String {
        let moments = count(self.n_written, "moment");
        let were = verb(self.n_written, "was", "were");
        let made = if self.is_joined {
            "joined in"
        } else {
            "cut into"
        };
        let mut text = format!("{moments} {were} {made} {}", self.at.display());
        if let Some(problem) = &self.problem {
            text += &format!("; left out: {problem}");
        }
        text
    }
}
