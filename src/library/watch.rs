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
    /// What is watched from now on.
    Places(Vec<Place>),
    /// Has not come to rest yet.
    Again(PathBuf),
    Stop,
}

impl Watch {
    /// Watches these places; `wake` is called after each event that was sent.
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
                watching.set_places(places, &to_thread);
                drop(watching.run(&inbox, &to_thread));
            })?;
        Ok((Self { notes }, events))
    }

    /// Watches other places from now on.
    pub fn set_places(&self, places: Vec<Place>) {
        // Without a thread there is nobody to tell.
        let _ = self.notes.send(Note::Places(places));
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
                Ok(Note::Places(places)) => self.set_places(places, notes),
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
mod tests {
    use super::*;
    use std::fs;
    use std::io::Write as _;

    /// Longer than anything takes on a slow machine; reaching it means that nothing comes.
    const PATIENCE: Duration = Duration::from_secs(60);

    fn watched(quiet: Duration) -> (tempfile::TempDir, Watch, Receiver<WatchEvent>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().canonicalize().unwrap();
        let places = vec![Place {
            path,
            is_folder: true,
        }];
        let times = WatchTimes {
            quiet,
            ..WatchTimes::default()
        };
        let (watch, events) = Watch::start(places, times, || {}).unwrap();
        // The watch is set by the thread: until then nothing is seen.
        loop {
            fs::write(dir.path().join("first"), "x").unwrap();
            if events.recv_timeout(10 * quiet).is_ok() {
                return (dir, watch, events);
            }
        }
    }

    fn names(event: WatchEvent) -> Vec<String> {
        let WatchEvent::Changed(paths) = event else {
            panic!("{event:?}");
        };
        let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
        paths.iter().map(name).collect()
    }

    #[test]
    fn a_file_that_is_still_being_copied_waits_until_it_is_whole() {
        let (dir, _watch, events) = watched(Duration::from_millis(400));
        let mut file = fs::File::create(dir.path().join("film.mp4")).unwrap();
        for _ in 0..20 {
            file.write_all(&[7; 1000]).unwrap();
            thread::sleep(Duration::from_millis(50));
            // "first" may be told again; the film must not.
            while let Ok(event) = events.try_recv() {
                assert_eq!(names(event), ["first"]);
            }
        }
        drop(file);
        loop {
            let event = events.recv_timeout(PATIENCE).unwrap();
            if names(event) == ["film.mp4"] {
                break;
            }
        }
        assert_eq!(
            fs::metadata(dir.path().join("film.mp4")).unwrap().len(),
            20_000
        );
    }

    #[test]
    fn moves_name_both_ends_and_new_folders_are_watched_too() {
        let (dir, _watch, events) = watched(Duration::from_millis(100));
        fs::create_dir(dir.path().join("sub")).unwrap();
        fs::rename(dir.path().join("first"), dir.path().join("sub/second")).unwrap();
        let mut told = Vec::new();
        while !(told.contains(&"first".to_owned())
            && (told.contains(&"second".to_owned()) || told.contains(&"sub".to_owned())))
        {
            told.extend(names(events.recv_timeout(PATIENCE).unwrap()));
        }
        fs::write(dir.path().join("sub/third"), "x").unwrap();
        while !told.contains(&"third".to_owned()) {
            told.extend(names(events.recv_timeout(PATIENCE).unwrap()));
        }
    }

    #[test]
    fn what_was_missed_and_what_cannot_be_watched_is_found_by_looking_through_everything() {
        let dir = tempfile::tempdir().unwrap();
        let gone = dir.path().canonicalize().unwrap().join("drive");
        let places = vec![Place {
            path: gone.clone(),
            is_folder: true,
        }];
        let times = WatchTimes {
            quiet: Duration::from_millis(50),
            whole: Duration::from_millis(200),
        };
        let (watch, events) = Watch::start(places, times, || {}).unwrap();
        let first = events.recv_timeout(PATIENCE).unwrap();
        assert!(matches!(first, WatchEvent::Unseen { place, .. } if place == gone));
        assert_eq!(
            events.recv_timeout(PATIENCE).unwrap(),
            WatchEvent::Changed(vec![gone.clone()])
        );
        watch.again(gone.join("film.mp4"));
        loop {
            match events.recv_timeout(PATIENCE).unwrap() {
                WatchEvent::Changed(paths) if paths == [gone.join("film.mp4")] => break,
                WatchEvent::Changed(_) => {}
                other => panic!("said again: {other:?}"),
            }
        }
        drop(watch);
        while events.recv_timeout(PATIENCE).is_ok() {}
    }

    #[test]
    fn what_lies_below_something_else_is_not_told_apart() {
        let paths = ["/a/b", "/a", "/ab", "/a/c/d"].map(PathBuf::from);
        assert_eq!(
            outermost(paths.to_vec()),
            [PathBuf::from("/a"), "/ab".into()]
        );
    }
}
