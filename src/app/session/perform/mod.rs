//! What each action does to the session, and what it asks of the world outside.

mod file;
mod find;
mod library;
mod model;
mod play;
mod teach;
mod view;

use std::path::{Path, PathBuf};

use crate::app::action::Action;
use crate::app::effect::{Content, Effect, Write};
use crate::app::session::Session;
use crate::app::wish::Wish;
use crate::engine::FoundMoments;

impl Session {
    /// Does what the user did. The effects are to be carried out in this order.
    pub fn perform(&mut self, action: Action) -> Vec<Effect> {
        let mut effects = Vec::new();
        match action {
            Action::Play(action) => self.perform_play(action, &mut effects),
            Action::Find(action) => self.perform_find(action, &mut effects),
            Action::Teach(action) => self.perform_teach(action, &mut effects),
            Action::Model(action) => self.perform_model(action, &mut effects),
            Action::File(action) => self.perform_file(action, &mut effects),
            Action::Library(action) => self.perform_library(action, &mut effects),
            Action::View(action) => self.perform_view(action, &mut effects),
        }
        effects
    }

    fn video_path(&self) -> Option<&Path> {
        self.video.as_ref().map(|video| video.path.as_path())
    }

    fn ask(&self, wish: Wish) -> Effect {
        let recent = self.settings.recent.first().map(PathBuf::as_path);
        let found = self.path_for_found();
        let near = self.video_path().or(found.as_deref()).or(recent);
        let suggestion = wish.suggestion(near);
        Effect::Ask(wish, suggestion)
    }

    fn write(&self, file: PathBuf, what: Content) -> Effect {
        Effect::Write(Write {
            file,
            videos: match &what {
                Content::FromAll(_, FoundMoments { moments, .. }) => {
                    moments.iter().map(|moment| moment.path.clone()).collect()
                }
                _ => self.video_path().map(Path::to_owned).into_iter().collect(),
            },
            what,
        })
    }
}

#[cfg(test)]
mod tests;
