//! What a path is asked for, whether by the system's dialog or by a field of the window.

use std::path::{Path, PathBuf};

use crate::app::action::{Action, File, Find, Library, Model, Teach};
use crate::app::shot::Shot;
use crate::engine::ModelChoice;
use crate::export::FileFormat;
use crate::worker::PromptEdit;

/// What a path is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    Video,
    /// To search for.
    Picture,
    ExportTo(FileFormat),
    CutInto,
    /// A video of all moments.
    JoinInto,
    ImportPrompt,
    /// Of this name.
    ExportPrompt(String),
    ExportLabels,
    /// The folder of one.
    Model,
    /// A trained one, of its makers or our own.
    Detector,
    /// With videos in it.
    LibraryFolder,
}

impl Wish {
    pub fn title(&self) -> &'static str {
        match self {
            Self::Video => "Open a video",
            Self::Picture => "Search for a picture",
            Self::ExportTo(_) => "Export the moments to a file",
            Self::CutInto => "Cut the moments into a folder",
            Self::JoinInto => "Join the moments in one video",
            Self::ImportPrompt => "Import a prompt",
            Self::ExportPrompt(_) => "Export the prompt to a file",
            Self::ExportLabels => "Export all labels to a file",
            Self::Model => "A folder with a CLIP model",
            Self::Detector => "Add a moment detector",
            Self::LibraryFolder => "Add a folder to the library",
        }
    }

    /// The words on the button that agrees.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Video => "Open it",
            Self::Picture => "Search for it",
            Self::ExportTo(_) | Self::ExportPrompt(_) | Self::ExportLabels => "Write it",
            Self::CutInto => "Cut them",
            Self::JoinInto => "Join them",
            Self::ImportPrompt => "Import it",
            Self::Detector => "Add it",
            Self::Model => "Use it",
            Self::LibraryFolder => "Add it",
        }
    }

    /// Whether the path must lead to a file that exists.
    pub fn is_reading(&self) -> bool {
        matches!(
            self,
            Self::Video | Self::Picture | Self::ImportPrompt | Self::Detector
        )
    }

    /// The path to begin with; `video` is the open one, or else the last one.
    pub fn suggestion(&self, video: Option<&Path>) -> PathBuf {
        let folder = || video.map(absolute)?.parent().map(Path::to_owned);
        match self {
            // A name follows the slash.
            Self::Video => folder().unwrap_or_else(home).join(""),
            Self::ExportTo(format) => video.map_or_else(home, |video| {
                absolute(&video.with_extension(format.extension))
            }),
            Self::CutInto => folder().unwrap_or_default(),
            Self::JoinInto => video.map_or_else(home, |video| {
                let stem = video.file_stem().unwrap_or_default().to_string_lossy();
                let extension = video.extension().unwrap_or_default().to_string_lossy();
                absolute(&video.with_file_name(format!("{stem} moments.{extension}")))
            }),
            Self::Picture | Self::ImportPrompt | Self::Detector => home().join(""),
            Self::ExportPrompt(name) => home().join(format!("{name}.safetensors")),
            Self::ExportLabels => home().join("labels.jsonl"),
            Self::Model => home(),
            Self::LibraryFolder => folder().unwrap_or_else(home).join(""),
        }
    }

    /// What is done with the path.
    pub fn action(self, path: PathBuf) -> Action {
        match self {
            Self::Video => File::Open(path).into(),
            Self::Picture => Find::Shot(Shot::File(path)).into(),
            Self::ExportTo(format) => File::ExportTo(format, path).into(),
            Self::CutInto => File::CutInto(path).into(),
            Self::JoinInto => File::JoinInto(path).into(),
            Self::ImportPrompt => Teach::EditPrompts(PromptEdit::Import { file: path }).into(),
            Self::ExportPrompt(name) => {
                Teach::EditPrompts(PromptEdit::Export { name, file: path }).into()
            }
            Self::ExportLabels => Teach::ExportLabelsTo(path).into(),
            Self::Detector => Model::AddDetector(path).into(),
            Self::Model => Model::Use(ModelChoice::Named(path)).into(),
            Self::LibraryFolder => Library::Add(vec![path]).into(),
        }
    }
}

fn home() -> PathBuf {
    std::env::home_dir().unwrap_or_default()
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
