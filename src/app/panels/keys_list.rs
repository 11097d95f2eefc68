//! The list of keys that `?` shows.

use egui::{Align2, Grid, RichText, ScrollArea, Ui, Window, vec2};

use crate::app::action::{Action, Actions};
use crate::app::keys::{BINDINGS, Group};
use crate::app::theme::Palette;

pub fn ui(ui: &Ui, palette: &Palette, actions: &mut Actions) {
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
                    let is_wide = screen.width() > 1100.0;
                    if is_wide {
                        ui.horizontal_top(|ui| {
                            for column in [
                                &[Group::Playback][..],
                                &[Group::Finding, Group::Window],
                                &[Group::Teaching],
                            ] {
                                ui.vertical(|ui| {
                                    for group in column {
                                        group_ui(ui, *group, palette);
                                    }
                                });
                                ui.add_space(20.0);
                            }
                        });
                    } else {
                        for group in Group::ALL {
                            group_ui(ui, group, palette);
                        }
                    }
                });
        });
    if !is_open {
        actions.push(Action::ToggleKeys);
    }
}

fn group_ui(ui: &mut Ui, group: Group, palette: &Palette) {
    ui.spacing_mut().interact_size.y = 20.0;
    ui.label(RichText::new(group.title()).strong().color(palette.accent));
    Grid::new(group.title())
        .num_columns(2)
        .spacing(vec2(18.0, 5.0))
        .show(ui, |ui| {
            for binding in BINDINGS.iter().filter(|binding| binding.group == group) {
                egui::Frame::new()
                    .fill(palette.raised)
                    .corner_radius(4.0)
                    .inner_margin(egui::Margin::symmetric(6, 1))
                    .show(ui, |ui| {
                        ui.label(RichText::new(binding.keys).monospace().color(palette.text));
                    });
                ui.label(RichText::new(binding.what).color(palette.text));
                ui.end_row();
            }
        });
    ui.add_space(8.0);
}
