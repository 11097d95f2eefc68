//! Which frames of a video are looked at, and under what name their features are kept.

use crate::model::Framing;
use crate::store::{CacheKey, CachedFeatures, ContentId, EmbeddingCache};

/// Which frame stands for a clip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Frames {
    /// Exact ones, unless the video is known by its key frames already.
    #[default]
    Usual,
    /// What is on screen at the centre.
    Exact,
    /// A key frame inside the clip; the exact one only where there is none.
    Keys,
}

/// Which of the frames are decoded, and which of those encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameChoice {
    pub frames: Frames,
    /// A frame that hardly differs from the one encoded before takes over its features.
    pub skips_near_duplicates: bool,
    /// Which part of a frame is looked at, if not the one that the model was trained on.
    pub framing: Option<Framing>,
}

impl FrameChoice {
    /// The same for a model that itself looks at this part of a frame.
    pub(super) fn for_model(self, own: Framing) -> Self {
        Self {
            framing: self.framing.filter(|framing| *framing != own),
            ..self
        }
    }

    /// How many rows of features a clip has.
    pub fn rows_per_clip(self) -> usize {
        self.framing.map_or(1, Framing::rows_per_clip)
    }

    /// The same where all videos must be looked at in one way: in a library, and where others must get the
    /// same numbers. Key frames cost too much to be taken unasked (docs/LIBRARY.md).
    pub fn settled(self) -> Self {
        match self.frames {
            Frames::Usual => Self {
                frames: Frames::Exact,
                ..self
            },
            _ => self,
        }
    }

    /// Whether key frames are taken where there are some.
    pub(super) fn takes_keys(self) -> bool {
        self.frames == Frames::Keys
    }

    /// Under what the features of a video are kept.
    pub(super) fn key(self, video: ContentId, model_hash: String) -> CacheKey {
        CacheKey {
            video,
            model_hash,
            sampling: self.sampling(),
        }
    }

    /// The choices of the versions that kept features under the hash of a whole model.
    pub(super) fn former() -> [Self; 2] {
        [false, true].map(|skips_near_duplicates| Self {
            skips_near_duplicates,
            ..Self::default()
        })
    }

    /// As [`FrameChoice::key`], after what was kept under the hash of a whole model is kept under that of its
    /// images.
    pub(super) fn key_after(
        self,
        cache: &EmbeddingCache,
        video: &ContentId,
        image_id: &str,
        former: &str,
    ) -> CacheKey {
        for choice in Self::former() {
            let key = |hash: &str| choice.key(video.clone(), hash.to_owned());
            cache.adopt(&key(former), &key(image_id));
        }
        self.key(video.clone(), image_id.to_owned())
    }

    /// Names the rule that picks the frames and makes them rows, for what is kept on disk.
    pub fn sampling(self) -> &'static str {
        // The number changes when the rule that picks a clip's frame does.
        let [plain, no_near_duplicates, keys, both] = match self.framing {
            None => [
                "2",
                "2-no-near-duplicates",
                "2-keys",
                "2-keys-no-near-duplicates",
            ],
            Some(Framing::Centre) => [
                "2-centre",
                "2-centre-no-near-duplicates",
                "2-centre-keys",
                "2-centre-keys-no-near-duplicates",
            ],
            Some(Framing::Tiles) => [
                "2-tiles",
                "2-tiles-no-near-duplicates",
                "2-tiles-keys",
                "2-tiles-keys-no-near-duplicates",
            ],
            Some(Framing::Whole) => [
                "2-whole",
                "2-whole-no-near-duplicates",
                "2-whole-keys",
                "2-whole-keys-no-near-duplicates",
            ],
        };
        match (self.takes_keys(), self.skips_near_duplicates) {
            (false, false) => plain,
            (false, true) => no_near_duplicates,
            (true, false) => keys,
            (true, true) => both,
        }
    }

    /// What is kept under this key, or what serves as well: exact frames serve whoever takes key
    /// frames, and features of all frames whoever asks for some.
    pub(super) fn load(self, cache: &EmbeddingCache, key: &CacheKey) -> Option<CachedFeatures> {
        let of = |frames, skips_near_duplicates| {
            let choice = Self {
                frames,
                skips_near_duplicates,
                ..self
            };
            choice.key(key.video.clone(), key.model_hash.clone())
        };
        let mut best = cache.load(key);
        let mut keys = Vec::new();
        if self.skips_near_duplicates {
            keys.push(of(self.frames, false));
        }
        if self.takes_keys() {
            keys.push(of(Frames::Exact, false));
        }
        // What has begun with exact frames goes on with them; whole is as good as it gets.
        let mut whole = Vec::new();
        if self.frames == Frames::Usual {
            whole.push(of(Frames::Keys, false));
        }
        let extent = |entry: &CachedFeatures| (entry.complete, entry.n_clips());
        for (key, must_be_whole) in keys
            .iter()
            .map(|key| (key, false))
            .chain(whole.iter().map(|key| (key, true)))
        {
            if best.as_ref().is_some_and(|entry| entry.complete) {
                break;
            }
            let other = cache
                .load(key)
                .filter(|entry| entry.complete || !must_be_whole);
            if other.as_ref().map(extent) > best.as_ref().map(extent) {
                best = other;
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(frames: Frames) -> FrameChoice {
        FrameChoice {
            frames,
            ..FrameChoice::default()
        }
    }

    #[test]
    fn what_is_known_serves_whoever_asks_for_less() {
        let dir = tempfile::tempdir().unwrap();
        let cache = EmbeddingCache::new(dir.path());
        let video = ContentId::parse("00ff10a9b8c7d6e5f4031221304f5e6d").unwrap();
        let key = |frames| choice(frames).key(video.clone(), "a model".to_owned());
        let entry = |n_clips: usize, complete| CachedFeatures {
            dim: 1,
            features: vec![0.5; n_clips],
            offsets_secs: Vec::new(),
            complete,
            duration_secs: 9.0,
            warning: None,
        };
        let known = |frames| {
            let found = choice(frames).load(&cache, &key(frames));
            found.map(|entry| (entry.n_clips(), entry.complete))
        };
        cache.store(&key(Frames::Keys), &entry(3, false)).unwrap();
        assert_eq!(known(Frames::Usual), None, "half of it would be mixed");
        assert_eq!(known(Frames::Keys), Some((3, false)));
        cache.store(&key(Frames::Keys), &entry(5, true)).unwrap();
        assert_eq!(known(Frames::Usual), Some((5, true)));
        assert_eq!(known(Frames::Exact), None);
        cache.store(&key(Frames::Exact), &entry(4, false)).unwrap();
        assert_eq!(known(Frames::Exact), Some((4, false)));
        assert_eq!(known(Frames::Usual), Some((5, true)));
        cache.store(&key(Frames::Exact), &entry(6, true)).unwrap();
        assert_eq!(known(Frames::Usual), Some((6, true)));
        assert_eq!(known(Frames::Keys), Some((5, true)));
        assert_eq!(choice(Frames::Usual).settled(), choice(Frames::Exact));
        assert_eq!(choice(Frames::Keys).settled(), choice(Frames::Keys));
    }
}
