//! Pictures and lengths of videos that are not open, made on a thread when they are shown.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{self, Receiver, Sender};

use egui::{ColorImage, TextureHandle, TextureOptions};

use crate::video::{Source, thumbnail};
use crate::worker::{Background, Report, Reporter};

/// Pixels; enough for a card on a sharp screen.
const HEIGHT: u32 = 194;

/// Where the picture is taken: the beginning is often black.
const AT_PART: f64 = 0.3;

/// What is known of a video.
pub enum Poster {
    Ready {
        /// `None` where no picture could be decoded.
        texture: Option<TextureHandle>,
        duration_secs: f64,
    },
    /// It cannot be opened.
    Gone,
}

type Made = (PathBuf, Option<(Option<ColorImage>, f64)>);

/// Posters of the videos that were asked for.
pub struct Posters {
    /// `None` until it is there.
    known: HashMap<PathBuf, Option<Poster>>,
    requests: Sender<PathBuf>,
    /// Waiting for its first request; `None` from then on.
    inbox: Option<Receiver<PathBuf>>,
    /// `None` before the first request, and where the system gave no thread.
    thread: Option<Background<Made>>,
    ctx: egui::Context,
}

impl Posters {
    pub fn new(ctx: &egui::Context) -> Self {
        let (requests, inbox) = mpsc::channel();
        Self {
            known: HashMap::new(),
            requests,
            inbox: Some(inbox),
            thread: None,
            ctx: ctx.clone(),
        }
    }

    /// What is known of a video; asks for it if nothing is.
    pub fn get(&mut self, path: &Path) -> Option<&Poster> {
        if !self.known.contains_key(path) {
            self.known.insert(path.to_owned(), None);
            self.start();
            // Without a thread it stays without a picture.
            let _ = self.requests.send(path.to_owned());
        }
        self.known.get(path)?.as_ref()
    }

    /// Most people never see one: the thread begins with the first.
    fn start(&mut self) {
        let Some(inbox) = self.inbox.take() else {
            return;
        };
        let ctx = self.ctx.clone();
        let wake = move || ctx.request_repaint();
        match Background::start("posters", wake, move |reporter| run(&inbox, reporter)) {
            Ok(thread) => self.thread = Some(thread),
            Err(error) => log::warn!("no thread for pictures of videos: {error}"),
        }
    }

    /// Takes in what the thread has made.
    pub fn poll(&mut self) {
        let reports = self.thread.as_ref().map(Background::reports);
        for report in reports.unwrap_or_default() {
            let (path, made) = match report {
                Report::Said(made) => made,
                Report::Crashed(message) => {
                    log::warn!("no more pictures of videos: {message}");
                    self.thread = None;
                    return;
                }
            };
            let poster = match made {
                None => Poster::Gone,
                Some((image, duration_secs)) => Poster::Ready {
                    texture: image.map(|image| {
                        let name = path.display().to_string();
                        self.ctx.load_texture(name, image, TextureOptions::LINEAR)
                    }),
                    duration_secs,
                },
            };
            self.known.insert(path, Some(poster));
        }
    }

    /// Whether all that were asked for are there.
    pub fn is_idle(&self) -> bool {
        self.thread.is_none() || self.known.values().all(Option::is_some)
    }
}

fn run(inbox: &Receiver<PathBuf>, reporter: &Reporter<Made>) {
    while let Ok(path) = inbox.recv() {
        let made = make(&path, reporter.cancel());
        reporter.say((path, made));
    }
}

fn make(path: &Path, cancel: Arc<AtomicBool>) -> Option<(Option<ColorImage>, f64)> {
    let source = Source::open(path).ok()?;
    let duration_secs = source.info().ok()?.duration_secs;
    let picture = thumbnail(&source, AT_PART * duration_secs, HEIGHT, cancel);
    let image = picture.ok().flatten().map(|image| {
        let size = [image.width() as usize, image.height() as usize];
        ColorImage::from_rgb(size, image.as_raw())
    });
    Some((image, duration_secs))
}
