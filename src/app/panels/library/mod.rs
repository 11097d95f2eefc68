//! All videos: themselves, or what was found in them.

mod cards;
mod filter_menu;
mod head;
mod members;
mod wall;

use egui::Ui;

use crate::app::action::Actions;
use crate::app::pictures::Pictures;
use crate::app::session::Session;
use crate::app::theme::{MARGIN, Palette};

pub use wall::unsure;

/// What the panel remembers between frames for itself.
#[derive(Debug, Default)]
pub struct State {
    /// The keyboard goes to a result as soon as one is on screen.
    wants_focus: bool,
}

impl State {
    /// Gives the keyboard to the first result, or to the one that was gone to last.
    pub fn focus_results(&mut self) {
        self.wants_focus = true;
    }
}

pub fn ui(
    ui: &mut Ui,
    session: &Session,
    state: &mut State,
    pictures: &mut Pictures,
    actions: &mut Actions,
) {
    let frame = egui::Frame::new()
        .fill(Palette::of(ui).background)
        .inner_margin(egui::Margin::symmetric(MARGIN as i8, 8));
    egui::CentralPanel::default()
        .frame(frame)
        .show(ui, |ui| match session.shown_wall() {
            Some(wall) => {
                head::of_wall(ui, session, wall, actions);
                wall::ui(ui, session, wall, state, pictures, actions);
            }
            None => {
                head::of_members(ui, session, actions);
                members::ui(ui, session, state, pictures, actions);
            }
        });
}
