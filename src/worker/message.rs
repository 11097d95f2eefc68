//! What the window asks and what it is told.

use std::path::PathBuf;

use crate::domain::Query;
use crate::engine::{IndexProgress, ModelChoice, SearchResult};
use crate::model::{DeviceChoice, ModelInfo};
use crate::video::VideoInfo;

/// One opening of a video, numbered by the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VideoId(pub u64);

/// One query, numbered by the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QueryId(pub u64);

/// What the worker can be asked to do.
#[derive(Clone, Debug)]
pub enum Command {
    /// Index this video, in place of any other. The queries stay and are asked again of it.
    Open { video: VideoId, path: PathBuf },
    /// Forget the video; an unfinished index is kept on disk.
    Close,
    /// Stop indexing the open video; what is known stays searchable.
    CancelIndexing,
    /// Go on with indexing the open video where it was cancelled.
    ResumeIndexing,
    /// Search the open video and every one opened later, until the query is dropped.
    ///
    /// The same id with other words replaces the query.
    Search { id: QueryId, query: Query },
    /// Stop answering this query.
    DropQuery { id: QueryId },
    /// Load another model; the open video is indexed anew and the queries are asked again.
    UseModel {
        model: ModelChoice,
        device: DeviceChoice,
    },
}

/// What the worker tells.
#[derive(Clone, Debug)]
pub enum Event {
    /// The model is loaded: the worker can answer.
    ModelReady(Box<ModelInfo>),
    /// No model is loaded, and why, in one sentence. Videos and queries wait for another.
    ModelFailed { message: String },
    /// The file is a video; indexing has begun.
    Opened { video: VideoId, info: VideoInfo },
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
    IndexingCancelled { video: VideoId },
    /// The video cannot be read, or not further, and why, in one sentence.
    VideoFailed { video: VideoId, message: String },
    /// What a query finds in what is known of the video.
    Found {
        video: VideoId,
        query: QueryId,
        result: Box<SearchResult>,
        /// Clips with exact scores, from the first; later ones are rough.
        n_clips_done: usize,
        /// No better answer will come.
        is_final: bool,
    },
    /// The query cannot be answered, and why, in one sentence.
    QueryFailed { query: QueryId, message: String },
    /// Something the user should know, such as a GPU that was lost.
    Notice { message: String },
}
