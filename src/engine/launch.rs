//! What the program was started with, for a window to begin with.

use std::path::PathBuf;

use crate::engine::{FrameChoice, ModelChoice};
use crate::model::DeviceChoice;
use crate::store::{Hub, Paths};

/// What the window begins with.
#[derive(Clone, Debug)]
pub struct LaunchOptions {
    /// One is opened at once; a folder, or several, are taken into the library.
    pub videos: Vec<PathBuf>,
    /// Asked at once.
    pub queries: Vec<String>,
    /// Answers every query, in place of its plain words.
    pub prompt: Option<PathBuf>,
    /// For this time; `None` is the one that was used last.
    pub model: Option<ModelChoice>,
    /// For this time; `None` is what was chosen last.
    pub device: Option<DeviceChoice>,
    pub frame_choice: FrameChoice,
    pub paths: Paths,
    /// Where models are downloaded from, if the user asks for one.
    pub hub: Hub,
}
