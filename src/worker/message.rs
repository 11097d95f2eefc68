//! What the window asks for, and what the worker answers.

use std::path::PathBuf;

use crate::domain::{Labels, MomentEdits, Query};
use crate::engine::{DetectorEntry, IndexProgress, ModelChoice, Notice, PromptEntry};
use crate::find::Answer;
use crate::learn::{Progress, Verdict};
use crate::library::SpokenMoment;
use crate::model::{DeviceChoice, Framing, HeldOutScores, ModelInfo};
use crate::store::ContentId;
use crate::video::Source;
use crate::worker::ids::{QueryId, VideoId};
use crate::worker::library_message::{LibraryCommand, LibraryNews};

/// What the worker can be asked to do.
#[derive(Clone, Debug)]
pub enum Command {
    /// Index this video, in place of any other. The queries stay and are asked again of it.
    Open {
        video: VideoId,
        /// Shared with the player, so that what the file says is read once.
        source: Source,
    },
    /// Forget the video; an unfinished index is kept on disk.
    Close,
    /// Stop indexing the open video; what is known stays searchable.
    CancelIndexing,
    /// Continue indexing the open video where it was cancelled.
    ResumeIndexing,
    /// Search the open video and every one opened later, until the query is dropped.
    ///
    /// The same id with another query replaces the first. A prompt that was taught on this very query
    /// and found better than its plain words is used from the beginning.
    Search {
        id: QueryId,
        query: Query,
    },
    /// Answer this query with a prompt; with none, by its plain words.
    UsePrompt {
        id: QueryId,
        prompt: Option<PromptSource>,
    },
    /// Stop answering this query.
    DropQuery {
        id: QueryId,
    },
    /// Load another model; the open video is indexed anew and the queries are asked again.
    UseModel {
        model: ModelChoice,
        device: DeviceChoice,
        /// Which part of a frame it looks at, if not the one that it was trained on.
        framing: Option<Framing>,
    },
    /// Save the labels of a query on a video in place of those saved before.
    SaveLabels(Box<LabelsToSave>),
    /// Keep what was changed of the moments of a query in a video, in place of what was kept before.
    SaveMoments(Box<MomentsToSave>),
    /// Write all labels to one annotation file for other programs.
    ExportLabels {
        file: PathBuf,
    },
    /// Teach a prompt for this query by all its labels, on the open video and on others.
    Teach {
        id: QueryId,
    },
    /// End the teaching and keep its best.
    StopTeaching,
    EditPrompts(PromptEdit),
    /// Find the moments of all queries with one of the user's detectors, also when this model is
    /// loaded the next time; with none, by the curve or by what was taught.
    UseDetector {
        name: Option<String>,
    },
    /// Take a detector into the user's folder, and use it.
    AddDetector {
        file: PathBuf,
    },
    /// About all videos together.
    Library(LibraryCommand),
}

/// Where a prompt is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PromptSource {
    /// Among the user's own.
    Named(String),
    File(PathBuf),
}

/// What can be done to the user's own prompts; each is answered by [`Event::Prompts`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PromptEdit {
    Rename { name: String, new_name: String },
    Delete { name: String },
    Export { name: String, file: PathBuf },
    Import { file: PathBuf },
}

/// The labels of one query on one video, and what the video is called.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelsToSave {
    pub video: ContentId,
    /// The file's name without extension.
    pub video_name: String,
    pub duration_secs: f64,
    pub query: Query,
    pub labels: Labels,
}

/// What was changed of the moments of one query in one video.
#[derive(Clone, Debug, PartialEq)]
pub struct MomentsToSave {
    pub video: ContentId,
    pub query: Query,
    pub edits: MomentEdits,
}

/// What the worker tells.
#[derive(Clone, Debug)]
pub enum Event {
    /// The model is loaded: the worker can answer.
    ModelReady(Box<ModelInfo>),
    /// The model is on a GPU, which compiles what it will run; [`Event::ModelReady`] follows.
    PreparingGpu,
    /// The model runs on another device from now on; the [`Event::Notice`] that follows says why.
    DeviceChanged {
        device: String,
    },
    /// No model is loaded, and why, in one sentence. Videos and queries wait for another.
    ModelFailed {
        message: String,
    },
    /// The index has grown.
    Progress {
        video: VideoId,
        progress: IndexProgress,
    },
    /// Every clip is indexed. `n_cached` of them were known from an earlier run.
    Indexed {
        video: VideoId,
        n_clips: usize,
        n_cached: usize,
        duration_secs: f64,
        /// What the user should know about the file, such as a damaged end.
        warning: Option<String>,
    },
    /// Indexing was stopped by [`Command::CancelIndexing`].
    IndexingCancelled {
        video: VideoId,
    },
    /// The video cannot be read, or not further, and why, in one sentence.
    VideoFailed {
        video: VideoId,
        message: String,
    },
    /// What a query finds in what is known of the video.
    Found {
        video: VideoId,
        query: QueryId,
        answer: Box<Answer>,
        /// Clips with exact scores, from the first; later ones are rough.
        n_clips_done: usize,
        /// No better answer will come.
        is_final: bool,
    },
    /// Where the query is said in the video, best first, as far as subtitles tell.
    Said {
        video: VideoId,
        query: QueryId,
        moments: Vec<SpokenMoment>,
    },
    /// The same query with the pictures that it is about, which were searched for before.
    PictureKnown {
        id: QueryId,
        query: Query,
    },
    /// The query cannot be answered, and why, in one sentence.
    QueryFailed {
        query: QueryId,
        message: String,
    },
    /// The labels that the video has; more can be added from now on.
    Labels {
        video: VideoId,
        content: ContentId,
        labels: Vec<(Query, Labels)>,
    },
    /// What was changed of moments in the video earlier.
    MomentEdits {
        video: VideoId,
        edits: Vec<(Query, MomentEdits)>,
    },
    /// Labels are not on disk, and why, in one sentence.
    LabelsNotSaved {
        message: String,
    },
    PromptRenamed {
        name: String,
        new_name: String,
    },
    /// All prompts of the user.
    Prompts(Vec<PromptEntry>),
    /// A prompt cannot be used, found or moved, and why, in one sentence.
    PromptFailed {
        message: String,
    },
    /// From now on the query is answered with this prompt; with none, by its plain words.
    PromptInUse {
        id: QueryId,
        prompt: Option<String>,
    },
    /// All detectors of the user, and which of them finds the moments.
    Detectors {
        detectors: Vec<DetectorEntry>,
        in_use: Option<String>,
    },
    /// A detector cannot be used or added, and why, in one sentence.
    DetectorFailed {
        message: String,
    },
    /// Teaching has taken a step.
    Teaching {
        id: QueryId,
        progress: Progress,
    },
    /// Teaching has ended, by itself or because it was stopped.
    Taught {
        id: QueryId,
        lesson: Lesson,
    },
    /// Nothing could be taught, and why, in one sentence.
    TeachingFailed {
        id: QueryId,
        message: String,
    },
    /// What was asked for is done.
    Done {
        message: String,
    },
    /// Something the user should know, such as a GPU that was lost.
    Notice(Notice),
    /// About all videos together.
    Library(LibraryNews),
}

/// The result of teaching.
#[derive(Clone, Debug, PartialEq)]
pub struct Lesson {
    /// The prompt's name; it is in use where the verdict says that it is better.
    pub prompt: String,
    pub verdict: Verdict,
    /// On labels that training did not see, with the plain words.
    pub before: Option<HeldOutScores>,
    /// The same with the prompt.
    pub after: Option<HeldOutScores>,
    pub n_labels: usize,
    pub n_videos: usize,
}
