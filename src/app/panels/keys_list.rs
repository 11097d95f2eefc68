//! The list of keys that `?` shows.

use egui::{Align2, Grid, RichText, ScrollArea, Ui, Window, vec2};

use crate::app::action::{Actions, View};
use crate::app::keys::{BINDINGS, Group, MOUSE};
use crate::app::theme::Palette;

pub fn ui(ui: &Ui, actions: &mut Actions) {
    let mut is_open = true;
    let screen = ui.ctx().content_rect();
    Window::new("Keys")
        .open(&mut is_open)
        .collapsible(false)
        .resizable(false)
        .anchor(Align2::CENTER_CENTER, vec2(0.0, 0.0))
        .default_height(screen.height() - 100.0)
        .max_height(screen.height() - 80.0)
        .show(ui.ctx(), |ui| {
            ScrollArea::vertical()
                .max_height(screen.height() - 140.0)
                .show(ui, |ui| {
                    let columns: &[&[Group]] = match screen.width() {
                        1100.0.. => &[
                            &[Group::Playback],
                            &[Group::Finding, Group::Window],
                            &[Group::Teaching],
                        ],
                        840.0.. => &[
                            &[Group::Playback, Group::Window],
                            &[Group::Finding, Group::Teaching],
                        ],
                        _ => &[&Group::ALL],
                    };
                    ui.horizontal_top(|ui| {
                        for (i, groups) in columns.iter().enumerate() {
                            ui.vertical(|ui| {
                                for group in *groups {
                                    group_ui(ui, *group);
                                }
                                if i + 1 == columns.len() {
                                    mouse_ui(ui);
                                }
                            });
                            ui.add_space(20.0);
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
    ui.label(RichText::new(title).strong().color(palette.accent));
    Grid::new(title)
        .num_columns(2)
        .spacing(vec2(18.0, 5.0))
        .show(ui, |ui| {
            for (keys, what) in lines {
                egui::Frame::new()
                    .fill(palette.raised)
                    .corner_radius(4.0)
                    .inner_margin(egui::Margin::symmetric(6, 1))
                    .show(ui, |ui| {
                        ui.label(RichText::new(keys).monospace().color(palette.text));
                    });
                let what = RichText::new(what).color(palette.text);
                ui.scope(|ui| {
                    ui.set_max_width(230.0);
                    ui.add(egui::Label::new(what).wrap());
                });
                ui.end_row();
            }
        });
    ui.add_space(8.0);
}
