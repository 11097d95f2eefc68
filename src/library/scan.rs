//! Looks through the folders of the library for what is new, was changed, was moved or is gone.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, UNIX_EPOCH};

use crate::library::catalogue::{KnownFile, Place, SeenFile};
use crate::library::error::LibraryError;
use crate::library::folder::{Found, Problem, search};
use crate::library::{Library, subtitles};
use crate::store::ContentId;

/// A step ends after so long, so that whoever waits for it can tell how far it is.
const STEP: Duration = Duration::from_millis(100);

/// What was found so far is written after so long, so that a kill costs no more.
const WRITE_EVERY: Duration = Duration::from_secs(2);

/// One look through all places, a short step at a time; dropping it ends it.
pub struct ScanJob {
    places: VecDeque<Place>,
    looked_into: Vec<Place>,
    /// As it was before the scan.
    known: HashMap<PathBuf, KnownFile>,
    found: VecDeque<Found>,
    seen: HashSet<PathBuf>,
    /// Known files that are as they were.
    present: Vec<PathBuf>,
    new: Vec<SeenFile>,
    /// Files beside which subtitles came, went or were changed.
    retold: Vec<(PathBuf, String)>,
    /// The subtitle files of folders that were looked into.
    subtitles: HashMap<PathBuf, Vec<PathBuf>>,
    last_write: Instant,
    problems: Vec<Problem>,
    /// A file that was changed more recently may still be being written.
    settles_after: Option<Duration>,
    report: ScanReport,
}

/// What a scan has found, and how far it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScanReport {
    /// Files that are or may be videos.
    pub n_files: usize,
    /// Files among them that were new or changed.
    pub n_new: usize,
    /// Files that are no video.
    pub n_skipped: usize,
    /// Folders that cannot be entered and files that cannot be read, in this scan.
    pub problems: Vec<Problem>,
    /// Files that were changed too recently to be looked at.
    pub unsettled: Vec<PathBuf>,
    pub is_finished: bool,
}

impl ScanJob {
    /// # Errors
    /// When the catalogue cannot be read.
    pub fn start(library: &Library) -> Result<Self, LibraryError> {
        Ok(Self {
            places: library.catalogue().places()?.into(),
            looked_into: Vec::new(),
            known: library.catalogue().files()?,
            found: VecDeque::new(),
            seen: HashSet::new(),
            present: Vec::new(),
            new: Vec::new(),
            retold: Vec::new(),
            subtitles: HashMap::new(),
            last_write: Instant::now(),
            problems: Vec::new(),
            settles_after: None,
            report: ScanReport::default(),
        })
    }

    /// A look at these files and folders alone, as far as they belong to places. What was changed within
    /// `settles_after` is left for later and told as unsettled.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub fn below(
        library: &Library,
        paths: &[PathBuf],
        settles_after: Duration,
    ) -> Result<Self, LibraryError> {
        let mut scan = Self::start(library)?;
        let places = Vec::from(std::mem::take(&mut scan.places));
        let belongs = |path: &PathBuf| places.iter().any(|place| path.starts_with(&place.path));
        let is_told = |path: &&PathBuf| paths.iter().any(|it| subtitles::belongs(it, path));
        let told = scan.known.keys().filter(is_told).cloned();
        let paths: Vec<_> = paths.iter().cloned().chain(told).collect();
        let looked_at = paths.iter().filter(|path| belongs(path));
        scan.places = looked_at
            .map(|path| Place {
                path: path.clone(),
                is_folder: path.is_dir(),
            })
            .collect();
        scan.known
            .retain(|path, _| paths.iter().any(|above| path.starts_with(above)));
        scan.settles_after = Some(settles_after);
        Ok(scan)
    }

    /// Looks on for about a tenth of a second; a step that begins a folder walks through all of it.
    ///
    /// # Errors
    /// When the catalogue cannot be written; what was found before stays.
    pub fn step(&mut self, library: &mut Library) -> Result<&ScanReport, LibraryError> {
        let deadline = Instant::now() + STEP;
        while Instant::now() < deadline && !self.report.is_finished {
            if let Some(found) = self.found.pop_front() {
                self.look_at(found);
            } else if let Some(place) = self.places.pop_front() {
                self.walk(place);
            } else {
                self.write(library)?;
                self.finish(library)?;
            }
        }
        if self.last_write.elapsed() > WRITE_EVERY {
            self.write(library)?;
        }
        Ok(&self.report)
    }

    /// Steps until everything was looked at.
    ///
    /// # Errors
    /// As [`ScanJob::step`].
    pub fn run(
        mut self,
        library: &mut Library,
        mut on_step: impl FnMut(&ScanReport),
    ) -> Result<ScanReport, LibraryError> {
        while !self.step(library)?.is_finished {
            on_step(&self.report);
        }
        Ok(self.report)
    }

    fn walk(&mut self, place: Place) {
        if place.is_folder && place.path.is_dir() {
            let found = search(&place.path);
            self.problems.extend(found.problems);
            self.report.n_skipped += found.n_skipped;
            self.found.extend(found.videos);
        } else if place.path.exists() {
            self.found.extend(self.alone(&place.path));
        }
        self.looked_into.push(place);
    }

    /// A file that was named by itself is meant, one that something happened to need not be a video.
    fn alone(&self, path: &Path) -> Option<Found> {
        match self.settles_after {
            Some(_) => Found::of_file(path),
            None => Some(Found::named(path.to_owned())),
        }
    }

    fn look_at(&mut self, found: Found) {
        if !self.seen.insert(found.path.clone()) {
            return; // it lies below two places
        }
        self.report.n_files += 1;
        match self.read(found) {
            Ok(Some(file)) => {
                self.report.n_new += 1;
                self.new.push(file);
            }
            Ok(None) => {}
            Err(problem) => self.problems.push(problem),
        }
    }

    /// `None` for a file that is as it was.
    fn read(&mut self, found: Found) -> Result<Option<SeenFile>, Problem> {
        let Found { path, is_named } = found;
        let problem = |error: io::Error| Problem {
            path: path.clone(),
            reason: error.to_string(),
        };
        let (n_bytes, modified_nanos) = stamp(&path).map_err(problem)?;
        if self.is_unsettled(modified_nanos) {
            self.report.unsettled.push(path);
            return Ok(None);
        }
        let is_as_before = self.known.get(&path).is_some_and(|known| {
            (known.n_bytes, known.modified_nanos) == (n_bytes, modified_nanos)
        });
        let beside = self.subtitles_beside(&path);
        if is_as_before {
            if self
                .known
                .get(&path)
                .is_some_and(|known| known.subtitles != beside)
            {
                self.retold.push((path.clone(), beside));
            }
            self.present.push(path);
            return Ok(None);
        }
        let content = ContentId::of_file(&path).map_err(problem)?;
        Ok(Some(SeenFile {
            path,
            content,
            n_bytes,
            modified_nanos,
            is_named,
            subtitles: beside,
        }))
    }

    /// What lies beside a video and says what is said in it.
    fn subtitles_beside(&mut self, video: &Path) -> String {
        let dir = video.parent().unwrap_or(video);
        if !self.subtitles.contains_key(dir) {
            let mut files = subtitles::subtitle_files(dir);
            files.sort();
            self.subtitles.insert(dir.to_owned(), files);
        }
        let files = self.subtitles[dir].iter();
        let beside: Vec<_> = files
            .filter(|file| subtitles::belongs(file, video))
            .collect();
        subtitles::fingerprint(&beside)
    }

    fn is_unsettled(&self, modified_nanos: i64) -> bool {
        let now = UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos() as i64;
        let age_nanos = now - modified_nanos;
        // A time in the future is that of another clock.
        let is_recent =
            |settles_after: Duration| (0..settles_after.as_nanos() as i64).contains(&age_nanos);
        self.settles_after.is_some_and(is_recent)
    }

    fn write(&mut self, library: &mut Library) -> Result<(), LibraryError> {
        self.last_write = Instant::now();
        library.catalogue_mut().record(&self.new)?;
        self.new.clear();
        library.catalogue_mut().set_subtitles(&self.retold)?;
        self.retold.clear();
        Ok(())
    }

    fn finish(&mut self, library: &mut Library) -> Result<(), LibraryError> {
        let is_gone = |(path, _): &(&PathBuf, &KnownFile)| {
            !self.seen.contains(*path) && fs::symlink_metadata(path).is_err()
        };
        let missing = self
            .known
            .iter()
            .filter(is_gone)
            .map(|(path, _)| path.clone());
        let missing: Vec<_> = missing.collect();
        let catalogue = library.catalogue_mut();
        catalogue.mark(&missing, &self.present)?;
        self.problems.sort_by(|a, b| a.path.cmp(&b.path));
        catalogue.set_problems(&self.looked_into, &self.problems)?;
        self.report.problems = std::mem::take(&mut self.problems);
        self.report.is_finished = true;
        library.settle()
    }
}

/// Length and time of the last change.
pub fn stamp(path: &Path) -> io::Result<(u64, i64)> {
    let metadata = fs::metadata(path)?;
    let modified = metadata.modified().ok();
    let since = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let nanos = since.map_or(0, |since| {
        i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
    });
    Ok((metadata.len(), nanos))
}
