//! The system's file dialogs. They are open beside the window, which can be used meanwhile.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::app::action::Action;
use crate::app::wish::Wish;
use crate::video::VIDEO_EXTENSIONS;
use crate::worker::{Background, Report};

/// No person closes a dialog this soon: there was none.
const NO_DIALOG: Duration = Duration::from_millis(250);

/// What came of a dialog.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Chosen(Action),
    /// The system has no dialog: the path must be asked for in the window, beginning with this one.
    NoDialog(Wish, PathBuf),
    /// It was closed without a choice.
    Closed,
}

/// The dialog that is open, if any.
pub struct Dialogs {
    open: Option<Background<Answer>>,
    ctx: egui::Context,
}

impl Dialogs {
    pub fn new(ctx: &egui::Context) -> Self {
        Self {
            open: None,
            ctx: ctx.clone(),
        }
    }

    /// Asks for a path, beginning with `suggestion`. One dialog at a time: another one that is open
    /// is already in front.
    ///
    /// # Errors
    /// When the system gives no thread, in one sentence.
    pub fn ask(&mut self, wish: Wish, suggestion: PathBuf) -> Result<(), String> {
        if self.open.is_some() {
            return Ok(());
        }
        let ctx = self.ctx.clone();
        let wake = move || ctx.request_repaint();
        let dialog = Background::start("dialog", wake, move |reporter| {
            let began = Instant::now();
            let path = pollster::block_on(show(&wish, suggestion.clone()));
            reporter.say(match path {
                Some(path) => Answer::Chosen(wish.action(path)),
                None if began.elapsed() < NO_DIALOG || !may_have_dialogs() => {
                    let suggestion = beginning(&wish, suggestion);
                    Answer::NoDialog(wish, suggestion)
                }
                None => Answer::Closed,
            });
        });
        let dialog = dialog.map_err(|error| format!("no path can be asked for now: {error}"))?;
        self.open = Some(dialog);
        Ok(())
    }

    /// What came of the dialog, once it is closed.
    pub fn poll(&mut self) -> Option<Answer> {
        let report = self.open.as_ref()?.reports().pop()?;
        self.open = None;
        match report {
            Report::Said(answer) => Some(answer),
            Report::Crashed(message) => {
                log::warn!("a dialog: {message}");
                Some(Answer::Closed)
            }
        }
    }
}

/// Where somebody begins who types: videos are rarely in the home directory itself.
fn beginning(wish: &Wish, suggestion: PathBuf) -> PathBuf {
    let is_home = std::env::home_dir().is_some_and(|home| suggestion == home.join(""));
    let videos = suggestion.join("Videos").join("");
    if matches!(wish, Wish::Video | Wish::LibraryFolder) && is_home && videos.is_dir() {
        videos
    } else {
        suggestion
    }
}

/// The system's dialog for `wish`, beginning at `suggestion`. Without a path it was closed.
async fn show(wish: &Wish, suggestion: PathBuf) -> Option<PathBuf> {
    let mut dialog = rfd::AsyncFileDialog::new().set_title(wish.title());
    let folder = if suggestion.is_dir() {
        Some(suggestion.as_path())
    } else {
        suggestion.parent()
    };
    if let Some(folder) = folder.filter(|folder| folder.is_dir()) {
        dialog = dialog.set_directory(folder);
    }
    let file = match wish {
        Wish::Video => {
            let dialog = dialog
                .add_filter("Videos", &VIDEO_EXTENSIONS)
                .add_filter("All files", &["*"]);
            dialog.pick_file().await
        }
        Wish::ImportPrompt => {
            let dialog = dialog.add_filter("Prompts", &["safetensors"]);
            dialog.pick_file().await
        }
        Wish::Detector => {
            let dialog = dialog.add_filter("Moment detectors", &["ckpt", "pth", "safetensors"]);
            dialog.add_filter("All files", &["*"]).pick_file().await
        }
        Wish::ExportTo(_) | Wish::JoinInto | Wish::ExportPrompt(_) | Wish::ExportLabels => {
            let name = suggestion.file_name().unwrap_or_default();
            let dialog = dialog.set_file_name(name.to_string_lossy());
            dialog.save_file().await
        }
        Wish::CutInto | Wish::Model | Wish::LibraryFolder => dialog.pick_folder().await,
    };
    file.map(|file| file.path().to_owned())
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
