//! What the worker thread knows, and how it carries out a command and takes a step.

mod answering;
mod detectors;
mod everywhere;
mod library;
mod moments;
mod pace;
mod pictures;
mod prompts;
mod teaching;
mod words;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::domain::Query;
use crate::engine::{Engine, EngineConfig, IndexJob, IndexStep, NamedDetector, Notice, VideoIndex};
use crate::find::Way;
use crate::model::ModelInfo;
use crate::store::{DetectorFolder, LabelStore, PictureFolder, PromptFolder};
use crate::video::Source;
use crate::worker::guard::guarded;
use crate::worker::{Command, Event, QueryId, VideoId};

use library::Shelves;
use teaching::Teaching;
use words::Words;

/// While the index grows, queries are answered again at most this often.
const ANSWER_EVERY: Duration = Duration::from_millis(250);

/// How much there is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Appetite {
    /// Steps bring something.
    Working,
    /// A step has something to do soon.
    Waiting,
    Idle,
}

pub(super) struct State {
    config: EngineConfig,
    emit: Box<dyn Fn(Event)>,
    /// Tells the worker from another thread that a step brings something.
    wake: Arc<dyn Fn() + Send + Sync>,
    engine: Option<Engine>,
    video: Option<OpenVideo>,
    queries: BTreeMap<QueryId, Asked>,
    prompt_folder: PromptFolder,
    picture_folder: PictureFolder,
    detector_folder: DetectorFolder,
    /// What finds the moments in place of the curve.
    detector: Option<NamedDetector>,
    labels: Option<LabelStore>,
    teaching: Option<Teaching>,
    shelves: Shelves,
    words: Option<Words>,
    last_answer: Instant,
    /// A query came before anything was known of the video; it is answered as soon as something is.
    owes_answer: bool,
}

/// What the user looks for, and how it is answered.
#[derive(Clone)]
struct Asked {
    pub query: Query,
    pub way: Way,
    /// What the prompt of the way is called.
    pub prompt_name: Option<String>,
    /// What was taught of the parts of a joined query.
    pub parts: Vec<(Query, Way)>,
}

impl Asked {
    /// By what a part of the query is answered.
    pub fn way_of(&self, part: &Query) -> Way {
        let taught = self.parts.iter().find(|(query, _)| query == part);
        taught.map_or_else(|| self.way.clone(), |(_, way)| way.clone())
    }
}

struct OpenVideo {
    pub id: VideoId,
    path: PathBuf,
    pub work: Work,
    labels_are_told: bool,
}

/// How far the work on the open video is.
enum Work {
    Indexing(Box<IndexJob>),
    Cancelled(Option<Box<VideoIndex>>),
    Indexed(Box<VideoIndex>),
    Failed(Option<Box<VideoIndex>>),
}

impl Work {
    pub fn index(&self) -> Option<&VideoIndex> {
        match self {
            Self::Indexing(job) => job.index(),
            Self::Indexed(index) => Some(index),
            Self::Cancelled(index) | Self::Failed(index) => index.as_deref(),
        }
    }
}

impl State {
    pub fn new(
        config: EngineConfig,
        emit: Box<dyn Fn(Event)>,
        wake: Arc<dyn Fn() + Send + Sync>,
    ) -> Self {
        Self {
            prompt_folder: PromptFolder::new(&config.paths.data_dir),
            picture_folder: PictureFolder::new(&config.paths.data_dir),
            detector_folder: DetectorFolder::new(&config.paths.data_dir),
            detector: None,
            config,
            emit,
            wake,
            engine: None,
            video: None,
            queries: BTreeMap::new(),
            labels: None,
            teaching: None,
            shelves: Shelves::default(),
            words: None,
            last_answer: Instant::now(),
            owes_answer: false,
        }
    }

    /// Whether [`State::step`] has something to do.
    pub fn appetite(&self) -> Appetite {
        if self.engine.is_none() {
            Appetite::Idle
        } else if self.is_indexing_video() || self.teaching.is_some() || self.indexes_library() {
            Appetite::Working
        } else if self.shelves.owes_news() {
            Appetite::Waiting
        } else {
            Appetite::Idle
        }
    }

    /// Whether the open video is being indexed.
    fn is_indexing_video(&self) -> bool {
        let video = self.video.as_ref();
        video.is_some_and(|video| matches!(video.work, Work::Indexing(_)))
    }

    pub fn load_model(&mut self) {
        self.engine = None;
        self.shelves.leave_model();
        if let Some(teaching) = self.teaching.take() {
            (self.emit)(Event::TeachingFailed {
                id: teaching.id,
                message: "the model was changed: teach anew".to_owned(),
            });
        }
        let (config, emit) = (&self.config, &self.emit);
        let loaded = guarded(|| {
            let mut engine = Engine::open(config)?;
            if !engine.encoder().device().is_cpu() {
                emit(Event::PreparingGpu);
            }
            engine.prepare()?;
            let info = ModelInfo {
                framing: engine.framing(),
                ..engine.encoder().info()
            };
            Ok((engine, info))
        });
        match loaded {
            Ok((engine, info)) => {
                self.engine = Some(engine);
                (self.emit)(Event::ModelReady(Box::new(info)));
                self.choose_usual_detector();
                self.tell_prompts();
                self.tell_detectors();
                self.choose_usual_prompts();
                self.open_library();
            }
            Err(message) => (self.emit)(Event::ModelFailed { message }),
        }
    }

    pub fn obey(&mut self, command: Command) {
        match command {
            Command::Open { video, source } => self.open(video, &source),
            Command::Close => (self.video, self.words) = (None, None),
            Command::CancelIndexing => self.cancel_indexing(),
            Command::ResumeIndexing => {
                let stopped = self
                    .video
                    .take_if(|video| matches!(video.work, Work::Cancelled(_) | Work::Failed(_)));
                if let Some(video) = stopped {
                    self.reopen(video.id, &video.path);
                }
            }
            Command::Search { id, query } => {
                let asked = Asked {
                    query: self.complete_query(id, &query),
                    way: Way::default(),
                    prompt_name: None,
                    parts: Vec::new(),
                };
                self.queries.insert(id, asked);
                self.choose_usual_prompt(id);
                self.answer(id);
                self.tell_said(id);
            }
            Command::DropQuery { id } => {
                self.queries.remove(&id);
                self.shelves.stop_finding(id);
                self.teaching.take_if(|teaching| teaching.id == id);
            }
            Command::UsePrompt { id, prompt } => self.use_prompt(id, prompt),
            Command::SaveLabels(labels) => self.save_labels(&labels),
            Command::SaveMoments(moments) => self.save_moments(&moments),
            Command::ExportLabels { file } => self.export_labels(&file),
            Command::Teach { id } => self.teach(id),
            Command::StopTeaching => self.end_teaching(),
            Command::EditPrompts(edit) => self.edit_prompts(edit),
            Command::UseDetector { name } => self.use_detector(name.as_deref()),
            Command::AddDetector { file } => self.add_detector(&file),
            Command::Library(command) => self.obey_for_library(command),
            Command::UseModel {
                model,
                device,
                framing,
            } => {
                self.config.model = model;
                self.config.device = device;
                self.config.frame_choice.framing = framing;
                let reopened = self.video.take().map(|video| (video.id, video.path));
                self.load_model();
                if let Some((id, path)) = reopened {
                    self.reopen(id, &path);
                }
            }
        }
    }

    /// Looks at a file again: it may have changed since.
    fn reopen(&mut self, id: VideoId, path: &Path) {
        match Source::open(path) {
            Ok(source) => self.open(id, &source),
            Err(error) => (self.emit)(Event::VideoFailed {
                video: id,
                message: error.to_string(),
            }),
        }
    }

    fn open(&mut self, id: VideoId, source: &Source) {
        let path = source.path().to_owned();
        self.words = None;
        self.video = None; // Saves what the old job found before the new one starts.
        let Some(engine) = &self.engine else {
            let message = "no model is loaded: choose another model".to_owned();
            (self.emit)(Event::VideoFailed { video: id, message });
            // It is opened once a model is loaded.
            self.video = Some(OpenVideo {
                id,
                path,
                work: Work::Failed(None),
                labels_are_told: false,
            });
            return;
        };
        match guarded(|| IndexJob::start(engine, source, true)) {
            Ok(job) => {
                self.video = Some(OpenVideo {
                    id,
                    path,
                    work: Work::Indexing(Box::new(job)),
                    labels_are_told: false,
                });
            }
            Err(message) => (self.emit)(Event::VideoFailed { video: id, message }),
        }
    }

    fn cancel_indexing(&mut self) {
        let Some(video) = &mut self.video else { return };
        if let Work::Indexing(_) = video.work
            && let Work::Indexing(job) = std::mem::replace(&mut video.work, Work::Cancelled(None))
        {
            video.work = Work::Cancelled(job.into_index().map(Box::new));
            (self.emit)(Event::IndexingCancelled { video: video.id });
            self.answer_all();
        }
    }

    /// Passes on what the engine wants the user to know.
    pub fn tell_notices(&mut self) {
        let Some(engine) = &mut self.engine else {
            return;
        };
        for notice in engine.take_notices() {
            if let Notice::LeftGpu { .. } = notice {
                let device = engine.encoder().device().to_string();
                (self.emit)(Event::DeviceChanged { device });
            }
            (self.emit)(Event::Notice(notice));
        }
    }

    /// One step of each job, and what it brought.
    pub fn step(&mut self) {
        self.step_indexing();
        self.step_teaching();
        self.step_library();
        self.step_words();
    }

    fn step_indexing(&mut self) {
        let (Some(engine), Some(video)) = (&mut self.engine, &mut self.video) else {
            return;
        };
        let Work::Indexing(job) = &mut video.work else {
            return;
        };
        let outcome = guarded(|| job.step(engine));
        let (id, progress) = (video.id, job.progress());
        let new = job.index().filter(|_| !video.labels_are_told);
        let content = new.map(|index| index.content.clone());
        video.labels_are_told |= content.is_some();
        if let Some(content) = content {
            self.tell_moment_edits(id, &content);
            self.tell_labels(id, content);
        }
        match outcome {
            Ok(IndexStep::Waiting) => {}
            Ok(IndexStep::Grown) => {
                if let Some(progress) = progress {
                    (self.emit)(Event::Progress {
                        video: id,
                        progress,
                    });
                }
                if self.owes_answer || self.last_answer.elapsed() >= ANSWER_EVERY {
                    self.answer_all();
                }
            }
            Ok(IndexStep::Finished) => self.finish(),
            Err(message) => self.fail(message),
        }
    }

    fn finish(&mut self) {
        let Some(index) = self.end_job() else { return };
        if let Some(video) = &mut self.video {
            (self.emit)(Event::Indexed {
                video: video.id,
                n_clips: index.n_clips(),
                n_cached: index.n_clips_cached(),
                duration_secs: index.duration_secs(),
                warning: index.warning.clone().or_else(|| index.not_kept_warning()),
            });
            video.work = Work::Indexed(index);
            let (id, path) = (video.id, video.path.clone());
            self.read_words(id, path);
        }
        self.answer_all();
    }

    fn fail(&mut self, message: String) {
        let index = self.end_job();
        if let Some(video) = &mut self.video {
            video.work = Work::Failed(index);
            (self.emit)(Event::VideoFailed {
                video: video.id,
                message,
            });
        }
        self.answer_all();
    }

    /// Takes the index out of the running job.
    fn end_job(&mut self) -> Option<Box<VideoIndex>> {
        let video = self.video.as_mut()?;
        match std::mem::replace(&mut video.work, Work::Failed(None)) {
            Work::Indexing(job) => job.into_index().map(Box::new),
            other => {
                video.work = other;
                None
            }
        }
    }
}
