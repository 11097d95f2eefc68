//! Scenes one after another, what can be asked of them, and the true answers.

use image::RgbImage;
use rand::RngExt as _;
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

use super::caption::{Caption, Claim, Detail, sample_caption};
use super::render::render_at;
use super::scene::{Scene, Split};

/// Length of a clip, as in QVHighlights.
pub const CLIP_SECS: f64 = 2.0;

/// One scene and when it is on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Take {
    pub scene: Scene,
    pub start_secs: f64,
    pub end_secs: f64,
    /// How it looks.
    pub look: u64,
}

/// A video as plain data; it is cut only at even seconds, so no clip shows two scenes.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Storyboard {
    pub takes: Vec<Take>,
}

/// A question and every span of time in which its answer is yes.
#[derive(Clone, Debug, PartialEq)]
pub struct StoryQuery {
    pub caption: Caption,
    /// `[start, end)` in seconds, in order, neighbours joined.
    pub spans: Vec<[f64; 2]>,
}

/// One line of a QVHighlights annotation file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnnotationLine {
    pub qid: u64,
    pub query: String,
    /// Seconds.
    pub duration: f64,
    pub vid: String,
    /// `[start, end]` in seconds.
    pub relevant_windows: Vec<[f64; 2]>,
    /// Indices of 2-second clips.
    pub relevant_clip_ids: Vec<usize>,
    /// Three annotators' scores 0–4 for each relevant clip.
    pub saliency_scores: Vec<[u8; 3]>,
}

impl Storyboard {
    /// Draws `n_scenes` scenes of 4 to 12 seconds each at random.
    pub fn sample(rng: &mut Pcg64, split: Split, n_scenes: usize) -> Self {
        let mut storyboard = Self::default();
        while storyboard.takes.len() < n_scenes {
            let scene = Scene::sample(rng, split);
            let twin = |take: &Take| {
                take.scene.content == scene.content && take.scene.backdrop == scene.backdrop
            };
            if storyboard.takes.last().is_some_and(twin) {
                continue; // no cut would be seen
            }
            let n_clips = rng.random_range(2..=6);
            storyboard.push(scene, n_clips, rng.random());
        }
        storyboard
    }

    /// Appends a scene that lasts `n_clips` clips.
    pub fn push(&mut self, scene: Scene, n_clips: usize, look: u64) {
        let start_secs = self.duration_secs();
        self.takes.push(Take {
            scene,
            start_secs,
            end_secs: start_secs + CLIP_SECS * n_clips as f64,
            look,
        });
    }

    pub fn duration_secs(&self) -> f64 {
        self.takes.last().map_or(0.0, |take| take.end_secs)
    }

    pub fn n_clips(&self) -> usize {
        (self.duration_secs() / CLIP_SECS).round() as usize
    }

    /// The scene that is on; before the first and after the last it is these.
    pub fn take_at(&self, time_secs: f64) -> Option<&Take> {
        let after = self
            .takes
            .partition_point(|take| take.end_secs <= time_secs);
        self.takes.get(after).or(self.takes.last())
    }

    /// Draws the picture shown at this time.
    ///
    /// # Panics
    /// When the storyboard is empty or a side is zero.
    pub fn frame_at(&self, time_secs: f64, width: u32, height: u32) -> RgbImage {
        let take = self.take_at(time_secs).expect("a storyboard has a scene");
        render_at(
            &take.scene,
            width,
            height,
            time_secs - take.start_secs,
            take.look,
        )
    }

    /// Where the claim holds, neighbouring scenes joined.
    pub fn spans_of(&self, claim: &Claim) -> Vec<[f64; 2]> {
        let mut spans: Vec<[f64; 2]> = Vec::new();
        for take in self.takes.iter().filter(|take| claim.holds_in(&take.scene)) {
            match spans.last_mut() {
                Some(last) if last[1] == take.start_secs => last[1] = take.end_secs,
                _ => spans.push([take.start_secs, take.end_secs]),
            }
        }
        spans
    }

    /// One full caption for every scene, with all spans in which it holds.
    pub fn queries(&self, rng: &mut Pcg64) -> Vec<StoryQuery> {
        self.takes
            .iter()
            .map(|take| {
                let caption = sample_caption(&take.scene, rng, Detail::Full);
                let spans = self.spans_of(&caption.claim);
                StoryQuery { caption, spans }
            })
            .collect()
    }

    /// The query as a line of an annotation file; inside a span the scores are highest in the
    /// middle, as people give them.
    pub fn annotation(&self, qid: u64, vid: &str, query: &StoryQuery) -> AnnotationLine {
        let mut relevant_clip_ids = Vec::new();
        let mut saliency_scores = Vec::new();
        for [start, end] in &query.spans {
            let (first, after) = ((start / CLIP_SECS) as usize, (end / CLIP_SECS) as usize);
            for clip in first..after {
                let at_edge = after - first > 2 && (clip == first || clip + 1 == after);
                relevant_clip_ids.push(clip);
                saliency_scores.push(if at_edge { [4, 3, 4] } else { [4, 4, 4] });
            }
        }
        AnnotationLine {
            qid,
            query: query.caption.text.clone(),
            duration: self.duration_secs(),
            vid: vid.to_owned(),
            relevant_windows: query.spans.clone(),
            relevant_clip_ids,
            saliency_scores,
        }
    }
}
