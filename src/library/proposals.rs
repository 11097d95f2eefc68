//! What to label next in all videos: the clips of which it is least sure whether they are listed.

use std::collections::HashMap;

use crate::domain::{ClipIndex, Labels};
use crate::find::Probe;
use crate::library::search::{LibraryIndex, Wanted};
use crate::store::ContentId;

/// The best videos among which is looked: in the others nothing is near to being found.
const N_LOOKED_AT: usize = 48;

/// Two clips that are nearer show the same.
const MIN_DISTANCE: usize = 2;

impl LibraryIndex {
    /// Up to `n` clips without a grade, the most doubtful first, at most `n_per_video` of each video;
    /// where the video is in [`LibraryIndex::videos`], and the clip.
    ///
    /// A clip is doubtful when its score is near that from which on moments are listed. No proposal
    /// is a neighbour of another one or of a graded clip.
    pub fn proposals(
        &self,
        probe: &Probe,
        wanted: &Wanted,
        labels: &HashMap<ContentId, Labels>,
        (n, n_per_video): (usize, usize),
    ) -> Vec<(usize, ClipIndex)> {
        let Some((videos, judge)) = self.ranked(probe, wanted) else {
            return Vec::new();
        };
        let mut doubts: Vec<(f32, usize, ClipIndex)> = Vec::new();
        for video in videos.into_iter().take(N_LOOKED_AT) {
            let graded = labels.get(&self.videos()[video].content);
            let (scores, _) = judge.curves(&self.embeddings(video));
            let clips = scores.values().iter().enumerate();
            let mut of_video: Vec<_> = clips
                .map(|(clip, &score)| {
                    let doubt = (score - judge.least_score()).abs();
                    (doubt, video, ClipIndex(clip))
                })
                .collect();
            of_video.sort_by(|a, b| a.0.total_cmp(&b.0));
            let mut taken: Vec<ClipIndex> = Vec::new();
            for (doubt, video, clip) in of_video {
                let is_far = |other: &ClipIndex| other.0.abs_diff(clip.0) >= MIN_DISTANCE;
                let is_new = graded.is_none_or(|labels| labels.grades.keys().all(is_far));
                if taken.len() < n_per_video && is_new && taken.iter().all(is_far) {
                    taken.push(clip);
                    doubts.push((doubt, video, clip));
                }
            }
        }
        doubts.sort_by(|a, b| a.0.total_cmp(&b.0));
        let nearest = doubts.into_iter().take(n);
        nearest.map(|(_, video, clip)| (video, clip)).collect()
    }
}
