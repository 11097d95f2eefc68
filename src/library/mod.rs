//! The library: all videos of a user's folders, found together.
//!
//! ```text
//! folders ─▶ ScanJob ─▶ Catalogue (SQLite) ─▶ IndexAll ─▶ cached features, one file per video
//!                                                              └─▶ Matrix (f16 rows, mapped)
//! query ─▶ unit vector ─▶ scan of all rows ─▶ candidates ─▶ Answer of each ─▶ moments, best first
//! ```
//! The cached features are the truth: the matrix and what the catalogue says of videos can be made
//! again from them and from the folders. Work comes as jobs with `step()`, and nothing here knows of
//! windows or output, nor of threads but the one that watches folders. Several processes may work on one library: the catalogue
//! deals out the videos.

pub mod catalogue;
mod chance;
mod dot;
mod error;
pub mod folder;
mod index;
mod indexing;
mod judge;
pub mod matrix;
mod path_bytes;
mod picture_chance;
pub mod postgres;
mod proposals;
mod rows;
mod scan;
mod search;
mod spoken;
mod spoken_query;
mod store;
mod subtitles;
mod watch;
mod worker;

use std::path::{Path, PathBuf};

use crate::engine::{Engine, FrameChoice};
use crate::store::{CacheUse, ContentId, EmbeddingCache, Paths};

pub use catalogue::{LibraryVideo, Place, State};
pub use chance::LibraryLevel;
pub use error::LibraryError;
pub use folder::Problem;
pub use index::matrix_bytes;
pub use indexing::{IndexAll, LibraryEvent};
pub use path_bytes::absolute;
pub use scan::{ScanJob, ScanReport};
pub use search::{Found, LibraryIndex, LibraryMoment, Wanted};
pub use spoken::{SpokenMoment, spoken_in};
pub use subtitles::captions_of_video;
pub use watch::{Watch, WatchEvent, WatchTimes};

use catalogue::{Catalogue, ModelRow, SeenFile};
use postgres::{Address, SharedCatalogue};
use store::Store;
use worker::Worker;

/// An open library.
pub struct Library {
    catalogue: Store,
    cache: EmbeddingCache,
    workers_dir: PathBuf,
    cache_dir: PathBuf,
    /// Names this one among the machines that share a library.
    machine: String,
}

impl Library {
    /// Opens the library of this user; makes an empty one where there is none.
    ///
    /// # Errors
    /// When the catalogue cannot be opened.
    pub fn open(paths: &Paths) -> Result<Self, LibraryError> {
        let catalogue = Catalogue::open(&paths.data_dir.join("library"))?;
        Self::with(Store::Own(Box::new(catalogue)), paths)
    }

    /// Opens the library on a PostgreSQL server, which several machines may share; makes an empty one
    /// where there is none.
    ///
    /// # Errors
    /// When the address makes no sense, the server cannot be reached, or lets us not in.
    pub fn open_shared(address: &str, paths: &Paths) -> Result<Self, LibraryError> {
        let address = Address::parse(address, |name| std::env::var(name).ok());
        let address = address.map_err(LibraryError::Address)?;
        let catalogue = SharedCatalogue::open(address)?;
        Self::with(Store::Shared(Box::new(catalogue)), paths)
    }

    fn with(catalogue: Store, paths: &Paths) -> Result<Self, LibraryError> {
        let dir = paths.data_dir.join("library");
        Ok(Self {
            catalogue,
            cache: EmbeddingCache::new(&paths.cache_dir),
            machine: worker::machine(&dir)?,
            workers_dir: dir.join("workers"),
            cache_dir: paths.cache_dir.clone(),
        })
    }

    /// Adds files, and folders with all below them; what failed there before is tried again. Nothing
    /// is looked at yet: that is the business of a [`ScanJob`].
    ///
    /// # Errors
    /// At a path that does not exist nothing is added.
    pub fn add(&mut self, paths: &[PathBuf]) -> Result<(), LibraryError> {
        let mut places = Vec::new();
        for path in paths {
            if !path.exists() {
                return Err(LibraryError::Missing(path.clone()));
            }
            places.push(Place {
                path: absolute(path),
                is_folder: path.is_dir(),
            });
        }
        self.catalogue.add_places(&places)?;
        let paths: Vec<_> = places.into_iter().map(|place| place.path).collect();
        self.catalogue.retry(&paths)
    }

    /// Adds one file that is known to be a video, and is at once told apart from the others. Nothing
    /// else is looked through.
    ///
    /// # Errors
    /// When the file cannot be read, or the catalogue not written.
    pub fn add_video(&mut self, path: &Path) -> Result<(), LibraryError> {
        let path = absolute(path);
        let failed = |error| LibraryError::Unreadable {
            path: path.clone(),
            error,
        };
        let (n_bytes, modified_nanos) = scan::stamp(&path).map_err(failed)?;
        let content = ContentId::of_file(&path).map_err(failed)?;
        if self.catalogue.place_above(&path)?.is_none() {
            let is_folder = false;
            let path = path.clone();
            self.catalogue.add_places(&[Place { path, is_folder }])?;
        }
        self.catalogue.record(&[SeenFile {
            path,
            content,
            n_bytes,
            modified_nanos,
            is_named: true,
            // The next scan says.
            subtitles: String::new(),
        }])
    }

    /// Takes places, and files that are gone, out of the library; the files themselves are not touched.
    ///
    /// # Errors
    /// At a path that is not in the library, or only as a part of a place, nothing is removed.
    pub fn remove(&mut self, paths: &[PathBuf]) -> Result<(), LibraryError> {
        let paths: Vec<_> = paths.iter().map(|path| absolute(path)).collect();
        for path in &paths {
            if self.catalogue.can_remove(path)? {
                continue;
            }
            return Err(match self.catalogue.place_above(path)? {
                Some(place) if path.exists() => LibraryError::InsidePlace {
                    path: path.clone(),
                    place,
                },
                _ => LibraryError::NotInLibrary(path.clone()),
            });
        }
        self.catalogue.remove(&paths)?;
        self.settle()
    }

    /// What the user added.
    ///
    /// # Errors
    /// When the catalogue cannot be read; so with all below.
    pub fn places(&self) -> Result<Vec<Place>, LibraryError> {
        self.catalogue.places()
    }

    /// All videos as this engine's model sees them, in order of their paths.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub fn videos(&mut self, engine: &Engine) -> Result<Vec<LibraryVideo>, LibraryError> {
        let model = self.model(engine)?;
        self.catalogue.videos(model)
    }

    /// Folders that could not be entered and files that could not be read when they were last looked
    /// for.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub fn problems(&self) -> Result<Vec<Problem>, LibraryError> {
        self.catalogue.problems()
    }

    /// How much disk the features take.
    pub fn disk_use(&self) -> CacheUse {
        self.cache.disk_use()
    }

    /// Lets the cache keep what is in the library, and nothing else. What a shared library holds is kept
    /// there, and the cache may hold videos of this machine's own library.
    fn settle(&mut self) -> Result<(), LibraryError> {
        if let Store::Shared(_) = self.catalogue {
            return Ok(());
        }
        let mut kept = self.cache.kept();
        if kept.is_empty() {
            return Ok(());
        }
        let contents = self.catalogue.contents()?;
        let contents: std::collections::HashSet<_> = contents.iter().collect();
        kept.retain(|video| !contents.contains(video));
        for video in kept {
            if let Err(error) = self.cache.release(&video) {
                log::info!("features of a removed video stay: {error}");
            }
        }
        Ok(())
    }

    fn model(&mut self, engine: &Engine) -> Result<ModelRow, LibraryError> {
        let encoder = engine.encoder();
        let sampling = frame_choice(engine).sampling();
        let (own, name) = (encoder.image_id(), &encoder.id().name);
        match &mut self.catalogue {
            Store::Own(catalogue) => {
                catalogue.adopt_model(encoder.former_image_id(), own, sampling)?;
                catalogue.model(own, sampling, name)
            }
            // What unrelated texts score is kept beside the rows, so the texts count as well.
            Store::Shared(catalogue) => catalogue.model(&encoder.id().hash, sampling, name),
        }
    }

    fn start_worker(&self) -> Result<Worker, LibraryError> {
        Worker::start(&self.workers_dir)
    }

    fn catalogue(&self) -> &Store {
        &self.catalogue
    }

    fn catalogue_mut(&mut self) -> &mut Store {
        &mut self.catalogue
    }

    fn cache_dir(&self) -> &Path {
        &self.cache_dir
    }
}

/// Which frames of its videos a library looks at.
fn frame_choice(engine: &Engine) -> FrameChoice {
    engine.frame_choice().settled()
}
