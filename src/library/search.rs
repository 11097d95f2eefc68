//! A query, and the moments of all videos that answer it.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use crate::domain::{ClipIndex, Embeddings, Highlight, Moment, SaliencyCurve, UnitVector};
use crate::engine::AskedDetector;
use crate::find::{Answer, Levels, PROBABLY_PRESENT, PictureChance, Probe, Target, Way};
use crate::library::catalogue::{LibraryVideo, State};
use crate::library::chance::LibraryLevel;
use crate::library::error::LibraryError;
use crate::library::judge::{Best, Judge};
use crate::library::matrix::Span;
use crate::library::rows::Rows;
use crate::model::ModelError;

/// Where nothing is found, so many videos were looked at closely, best first.
const MIN_LOOKED_AT: usize = 64;

/// Where the rows are with a server, so many videos stand for all to say how alike pictures are.
const N_TAKEN_FOR_ALL: usize = 8;

/// Videos that are looked at closely at once.
const BATCH: usize = 16;

/// What can be searched: the rows of a model, and the videos that they belong to.
pub struct LibraryIndex {
    rows: Rows,
    /// For each span of the rows its video.
    videos: Vec<LibraryVideo>,
    n_not_indexed: usize,
    rows_per_clip: usize,
    /// Why a server did not answer, until somebody asks.
    failure: Mutex<Option<LibraryError>>,
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

/// A query, with what decides about it in all videos.
struct Asked<'a> {
    probe: &'a Probe,
    judge: Judge<'a>,
    /// What finds the moments in a video, if not the curve.
    detector: Option<&'a AskedDetector<'a>>,
}

/// A video that was looked at closely.
struct Looked {
    /// 0…1, how sure that the query occurs in it.
    present: f32,
    moments: Vec<LibraryMoment>,
}

impl LibraryIndex {
    /// Rows with the videos of the catalogue that they were made from; each is so many of a clip's
    /// beside each other.
    pub fn new(rows: impl Into<Rows>, videos: Vec<LibraryVideo>, rows_per_clip: usize) -> Self {
        let rows = rows.into();
        let is_waiting =
            |video: &&LibraryVideo| matches!(video.state, State::Waiting | State::Working);
        let n_not_indexed = videos.iter().filter(is_waiting).count();
        let mut by_content: HashMap<_, _> = videos
            .into_iter()
            .map(|video| (video.content.clone(), video))
            .collect();
        let known = rows.spans().iter();
        // A span whose video was removed a moment ago is at no path, and no filter lets it pass.
        let videos = known.map(|span| {
            by_content
                .remove(&span.content)
                .unwrap_or_else(|| gone(span))
        });
        let videos = videos.collect();
        Self {
            rows,
            videos,
            n_not_indexed,
            rows_per_clip,
            failure: Mutex::default(),
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
            .map(|&at| self.rows.spans()[at].n_rows as usize);
        (spans.len(), n_clips.sum())
    }

    /// The embeddings of a video, as exact as half precision has them; none where a server does not
    /// answer.
    pub fn embeddings(&self, video: usize) -> Embeddings {
        let dim = self.rows.dim() / self.rows_per_clip;
        let embeddings = self.told(self.rows.embeddings(video, dim));
        embeddings
            .and_then(|embeddings| embeddings.with_rows_per_clip(self.rows_per_clip).ok())
            .unwrap_or_else(|| Embeddings::empty(dim))
    }

    /// Why what was found is not all: a server that did not answer. Only the first reason is told, once.
    pub fn failure(&self) -> Option<LibraryError> {
        self.failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    fn told<T>(&self, outcome: Result<T, LibraryError>) -> Option<T> {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        outcome.map_err(|error| failure.get_or_insert(error)).ok()
    }

    /// One video's answer to a query, as if it were searched by itself.
    pub fn answer(&self, video: usize, probe: &Probe) -> Option<Answer> {
        self.answer_on(video, &self.embeddings(video), probe)
    }

    fn answer_on(&self, video: usize, embeddings: &Embeddings, probe: &Probe) -> Option<Answer> {
        let span = &self.rows.spans()[video];
        let words = Some(span.level);
        probe.answer(embeddings, Levels { words }, span.end_secs)
    }

    /// As [`find_probes`](Self::find_probes), of words alone.
    pub fn find(&self, queries: &[(UnitVector, Way)], wanted: &Wanted) -> Vec<Found> {
        let probes: Vec<_> = queries.iter().cloned().map(Probe::from).collect();
        // Only a detector can fail.
        self.find_probes(&probes, &[], wanted).unwrap_or_default()
    }

    /// The moments of all videos that answer each of the queries, in one pass over all rows.
    ///
    /// Moments are those of a detector that was told each of the queries, where there are any; else
    /// the curve's. Which videos come first, and what a moment is worth beside those of other videos,
    /// the cosines say all the same: probabilities of a network compare moments of one video.
    ///
    /// # Errors
    /// [`ModelError::Device`] when the device of the detector fails.
    pub fn find_probes(
        &self,
        queries: &[Probe],
        detectors: &[AskedDetector<'_>],
        wanted: &Wanted,
    ) -> Result<Vec<Found>, ModelError> {
        let videos = self.searched(wanted);
        let nothing = || Ok(vec![Found::default(); queries.len()]);
        let Some(level) = self.level(&videos) else {
            return nothing();
        };
        let parts: Vec<_> = queries.iter().map(Probe::targets).collect();
        let directions: Vec<_> = parts.iter().flatten().map(direction).collect();
        let Some(nearest) = self.told(self.rows.nearest(&videos, &directions)) else {
            return nothing();
        };
        let mut nearest = nearest.into_iter();
        let found = queries.iter().zip(&parts).enumerate();
        let found = found.map(|(i, (probe, parts))| {
            let judge = Judge::new(probe, &mut |target| self.level_of(target, level, &videos));
            let candidates = candidates(nearest.by_ref().take(parts.len()).collect(), &judge);
            let asked = Asked {
                probe,
                judge,
                detector: detectors.get(i),
            };
            self.list(candidates, &asked, wanted)
        });
        found.collect()
    }

    /// What chance scores for a part of a query; `words` is that of any text.
    fn level_of(&self, target: &Target, words: LibraryLevel, videos: &[usize]) -> LibraryLevel {
        match target {
            Target::Words { .. } => words,
            Target::Picture(picture) => LibraryLevel::of_pictures(match videos {
                [alone] => PictureChance::of(&self.embeddings(*alone), &picture.disorder),
                _ => match self.rows.picture_chance(videos, picture) {
                    Some(chance) => chance,
                    None => PictureChance::of(&self.some_of(videos), &picture.disorder),
                },
            }),
        }
    }

    /// Clips of some of the videos, spread over all.
    fn some_of(&self, videos: &[usize]) -> Embeddings {
        let mut features = Vec::new();
        let step = videos.len().div_ceil(N_TAKEN_FOR_ALL).max(1);
        for &video in videos.iter().step_by(step) {
            features.extend(self.embeddings(video).middle_rows().flatten());
        }
        let dim = self.rows.dim() / self.rows_per_clip;
        Embeddings::from_features(dim, features).unwrap_or_else(|_| Embeddings::empty(dim))
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
        let nearest = self.told(self.rows.nearest(&videos, &directions))?;
        let mut ranked = candidates(nearest, &judge);
        ranked.sort_by(Candidate::best_first);
        let videos = ranked.into_iter().map(|it| it.video).collect();
        Some((videos, judge))
    }

    fn level(&self, videos: &[usize]) -> Option<LibraryLevel> {
        let spans = videos.iter().map(|&video| &self.rows.spans()[video]);
        LibraryLevel::of(spans.map(|span| (span.level, &span.peaks[..])))
    }

    /// Spans of the videos that pass the filters.
    pub(super) fn searched(&self, wanted: &Wanted) -> Vec<usize> {
        let videos = self.videos.iter().enumerate();
        let passing = videos.filter(|(at, video)| {
            self.rows.spans()[*at].n_rows > 0
                && video.state == State::Indexed
                && wanted
                    .since_secs
                    .is_none_or(|since| video.date_secs >= since)
                && wanted
                    .longer_secs
                    .is_none_or(|longer| self.rows.spans()[*at].end_secs > longer)
                && (wanted.inside.is_empty() || video.path_inside(&wanted.inside).is_some())
        });
        passing.map(|(at, _)| at).collect()
    }

    /// Looks closely at the best videos until enough moments are found that chance does not explain.
    fn list(
        &self,
        mut candidates: Vec<Candidate>,
        asked: &Asked<'_>,
        wanted: &Wanted,
    ) -> Result<Found, ModelError> {
        candidates.sort_by(Candidate::best_first);
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
            let looked: Vec<Option<Looked>> = batch
                .par_iter()
                .map(|candidate| self.look(candidate.video, asked, wanted))
                .collect::<Result<_, _>>()?;
            for video in looked.into_iter().flatten() {
                found.present = found.present.max(video.present);
                found.results.extend(video.moments);
            }
            found.results.sort_by(|a, b| {
                let by_score = b.moment.score.total_cmp(&a.moment.score);
                by_score.then(a.video.cmp(&b.video))
            });
            found.results.truncate(wanted.n_results);
        }
        Ok(found)
    }

    /// When the frame of a highlight is shown.
    fn peak_secs(&self, video: usize, peak: Highlight, end_secs: f64) -> f64 {
        match self.rows.shown_millis(video, peak.clip.0) {
            Some(millis) => peak.clip.start_secs() + f64::from(millis) / 1000.0,
            None => peak.peak_secs(end_secs),
        }
    }

    fn look(
        &self,
        video: usize,
        asked: &Asked<'_>,
        wanted: &Wanted,
    ) -> Result<Option<Looked>, ModelError> {
        let judge = &asked.judge;
        let embeddings = self.embeddings(video);
        let Some(mut answer) = self.answer_on(video, &embeddings, asked.probe) else {
            return Ok(None);
        };
        let (scores, beliefs) = judge.curves(&embeddings);
        let end_secs = answer.end_secs;
        // A network takes a while, and is not asked where nothing could be listed.
        let best = scores
            .highlight()
            .map_or(f32::NEG_INFINITY, |best| best.score);
        let may_list = answer.is_probable() && best >= judge.least_score();
        if let Some(detector) = asked.detector.filter(|_| may_list) {
            answer = answer.with(detector.propose(&embeddings, end_secs)?);
        }
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
        Ok(Some(Looked {
            present: answer.present.min(belief),
            moments: moments.filter(is_likely).take(wanted.n_per_video).collect(),
        }))
    }
}

/// The videos of which the best cosine with each part of a query is known; a server knows those of the
/// best only.
fn candidates(nearest: Vec<Vec<(usize, f32)>>, judge: &Judge<'_>) -> Vec<Candidate> {
    let n_parts = nearest.len();
    let mut peaks: BTreeMap<usize, Vec<f32>> = BTreeMap::new();
    for (part, videos) in nearest.into_iter().enumerate() {
        for (video, cosine) in videos {
            peaks
                .entry(video)
                .or_insert_with(|| vec![f32::NEG_INFINITY; n_parts])[part] = cosine;
        }
    }
    let candidates = peaks.into_iter().map(|(video, peaks)| Candidate {
        video,
        best: judge.best(&mut peaks.into_iter()),
    });
    candidates.collect()
}

impl Candidate {
    fn best_first(&self, other: &Self) -> Ordering {
        let by_score = other.best.score.total_cmp(&self.best.score);
        by_score.then(self.video.cmp(&other.video))
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
