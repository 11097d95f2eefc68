//! The system's file dialogs. They are open beside the window, which can be used meanwhile.

use std::path::{Path, PathBuf};

use crate::app::action::Action;
use crate::app::desktop::request::{Choice, Kind, Request};
use crate::app::wish::Wish;
use crate::engine::PICTURE_EXTENSIONS;
use crate::video::VIDEO_EXTENSIONS;
use crate::worker::{Background, Report};

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
    parent: String,
    bus: Option<String>,
    ctx: egui::Context,
}

impl Dialogs {
    /// `parent` names the window, as the portal wants it: `x11:` and its number, or nothing.
    pub fn new(ctx: &egui::Context, parent: String) -> Self {
        Self {
            open: None,
            parent,
            bus: None,
            ctx: ctx.clone(),
        }
    }

    /// The message bus that the desktop is reached by; that of the session if none.
    pub fn use_bus(&mut self, bus: Option<&str>) {
        self.bus = bus.map(str::to_owned);
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
        let (ctx, parent, bus) = (self.ctx.clone(), self.parent.clone(), self.bus.clone());
        let wake = move || ctx.request_repaint();
        let dialog = Background::start("dialog", wake, move |reporter| {
            reporter.say(
                match show(&request(&wish, &suggestion, parent), bus.as_deref()) {
                    Choice::Path(path) => Answer::Chosen(wish.action(path)),
                    Choice::Closed => Answer::Closed,
                    Choice::Impossible => {
                        let suggestion = beginning(&wish, suggestion);
                        Answer::NoDialog(wish, suggestion)
                    }
                },
            );
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

/// The dialog for `wish`, beginning at `suggestion`.
fn request(wish: &Wish, suggestion: &Path, parent: String) -> Request {
    let folder = if suggestion.is_dir() {
        Some(suggestion)
    } else {
        suggestion.parent()
    };
    let (kind, filters) = match wish {
        Wish::Video => {
            let videos = ("Videos", VIDEO_EXTENSIONS.to_vec());
            (Kind::Open, vec![videos, ("All files", vec!["*"])])
        }
        Wish::Picture => {
            let pictures = ("Pictures", PICTURE_EXTENSIONS.to_vec());
            (Kind::Open, vec![pictures, ("All files", vec!["*"])])
        }
        Wish::ImportPrompt => (Kind::Open, vec![("Prompts", vec!["safetensors"])]),
        Wish::Detector => {
            let detectors = ("Moment detectors", vec!["ckpt", "pth", "safetensors"]);
            (Kind::Open, vec![detectors, ("All files", vec!["*"])])
        }
        Wish::ExportTo(_) | Wish::JoinInto | Wish::ExportPrompt(_) | Wish::ExportLabels => {
            (Kind::Save, Vec::new())
        }
        Wish::CutInto | Wish::Model | Wish::LibraryFolder => (Kind::Folder, Vec::new()),
    };
    Request {
        kind,
        title: wish.title(),
        parent,
        folder: folder.filter(|it| it.is_dir()).map(Into::into),
        name: suggestion.file_name().map(Into::into),
        filters,
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
fn show(request: &Request, bus: Option<&str>) -> Choice {
    super::file_chooser::show(request, bus)
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn show(request: &Request, _bus: Option<&str>) -> Choice {
    let mut dialog = rfd::AsyncFileDialog::new().set_title(request.title);
    for (name, extensions) in &request.filters {
        dialog = dialog.add_filter(*name, extensions);
    }
    if let Some(folder) = &request.folder {
        dialog = dialog.set_directory(folder);
    }
    let file = match request.kind {
        Kind::Open => pollster::block_on(dialog.pick_file()),
        Kind::Folder => pollster::block_on(dialog.pick_folder()),
        Kind::Save => {
            let name = request.name.as_deref().unwrap_or_default();
            pollster::block_on(dialog.set_file_name(name.to_string_lossy()).save_file())
        }
    };
    file.map_or(Choice::Closed, |file| Choice::Path(file.path().to_owned()))
}
