//! Work beside the window that needs no engine: writing files, cutting, downloading, looking for
//! installed models.

use std::io;
use std::path::{Path, PathBuf};

use crate::app::demo;
use crate::app::desktop::file_manager;
use crate::app::effect::{Content, Write};
use crate::app::settings::Settings;
use crate::app::shot::Taken;
use crate::domain::{Query, TimeSpan, count};
use crate::engine::{FoundMoments, InstalledModel, ModelChoice};
use crate::export::{Export, FileFormat};
use crate::store::{self, Hub, HubCache, Paths, RepoId, atomic};
use crate::video::{LookOptions, Source, look};
use crate::worker::{
    Background, Command, CutProgress, CutTarget, Cutting, Download, DownloadFailure, Downloading,
    Report, ToCut, VideoId, Writer,
};

/// All such work, and what it needs.
pub struct Jobs {
    paths: Paths,
    hub: Hub,
    writer: Writer<Written>,
    cutting: Cutting,
    downloading: Downloading,
    listing: Option<Background<Vec<InstalledModel>>>,
    showing: Option<Background<Result<(), String>>>,
    dropped: Option<Background<Dropped>>,
    /// In the order in which they were asked for.
    pictures: Vec<Background<Result<Query, String>>>,
    changes: Vec<Background<(VideoId, Vec<f64>)>>,
    ctx: egui::Context,
}

/// What the writer has done.
enum Written {
    Settings(io::Result<()>),
    Moments(Result<(String, PathBuf), String>),
    Demo(io::Result<PathBuf>),
    /// The file can be written: this is to be sent to the worker.
    Checked(Box<Command>),
}

/// What was dropped on the window.
#[derive(Clone, Debug)]
pub enum Dropped {
    Folder(PathBuf),
    /// It may be a video.
    File(PathBuf),
}

/// What has ended since the last [`Jobs::poll`].
#[derive(Clone, Debug)]
pub enum Ended {
    /// Why something could not be done, in a sentence.
    Failed(String),
    /// What was written, in a sentence, and where.
    Written(String, PathBuf),
    /// The demo is there.
    Demo(PathBuf),
    /// The models on this machine.
    Listed(Vec<InstalledModel>),
    Downloaded(RepoId),
    NotDownloaded(DownloadFailure),
    Checked(Box<Command>),
    Dropped(Dropped),
    /// A picture is ready to be asked.
    Picture(Query),
    /// Where the picture changes in the part that was looked at.
    Changes(VideoId, Vec<f64>),
}

/// What is running, and what has ended.
pub struct JobNews {
    pub cuts: Option<CutProgress>,
    pub download: Option<Download>,
    pub ended: Vec<Ended>,
}

impl Jobs {
    /// # Errors
    /// When the system gives no thread.
    pub fn start(ctx: &egui::Context, paths: Paths, hub: Hub) -> io::Result<Self> {
        Ok(Self {
            writer: Writer::start(wake(ctx))?,
            paths,
            hub,
            cutting: Cutting::default(),
            downloading: Downloading::default(),
            listing: None,
            showing: None,
            dropped: None,
            pictures: Vec::new(),
            changes: Vec::new(),
            ctx: ctx.clone(),
        })
    }

    /// Keeps the settings as they are now.
    pub fn save_settings(&self, settings: &Settings) {
        let (settings, paths) = (settings.clone(), self.paths.clone());
        self.writer
            .write_latest(move || Written::Settings(settings.save(&paths)));
    }

    /// Writes a file, unless something is in the way.
    pub fn write(&self, order: Write) {
        self.writer.write(move || {
            let Write { file, videos, what } = order;
            let videos: Vec<&Path> = videos.iter().map(PathBuf::as_path).collect();
            if let Err(error) = store::check_target(&file, &videos) {
                return Written::Moments(Err(error.to_string()));
            }
            match what {
                Content::Moments(format, document) => {
                    let outcome = export_to(&file, format, Export::One(&document));
                    Written::Moments(outcome.map(|text| (text, file)))
                }
                Content::FromAll(format, found) => {
                    let outcome = export_all_to(&file, format, &found);
                    Written::Moments(outcome.map(|text| (text, file)))
                }
                Content::FromWorker(command) => Written::Checked(Box::new(command)),
            }
        });
    }

    /// Makes a query of a picture.
    ///
    /// # Errors
    /// When the system gives no thread, in one sentence.
    pub fn take_picture(&mut self, taken: Taken) -> Result<(), String> {
        let work = Background::start("picture", wake(&self.ctx), move |reporter| {
            reporter.say(taken.query(reporter.cancel()));
        });
        let work = work.map_err(|error| format!("no picture can be taken now: {error}"))?;
        self.pictures.push(work);
        Ok(())
    }

    /// Puts the demo where it can be opened.
    pub fn write_demo(&self) {
        let paths = self.paths.clone();
        self.writer
            .write(move || Written::Demo(demo::write(&paths)));
    }

    /// Shows a file or a folder in the desktop's file manager.
    ///
    /// # Errors
    /// When the system gives no thread, in one sentence.
    pub fn show_in_folder(&mut self, path: PathBuf) -> Result<(), String> {
        let showing = Background::start("file manager", wake(&self.ctx), move |reporter| {
            reporter.say(file_manager::show(&path));
        });
        let showing = showing.map_err(|error| format!("nothing can be shown now: {error}"))?;
        self.showing = Some(showing);
        Ok(())
    }

    /// Finds out whether what was dropped is a folder: a disk may be slow.
    ///
    /// # Errors
    /// When the system gives no thread, in one sentence.
    pub fn look_at_dropped(&mut self, path: PathBuf) -> Result<(), String> {
        let looking = Background::start("dropped", wake(&self.ctx), move |reporter| {
            reporter.say(match path.is_dir() {
                true => Dropped::Folder(path),
                false => Dropped::File(path),
            });
        });
        let looking = looking.map_err(|error| format!("nothing can be opened now: {error}"))?;
        self.dropped = Some(looking);
        Ok(())
    }

    /// Finds where the picture changes in a part of a video; a file that cannot be read has no changes.
    ///
    /// # Errors
    /// When the system gives no thread, in one sentence.
    pub fn look_for_changes(
        &mut self,
        video: VideoId,
        path: PathBuf,
        span: TimeSpan,
    ) -> Result<(), String> {
        let looking = Background::start("changes", wake(&self.ctx), move |reporter| {
            let options = LookOptions {
                changes_in: Some(span),
                cancel: reporter.cancel(),
                ..LookOptions::default()
            };
            let seen = Source::open(&path).and_then(|source| look(&source, &options));
            match seen {
                Ok(seen) => reporter.say((video, seen.changes_secs)),
                Err(error) => log::info!("changes of the picture: {error}"),
            }
        });
        let looking = looking.map_err(|error| format!("no picture can be looked at: {error}"))?;
        self.changes.push(looking);
        Ok(())
    }

    /// # Errors
    /// When the system gives no thread, in one sentence.
    pub fn cut(&mut self, what: ToCut, target: CutTarget) -> Result<(), String> {
        self.cutting.start(what, target, wake(&self.ctx))
    }

    pub fn cancel_cuts(&mut self) {
        self.cutting.cancel();
    }

    /// # Errors
    /// When the system gives no thread, in one sentence.
    pub fn download(&mut self, repo: &RepoId) -> Result<(), String> {
        let cache = HubCache::new(&self.paths.hub_dir);
        let hub = self.hub.clone();
        self.downloading.start(hub, cache, repo, wake(&self.ctx))
    }

    pub fn cancel_download(&mut self) {
        self.downloading.cancel();
    }

    /// Finds out which models are on this machine.
    ///
    /// # Errors
    /// When the system gives no thread, in one sentence.
    pub fn list_models(&mut self) -> Result<(), String> {
        let paths = self.paths.clone();
        let listing = Background::start("models", wake(&self.ctx), move |reporter| {
            reporter.say(ModelChoice::installed(&paths));
        });
        let listing = listing.map_err(|error| format!("models cannot be listed now: {error}"))?;
        self.listing = Some(listing);
        Ok(())
    }

    pub fn poll(&mut self) -> JobNews {
        let mut ended = Vec::new();
        for report in self.writer.reports() {
            match report {
                Report::Said(Written::Settings(Ok(()))) => {}
                Report::Said(Written::Settings(Err(error))) => {
                    log::warn!("the settings cannot be kept: {error}");
                }
                Report::Said(Written::Moments(outcome)) => ended.push(written(outcome)),
                Report::Said(Written::Demo(Ok(file))) => ended.push(Ended::Demo(file)),
                Report::Said(Written::Demo(Err(error))) => {
                    let message = format!("the demo cannot be written: {error}");
                    ended.push(Ended::Failed(message));
                }
                Report::Said(Written::Checked(command)) => ended.push(Ended::Checked(command)),
                Report::Crashed(message) => ended.push(Ended::Failed(message)),
            }
        }
        let listed = self.listing.as_ref().and_then(|work| work.reports().pop());
        match listed {
            Some(Report::Said(models)) => ended.push(Ended::Listed(models)),
            Some(Report::Crashed(message)) => ended.push(Ended::Failed(message)),
            None => {}
        }
        let shown = self.showing.as_ref().and_then(|work| work.reports().pop());
        if let Some(Report::Said(Err(message)) | Report::Crashed(message)) = shown {
            ended.push(Ended::Failed(message));
        }
        let dropped = self.dropped.as_ref().and_then(|work| work.reports().pop());
        if let Some(report) = dropped {
            self.dropped = None;
            ended.push(match report {
                Report::Said(dropped) => Ended::Dropped(dropped),
                Report::Crashed(message) => Ended::Failed(message),
            });
        }
        let mut pictures = std::mem::take(&mut self.pictures);
        while let Some(report) = pictures.first().and_then(|work| work.reports().pop()) {
            pictures.remove(0);
            ended.push(match report {
                Report::Said(Ok(query)) => Ended::Picture(query),
                Report::Said(Err(message)) | Report::Crashed(message) => Ended::Failed(message),
            });
        }
        self.pictures = pictures;
        self.changes.retain(|work| {
            let reports = work.reports();
            let seen = reports.into_iter().find_map(|report| match report {
                Report::Said(seen) => Some(seen),
                Report::Crashed(_) => None,
            });
            let is_over = seen.is_some();
            ended.extend(seen.map(|(video, changes)| Ended::Changes(video, changes)));
            !is_over
        });
        let (cuts, outcome) = self.cutting.poll();
        ended.extend(outcome.map(written));
        let (download, outcome) = self.downloading.poll();
        ended.extend(outcome.map(|outcome| match outcome {
            Ok(repo) => Ended::Downloaded(repo),
            Err(failure) => Ended::NotDownloaded(failure),
        }));
        JobNews {
            cuts,
            download,
            ended,
        }
    }

    /// Whether everything that was to be written is written.
    pub fn is_idle(&self) -> bool {
        self.writer.is_idle() && self.dropped.is_none() && self.pictures.is_empty()
    }

    /// Waits until everything that was to be written is written: the window is closed by now.
    pub fn finish(&mut self) {
        self.writer.finish();
        self.poll();
    }
}

fn written(outcome: Result<(String, PathBuf), String>) -> Ended {
    match outcome {
        Ok((text, at)) => Ended::Written(text, at),
        Err(message) => Ended::Failed(message),
    }
}

/// Makes the window draw a frame, which takes in the result.
fn wake(ctx: &egui::Context) -> impl Fn() + Send + 'static {
    let ctx = ctx.clone();
    move || ctx.request_repaint()
}

/// Opens the videos for their rates; what cannot be opened is left out and told.
fn export_all_to(file: &Path, format: FileFormat, found: &FoundMoments) -> Result<String, String> {
    let (documents, problems) = found.documents();
    let problem = problems.first();
    if let Some(problem) = problem.filter(|_| documents.is_empty()) {
        return Err(problem.to_string());
    }
    let text = export_to(file, format, Export::Several(&documents))?;
    Ok(match problem {
        Some(problem) => format!("{text}; left out: {problem}"),
        None => text,
    })
}

fn export_to(file: &Path, format: FileFormat, what: Export<'_>) -> Result<String, String> {
    let bytes = format.write(what).map_err(|error| error.to_string())?;
    atomic::write(file, &bytes)
        .map_err(|error| format!("{} cannot be written: {error}", file.display()))?;
    let queries = what.documents().iter().flat_map(|it| &it.queries);
    let n_moments = queries.map(|query| query.moments.len()).sum();
    let moments = count(n_moments, "moment");
    Ok(format!("{moments} written to {}", file.display()))
}
