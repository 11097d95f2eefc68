//! Writes moments as video files of their own, beside everything else.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;

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
    messages: Receiver<Message>,
    cancel: Arc<AtomicBool>,
    progress: CutProgress,
    dir: PathBuf,
}

impl Drop for Job {
    fn drop(&mut self) {
        self.cancel.store(true, Ordering::Relaxed);
    }
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
        let (sender, messages) = mpsc::channel();
        let cancel = Arc::<AtomicBool>::default();
        let n_total = document
            .queries
            .iter()
            .map(|query| query.moments.len())
            .sum();
        let (ctx, thread_cancel, thread_dir) = (ctx.clone(), Arc::clone(&cancel), dir.clone());
        thread::Builder::new()
            .name("cutting".to_owned())
            .spawn(move || {
                // Nobody listens any more when the window is closed; the cancel flag is set then.
                let tell = |message| {
                    let _ = sender.send(message);
                    ctx.request_repaint();
                };
                let cuts = export::write_cuts(&document, &thread_dir, thread_cancel, |_| {
                    tell(Message::Written);
                });
                tell(Message::Ended(cuts.map(|cuts| cuts.len())));
            })
            .map_err(|error| format!("the moments cannot be cut now: {error}"))?;
        self.job = Some(Job {
            messages,
            cancel,
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
        for message in job.messages.try_iter() {
            match message {
                Message::Written => job.progress.n_done += 1,
                Message::Ended(outcome) => end = Some(outcome),
            }
        }
        let Some(outcome) = end else {
            return (Some(job.progress), None);
        };
        let dir = job.dir.display().to_string();
        self.job = None;
        let told = match outcome {
            Ok(1) => Ok(format!("1 moment was cut into {dir}")),
            Ok(n) => Ok(format!("{n} moments were cut into {dir}")),
            Err(error) => Err(error.to_string()),
        };
        (None, Some(told))
    }
}
