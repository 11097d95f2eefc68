//! What is known of a video's pictures, while it grows and when it is complete.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::domain::{ClipIndex, Embeddings, ShapeError, n_clips};
use crate::engine::presence::NeutralLevel;
use crate::store::{CachedFeatures, ContentId};
use crate::video::VideoInfo;

/// Image features of a video as far as it has been looked at.
///
/// Clips are indexed in order. Ahead of them there may be *coarse* clips from the preview, whose
/// features stand in for their neighbours until the exact ones arrive, so that a curve covers the
/// whole video early.
#[derive(Clone, Debug)]
pub struct VideoIndex {
    pub path: PathBuf,
    /// Names the video's labels.
    pub content: ContentId,
    pub info: VideoInfo,
    /// What the user should know about the file, such as an end that cannot be read.
    pub warning: Option<String>,
    duration_secs: f64,
    is_complete: bool,
    features: Vec<f32>,
    exact: Embeddings,
    coarse: BTreeMap<ClipIndex, Vec<f32>>,
    n_cached: usize,
    n_repeated: usize,
    /// Level of the neutral texts; forgotten when clips are added.
    pub(super) neutral_level: OnceCell<NeutralLevel>,
}

impl VideoIndex {
    pub(super) fn new(path: PathBuf, content: ContentId, info: VideoInfo, dim: usize) -> Self {
        Self {
            path,
            content,
            duration_secs: info.duration_secs,
            info,
            warning: None,
            is_complete: false,
            features: Vec::new(),
            exact: Embeddings::empty(dim),
            coarse: BTreeMap::new(),
            n_cached: 0,
            n_repeated: 0,
            neutral_level: OnceCell::new(),
        }
    }

    pub(super) fn restore(&mut self, cached: &CachedFeatures) -> Result<(), ShapeError> {
        self.push_exact(&cached.features)?;
        self.n_cached = self.n_clips_done();
        if cached.complete {
            self.warning.clone_from(&cached.warning);
            self.complete(cached.duration_secs);
        }
        Ok(())
    }

    /// Appends features `[n, dim]` of the next clips.
    pub(super) fn push_exact(&mut self, features: &[f32]) -> Result<(), ShapeError> {
        self.exact.push_rows(features)?;
        self.features.extend_from_slice(features);
        self.neutral_level.take();
        Ok(())
    }

    /// Lets the next clip have the features of the last one.
    pub(super) fn repeat_last(&mut self) -> Result<(), ShapeError> {
        let first = self.features.len().saturating_sub(self.dim());
        let last = self.features[first..].to_vec();
        self.n_repeated += 1;
        self.push_exact(&last)
    }

    /// Features `[dim]` that stand for a clip and its neighbours until they are indexed.
    pub(super) fn add_coarse(&mut self, clip: ClipIndex, features: &[f32]) {
        self.coarse.insert(clip, features.to_vec());
        self.neutral_level.take();
    }

    pub(super) fn complete(&mut self, duration_secs: f64) {
        self.duration_secs = duration_secs;
        self.is_complete = true;
        self.coarse.clear();
        self.neutral_level.take();
    }

    /// Where the last frame ends; what the container says while that is not known yet.
    pub fn duration_secs(&self) -> f64 {
        if self.is_complete {
            return self.duration_secs;
        }
        self.duration_secs
            .max(ClipIndex(self.n_clips_done()).start_secs() - 1.0)
    }

    /// Whether every clip has its own exact features.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Clips with exact features, counted from the first.
    pub fn n_clips_done(&self) -> usize {
        self.exact.n_clips()
    }

    /// Clips that were known from an earlier run.
    pub fn n_clips_cached(&self) -> usize {
        self.n_cached
    }

    /// Clips of this run that took over the features of their neighbour.
    pub fn n_clips_repeated(&self) -> usize {
        self.n_repeated
    }

    /// All clips of the video, as far as can be told; final when it is complete.
    pub fn n_clips(&self) -> usize {
        if self.is_complete {
            self.n_clips_done()
        } else {
            n_clips(self.duration_secs).max(self.n_clips_done())
        }
    }

    /// Projected features of the clips done, not normalised, `[n_clips_done, dim]`.
    pub fn features(&self) -> &[f32] {
        &self.features
    }

    pub fn dim(&self) -> usize {
        self.exact.dim()
    }

    /// Embeddings of the clips done, `[n_clips_done, dim]`.
    pub fn exact_embeddings(&self) -> &Embeddings {
        &self.exact
    }

    /// One embedding per clip: exact where done, beyond that the nearest known one.
    ///
    /// Without coarse clips it ends with the last exact one.
    pub fn embeddings(&self) -> Cow<'_, Embeddings> {
        let first_open = ClipIndex(self.n_clips_done());
        let mut coarse = self.coarse.range(first_open..).peekable();
        if coarse.peek().is_none() {
            return Cow::Borrowed(&self.exact);
        }
        let last_exact = self.exact.rows().last();
        let mut before = last_exact.map(|row| (first_open.0.saturating_sub(1), row));
        let mut filled = Vec::new();
        for clip in first_open.0..self.n_clips() {
            while let Some((at, row)) = coarse.next_if(|(at, _)| at.0 <= clip) {
                before = Some((at.0, row.as_slice()));
            }
            let after = coarse.peek().map(|(at, row)| (at.0, row.as_slice()));
            let nearest = match (before, after) {
                (Some(before), Some(after)) if clip - before.0 > after.0 - clip => after,
                (Some(known), _) | (None, Some(known)) => known,
                (None, None) => break,
            };
            filled.extend_from_slice(nearest.1);
        }
        let mut embeddings = self.exact.clone();
        // Every row has the length of the model's embeddings: `add_coarse` gets rows of one batch.
        if embeddings.push_rows(&filled).is_err() {
            return Cow::Borrowed(&self.exact);
        }
        Cow::Owned(embeddings)
    }
}
