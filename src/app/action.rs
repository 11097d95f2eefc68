//! What a person does, as data: panels return it, [`super::App`] carries it out.

use std::path::{Path, PathBuf};

use crate::app::panels::side::Side;
use crate::app::session::{NoticeId, Selection};
use crate::app::settings::Theme;
use crate::domain::{Grade, TimeSpan};
use crate::engine::ModelChoice;
use crate::export::FileFormat;
use crate::model::DeviceChoice;
use crate::store::RepoId;
use crate::worker::{PromptEdit, QueryId};

#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Ask for a file with the system's dialog.
    ChooseVideo,
    /// Look at a file and, if it is a video, put it into the window.
    Open(PathBuf),
    ForgetRecent,

    TogglePlay,
    /// Go exactly there.
    Seek(f64),
    /// Go about there, soon: the pointer is still moving.
    Scrub(f64),
    SeekBy(f64),
    /// So many frames on, back if negative.
    StepFrames(i32),
    /// Go exactly there and play.
    PlayFrom(f64),
    SetSpeed(f64),
    /// To the next faster or slower of the usual speeds.
    SpeedUp,
    SpeedDown,
    SetVolume(f64),
    ToggleMute,
    /// Play this span over and over, or stop doing so.
    Loop(Option<TimeSpan>),
    /// Loop the moment under the playhead, or stop looping.
    ToggleLoop,
    ToggleFullscreen,

    AddQuery(String),
    RemoveQuery(QueryId),
    SelectQuery(QueryId),
    /// On the curve's own scale of 0…1.
    SetThreshold(QueryId, f32),
    JumpToHighlight,
    NextMoment,
    PreviousMoment,
    CopyTimestamp(f64),

    /// Show the results or where they are corrected.
    ShowSide(Side),
    ToggleTeach,
    /// The clips to grade.
    Select(Option<Selection>),
    MarkIn,
    MarkOut,
    /// For the selected query: what it is given to, or else the selection, or else the clip under
    /// the playhead. No grade takes grades back.
    Grade(Option<Selection>, Option<Grade>),
    UndoLabel,
    RedoLabel,
    Teach,
    StopTeaching,
    /// None: by its plain words.
    UsePrompt(QueryId, Option<String>),
    /// Ask what a prompt was taught on, and have it answer.
    AskWith {
        query: String,
        prompt: String,
    },
    EditPrompts(PromptEdit),
    /// Exports leave out the queries that are not selected.
    ExportOnlySelected(bool),
    /// Zooms the timeline out to the whole video.
    ShowAllOfTimeline,
    /// Ask where, then copy it there.
    ExportPrompt(String),
    /// Ask for a file, then take a copy of it.
    ImportPrompt,
    /// Ask where, then write all labels there.
    ExportLabels,
    ExportLabelsTo(PathBuf),

    CancelIndexing,
    ResumeIndexing,
    UseModel(ModelChoice),
    /// Ask for a folder, then use the model in it.
    ChooseModelFolder,
    UseDevice(DeviceChoice),
    /// Fetch a model, then use it.
    DownloadModel(RepoId),
    CancelDownload,
    /// Ask where, then write what was found there.
    Export(FileFormat),
    /// Ask for a folder, then write each moment there as a video.
    ExportCuts,
    CutInto(PathBuf),
    CancelCuts,
    /// Write what was found there.
    ExportTo(FileFormat, PathBuf),

    FocusQuery,
    ToggleExportMenu,
    ToggleModelMenu,
    ToggleKeys,
    ShowGoTo,
    ToggleFrameTimes,
    SetTheme(Theme),
    /// Steps of 10 %; 0 goes back to 100 %.
    Zoom(i8),
    Dismiss(NoticeId),
    /// Close whatever lies on top: a field, a list of keys, fullscreen.
    Escape,
}

impl Action {
    /// The file that it writes.
    pub fn target(&self) -> Option<&Path> {
        match self {
            Self::ExportTo(_, file)
            | Self::ExportLabelsTo(file)
            | Self::EditPrompts(PromptEdit::Export { file, .. }) => Some(file),
            _ => None,
        }
    }
}

/// What the panels of one frame have collected.
pub type Actions = Vec<Action>;
