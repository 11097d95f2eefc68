//! Image features on disk, so that each video is encoded only once.

mod growing;

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
const OFFSETS: &str = "offsets_secs";
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
    /// How long after the beginning of its clip each frame is shown; empty where all are at the
    /// centres of theirs.
    pub offsets_secs: Vec<f32>,
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
///
/// Entries of videos that are [kept](EmbeddingCache::keep) lie in a folder of their own for each
/// video, are not counted and never deleted. That the folder exists says that the video is kept.
#[derive(Clone, Debug)]
pub struct EmbeddingCache {
    dir: PathBuf,
    kept_dir: PathBuf,
    max_bytes: u64,
}

/// How much disk the entries take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheUse {
    /// Of videos that are kept.
    pub kept_bytes: u64,
    /// Of all others; beyond `max_bytes` they are deleted.
    pub other_bytes: u64,
    pub max_bytes: u64,
}

impl EmbeddingCache {
    /// The directory is made when something is stored.
    pub fn new(cache_dir: &Path) -> Self {
        Self {
            dir: cache_dir.join("embeddings"),
            kept_dir: cache_dir.join("library/embeddings"),
            max_bytes: DEFAULT_MAX_BYTES,
        }
    }

    /// The features of this video; marks the entry as used.
    pub fn load(&self, key: &CacheKey) -> Option<CachedFeatures> {
        let kept = self.load_from(&self.kept_path(key), key);
        if kept.as_ref().is_some_and(|entry| entry.complete) {
            return kept;
        }
        // A program that began before the video was kept may know more.
        let other = self.load_from(&self.path(key), key);
        let entries = [other, kept].into_iter().flatten();
        entries.max_by_key(|entry| (entry.complete, entry.n_clips()))
    }

    fn load_from(&self, path: &Path, key: &CacheKey) -> Option<CachedFeatures> {
        let bytes = fs::read(path).ok()?;
        let entry = decode(&bytes, key);
        if entry.is_some() {
            // If the time cannot be set, only the order of eviction suffers.
            if let Ok(file) = File::options().write(true).open(path) {
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
        let is_kept = self.is_kept(&key.video);
        let path = match is_kept {
            true => self.kept_path(key),
            false => self.path(key),
        };
        atomic::write(&path, &encode(key, entry)?).map_err(|error| {
            let message = format!("{} cannot be written: {error}", path.display());
            io::Error::new(error.kind(), message)
        })?;
        match is_kept {
            true => Ok(()),
            false => self.evict(&path),
        }
    }

    /// Keeps the entries of a video, those that come later too, until it is released.
    ///
    /// # Errors
    /// When the folder of its entries cannot be made; entries that cannot be moved there stay found.
    pub fn keep(&self, video: &ContentId) -> io::Result<()> {
        let dir = self.kept_dir.join(video.as_str());
        fs::create_dir_all(&dir).map_err(|error| {
            let message = format!("the folder {} cannot be made: {error}", dir.display());
            io::Error::new(error.kind(), message)
        })?;
        for path in self.entries_outside(video) {
            let target = dir.join(path.file_name().unwrap_or_default());
            // What is kept already may know less: whichever is bigger holds more clips.
            let bytes = |path: &Path| fs::metadata(path).map_or(0, |metadata| metadata.len());
            if bytes(&target) >= bytes(&path) {
                let _ = fs::remove_file(&path);
            } else if let Err(error) = fs::rename(&path, &target) {
                log::info!("{} stays where it is: {error}", path.display());
            }
        }
        Ok(())
    }

    /// Lets the entries of a video be deleted again some day.
    ///
    /// # Errors
    /// When its folder cannot be removed.
    pub fn release(&self, video: &ContentId) -> io::Result<()> {
        let dir = self.kept_dir.join(video.as_str());
        for path in files_of(&dir) {
            let target = self.dir.join(path.file_name().unwrap_or_default());
            let moved = fs::create_dir_all(&self.dir).and_then(|()| fs::rename(&path, &target));
            if moved.is_err() {
                fs::remove_file(&path)?;
            }
        }
        match fs::remove_dir(&dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        }
    }

    pub fn is_kept(&self, video: &ContentId) -> bool {
        self.kept_dir.join(video.as_str()).is_dir()
    }

    /// Every video that is kept, in no order.
    pub fn kept(&self) -> Vec<ContentId> {
        let names = files_of(&self.kept_dir).into_iter();
        names
            .filter_map(|path| ContentId::parse(path.file_name()?.to_str()?))
            .collect()
    }

    /// How much disk the entries take; asks the file system for each of them.
    pub fn disk_use(&self) -> CacheUse {
        let sum = |dir: &Path| -> u64 {
            let sizes = files_of(dir).into_iter();
            sizes
                .filter_map(|path| Some(fs::metadata(path).ok()?.len()))
                .sum()
        };
        let kept = files_of(&self.kept_dir);
        CacheUse {
            kept_bytes: kept.iter().map(|dir| sum(dir)).sum(),
            other_bytes: sum(&self.dir),
            max_bytes: self.max_bytes,
        }
    }

    /// Entries of this video among those that may be deleted.
    fn entries_outside(&self, video: &ContentId) -> Vec<PathBuf> {
        let begins = format!("{}-", video.as_str());
        let is_of_video = |path: &PathBuf| {
            let name = path.file_name().map(|name| name.to_string_lossy());
            name.is_some_and(|name| name.starts_with(&begins))
        };
        let mut paths = files_of(&self.dir);
        paths.retain(is_of_video);
        paths
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
        let paths = [self.kept_path(former), self.path(former)];
        let Some(path) = paths.into_iter().find(|path| path.exists()) else {
            return;
        };
        if self.path(key).exists() || self.kept_path(key).exists() {
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
        self.dir.join(file_name(key))
    }

    fn kept_path(&self, key: &CacheKey) -> PathBuf {
        let dir = self.kept_dir.join(key.video.as_str());
        dir.join(file_name(key))
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

fn file_name(key: &CacheKey) -> String {
    // The hash of the model is shortened here and compared in full when the entry is read.
    let model: String = key.model_hash.chars().take(16).collect();
    format!(
        "{}-{model}-{}.{EXTENSION}",
        key.video.as_str(),
        key.sampling
    )
}

/// What lies in a folder; nothing where there is none.
fn files_of(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
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
    let offsets: &[u8] = bytemuck::cast_slice(&entry.offsets_secs);
    metadata.insert("blake3", hash_of(bytes, offsets));
    let metadata = metadata
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    let mut tensors = vec![(TENSOR, view)];
    if !offsets.is_empty() {
        let shape = vec![entry.offsets_secs.len()];
        let view = TensorView::new(Dtype::F32, shape, offsets).map_err(invalid)?;
        tensors.push((OFFSETS, view));
    }
    safetensors::serialize(tensors, Some(metadata)).map_err(invalid)
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
    let offsets = tensors.tensor(OFFSETS).ok();
    let offsets = offsets.as_ref().map_or(&[][..], TensorView::data);
    let is_sound = dim > 0
        && tensor.dtype() == Dtype::F32
        && says("blake3") == Some(&hash_of(tensor.data(), offsets));
    is_sound.then_some(())?;
    Some(CachedFeatures {
        dim,
        // The data need not be aligned.
        features: bytemuck::pod_collect_to_vec(tensor.data()),
        offsets_secs: bytemuck::pod_collect_to_vec(offsets),
        complete: says("complete")?.parse().ok()?,
        duration_secs: says("duration_secs")?.parse().ok()?,
        warning: says("warning").map(str::to_owned),
    })
}

fn hash_of(features: &[u8], offsets: &[u8]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher
        .update(features)
        .update(offsets)
        .finalize()
        .to_string()
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
mod tests;
