//! Above the videos: how many there are, or what was looked for and how much of it was found.

use std::collections::BTreeSet;

use egui::{Align, Id, Layout, RichText, ScrollArea, Ui, vec2};

use crate::app::action::{Actions, Find, Library, View};
use crate::app::colours::lane_colour;
use crate::app::icons::{self, Icon};
use crate::app::panels::detector_menu;
use crate::app::panels::library::filter_menu;
use crate::app::query_title::QueryTitle;
use crate::app::session::{Lane, Session, Side, Wall, capitalised};
use crate::app::theme::{CORNER, GAP, Palette};
use crate::app::widgets::{IconButton, Look, focus_ring, menu};
use crate::domain::{count, format_duration, one_line, verb};
use crate::find::PROBABLY_PRESENT;
use crate::library::State;
use crate::worker::FoundEverywhere;

const HEIGHT: f32 = 30.0;

/// Nobody reads more.
const MAX_PROBLEMS: usize = 100;

/// Longer words are cut.
const CHIP_WIDTH: f32 = 220.0;

pub fn of_members(ui: &mut Ui, session: &Session, actions: &mut Actions) {
    row(ui, |ui| {
        let add = IconButton::with_text(Icon::Open, "Add folder…");
        if add.size(28.0).show(ui).clicked() {
            actions.push(Library::AddFolder);
        }
        filter_menu::ui(ui, session, actions);
        problems(ui, session, actions);
        left(ui, |ui| {
            let shelf = session.shelf();
            let n_all = shelf.holdings().map_or(0, |held| held.videos.len());
            let n = shelf.members().len();
            let secs: f64 = shelf.members().filter_map(|it| it.duration_secs).sum();
            let mut text = count(n_all, "video");
            if n < n_all {
                text = format!("{n} of {text}");
            }
            text += &format!(", {}", format_duration(secs));
            label(ui, &text);
            drawn_only(ui, session, actions);
        });
    });
}

pub fn of_wall(ui: &mut Ui, session: &Session, wall: &Wall, actions: &mut Actions) {
    row(ui, |ui| {
        let is_teaching = session.view().side == Side::Teach;
        let look = if is_teaching { Look::On } else { Look::Raised };
        let teach = IconButton::with_text(Icon::Target, "Teach").look(look);
        if teach.hint("T").size(28.0).show(ui).clicked() {
            actions.push(View::ToggleTeach);
        }
        filter_menu::ui(ui, session, actions);
        left(ui, |ui| {
            let back = IconButton::new(Icon::Previous, "All videos").hint("Esc");
            if back.size(28.0).show(ui).clicked() {
                actions.push(Library::Back);
            }
            chips(ui, session, wall, actions);
        });
    });
    row(ui, |ui| {
        if wall.n_picked() > 0 {
            let none = IconButton::new(Icon::Close, "Select none").hint("Esc");
            if none.size(24.0).show(ui).clicked() {
                actions.push(Library::PickNone);
            }
            let text = format!("{} selected", wall.n_picked());
            ui.label(RichText::new(text).color(Palette::of(ui).accent));
        }
        if let Some(lane) = session.lane(wall.query) {
            detector_menu::line(ui, session, lane, actions);
        }
        left(ui, |ui| verdict(ui, session, wall, actions));
    });
}

/// From the right end; [`left`] fills what is left.
fn row(ui: &mut Ui, contents: impl FnOnce(&mut Ui)) {
    let size = vec2(ui.available_width(), HEIGHT);
    let layout = Layout::right_to_left(Align::Center);
    ui.allocate_ui_with_layout(size, layout, |ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        contents(ui);
    });
}

fn left(ui: &mut Ui, contents: impl FnOnce(&mut Ui)) {
    ui.with_layout(Layout::left_to_right(Align::Center), contents);
}

fn label(ui: &mut Ui, text: &str) {
    let ink = Palette::of(ui).weak_text;
    ui.add(egui::Label::new(RichText::new(text).color(ink)).truncate());
}

/// That the model that answers knows nothing of the world.
fn drawn_only(ui: &mut Ui, session: &Session, actions: &mut Actions) {
    if !session.is_bundled_model() {
        return;
    }
    let words = RichText::new("The built-in model knows only drawn scenes ›").small();
    let link = egui::Button::new(words.color(Palette::of(ui).warning)).frame(false);
    if ui.add(link.truncate()).clicked() {
        actions.push(View::ToggleModelMenu);
    }
}

/// What could not be read, with its reason.
fn problems(ui: &mut Ui, session: &Session, actions: &mut Actions) {
    let Some(held) = session.shelf().holdings() else {
        return;
    };
    let failed = held.videos.iter().filter_map(|video| match &video.state {
        State::Failed(reason) => Some(reason.clone()),
        _ => None,
    });
    let elsewhere = held.problems.iter().map(ToString::to_string);
    let reasons: Vec<_> = failed.chain(elsewhere).collect();
    if reasons.is_empty() {
        return;
    }
    let title = format!("{} not read", reasons.len());
    let response = IconButton::words(&title).size(28.0).show(ui);
    menu(&response, Id::unique("library problems"), |ui| {
        ui.set_min_width(360.0);
        ui.set_max_width(460.0);
        let palette = Palette::of(ui);
        let list = ScrollArea::vertical().id_salt("problems").max_height(260.0);
        list.show(ui, |ui| {
            for reason in reasons.iter().take(MAX_PROBLEMS) {
                let text = RichText::new(capitalised(&one_line(reason))).small();
                ui.add(egui::Label::new(text.color(palette.text)).wrap());
            }
            if let Some(n @ 1..) = reasons.len().checked_sub(MAX_PROBLEMS) {
                label(ui, &format!("and {n} more: `vcl library status` has all"));
            }
        });
        ui.separator();
        if ui.button("Try all again").clicked() {
            actions.push(Library::TryAgain);
            ui.close();
        }
    });
}

/// The queries; the one that is answered is filled.
fn chips(ui: &mut Ui, session: &Session, wall: &Wall, actions: &mut Actions) {
    let list = ScrollArea::horizontal()
        .id_salt("queries of all videos")
        .scroll_bar_visibility(egui::scroll_area::ScrollBarVisibility::AlwaysHidden);
    list.show(ui, |ui| {
        ui.horizontal_centered(|ui| {
            for lane in session.lanes() {
                chip(ui, lane, lane.id == wall.query, actions);
            }
        });
    });
}

fn chip(ui: &mut Ui, lane: &Lane, is_shown: bool, actions: &mut Actions) {
    let palette = Palette::of(ui);
    let style = egui::TextStyle::Button;
    let words = QueryTitle::new(ui, &lane.query, &style, palette.text, CHIP_WIDTH);
    let size = vec2(words.size().x + 24.0 + 26.0, 26.0);
    let (rect, response) = ui.allocate_exact_size(size, egui::Sense::click());
    let name = format!("Query {}", lane.query);
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Tab, true, is_shown, &name));
    let ground = match (is_shown, response.hovered()) {
        (true, _) => palette.raised_hover,
        (false, true) => palette.raised,
        (false, false) => palette.panel,
    };
    ui.painter().rect_filled(rect, CORNER, ground);
    let colour = lane_colour(lane.colour, palette.is_dark);
    let dot = egui::pos2(rect.left() + 12.0, rect.center().y);
    ui.painter().circle_filled(dot, 4.5, colour);
    let at = egui::pos2(rect.left() + 22.0, rect.center().y - 0.5 * words.size().y);
    words.paint(ui.painter(), at, palette.text);
    focus_ring(ui, &response);
    let remove = rect.with_min_x(rect.right() - 24.0);
    let remove_response = ui.interact(remove, response.id.with("remove"), egui::Sense::click());
    let remove_name = format!("Remove query {}", lane.query);
    remove_response
        .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &remove_name));
    let ink = if remove_response.hovered() || remove_response.has_focus() {
        palette.text
    } else {
        palette.weak_text
    };
    icons::paint(ui.painter(), remove, Icon::Close, 10.0, ink);
    focus_ring(ui, &remove_response);
    if remove_response.clicked() {
        actions.push(Find::Remove(lane.id));
    } else if response.clicked() {
        actions.push(Find::Select(lane.id));
    }
    response.on_hover_text(lane.query.title());
    ui.add_space(GAP - 6.0);
}

/// How much was found, and in how much.
fn verdict(ui: &mut Ui, session: &Session, wall: &Wall, actions: &mut Actions) {
    let palette = Palette::of(ui);
    let error = session.lane(wall.query).and_then(|it| it.error.as_ref());
    if let Some(error) = error {
        ui.label(RichText::new(capitalised(error)).color(palette.error));
        return;
    }
    let Some(found) = wall.found() else {
        label(ui, "Searching…");
        return;
    };
    let text = in_words(found);
    let is_doubtful = found.moments.is_empty() || found.present < PROBABLY_PRESENT;
    let ink = if is_doubtful {
        palette.warning
    } else {
        palette.text
    };
    ui.add(egui::Label::new(RichText::new(text).color(ink)).truncate());
    if found.n_not_indexed > 0 {
        let n = found.n_not_indexed;
        let are = verb(n, "is", "are");
        label(
            ui,
            &format!("· {} {are} not indexed yet", count(n, "video")),
        );
        if has_more(session, found) && !wall.is_searching() {
            let again = IconButton::words("Search again").size(24.0);
            if again.show(ui).clicked() {
                actions.push(Library::FindAgain);
            }
        }
    }
    drawn_only(ui, session, actions);
}

/// Whether videos were indexed since that the answer does not know.
fn has_more(session: &Session, found: &FoundEverywhere) -> bool {
    let held = session.shelf().holdings();
    let videos = held.iter().flat_map(|held| &held.videos);
    let waits = videos.filter(|it| matches!(it.state, State::Waiting | State::Working));
    waits.count() < found.n_not_indexed
}

fn in_words(found: &FoundEverywhere) -> String {
    let searched = count(found.n_videos, "video");
    if found.n_videos == 0 {
        return "No video that is indexed passes the filter".to_owned();
    }
    if found.moments.is_empty() {
        return format!(
            "Nothing found: in {searched}, no clip fits these words better than it fits unrelated ones"
        );
    }
    let videos: BTreeSet<_> = found.moments.iter().map(|it| it.video.as_str()).collect();
    let doubt = if found.present < PROBABLY_PRESENT {
        "Doubtful: "
    } else {
        ""
    };
    let moments = count(found.moments.len(), "moment");
    format!("{doubt}{moments} in {} of {searched}", videos.len())
}
