//! What is rarely changed: look, model, keys.

use egui::{Popup, RichText, Ui};

use crate::app::action::{Action, Actions};
use crate::app::icons::Icon;
use crate::app::settings::{Settings, Theme};
use crate::app::theme::Palette;
use crate::app::widgets::IconButton;

pub fn ui(ui: &mut Ui, settings: &Settings, palette: &Palette, actions: &mut Actions) {
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
            if ui.radio(settings.theme == theme, name).clicked() {
                actions.push(Action::SetTheme(theme));
            }
        }
        ui.separator();
        if ui.button("Model and device…").clicked() {
            actions.push(Action::ToggleModelMenu);
            ui.close();
        }
        if ui.button("Keys (?)").clicked() {
            actions.push(Action::ToggleKeys);
            ui.close();
        }
    });
}
