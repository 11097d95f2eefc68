//! Fetching a model: step by step, to be stopped at any point and gone on with later.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256};

use crate::domain::{SAFETENSORS, SHARD_INDEX, SMALL_MODEL_FILES, WEIGHT_FILES, shard_names};
use crate::store::hub::{Hub, HubError, RemoteFile};
use crate::store::hub_cache::{HubCache, RepoId};

/// How often a file is asked for again, without a byte having come between, before giving up.
const MAX_RETRIES: u32 = 4;

/// The download of one model into the shared cache.
///
/// Nothing is asked of the network before the first [`step`](Self::step). Dropping it is cancelling
/// it: what has come so far lies in `*.incomplete` files, from which the next download of the same
/// model goes on. Nothing that is not whole and checked bears its final name.
pub struct ModelDownload {
    hub: Hub,
    cache: HubCache,
    repo: RepoId,
    revision: String,
    /// What is still to be looked up.
    wanted: VecDeque<Wanted>,
    /// What was looked up; those before `n_fetched` are here.
    files: Vec<RemoteFile>,
    n_fetched: usize,
    transfer: Option<Transfer>,
    /// When bytes began to come, and how many there were then.
    begin: Option<(Instant, u64)>,
}

enum Wanted {
    File(String),
    Weights,
}

/// What a step came to.
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
        let small = SMALL_MODEL_FILES.map(|file| Wanted::File(file.to_owned()));
        Self {
            hub,
            cache,
            revision: revision.unwrap_or(repo.default_revision()).to_owned(),
            repo,
            wanted: small.into_iter().chain([Wanted::Weights]).collect(),
            files: Vec::new(),
            n_fetched: 0,
            transfer: None,
            begin: None,
        }
    }

    /// Goes on for about a tenth of a second, or as long as the network keeps it waiting (30 s at
    /// most): in a window this belongs on a thread of its own.
    ///
    /// # Errors
    /// [`HubError`]; another download of the model goes on where this one stopped.
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

    /// Steps to the end, telling `watch` after each step.
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
        // All files are of one commit, even if the branch moves meanwhile.
        let revision = match self.files.first() {
            Some(first) => first.commit.clone(),
            None => self.revision.clone(),
        };
        let found = match wanted {
            Wanted::File(name) => self
                .hub
                .look_up(&self.repo, &revision, &name)?
                .ok_or_else(|| self.no_file(&name))?,
            Wanted::Weights => {
                let mut found = None;
                for name in WEIGHT_FILES {
                    found = self.hub.look_up(&self.repo, &revision, name)?;
                    if found.is_some() {
                        break;
                    }
                }
                found.ok_or_else(|| self.no_file(SAFETENSORS))?
            }
        };
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

    fn finish(&self) -> Result<DownloadStep, HubError> {
        let names: Vec<_> = self
            .files
            .iter()
            .map(|file| (file.name.as_str(), file.etag.as_str()))
            .collect();
        let commit = self.files.first().map_or("", |file| &file.commit);
        self.cache
            .link(&self.repo, &self.revision, commit, &names)
            .map(DownloadStep::Done)
            .map_err(|cause| HubError::Io {
                path: self.cache.blob(&self.repo, ""),
                cause,
            })
    }
}

/// One file on its way.
struct Transfer {
    remote: RemoteFile,
    blob: PathBuf,
    partial_path: PathBuf,
    /// Locked, so that two programs never write to it at once.
    partial: File,
    n_bytes: u64,
    body: Option<Box<dyn Read + Send>>,
    n_retries: u32,
    not_before: Instant,
    check: Option<Check>,
}

impl Transfer {
    /// `None` where the blob is here already.
    fn start(remote: &RemoteFile, blob: PathBuf) -> Result<Option<Self>, HubError> {
        if fs::metadata(&blob).is_ok_and(|file| file.is_file() && file.len() == remote.size) {
            return Ok(None);
        }
        let partial_path = blob.with_file_name(format!("{}.incomplete", remote.etag));
        let io = |cause| HubError::Io {
            path: partial_path.clone(),
            cause,
        };
        if let Some(dir) = blob.parent() {
            fs::create_dir_all(dir).map_err(io)?;
        }
        let mut partial = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&partial_path)
            .map_err(io)?;
        match partial.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(HubError::Busy {
                    file: remote.name.clone(),
                });
            }
            // Some network file systems have no locks.
            Err(TryLockError::Error(error)) => log::debug!("no lock: {error}"),
        }
        let mut n_bytes = partial.seek(SeekFrom::End(0)).map_err(io)?;
        if n_bytes > remote.size {
            partial.set_len(0).map_err(io)?;
            n_bytes = partial.seek(SeekFrom::Start(0)).map_err(io)?;
        }
        Ok(Some(Self {
            remote: remote.clone(),
            blob,
            partial_path,
            partial,
            n_bytes,
            body: None,
            n_retries: 0,
            not_before: Instant::now(),
            check: None,
        }))
    }

    /// Whether the file is here, whole and checked.
    fn step(&mut self, hub: &Hub) -> Result<bool, HubError> {
        const STEP: Duration = Duration::from_millis(100);
        let until = Instant::now() + STEP;
        let mut buffer = vec![0; 256 << 10];
        while Instant::now() < until {
            if self.n_bytes < self.remote.size {
                self.fetch(hub, &mut buffer)?;
            } else if self.check(&mut buffer)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes what the network has, or connects, or waits a little before connecting again.
    fn fetch(&mut self, hub: &Hub, buffer: &mut [u8]) -> Result<(), HubError> {
        let wait = self.not_before.saturating_duration_since(Instant::now());
        if !wait.is_zero() {
            thread::sleep(wait.min(Duration::from_millis(50)));
            return Ok(());
        }
        let Some(body) = &mut self.body else {
            match hub.open(&self.remote, self.n_bytes) {
                Ok((from, response)) => {
                    if from != self.n_bytes {
                        self.restart().map_err(|cause| self.io(cause))?;
                    }
                    self.body = Some(Box::new(response.into_body().into_reader()));
                }
                Err(reason) => self.retry(reason)?,
            }
            return Ok(());
        };
        let n_left = self.remote.size - self.n_bytes;
        let n_wanted = buffer
            .len()
            .min(usize::try_from(n_left).unwrap_or(usize::MAX));
        match body.read(&mut buffer[..n_wanted]) {
            Ok(0) => self.retry("the server stopped".to_owned()),
            Ok(n) => {
                let written = self.partial.write_all(&buffer[..n]);
                written.map_err(|cause| self.io(cause))?;
                self.n_bytes += n as u64;
                self.n_retries = 0;
                Ok(())
            }
            Err(error) => self.retry(error.to_string()),
        }
    }

    fn restart(&mut self) -> std::io::Result<()> {
        self.n_bytes = 0;
        self.partial.set_len(0)?;
        self.partial.seek(SeekFrom::Start(0)).map(drop)
    }

    fn retry(&mut self, reason: String) -> Result<(), HubError> {
        self.body = None;
        if self.n_retries == MAX_RETRIES {
            return Err(HubError::Broken {
                file: self.remote.name.clone(),
                n_bytes: self.n_bytes,
                size: self.remote.size,
                reason,
            });
        }
        log::info!("{}: {reason}, trying again", self.remote.name);
        self.not_before = Instant::now() + Duration::from_millis(200 << self.n_retries);
        self.n_retries += 1;
        Ok(())
    }

    /// Hashes a piece of what lies on disk; at the end the file gets its name, or is removed.
    fn check(&mut self, buffer: &mut [u8]) -> Result<bool, HubError> {
        let check = match &mut self.check {
            Some(check) => check,
            empty => {
                let rewound = self.partial.seek(SeekFrom::Start(0));
                rewound.map_err(|cause| io(&self.partial_path, cause))?;
                empty.insert(Check::new(&self.remote))
            }
        };
        let n = self.partial.read(buffer);
        let n = n.map_err(|cause| io(&self.partial_path, cause))?;
        if n > 0 {
            check.update(&buffer[..n]);
            return Ok(false);
        }
        if self.check.take().is_some_and(Check::matches) {
            let named = self.partial.sync_all();
            let named = named.and_then(|()| fs::rename(&self.partial_path, &self.blob));
            named.map_err(|cause| io(&self.blob, cause))?;
            Ok(true)
        } else {
            fs::remove_file(&self.partial_path).map_err(|cause| self.io(cause))?;
            Err(HubError::Checksum {
                file: self.remote.name.clone(),
            })
        }
    }

    fn io(&self, cause: std::io::Error) -> HubError {
        io(&self.partial_path, cause)
    }
}

fn io(path: &Path, cause: std::io::Error) -> HubError {
    HubError::Io {
        path: path.to_owned(),
        cause,
    }
}

/// The checksum that a file's etag promises: SHA-256 of large files, git's SHA-1 of small ones.
struct Check {
    context: Option<Context>,
    expected: String,
}

impl Check {
    fn new(remote: &RemoteFile) -> Self {
        let expected = remote.etag.to_ascii_lowercase();
        let is_hex = expected.bytes().all(|byte| byte.is_ascii_hexdigit());
        let context = match expected.len() {
            64 if is_hex => Some(Context::new(&SHA256)),
            40 if is_hex => {
                let mut context = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
                context.update(format!("blob {}\0", remote.size).as_bytes());
                Some(context)
            }
            _ => {
                log::warn!("{}: the server names no checksum", remote.name);
                None
            }
        };
        Self { context, expected }
    }

    fn update(&mut self, bytes: &[u8]) {
        if let Some(context) = &mut self.context {
            context.update(bytes);
        }
    }

    fn matches(self) -> bool {
        use std::fmt::Write as _;
        let Some(context) = self.context else {
            return true; // Only the size could be compared, and it was.
        };
        let mut hex = String::new();
        for byte in context.finish().as_ref() {
            let _ = write!(hex, "{byte:02x}");
        }
        hex == self.expected
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_git_and_sha256() {
        let is_right = |etag: &str| {
            let mut check = Check::new(&RemoteFile {
                name: "x".into(),
                url: String::new(),
                size: 6,
                etag: etag.into(),
                commit: String::new(),
            });
            check.update(b"hel");
            check.update(b"lo\n");
            check.matches()
        };
        // `printf 'hello\n' | git hash-object --stdin` and `| sha256sum`
        assert!(is_right("ce013625030ba8dba906f756967f9e9ca394464a"));
        assert!(is_right(
            "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
        ));
        assert!(!is_right("ce013625030ba8dba906f756967f9e9ca394464b"));
        assert!(!is_right(&"0".repeat(64)));
    }
}
