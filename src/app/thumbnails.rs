//! Small pictures of clips, made on a thread when a panel asks for them and kept for a while.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use egui::{ColorImage, TextureHandle, TextureOptions};

use crate::domain::ClipIndex;
use crate::video;

/// Pixels; enough for the largest place where one is shown, on a sharp screen.
const HEIGHT: u32 = 144;

/// About 70 MB of textures.
const MAX_KEPT: usize = 512;

/// Older wishes are forgotten: the pointer has moved on.
const MAX_WAITING: usize = 24;

struct Request {
    path: PathBuf,
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
    /// There were newer wishes; it may be wished again.
    Forgotten,
}

enum Slot {
    Waiting,
    Ready {
        texture: TextureHandle,
        last_use: u64,
    },
    Impossible,
}

/// Thumbnails of the open video.
pub struct Thumbnails {
    requests: Sender<Request>,
    made: Receiver<Made>,
    path: Option<PathBuf>,
    generation: u64,
    /// Ends the work on what was wished for the open video.
    cancel: Arc<AtomicBool>,
    slots: HashMap<ClipIndex, Slot>,
    /// Counts uses, to find what was not used for longest.
    clock: u64,
    ctx: egui::Context,
}

impl Thumbnails {
    pub fn new(ctx: &egui::Context) -> Self {
        let (requests, inbox) = mpsc::channel();
        let (outbox, made) = mpsc::channel();
        let thread_ctx = ctx.clone();
        let started = thread::Builder::new()
            .name("thumbnails".to_owned())
            .spawn(move || run(&inbox, &outbox, &thread_ctx));
        if let Err(error) = started {
            log::warn!("no thread for thumbnails: {error}");
        }
        Self {
            requests,
            made,
            path: None,
            generation: 0,
            cancel: Arc::default(),
            slots: HashMap::new(),
            clock: 0,
            ctx: ctx.clone(),
        }
    }

    /// Forgets everything about the video before.
    pub fn set_video(&mut self, path: Option<PathBuf>) {
        self.path = path;
        self.generation += 1;
        std::mem::take(&mut self.cancel).store(true, Ordering::Relaxed);
        self.slots.clear();
    }

    /// Takes in what the thread has made.
    pub fn poll(&mut self) {
        for made in self.made.try_iter() {
            if made.generation != self.generation {
                continue;
            }
            let slot = match made.outcome {
                Outcome::Image(image) => Slot::Ready {
                    texture: self.ctx.load_texture(
                        format!("thumbnail {}", made.clip.0),
                        image,
                        TextureOptions::LINEAR,
                    ),
                    last_use: self.clock,
                },
                Outcome::Impossible => Slot::Impossible,
                Outcome::Forgotten => {
                    self.slots.remove(&made.clip);
                    continue;
                }
            };
            self.slots.insert(made.clip, slot);
        }
        if self.slots.len() > MAX_KEPT {
            let oldest = self
                .slots
                .iter()
                .filter_map(|(clip, slot)| match slot {
                    Slot::Ready { last_use, .. } => Some((*last_use, *clip)),
                    Slot::Waiting | Slot::Impossible => None,
                })
                .min();
            if let Some((_, clip)) = oldest {
                self.slots.remove(&clip);
            }
        }
    }

    /// Whether all wishes are fulfilled or given up.
    pub fn is_idle(&self) -> bool {
        !self
            .slots
            .values()
            .any(|slot| matches!(slot, Slot::Waiting))
    }

    /// The picture of a clip, if it is there; asks for it if not.
    pub fn get(&mut self, clip: ClipIndex) -> Option<&TextureHandle> {
        self.clock += 1;
        let path = self.path.as_ref()?;
        let slot = self.slots.entry(clip).or_insert_with(|| {
            // A thread that could not be started makes no pictures.
            let _ = self.requests.send(Request {
                path: path.clone(),
                cancel: Arc::clone(&self.cancel),
                generation: self.generation,
                clip,
            });
            Slot::Waiting
        });
        match slot {
            Slot::Ready { texture, last_use } => {
                *last_use = self.clock;
                Some(texture)
            }
            Slot::Waiting | Slot::Impossible => None,
        }
    }
}

impl Drop for Thumbnails {
    fn drop(&mut self) {
        self.cancel.store(true, Ordering::Relaxed);
    }
}

/// The newest wish first; ends when nobody can wish any more.
fn run(inbox: &Receiver<Request>, outbox: &Sender<Made>, ctx: &egui::Context) {
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
        let outcome = match video::thumbnail(&request.path, time_secs, HEIGHT, request.cancel) {
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
        let made = Made {
            generation: request.generation,
            clip: request.clip,
            outcome,
        };
        if outbox.send(made).is_err() {
            return;
        }
        ctx.request_repaint();
        let n_forgotten = waiting.len().saturating_sub(MAX_WAITING);
        for forgotten in waiting.drain(..n_forgotten) {
            // The end of the window is seen at the next wish.
            let _ = outbox.send(Made {
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
        let mut thumbnails = Thumbnails::new(&egui::Context::default());
        thumbnails.set_video(Some("one.mp4".into()));
        let first = Arc::clone(&thumbnails.cancel);
        thumbnails.set_video(Some("two.mp4".into()));
        let second = Arc::clone(&thumbnails.cancel);
        assert!(first.load(Ordering::Relaxed) && !second.load(Ordering::Relaxed));
        drop(thumbnails);
        assert!(second.load(Ordering::Relaxed));
    }
}
