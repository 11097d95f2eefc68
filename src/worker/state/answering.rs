//! Answering the queries from what is known of the open video.

use std::time::Instant;

use crate::worker::guard::guarded;
use crate::worker::state::{State, Work};
use crate::worker::{Event, QueryId};

impl State {
    pub(super) fn answer_all(&mut self) {
        self.owes_answer = false;
        let ids: Vec<_> = self.queries.keys().copied().collect();
        self.answer_these(&ids);
        self.last_answer = Instant::now();
    }

    pub(super) fn answer(&mut self, id: QueryId) {
        self.answer_these(&[id]);
    }

    /// Answers from one look at what is known; stays silent while nothing is.
    fn answer_these(&mut self, ids: &[QueryId]) {
        let (Some(engine), Some(video)) = (&mut self.engine, &self.video) else {
            return;
        };
        let asked = ids.iter().filter_map(|id| self.queries.get_key_value(id));
        let asked: Vec<_> = asked.collect();
        if asked.is_empty() {
            return;
        }
        let Some(index) = video.work.index().filter(|index| index.n_known() > 0) else {
            self.owes_answer = true;
            return;
        };
        let known = index.snapshot();
        for (id, asked) in asked {
            // Detectors read words; what else is looked for has its moments from the curve.
            let detector = self
                .detector
                .as_ref()
                .filter(|_| asked.query.words().is_some());
            let detector = detector.map(|named| &named.detector);
            let outcome = guarded(|| match detector {
                Some(_) => engine.answer_with(&known, &asked.query, &asked.way, detector),
                None => {
                    let probe = engine.probe_by(&asked.query, &mut |part| asked.way_of(part))?;
                    engine.answer_probe(&known, &probe)
                }
            });
            (self.emit)(match outcome {
                Ok(answer) => Event::Found {
                    video: video.id,
                    query: *id,
                    answer: Box::new(answer),
                    n_clips_done: index.n_clips_done(),
                    is_final: !matches!(video.work, Work::Indexing(_)),
                },
                Err(message) => Event::QueryFailed {
                    query: *id,
                    message,
                },
            });
        }
    }
}
