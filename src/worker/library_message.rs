//! What the window asks about all videos together, and what it is told.

use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::{Labels, TimeSpan};
use crate::engine::IndexProgress;
use crate::library::{LibraryVideo, Place, Problem, Wanted};
use crate::store::ContentId;
use crate::worker::ids::QueryId;

/// What can be asked about the library. A failure is a [`LibraryNews::Failed`].
#[derive(Clone, Debug)]
pub enum LibraryCommand {
    /// Take in files, and folders with all below them; what is new is indexed, what failed is tried again.
    Add(Vec<PathBuf>),
    /// Take in a video that was opened.
    AddOpened(PathBuf),
    /// Take out what was added, or a file that is gone.
    Remove(PathBuf),
    /// Index no more until [`LibraryCommand::GoOn`].
    Pause,
    /// Index what waits, also after something went wrong.
    GoOn,
    /// Whether something else needs the machine more: a video that plays, pictures that are drawn.
    StandBack(bool),
    /// Answer this query from all videos, and again whenever it is answered in another way.
    Find { id: QueryId, wanted: Wanted },
    /// Nobody looks at that answer any more.
    StopFinding,
}

/// What is told of the library.
#[derive(Clone, Debug)]
pub enum LibraryNews {
    Holds(Arc<Holdings>),
    Work(LibraryWork),
    Found(Arc<FoundEverywhere>),
    /// What was asked for cannot be done, and why, in one sentence.
    Failed(String),
}

/// What the library holds, as the model that is loaded sees it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Holdings {
    /// What the user added.
    pub places: Vec<Place>,
    /// In order of their paths, without files that only began like videos.
    pub videos: Vec<LibraryVideo>,
    /// Folders and files that cannot be looked into.
    pub problems: Vec<Problem>,
}

/// What is being done about videos that are not indexed yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum LibraryWork {
    /// Nothing waits.
    #[default]
    Idle,
    /// Folders are looked through; so many videos were found so far.
    Scanning {
        n_files: usize,
    },
    Indexing(LibraryProgress),
    /// Something else is more urgent; so many videos wait.
    StandsBack {
        n_waiting: usize,
    },
    /// The user has stopped it.
    Paused {
        n_waiting: usize,
    },
    /// It cannot go on, and why, in one sentence.
    Stopped(String),
}

/// How far indexing of all videos is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LibraryProgress {
    /// The video that is worked on.
    pub path: PathBuf,
    /// How far that one is; `None` while it is being looked at.
    pub of_video: Option<IndexProgress>,
    /// Videos that were done since work began.
    pub n_done: usize,
    /// The same, and those that wait.
    pub n_total: usize,
    /// `None` before the first video is done.
    pub remaining_secs: Option<f64>,
}

/// What a query finds in all videos.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundEverywhere {
    pub query: QueryId,
    pub wanted: Wanted,
    /// 0…1, how sure that it occurs anywhere.
    pub present: f32,
    /// Best first; none where nothing is better than unrelated words.
    pub moments: Vec<PlacedSpan>,
    /// The clips of which the answer is least sure.
    pub unsure: Vec<PlacedSpan>,
    /// What was said about this query on videos of the library.
    pub labels: Vec<(ContentId, Labels)>,
    /// What was searched.
    pub n_videos: usize,
    pub n_clips: usize,
    /// Videos that are not indexed yet, and not searched.
    pub n_not_indexed: usize,
}

/// A span of some video.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedSpan {
    pub video: ContentId,
    pub path: PathBuf,
    /// The file is not there now.
    pub is_missing: bool,
    pub duration_secs: f64,
    pub span: TimeSpan,
    /// Where the frame of its best clip lies.
    pub peak_secs: f64,
    /// `None` where a score says nothing.
    pub score: Option<f32>,
    /// What is said there, where that is what was found.
    pub said: Option<String>,
}
