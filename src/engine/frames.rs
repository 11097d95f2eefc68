//! Reads a video on its own thread, so that decoding and encoding overlap.
//!
//! ```text
//! probe ─▶ content hash ─▶ cache ─▶ preview frames ─▶ exact frames ─▶ preprocess ─▶ channel
//! ```
//! The channel holds a few preprocessed frames; when the encoder is slower, this thread waits, so
//! memory stays bounded however long the video is.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use crate::domain::{CLIP_SECS, ClipIndex};
use crate::engine::{EngineError, FrameChoice, NearDuplicates};
use crate::model::{Pixels, Preprocess};
use crate::store::{CacheKey, CachedFeatures, ContentId, EmbeddingCache, LabelStore};
use crate::video::{PreviewSampler, Sampler, SamplerOptions, Source, VideoInfo};

/// Preprocessed frames that wait for the encoder: at most 5 MB at 224 pixels.
const MAX_WAITING: usize = 8;

/// So many key frames sketch the curve in about a second, where all of them could take minutes.
const PREVIEW_FRAMES: usize = 10;

/// What the thread has found.
pub(super) enum FrameMessage {
    /// The file is a video; first of all messages.
    Opened(Box<Opened>),
    /// One clip's frame.
    Frame(ClipFrame),
    /// The last frame has been sent.
    Ended {
        /// The true length, if the frames showed it.
        duration_secs: Option<f64>,
        warning: Option<String>,
    },
    /// Nothing more will come.
    Failed(EngineError),
}

/// What is known before the first frame comes.
pub(super) struct Opened {
    pub info: VideoInfo,
    pub key: CacheKey,
    pub cached: Option<CachedFeatures>,
}

/// One clip's frame.
pub(super) struct ClipFrame {
    pub clip: ClipIndex,
    pub look: Look,
    /// The squares of it that are looked at; one stands for all. None for [`Look::AsBefore`].
    pub pixels: Vec<Pixels>,
    /// How long after the beginning of the clip it is shown; `None` where that is the centre.
    pub offset_secs: Option<f32>,
}

/// What a frame says about its clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// It is some key frame of the clip.
    Rough,
    /// It is the clip's own frame.
    Exact,
    /// It is nearly the same as that of the clip before.
    AsBefore,
}

/// What the thread reads, and what it needs to know of the model.
pub(super) struct FrameFeed {
    pub video: Source,
    pub preprocess: Preprocess,
    /// Numbers of a clip.
    pub dim: usize,
    /// See [`Encoder::image_id`](crate::model::Encoder::image_id).
    pub image_id: String,
    pub former_image_id: String,
    pub cache: EmbeddingCache,
    /// Where the user's labels are.
    pub data_dir: PathBuf,
    pub frame_choice: FrameChoice,
    /// Whether a rough look over the whole video comes first.
    pub preview: bool,
}

/// The receiving end. Dropping it stops the thread.
pub(super) struct FrameSource {
    messages: Receiver<FrameMessage>,
    cancel: Arc<AtomicBool>,
    video: Source,
}

impl FrameSource {
    pub fn spawn(feed: FrameFeed) -> Result<Self, EngineError> {
        let (sender, messages) = mpsc::sync_channel(MAX_WAITING);
        let cancel = Arc::new(AtomicBool::new(false));
        let video = feed.video.clone();
        let feed_cancel = Arc::clone(&cancel);
        thread::Builder::new()
            .name("reader".into())
            .spawn(move || {
                if let Err(error) = feed.run(&sender, &feed_cancel) {
                    // After a cancel there is no receiver left.
                    let _ = sender.send(FrameMessage::Failed(error));
                }
            })
            .map_err(EngineError::Thread)?;
        Ok(Self {
            messages,
            cancel,
            video,
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
                EngineError::SourceDied(self.video.path().to_owned()),
            )),
        }
    }
}

impl Drop for FrameSource {
    fn drop(&mut self) {
        self.cancel.store(true, Ordering::Relaxed);
    }
}

impl FrameFeed {
    /// Under what the video's features are kept. What an earlier version of the program kept under
    /// another id is first given this one.
    fn key(&self) -> Result<CacheKey, EngineError> {
        let ids = ContentId::with_former(self.video.path());
        let (id, former) = ids.map_err(|cause| EngineError::Read {
            path: self.video.path().to_owned(),
            cause,
        })?;
        if let Some(former) = former {
            let adopted = LabelStore::adopt(&self.data_dir, former.as_str(), id.as_str());
            if let Err(error) = adopted {
                log::warn!(
                    "labels of {} are not shown: {error}",
                    self.video.path().display()
                );
            }
            for choice in FrameChoice::former() {
                let key = |id: &ContentId| choice.key(id.clone(), self.former_image_id.clone());
                self.cache.adopt(&key(&former), &key(&id));
            }
        }
        let (images, before) = (&self.image_id, &self.former_image_id);
        let choice = self.frame_choice;
        Ok(choice.key_after(&self.cache, &id, images, before))
    }

    /// What is known of the video from when its file was shorter. The last clips are looked at again:
    /// they may have been cut off.
    fn before_it_grew(&self, key: &CacheKey) -> Option<CachedFeatures> {
        const N_UNSURE: usize = 2;
        let former = self.cache.id_before_growing(self.video.path())?;
        let former_key = self
            .frame_choice
            .key(former.clone(), key.model_hash.clone());
        let mut entry = self.frame_choice.load(&self.cache, &former_key)?;
        let n_sure = entry.n_clips().saturating_sub(N_UNSURE);
        entry.features.truncate(n_sure * entry.dim);
        entry.offsets_secs.truncate(n_sure);
        (entry.complete, entry.warning) = (false, None);
        let path = self.video.path().display();
        log::info!("{path} has grown; its first {n_sure} clips are known");
        let adopted = LabelStore::adopt(&self.data_dir, former.as_str(), key.video.as_str());
        if let Err(error) = adopted {
            log::warn!("labels of {path} are not shown: {error}");
        }
        Some(entry)
    }

    fn run(
        &self,
        sender: &SyncSender<FrameMessage>,
        cancel: &Arc<AtomicBool>,
    ) -> Result<(), EngineError> {
        let info = self.video.info()?.clone();
        let n_bytes = std::fs::metadata(self.video.path()).map_or(0, |metadata| metadata.len());
        let key = self.key()?;
        let (video, id) = (self.video.path(), key.video.clone());
        let cached = self.frame_choice.load(&self.cache, &key);
        let cached = cached.or_else(|| self.before_it_grew(&key));
        let cached = cached.filter(|entry| entry.dim == self.dim);
        let is_complete = cached.as_ref().is_some_and(|entry| entry.complete);
        let first_clip = ClipIndex(cached.as_ref().map_or(0, CachedFeatures::n_clips));
        let opened = Box::new(Opened { info, key, cached });
        if sender.send(FrameMessage::Opened(opened)).is_err() || is_complete {
            return Ok(());
        }

        let send = |clip, look, pixels, offset_secs| {
            let frame = ClipFrame {
                clip,
                look,
                pixels,
                offset_secs,
            };
            sender.send(FrameMessage::Frame(frame)).is_ok()
        };
        let options = SamplerOptions {
            first_clip,
            cancel: Arc::clone(cancel),
            takes_keys: self.frame_choice.takes_keys(),
            ..SamplerOptions::default()
        };
        if self.preview
            && let Some(preview) = PreviewSampler::new(&self.video, PREVIEW_FRAMES, &options)?
        {
            for frame in preview {
                let frame = frame?;
                let pixels = self.preprocess.apply_all(&frame.image);
                if frame.clip >= first_clip && !send(frame.clip, Look::Rough, pixels, None) {
                    return Ok(());
                }
            }
        }
        let skips = self.frame_choice.skips_near_duplicates;
        let mut duplicates = skips.then(NearDuplicates::default);
        let mut sampler = Sampler::new(&self.video, options)?;
        for frame in &mut sampler {
            let frame = frame?;
            let pixels = self.preprocess.apply_all(&frame.image);
            let is_repeated = duplicates
                .as_mut()
                .is_some_and(|duplicates| duplicates.is_repeated(&pixels));
            // What began before the clip is still on screen at its centre.
            let offset_secs = frame.time_secs - frame.clip.start_secs();
            let is_own = self.frame_choice.takes_keys() && (0.0..CLIP_SECS).contains(&offset_secs);
            let offset_secs = is_own.then_some(offset_secs as f32);
            let is_sent = if is_repeated {
                send(frame.clip, Look::AsBefore, Vec::new(), offset_secs)
            } else {
                send(frame.clip, Look::Exact, pixels, offset_secs)
            };
            if !is_sent {
                return Ok(());
            }
        }
        self.cache.note_if_growing(video, &id, n_bytes);
        let _ = sender.send(FrameMessage::Ended {
            duration_secs: sampler.finished_duration_secs(),
            warning: sampler.warning().map(str::to_owned),
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Grade, Labels, Query};
    use crate::store::LabelledVideo;
    use std::path::Path;

    /// Longer than anything here takes on a slow machine; reaching it means a hang.
    const PATIENCE: Duration = Duration::from_secs(120);

    const CONFIG: &[u8] = br#"{"size": 32, "crop_size": 32, "resample": 3,
        "image_mean": [0.5, 0.5, 0.5], "image_std": [0.3, 0.3, 0.3]}"#;

    fn plain() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/videos/plain.mp4")
    }

    /// Everything that is sent until the thread ends.
    fn messages(path: &Path, cache: &EmbeddingCache, data_dir: &Path) -> Vec<FrameMessage> {
        let source = FrameSource::spawn(FrameFeed {
            video: Source::open(path).unwrap(),
            preprocess: Preprocess::from_json(CONFIG, 32).unwrap(),
            dim: 2,
            image_id: "images".to_owned(),
            former_image_id: "a model".to_owned(),
            cache: cache.clone(),
            data_dir: data_dir.to_owned(),
            frame_choice: FrameChoice::default(),
            preview: true,
        })
        .unwrap();
        let mut messages = Vec::new();
        loop {
            match source.next(Instant::now() + PATIENCE) {
                Some(FrameMessage::Failed(EngineError::SourceDied(_))) => return messages,
                Some(FrameMessage::Failed(error)) => panic!("{error}"),
                Some(message) => messages.push(message),
                None => panic!("the thread hangs after {} messages", messages.len()),
            }
        }
    }

    #[test]
    fn no_frame_is_read_of_a_video_that_is_wholly_known() {
        let dir = tempfile::tempdir().unwrap();
        let cache = EmbeddingCache::new(dir.path());
        let first = messages(&plain(), &cache, dir.path());
        let Some(FrameMessage::Opened(opened)) = first.first() else {
            panic!("what was opened comes first");
        };
        let is_exact = |message: &&FrameMessage| {
            let FrameMessage::Frame(frame) = message else {
                return false;
            };
            frame.look == Look::Exact
        };
        assert_eq!(first.iter().filter(is_exact).count(), 5);
        assert!(matches!(first.last(), Some(FrameMessage::Ended { .. })));

        let mut known = CachedFeatures {
            dim: 2,
            features: vec![0.5; 2 * 5],
            offsets_secs: Vec::new(),
            complete: false,
            duration_secs: 9.2,
            warning: None,
        };
        // All clips, but the end of the file was never reached.
        cache.store(&opened.key, &known).unwrap();
        let ends = |messages: &[FrameMessage]| {
            let is_end = |message: &FrameMessage| matches!(message, FrameMessage::Ended { .. });
            (messages.len(), messages.iter().any(is_end))
        };
        assert_eq!(ends(&messages(&plain(), &cache, dir.path())), (2, true));
        known.complete = true;
        cache.store(&opened.key, &known).unwrap();
        assert_eq!(ends(&messages(&plain(), &cache, dir.path())), (1, false));
    }

    #[test]
    fn what_was_kept_of_a_big_file_under_its_former_id_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("big.mp4");
        std::fs::copy(plain(), &path).unwrap();
        // A box that players skip, and that takes no room on the disk.
        let mut file = std::fs::File::options().append(true).open(&path).unwrap();
        let n_free: u32 = 70 << 20;
        let header = [&n_free.to_be_bytes()[..], b"free"].concat();
        std::io::Write::write_all(&mut file, &header).unwrap();
        let len = file.metadata().unwrap().len() + u64::from(n_free);
        file.set_len(len - header.len() as u64).unwrap();

        let (id, former) = ContentId::with_former(&path).unwrap();
        let former = former.unwrap();
        let labels = LabelStore::open(dir.path()).unwrap();
        let query = Query::new("a kite").unwrap();
        let grades = [(ClipIndex(1), Grade::Good)].into();
        let video = LabelledVideo {
            id: former.as_str(),
            name: "big",
            duration_secs: 9.2,
        };
        labels.save(video, &query, &Labels { grades }).unwrap();
        let cache = EmbeddingCache::new(dir.path());
        let known = CachedFeatures {
            dim: 2,
            features: vec![0.5; 2 * 5],
            offsets_secs: Vec::new(),
            complete: true,
            duration_secs: 9.2,
            warning: None,
        };
        let key = FrameChoice::default().key(former, "a model".to_owned());
        cache.store(&key, &known).unwrap();

        let told = messages(&path, &cache, dir.path());
        let [FrameMessage::Opened(opened)] = &told[..] else {
            panic!("it is looked at again");
        };
        assert_eq!((&opened.key.video, &opened.cached), (&id, &Some(known)));
        let found = labels.load(id.as_str(), &query).unwrap();
        assert_eq!(found.grade(ClipIndex(1)), Some(Grade::Good));
    }
}
