//! The system's file dialogs. They run beside the window, which goes on meanwhile.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use crate::export::Format;

/// Usual names of video files; everything else can be chosen too.
const VIDEO_EXTENSIONS: &[&str] = &[
    "mp4", "m4v", "mov", "mkv", "webm", "avi", "ts", "mts", "m2ts", "mpg", "mpeg", "ogv", "flv",
    "wmv", "3gp", "gif",
];

/// Nobody closes a dialog this soon: there was none.
const NO_DIALOG: Duration = Duration::from_millis(250);

/// What came of a dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    Video(PathBuf),
    ExportTo(Format, PathBuf),
    CutInto(PathBuf),
    Prompt(PathBuf),
    /// Where to copy the prompt of this name to.
    PromptCopy(String, PathBuf),
    LabelsTo(PathBuf),
    /// The system has no dialog to show.
    Unavailable,
}

/// Dialogs that are open, and their answers.
pub struct Dialogs {
    sender: Sender<Option<Chosen>>,
    answers: Receiver<Option<Chosen>>,
    n_open: usize,
    ctx: egui::Context,
}

impl Dialogs {
    pub fn new(ctx: &egui::Context) -> Self {
        let (sender, answers) = mpsc::channel();
        Self {
            sender,
            answers,
            n_open: 0,
            ctx: ctx.clone(),
        }
    }

    /// Asks for a video, beginning in the folder of `near`.
    pub fn choose_video(&mut self, near: Option<&Path>) {
        let mut dialog = rfd::AsyncFileDialog::new()
            .set_title("Open a video")
            .add_filter("Videos", VIDEO_EXTENSIONS)
            .add_filter("All files", &["*"]);
        if let Some(folder) = near.and_then(Path::parent) {
            dialog = dialog.set_directory(folder);
        }
        let answer = dialog.pick_file();
        self.wait_for(async move {
            answer
                .await
                .map(|file| Chosen::Video(file.path().to_owned()))
        });
    }

    /// Asks where to write moments.
    pub fn choose_export(&mut self, format: Format, video: &Path) {
        let stem = video.file_stem().unwrap_or_default().to_string_lossy();
        let mut dialog = rfd::AsyncFileDialog::new()
            .set_title("Export the moments")
            .set_file_name(format!("{stem}.{}", format.extension()));
        if let Some(folder) = video.parent() {
            dialog = dialog.set_directory(folder);
        }
        let answer = dialog.save_file();
        self.wait_for(async move {
            answer
                .await
                .map(|file| Chosen::ExportTo(format, file.path().to_owned()))
        });
    }

    /// Asks for the folder to write cuts of `video` to.
    pub fn choose_folder(&mut self, video: &Path) {
        let mut dialog = rfd::AsyncFileDialog::new().set_title("A folder for the cuts");
        if let Some(folder) = video.parent() {
            dialog = dialog.set_directory(folder);
        }
        let answer = dialog.pick_folder();
        self.wait_for(async move {
            answer
                .await
                .map(|folder| Chosen::CutInto(folder.path().to_owned()))
        });
    }

    /// Asks for a prompt to take in.
    pub fn choose_prompt(&mut self) {
        let answer = rfd::AsyncFileDialog::new()
            .set_title("Import a prompt")
            .add_filter("Prompts", &["safetensors"])
            .pick_file();
        self.wait_for(async move {
            answer
                .await
                .map(|file| Chosen::Prompt(file.path().to_owned()))
        });
    }

    /// Asks where to copy a prompt to.
    pub fn choose_prompt_copy(&mut self, name: String) {
        let answer = rfd::AsyncFileDialog::new()
            .set_title("Export the prompt")
            .set_file_name(format!("{name}.safetensors"))
            .save_file();
        self.wait_for(async move {
            let file = answer.await?;
            Some(Chosen::PromptCopy(name, file.path().to_owned()))
        });
    }

    /// Asks where to write all labels.
    pub fn choose_labels(&mut self) {
        let answer = rfd::AsyncFileDialog::new()
            .set_title("Export all labels")
            .set_file_name("labels.jsonl")
            .save_file();
        self.wait_for(async move {
            answer
                .await
                .map(|file| Chosen::LabelsTo(file.path().to_owned()))
        });
    }

    fn wait_for(&mut self, answer: impl Future<Output = Option<Chosen>> + Send + 'static) {
        if self.n_open > 0 {
            return; // One at a time: the other is already in front.
        }
        let (sender, ctx) = (self.sender.clone(), self.ctx.clone());
        let started = thread::Builder::new()
            .name("dialog".to_owned())
            .spawn(move || {
                let began = Instant::now();
                let mut chosen = pollster::block_on(answer);
                if chosen.is_none() && began.elapsed() < NO_DIALOG {
                    chosen = Some(Chosen::Unavailable);
                }
                // The window may be closed by now.
                let _ = sender.send(chosen);
                ctx.request_repaint();
            });
        match started {
            Ok(_) => self.n_open += 1,
            Err(error) => log::warn!("no thread for a dialog: {error}"),
        }
    }

    /// What was chosen since the last call.
    pub fn poll(&mut self) -> Vec<Chosen> {
        let answers: Vec<_> = self.answers.try_iter().collect();
        self.n_open -= answers.len();
        answers.into_iter().flatten().collect()
    }
}
