//! What is on the screen beside the video and the answers.

use std::path::PathBuf;

use crate::app::session::Session;
use crate::app::session::side::Side;
use crate::app::wish::Wish;
use crate::worker::QueryId;

/// A path that is asked for in the window, because the desktop has no dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathQuestion {
    pub wish: Wish,
    /// The path to begin with.
    pub suggestion: PathBuf,
}

/// What is shown and what is not.
#[derive(Clone, Debug, Default)]
pub struct View {
    pub side: Side,
    pub is_fullscreen: bool,
    pub shows_keys: bool,
    pub shows_about: bool,
    pub shows_go_to: bool,
    pub shows_frame_times: bool,
    pub path_question: Option<PathQuestion>,
    /// The field for queries has the keyboard.
    pub is_asking: bool,
    /// The query whose words are being changed in that field.
    pub editing: Option<QueryId>,
    /// Why the words in the field cannot be asked.
    pub query_problem: Option<String>,
    /// A rectangle can be drawn on the picture, to search for what is in it.
    pub draws_part: bool,
    /// The desktop brings no files that are dropped on the window.
    pub cannot_be_dropped_on: bool,
    /// No model is recommended until the next start.
    pub puts_model_off: bool,
}

impl Session {
    /// The desktop has no dialog: a field of the window asks instead.
    pub fn ask_path(&mut self, wish: Wish, suggestion: PathBuf) {
        self.view.path_question = Some(PathQuestion { wish, suggestion });
    }

    /// The desktop brings no files that are dropped on the window.
    pub fn note_no_drops(&mut self) {
        self.view.cannot_be_dropped_on = true;
    }

    /// Whether the field for queries has the keyboard.
    pub fn note_asking(&mut self, is_asking: bool) {
        self.view.is_asking = is_asking;
    }

    /// The size of the window when it is neither full nor maximised, in points at zoom 1.
    pub fn note_window_size(&mut self, size: [f32; 2]) {
        self.settings.window_size = size;
    }
}
