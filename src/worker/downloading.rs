//! Downloads a model while everything else continues: only this thread waits for the network.

use std::thread::JoinHandle;

use crate::engine::KnownModel;
use crate::store::{
    DownloadProgress, DownloadStep, Hub, HubCache, HubError, ModelDownload, RepoId,
};
use crate::worker::background::{Background, Report};

/// A model that is being downloaded.
#[derive(Clone, Debug, PartialEq)]
pub struct Download {
    pub repo: RepoId,
    /// `None` until it is known how much there is to download.
    pub progress: Option<DownloadProgress>,
}

/// Why a model did not come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DownloadFailure {
    pub repo: RepoId,
    /// The server that cannot be reached, if that is why.
    pub unreachable: Option<String>,
    /// In one sentence, with all that is known.
    pub message: String,
}

impl DownloadFailure {
    fn new(repo: RepoId, error: &HubError) -> Self {
        let unreachable = match error {
            HubError::Unreachable { endpoint, .. } => {
                let (_, host) = endpoint.split_once("://").unwrap_or(("", endpoint));
                Some(host.to_owned())
            }
            _ => None,
        };
        Self {
            repo,
            unreachable,
            message: error.to_string(),
        }
    }

    /// What a person needs who can try again or choose a folder.
    pub fn in_short(&self) -> String {
        match &self.unreachable {
            Some(host) => format!("no connection to {host}"),
            None => self.message.clone(),
        }
    }
}

/// The model whose images a text tower describes.
fn images_of(repo: &RepoId) -> Option<RepoId> {
    let known = KnownModel::of(&repo.to_string())?;
    known.describes?.parse().ok()
}

/// The current download, if any. Dropping it cancels it; the next one continues where it stopped.
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
    /// Starts to download a model, and cancels any other download.
    ///
    /// # Errors
    /// When the system gives no thread, in one sentence.
    pub fn start(
        &mut self,
        hub: Hub,
        cache: HubCache,
        repo: &RepoId,
        wake: impl Fn() + Send + 'static,
    ) -> Result<(), String> {
        self.job = None;
        let also = images_of(repo);
        let mut download = ModelDownload::new(hub, cache, repo.clone(), None).and(also);
        let last = self.last_thread.take();
        let mut work = Background::start("download", wake, move |reporter| {
            if let Some(last) = last {
                // How the last download ended does not matter to this one.
                let _ = last.join();
            }
            let mut is_over = false;
            while !is_over && !reporter.is_cancelled() {
                let step = download.step();
                is_over = !matches!(
                    step,
                    Ok(DownloadStep::LookingUp | DownloadStep::Fetching(_))
                );
                reporter.say(step);
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

    /// Ends the download; what has arrived is kept for the next one.
    pub fn cancel(&mut self) {
        self.job = None;
    }

    /// How far it is, and how it ended: which model is here now, or why not.
    pub fn poll(&mut self) -> (Option<Download>, Option<Result<RepoId, DownloadFailure>>) {
        let Some(job) = &mut self.job else {
            return (None, None);
        };
        let mut end = None;
        for report in job.work.reports() {
            match report {
                Report::Said(Ok(DownloadStep::LookingUp)) => {}
                Report::Said(Ok(DownloadStep::Fetching(progress))) => {
                    job.download.progress = Some(progress);
                }
                Report::Said(Ok(DownloadStep::Done(_))) => {
                    end = Some(Ok(job.download.repo.clone()));
                }
                Report::Said(Err(error)) => {
                    end = Some(Err(DownloadFailure::new(job.download.repo.clone(), &error)));
                }
                Report::Crashed(message) => {
                    end = Some(Err(DownloadFailure {
                        repo: job.download.repo.clone(),
                        unreachable: None,
                        message,
                    }));
                }
            }
        }
        if end.is_some() {
            self.job = None;
            return (None, end);
        }
        (Some(job.download.clone()), None)
    }
}
