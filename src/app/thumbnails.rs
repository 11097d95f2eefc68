//! Small pictures of clips, made on a thread when a panel asks for them and kept for a while.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};

use egui::{ColorImage, TextureHandle, TextureOptions};
use lru::LruCache;

use crate::domain::ClipIndex;
use crate::video::{Source, thumbnail};
use crate::worker::{Background, Report, Reporter};

/// Pixels; enough for the largest place where one is shown, on a sharp screen.
const HEIGHT: u32 = 144;

/// About 70 MB of textures.
const MAX_KEPT: NonZeroUsize = NonZeroUsize::new(512).unwrap();

/// More wishes than this are forgotten, the oldest first: the pointer has moved on.
const MAX_WAITING: usize = 24;

struct Request {
    video: Source,
    /// Set when another video is opened.
    cancel: Arc<AtomicBool>,
    generation: u64,
    clip: ClipIndex,
}

struct Made {
    generation: u64,
    clip: ClipIndex,
    outcome: Outcome,
}

enum Outcome {
    Image(ColorImage),
    /// The clip cannot be decoded.
    Impossible,
    /// There were too many newer wishes; it can be asked for again.
    Forgotten,
}

enum Slot {
    Waiting,
    Ready(TextureHandle),
    Impossible,
}

/// Thumbnails of the open video.
pub struct Thumbnails {
    requests: Sender<Request>,
    /// `None` where the system gave no thread: then there are no thumbnails.
    thread: Option<Background<Made>>,
    video: Option<Source>,
    generation: u64,
    /// Ends the work on what was wished for the open video.
    cancel: Arc<AtomicBool>,
    slots: LruCache<ClipIndex, Slot>,
    ctx: egui::Context,
}

impl Thumbnails {
    pub fn new(ctx: &egui::Context) -> Self {
        let (requests, inbox) = mpsc::channel();
        let thread_ctx = ctx.clone();
        let wake = move || thread_ctx.request_repaint();
        let thread = Background::start("thumbnails", wake, move |reporter| run(&inbox, reporter));
        if let Err(error) = &thread {
            log::warn!("no thread for thumbnails: {error}");
        }
        Self {
            requests,
            thread: thread.ok(),
            video: None,
            generation: 0,
            cancel: Arc::default(),
            slots: LruCache::new(MAX_KEPT),
            ctx: ctx.clone(),
        }
    }

    /// Makes pictures of this video from now on, and forgets those of the last one.
    pub fn set_video(&mut self, video: Source) {
        self.leave_video();
        self.video = Some(video);
    }

    /// Makes no pictures any more until there is another video.
    pub fn leave_video(&mut self) {
        self.video = None;
        self.generation += 1;
        std::mem::take(&mut self.cancel).store(true, Ordering::Relaxed);
        self.slots.clear();
    }

    /// Takes in what the thread has made.
    pub fn poll(&mut self) {
        let reports = self.thread.as_ref().map(Background::reports);
        for report in reports.unwrap_or_default() {
            match report {
                Report::Said(made) => self.take_in(made),
                Report::Crashed(message) => {
                    log::warn!("no more thumbnails: {message}");
                    for (_, slot) in &mut self.slots {
                        if matches!(slot, Slot::Waiting) {
                            *slot = Slot::Impossible;
                        }
                    }
                }
            }
        }
    }

    fn take_in(&mut self, made: Made) {
        if made.generation != self.generation {
            return;
        }
        let slot = match made.outcome {
            Outcome::Image(image) => {
                let name = format!("thumbnail {}", made.clip.0);
                let texture = self.ctx.load_texture(name, image, TextureOptions::LINEAR);
                Slot::Ready(texture)
            }
            Outcome::Impossible => Slot::Impossible,
            Outcome::Forgotten => {
                self.slots.pop(&made.clip);
                return;
            }
        };
        self.slots.put(made.clip, slot);
    }

    /// Whether all wishes are fulfilled or given up.
    pub fn is_idle(&self) -> bool {
        let mut slots = self.slots.iter();
        !slots.any(|(_, slot)| matches!(slot, Slot::Waiting))
    }

    /// The picture of a clip, if it is there; asks for it if not.
    pub fn get(&mut self, clip: ClipIndex) -> Option<&TextureHandle> {
        let video = self.video.as_ref()?;
        let slot = self.slots.get_or_insert(clip, || {
            let request = Request {
                video: video.clone(),
                cancel: Arc::clone(&self.cancel),
                generation: self.generation,
                clip,
            };
            match self.requests.send(request) {
                Ok(()) => Slot::Waiting,
                // The thread could not be started, or has crashed.
                Err(_) => Slot::Impossible,
            }
        });
        match slot {
            Slot::Ready(texture) => Some(texture),
            Slot::Waiting | Slot::Impossible => None,
        }
    }
}

impl Drop for Thumbnails {
    fn drop(&mut self) {
        self.cancel.store(true, Ordering::Relaxed);
    }
}

/// The newest wish first; ends when [`Thumbnails`] is dropped.
fn run(inbox: &Receiver<Request>, reporter: &Reporter<Made>) {
    let mut waiting: Vec<Request> = Vec::new();
    loop {
        if waiting.is_empty() {
            match inbox.recv() {
                Ok(request) => waiting.push(request),
                Err(_) => return,
            }
        }
        waiting.extend(inbox.try_iter());
        let newest = waiting.last().map_or(0, |request| request.generation);
        waiting.retain(|request| request.generation == newest);
        let Some(request) = waiting.pop() else {
            continue;
        };
        let time_secs = request.clip.start_secs();
        let outcome = match thumbnail(&request.video, time_secs, HEIGHT, request.cancel) {
            Ok(Some(image)) => {
                let size = [image.width() as usize, image.height() as usize];
                Outcome::Image(ColorImage::from_rgb(size, image.as_raw()))
            }
            Ok(None) => Outcome::Impossible,
            Err(error) => {
                log::debug!("no thumbnail of clip {}: {error}", request.clip.0);
                Outcome::Impossible
            }
        };
        reporter.say(Made {
            generation: request.generation,
            clip: request.clip,
            outcome,
        });
        let n_forgotten = waiting.len().saturating_sub(MAX_WAITING);
        for forgotten in waiting.drain(..n_forgotten) {
            reporter.say(Made {
                generation: forgotten.generation,
                clip: forgotten.clip,
                outcome: Outcome::Forgotten,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_video_ends_the_work_on_the_one_before() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/videos");
        let video = |name| Source::open(&folder.join(name)).unwrap();
        let mut thumbnails = Thumbnails::new(&egui::Context::default());
        thumbnails.set_video(video("plain.mp4"));
        let first = Arc::clone(&thumbnails.cancel);
        thumbnails.set_video(video("short.mp4"));
        let second = Arc::clone(&thumbnails.cancel);
        assert!(first.load(Ordering::Relaxed) && !second.load(Ordering::Relaxed));
        drop(thumbnails);
        assert!(second.load(Ordering::Relaxed));
    }
}
