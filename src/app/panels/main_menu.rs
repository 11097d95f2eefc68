//! What is rarely changed: look, model, keys.

use egui::{Popup, RichText, Ui};

use crate::app::action::{Actions, View};
use crate::app::icons::Icon;
use crate::app::session::Session;
use crate::app::settings::Theme;
use crate::app::theme::Palette;
use crate::app::widgets::IconButton;

pub fn ui(ui: &mut Ui, session: &Session, actions: &mut Actions) {
    let palette = Palette::of(ui);
    let response = IconButton::new(Icon::Menu, "Menu").show(ui);
    Popup::menu(&response).show(|ui| {
        ui.set_min_width(220.0);
        let heading = |ui: &mut Ui, text: &str| {
            ui.label(RichText::new(text).small().color(palette.weak_text));
        };
        heading(ui, "Look");
        for (theme, name) in [
            (Theme::Dark, "Dark"),
            (Theme::Light, "Light"),
            (Theme::System, "As the desktop"),
        ] {
            if ui.radio(session.settings().theme == theme, name).clicked() {
                actions.push(View::Theme(theme));
            }
        }
        ui.separator();
        if ui.button("Model and device…").clicked() {
            actions.push(View::ToggleModelMenu);
            ui.close();
        }
        if ui.button("Keys (?)").clicked() {
            actions.push(View::ToggleKeys);
            ui.close();
        }
    });
}
