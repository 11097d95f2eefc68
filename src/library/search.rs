//! A query, and the moments of all videos that answer it.

use std::collections::HashMap;
use std::path::PathBuf;

use half::slice::HalfFloatSliceExt as _;
use rayon::prelude::*;

use crate::domain::{ClipIndex, Embeddings, Highlight, Moment, SaliencyCurve, UnitVector};
use crate::find::{Answer, Levels, PROBABLY_PRESENT, PictureChance, Probe, Target, Way};
use crate::library::catalogue::{LibraryVideo, State};
use crate::library::chance::LibraryLevel;
use crate::library::dot::dot_f16;
use crate::library::judge::{Best, Judge};
use crate::library::matrix::{CENTRE, Matrix, Span};
use crate::library::picture_chance::picture_chance;

/// Where nothing is found, so many videos were looked at closely, best first.
const MIN_LOOKED_AT: usize = 64;

/// Videos that are looked at closely at once.
const BATCH: usize = 16;

/// What can be searched: the rows of a model, and the videos that they belong to.
pub struct LibraryIndex {
    matrix: Matrix,
    /// For each span of the matrix its video.
    videos: Vec<LibraryVideo>,
    n_not_indexed: usize,
    rows_per_clip: usize,
}

/// Which videos are searched, and how much is listed.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// Files, and folders with all below them, as the catalogue names them; all where there is none.
    pub inside: Vec<PathBuf>,
    /// Only videos of this day or later, seconds since 1970.
    pub since_secs: Option<i64>,
    /// Only videos that are longer.
    pub longer_secs: Option<f64>,
    /// At most so many moments of all videos.
    pub n_results: usize,
    /// At most so many of each.
    pub n_per_video: usize,
    /// What a clip must reach to belong to a moment; else what the way is meant for.
    pub threshold: Option<f32>,
}

/// What was found for one query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// 0…1, how sure that it occurs anywhere in what was searched.
    pub present: f32,
    /// Best first.
    pub results: Vec<LibraryMoment>,
}

/// A moment of some video.
#[derive(Clone, Debug, PartialEq)]
pub struct LibraryMoment {
    /// Where the video is in [`LibraryIndex::videos`].
    pub video: usize,
    pub moment: Moment,
    /// Where the frame of its best clip lies.
    pub peak_secs: f64,
}

/// What is known of a video before it is looked at closely.
struct Candidate {
    video: usize,
    best: Best,
}

/// A video that was looked at closely.
struct Looked {
    /// 0…1, how sure that the query occurs in it.
    present: f32,
    moments: Vec<LibraryMoment>,
}

impl LibraryIndex {
    /// A matrix with the videos of the catalogue that it was made from; each of its rows is so many of a
    /// clip's beside each other.
    pub fn new(matrix: Matrix, videos: Vec<LibraryVideo>, rows_per_clip: usize) -> Self {
        let is_waiting =
            |video: &&LibraryVideo| matches!(video.state, State::Waiting | State::Working);
        let n_not_indexed = videos.iter().filter(is_waiting).count();
        let mut by_content: HashMap<_, _> = videos
            .into_iter()
            .map(|video| (video.content.clone(), video))
            .collect();
        let known = matrix.spans().iter();
        // A span whose video was removed a moment ago is at no path, and no filter lets it pass.
        let videos = known.map(|span| {
            by_content
                .remove(&span.content)
                .unwrap_or_else(|| gone(span))
        });
        let videos = videos.collect();
        Self {
            matrix,
            videos,
            n_not_indexed,
            rows_per_clip,
        }
    }

    /// The videos that are indexed.
    pub fn videos(&self) -> &[LibraryVideo] {
        &self.videos
    }

    /// Videos of the library that no search sees yet.
    pub fn n_not_indexed(&self) -> usize {
        self.n_not_indexed
    }

    /// How many videos and clips a search looks at.
    pub fn extent(&self, wanted: &Wanted) -> (usize, usize) {
        let spans = self.searched(wanted);
        let n_clips = spans
            .iter()
            .map(|&at| self.matrix.spans()[at].n_rows as usize);
        (spans.len(), n_clips.sum())
    }

    /// The embeddings of a video, as exact as half precision has them.
    pub fn embeddings(&self, video: usize) -> Embeddings {
        let rows: &[half::f16] =
            bytemuck::cast_slice(self.matrix.rows(&self.matrix.spans()[video]));
        let mut values = vec![0.0; rows.len()];
        rows.convert_to_f32_slice(&mut values);
        // A row of zeros stays one; the length is that of whole rows.
        let dim = self.matrix.dim() / self.rows_per_clip;
        Embeddings::from_features(dim, values)
            .and_then(|embeddings| embeddings.with_rows_per_clip(self.rows_per_clip))
            .unwrap_or_else(|_| Embeddings::empty(dim))
    }

    /// One video's answer to a query, as if it were searched by itself.
    pub fn answer(&self, video: usize, probe: &Probe) -> Option<Answer> {
        self.answer_on(video, &self.embeddings(video), probe)
    }

    fn answer_on(&self, video: usize, embeddings: &Embeddings, probe: &Probe) -> Option<Answer> {
        let span = &self.matrix.spans()[video];
        let words = Some(span.level);
        probe.answer(embeddings, Levels { words }, span.end_secs)
    }

    /// As [`find_probes`](Self::find_probes), of words alone.
    pub fn find(&self, queries: &[(UnitVector, Way)], wanted: &Wanted) -> Vec<Found> {
        let probes: Vec<_> = queries.iter().cloned().map(Probe::from).collect();
        self.find_probes(&probes, wanted)
    }

    /// The moments of all videos that answer each of the queries, in one pass over all rows.
    pub fn find_probes(&self, queries: &[Probe], wanted: &Wanted) -> Vec<Found> {
        let videos = self.searched(wanted);
        let Some(level) = self.level(&videos) else {
            return vec![Found::default(); queries.len()];
        };
        let parts: Vec<_> = queries.iter().map(Probe::targets).collect();
        let directions: Vec<_> = parts.iter().flatten().map(direction).collect();
        let peaks: Vec<Vec<f32>> = videos
            .par_iter()
            .map(|&video| self.peaks(&self.matrix.spans()[video], &directions))
            .collect();
        let mut n_before = 0;
        let found = queries.iter().zip(&parts).map(|(probe, parts)| {
            let judge = Judge::new(probe, &mut |target| self.level_of(target, level, &videos));
            let candidates = videos.iter().zip(&peaks).map(|(&video, peaks)| Candidate {
                video,
                best: judge.best(&mut peaks[n_before..].iter().copied()),
            });
            let found = self.list(candidates.collect(), (probe, &judge), wanted);
            n_before += parts.len();
            found
        });
        found.collect()
    }

    /// What chance scores for a part of a query; `words` is that of any text.
    fn level_of(&self, target: &Target, words: LibraryLevel, videos: &[usize]) -> LibraryLevel {
        match target {
            Target::Words { .. } => words,
            Target::Picture(picture) => LibraryLevel::of_pictures(match videos {
                [alone] => PictureChance::of(&self.embeddings(*alone), &picture.disorder),
                _ => picture_chance(&self.matrix, videos, picture),
            }),
        }
    }

    /// The videos that pass the filters, that with the best clip first, and what judges their clips;
    /// `None` where there is no video.
    pub(super) fn ranked<'a>(
        &self,
        probe: &'a Probe,
        wanted: &Wanted,
    ) -> Option<(Vec<usize>, Judge<'a>)> {
        let videos = self.searched(wanted);
        let level = self.level(&videos)?;
        let judge = Judge::new(probe, &mut |target| self.level_of(target, level, &videos));
        let parts = probe.targets();
        let directions: Vec<_> = parts.iter().map(direction).collect();
        let peaks = |&video: &usize| self.peaks(&self.matrix.spans()[video], &directions);
        let peaks: Vec<Vec<f32>> = videos.par_iter().map(peaks).collect();
        let best = |peaks: Vec<f32>| judge.best(&mut peaks.into_iter()).score;
        let mut ranked: Vec<_> = videos
            .into_iter()
            .zip(peaks.into_iter().map(best))
            .collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let videos = ranked.into_iter().map(|(video, _)| video).collect();
        Some((videos, judge))
    }

    fn level(&self, videos: &[usize]) -> Option<LibraryLevel> {
        let spans = videos.iter().map(|&video| &self.matrix.spans()[video]);
        LibraryLevel::of(spans.map(|span| (span.level, &span.peaks[..])))
    }

    /// Best cosine of a video's clips with each of the texts.
    fn peaks(&self, span: &Span, texts: &[&[f32]]) -> Vec<f32> {
        let mut peaks = vec![f32::NEG_INFINITY; texts.len()];
        let dim = self.matrix.dim() / self.rows_per_clip;
        for row in self.matrix.rows(span).chunks_exact(dim) {
            for (peak, text) in peaks.iter_mut().zip(texts) {
                *peak = peak.max(dot_f16(row, text));
            }
        }
        peaks
    }

    /// Spans of the videos that pass the filters.
    fn searched(&self, wanted: &Wanted) -> Vec<usize> {
        let videos = self.videos.iter().enumerate();
        let passing = videos.filter(|(at, video)| {
            self.matrix.spans()[*at].n_rows > 0
                && video.state == State::Indexed
                && wanted
                    .since_secs
                    .is_none_or(|since| video.date_secs >= since)
                && wanted
                    .longer_secs
                    .is_none_or(|longer| self.matrix.spans()[*at].end_secs > longer)
                && (wanted.inside.is_empty() || video.path_inside(&wanted.inside).is_some())
        });
        passing.map(|(at, _)| at).collect()
    }

    /// Looks closely at the best videos until enough moments are found that chance does not explain.
    fn list(
        &self,
        mut candidates: Vec<Candidate>,
        asked: (&Probe, &Judge<'_>),
        wanted: &Wanted,
    ) -> Found {
        candidates.sort_by(|a, b| {
            let by_score = b.best.score.total_cmp(&a.best.score);
            by_score.then(a.video.cmp(&b.video))
        });
        let n_most = MIN_LOOKED_AT.max(4 * wanted.n_results);
        let mut found = Found::default();
        for batch in candidates[..n_most.min(candidates.len())].chunks(BATCH) {
            // No moment of a video is better than its best clip.
            let worst = found.results.get(wanted.n_results - 1);
            let is_full = worst.is_some_and(|it| it.moment.score >= batch[0].best.score);
            let is_hopeless = batch[0].best.belief < PROBABLY_PRESENT;
            // Of a query that is nowhere it is still said how near it came.
            if is_full || is_hopeless && found.present > 0.0 {
                break;
            }
            let looked: Vec<_> = batch
                .par_iter()
                .filter_map(|candidate| self.look(candidate.video, asked, wanted))
                .collect();
            for video in looked {
                found.present = found.present.max(video.present);
                found.results.extend(video.moments);
            }
            found.results.sort_by(|a, b| {
                let by_score = b.moment.score.total_cmp(&a.moment.score);
                by_score.then(a.video.cmp(&b.video))
            });
            found.results.truncate(wanted.n_results);
        }
        found
    }

    /// When the frame of a highlight is shown.
    fn peak_secs(&self, video: usize, peak: Highlight, end_secs: f64) -> f64 {
        let span = &self.matrix.spans()[video];
        match self.matrix.offsets(span).get(peak.clip.0) {
            Some(&millis) if millis != CENTRE => {
                peak.clip.start_secs() + f64::from(millis) / 1000.0
            }
            _ => peak.peak_secs(end_secs),
        }
    }

    fn look(
        &self,
        video: usize,
        (probe, judge): (&Probe, &Judge<'_>),
        wanted: &Wanted,
    ) -> Option<Looked> {
        let embeddings = self.embeddings(video);
        let answer = self.answer_on(video, &embeddings, probe)?;
        let (scores, beliefs) = judge.curves(&embeddings);
        let end_secs = answer.end_secs;
        let shown = answer.found(wanted.threshold).moments;
        let moments = shown.into_iter().map(|moment| {
            let peak = peak_of(&scores, &moment).unwrap_or(answer.highlight);
            LibraryMoment {
                video,
                moment: Moment {
                    score: peak.score,
                    ..moment
                },
                peak_secs: self.peak_secs(video, peak, end_secs),
            }
        });
        // The whole video must be able to hold it, and the moment itself be better than chance.
        let is_likely =
            |it: &LibraryMoment| answer.is_probable() && it.moment.score >= judge.least_score();
        let belief = beliefs.highlight().map_or(0.0, |best| best.score);
        Some(Looked {
            present: answer.present.min(belief),
            moments: moments.filter(is_likely).take(wanted.n_per_video).collect(),
        })
    }
}

fn direction<'a>(target: &&'a Target) -> &'a [f32] {
    target.direction().as_slice()
}

/// The best clip of a moment, with its score; the first of equals.
fn peak_of(scores: &SaliencyCurve, moment: &Moment) -> Option<Highlight> {
    let first = ClipIndex::at(moment.span.start_secs).0;
    let end = ClipIndex::at(moment.span.end_secs).0.max(first + 1);
    let clips = scores.values().iter().enumerate();
    let inside = clips.skip(first).take(end - first);
    let best = inside.max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0)));
    best.map(|(clip, score)| Highlight {
        clip: ClipIndex(clip),
        score: *score,
    })
}

impl LibraryVideo {
    /// The first of its paths that is one of `places` or below one.
    pub fn path_inside(&self, places: &[PathBuf]) -> Option<&PathBuf> {
        let mut paths = std::iter::once(&self.path).chain(&self.copies);
        paths.find(|path| places.iter().any(|place| path.starts_with(place)))
    }
}

fn gone(span: &Span) -> LibraryVideo {
    LibraryVideo {
        content: span.content.clone(),
        path: PathBuf::new(),
        copies: Vec::new(),
        is_missing: true,
        n_bytes: 0,
        duration_secs: Some(span.end_secs),
        date_secs: 0,
        state: State::Waiting,
        n_clips: span.n_rows as usize,
    }
}
