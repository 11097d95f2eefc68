//! Writes moments as video files of their own, beside everything else.

use std::path::PathBuf;

use crate::app::background::{Background, News};
use crate::app::session::CutProgress;
use crate::export::{self, ExportDocument};
use crate::video::VideoError;

enum Message {
    Written,
    Ended(Result<usize, VideoError>),
}

/// The work in hand, if any. Dropping it ends it; what is whole stays.
#[derive(Default)]
pub struct Cutting {
    job: Option<Job>,
}

struct Job {
    work: Background<Message>,
    progress: CutProgress,
    dir: PathBuf,
}

impl Cutting {
    /// Begins to write the moments of `document` to `dir`, in place of earlier work.
    ///
    /// # Errors
    /// When the system gives no thread, in one sentence.
    pub fn start(
        &mut self,
        document: ExportDocument,
        dir: PathBuf,
        ctx: &egui::Context,
    ) -> Result<(), String> {
        self.job = None;
        let n_total = document
            .queries
            .iter()
            .map(|query| query.moments.len())
            .sum();
        let target = dir.clone();
        let work = Background::start("cutting", ctx, move |teller| {
            let cuts = export::write_cuts(&document, &target, teller.cancel(), |_| {
                teller.tell(Message::Written);
            });
            teller.tell(Message::Ended(cuts.map(|cuts| cuts.len())));
        })
        .map_err(|error| format!("the moments cannot be cut now: {error}"))?;
        self.job = Some(Job {
            work,
            progress: CutProgress { n_done: 0, n_total },
            dir,
        });
        Ok(())
    }

    /// Ends the work; what is whole stays.
    pub fn cancel(&mut self) {
        self.job = None;
    }

    /// How far it is, and how it ended: a sentence about what was done, or why it was not.
    pub fn poll(&mut self) -> (Option<CutProgress>, Option<Result<String, String>>) {
        let Some(job) = &mut self.job else {
            return (None, None);
        };
        let mut end = None;
        for news in job.work.news() {
            match news {
                News::Told(Message::Written) => job.progress.n_done += 1,
                News::Told(Message::Ended(outcome)) => {
                    end = Some(outcome.map_err(|error| error.to_string()));
                }
                News::Died(message) => end = Some(Err(message)),
            }
        }
        let Some(outcome) = end else {
            return (Some(job.progress), None);
        };
        let dir = job.dir.display().to_string();
        self.job = None;
        let told = outcome.map(|n| match n {
            1 => format!("1 moment was cut into {dir}"),
            n => format!("{n} moments were cut into {dir}"),
        });
        (None, Some(told))
    }
}
