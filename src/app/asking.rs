//! Asking for something, by its words or by a prompt that was taught on them.

use crate::app::panels::query_bar;
use crate::app::window::App;
use crate::worker::{Command, PromptSource};

impl App {
    pub(super) fn add_query(&mut self, ctx: &egui::Context, text: &str) {
        match self.session.add_query(text) {
            Ok(added) => {
                self.query_bar.clear();
                if let Some((id, query)) = added {
                    self.settings.remember_query(query.key());
                    self.save_settings();
                    self.worker.send(Command::Search { id, query });
                    if let Some(path) = &self.prompt {
                        self.worker.send(Command::UsePrompt {
                            id,
                            prompt: Some(PromptSource::File(path.clone())),
                        });
                    }
                }
            }
            Err(error) => {
                self.query_bar.problem = Some(error.to_string());
                ctx.memory_mut(|memory| memory.request_focus(query_bar::field_id()));
            }
        }
    }

    pub(super) fn ask_with(&mut self, ctx: &egui::Context, query: &str, prompt: String) {
        self.add_query(ctx, query);
        let lane = self.session.selected_lane();
        if let Some(lane) = lane.filter(|lane| lane.query.key() == query) {
            self.worker.send(Command::UsePrompt {
                id: lane.id,
                prompt: Some(PromptSource::Named(prompt)),
            });
        }
    }
}
