//! What an action asks of the world outside the session. [`super::App`] carries it out.

use std::path::PathBuf;

use crate::app::settings::Theme;
use crate::app::shot::Shot;
use crate::app::wish::Wish;
use crate::domain::TimeSpan;
use crate::engine::FoundMoments;
use crate::export::{ExportDocument, FileFormat};
use crate::store::RepoId;
use crate::worker::{Command, CutTarget, LibraryCommand, ToCut, VideoId};

/// One thing to do outside the session. None of them makes the window wait.
#[derive(Clone, Debug)]
pub enum Effect {
    Worker(Command),
    Player(Order),
    /// Look at a file beside the video that is shown.
    OpenVideo(PathBuf),
    /// Nothing is shown any more, and nothing is being opened.
    CloseVideo,
    /// Find out whether it is a folder, then open it or add it.
    LookAtDropped(PathBuf),
    /// Index the video that is shown now, under this number, and make its thumbnails.
    IndexShown(VideoId),

    SaveSettings,
    /// Make a query of a picture, then ask it.
    TakePicture(Shot),
    Write(Write),
    /// Write moments as videos.
    Cut(ToCut, CutTarget),
    /// Write the demo video to a file, then open it.
    OpenDemo,
    /// In the desktop's file manager.
    ShowInFolder(PathBuf),
    CancelCuts,
    /// Find where the picture changes in a part of a video.
    LookForChanges(VideoId, PathBuf, TimeSpan),
    ListModels,
    Download(RepoId),
    CancelDownload,

    /// Ask for a path, beginning with this one.
    Ask(Wish, PathBuf),
    Copy(String),
    Title(String),
    Fullscreen(bool),
    Theme(Theme),
    /// Size of everything, 1 is normal.
    Zoom(f32),
    /// Give the keyboard to a field.
    Focus(Field),
    /// The words were taken.
    ClearQueryField,
    /// Put these words into the field, all selected.
    EditQueryField(String),
    ToggleMenu(Menu),
    CloseMenus,
    /// To the front, with the keyboard.
    Raise,
    /// Out of sight at once, then close.
    Quit,
    ShowAllOfTimeline,
}

impl Effect {
    pub fn of_library(command: LibraryCommand) -> Self {
        Self::Worker(Command::Library(command))
    }
}

/// What the player can be asked to do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Order {
    Toggle,
    Play,
    Pause,
    Seek(f64),
    Scrub(f64),
    Step(i32),
    Speed(f64),
    Volume(f64),
    Muted(bool),
    Loop(Option<TimeSpan>),
}

/// A file to write, once it is known that it can be.
#[derive(Clone, Debug)]
pub struct Write {
    pub file: PathBuf,
    /// What must not be overwritten.
    pub videos: Vec<PathBuf>,
    pub what: Content,
}

#[derive(Clone, Debug)]
pub enum Content {
    Moments(FileFormat, Box<ExportDocument>),
    /// Moments of several videos.
    FromAll(FileFormat, FoundMoments),
    /// The worker knows it: it gets this command.
    FromWorker(Command),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Query,
    /// The same, with all its words selected, so that typing replaces them.
    QueryWords,
    GoTo,
    /// The first result from all videos, or the one that was gone to last.
    Results,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Menu {
    Export,
    Model,
    Main,
}
