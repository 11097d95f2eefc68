//! Which videos are shown and searched: of which folder, how old, how long.

use egui::{Id, RichText, ScrollArea, Ui};

use crate::app::action::{Actions, Library};
use crate::app::icons::Icon;
use crate::app::session::{Filter, Length, Order, Session, Since};
use crate::app::theme::Palette;
use crate::app::widgets::{IconButton, Look, menu};
use crate::domain::file_name;

/// Names the menu.
fn popup_id() -> Id {
    Id::unique("library filter")
}

/// `Filter`, or what is filtered by: `Holidays, last week`.
fn title(filter: &Filter) -> String {
    let mut parts = Vec::new();
    if let Some(folder) = &filter.folder {
        parts.push(file_name(folder));
    }
    if filter.since != Since::Ever {
        parts.push(filter.since.name().to_lowercase());
    }
    if filter.length != Length::Any {
        parts.push(filter.length.name().to_lowercase());
    }
    if parts.is_empty() {
        "Filter".to_owned()
    } else {
        parts.join(", ")
    }
}

pub fn ui(ui: &mut Ui, session: &Session, actions: &mut Actions) {
    let filter = session.shelf().filter();
    let title = title(filter);
    let look = if filter.is_any() {
        Look::Raised
    } else {
        Look::On
    };
    let button = IconButton::with_text(Icon::Down, &title).look(look);
    let response = button.size(28.0).show(ui);
    menu(&response, popup_id(), |ui| {
        ui.set_min_width(230.0);
        let height = ui.ctx().content_rect().height() - 150.0;
        let list = ScrollArea::vertical().id_salt("filters").max_height(height);
        list.show(ui, |ui| contents(ui, session, actions));
    });
}

fn contents(ui: &mut Ui, session: &Session, actions: &mut Actions) {
    let filter = session.shelf().filter();
    ui.spacing_mut().interact_size.y = 22.0;
    ui.spacing_mut().item_spacing.y = 3.0;
    folders(ui, session, actions);
    heading(ui, "Date");
    for since in Since::ALL {
        let choice = Filter {
            since,
            ..filter.clone()
        };
        radio(ui, filter.since == since, since.name(), choice, actions);
    }
    heading(ui, "Length");
    for length in Length::ALL {
        let choice = Filter {
            length,
            ..filter.clone()
        };
        radio(ui, filter.length == length, length.name(), choice, actions);
    }
    if session.shown_wall().is_some() {
        return; // There the best come first.
    }
    heading(ui, "Order");
    for order in Order::ALL {
        let is_chosen = session.shelf().order() == order;
        if ui.radio(is_chosen, order.name()).clicked() {
            actions.push(Library::Order(order));
        }
    }
}

fn heading(ui: &mut Ui, text: &str) {
    let weak = Palette::of(ui).weak_text;
    ui.label(RichText::new(text).small().color(weak));
}

fn radio(ui: &mut Ui, is_chosen: bool, name: &str, choice: Filter, actions: &mut Actions) {
    if ui.radio(is_chosen, name).clicked() {
        actions.push(Library::Filter(choice));
    }
}

fn folders(ui: &mut Ui, session: &Session, actions: &mut Actions) {
    let filter = session.shelf().filter();
    let folders = session.shelf().folders();
    if folders.len() < 2 {
        return;
    }
    heading(ui, "Folder");
    let all = Filter {
        folder: None,
        ..filter.clone()
    };
    radio(ui, filter.folder.is_none(), "All folders", all, actions);
    let list = ScrollArea::vertical().id_salt("folders").max_height(150.0);
    list.show(ui, |ui| {
        for folder in folders {
            let choice = Filter {
                folder: Some(folder.clone()),
                ..filter.clone()
            };
            let is_chosen = filter.folder.as_ref() == Some(&folder);
            let response = ui.radio(is_chosen, file_name(&folder));
            let is_clicked = response.clicked();
            response.on_hover_text(folder.display().to_string());
            if is_clicked {
                actions.push(Library::Filter(choice));
            }
        }
    });
}
