//! The system's file dialogs. They run beside the window, which goes on meanwhile.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use crate::app::action::Action;
use crate::engine::ModelChoice;
use crate::export::FileFormat;
use crate::video::VIDEO_EXTENSIONS;
use crate::worker::PromptEdit;

/// Nobody closes a dialog this soon: there was none.
const NO_DIALOG: Duration = Duration::from_millis(250);

/// What a path is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    Video,
    ExportTo(FileFormat),
    CutInto,
    ImportPrompt,
    /// Of this name.
    ExportPrompt(String),
    ExportLabels,
    /// The folder of one.
    Model,
}

impl Wish {
    pub fn title(&self) -> &'static str {
        match self {
            Self::Video => "Open a video",
            Self::ExportTo(_) => "Export the moments to a file",
            Self::CutInto => "Cut the moments into a folder",
            Self::ImportPrompt => "Import a prompt",
            Self::ExportPrompt(_) => "Export the prompt to a file",
            Self::ExportLabels => "Export all labels to a file",
            Self::Model => "A folder with a CLIP model",
        }
    }

    /// What agreeing is called.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Video => "Open it",
            Self::ExportTo(_) | Self::ExportPrompt(_) | Self::ExportLabels => "Write it",
            Self::CutInto => "Cut them",
            Self::ImportPrompt => "Import it",
            Self::Model => "Use it",
        }
    }

    /// Whether the path must lead to a file that is there.
    pub fn is_reading(&self) -> bool {
        matches!(self, Self::Video | Self::ImportPrompt)
    }

    /// What is done with the path.
    pub fn action(self, path: PathBuf) -> Action {
        match self {
            Self::Video => Action::Open(path),
            Self::ExportTo(format) => Action::ExportTo(format, path),
            Self::CutInto => Action::CutInto(path),
            Self::ImportPrompt => Action::EditPrompts(PromptEdit::Import { file: path }),
            Self::ExportPrompt(name) => {
                Action::EditPrompts(PromptEdit::Export { name, file: path })
            }
            Self::ExportLabels => Action::ExportLabelsTo(path),
            Self::Model => Action::UseModel(ModelChoice::Named(path)),
        }
    }

    /// The system's dialog for it, beginning at `suggestion`. Without an answer it was closed.
    async fn ask(&self, suggestion: PathBuf) -> Option<PathBuf> {
        let mut dialog = rfd::AsyncFileDialog::new().set_title(self.title());
        let folder = if suggestion.is_dir() {
            Some(suggestion.as_path())
        } else {
            suggestion.parent()
        };
        if let Some(folder) = folder.filter(|folder| folder.is_dir()) {
            dialog = dialog.set_directory(folder);
        }
        let file = match self {
            Self::Video => {
                let dialog = dialog
                    .add_filter("Videos", &VIDEO_EXTENSIONS)
                    .add_filter("All files", &["*"]);
                dialog.pick_file().await
            }
            Self::ImportPrompt => {
                let dialog = dialog.add_filter("Prompts", &["safetensors"]);
                dialog.pick_file().await
            }
            Self::ExportTo(_) | Self::ExportPrompt(_) | Self::ExportLabels => {
                let name = suggestion.file_name().unwrap_or_default();
                let dialog = dialog.set_file_name(name.to_string_lossy());
                dialog.save_file().await
            }
            Self::CutInto | Self::Model => dialog.pick_folder().await,
        };
        file.map(|file| file.path().to_owned())
    }
}

/// What came of a dialog.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Chosen(Action),
    /// The system has no dialog: the path must be asked for in the window, beginning with this one.
    NoDialog(Wish, PathBuf),
}

/// Dialogs that are open, and their answers.
pub struct Dialogs {
    sender: Sender<Option<Answer>>,
    answers: Receiver<Option<Answer>>,
    n_open: usize,
    /// The system's dialogs are not even tried.
    pub stay_in_window: bool,
    ctx: egui::Context,
}

impl Dialogs {
    pub fn new(ctx: &egui::Context) -> Self {
        let (sender, answers) = mpsc::channel();
        Self {
            sender,
            answers,
            n_open: 0,
            stay_in_window: false,
            ctx: ctx.clone(),
        }
    }

    /// Asks for a video, beginning in the folder of `near`.
    pub fn choose_video(&mut self, near: Option<&Path>) {
        let folder = near.and_then(Path::parent).map(Path::to_owned);
        self.ask(Wish::Video, folder.unwrap_or_else(home).join("")); // A name follows the slash.
    }

    /// Asks where to write moments.
    pub fn choose_export(&mut self, format: FileFormat, video: &Path) {
        let suggestion = video.with_extension(format.extension);
        self.ask(Wish::ExportTo(format), absolute(&suggestion));
    }

    /// Asks for the folder to write cuts of `video` to.
    pub fn choose_folder(&mut self, video: &Path) {
        let folder = absolute(video).parent().map(Path::to_owned);
        self.ask(Wish::CutInto, folder.unwrap_or_default());
    }

    /// Asks for a prompt to take in.
    pub fn choose_prompt(&mut self) {
        self.ask(Wish::ImportPrompt, home().join(""));
    }

    /// Asks where to copy a prompt to.
    pub fn choose_prompt_copy(&mut self, name: String) {
        let suggestion = home().join(format!("{name}.safetensors"));
        self.ask(Wish::ExportPrompt(name), suggestion);
    }

    /// Asks where to write all labels.
    pub fn choose_labels(&mut self) {
        self.ask(Wish::ExportLabels, home().join("labels.jsonl"));
    }

    /// Asks for the folder of a model.
    pub fn choose_model(&mut self) {
        self.ask(Wish::Model, home());
    }

    fn ask(&mut self, wish: Wish, suggestion: PathBuf) {
        if self.n_open > 0 {
            return; // One at a time: the other is already in front.
        }
        if self.stay_in_window {
            self.n_open += 1;
            // Both ends are in `self`.
            let _ = self.sender.send(Some(Answer::NoDialog(wish, suggestion)));
            return;
        }
        let (sender, ctx) = (self.sender.clone(), self.ctx.clone());
        let started = thread::Builder::new()
            .name("dialog".to_owned())
            .spawn(move || {
                let began = Instant::now();
                let path = pollster::block_on(wish.ask(suggestion.clone()));
                let answer = match path {
                    Some(path) => Some(Answer::Chosen(wish.action(path))),
                    None if began.elapsed() < NO_DIALOG || !may_have_dialogs() => {
                        Some(Answer::NoDialog(wish, suggestion))
                    }
                    None => None,
                };
                // The window may be closed by now.
                let _ = sender.send(answer);
                ctx.request_repaint();
            });
        match started {
            Ok(_) => self.n_open += 1,
            Err(error) => log::warn!("no thread for a dialog: {error}"),
        }
    }

    /// What was chosen since the last call.
    pub fn poll(&mut self) -> Vec<Answer> {
        let answers: Vec<_> = self.answers.try_iter().collect();
        self.n_open -= answers.len();
        answers.into_iter().flatten().collect()
    }
}

fn home() -> PathBuf {
    std::env::home_dir().unwrap_or_default()
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Whether anything could have shown a dialog: a message bus to reach the desktop by, or `zenity`.
///
/// A machine under load may need longer than [`NO_DIALOG`] to find nothing.
fn may_have_dialogs() -> bool {
    if !cfg!(all(unix, not(target_os = "macos"))) {
        return true;
    }
    let bus = std::env::var("DBUS_SESSION_BUS_ADDRESS").unwrap_or_default();
    let runtime_dir = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    !(bus.is_empty() || bus.starts_with("disabled:"))
        || runtime_dir.is_some_and(|dir| dir.join("bus").exists())
        || std::env::split_paths(&path).any(|dir| dir.join("zenity").is_file())
}
