//! Image features on disk, so that each video is encoded only once.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

use crate::store::target::check_folder;
use crate::store::{ContentId, atomic};

/// Changes when the layout of an entry does; older entries are then misses.
const FORMAT: &str = "vcl-embeddings-1";
const TENSOR: &str = "features";
const EXTENSION: &str = "safetensors";

/// About 130 hours of video with 512-dimensional embeddings.
const DEFAULT_MAX_BYTES: u64 = 512 << 20;

/// What an entry depends on: if any of the three changes, it is another entry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CacheKey {
    pub video: ContentId,
    /// Hash of the image encoder's weights and preprocessing.
    pub model_hash: String,
    /// Version of the rule that picks the frames, and of how they become rows.
    pub sampling: &'static str,
}

/// Image features of the first clips of a video, or of all.
#[derive(Clone, Debug, PartialEq)]
pub struct CachedFeatures {
    pub dim: usize,
    /// Projected and not normalised, `[n_clips, dim]`, row-major, from clip 0 on.
    pub features: Vec<f32>,
    /// `false` if indexing was interrupted: it continues after the last row.
    pub complete: bool,
    /// Where the last frame ends, if that is known.
    pub duration_secs: f64,
    /// What the user should know about the file, such as a damaged end.
    pub warning: Option<String>,
}

impl CachedFeatures {
    pub fn n_clips(&self) -> usize {
        self.features.len() / self.dim.max(1)
    }
}

/// A directory of safetensors files, one per [`CacheKey`], bounded in size.
///
/// An entry that is missing, damaged, cut short or of another key is a miss, never an error.
/// Writing is atomic, so several programs can share a cache. Beyond its bound the entries that
/// were used longest ago are deleted; the time of the last use is the file's time.
#[derive(Clone, Debug)]
pub struct EmbeddingCache {
    dir: PathBuf,
    max_bytes: u64,
}

impl EmbeddingCache {
    /// The directory is made when something is stored.
    pub fn new(cache_dir: &Path) -> Self {
        Self {
            dir: cache_dir.join("embeddings"),
            max_bytes: DEFAULT_MAX_BYTES,
        }
    }

    /// The features of this video; marks the entry as used.
    pub fn load(&self, key: &CacheKey) -> Option<CachedFeatures> {
        let path = self.path(key);
        let bytes = fs::read(&path).ok()?;
        let entry = decode(&bytes, key);
        if entry.is_some() {
            // If the time cannot be set, only the order of eviction suffers.
            if let Ok(file) = File::options().write(true).open(&path) {
                let _ = file.set_modified(SystemTime::now());
            }
        } else {
            log::warn!("{} is damaged or stale and is ignored", path.display());
        }
        entry
    }

    /// Keeps the features, then deletes what exceeds the bound.
    ///
    /// # Errors
    /// When the cache directory cannot be written. Indexing continues without it.
    pub fn store(&self, key: &CacheKey, entry: &CachedFeatures) -> io::Result<()> {
        let path = self.path(key);
        atomic::write(&path, &encode(key, entry)?).map_err(|error| {
            let message = format!("{} cannot be written: {error}", path.display());
            io::Error::new(error.kind(), message)
        })?;
        self.evict(&path)
    }

    /// Whether something can be kept at all, before the work rather than after it.
    ///
    /// # Errors
    /// Names the folder that is in the way.
    pub fn check(&self) -> io::Result<()> {
        check_folder(&self.dir)
    }

    /// Keeps what is known under `former` under `key` from now on, unless that is known already.
    pub fn adopt(&self, former: &CacheKey, key: &CacheKey) {
        let path = self.path(former);
        if !path.exists() || self.path(key).exists() {
            return;
        }
        let Some(entry) = self.load(former) else {
            return;
        };
        match self.store(key, &entry) {
            // Whatever remains is evicted some day.
            Ok(()) => drop(fs::remove_file(path)),
            Err(error) => log::info!("{} keeps its former name: {error}", path.display()),
        }
    }

    fn path(&self, key: &CacheKey) -> PathBuf {
        // The hash of the model is shortened here and compared in full when the entry is read.
        let model: String = key.model_hash.chars().take(16).collect();
        self.dir.join(format!(
            "{}-{model}-{}.{EXTENSION}",
            key.video.as_str(),
            key.sampling
        ))
    }

    fn evict(&self, newest: &Path) -> io::Result<()> {
        atomic::remove_abandoned(&self.dir);
        let mut entries = Vec::new();
        let mut total_bytes = 0;
        for entry in fs::read_dir(&self.dir)? {
            // Another program may delete at the same time: a file that is gone is not an error.
            let Ok(entry) = entry else { continue };
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            let path = entry.path();
            let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            if path.extension().is_some_and(|x| x == EXTENSION) {
                total_bytes += metadata.len();
                entries.push((used, metadata.len(), path));
            }
        }
        entries.sort();
        for (_, bytes, path) in entries {
            if total_bytes <= self.max_bytes {
                break;
            }
            if path != newest && fs::remove_file(&path).is_ok() {
                total_bytes -= bytes;
            }
        }
        Ok(())
    }
}

fn encode(key: &CacheKey, entry: &CachedFeatures) -> io::Result<Vec<u8>> {
    let invalid = |error| io::Error::new(io::ErrorKind::InvalidInput, error);
    let bytes: &[u8] = bytemuck::cast_slice(&entry.features);
    let shape = vec![entry.n_clips(), entry.dim];
    let view = TensorView::new(Dtype::F32, shape, bytes).map_err(invalid)?;
    let mut metadata = identity(key);
    metadata.insert("complete", entry.complete.to_string());
    metadata.insert("duration_secs", entry.duration_secs.to_string());
    if let Some(warning) = &entry.warning {
        metadata.insert("warning", warning.clone());
    }
    metadata.insert("blake3", blake3::hash(bytes).to_string());
    let metadata = metadata
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    safetensors::serialize([(TENSOR, view)], Some(metadata)).map_err(invalid)
}

/// `None` unless it is a sound entry of this key.
fn decode(bytes: &[u8], key: &CacheKey) -> Option<CachedFeatures> {
    let (_, header) = SafeTensors::read_metadata(bytes).ok()?;
    let metadata = header.metadata().as_ref()?;
    let says = |name: &str| metadata.get(name).map(String::as_str);
    for (name, value) in identity(key) {
        if says(name) != Some(&value) {
            return None;
        }
    }
    let tensors = SafeTensors::deserialize(bytes).ok()?;
    let tensor = tensors.tensor(TENSOR).ok()?;
    let [_, dim] = *tensor.shape() else {
        return None;
    };
    let is_sound = dim > 0
        && tensor.dtype() == Dtype::F32
        && says("blake3") == Some(&blake3::hash(tensor.data()).to_string());
    is_sound.then_some(())?;
    Some(CachedFeatures {
        dim,
        // The data need not be aligned.
        features: bytemuck::pod_collect_to_vec(tensor.data()),
        complete: says("complete")?.parse().ok()?,
        duration_secs: says("duration_secs")?.parse().ok()?,
        warning: says("warning").map(str::to_owned),
    })
}

fn identity(key: &CacheKey) -> HashMap<&'static str, String> {
    HashMap::from([
        ("format", FORMAT.to_owned()),
        ("video", key.video.as_str().to_owned()),
        ("model", key.model_hash.clone()),
        ("sampling", key.sampling.to_owned()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn key(dir: &Path, content: &str) -> CacheKey {
        let path = dir.join("video");
        fs::write(&path, content).unwrap();
        CacheKey {
            video: ContentId::of_file(&path).unwrap(),
            model_hash: "0123456789abcdef0123456789abcdef".to_owned(),
            sampling: "1",
        }
    }

    fn entry(n_clips: usize) -> CachedFeatures {
        CachedFeatures {
            dim: 3,
            features: (0..3 * n_clips).map(|i| i as f32 * 0.25 - 1.0).collect(),
            complete: false,
            duration_secs: 2.0 * n_clips as f64 + 0.1,
            warning: None,
        }
    }

    #[test]
    fn what_was_stored_is_found_under_its_own_key_only() {
        let dir = tempfile::tempdir().unwrap();
        let cache = EmbeddingCache::new(dir.path());
        let key = key(dir.path(), "a");
        assert_eq!(cache.load(&key), None);
        cache.store(&key, &entry(5)).unwrap();
        assert_eq!(cache.load(&key), Some(entry(5)));

        let grown = CachedFeatures {
            complete: true,
            warning: Some("the end is missing".to_owned()),
            ..entry(9)
        };
        cache.store(&key, &grown).unwrap();
        assert_eq!(cache.load(&key), Some(grown));

        // Two models whose hashes begin alike share a file name, but not an entry.
        let mut other = key.clone();
        other.model_hash.replace_range(31.., "e");
        assert_eq!(cache.load(&other), None);
        let other = CacheKey {
            sampling: "2",
            ..key
        };
        assert_eq!(cache.load(&other), None);
    }

    #[test]
    fn what_is_known_under_a_former_id_is_found_under_the_new_one() {
        let dir = tempfile::tempdir().unwrap();
        let cache = EmbeddingCache::new(dir.path());
        let [former, new] = ["former", "new"].map(|content| key(dir.path(), content));
        cache.adopt(&former, &new);
        assert_eq!(cache.load(&new), None, "nothing is known");

        cache.store(&former, &entry(5)).unwrap();
        cache.adopt(&former, &new);
        assert_eq!(cache.load(&new), Some(entry(5)));
        assert!(!cache.path(&former).exists());

        cache.store(&former, &entry(2)).unwrap();
        cache.adopt(&former, &new);
        assert_eq!(cache.load(&new), Some(entry(5)), "what is known stays");
    }

    #[test]
    fn every_damage_is_a_miss() {
        let dir = tempfile::tempdir().unwrap();
        let cache = EmbeddingCache::new(dir.path());
        let key = key(dir.path(), "a");
        cache.store(&key, &entry(4)).unwrap();
        let path = cache.path(&key);
        let sound = fs::read(&path).unwrap();
        for length in 0..sound.len() {
            fs::write(&path, &sound[..length]).unwrap();
            assert_eq!(cache.load(&key), None, "cut to {length} bytes");
        }
        for i in sound.len() - 48..sound.len() {
            let mut damaged = sound.clone();
            damaged[i] ^= 0x10;
            fs::write(&path, &damaged).unwrap();
            assert_eq!(cache.load(&key), None, "byte {i} flipped");
        }
        let mut lying = sound.clone();
        lying[..8].copy_from_slice(&u64::MAX.to_le_bytes());
        fs::write(&path, &lying).unwrap();
        assert_eq!(cache.load(&key), None, "a header of 2^64 bytes");
        fs::write(&path, &sound).unwrap();
        assert!(cache.load(&key).is_some());
    }

    #[test]
    fn the_longest_unused_goes_first() {
        let dir = tempfile::tempdir().unwrap();
        let cache = EmbeddingCache::new(dir.path());
        let keys = ["a", "b", "c"].map(|content| key(dir.path(), content));
        let now = SystemTime::now();
        for (i, key) in keys.iter().enumerate() {
            cache.store(key, &entry(100)).unwrap();
            let file = File::options().write(true).open(cache.path(key)).unwrap();
            let age = Duration::from_secs(1000 - 100 * i as u64);
            file.set_modified(now - age).unwrap();
        }
        assert!(cache.load(&keys[0]).is_some(), "now the last used");
        let entry_bytes = fs::metadata(cache.path(&keys[0])).unwrap().len();
        let cache = EmbeddingCache {
            max_bytes: 3 * entry_bytes,
            ..cache
        };
        cache.store(&key(dir.path(), "d"), &entry(100)).unwrap();
        assert!(cache.load(&keys[1]).is_none());
        assert!(cache.load(&keys[0]).is_some());
        assert!(cache.load(&keys[2]).is_some());
    }

    #[test]
    fn a_bound_of_nothing_keeps_the_newest() {
        let dir = tempfile::tempdir().unwrap();
        let cache = EmbeddingCache {
            max_bytes: 0,
            ..EmbeddingCache::new(dir.path())
        };
        let (a, b) = (key(dir.path(), "a"), key(dir.path(), "b"));
        cache.store(&a, &entry(2)).unwrap();
        cache.store(&b, &entry(2)).unwrap();
        assert_eq!((cache.load(&a), cache.load(&b)), (None, Some(entry(2))));
    }
}
