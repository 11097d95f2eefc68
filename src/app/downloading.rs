//! Fetches a model beside everything else: the network may keep it waiting, the window never.

use std::thread::JoinHandle;

use crate::app::background::{Background, News};
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
    work: Background<Result<DownloadStep, HubError>>,
    download: Download,
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
        let last = self.last_thread.take();
        let mut work = Background::start("download", ctx, move |teller| {
            if let Some(last) = last {
                // How it ended is none of this download's business.
                let _ = last.join();
            }
            let mut is_over = false;
            while !is_over && !teller.is_cancelled() {
                let step = fetching.step();
                is_over = !matches!(
                    step,
                    Ok(DownloadStep::LookingUp | DownloadStep::Fetching(_))
                );
                teller.tell(step);
            }
        })
        .map_err(|error| format!("nothing can be downloaded now: {error}"))?;
        self.last_thread = work.take_thread();
        let download = Download {
            repo: repo.clone(),
            progress: None,
        };
        self.job = Some(Job { work, download });
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
        for news in job.work.news() {
            match news {
                News::Told(Ok(DownloadStep::LookingUp)) => {}
                News::Told(Ok(DownloadStep::Fetching(progress))) => {
                    job.download.progress = Some(progress);
                }
                News::Told(Ok(DownloadStep::Done(_))) => end = Some(Ok(job.download.repo.clone())),
                News::Told(Err(error)) => end = Some(Err(error.to_string())),
                News::Died(message) => end = Some(Err(message)),
            }
        }
        if end.is_some() {
            self.job = None;
            return (None, end);
        }
        (Some(job.download.clone()), None)
    }
}
