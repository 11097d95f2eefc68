//! How teaching goes, and which clips to label next.

use crate::app::session::{Lane, Session};
use crate::domain::Labels;
use crate::engine::PromptEntry;
use crate::learn::{Progress, next_labels};
use crate::worker::{Lesson, QueryId};

/// How many clips are proposed: few enough to judge at a glance.
const N_PROPOSALS: usize = 5;

/// A training that is running, and how far it is.
#[derive(Clone, Debug)]
pub struct TeachRun {
    pub query: QueryId,
    /// `None` before the first step.
    pub progress: Option<Progress>,
    /// Of each step.
    pub losses: Vec<f32>,
    /// The user has asked it to end.
    pub is_stopping: bool,
}

impl Session {
    /// The prompt that answers a lane, or would if its plain words did not.
    pub fn taught_prompt(&self, lane: &Lane) -> Option<String> {
        let is_there = |name: &&String| {
            let entry = self.prompts.iter().find(|entry| entry.name == **name);
            entry.is_some_and(PromptEntry::is_usable)
        };
        let lesson = lane.lesson.as_ref().and_then(|lesson| lesson.as_ref().ok());
        let taught = self
            .prompts
            .iter()
            .find(|entry| entry.speaks_for(&lane.query));
        lane.prompt
            .clone()
            .or_else(|| lesson.map(|lesson| lesson.prompt.clone()))
            .or_else(|| lane.last_prompt.as_ref().filter(is_there).cloned())
            .or_else(|| taught.map(|entry| entry.name.clone()))
    }

    /// The worker was asked to teach this query.
    pub fn begin_teaching(&mut self, query: QueryId) {
        self.teaching = Some(TeachRun {
            query,
            progress: None,
            losses: Vec::new(),
            is_stopping: false,
        });
        if let Some(lane) = self.lane_mut(query) {
            lane.lesson = None;
        }
    }

    pub(super) fn note_progress(&mut self, id: QueryId, progress: Progress) {
        if let Some(run) = self.teaching.as_mut().filter(|run| run.query == id) {
            run.losses.extend(progress.loss);
            run.progress = Some(progress);
        }
    }

    pub(super) fn note_lesson(&mut self, id: QueryId, lesson: Result<Lesson, String>) {
        self.teaching.take_if(|run| run.query == id);
        if let Some(lane) = self.lane_mut(id) {
            lane.lesson = Some(lesson);
        }
    }

    /// Finds out which clips of a query are worth a label now.
    pub(super) fn propose(&mut self, id: QueryId) {
        let none = Labels::default();
        let Some(lane) = self.lanes.iter_mut().find(|lane| lane.id == id) else {
            return;
        };
        let labels = self
            .video
            .as_ref()
            .and_then(|video| video.labels.of(&lane.query));
        lane.proposals = match &lane.answer {
            Some(answer) if answer.is_final => {
                let shape = answer.result.detection.curve();
                let threshold = lane.threshold().unwrap_or_default();
                next_labels(shape, threshold, labels.unwrap_or(&none), N_PROPOSALS)
            }
            _ => Vec::new(),
        };
    }

    pub(super) fn propose_for_all(&mut self) {
        let ids: Vec<_> = self.lanes.iter().map(|lane| lane.id).collect();
        for id in ids {
            self.propose(id);
        }
    }
}
