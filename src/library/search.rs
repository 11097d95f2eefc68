//! A query, and the moments of all videos that answer it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use crate::domain::{ClipIndex, Embeddings, Highlight, Moment, UnitVector};
use crate::engine::AskedDetector;
use crate::find::{Answer, PROBABLY_PRESENT, Way};
use crate::library::catalogue::{LibraryVideo, State};
use crate::library::chance::LibraryLevel;
use crate::library::error::LibraryError;
use crate::library::matrix::Span;
use crate::library::rows::Rows;
use crate::model::ModelError;

/// Where nothing is found, so many videos were looked at closely, best first.
const MIN_LOOKED_AT: usize = 64;

/// Videos that are looked at closely at once.
const BATCH: usize = 16;

/// What can be searched: the rows of a model, and the videos that they belong to.
pub struct LibraryIndex {
    rows: Rows,
    /// For each span of the rows its video.
    videos: Vec<LibraryVideo>,
    n_not_indexed: usize,
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
    /// Of its best clip.
    cosine: f32,
}

/// A video that was looked at closely.
struct Looked {
    /// 0…1, how sure that the query occurs in it.
    present: f32,
    moments: Vec<LibraryMoment>,
}

/// What decides about a query in all videos.
pub(super) struct Judge<'a> {
    text: &'a UnitVector,
    way: &'a Way,
    level: LibraryLevel,
    /// What finds the moments in a video, if not the way.
    detector: Option<&'a AskedDetector<'a>>,
}

impl Judge<'_> {
    pub(super) fn score(&self, cosine: f32) -> f32 {
        match self.way {
            Way::Plain(_) => self.level.score(cosine),
            Way::Taught(prompt) => prompt.scale * cosine + prompt.bias,
        }
    }

    /// From which score on a moment is listed.
    pub(super) fn least_score(&self) -> f32 {
        match self.way {
            Way::Plain(_) => self.level.score(self.level.least_cosine()),
            Way::Taught(_) => PROBABLY_PRESENT,
        }
    }

    /// 0…1, how sure that what has this cosine is the query, and no chance find among all videos.
    fn belief(&self, cosine: f32) -> f32 {
        match self.way {
            Way::Plain(_) => self.level.belief(cosine),
            // Labels taught what 0 and 1 mean.
            Way::Taught(_) => self.score(cosine).clamp(0.0, 1.0),
        }
    }
}

impl LibraryIndex {
    /// Rows with the videos of the catalogue that they were made from.
    pub fn new(rows: impl Into<Rows>, videos: Vec<LibraryVideo>) -> Self {
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
        let embeddings = self.told(self.rows.embeddings(video));
        embeddings.unwrap_or_else(|| Embeddings::empty(self.rows.dim()))
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
    pub fn answer(&self, video: usize, text: &UnitVector, way: &Way) -> Option<Answer> {
        let span = &self.rows.spans()[video];
        let way = way_in(span, way);
        Answer::of(&self.embeddings(video), text, &way, span.end_secs)
    }

    /// The moments of all videos that answer each of the queries, in one pass over all rows.
    pub fn find(&self, queries: &[(UnitVector, Way)], wanted: &Wanted) -> Vec<Found> {
        // Only a detector can fail.
        self.find_with(queries, &[], wanted).unwrap_or_default()
    }

    /// The same with the moments of a detector that was told each of the queries; none for the
    /// curve's. Which videos come first, and what a moment is worth beside those of other videos, the
    /// cosines say all the same: probabilities of a network compare moments of one video.
    ///
    /// # Errors
    /// [`ModelError::Device`] when the device of the detector fails.
    pub fn find_with(
        &self,
        queries: &[(UnitVector, Way)],
        detectors: &[AskedDetector<'_>],
        wanted: &Wanted,
    ) -> Result<Vec<Found>, ModelError> {
        let videos = self.searched(wanted);
        let Some(level) = self.level(&videos) else {
            return Ok(vec![Found::default(); queries.len()]);
        };
        let texts: Vec<_> = queries.iter().map(|(text, _)| text.as_slice()).collect();
        let Some(nearest) = self.told(self.rows.nearest(&videos, &texts)) else {
            return Ok(vec![Found::default(); queries.len()]);
        };
        let found = queries.iter().zip(nearest).enumerate();
        let found = found.map(|(i, ((text, way), nearest))| {
            let candidates = nearest.into_iter();
            let candidates = candidates.map(|(video, cosine)| Candidate { video, cosine });
            let judge = Judge {
                text,
                way,
                level,
                detector: detectors.get(i),
            };
            self.list(candidates.collect(), &judge, wanted)
        });
        found.collect()
    }

    /// The videos that pass the filters, that with the best clip first, and what judges their clips;
    /// `None` where there is no video.
    pub(super) fn ranked<'a>(
        &self,
        text: &'a UnitVector,
        way: &'a Way,
        wanted: &Wanted,
    ) -> Option<(Vec<usize>, Judge<'a>)> {
        let videos = self.searched(wanted);
        let level = self.level(&videos)?;
        let nearest = self.told(self.rows.nearest(&videos, &[text.as_slice()]))?;
        let mut ranked = nearest.into_iter().next()?;
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let videos = ranked.into_iter().map(|(video, _)| video).collect();
        let judge = Judge {
            text,
            way,
            level,
            detector: None,
        };
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
        judge: &Judge<'_>,
        wanted: &Wanted,
    ) -> Result<Found, ModelError> {
        candidates.sort_by(|a, b| b.cosine.total_cmp(&a.cosine).then(a.video.cmp(&b.video)));
        let n_most = MIN_LOOKED_AT.max(4 * wanted.n_results);
        let mut found = Found::default();
        for batch in candidates[..n_most.min(candidates.len())].chunks(BATCH) {
            // No moment of a video is better than its best clip.
            let worst = found.results.get(wanted.n_results - 1);
            let is_full = worst.is_some_and(|it| it.moment.score >= judge.score(batch[0].cosine));
            let is_hopeless = judge.belief(batch[0].cosine) < PROBABLY_PRESENT;
            // Of a query that is nowhere it is still said how near it came.
            if is_full || is_hopeless && found.present > 0.0 {
                break;
            }
            let looked: Vec<Option<Looked>> = batch
                .par_iter()
                .map(|candidate| self.look(candidate.video, judge, wanted))
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
        judge: &Judge<'_>,
        wanted: &Wanted,
    ) -> Result<Option<Looked>, ModelError> {
        let Some(mut answer) = self.answer(video, judge.text, judge.way) else {
            return Ok(None);
        };
        let end_secs = answer.end_secs;
        let best = answer.cosines.values()[answer.highlight.clip.0];
        // A network takes a while, and is not asked where nothing could be listed.
        let may_list = answer.is_probable() && judge.score(best) >= judge.least_score();
        if let Some(detector) = judge.detector.filter(|_| may_list) {
            answer = answer.with(detector.propose(&self.embeddings(video), end_secs)?);
        }
        let shown = answer.found(wanted.threshold).moments;
        let moments = shown.into_iter().map(|moment| {
            let peak = peak_of(&answer, &moment);
            let score = judge.score(peak.score);
            LibraryMoment {
                video,
                moment: Moment { score, ..moment },
                peak_secs: self.peak_secs(video, peak, end_secs),
            }
        });
        // The whole video must be able to hold it, and the moment itself be better than chance.
        let is_likely =
            |it: &LibraryMoment| answer.is_probable() && it.moment.score >= judge.least_score();
        Ok(Some(Looked {
            present: answer.present.min(judge.belief(best)),
            moments: moments.filter(is_likely).take(wanted.n_per_video).collect(),
        }))
    }
}

/// The way with the level of a video, where it needs one.
fn way_in<'a>(span: &Span, way: &'a Way) -> std::borrow::Cow<'a, Way> {
    match way {
        Way::Plain(_) => std::borrow::Cow::Owned(Way::Plain(Some(span.level))),
        Way::Taught(_) => std::borrow::Cow::Borrowed(way),
    }
}

/// The best clip of a moment, with its cosine.
fn peak_of(answer: &Answer, moment: &Moment) -> Highlight {
    let first = ClipIndex::at(moment.span.start_secs).0;
    let end = ClipIndex::at(moment.span.end_secs).0.max(first + 1);
    let clips = answer.cosines.values().iter().enumerate();
    let inside = clips.skip(first).take(end - first);
    let best = inside.max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0)));
    best.map_or(answer.highlight, |(clip, score)| Highlight {
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
