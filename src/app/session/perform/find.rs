//! Asking, and going to what was found.

use crate::app::action::Find;
use crate::app::effect::{Effect, Field};
use crate::app::session::{AddQueryError, Indexing, Lane, Session, capitalised};
use crate::app::shot::Shot;
use crate::app::wish::Wish;
use crate::domain::{ClipIndex, Join, Query, QueryKind, TimeSpan, format_timestamp};
use crate::worker::{Command, PromptSource, QueryId};

impl Session {
    pub(super) fn perform_find(&mut self, action: Find, effects: &mut Vec<Effect>) {
        match action {
            Find::Ask(text) => {
                let query = Query::new(&text).map_err(AddQueryError::from);
                self.ask_and_show(query, effects);
            }
            Find::AskQuery(query) => self.ask_and_show(Ok(query), effects),
            Find::Picture => {
                let wall = self.shown_wall();
                let current = wall.and_then(|wall| wall.moments().get(wall.current()?));
                let shot = current.map(|span| Shot::Clip {
                    video: span.path.clone(),
                    clip: ClipIndex::at(span.peak_secs),
                });
                let on_screen = self.video.is_some().then_some(Shot::OnScreen(None));
                effects.extend(shot.or(on_screen).map(Effect::TakePicture));
            }
            Find::Shot(shot) => {
                self.view.draws_part = false;
                effects.push(Effect::TakePicture(shot));
            }
            Find::TogglePart => {
                self.view.draws_part = self.video.is_some() && !self.view.draws_part;
            }
            Find::ChoosePicture => effects.push(self.ask(Wish::Picture)),
            Find::Join(first, join, second) => self.join(first, join, second, effects),
            Find::SetWithin(id, within_secs) => self.set_within(id, within_secs, effects),
            Find::AskWith { query, prompt } => {
                self.ask_for(Query::new(&query).map_err(AddQueryError::from), effects);
                let lane = self.selected_lane();
                if let Some(lane) = lane.filter(|lane| lane.query.key() == query) {
                    effects.push(Effect::Worker(Command::UsePrompt {
                        id: lane.id,
                        prompt: Some(PromptSource::Named(prompt)),
                    }));
                }
                if let Some(id) = self.selected.filter(|_| self.shows_library()) {
                    self.find_everywhere(id, effects);
                }
            }
            Find::ForgetProblem => self.view.query_problem = None,
            Find::Edit(id) => {
                if let Some(lane) = self.lane(id) {
                    // Of what people do not type they read the title and change the key.
                    let words = lane.query.key().to_owned();
                    self.selected = Some(id);
                    self.view.editing = Some(id);
                    self.view.is_asking = true;
                    effects.push(Effect::EditQueryField(words));
                }
            }
            Find::LeaveField => self.leave_field(effects),
            Find::Remove(id) => {
                self.remove_query(id);
                self.view.query_problem = None;
                effects.push(Effect::Worker(Command::DropQuery { id }));
                self.follow_selected(effects);
            }
            Find::RemoveAll => {
                self.view.query_problem = None;
                for lane in std::mem::take(&mut self.lanes) {
                    effects.push(Effect::Worker(Command::DropQuery { id: lane.id }));
                }
                self.selected = None;
                self.teaching = None;
                self.follow_selected(effects);
            }
            Find::Select(id) => {
                self.selected = Some(id);
                if self.shows_library() {
                    self.find_everywhere(id, effects);
                }
            }
            Find::Move(id, to) => {
                if let Some(at) = self.lanes.iter().position(|lane| lane.id == id) {
                    let lane = self.lanes.remove(at);
                    self.lanes.insert(to.min(self.lanes.len()), lane);
                }
            }
            Find::Tick(id, span, is_ticked) => {
                self.edit_moments(id, |edits, _| edits.tick(span, is_ticked), effects);
            }
            Find::SetEnds(id, span, ends) => self.drag_end(id, span, ends),
            Find::KeepEnds(id) => self.keep_ends(id, effects),
            Find::LookForChanges(secs) => self.look_for_changes(secs, effects),
            Find::AddMoment => self.add_moment(effects),
            Find::RemoveMoment(id, span) => {
                self.edit_moments(id, |edits, _| edits.remove(span), effects);
            }
            Find::SetThreshold(id, threshold) => self.set_threshold(id, threshold),
            Find::JumpToHighlight => {
                let lane = self.selected_lane();
                let span = lane.and_then(Lane::highlight_span);
                self.seek_to(span, effects);
            }
            Find::NextMoment if self.shows_library() => effects.push(Effect::Focus(Field::Results)),
            Find::NextMoment => {
                let next = self.moment_after(self.playback.position_secs);
                self.seek_to(next, effects);
            }
            Find::PreviousMoment => {
                let previous = self.moment_before(self.playback.position_secs);
                self.seek_to(previous, effects);
            }
            Find::CopyTimestamp(time_secs) => {
                let text = format_timestamp(time_secs);
                self.notices.info(format!("{text} is in the clipboard"));
                effects.push(Effect::Copy(text));
            }
            Find::CancelIndexing => effects.push(Effect::Worker(Command::CancelIndexing)),
            Find::ResumeIndexing => {
                if let Some(video) = &mut self.video {
                    video.indexing = Indexing::Starting;
                    effects.push(Effect::Worker(Command::ResumeIndexing));
                }
            }
        }
    }

    fn ask_and_show(&mut self, query: Result<Query, AddQueryError>, effects: &mut Vec<Effect>) {
        let is_asked = self.ask_for(query, effects);
        if let Some(id) = self.selected.filter(|_| is_asked && self.shows_library()) {
            self.find_everywhere(id, effects);
        }
    }

    /// Both queries as one, in a lane of its own.
    fn join(&mut self, first: QueryId, join: Join, second: QueryId, effects: &mut Vec<Effect>) {
        let query = |id| self.lane(id).map(|lane| lane.query.clone());
        let (Some(first), Some(second)) = (query(first), query(second)) else {
            return;
        };
        match Query::joined(first, join, second) {
            Ok(query) => self.ask_and_show(Ok(query), effects),
            Err(error) => self.notices.warning(capitalised(&error.to_string())),
        }
    }

    fn set_within(&mut self, id: QueryId, within_secs: u32, effects: &mut Vec<Effect>) {
        let Some(QueryKind::Joined(joined)) = self.lane(id).map(|lane| lane.query.kind()) else {
            return;
        };
        let (first, second) = (joined.0.clone(), joined.2.clone());
        if let Ok(query) = Query::joined(first, Join::Then { within_secs }, second) {
            self.view.editing = Some(id);
            self.ask_and_show(Ok(query), effects);
        }
    }

    /// Whoever types goes on typing: the field keeps the keyboard. `false` where the words cannot be
    /// asked.
    fn ask_for(&mut self, query: Result<Query, AddQueryError>, effects: &mut Vec<Effect>) -> bool {
        let edited = self.view.editing.filter(|id| self.lane(*id).is_some());
        let added = query.and_then(|query| match edited {
            Some(id) => Ok(self.replace_query(id, query)),
            None => self.add_query(query),
        });
        match added {
            Ok(added) => {
                self.view.query_problem = None;
                self.view.editing = None;
                effects.push(Effect::ClearQueryField);
                if self.view.is_asking {
                    effects.push(Effect::Focus(Field::Query));
                }
                if let Some((id, query)) = added {
                    if let Some(id) = edited {
                        effects.push(Effect::Worker(Command::DropQuery { id }));
                    }
                    self.settings.remember_query(query.key());
                    effects.push(Effect::SaveSettings);
                    effects.push(Effect::Worker(Command::Search { id, query }));
                    if let Some(path) = &self.this_time.prompt {
                        effects.push(Effect::Worker(Command::UsePrompt {
                            id,
                            prompt: Some(PromptSource::File(path.clone())),
                        }));
                    }
                }
                true
            }
            Err(error) => {
                self.view.query_problem = Some(error.to_string());
                effects.push(Effect::Focus(Field::Query));
                false
            }
        }
    }

    /// Ends the changing of a query's words; words that are new stay in the field.
    pub(super) fn leave_field(&mut self, effects: &mut Vec<Effect>) {
        self.view.query_problem = None;
        self.view.is_asking = false;
        if self.view.editing.take().is_some() {
            effects.push(Effect::ClearQueryField);
        }
    }

    fn seek_to(&mut self, span: Option<TimeSpan>, effects: &mut Vec<Effect>) {
        if let Some(span) = span {
            self.seek(span.start_secs, effects);
        }
    }
}
