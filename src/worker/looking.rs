//! Looks through the folders of the library when asked to, and into what changes there without being asked.
//!
//! A disk may be slow or gone, so all of this happens on a thread of its own.

use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use crate::library::{Library, LibraryError, Place, ScanJob, Watch, WatchEvent, WatchTimes};
use crate::store::Paths;
use crate::worker::background::{Background, Report, Reporter};

/// So often it is asked whether another process has added folders or taken some out.
const ASK_EVERY: Duration = Duration::from_secs(5);

/// The thread; dropping it ends it.
pub struct Looking {
    asks: Sender<Ask>,
    thread: Background<Look>,
}

/// What the thread tells.
pub enum Look {
    /// So many files were looked at since it began to look through everything.
    SoFar(usize),
    /// The look through everything that was asked for with this number is over, and all before it.
    Ended(u64, Result<(), String>),
    /// Something changed in the folders, and the library knows of it.
    Changed(Result<(), String>),
}

enum Ask {
    Everything(u64),
    /// The watch has something to say.
    Happened,
    Stop,
}

impl Looking {
    /// Starts the thread; `wake` is called after each report.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(paths: Paths, wake: impl Fn() + Send + 'static) -> io::Result<Self> {
        let (asks, inbox) = mpsc::channel();
        let to_itself = asks.clone();
        let thread = Background::start("library", wake, move |reporter| {
            let looked = Library::open(&paths).and_then(|library| {
                let mut looker = Looker::new(library, to_itself, reporter)?;
                looker.run(&inbox)
            });
            if let Err(error) = looked {
                reporter.say(Look::Ended(u64::MAX, Err(error.to_string())));
            }
        })?;
        Ok(Self { asks, thread })
    }

    /// Asks to look through everything; says with this number when that is done. `false` where the thread
    /// has ended.
    pub fn look(&self, number: u64) -> bool {
        self.asks.send(Ask::Everything(number)).is_ok()
    }

    /// What was told since the last call.
    pub fn reports(&self) -> Vec<Report<Look>> {
        self.thread.reports()
    }
}

impl Drop for Looking {
    fn drop(&mut self) {
        // An error means that it has ended.
        let _ = self.asks.send(Ask::Stop);
    }
}

/// On the thread.
struct Looker<'a> {
    library: Library,
    reporter: &'a Reporter<Look>,
    places: Vec<Place>,
    /// `None` where the system gives none: then only what is asked for is looked through.
    watch: Option<(Watch, Receiver<WatchEvent>)>,
    times: WatchTimes,
}

/// What the thread was asked until now.
#[derive(Default)]
struct Asked {
    everything: Option<u64>,
    is_over: bool,
}

impl<'a> Looker<'a> {
    fn new(
        library: Library,
        asks: Sender<Ask>,
        reporter: &'a Reporter<Look>,
    ) -> Result<Self, LibraryError> {
        let places = library.places()?;
        let times = WatchTimes::default();
        let watch = Watch::start(places.clone(), times, move || {
            // An error means that nobody is there to be told.
            let _ = asks.send(Ask::Happened);
        });
        let watch = watch.inspect_err(|error| log::warn!("folders are not watched: {error}"));
        Ok(Self {
            library,
            reporter,
            places,
            watch: watch.ok(),
            times,
        })
    }

    fn run(&mut self, inbox: &Receiver<Ask>) -> Result<(), LibraryError> {
        loop {
            let asked = match inbox.recv_timeout(ASK_EVERY) {
                Ok(ask) => Asked::of(std::iter::once(ask).chain(inbox.try_iter())),
                Err(RecvTimeoutError::Timeout) => Asked::default(),
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            };
            if asked.is_over {
                return Ok(());
            }
            // What changes while it is looked through is told by the watch.
            let mut changed = self.follow_places()?;
            if let Some(number) = asked.everything {
                let outcome = ScanJob::start(&self.library).and_then(|scan| self.look(scan, true));
                self.say(|outcome| Look::Ended(number, outcome), outcome);
            }
            changed.extend(self.happened());
            if !changed.is_empty() {
                let scan = ScanJob::below(&self.library, &changed, self.times.quiet);
                let outcome = scan.and_then(|scan| self.look(scan, false));
                self.say(Look::Changed, outcome);
            }
            if self.reporter.is_cancelled() {
                return Ok(());
            }
        }
    }

    fn say(
        &self,
        look: impl FnOnce(Result<(), String>) -> Look,
        outcome: Result<(), LibraryError>,
    ) {
        self.reporter
            .say(look(outcome.map_err(|error| error.to_string())));
    }

    /// Watches what belongs to the library now; gives what came to it and what left.
    fn follow_places(&mut self) -> Result<Vec<PathBuf>, LibraryError> {
        let places = self.library.places()?;
        if places == self.places {
            return Ok(Vec::new());
        }
        let is_other = |place: &&Place| !(places.contains(place) && self.places.contains(place));
        let both = places.iter().chain(&self.places);
        let others = both
            .filter(is_other)
            .map(|place| place.path.clone())
            .collect();
        if let Some((watch, _)) = &self.watch {
            watch.set_places(places.clone());
        }
        self.places = places;
        Ok(others)
    }

    /// What the watch has told.
    fn happened(&self) -> Vec<PathBuf> {
        let mut changed = Vec::new();
        for event in self.watch.iter().flat_map(|(_, events)| events.try_iter()) {
            match event {
                WatchEvent::Changed(paths) => changed.extend(paths),
                WatchEvent::Unseen { place, reason } => {
                    log::info!("{} is not watched: {reason}", place.display());
                }
            }
        }
        changed
    }

    fn look(&mut self, mut scan: ScanJob, tells: bool) -> Result<(), LibraryError> {
        loop {
            let report = scan.step(&mut self.library)?;
            if report.is_finished || self.reporter.is_cancelled() {
                if let Some((watch, _)) = &self.watch {
                    report
                        .unsettled
                        .iter()
                        .for_each(|path| watch.again(path.clone()));
                }
                return Ok(());
            }
            if tells {
                self.reporter.say(Look::SoFar(report.n_files));
            }
        }
    }
}

impl Asked {
    fn of(asks: impl Iterator<Item = Ask>) -> Self {
        let mut asked = Self::default();
        for ask in asks {
            match ask {
                Ask::Everything(number) => asked.everything = Some(number),
                Ask::Happened => {}
                Ask::Stop => asked.is_over = true,
            }
        }
        asked
    }
}
