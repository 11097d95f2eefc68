//! What is rarely changed: look, model, keys.

use egui::{Id, RichText, Ui};

use crate::app::action::{Actions, View};
use crate::app::icons::Icon;
use crate::app::session::Session;
use crate::app::settings::Theme;
use crate::app::theme::Palette;
use crate::app::widgets::{IconButton, menu};

/// Names the menu, so that a key can open it.
pub fn popup_id() -> Id {
    Id::unique("main menu")
}

pub fn ui(ui: &mut Ui, session: &Session, actions: &mut Actions) {
    let palette = Palette::of(ui);
    let response = IconButton::new(Icon::Menu, "Menu").hint("F10").show(ui);
    menu(&response, popup_id(), |ui| {
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
        ui.add_enabled_ui(session.sees_middle_only(), |ui| {
            let mut dims = session.settings().dims_unseen;
            let dim = ui.checkbox(&mut dims, "Dim what the model does not see (U)");
            if dim.clicked() {
                actions.push(View::ToggleUnseen);
            }
        });
        ui.separator();
        for (name, action) in [
            ("Model and device…", View::ToggleModelMenu),
            ("Keys (?)", View::ToggleKeys),
            ("About vcl", View::ToggleAbout),
            ("Quit (Ctrl+Q)", View::Quit),
        ] {
            if ui.button(name).clicked() {
                actions.push(action);
                ui.close();
            }
        }
    });
}
