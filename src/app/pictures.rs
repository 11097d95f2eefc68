//! Pictures of videos that are not open, made on a thread when they are shown and kept for a while.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{self, Receiver, Sender};

use egui::{ColorImage, TextureHandle, TextureOptions};
use lru::LruCache;

use crate::domain::ClipIndex;
use crate::video::{Source, thumbnail};
use crate::worker::{Background, Report, Reporter};

/// Pixels; enough for a card on a sharp screen.
const HEIGHT: u32 = 194;

/// Where the picture that stands for a video is taken: the beginning is often black.
const AT_PART: f64 = 0.3;

/// About 100 MB of textures.
const MAX_KEPT: NonZeroUsize = NonZeroUsize::new(400).unwrap();

/// What was found out about a file is kept for so many: skimming asks for one picture after another.
const MAX_SOURCES: NonZeroUsize = NonZeroUsize::new(24).unwrap();

/// More wishes than this are forgotten, the oldest first: whoever asked has scrolled on.
const MAX_WAITING: usize = 64;

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

/// A video, and which of its clips; with none, the picture that stands for it.
type Key = (PathBuf, Option<ClipIndex>);

enum Slot {
    Waiting,
    Known(Poster),
}

struct Made {
    key: Key,
    outcome: Outcome,
}

enum Outcome {
    Ready(Option<ColorImage>, f64),
    Gone,
    /// There were too many newer wishes; it can be asked for again.
    Forgotten,
}

/// Pictures of the videos that were asked for.
pub struct Pictures {
    slots: LruCache<Key, Slot>,
    requests: Sender<Key>,
    /// Waiting for its first request; `None` from then on.
    inbox: Option<Receiver<Key>>,
    /// `None` before the first request, and where the system gave no thread.
    thread: Option<Background<Made>>,
    ctx: egui::Context,
}

impl Pictures {
    pub fn new(ctx: &egui::Context) -> Self {
        let (requests, inbox) = mpsc::channel();
        Self {
            slots: LruCache::new(MAX_KEPT),
            requests,
            inbox: Some(inbox),
            thread: None,
            ctx: ctx.clone(),
        }
    }

    /// What is known of a video; asks for it if nothing is.
    pub fn poster(&mut self, path: &Path) -> Option<&Poster> {
        self.get(&(path.to_owned(), None))
    }

    /// The picture of a clip, if it is there; asks for it if not.
    pub fn clip(&mut self, path: &Path, clip: ClipIndex) -> Option<TextureHandle> {
        match self.get(&(path.to_owned(), Some(clip)))? {
            Poster::Ready { texture, .. } => texture.clone(),
            Poster::Gone => None,
        }
    }

    fn get(&mut self, key: &Key) -> Option<&Poster> {
        if !self.slots.contains(key) {
            self.start();
            // Without a thread it stays without a picture.
            let slot = match self.requests.send(key.clone()) {
                Ok(()) => Slot::Waiting,
                Err(_) => Slot::Known(Poster::Gone),
            };
            self.slots.put(key.clone(), slot);
        }
        match self.slots.get(key)? {
            Slot::Known(poster) => Some(poster),
            Slot::Waiting => None,
        }
    }

    /// Most people never see one: the thread begins with the first.
    fn start(&mut self) {
        let Some(inbox) = self.inbox.take() else {
            return;
        };
        let ctx = self.ctx.clone();
        let wake = move || ctx.request_repaint();
        match Background::start("pictures", wake, move |reporter| run(&inbox, reporter)) {
            Ok(thread) => self.thread = Some(thread),
            Err(error) => log::warn!("no thread for pictures of videos: {error}"),
        }
    }

    /// Takes in what the thread has made.
    pub fn poll(&mut self) {
        let reports = self.thread.as_ref().map(Background::reports);
        for report in reports.unwrap_or_default() {
            let Made { key, outcome } = match report {
                Report::Said(made) => made,
                Report::Crashed(message) => {
                    log::warn!("no more pictures of videos: {message}");
                    self.thread = None;
                    return;
                }
            };
            let poster = match outcome {
                Outcome::Gone => Poster::Gone,
                Outcome::Ready(image, duration_secs) => Poster::Ready {
                    texture: image.map(|image| {
                        let name = key.0.display().to_string();
                        self.ctx.load_texture(name, image, TextureOptions::LINEAR)
                    }),
                    duration_secs,
                },
                Outcome::Forgotten => {
                    self.slots.pop(&key);
                    continue;
                }
            };
            self.slots.put(key, Slot::Known(poster));
        }
    }

    /// Whether all that were asked for are there.
    pub fn is_idle(&self) -> bool {
        let mut slots = self.slots.iter();
        self.thread.is_none() || !slots.any(|(_, slot)| matches!(slot, Slot::Waiting))
    }
}

/// The newest wish first; ends when [`Pictures`] is dropped.
fn run(inbox: &Receiver<Key>, reporter: &Reporter<Made>) {
    let mut waiting: Vec<Key> = Vec::new();
    let mut sources = LruCache::new(MAX_SOURCES);
    loop {
        if waiting.is_empty() {
            match inbox.recv() {
                Ok(key) => waiting.extend([key].into_iter().chain(inbox.try_iter())),
                Err(_) => return,
            }
            waiting.reverse();
        }
        // What was wished for at once is on screen at once: that is made from its beginning.
        let first = waiting.len();
        waiting.extend(inbox.try_iter());
        waiting[first..].reverse();
        let n_forgotten = waiting.len().saturating_sub(MAX_WAITING);
        for key in waiting.drain(..n_forgotten) {
            let outcome = Outcome::Forgotten;
            reporter.say(Made { key, outcome });
        }
        let Some(key) = waiting.pop() else { continue };
        let made = make(&key, &mut sources, reporter.cancel());
        let outcome = made.unwrap_or(Outcome::Gone);
        reporter.say(Made { key, outcome });
    }
}

fn make(
    (path, clip): &Key,
    sources: &mut LruCache<PathBuf, Source>,
    cancel: Arc<AtomicBool>,
) -> Option<Outcome> {
    // A file that was opened before may be gone, or another one, by now.
    let source = match sources.get(path).filter(|_| clip.is_some()) {
        Some(source) => source.clone(),
        None => Source::open(path).ok()?,
    };
    let duration_secs = source.info().ok()?.duration_secs;
    sources.put(path.clone(), source.clone());
    let time_secs = clip.map_or(AT_PART * duration_secs, ClipIndex::start_secs);
    let picture = thumbnail(&source, time_secs, HEIGHT, cancel);
    let image = picture.ok().flatten().map(|image| {
        let size = [image.width() as usize, image.height() as usize];
        ColorImage::from_rgb(size, image.as_raw())
    });
    Some(Outcome::Ready(image, duration_secs))
}
