//! Opening a video: the system's dialog, or one of the last ones.

use egui::{Popup, RichText, TextStyle, Ui};

use crate::app::action::{Actions, File};
use crate::app::icons::Icon;
use crate::app::session::Session;
use crate::app::theme::Palette;
use crate::app::widgets::{IconButton, elided};
use crate::domain::file_name;

pub fn ui(ui: &mut Ui, session: &Session, actions: &mut Actions) {
    let palette = Palette::of(ui);
    let files = &session.settings().recent;
    ui.spacing_mut().item_spacing.x = 2.0;
    let open = IconButton::with_text(Icon::Open, "Open")
        .hint("Ctrl+O")
        .show(ui);
    if open.clicked() {
        actions.push(File::Choose);
    }
    let recent = IconButton::new(Icon::Down, "Recent videos")
        .enabled(!files.is_empty())
        .show(ui);
    Popup::menu(&recent).show(|ui| {
        ui.set_min_width(260.0);
        for path in files {
            let name = file_name(path);
            let words = elided(ui, &name, &TextStyle::Button, palette.text, 420.0);
            let response = ui.button(words).on_hover_text(path.display().to_string());
            if response.clicked() {
                actions.push(File::Open(path.clone()));
                ui.close();
            }
        }
        ui.separator();
        if ui
            .button(RichText::new("Forget these").color(palette.weak_text))
            .clicked()
        {
            actions.push(File::ForgetRecent);
            ui.close();
        }
    });
}
