//! The library in the background: what it holds, looking through its folders, indexing what waits.
//!
//! Folders are looked through and watched on a thread of their own ([`Looking`]). Indexing
//! needs the engine, so it takes the worker's steps that nothing else wants: the open video and
//! teaching come first, and while the window says that it needs the machine, nothing is done at all.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::engine::Engine;
use crate::library::{
    IndexAll, Library, LibraryError, LibraryEvent, LibraryVideo, State as VideoState, Wanted,
};
use crate::worker::background::Report;
use crate::worker::guard::without_panic;
use crate::worker::looking::{Look, Looking};
use crate::worker::state::State;
use crate::worker::state::pace::Pace;
use crate::worker::{
    Event, Holdings, LibraryCommand, LibraryNews, LibraryProgress, LibraryWork, QueryId,
};

/// While videos are indexed, what the library holds is told at most this often: of ten thousand
/// videos that takes some milliseconds.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// What the worker knows of the library.
#[derive(Default)]
pub(super) struct Shelves {
    library: Option<Library>,
    looking: Option<Looking>,
    /// So often it was asked to look through everything, and has.
    n_asked: u64,
    n_looked: u64,
    /// Files that were looked at since.
    n_scanned: usize,
    job: Option<IndexAll>,
    /// Some video may wait to be indexed.
    has_waiting: bool,
    is_paused: bool,
    stands_back: bool,
    /// Why indexing has ended before its end.
    failure: Option<String>,
    progress: LibraryProgress,
    pace: Pace,
    n_waiting: usize,
    told_at: Option<Instant>,
    /// What was told is out of date.
    is_stale: bool,
    told_work: LibraryWork,
    /// The query that is answered from all videos.
    pub(super) wanted: Option<(QueryId, Wanted)>,
}

impl Shelves {
    /// Whether news are due soon.
    pub fn owes_news(&self) -> bool {
        self.is_stale
    }

    fn is_scanning(&self) -> bool {
        self.n_looked < self.n_asked
    }

    fn may_index(&self) -> bool {
        self.library.is_some()
            && (self.has_waiting || self.job.is_some())
            && !(self.is_paused || self.stands_back)
            && self.failure.is_none()
    }

    /// Another model sees other videos as indexed.
    pub fn leave_model(&mut self) {
        self.job = None;
        self.pace = Pace::default();
        self.progress = LibraryProgress::default();
    }

    pub fn stop_finding(&mut self, id: QueryId) {
        self.wanted.take_if(|(wanted, _)| *wanted == id);
    }

    /// The library, once it is open.
    pub fn library(&mut self) -> Option<&mut Library> {
        self.library.as_mut()
    }

    fn work(&self) -> LibraryWork {
        if let Some(failure) = &self.failure {
            return LibraryWork::Stopped(failure.clone());
        }
        let n_waiting = self.n_waiting;
        if self.is_scanning() && self.job.is_none() {
            let n_files = self.n_scanned;
            LibraryWork::Scanning { n_files }
        } else if n_waiting == 0 && self.job.is_none() {
            LibraryWork::Idle
        } else if self.is_paused {
            LibraryWork::Paused { n_waiting }
        } else if self.stands_back {
            LibraryWork::StandsBack { n_waiting }
        } else {
            LibraryWork::Indexing(self.progress.clone())
        }
    }
}

impl State {
    pub fn indexes_library(&self) -> bool {
        self.shelves.may_index()
    }

    /// Before a model is loaded, which may take a while: that there is a library, if there is one.
    pub fn tell_places(&mut self) {
        let Ok(places) = self.library().and_then(|library| library.places()) else {
            return; // When a model is loaded it is tried again.
        };
        if !places.is_empty() {
            let held = Holdings {
                places,
                ..Holdings::default()
            };
            (self.emit)(Event::Library(LibraryNews::Holds(Arc::new(held))));
        }
    }

    /// After a model was loaded: tells what there is, and looks for what is new.
    pub fn open_library(&mut self) {
        match self.library() {
            Ok(library) => {
                let has_places = library.places().is_ok_and(|places| !places.is_empty());
                self.shelves.has_waiting = true;
                self.tell_holdings();
                if has_places {
                    self.scan();
                }
            }
            // Whoever has no library need not hear of it.
            Err(error) => log::info!("{error}"),
        }
        self.answer_everywhere(None);
        self.tell_work();
    }

    pub(super) fn library(&mut self) -> Result<&mut Library, LibraryError> {
        let library = match self.shelves.library.take() {
            Some(library) => library,
            None => Library::open(&self.config.paths)?,
        };
        Ok(self.shelves.library.insert(library))
    }

    pub fn obey_for_library(&mut self, command: LibraryCommand) {
        let outcome = match command {
            LibraryCommand::Add(paths) => self
                .library()
                .and_then(|library| library.add(&paths))
                .map(|()| {
                    self.shelves.failure = None;
                    self.scan();
                }),
            LibraryCommand::AddOpened(path) => {
                match self.library().and_then(|it| it.add_video(&path)) {
                    Ok(()) => {
                        self.shelves.has_waiting = true;
                        self.tell_holdings();
                        if self.shelves.looking.is_none() {
                            self.scan();
                        }
                    }
                    // Nobody asked for it.
                    Err(error) => log::info!("{error}"),
                }
                Ok(())
            }
            LibraryCommand::Remove(path) => {
                self.library().and_then(|it| it.remove(&[path])).map(|()| {
                    self.tell_holdings();
                    self.answer_everywhere(None);
                })
            }
            LibraryCommand::Pause => {
                self.shelves.is_paused = true;
                Ok(())
            }
            LibraryCommand::GoOn => {
                self.shelves.is_paused = false;
                self.shelves.failure = None;
                self.shelves.has_waiting = true;
                Ok(())
            }
            LibraryCommand::StandBack(stands_back) => {
                self.shelves.stands_back = stands_back;
                Ok(())
            }
            LibraryCommand::Find { id, wanted } => {
                self.shelves.wanted = Some((id, wanted));
                self.answer_everywhere(None);
                Ok(())
            }
            LibraryCommand::StopFinding => {
                self.shelves.wanted = None;
                Ok(())
            }
        };
        if let Err(error) = outcome {
            self.tell_library_failure(error.to_string());
        }
        self.tell_work();
    }

    pub(super) fn tell_library_failure(&self, message: String) {
        (self.emit)(Event::Library(LibraryNews::Failed(message)));
    }

    /// Looks through all folders, beside everything else, and watches them from then on.
    fn scan(&mut self) {
        self.shelves.n_scanned = 0;
        self.shelves.n_asked += 1;
        let number = self.shelves.n_asked;
        let is_asked = |looking: &Looking| looking.look(number);
        if self.shelves.looking.as_ref().is_some_and(is_asked) {
            return;
        }
        let wake = Arc::clone(&self.wake);
        match Looking::start(self.config.paths.clone(), move || wake()) {
            Ok(looking) => {
                looking.look(number);
                self.shelves.looking = Some(looking);
            }
            Err(error) => {
                self.shelves.n_looked = number;
                self.tell_library_failure(format!("the folders cannot be looked through: {error}"));
            }
        }
    }

    fn take_looks(&mut self) {
        let reports = self.shelves.looking.as_ref().map(Looking::reports);
        for report in reports.unwrap_or_default() {
            let outcome = match report {
                Report::Said(Look::SoFar(n_files)) => {
                    self.shelves.n_scanned = n_files;
                    self.shelves.is_stale = true;
                    continue;
                }
                Report::Said(Look::Ended(number, outcome)) => {
                    self.shelves.n_looked = number.min(self.shelves.n_asked);
                    outcome
                }
                Report::Said(Look::Changed(outcome)) => outcome,
                Report::Crashed(message) => {
                    self.shelves.looking = None;
                    self.shelves.n_looked = self.shelves.n_asked;
                    Err(message)
                }
            };
            if let Err(message) = outcome {
                self.tell_library_failure(message);
            }
            self.shelves.has_waiting = true;
            self.tell_holdings();
        }
    }

    /// One step on the videos that wait, if nothing else has something to do.
    pub fn step_library(&mut self) {
        self.take_looks();
        let is_free = !self.is_indexing_video() && self.teaching.is_none();
        if is_free && self.shelves.may_index() {
            self.index_library();
        }
        let is_due = |told_at: Instant| told_at.elapsed() >= TELL_EVERY;
        if self.shelves.is_stale && self.shelves.told_at.is_none_or(is_due) {
            self.tell_holdings();
            // What was found so far is indexed while the rest is looked through.
            self.shelves.has_waiting |= self.shelves.is_scanning();
        }
        self.tell_work();
    }

    fn index_library(&mut self) {
        let (Some(engine), Some(library)) = (&mut self.engine, &mut self.shelves.library) else {
            return;
        };
        let mut job = self.shelves.job.take();
        let began = Instant::now();
        let outcome = without_panic(|| step(&mut job, library, engine));
        let secs = began.elapsed().as_secs_f64();
        match outcome {
            Ok(Ok(event)) => {
                self.shelves.job = job;
                self.shelves.pace.work(secs);
                self.note_indexing(event);
            }
            // What the job was at waits again: it ends here.
            Ok(Err(error)) => self.shelves.failure = Some(error.to_string()),
            Err(message) => self.shelves.failure = Some(message),
        }
    }

    fn note_indexing(&mut self, event: LibraryEvent) {
        let shelves = &mut self.shelves;
        match event {
            LibraryEvent::Began(path) => {
                shelves.progress.path = path;
                shelves.progress.of_video = None;
                shelves.pace.begin();
                self.tell_holdings();
            }
            LibraryEvent::Progress(progress) => {
                let part = progress.n_done as f64 / progress.n_total.max(1) as f64;
                shelves.progress.of_video = Some(progress);
                shelves.progress.remaining_secs = shelves.pace.remaining_secs(part);
            }
            LibraryEvent::Waiting => {}
            LibraryEvent::Indexed {
                n_clips, n_cached, ..
            } => self.note_one_done(n_cached < n_clips),
            LibraryEvent::Failed { .. } | LibraryEvent::NoVideo(_) => self.note_one_done(false),
            LibraryEvent::Finished => {
                shelves.job = None;
                shelves.has_waiting = false;
                shelves.progress = LibraryProgress::default();
                self.tell_holdings();
            }
        }
    }

    fn note_one_done(&mut self, is_measure: bool) {
        let shelves = &mut self.shelves;
        shelves.progress.n_done += 1;
        shelves.pace.end(is_measure);
        shelves.is_stale = true;
    }

    /// Tells what the library holds, or soon will if that was told a moment ago.
    fn tell_holdings(&mut self) {
        let (Some(engine), Some(library)) = (&self.engine, &mut self.shelves.library) else {
            return;
        };
        let held = (|| {
            let mut videos = library.videos(engine)?;
            videos.retain(|video| video.state != VideoState::NoVideo);
            Ok::<_, LibraryError>(Holdings {
                places: library.places()?,
                videos,
                problems: library.problems()?,
            })
        })();
        self.shelves.is_stale = false;
        self.shelves.told_at = Some(Instant::now());
        match held {
            Ok(held) => {
                self.note_waiting(&held.videos);
                (self.emit)(Event::Library(LibraryNews::Holds(Arc::new(held))));
            }
            Err(error) => self.tell_library_failure(error.to_string()),
        }
    }

    fn note_waiting(&mut self, videos: &[LibraryVideo]) {
        let shelves = &mut self.shelves;
        let is_open = |video: &&LibraryVideo| match video.state {
            VideoState::Waiting => !video.is_missing,
            // Another process may be at it; the one that is ours is told apart by its path.
            VideoState::Working => video.path == shelves.progress.path,
            _ => false,
        };
        let (mut n_waiting, mut n_bytes) = (0, 0);
        for video in videos.iter().filter(is_open) {
            n_waiting += 1;
            n_bytes += video.n_bytes;
            if video.path == shelves.progress.path {
                shelves.pace.current_bytes = video.n_bytes;
            }
        }
        shelves.n_waiting = n_waiting;
        shelves.pace.waiting_bytes = n_bytes;
        shelves.progress.n_total = shelves.progress.n_done + n_waiting;
    }

    /// Tells what is being done, if that has changed.
    fn tell_work(&mut self) {
        let work = self.shelves.work();
        if work != self.shelves.told_work {
            self.shelves.told_work = work.clone();
            (self.emit)(Event::Library(LibraryNews::Work(work)));
        }
    }
}

fn step(
    job: &mut Option<IndexAll>,
    library: &mut Library,
    engine: &mut Engine,
) -> Result<LibraryEvent, LibraryError> {
    let job = match job {
        Some(job) => job,
        None => job.insert(IndexAll::start(library, engine)?),
    };
    job.step(library, engine)
}
