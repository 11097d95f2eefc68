//! Asking, and going to what was found.

use crate::app::action::Find;
use crate::app::effect::{Effect, Field};
use crate::app::session::{Indexing, Lane, Session};
use crate::domain::{TimeSpan, format_timestamp};
use crate::worker::{Command, PromptSource};

impl Session {
    pub(super) fn perform_find(&mut self, action: Find, effects: &mut Vec<Effect>) {
        match action {
            Find::Ask(text) => self.ask_for(&text, effects),
            Find::AskWith { query, prompt } => {
                self.ask_for(&query, effects);
                let lane = self.selected_lane();
                if let Some(lane) = lane.filter(|lane| lane.query.key() == query) {
                    effects.push(Effect::Worker(Command::UsePrompt {
                        id: lane.id,
                        prompt: Some(PromptSource::Named(prompt)),
                    }));
                }
            }
            Find::ForgetProblem => self.view.query_problem = None,
            Find::Remove(id) => {
                self.remove_query(id);
                self.view.query_problem = None;
                effects.push(Effect::Worker(Command::DropQuery { id }));
            }
            Find::Select(id) => self.selected = Some(id),
            Find::SetThreshold(id, threshold) => self.set_threshold(id, threshold),
            Find::JumpToHighlight => {
                let lane = self.selected_lane();
                if let Some(span) = lane.and_then(Lane::highlight_span) {
                    self.play_from(span.start_secs, effects);
                }
            }
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

    fn ask_for(&mut self, text: &str, effects: &mut Vec<Effect>) {
        match self.add_query(text) {
            Ok(added) => {
                self.view.query_problem = None;
                effects.push(Effect::ClearQueryField);
                if let Some((id, query)) = added {
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
            }
            Err(error) => {
                self.view.query_problem = Some(error.to_string());
                effects.push(Effect::Focus(Field::Query));
            }
        }
    }

    fn seek_to(&mut self, span: Option<TimeSpan>, effects: &mut Vec<Effect>) {
        if let Some(span) = span {
            self.seek(span.start_secs, effects);
        }
    }
}
