//! Takes in what the worker reports.

use crate::app::session::{Indexing, Lane, LatestAnswer, ModelState, Session};
use crate::worker::{Event, QueryId};

impl Session {
    /// Takes in what the worker reports; what is about another video or a dropped query is ignored.
    pub fn apply(&mut self, event: Event) {
        match event {
            Event::PreparingGpu => self.model = ModelState::Preparing,
            Event::ModelReady(info) => {
                self.model = ModelState::Ready(info);
                // What another model answered does not count any more.
                if let Some(video) = &mut self.video {
                    video.indexing = Indexing::Starting;
                }
                for lane in &mut self.lanes {
                    lane.forget_answer();
                }
            }
            Event::DeviceChanged { device } => {
                if let ModelState::Ready(info) = &mut self.model {
                    info.device = device;
                }
            }
            Event::ModelFailed { message } => {
                self.notices.error(message.clone());
                self.model = ModelState::Failed(message);
            }
            Event::Progress { video, progress } => {
                if let Some(open) = self.current(video) {
                    open.indexing = Indexing::Running(progress);
                }
            }
            Event::Indexed {
                video,
                n_clips,
                n_cached,
                duration_secs,
                warning,
            } => {
                let Some(open) = self.current(video) else {
                    return;
                };
                open.indexing = Indexing::Done { n_clips, n_cached };
                open.duration_secs = duration_secs;
                if let Some(warning) = warning {
                    self.notices.warning(warning);
                }
            }
            Event::IndexingCancelled { video } => {
                if let Some(open) = self.current(video) {
                    let n_done = match &open.indexing {
                        Indexing::Running(progress) => progress.n_done,
                        _ => 0,
                    };
                    open.indexing = Indexing::Cancelled { n_done };
                }
            }
            Event::VideoFailed { video, message } => {
                let Some(open) = self.current(video) else {
                    return;
                };
                open.indexing = Indexing::Failed(message.clone());
                self.notices.error(message);
            }
            Event::Found {
                video,
                query,
                answer,
                n_clips_done,
                is_final,
            } => {
                if self.current(video).is_none() {
                    return;
                }
                if let Some(lane) = self.lane_mut(query) {
                    lane.take_answer(LatestAnswer {
                        result: answer,
                        n_clips_done,
                        is_final,
                    });
                }
                self.propose(query);
            }
            Event::QueryFailed { query, message } => {
                if let Some(lane) = self.lane_mut(query) {
                    lane.error = Some(message);
                }
            }
            Event::Notice(notice) => self.notices.warning(notice.to_string()),
            Event::Done { message } => self.notices.info(message),
            Event::Labels {
                video,
                content,
                labels,
            } => {
                if let Some(open) = self.current(video) {
                    open.labels.open(content, labels);
                }
                self.propose_for_all();
            }
            Event::LabelsNotSaved { message }
            | Event::PromptFailed { message }
            | Event::DetectorFailed { message } => {
                self.notices.error(message);
            }
            Event::Prompts(prompts) => self.prompts = prompts,
            Event::Detectors { detectors, in_use } => {
                self.detectors = detectors;
                self.detector = in_use;
            }
            Event::PromptRenamed { name, new_name } => {
                for lane in &mut self.lanes {
                    lane.note_new_name(&name, &new_name);
                }
            }
            Event::PromptInUse { id, prompt } => {
                if let Some(lane) = self.lane_mut(id) {
                    lane.use_prompt(prompt);
                }
            }
            Event::Teaching { id, progress } => self.note_progress(id, progress),
            Event::Taught { id, lesson } => self.note_lesson(id, Ok(lesson)),
            Event::TeachingFailed { id, message } => self.note_lesson(id, Err(message)),
        }
    }

    pub(super) fn lane_mut(&mut self, id: QueryId) -> Option<&mut Lane> {
        self.lanes.iter_mut().find(|lane| lane.id == id)
    }
}
