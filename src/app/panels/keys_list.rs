//! The list of keys that `?` shows.

use egui::{Align2, RichText, ScrollArea, Ui, Window, vec2};

use crate::app::action::{Actions, View};
use crate::app::keys::{BINDINGS, Group, MOUSE};
use crate::app::theme::Palette;

/// A key, what it does, and the gap to the next column.
const COLUMN_WIDTH: f32 = 356.0;

/// Of the keys, so that what they do stands below each other from the first frame on.
const KEYS_WIDTH: f32 = 122.0;

pub fn ui(ui: &Ui, actions: &mut Actions) {
    let mut is_open = true;
    let screen = ui.ctx().content_rect();
    let room = screen.width() - 70.0;
    let columns: &[&[Group]] = if room >= 3.0 * COLUMN_WIDTH {
        &[
            &[Group::Playback, Group::Library],
            &[Group::Finding, Group::Window],
            &[Group::Teaching],
        ]
    } else if room >= 2.0 * COLUMN_WIDTH {
        &[
            &[Group::Playback, Group::Library, Group::Window],
            &[Group::Finding, Group::Teaching],
        ]
    } else {
        &[&Group::ALL]
    };
    let width = columns.len() as f32 * COLUMN_WIDTH;
    Window::new("Keys")
        .open(&mut is_open)
        .collapsible(false)
        .resizable(false)
        .anchor(Align2::CENTER_CENTER, vec2(0.0, 0.0))
        .min_width(width)
        .default_height(screen.height() - 100.0)
        .max_height(screen.height() - 80.0)
        .show(ui.ctx(), |ui| {
            ui.set_width(width);
            ScrollArea::vertical()
                .max_height(screen.height() - 140.0)
                .show(ui, |ui| {
                    ui.set_width(width);
                    ui.spacing_mut().item_spacing.x = 0.0;
                    ui.horizontal_top(|ui| {
                        for (i, groups) in columns.iter().enumerate() {
                            ui.vertical(|ui| {
                                ui.set_width(COLUMN_WIDTH);
                                for group in *groups {
                                    group_ui(ui, *group);
                                }
                                if i + 1 == columns.len() {
                                    mouse_ui(ui);
                                }
                            });
                        }
                    });
                });
        });
    if !is_open {
        actions.push(View::ToggleKeys);
    }
}

fn group_ui(ui: &mut Ui, group: Group) {
    let bindings = BINDINGS.iter().filter(|binding| binding.group == group);
    let lines = bindings.map(|binding| (binding.keys, binding.what));
    list(ui, group.title(), lines);
}

fn mouse_ui(ui: &mut Ui) {
    list(ui, "Mouse", MOUSE.iter().copied());
}

fn list<'a>(ui: &mut Ui, title: &str, lines: impl Iterator<Item = (&'a str, &'a str)>) {
    let palette = Palette::of(ui);
    ui.spacing_mut().interact_size.y = 20.0;
    ui.spacing_mut().item_spacing.y = 2.0;
    ui.label(RichText::new(title).strong().color(palette.accent));
    for (keys, what) in lines {
        ui.horizontal_top(|ui| {
            let (place, _) = ui.allocate_exact_size(vec2(KEYS_WIDTH, 20.0), egui::Sense::hover());
            let font = egui::TextStyle::Monospace.resolve(ui.style());
            let keys = ui
                .painter()
                .layout_no_wrap(keys.to_owned(), font, palette.text);
            let at = place.left_center() + vec2(6.0, -0.5 * keys.size().y);
            let ground = egui::Rect::from_min_size(at, keys.size()).expand2(vec2(6.0, 1.0));
            ui.painter().rect_filled(ground, 4.0, palette.raised);
            ui.painter().galley(at, keys, palette.text);
            ui.vertical(|ui| {
                ui.set_width(COLUMN_WIDTH - KEYS_WIDTH - 24.0);
                let what = RichText::new(what).color(palette.text);
                ui.add(egui::Label::new(what).wrap());
            });
        });
    }
    ui.add_space(8.0);
}
