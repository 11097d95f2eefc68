//! What a person does, as data: panels and keys collect it, [`Session::perform`] does it.
//!
//! [`Session::perform`]: crate::app::session::Session::perform

use std::path::PathBuf;

use crate::app::session::{Filter, NoticeId, Order, Pick, Scope, Selection, Side};
use crate::app::settings::Theme;
use crate::app::shot::Shot;
use crate::domain::{Grade, Join, MomentOrder, Query, Shaping, TimeSpan};
use crate::engine::ModelChoice;
use crate::export::FileFormat;
use crate::model::{DeviceChoice, Framing};
use crate::store::RepoId;
use crate::worker::{PlacedSpan, PromptEdit, QueryId};

/// Everything that can be done, by what it is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    Play(Play),
    Find(Find),
    Teach(Teach),
    Model(Model),
    File(File),
    Library(Library),
    View(View),
}

/// The playhead and how the video is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Play {
    Toggle,
    /// Play from here, if that is not done anyway.
    Resume,
    Pause,
    /// Go exactly there.
    Seek(f64),
    /// Go about there, soon: the pointer is still moving.
    Scrub(f64),
    SeekBy(f64),
    /// So many frames on, back if negative.
    StepFrames(i32),
    /// Go exactly there and play.
    From(f64),
    Speed(f64),
    /// To the next faster or slower of the usual speeds.
    Faster,
    Slower,
    Volume(f64),
    ToggleMute,
    /// Play this span over and over, or stop doing so.
    Loop(Option<TimeSpan>),
    /// Loop the moment under the playhead, or stop looping.
    ToggleLoop,
}

/// Queries and what they find.
#[derive(Clone, Debug, PartialEq)]
pub enum Find {
    Ask(String),
    /// Ask a query that is ready, such as a picture.
    AskQuery(Query),
    /// Search for what is on screen: a result of all videos, or the frame.
    Picture,
    /// Search for a picture.
    Shot(Shot),
    /// Let a rectangle be drawn on the picture, and search for what is in it; or do not.
    TogglePart,
    /// Ask for a picture file, then search for it.
    ChoosePicture,
    /// Ask both queries as one.
    Join(QueryId, Join, QueryId),
    /// Of one query after another, how many seconds there may be between them.
    SetWithin(QueryId, u32),
    /// Ask what a prompt was taught on, and answer it with this prompt.
    AskWith {
        query: String,
        prompt: String,
    },
    /// The words are being changed: what was wrong with them does not matter any more.
    ForgetProblem,
    /// Put the words of a query into the field, to change them there.
    Edit(QueryId),
    /// The field has lost the keyboard without Enter.
    LeaveField,
    Remove(QueryId),
    RemoveAll,
    Select(QueryId),
    /// To this place among the queries.
    Move(QueryId, usize),
    /// Whether exports have this moment.
    Tick(QueryId, TimeSpan, bool),
    /// This moment, as it is, is dragged to begin and end here; [`Find::KeepEnds`] follows.
    SetEnds(QueryId, TimeSpan, TimeSpan),
    /// The ends are where they belong.
    KeepEnds(QueryId),
    /// Look where the picture changes around this time.
    LookForChanges(f64),
    /// What is selected, or the clip under the playhead, is a moment of the selected query.
    AddMoment,
    /// It was added by hand.
    RemoveMoment(QueryId, TimeSpan),
    /// On the curve's own scale of 0…1; `None` leaves it to the curve.
    SetThreshold(QueryId, Option<f32>),
    JumpToHighlight,
    NextMoment,
    PreviousMoment,
    CopyTimestamp(f64),
    /// Stop indexing the video.
    CancelIndexing,
    ResumeIndexing,
}

/// Labels and prompts.
#[derive(Clone, Debug, PartialEq)]
pub enum Teach {
    /// The clips to grade.
    Select(Option<Selection>),
    MarkIn,
    MarkOut,
    /// For the selected query: these clips, or else the selection, or else the clip under the
    /// playhead. Without a grade, grades are taken back.
    Grade(Option<Selection>, Option<Grade>),
    Undo,
    Redo,
    Start,
    Stop,
    /// `None`: the plain words answer.
    UsePrompt(QueryId, Option<String>),
    EditPrompts(PromptEdit),
    /// Ask where, then copy it there.
    ExportPrompt(String),
    /// Ask for a file, then take a copy of it.
    ImportPrompt,
    /// Ask where, then write all labels there.
    ExportLabels,
    ExportLabelsTo(PathBuf),
}

/// Which model is used and where it runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Model {
    Use(ModelChoice),
    UseDevice(DeviceChoice),
    /// Look at this part of every frame; `None`: at the one that the model was trained on.
    UseFraming(Option<Framing>),
    /// Ask for a folder, then use the model in it.
    ChooseFolder,
    /// Download a model, then use it.
    Download(RepoId),
    CancelDownload,
    /// Find moments with one of the user's detectors; `None`: by the curve or by what was taught.
    UseDetector(Option<String>),
    /// Whether the curve is the detector's own saliency.
    ShowDetectorCurve(bool),
    /// Ask for a file, then take the detector in it and use it.
    ChooseDetector,
    AddDetector(PathBuf),
    /// Not now: do not recommend one until the next start.
    PutOff,
    /// The list of installed models is on screen: find out which there are now.
    List,
}

/// Files that are read and written.
#[derive(Clone, Debug, PartialEq)]
pub enum File {
    /// Ask for a file with the system's dialog.
    Choose,
    /// Look at a file and, if it is a video, put it into the window.
    Open(PathBuf),
    /// Look at the open file again, which may have grown, and go on where it is.
    Reload,
    /// Open one file, or take several and folders into the library.
    Drop(Vec<PathBuf>),
    ForgetRecent,
    /// Open the demo video and ask this of it, if anything.
    OpenDemo(Option<&'static str>),
    ExportScope(Scope),
    /// At most so many moments of each query, the best.
    ExportTop(Option<usize>),
    /// Padding, least length and joining of what is exported.
    ExportShaping(Shaping),
    /// How moments follow each other; `None` leaves it to the format.
    ExportOrder(Option<MomentOrder>),
    /// Whether cuts begin and end on the very pictures.
    ExportExactly(bool),
    /// What cuts are called: a template, or nothing for the usual one.
    ExportNames(String),
    /// Show a file or a folder in the desktop's file manager.
    ShowInFolder(PathBuf),
    /// Ask where, then write what was found there.
    Export(FileFormat),
    /// Write what was found there.
    ExportTo(FileFormat, PathBuf),
    /// Ask for a folder, then write each moment there as a video.
    ExportCuts,
    CutInto(PathBuf),
    /// Ask for a file, then write all moments there as one video.
    ExportJoined,
    JoinInto(PathBuf),
    CancelCuts,
}

/// All videos together.
#[derive(Clone, Debug, PartialEq)]
pub enum Library {
    /// Ask for a folder, then add it.
    AddFolder,
    /// Files, and folders with all below them.
    Add(Vec<PathBuf>),
    /// Take out what was added; the files are not touched.
    Remove(PathBuf),
    /// Stop indexing for now.
    Pause,
    GoOn,
    /// Look through everything again, also at what could not be read.
    TryAgain,
    Filter(Filter),
    Order(Order),
    /// Answer a query from all videos, with the prompt that answers it.
    FindEverywhere(QueryId),
    /// The same of the selected one.
    FindSelected,
    /// The same as before, also in videos that were indexed since.
    FindAgain,
    Open(PathBuf),
    /// Open the video of a span there.
    OpenSpan(Box<PlacedSpan>),
    /// The same, of a result by its place.
    OpenResult(usize),
    Pick(usize, Pick),
    /// The result that was gone to last.
    PickCurrent,
    PickAll,
    PickNone,
    /// The keyboard is at this result.
    GoneTo(usize),
    /// For the query that all videos were searched for.
    Grade(Box<PlacedSpan>, Option<Grade>),
    /// From a video to all of them, from what was found in them to the videos themselves.
    Back,
}

/// What is on the screen and how it looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum View {
    FocusQuery,
    /// Show the results, or where they are corrected.
    ShowSide(Side),
    ToggleTeach,
    ToggleFullscreen,
    ToggleExportMenu,
    ToggleModelMenu,
    ToggleMainMenu,
    ToggleKeys,
    ShowGoTo,
    HideGoTo,
    /// The path that was asked for is given or will not be.
    HidePathField,
    ToggleFrameTimes,
    /// Dim what the model does not see of a picture that stands still.
    ToggleUnseen,
    /// Zooms the timeline out to the whole video.
    ShowAllOfTimeline,
    Theme(Theme),
    /// Steps of 10 %; 0 goes back to 100 %.
    Zoom(i8),
    Dismiss(NoticeId),
    /// Close whatever lies on top: a field, a list of keys, fullscreen.
    Escape,
    /// To the front, with the keyboard.
    Raise,
    ToggleAbout,
    Quit,
}

macro_rules! into_action {
    ($($group:ident),*) => {
        $(impl From<$group> for Action {
            fn from(action: $group) -> Self {
                Self::$group(action)
            }
        })*
    };
}

into_action!(Play, Find, Teach, Model, File, Library, View);

/// What the panels of one frame have collected.
#[derive(Debug, Default)]
pub struct Actions(Vec<Action>);

impl Actions {
    pub fn push(&mut self, action: impl Into<Action>) {
        self.0.push(action.into());
    }

    /// Empties the list.
    pub fn take(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.0)
    }
}
