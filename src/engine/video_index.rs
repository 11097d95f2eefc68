//! What is known of a video's pictures, while the index grows and when it is complete.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::domain::{CLIP_SECS, ClipIndex, Embeddings, Highlight, ShapeError, n_clips};
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
    /// Why the next run has to look at the video again: the cache could not be written.
    pub not_kept: Option<String>,
    duration_secs: f64,
    is_complete: bool,
    features: Vec<f32>,
    /// How long after the beginning of its clip each frame is shown, as far as that is not the centre.
    offsets_secs: Vec<f32>,
    exact: Embeddings,
    coarse: BTreeMap<ClipIndex, Vec<f32>>,
    n_cached: usize,
    n_repeated: usize,
    revision: Revision,
}

/// What is known of a video at one moment; made once for all queries that are answered from it.
#[derive(Clone, Debug)]
pub struct Snapshot<'a> {
    pub embeddings: Cow<'a, Embeddings>,
    /// Where the video ends, as far as that is known.
    pub end_secs: f64,
    pub(super) revision: Revision,
}

impl<'a> Snapshot<'a> {
    /// Of a whole video that is known by nothing but its embeddings.
    pub fn of(embeddings: &'a Embeddings) -> Self {
        Self {
            embeddings: Cow::Borrowed(embeddings),
            end_secs: embeddings.n_clips() as f64 * CLIP_SECS,
            revision: Revision::next(),
        }
    }
}

/// Equal revisions have equal embeddings: each is given out once in this process, so what was
/// computed from one can be kept beside it and needs no one to clear it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Revision(u64);

impl Revision {
    fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl VideoIndex {
    /// For clips of features `[rows_per_clip, dim]`.
    pub(super) fn new(
        path: PathBuf,
        content: ContentId,
        info: VideoInfo,
        (dim, rows_per_clip): (usize, usize),
    ) -> Result<Self, ShapeError> {
        Ok(Self {
            path,
            content,
            duration_secs: info.duration_secs,
            info,
            warning: None,
            not_kept: None,
            is_complete: false,
            features: Vec::new(),
            offsets_secs: Vec::new(),
            exact: Embeddings::empty(dim).with_rows_per_clip(rows_per_clip)?,
            coarse: BTreeMap::new(),
            n_cached: 0,
            n_repeated: 0,
            revision: Revision::next(),
        })
    }

    pub(super) fn restore(&mut self, cached: &CachedFeatures) -> Result<(), ShapeError> {
        self.push_exact(&cached.features)?;
        self.offsets_secs.clone_from(&cached.offsets_secs);
        self.n_cached = self.n_clips_done();
        if cached.complete {
            self.warning.clone_from(&cached.warning);
            self.complete(cached.duration_secs);
        }
        Ok(())
    }

    /// Appends features `[n, rows_per_clip, dim]` of the next clips.
    pub(super) fn push_exact(&mut self, features: &[f32]) -> Result<(), ShapeError> {
        self.exact.push_rows(features)?;
        self.features.extend_from_slice(features);
        self.revision = Revision::next();
        Ok(())
    }

    /// Says that the frame of a clip is not the one at its centre.
    pub(super) fn set_offset(&mut self, clip: ClipIndex, offset_secs: f32) {
        let n_known = self.offsets_secs.len().max(clip.0 + 1);
        self.offsets_secs.resize(n_known, (0.5 * CLIP_SECS) as f32);
        self.offsets_secs[clip.0] = offset_secs;
    }

    /// How long after the beginning of its clip each frame is shown; where it ends, from there on at the
    /// centres.
    pub fn offsets_secs(&self) -> &[f32] {
        &self.offsets_secs
    }

    /// When the frame of a highlight is shown.
    pub fn peak_secs(&self, highlight: Highlight) -> f64 {
        match self.offsets_secs.get(highlight.clip.0) {
            Some(offset_secs) => highlight.clip.start_secs() + f64::from(*offset_secs),
            None => highlight.peak_secs(self.duration_secs()),
        }
    }

    /// Lets the next clip have the features of the last one.
    pub(super) fn repeat_last(&mut self) -> Result<(), ShapeError> {
        let n_numbers = self.dim() * self.exact.rows_per_clip();
        let first = self.features.len().saturating_sub(n_numbers);
        let last = self.features[first..].to_vec();
        self.n_repeated += 1;
        self.push_exact(&last)
    }

    /// Features `[rows_per_clip, dim]` that stand for a clip and its neighbours until they are indexed.
    pub(super) fn add_coarse(&mut self, clip: ClipIndex, features: &[f32]) {
        self.coarse.insert(clip, features.to_vec());
        self.revision = Revision::next();
    }

    pub(super) fn complete(&mut self, duration_secs: f64) {
        self.duration_secs = duration_secs;
        self.is_complete = true;
        self.coarse.clear();
        self.revision = Revision::next();
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

    /// Projected features of the clips done, not normalised, `[n_clips_done, rows_per_clip, dim]`.
    pub fn features(&self) -> &[f32] {
        &self.features
    }

    pub fn dim(&self) -> usize {
        self.exact.dim()
    }

    /// Embeddings of the clips done.
    pub fn exact_embeddings(&self) -> &Embeddings {
        &self.exact
    }

    /// What to tell the user where the index is not kept.
    pub fn not_kept_warning(&self) -> Option<String> {
        let reason = self.not_kept.as_ref()?;
        Some(format!(
            "the index is not kept, so the next run has to look at the video again: {reason}"
        ))
    }

    /// What queries are answered from.
    pub fn snapshot(&self) -> Snapshot<'_> {
        Snapshot {
            embeddings: self.embeddings(),
            end_secs: self.duration_secs(),
            revision: self.revision,
        }
    }

    /// Clips that have an embedding, be it that of a neighbour: the rows of [`VideoIndex::embeddings`].
    pub fn n_known(&self) -> usize {
        let first_open = ClipIndex(self.n_clips_done());
        if self.coarse.range(first_open..).next().is_some() {
            self.n_clips()
        } else {
            self.n_clips_done()
        }
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
        let last_exact = self.exact.clips().last();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::Orientation;

    fn index(duration_secs: f64) -> VideoIndex {
        let info = VideoInfo {
            duration_secs,
            frame_rate: None,
            is_rate_average: false,
            width: 64,
            height: 64,
            codec: String::new(),
            n_audio_channels: 0,
            orientation: Orientation::default(),
            stored_size: (64, 64),
            pixel_aspect: (1, 1),
            start_timecode: None,
            video_start_secs: 0.0,
        };
        let content = ContentId::parse(&"0".repeat(32)).unwrap();
        VideoIndex::new("a.mp4".into(), content, info, (2, 1)).unwrap()
    }

    #[test]
    fn coarse_clips_stand_for_their_neighbours_and_are_counted_without_being_built() {
        let mut index = index(10.0);
        assert_eq!((index.n_known(), index.embeddings().n_clips()), (0, 0));
        index.add_coarse(ClipIndex(3), &[0.0, 2.0]);
        assert_eq!((index.n_known(), index.embeddings().n_clips()), (5, 5));
        index.push_exact(&[3.0, 0.0]).unwrap();
        // The exact clip 0 is nearest to 1, the coarse clip 3 to 2, 3 and 4.
        let expected = [1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0];
        assert_eq!(index.embeddings().values(), expected);
        assert_eq!(index.n_known(), 5);
        index.push_exact(&[1.0; 6]).unwrap();
        assert_eq!((index.n_known(), index.embeddings().n_clips()), (4, 4));
    }

    #[test]
    fn every_change_is_a_revision_of_its_own() {
        let mut index = index(10.0);
        let mut last = index.snapshot().revision;
        let mut changed = |index: &VideoIndex| {
            let before = std::mem::replace(&mut last, index.snapshot().revision);
            before != last
        };
        assert!(!changed(&index));
        index.push_exact(&[1.0, 0.0]).unwrap();
        assert!(changed(&index));
        index.add_coarse(ClipIndex(3), &[0.0, 1.0]);
        assert!(changed(&index));
        index.complete(2.0);
        assert!(changed(&index));
        assert!(!changed(&index.clone()));
    }
}
