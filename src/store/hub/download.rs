//! Fetching a model in steps: it can be stopped at any point and continued later.

use std::collections::VecDeque;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use crate::domain::{
    OPEN_CLIP_CONFIG, OPEN_CLIP_WEIGHTS, PROCESSOR_CONFIG, SENTENCE_MODULES, SHARD_INDEX,
    SMALL_MODEL_FILES, WEIGHT_FILES, shard_names,
};

use super::cache::{HubCache, RepoId};
use super::protocol::{Hub, HubError, RemoteFile};
use super::transfer::Transfer;

/// The download of one model into the shared cache.
///
/// The network is not used before the first [`step`](Self::step). To cancel it, drop it: what has
/// arrived so far stays in `*.incomplete` files, where the next download of the same model
/// continues. A file gets its final name only when it is whole and checked.
pub struct ModelDownload {
    hub: Hub,
    cache: HubCache,
    repo: RepoId,
    revision: String,
    /// Fetched afterwards: a text tower needs the model whose images it describes.
    also: Option<RepoId>,
    /// What still has to be looked up.
    wanted: VecDeque<Wanted>,
    /// What was looked up; those before `n_fetched` are here.
    files: Vec<RemoteFile>,
    n_fetched: usize,
    transfer: Option<Transfer>,
    /// When bytes began to come, and how many there were then.
    begin: Option<(Instant, u64)>,
}

enum Wanted {
    /// Which files there are to fetch depends on what kind of model it is.
    Kind,
    File(String),
    /// The first of these that is there.
    FirstOf(Vec<String>),
}

/// The result of a step.
#[derive(Clone, Debug, PartialEq)]
pub enum DownloadStep {
    /// Files are being looked up; how much there is to fetch is not known yet.
    LookingUp,
    Fetching(DownloadProgress),
    /// The model is in this directory, whole and checked.
    Done(PathBuf),
}

#[derive(Clone, Debug, PartialEq)]
pub struct DownloadProgress {
    /// The file that is being fetched.
    pub file: String,
    /// Of all files together, with what an earlier download left.
    pub n_bytes: u64,
    pub n_total: u64,
    pub bytes_per_sec: Option<f64>,
    pub remaining_secs: Option<f64>,
}

impl ModelDownload {
    /// `revision` is a branch, a commit or `refs/pr/N`; `None` is the usual one of this model.
    pub fn new(hub: Hub, cache: HubCache, repo: RepoId, revision: Option<&str>) -> Self {
        Self {
            hub,
            cache,
            revision: revision.unwrap_or(repo.default_revision()).to_owned(),
            repo,
            wanted: [Wanted::Kind].into(),
            also: None,
            files: Vec::new(),
            n_fetched: 0,
            transfer: None,
            begin: None,
        }
    }

    /// Fetches another model afterwards, which this one does not work without.
    #[must_use]
    pub fn and(mut self, also: Option<RepoId>) -> Self {
        self.also = also;
        self
    }

    /// Works for about a tenth of a second, or for as long as the network keeps it waiting (30 s at
    /// most): in a window this belongs on a thread of its own.
    ///
    /// # Errors
    /// [`HubError`]; another download of the model continues where this one stopped.
    pub fn step(&mut self) -> Result<DownloadStep, HubError> {
        if let Some(wanted) = self.wanted.pop_front() {
            self.look_up(wanted)?;
            return Ok(DownloadStep::LookingUp);
        }
        if self.transfer.is_none() {
            let Some(file) = self.files.get(self.n_fetched) else {
                return self.finish();
            };
            self.transfer = Transfer::start(file, self.cache.blob(&self.repo, &file.etag))?;
        }
        let is_done = match &mut self.transfer {
            Some(transfer) => transfer.step(&self.hub)?,
            None => true,
        };
        let progress = self.progress();
        if is_done {
            self.transfer = None;
            self.n_fetched += 1;
        }
        Ok(DownloadStep::Fetching(progress))
    }

    /// Steps to the end, and calls `watch` after each step.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn run(mut self, mut watch: impl FnMut(&DownloadStep)) -> Result<PathBuf, HubError> {
        loop {
            match self.step()? {
                DownloadStep::Done(dir) => return Ok(dir),
                step => watch(&step),
            }
        }
    }

    fn look_up(&mut self, wanted: Wanted) -> Result<(), HubError> {
        match wanted {
            Wanted::Kind => self.look_up_kind(),
            Wanted::File(name) => {
                let found = self.ask(&name)?.ok_or_else(|| self.no_file(&name))?;
                self.take(found)
            }
            Wanted::FirstOf(names) => {
                for name in &names {
                    if let Some(found) = self.ask(name)? {
                        return self.take(found);
                    }
                }
                Err(self.no_file(names.first().map_or("", String::as_str)))
            }
        }
    }

    /// Finds out by its small files what kind of model it is, and so which others there are.
    fn look_up_kind(&mut self) -> Result<(), HubError> {
        let [config, preprocessor, tokenizer] = SMALL_MODEL_FILES;
        let file = |name: &str| Wanted::File(name.to_owned());
        let first_of = |folder: &str, names: &[&str]| {
            Wanted::FirstOf(names.iter().map(|name| format!("{folder}{name}")).collect())
        };
        if let Some(found) = self.ask(config)? {
            self.take(found)?;
            for name in [preprocessor, PROCESSOR_CONFIG] {
                if let Some(found) = self.ask(name)? {
                    self.take(found)?;
                    self.wanted
                        .extend([file(tokenizer), first_of("", &WEIGHT_FILES)]);
                    return Ok(());
                }
            }
            if let Some(found) = self.ask(SENTENCE_MODULES)? {
                self.take(found)?;
                // Where sentence-transformers puts the parts behind the transformer.
                let (pooling, dense) = ("1_Pooling/", "2_Dense/");
                self.wanted.extend([
                    file(tokenizer),
                    file(&format!("{pooling}{config}")),
                    file(&format!("{dense}{config}")),
                    file("sentence_bert_config.json"),
                    first_of(dense, &WEIGHT_FILES),
                    first_of("", &WEIGHT_FILES),
                ]);
                return Ok(());
            }
        }
        if let Some(found) = self.ask(OPEN_CLIP_CONFIG)? {
            self.take(found)?;
            self.wanted
                .extend([file(tokenizer), first_of("", &OPEN_CLIP_WEIGHTS)]);
            return Ok(());
        }
        let has_config = !self.files.is_empty();
        Err(self.no_file(if has_config { preprocessor } else { config }))
    }

    fn ask(&mut self, name: &str) -> Result<Option<RemoteFile>, HubError> {
        // All files are of one commit, even if the branch moves in the meantime.
        let revision = match self.files.first() {
            Some(first) => first.commit.clone(),
            None => self.revision.clone(),
        };
        self.hub.look_up(&self.repo, &revision, name)
    }

    fn take(&mut self, found: RemoteFile) -> Result<(), HubError> {
        if found.name == SHARD_INDEX {
            self.want_shards(&found)?;
        }
        self.files.push(found);
        Ok(())
    }

    /// Fetches the index at once: it says which files there are.
    fn want_shards(&mut self, index: &RemoteFile) -> Result<(), HubError> {
        const MAX_INDEX_BYTES: u64 = 16 << 20;
        let unusable = |reason: &str| HubError::Protocol {
            url: index.url.clone(),
            reason: reason.to_owned(),
        };
        if index.size > MAX_INDEX_BYTES {
            return Err(unusable("is too large for an index"));
        }
        let blob = self.cache.blob(&self.repo, &index.etag);
        if let Some(mut transfer) = Transfer::start(index, blob.clone())? {
            while !transfer.step(&self.hub)? {}
        }
        let text = fs::read(&blob).map_err(|cause| HubError::Io { path: blob, cause })?;
        let shards =
            shard_names(&text).map_err(|reason| unusable(&format!("is not usable: {reason}")))?;
        self.wanted.extend(shards.into_iter().map(Wanted::File));
        Ok(())
    }

    fn no_file(&self, name: &str) -> HubError {
        HubError::NoFile {
            repo: self.repo.clone(),
            file: name.to_owned(),
        }
    }

    fn progress(&mut self) -> DownloadProgress {
        let n_whole: u64 = self.files[..self.n_fetched].iter().map(|f| f.size).sum();
        let n_bytes = match &self.transfer {
            Some(transfer) => n_whole + transfer.n_bytes,
            None => n_whole + self.files[self.n_fetched].size,
        };
        let n_total = self.files.iter().map(|file| file.size).sum();
        let (begin, n_before) = *self.begin.get_or_insert((Instant::now(), n_bytes));
        let elapsed = begin.elapsed().as_secs_f64();
        let bytes_per_sec =
            (elapsed > 0.3 && n_bytes > n_before).then(|| (n_bytes - n_before) as f64 / elapsed);
        DownloadProgress {
            file: self.files[self.n_fetched].name.clone(),
            n_bytes,
            n_total,
            bytes_per_sec,
            remaining_secs: bytes_per_sec
                .map(|rate| (n_total.saturating_sub(n_bytes)) as f64 / rate),
        }
    }

    fn finish(&mut self) -> Result<DownloadStep, HubError> {
        let names: Vec<_> = self
            .files
            .iter()
            .map(|file| (file.name.as_str(), file.etag.as_str()))
            .collect();
        let commit = self.files.first().map_or("", |file| &file.commit);
        let dir = self
            .cache
            .link(&self.repo, &self.revision, commit, &names)
            .map_err(|cause| HubError::Io {
                path: self.cache.blob(&self.repo, ""),
                cause,
            })?;
        let Some(also) = self.also.take() else {
            return Ok(DownloadStep::Done(dir));
        };
        *self = Self::new(self.hub.clone(), self.cache.clone(), also, None);
        Ok(DownloadStep::LookingUp)
    }
}
