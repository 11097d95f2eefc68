//! Takes in what the worker reports.

use crate::app::demo;
use crate::app::effect::Effect;
use crate::app::session::{Indexing, Lane, LatestAnswer, ModelState, Session};
use crate::worker::{Event, LibraryCommand, LibraryNews, LibraryWork, QueryId};

impl Session {
    /// Takes in what the worker reports; what is about another video or a dropped query is ignored.
    pub fn apply(&mut self, event: Event) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.take_in(event, &mut effects);
        effects
    }

    fn take_in(&mut self, event: Event, effects: &mut Vec<Effect>) {
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
                let book = self.video.as_ref().map(|open| open.moments.clone());
                let is_own = self.settings.shows_detector_curve;
                if let (Some(lane), Some(book)) = (self.lane_mut(query), book) {
                    lane.use_edits(book.of(&lane.query));
                    let answer = LatestAnswer {
                        result: answer,
                        n_clips_done,
                        is_final,
                    };
                    lane.take_answer(answer, is_own);
                }
                self.propose(query);
            }
            Event::Said {
                video,
                query,
                moments,
            } => {
                let is_current = self.current(video).is_some();
                if let Some(lane) = self.lane_mut(query).filter(|_| is_current) {
                    lane.said = moments;
                }
            }
            Event::PictureKnown { id, query } => {
                if let Some(lane) = self.lane_mut(id) {
                    lane.query = query;
                }
            }
            Event::QueryFailed { query, message } => {
                if let Some(lane) = self.lane_mut(query) {
                    lane.error = Some(message);
                }
                if let Some(wall) = self.shelf.wall_of(query) {
                    wall.stop_searching();
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
                    // By now it is known that the file is a video. The demo is everybody's.
                    if !demo::is_demo(&content) {
                        let path = open.path.clone();
                        effects.push(Effect::of_library(LibraryCommand::AddOpened(path)));
                    }
                    open.labels.open(content, labels);
                }
                self.propose_for_all();
            }
            Event::MomentEdits { video, edits } => self.take_moment_edits(video, edits),
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
            Event::Library(news) => self.take_library_news(news, effects),
        }
    }

    fn take_library_news(&mut self, news: LibraryNews, effects: &mut Vec<Effect>) {
        match news {
            LibraryNews::Holds(held) => {
                let was_known = self.shelf.holdings().is_some();
                self.shelf.hold(held);
                // What the command line asks is asked of all videos where it names none.
                let asked = self.selected.filter(|_| !was_known && self.shows_library());
                if let Some(id) = asked {
                    self.find_everywhere(id, effects);
                }
            }
            LibraryNews::Work(work) => {
                if let LibraryWork::Stopped(message) = &work {
                    self.notices.error(message.clone());
                }
                self.shelf.set_work(work);
            }
            LibraryNews::Found(found) => self.shelf.take_found(found),
            LibraryNews::Failed(message) => self.notices.error(message),
        }
    }

    pub(super) fn lane_mut(&mut self, id: QueryId) -> Option<&mut Lane> {
        self.lanes.iter_mut().find(|lane| lane.id == id)
    }
}
