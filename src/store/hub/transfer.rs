//! One file from the hub to the disk.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::checksum::Check;
use super::protocol::{Hub, HubError, RemoteFile};

/// How often a file is requested again without a byte arriving, before this gives up.
const MAX_RETRIES: u32 = 4;

/// One file on its way.
pub(super) struct Transfer {
    remote: RemoteFile,
    blob: PathBuf,
    partial_path: PathBuf,
    /// Locked, so that two programs never write to it at once.
    partial: File,
    pub(super) n_bytes: u64,
    body: Option<Box<dyn Read + Send>>,
    n_retries: u32,
    not_before: Instant,
    check: Option<Check>,
}

impl Transfer {
    /// `None` where the blob is here already.
    pub(super) fn start(remote: &RemoteFile, blob: PathBuf) -> Result<Option<Self>, HubError> {
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
    pub(super) fn step(&mut self, hub: &Hub) -> Result<bool, HubError> {
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

    /// Reads what has arrived, or connects, or waits a little before it connects again.
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
