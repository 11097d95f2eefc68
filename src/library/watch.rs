//! Says which files below the places of a library changed, once they have come to rest.
//!
//! ```text
//! notify's thread ─▶ paths that something happened to ─▶ quiet for a while? ─▶ Changed(paths) ─▶ ScanJob::below
//!                                                        └─ every so often ──▶ Changed(all places)
//! ```
//! A file that is still being copied changes again and again, so it waits. Where the system cannot tell
//! of changes, such as on most network drives, the look through everything finds them later.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use notify::event::{EventKind, ModifyKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::library::catalogue::Place;
use crate::library::scan::stamp;

/// So many changes at once are a change of the whole place.
const MAX_PATHS: usize = 1000;

/// When a watch says something.
#[derive(Clone, Copy, Debug)]
pub struct WatchTimes {
    /// A file must have been left alone for so long.
    pub quiet: Duration,
    /// All places are looked through so often.
    pub whole: Duration,
}

impl Default for WatchTimes {
    fn default() -> Self {
        Self {
            quiet: Duration::from_secs(2),
            whole: Duration::from_secs(600),
        }
    }
}

/// What a watch has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WatchEvent {
    /// These files and folders changed, came, or are gone; they have come to rest.
    Changed(Vec<PathBuf>),
    /// Changes below this place are only seen when everything is looked through.
    Unseen { place: PathBuf, reason: String },
}

/// A thread that watches places until this is dropped.
pub struct Watch {
    notes: Sender<Note>,
}

enum Note {
    Happened(notify::Result<notify::Event>),
    /// What is watched from now on, and whom to tell that it is.
    Places(Vec<Place>, Sender<()>),
    /// Has not come to rest yet.
    Again(PathBuf),
    Stop,
}

impl Watch {
    /// Watches these places; `wake` is called after each event that was sent. What happens after this
    /// returns is told.
    ///
    /// # Errors
    /// When the system starts no thread.
    pub fn start(
        places: Vec<Place>,
        times: WatchTimes,
        wake: impl Fn() + Send + 'static,
    ) -> std::io::Result<(Self, Receiver<WatchEvent>)> {
        let (notes, inbox) = mpsc::channel();
        let (outbox, events) = mpsc::channel();
        let to_thread = notes.clone();
        let watch = Self { notes };
        thread::Builder::new()
            .name("library watch".into())
            .spawn(move || {
                let mut watching = Watching {
                    times,
                    watcher: None,
                    places: Vec::new(),
                    unseen: Vec::new(),
                    restless: HashMap::new(),
                    last_whole: Instant::now(),
                    outbox,
                    wake: Box::new(wake),
                };
                drop(watching.run(&inbox, &to_thread));
            })?;
        watch.set_places(places);
        Ok((watch, events))
    }

    /// Watches other places; what happens there after this returns is told.
    pub fn set_places(&self, places: Vec<Place>) {
        let (done, is_done) = mpsc::channel();
        // An error means that there is no thread any more that could be told.
        let _ = self.notes.send(Note::Places(places, done));
        let _ = is_done.recv();
    }

    /// Asks to be told of a file again that had not come to rest when it was looked at.
    pub fn again(&self, path: PathBuf) {
        let _ = self.notes.send(Note::Again(path));
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.notes.send(Note::Stop);
    }
}

/// Something happened to a file, or was seen to.
struct Restless {
    since: Instant,
    /// Its length and time then; `None` for what cannot be asked.
    stamp: Option<(u64, i64)>,
}

struct Watching {
    times: WatchTimes,
    watcher: Option<RecommendedWatcher>,
    places: Vec<Place>,
    /// Places that cannot be watched, such as those that are not there now.
    unseen: Vec<PathBuf>,
    restless: HashMap<PathBuf, Restless>,
    last_whole: Instant,
    outbox: Sender<WatchEvent>,
    wake: Box<dyn Fn() + Send>,
}

/// Nobody listens any more.
struct Over;

impl Watching {
    fn run(&mut self, inbox: &Receiver<Note>, notes: &Sender<Note>) -> Result<(), Over> {
        loop {
            match inbox.recv_timeout(self.patience()) {
                Ok(Note::Happened(Ok(event))) => self.take(event)?,
                Ok(Note::Happened(Err(error))) => {
                    log::info!("changes may have been missed: {error}");
                    self.tell_whole()?;
                }
                Ok(Note::Places(places, done)) => {
                    self.set_places(places, notes);
                    // Whoever does not wait needs no answer.
                    let _ = done.send(());
                }
                Ok(Note::Again(path)) => self.note(path),
                Ok(Note::Stop) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Err(RecvTimeoutError::Timeout) => {}
            }
            self.tell_quiet()?;
            if self.last_whole.elapsed() >= self.times.whole {
                // A drive that was plugged in meanwhile can be watched again.
                if !self.unseen.is_empty() {
                    self.set_places(self.places.clone(), notes);
                }
                self.tell_whole()?;
            }
        }
    }

    /// How long nothing has to be done.
    fn patience(&self) -> Duration {
        let whole = self.times.whole.saturating_sub(self.last_whole.elapsed());
        let restless = self.restless.values();
        let quiet = restless.map(|it| self.times.quiet.saturating_sub(it.since.elapsed()));
        quiet.min().map_or(whole, |quiet| quiet.min(whole))
    }

    fn set_places(&mut self, places: Vec<Place>, notes: &Sender<Note>) {
        self.places = places;
        let before = std::mem::take(&mut self.unseen);
        let to_thread = notes.clone();
        let made = notify::recommended_watcher(move |event| {
            let _ = to_thread.send(Note::Happened(event));
        });
        let mut watcher = match made {
            Ok(watcher) => watcher,
            Err(error) => {
                self.watcher = None;
                let places = self.places.clone();
                for place in places {
                    self.cannot_see(place.path, &error, &before);
                }
                return;
            }
        };
        for place in self.places.clone() {
            // A file is replaced by renaming another to its name: only its folder sees that.
            let (watched, mode) = match (place.is_folder, place.path.parent()) {
                (false, Some(folder)) => (folder, RecursiveMode::NonRecursive),
                _ => (place.path.as_path(), RecursiveMode::Recursive),
            };
            if let Err(error) = watcher.watch(watched, mode) {
                self.cannot_see(place.path, &error, &before);
            }
        }
        self.watcher = Some(watcher);
    }

    fn cannot_see(&mut self, place: PathBuf, error: &notify::Error, before: &[PathBuf]) {
        self.unseen.push(place.clone());
        if !before.contains(&place) {
            let reason = match &error.kind {
                notify::ErrorKind::MaxFilesWatch => {
                    "the system watches no more folders (see fs.inotify.max_user_watches)"
                        .to_owned()
                }
                notify::ErrorKind::Io(cause) => cause.to_string(),
                notify::ErrorKind::PathNotFound => "it is not there now".to_owned(),
                _ => error.to_string(),
            };
            // If nobody listens, the next event ends the thread.
            drop(self.tell(WatchEvent::Unseen { place, reason }));
        }
    }

    fn take(&mut self, event: notify::Event) -> Result<(), Over> {
        if event.need_rescan() {
            return self.tell_whole();
        }
        // Reading a file, as indexing does, and changing its rights are no news.
        let is_news = match event.kind {
            EventKind::Access(_) => matches!(
                event.kind,
                EventKind::Access(notify::event::AccessKind::Close(
                    notify::event::AccessMode::Write
                ))
            ),
            EventKind::Modify(ModifyKind::Metadata(what)) => {
                matches!(what, notify::event::MetadataKind::WriteTime)
            }
            _ => true,
        };
        for path in event.paths.into_iter().filter(|_| is_news) {
            if self
                .places
                .iter()
                .any(|place| path.starts_with(&place.path))
            {
                self.note(path);
            }
        }
        Ok(())
    }

    fn note(&mut self, path: PathBuf) {
        let seen = Restless {
            since: Instant::now(),
            stamp: stamp(&path).ok(),
        };
        self.restless.insert(path, seen);
    }

    /// Tells of what has come to rest.
    fn tell_quiet(&mut self) -> Result<(), Over> {
        let due = self.restless.iter();
        let due = due.filter(|(_, it)| it.since.elapsed() >= self.times.quiet);
        let due: Vec<_> = due.map(|(path, _)| path.clone()).collect();
        let mut quiet = Vec::new();
        for path in due {
            let is_still = self
                .restless
                .get(&path)
                .is_some_and(|it| it.stamp == stamp(&path).ok());
            if is_still {
                self.restless.remove(&path);
                quiet.push(path);
            } else {
                self.note(path); // it grew, and the system did not say so
            }
        }
        match quiet.len() {
            0 => Ok(()),
            n if n > MAX_PATHS => self.tell_whole(),
            _ => {
                quiet.sort();
                self.tell(WatchEvent::Changed(outermost(quiet)))
            }
        }
    }

    fn tell_whole(&mut self) -> Result<(), Over> {
        self.last_whole = Instant::now();
        let places = self.places.iter().map(|place| place.path.clone());
        let places = outermost(places.collect());
        match places.is_empty() {
            true => Ok(()),
            false => self.tell(WatchEvent::Changed(places)),
        }
    }

    fn tell(&self, event: WatchEvent) -> Result<(), Over> {
        self.outbox.send(event).map_err(|_| Over)?;
        (self.wake)();
        Ok(())
    }
}

/// Without paths that lie below others.
fn outermost(mut paths: Vec<PathBuf>) -> Vec<PathBuf> {
    paths.sort();
    let mut kept: Vec<PathBuf> = Vec::new();
    for path in paths {
        if !kept
            .last()
            .is_some_and(|above: &PathBuf| is_below(&path, above))
        {
            kept.push(path);
        }
    }
    kept
}

fn is_below(path: &Path, above: &Path) -> bool {
    path.starts_with(above)
}

#[cfg(test)]
mod tests;
