//! Opening a video: the system's dialog, or one of the last ones.

use egui::{Id, RichText, Ui};

use crate::app::action::{Actions, File};
use crate::app::icons::Icon;
use crate::app::panels::recent;
use crate::app::pictures::Pictures;
use crate::app::session::Session;
use crate::app::theme::Palette;
use crate::app::widgets::{IconButton, menu};

pub fn ui(ui: &mut Ui, session: &Session, pictures: &mut Pictures, actions: &mut Actions) {
    let palette = Palette::of(ui);
    let files = &session.settings().recent;
    ui.spacing_mut().item_spacing.x = 2.0;
    let open = IconButton::with_text(Icon::Open, "Open")
        .hint("Ctrl+O")
        .show(ui);
    if open.clicked() {
        actions.push(File::Choose);
    }
    let button = IconButton::new(Icon::Down, "Recent videos").show(ui);
    menu(&button, Id::unique("recent videos"), |ui| {
        ui.set_min_width(340.0);
        for path in files {
            if recent::row(ui, path, pictures).clicked() {
                actions.push(File::Open(path.clone()));
                ui.close();
            }
        }
        if files.is_empty() {
            let text = "The videos that you open are listed here.";
            ui.label(RichText::new(text).color(palette.weak_text));
        } else {
            ui.separator();
        }
        if ui.button("The demo video").clicked() {
            actions.push(File::OpenDemo(None));
            ui.close();
        }
        let forget = RichText::new("Forget these").color(palette.weak_text);
        if !files.is_empty() && ui.button(forget).clicked() {
            actions.push(File::ForgetRecent);
            ui.close();
        }
    });
}
