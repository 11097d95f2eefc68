//! What is on the screen and how it looks.

use crate::app::action::View;
use crate::app::effect::{Effect, Field, Menu};
use crate::app::session::{Session, Side, Wall};

/// One press of the zoom keys.
const ZOOM_STEP: f32 = 0.1;

impl Session {
    pub(super) fn perform_view(&mut self, action: View, effects: &mut Vec<Effect>) {
        match action {
            View::FocusQuery => {
                self.set_fullscreen(false, effects); // The field is not shown there.
                self.view.is_asking = true;
                effects.push(Effect::Focus(Field::QueryWords));
            }
            View::ShowSide(side) => self.view.side = side,
            View::ToggleTeach => {
                self.view.side = match self.view.side {
                    Side::Results => Side::Teach,
                    Side::Teach => Side::Results,
                }
            }
            View::ToggleFullscreen => self.set_fullscreen(!self.view.is_fullscreen, effects),
            View::ToggleExportMenu => {
                if self.can_export() {
                    self.set_fullscreen(false, effects); // It is not shown there.
                    effects.push(Effect::ToggleMenu(Menu::Export));
                }
            }
            View::ToggleModelMenu => {
                self.set_fullscreen(false, effects);
                effects.push(Effect::ToggleMenu(Menu::Model));
            }
            View::ToggleMainMenu => {
                self.set_fullscreen(false, effects); // It is not shown there.
                effects.push(Effect::ToggleMenu(Menu::Main));
            }
            View::ToggleKeys => {
                self.view.shows_keys = !self.view.shows_keys;
                effects.push(Effect::CloseMenus); // The list would lie below.
            }
            View::ShowGoTo => {
                if self.video.is_some() {
                    self.view.shows_go_to = true;
                    effects.push(Effect::Focus(Field::GoTo));
                }
            }
            View::HideGoTo => self.view.shows_go_to = false,
            View::HidePathField => self.view.path_question = None,
            View::ToggleFrameTimes => self.view.shows_frame_times = !self.view.shows_frame_times,
            View::ToggleUnseen => {
                self.settings.dims_unseen = !self.settings.dims_unseen;
                effects.push(Effect::SaveSettings);
            }
            View::ShowAllOfTimeline => effects.push(Effect::ShowAllOfTimeline),
            View::Theme(theme) => {
                self.settings.theme = theme;
                effects.push(Effect::Theme(theme));
                effects.push(Effect::SaveSettings);
            }
            View::Zoom(by) => {
                self.settings.set_zoom(match by {
                    0 => 1.0,
                    by => self.settings.zoom + ZOOM_STEP * f32::from(by),
                });
                effects.push(Effect::Zoom(self.settings.zoom));
            }
            View::Dismiss(id) => self.notices.dismiss(id),
            View::Escape => self.close_what_lies_on_top(effects),
            View::Raise => effects.push(Effect::Raise),
            View::ToggleAbout => self.view.shows_about = !self.view.shows_about,
            View::Quit => effects.push(Effect::Quit),
        }
    }

    fn close_what_lies_on_top(&mut self, effects: &mut Vec<Effect>) {
        let view = &mut self.view;
        if view.shows_about {
            view.shows_about = false;
        } else if view.shows_keys {
            view.shows_keys = false;
        } else if view.path_question.is_some() {
            view.path_question = None;
        } else if view.shows_go_to {
            view.shows_go_to = false;
        } else if view.draws_part {
            view.draws_part = false;
        } else if view.is_asking || view.query_problem.is_some() {
            self.leave_field(effects);
        } else if self.notices.dismiss_newest() {
            // That was on top.
        } else if self.selection.is_some() {
            self.selection = None;
        } else if self.view.is_fullscreen {
            self.set_fullscreen(false, effects);
        } else if self.video.is_some() {
            if self.shelf.is_origin {
                self.go_back(effects);
            }
        } else if !self.shelf.wall.as_mut().is_some_and(Wall::pick_none) {
            self.leave_wall(effects);
        }
    }

    pub(super) fn set_fullscreen(&mut self, is_fullscreen: bool, effects: &mut Vec<Effect>) {
        let is_possible = self.video.is_some() || !is_fullscreen;
        if is_possible && is_fullscreen != self.view.is_fullscreen {
            self.view.is_fullscreen = is_fullscreen;
            effects.push(Effect::Fullscreen(is_fullscreen));
        }
    }
}
