//! Writing what was found to a file.

use egui::{Id, Popup, RichText, Ui};

use crate::app::action::{Actions, File};
use crate::app::icons::Icon;
use crate::app::session::{Lane, Session};
use crate::app::theme::Palette;
use crate::app::widgets::IconButton;
use crate::domain::count;
use crate::export::FORMATS;

fn popup_id() -> Id {
    Id::unique("export menu")
}

/// Opens or closes the menu; when it opens, its first item gets the keyboard.
pub fn toggle(ctx: &egui::Context) {
    Popup::toggle_id(ctx, popup_id());
    if Popup::is_id_open(ctx, popup_id()) {
        ctx.data_mut(|data| data.insert_temp(popup_id().with("opened by key"), ()));
    }
}

pub fn ui(ui: &mut Ui, session: &Session, actions: &mut Actions) {
    let palette = Palette::of(ui);
    let n_in = |lane: &Lane| lane.moments.len();
    let n_moments: usize = session.exported_lanes().map(n_in).sum();
    let is_doubtful = |lane: &&Lane| lane.is_probably_present() == Some(false);
    let n_left_out = session.lanes().iter().filter(is_doubtful).count();
    let response = IconButton::with_text(Icon::Export, "Export")
        .hint("E")
        .enabled(session.lanes().iter().any(|lane| n_in(lane) > 0))
        .show(ui);
    Popup::menu(&response).id(popup_id()).show(|ui| {
        ui.set_min_width(250.0);
        let what = format!("{} as", count(n_moments, "moment"));
        ui.label(RichText::new(what).small().color(palette.weak_text));
        if session.lanes().len() > 1 {
            let mut only = session.exports_only_selected();
            if ui.checkbox(&mut only, "Only the selected query").changed() {
                actions.push(File::ExportOnlySelected(only));
            }
            if n_left_out > 0 && !only {
                let why = "Without what is probably not here";
                ui.label(RichText::new(why).small().color(palette.weak_text));
            }
        }
        let by_key = popup_id().with("opened by key");
        for format in FORMATS {
            let item = ui.button(format.title);
            if ui.data_mut(|data| data.remove_temp::<()>(by_key)).is_some() {
                item.request_focus();
            }
            if item.clicked() {
                actions.push(File::Export(*format));
                ui.close();
            }
        }
        ui.separator();
        let cuts = ui.button("Video files, one per moment…").on_hover_text(
            "Nothing is encoded anew: each begins at the key frame before its moment",
        );
        if cuts.clicked() {
            actions.push(File::ExportCuts);
            ui.close();
        }
    });
}
