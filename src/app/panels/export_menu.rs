//! Writing what was found to a file.

use egui::{Id, RichText, Slider, Ui};

use crate::app::action::{Actions, File, Find};
use crate::app::icons::Icon;
use crate::app::panels::export_editing;
use crate::app::session::{Lane, Scope, Session, Wall};
use crate::app::theme::Palette;
use crate::app::widgets::{IconButton, menu};
use crate::domain::{count, format_timestamp};
use crate::export::{FORMATS, FileFormat};

/// The others are one level deeper.
const N_IN_MENU: usize = 6;

/// How many moments of each query, if not all.
const TOPS: [Option<usize>; 5] = [None, Some(1), Some(3), Some(5), Some(10)];

/// Names the menu, so that a key can open it.
pub fn popup_id() -> Id {
    Id::unique("export menu")
}

pub fn ui(ui: &mut Ui, session: &Session, actions: &mut Actions) {
    let response = IconButton::with_text(Icon::Export, "Export")
        .hint("E")
        .enabled(session.can_export())
        .show(ui);
    menu(&response, popup_id(), |ui| {
        ui.set_min_width(290.0);
        let height = ui.ctx().content_rect().height() - 90.0;
        // A popup has 400 points if nobody says more.
        ui.set_max_height(height);
        let list = egui::ScrollArea::vertical().max_height(height);
        list.show(ui, |ui| contents(ui, session, actions));
    });
}

fn contents(ui: &mut Ui, session: &Session, actions: &mut Actions) {
    let palette = Palette::of(ui);
    let n_exported = session.n_exported();
    let title = format!("{} as", count(n_exported, "moment"));
    ui.label(RichText::new(title).small().color(palette.weak_text));
    ui.add_enabled_ui(n_exported > 0, |ui| {
        let is_several = session.shown_wall().is_some();
        let mut fitting = FORMATS
            .iter()
            .filter(|format| format.takes_several || !is_several);
        for format in fitting.by_ref().take(N_IN_MENU) {
            format_button(ui, *format, actions);
        }
        ui.menu_button("More ways…", |ui| {
            for format in fitting {
                format_button(ui, *format, actions);
            }
        });
        let can_be_named = session.export_choice().problem_of_names().is_none();
        let cuts = egui::Button::new("Video files, one per moment…");
        let cuts = ui.add_enabled(can_be_named, cuts).on_hover_text(
            "Nothing is encoded anew: each begins at the key frame before its moment",
        );
        if cuts.clicked() {
            actions.push(File::ExportCuts);
            ui.close();
        }
        let joined = ui.button("One video file of all…").on_hover_text(
            "One moment behind the other, in the order below; nothing is encoded anew",
        );
        if joined.clicked() {
            actions.push(File::ExportJoined);
            ui.close();
        }
    });
    ui.separator();
    match session.shown_wall() {
        Some(wall) => what_of_all(ui, wall),
        None => what(ui, session, actions),
    }
    if session.export_choice().scope != Scope::Range {
        ui.separator();
        export_editing::ui(ui, session, actions);
    }
}

fn format_button(ui: &mut Ui, format: FileFormat, actions: &mut Actions) {
    if ui
        .button(format.title)
        .on_hover_text(format.about)
        .clicked()
    {
        actions.push(File::Export(format));
        ui.close();
    }
}

/// Which results from all videos.
fn what_of_all(ui: &mut Ui, wall: &Wall) {
    let palette = Palette::of(ui);
    let text = match wall.n_picked() {
        0 => "All results; select some to write only these",
        _ => "Only what is selected",
    };
    ui.label(RichText::new(text).small().color(palette.weak_text));
}

/// Which moments: whose, how many, and from which score on.
fn what(ui: &mut Ui, session: &Session, actions: &mut Actions) {
    let palette = Palette::of(ui);
    let choice = session.export_choice();
    let small = |text: String| RichText::new(text).small().color(palette.weak_text);
    let is_doubtful = |lane: &&Lane| lane.is_probably_present() == Some(false);
    let n_left_out = session.lanes().iter().filter(is_doubtful).count();
    let mut scopes = Vec::new();
    if session.lanes().len() > 1 {
        scopes.push((Scope::All, "All queries".to_owned()));
        scopes.push((Scope::Selected, "Only the selected query".to_owned()));
    } else if !session.lanes().is_empty() {
        scopes.push((Scope::All, "What was found".to_owned()));
    }
    if let Some(selection) = session.selection() {
        let span = selection.span();
        let (start, end) = (span.start_secs, span.end_secs.min(session.duration_secs()));
        let times = [start, end].map(format_timestamp).join(" – ");
        scopes.push((Scope::Range, format!("Only what is selected, {times}")));
    }
    if scopes.len() > 1 {
        for (scope, name) in scopes {
            if ui.radio(choice.scope == scope, name).clicked() {
                actions.push(File::ExportScope(scope));
            }
        }
    }
    if choice.scope == Scope::Range {
        return;
    }
    if n_left_out > 0 && choice.scope == Scope::All {
        ui.label(small("Without what is probably not here".to_owned()));
    }
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        ui.label(small("The best of each query: ".to_owned()));
        for top in TOPS {
            let name = top.map_or_else(|| "all".to_owned(), |n| n.to_string());
            if ui.selectable_label(choice.top == top, name).clicked() {
                actions.push(File::ExportTop(top));
            }
        }
    });
    if let Some(lane) = session.selected_lane()
        && let Some(level) = lane.threshold_level()
    {
        let mut level = 100.0 * level.clamp(0.0, 1.0);
        let title = "Moments of the selected query from";
        ui.label(small(title.to_owned()));
        let slider = Slider::new(&mut level, 0.0..=100.0)
            .fixed_decimals(0)
            .suffix(" %");
        let response = ui.add(slider).accessible_name("Threshold");
        if response.changed()
            && let Some(threshold) = lane.threshold_at(level / 100.0)
        {
            actions.push(Find::SetThreshold(lane.id, Some(threshold)));
        }
    }
}
