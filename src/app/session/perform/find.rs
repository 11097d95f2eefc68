//! Asking, and going to what was found.

use crate::app::action::Find;
use crate::app::effect::{Effect, Field};
use crate::app::session::{Indexing, Lane, Session};
use crate::domain::{TimeSpan, format_timestamp};
use crate::worker::{Command, PromptSource};

impl Session {
    pub(super) fn perform_find(&mut self, action: Find, effects: &mut Vec<Effect>) {
        match action {
            Find::Ask(text) => {
                let is_asked = self.ask_for(&text, effects);
                if let Some(id) = self.selected.filter(|_| is_asked && self.shows_library()) {
                    self.find_everywhere(id, effects);
                }
            }
            Find::AskWith { query, prompt } => {
                self.ask_for(&query, effects);
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
                    let words = lane.query.title().to_owned();
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

    /// Whoever types goes on typing: the field keeps the keyboard. `false` where the words cannot be
    /// asked.
    fn ask_for(&mut self, text: &str, effects: &mut Vec<Effect>) -> bool {
        let edited = self.view.editing.filter(|id| self.lane(*id).is_some());
        let added = match edited {
            Some(id) => self.replace_query(id, text),
            None => self.add_query(text),
        };
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
