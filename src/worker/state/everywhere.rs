//! A query that is answered from all videos.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::{ClipIndex, Labels, Query};
use crate::engine::{Engine, EngineError};
use crate::library::{Library, LibraryError, LibraryIndex, Wanted};
use crate::model::MomentDetector;
use crate::store::{ContentId, LabelStore};
use crate::worker::guard::without_panic;
use crate::worker::state::{Asked, State};
use crate::worker::{Event, FoundEverywhere, LibraryNews, PlacedSpan, QueryId};

/// What is worth a label is proposed in so many clips, and so many of one video.
const N_UNSURE: (usize, usize) = (12, 2);

impl State {
    /// Answers what is asked of all videos, if it is this query; with `None`, whatever it is.
    pub fn answer_everywhere(&mut self, only: Option<QueryId>) {
        let wanted = self.shelves.wanted.clone();
        let Some((id, wanted)) = wanted.filter(|(id, _)| only.is_none_or(|only| only == *id))
        else {
            return;
        };
        let Some(asked) = self.queries.get(&id) else {
            return;
        };
        let asked = asked.clone();
        let query = asked.query.clone();
        let labels = match self.labels_everywhere(&query) {
            Ok(labels) => labels,
            Err(error) => {
                let message = error.to_string();
                (self.emit)(Event::LabelsNotSaved { message });
                HashMap::new()
            }
        };
        if let Err(error) = self.library() {
            return self.tell_library_failure(error.to_string());
        }
        let (Some(engine), Some(library)) = (&mut self.engine, self.shelves.library()) else {
            return;
        };
        let request = Request {
            id,
            asked,
            detector: self.detector.as_ref().map(|named| &named.detector),
            wanted,
            labels,
        };
        let found = without_panic(|| request.answer(library, engine));
        match found.and_then(|found| found.map_err(|error| error.to_string())) {
            Ok(found) => (self.emit)(Event::Library(LibraryNews::Found(Arc::new(found)))),
            Err(message) => (self.emit)(Event::QueryFailed { query: id, message }),
        }
    }

    fn labels_everywhere(
        &mut self,
        query: &Query,
    ) -> Result<HashMap<ContentId, Labels>, EngineError> {
        let store: &LabelStore = self.label_store()?;
        let about = store
            .all()?
            .into_iter()
            .filter(|annotation| Query::new(&annotation.query).is_ok_and(|known| known == *query));
        let labels = about.filter_map(|annotation| {
            let content = ContentId::parse(&annotation.vid)?;
            Some((content, Labels::from_annotation(&annotation)))
        });
        Ok(labels.collect())
    }
}

/// Everything that an answer depends on.
struct Request<'a> {
    id: QueryId,
    asked: Asked,
    detector: Option<&'a MomentDetector>,
    wanted: Wanted,
    labels: HashMap<ContentId, Labels>,
}

impl Request<'_> {
    fn answer(
        self,
        library: &mut Library,
        engine: &mut Engine,
    ) -> Result<FoundEverywhere, LibraryError> {
        let index = library.index(engine)?;
        let asked = &self.asked;
        let probe = engine.probe_by(&asked.query, &mut |part| asked.way_of(part))?;
        let detector = self.detector.map(|it| engine.ask(&asked.query, it));
        let detectors: Vec<_> = detector.into_iter().collect::<Result<_, _>>()?;
        let found = index.find_probes(std::slice::from_ref(&probe), &detectors, &self.wanted);
        let found = found.map_err(EngineError::from)?.pop().unwrap_or_default();
        let said = library.find_spoken(&index, &asked.query, &self.wanted)?;
        let unsure = index.proposals(&probe, &self.wanted, &self.labels, N_UNSURE);
        let (n_videos, n_clips) = index.extent(&self.wanted);
        let moments = found.results.into_iter().map(|result| PlacedSpan {
            span: result.moment.span,
            peak_secs: result.peak_secs,
            score: Some(result.moment.score),
            ..placed(&index, result.video, &self.wanted)
        });
        let said = said.into_iter().map(|spoken| PlacedSpan {
            span: spoken.span,
            peak_secs: 0.5 * (spoken.span.start_secs + spoken.span.end_secs),
            score: Some(spoken.score),
            said: Some(spoken.text),
            ..placed(&index, spoken.video, &self.wanted)
        });
        let mut moments: Vec<_> = moments.chain(said).collect();
        let score = |it: &PlacedSpan| it.score.unwrap_or_default();
        moments.sort_by(|a, b| score(b).total_cmp(&score(a)));
        moments.truncate(self.wanted.n_results);
        let unsure = unsure
            .into_iter()
            .map(|(video, clip): (usize, ClipIndex)| PlacedSpan {
                span: clip.span(),
                peak_secs: clip.centre_secs(),
                ..placed(&index, video, &self.wanted)
            });
        Ok(FoundEverywhere {
            query: self.id,
            present: found.present,
            moments,
            unsure: unsure.collect(),
            labels: self.labels.into_iter().collect(),
            n_videos,
            n_clips,
            n_not_indexed: index.n_not_indexed(),
            wanted: self.wanted,
        })
    }
}

/// Some video of the library, and no span of it yet.
fn placed(index: &LibraryIndex, video: usize, wanted: &Wanted) -> PlacedSpan {
    let video = &index.videos()[video];
    let path = video.path_inside(&wanted.inside).unwrap_or(&video.path);
    PlacedSpan {
        video: video.content.clone(),
        path: path.clone(),
        is_missing: video.is_missing,
        duration_secs: video.duration_secs.unwrap_or_default(),
        span: ClipIndex(0).span(),
        peak_secs: 0.0,
        score: None,
        said: None,
    }
}
