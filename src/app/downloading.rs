//! Fetches a model beside everything else: the network may keep it waiting, the window never.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};

use crate::app::session::Download;
use crate::store::{DownloadStep, Hub, HubCache, HubError, ModelDownload, RepoId};

/// The download in hand, if any. Dropping it cancels it; what has come is gone on with next time.
#[derive(Default)]
pub struct Downloading {
    job: Option<Job>,
    /// Holds the files of the last download until it notices that it was cancelled.
    last_thread: Option<JoinHandle<()>>,
}

struct Job {
    steps: Receiver<Result<DownloadStep, HubError>>,
    cancel: Arc<AtomicBool>,
    download: Download,
}

impl Drop for Job {
    fn drop(&mut self) {
        self.cancel.store(true, Ordering::Relaxed);
    }
}

impl Downloading {
    /// Begins to fetch a model, in place of any other.
    ///
    /// # Errors
    /// When the system gives no thread, in one sentence.
    pub fn start(
        &mut self,
        hub: Hub,
        cache: HubCache,
        repo: &RepoId,
        ctx: &egui::Context,
    ) -> Result<(), String> {
        self.job = None;
        let mut fetching = ModelDownload::new(hub, cache, repo.clone(), None);
        let (sender, steps) = mpsc::channel();
        let cancel = Arc::<AtomicBool>::default();
        let (ctx, is_cancelled, last) = (ctx.clone(), Arc::clone(&cancel), self.last_thread.take());
        let thread = thread::Builder::new()
            .name("download".to_owned())
            .spawn(move || {
                if let Some(last) = last {
                    // A panic there is none of this download's business.
                    let _ = last.join();
                }
                while !is_cancelled.load(Ordering::Relaxed) {
                    let step = fetching.step();
                    let is_over = !matches!(
                        step,
                        Ok(DownloadStep::LookingUp | DownloadStep::Fetching(_))
                    );
                    // Nobody listens any more when the window is closed.
                    let is_heard = sender.send(step).is_ok();
                    ctx.request_repaint();
                    if is_over || !is_heard {
                        return;
                    }
                }
            })
            .map_err(|error| format!("nothing can be downloaded now: {error}"))?;
        self.last_thread = Some(thread);
        let download = Download {
            repo: repo.clone(),
            progress: None,
        };
        self.job = Some(Job {
            steps,
            cancel,
            download,
        });
        Ok(())
    }

    /// Ends the download; what has come is kept for the next one.
    pub fn cancel(&mut self) {
        self.job = None;
    }

    /// How far it is, and how it ended: which model is here now, or why not, in one sentence.
    pub fn poll(&mut self) -> (Option<Download>, Option<Result<RepoId, String>>) {
        let Some(job) = &mut self.job else {
            return (None, None);
        };
        let mut end = None;
        for step in job.steps.try_iter() {
            match step {
                Ok(DownloadStep::LookingUp) => {}
                Ok(DownloadStep::Fetching(progress)) => job.download.progress = Some(progress),
                Ok(DownloadStep::Done(_)) => end = Some(Ok(job.download.repo.clone())),
                Err(error) => end = Some(Err(error.to_string())),
            }
        }
        if end.is_some() {
            self.job = None;
            return (None, end);
        }
        (Some(job.download.clone()), None)
    }
}
