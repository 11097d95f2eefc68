//! Indexes what waits in the library, one video after the other, a short step at a time.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::domain::Caption;
use crate::engine::{Engine, EngineError, IndexJob, IndexProgress, IndexStep};
use crate::library::catalogue::{Claim, ModelRow, Outcome, SeenFile, Unread};
use crate::library::error::LibraryError;
use crate::library::scan::stamp;
use crate::library::worker::Worker;
use crate::library::{Library, captions_of_video, folder, frame_choice};
use crate::video::{Source, VideoError};

/// Other machines that share the library are told so often that this one is alive.
const BEAT_EVERY: Duration = Duration::from_secs(10);

/// How long a step waits for subtitles.
const MAX_WAIT: Duration = Duration::from_millis(60);

/// Indexing of all videos that wait. Dropping the job ends it; what was done is kept, and a video in
/// the middle goes on where it stopped.
pub struct IndexAll {
    model: ModelRow,
    worker: Worker,
    current: Option<(Claim, IndexJob)>,
    /// What is said in a video is being read.
    reading: Option<Reading>,
    last_beat: Instant,
}

/// A thread that reads the subtitles of a video.
struct Reading {
    unread: Unread,
    captions: Receiver<Result<Vec<Caption>, VideoError>>,
    cancel: Arc<AtomicBool>,
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.cancel.store(true, Ordering::Relaxed);
    }
}

/// What a step has brought.
#[derive(Clone, Debug, PartialEq)]
pub enum LibraryEvent {
    /// A video was taken up.
    Began(PathBuf),
    /// The video that was taken up last is so far.
    Progress(IndexProgress),
    /// Nothing new yet.
    Waiting,
    /// A video is done.
    Indexed {
        path: PathBuf,
        n_clips: usize,
        /// Clips of it that were known from an earlier run.
        n_cached: usize,
        duration_secs: f64,
        /// What the user should know about the file.
        warning: Option<String>,
    },
    /// A video cannot be indexed, and will not be tried again until it is added again.
    Failed { path: PathBuf, reason: String },
    /// It began like a video and is none.
    NoVideo(PathBuf),
    /// Nothing waits any more; other processes may still be at some.
    Finished,
}

impl IndexAll {
    /// # Errors
    /// When the library cannot be written.
    pub fn start(library: &mut Library, engine: &Engine) -> Result<Self, LibraryError> {
        Ok(Self {
            model: library.model(engine)?,
            worker: library.start_worker()?,
            current: None,
            reading: None,
            last_beat: Instant::now(),
        })
    }

    /// Takes up a video, or goes on with it for about 150 ms.
    ///
    /// # Errors
    /// When the library or the cache cannot be written, such as on a full disk. What is wrong with one
    /// video is an event.
    pub fn step(
        &mut self,
        library: &mut Library,
        engine: &mut Engine,
    ) -> Result<LibraryEvent, LibraryError> {
        if self.last_beat.elapsed() > BEAT_EVERY {
            self.last_beat = Instant::now();
            library
                .catalogue
                .beat(&library.machine, self.worker.name())?;
        }
        if let Some(reading) = self.reading.take() {
            return self.read_on(library, reading);
        }
        let Some((claim, mut job)) = self.current.take() else {
            return self.begin(library, engine);
        };
        match job.step(engine) {
            Ok(IndexStep::Finished) => self.finish(library, engine, &claim, job),
            Ok(step) => {
                let not_kept = job.index().and_then(|index| index.not_kept.clone());
                if let Some(reason) = not_kept {
                    return self.give_back(library, &claim, reason);
                }
                let event = match (step, job.progress()) {
                    (IndexStep::Grown, Some(progress)) => LibraryEvent::Progress(progress),
                    _ => LibraryEvent::Waiting,
                };
                self.current = Some((claim, job));
                Ok(event)
            }
            Err(error) => self.fail(library, &claim, error),
        }
    }

    fn begin(
        &mut self,
        library: &mut Library,
        engine: &Engine,
    ) -> Result<LibraryEvent, LibraryError> {
        let workers_dir = library.workers_dir.clone();
        let is_alive = |name: &str| Worker::is_alive(&workers_dir, name);
        let next = library.catalogue.claim(
            self.model,
            (&library.machine, self.worker.name()),
            is_alive,
        )?;
        let Some(claim) = next else {
            return self.begin_reading(library);
        };
        if let Err(error) = library.cache.keep(&claim.content) {
            return self.give_back(library, &claim, error.to_string());
        }
        let path = claim.path.clone();
        let source = Source::open(&path).map_err(EngineError::from);
        match source
            .and_then(|source| IndexJob::start_with(engine, &source, false, frame_choice(engine)))
        {
            Ok(job) => self.current = Some((claim, job)),
            Err(error) => return self.fail(library, &claim, error),
        }
        Ok(LibraryEvent::Began(path))
    }

    /// Takes up the subtitles of a video that is indexed, once no pictures wait any more.
    fn begin_reading(&mut self, library: &mut Library) -> Result<LibraryEvent, LibraryError> {
        let Some(unread) = library.catalogue.next_unread(self.model)? else {
            return Ok(LibraryEvent::Finished);
        };
        let (sender, captions) = mpsc::channel();
        let cancel = Arc::<AtomicBool>::default();
        let (path, stop) = (unread.path.clone(), Arc::clone(&cancel));
        let spawned = thread::Builder::new()
            .name("subtitles".into())
            .spawn(move || {
                let read = Source::open(&path).and_then(|source| captions_of_video(&source, &stop));
                // Nobody waits for them any more after a cancel.
                let _ = sender.send(read);
            });
        spawned.map_err(EngineError::Thread)?;
        self.reading = Some(Reading {
            unread,
            captions,
            cancel,
        });
        Ok(LibraryEvent::Waiting)
    }

    fn read_on(
        &mut self,
        library: &mut Library,
        reading: Reading,
    ) -> Result<LibraryEvent, LibraryError> {
        let captions = match reading.captions.recv_timeout(MAX_WAIT) {
            Err(RecvTimeoutError::Timeout) => {
                self.reading = Some(reading);
                return Ok(LibraryEvent::Waiting);
            }
            Ok(Ok(captions)) => captions,
            Ok(Err(error)) => {
                log::info!("subtitles are not read: {error}");
                Vec::new()
            }
            Err(RecvTimeoutError::Disconnected) => Vec::new(),
        };
        library.catalogue.set_captions(&reading.unread, &captions)?;
        Ok(LibraryEvent::Waiting)
    }

    fn finish(
        &self,
        library: &mut Library,
        engine: &mut Engine,
        claim: &Claim,
        job: IndexJob,
    ) -> Result<LibraryEvent, LibraryError> {
        let path = claim.path.clone();
        let Some(index) = job.into_index() else {
            return self.fail(library, claim, EngineError::SourceDied(path));
        };
        if let Some(reason) = index.not_kept {
            return self.give_back(library, claim, reason);
        }
        // Whoever wrote to the file since the scan gave it another content.
        let seen = match index.content == claim.content {
            true => None,
            false => {
                let (n_bytes, modified_nanos) = stamp(&path).unwrap_or_default();
                Some(SeenFile {
                    path: path.clone(),
                    content: index.content.clone(),
                    n_bytes,
                    modified_nanos,
                    is_named: claim.is_named,
                    // The next scan says.
                    subtitles: String::new(),
                })
            }
        };
        if let Err(error) = library.cache.keep(&index.content) {
            return self.give_back(library, claim, error.to_string());
        }
        library.share_rows(engine, self.model, seen.as_ref(), &index.content)?;
        let outcome = Outcome::Indexed {
            n_clips: index.n_clips(),
            duration_secs: index.duration_secs(),
        };
        library
            .catalogue
            .finish(self.model, claim, seen.as_ref(), &outcome)?;
        library.index_was_added(engine, &index.content);
        Ok(LibraryEvent::Indexed {
            path,
            n_clips: index.n_clips(),
            n_cached: index.n_clips_cached(),
            duration_secs: index.duration_secs(),
            warning: index.warning.clone(),
        })
    }

    fn fail(
        &self,
        library: &mut Library,
        claim: &Claim,
        error: EngineError,
    ) -> Result<LibraryEvent, LibraryError> {
        let path = claim.path.clone();
        let (outcome, event) = match error {
            EngineError::Video(error) if !claim.is_named && folder::is_no_video(&error) => {
                (Outcome::NoVideo, LibraryEvent::NoVideo(path))
            }
            // The next scan says whether it was moved or is gone.
            EngineError::Video(error) if !path.exists() => {
                let reason = error.to_string();
                library.catalogue.mark(std::slice::from_ref(&path), &[])?;
                (Outcome::GivenBack, LibraryEvent::Failed { path, reason })
            }
            EngineError::Video(_) | EngineError::Read { .. } | EngineError::SourceDied(_) => {
                let reason = error.to_string();
                (
                    Outcome::Failed(reason.clone()),
                    LibraryEvent::Failed { path, reason },
                )
            }
            // The model or the machine is to blame, so the next video would fail as well.
            error => {
                library
                    .catalogue
                    .finish(self.model, claim, None, &Outcome::GivenBack)?;
                return Err(error.into());
            }
        };
        library
            .catalogue
            .finish(self.model, claim, None, &outcome)?;
        Ok(event)
    }

    /// The video waits on, and the work ends.
    fn give_back(
        &self,
        library: &mut Library,
        claim: &Claim,
        reason: String,
    ) -> Result<LibraryEvent, LibraryError> {
        let dir = library.cache_dir().to_owned();
        // On a full disk this may fail as well; then the video waits as soon as this process ends.
        if let Err(error) = library
            .catalogue
            .finish(self.model, claim, None, &Outcome::GivenBack)
        {
            log::info!("{error}");
        }
        Err(LibraryError::NotKept { dir, reason })
    }
}
