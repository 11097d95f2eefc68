//! Reads a video on its own thread, so that decoding and encoding overlap.
//!
//! ```text
//! probe ─▶ content hash ─▶ cache ─▶ preview frames ─▶ exact frames ─▶ preprocess ─▶ channel
//! ```
//! The channel holds a few preprocessed frames; when the encoder is slower, the reader waits, so
//! memory stays bounded however long the video is.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use crate::domain::ClipIndex;
use crate::engine::{EngineError, FrameChoice, NearDuplicates};
use crate::model::{Pixels, Preprocess};
use crate::store::{CacheKey, CachedFeatures, ContentId, EmbeddingCache};
use crate::video::{self, PreviewSampler, Sampler, SamplerOptions, VideoInfo};

/// Preprocessed frames that wait for the encoder: at most 5 MB at 224 pixels.
const MAX_WAITING: usize = 8;

/// So many key frames sketch the curve in about a second, where all of them could take minutes.
const PREVIEW_FRAMES: usize = 10;

/// What the reader has found.
pub(super) enum FrameMessage {
    /// The file is a video; first of all messages.
    Opened(Box<Opened>),
    /// One clip's frame.
    Frame(ClipFrame),
    /// The last frame has been sent.
    Ended {
        /// The true length, if frames told it.
        duration_secs: Option<f64>,
        warning: Option<String>,
    },
    /// Nothing more will come.
    Failed(EngineError),
}

/// What is known before the first frame.
pub(super) struct Opened {
    pub info: VideoInfo,
    pub key: CacheKey,
    pub cached: Option<CachedFeatures>,
}

/// A clip's look.
pub(super) struct ClipFrame {
    pub clip: ClipIndex,
    pub look: Look,
}

pub(super) enum Look {
    /// Some key frame of the clip.
    Rough(Pixels),
    /// The clip's own frame.
    Exact(Pixels),
    /// Nearly that of the clip before.
    AsBefore,
}

/// What the reader needs to know of the model.
pub(super) struct Reader {
    pub path: PathBuf,
    pub preprocess: Preprocess,
    pub dim: usize,
    pub model_hash: String,
    pub cache: EmbeddingCache,
    pub frame_choice: FrameChoice,
    /// Whether a rough look over the whole video comes first.
    pub preview: bool,
}

/// The receiving end. Dropping it stops the reader.
pub(super) struct FrameSource {
    messages: Receiver<FrameMessage>,
    cancel: Arc<AtomicBool>,
    path: PathBuf,
}

impl FrameSource {
    pub fn spawn(reader: Reader) -> Result<Self, EngineError> {
        let (sender, messages) = mpsc::sync_channel(MAX_WAITING);
        let cancel = Arc::new(AtomicBool::new(false));
        let path = reader.path.clone();
        let reader_cancel = Arc::clone(&cancel);
        thread::Builder::new()
            .name("reader".into())
            .spawn(move || {
                if let Err(error) = reader.run(&sender, &reader_cancel) {
                    // Nobody listens any more after a cancel.
                    let _ = sender.send(FrameMessage::Failed(error));
                }
            })
            .map_err(EngineError::Thread)?;
        Ok(Self {
            messages,
            cancel,
            path,
        })
    }

    /// The next message, `None` when none came before `deadline`.
    pub fn next(&self, deadline: Instant) -> Option<FrameMessage> {
        let patience = deadline.saturating_duration_since(Instant::now());
        match self
            .messages
            .recv_timeout(patience.max(Duration::from_micros(1)))
        {
            Ok(message) => Some(message),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(FrameMessage::Failed(
                EngineError::SourceDied(self.path.clone()),
            )),
        }
    }
}

impl Drop for FrameSource {
    fn drop(&mut self) {
        self.cancel.store(true, Ordering::Relaxed);
    }
}

impl Reader {
    fn run(
        &self,
        sender: &SyncSender<FrameMessage>,
        cancel: &Arc<AtomicBool>,
    ) -> Result<(), EngineError> {
        let info = video::probe(&self.path)?;
        let key = self
            .frame_choice
            .key(content_id_of(&self.path)?, self.model_hash.clone());
        let cached = self.frame_choice.load(&self.cache, &key);
        let cached = cached.filter(|entry| entry.dim == self.dim);
        let is_complete = cached.as_ref().is_some_and(|entry| entry.complete);
        let first_clip = ClipIndex(cached.as_ref().map_or(0, CachedFeatures::n_clips));
        let opened = Box::new(Opened { info, key, cached });
        if sender.send(FrameMessage::Opened(opened)).is_err() || is_complete {
            return Ok(());
        }

        let send = |clip, look| {
            sender
                .send(FrameMessage::Frame(ClipFrame { clip, look }))
                .is_ok()
        };
        let options = SamplerOptions {
            first_clip,
            cancel: Arc::clone(cancel),
            ..SamplerOptions::default()
        };
        if self.preview
            && let Some(preview) = PreviewSampler::open(&self.path, PREVIEW_FRAMES, &options)?
        {
            for frame in preview {
                let frame = frame?;
                let look = Look::Rough(self.preprocess.apply(&frame.image));
                if frame.clip >= first_clip && !send(frame.clip, look) {
                    return Ok(());
                }
            }
        }
        let mut duplicates = match self.frame_choice {
            FrameChoice::All => None,
            FrameChoice::NoNearDuplicates => Some(NearDuplicates::default()),
        };
        let mut sampler = Sampler::open(&self.path, options)?;
        for frame in &mut sampler {
            let frame = frame?;
            let pixels = self.preprocess.apply(&frame.image);
            let is_repeated = duplicates
                .as_mut()
                .is_some_and(|duplicates| duplicates.is_repeated(&pixels));
            let look = if is_repeated {
                Look::AsBefore
            } else {
                Look::Exact(pixels)
            };
            if !send(frame.clip, look) {
                return Ok(());
            }
        }
        let _ = sender.send(FrameMessage::Ended {
            duration_secs: sampler.finished_duration_secs(),
            warning: sampler.warning().map(str::to_owned),
        });
        Ok(())
    }
}

fn content_id_of(path: &Path) -> Result<ContentId, EngineError> {
    ContentId::of_file(path).map_err(|cause| EngineError::Read {
        path: path.to_owned(),
        cause,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Longer than anything here takes on a slow machine; reaching it means a hang.
    const PATIENCE: Duration = Duration::from_secs(120);

    const CONFIG: &[u8] = br#"{"size": 32, "crop_size": 32, "resample": 3,
        "image_mean": [0.5, 0.5, 0.5], "image_std": [0.3, 0.3, 0.3]}"#;

    /// Everything that a reader sends until its thread ends.
    fn messages(cache: &EmbeddingCache) -> Vec<FrameMessage> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/videos");
        let source = FrameSource::spawn(Reader {
            path: folder.join("plain.mp4"),
            preprocess: Preprocess::from_json(CONFIG, 32).unwrap(),
            dim: 2,
            model_hash: "a model".to_owned(),
            cache: cache.clone(),
            frame_choice: FrameChoice::All,
            preview: true,
        })
        .unwrap();
        let mut messages = Vec::new();
        loop {
            match source.next(Instant::now() + PATIENCE) {
                Some(FrameMessage::Failed(EngineError::SourceDied(_))) => return messages,
                Some(FrameMessage::Failed(error)) => panic!("{error}"),
                Some(message) => messages.push(message),
                None => panic!("the reader hangs after {} messages", messages.len()),
            }
        }
    }

    #[test]
    fn of_a_video_that_is_known_whole_no_frame_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let cache = EmbeddingCache::new(dir.path());
        let first = messages(&cache);
        let Some(FrameMessage::Opened(opened)) = first.first() else {
            panic!("the reader tells what it opened first");
        };
        let is_exact = |message: &&FrameMessage| {
            let FrameMessage::Frame(frame) = message else {
                return false;
            };
            matches!(frame.look, Look::Exact(_))
        };
        assert_eq!(first.iter().filter(is_exact).count(), 5);
        assert!(matches!(first.last(), Some(FrameMessage::Ended { .. })));

        let mut known = CachedFeatures {
            dim: 2,
            features: vec![0.5; 2 * 5],
            complete: false,
            duration_secs: 9.2,
            warning: None,
        };
        // All clips, but nobody has seen the end of the file.
        cache.store(&opened.key, &known).unwrap();
        let ends = |messages: &[FrameMessage]| {
            let is_end = |message: &FrameMessage| matches!(message, FrameMessage::Ended { .. });
            (messages.len(), messages.iter().any(is_end))
        };
        assert_eq!(ends(&messages(&cache)), (2, true));
        known.complete = true;
        cache.store(&opened.key, &known).unwrap();
        assert_eq!(ends(&messages(&cache)), (1, false));
    }
}
