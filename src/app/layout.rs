//! Where each panel is.

use egui::{CentralPanel, Frame, Margin, Panel, Rect, RichText, Ui};

use crate::app::action::Actions;
use crate::app::panels::{
    empty, export_menu, go_to, keys_list, main_menu, notices, open_menu, path_field, query_bar,
    results,
    side::{self, Side},
    status_bar, teach, transport,
};
use crate::app::theme::{self, CONTROL_HEIGHT, GAP, MARGIN, Palette};
use crate::app::window::App;
use crate::app::{timeline, video_view};

/// In fullscreen the controls go when the pointer has rested this long.
const CONTROLS_REST_SECS: f32 = 2.5;

impl App {
    /// Draws everything and collects what the user did.
    pub(super) fn layout(&mut self, ui: &mut Ui, actions: &mut Actions) {
        let palette = Palette::of(ui);
        if self.is_fullscreen {
            self.fullscreen_ui(ui, &palette, actions);
        } else {
            self.windowed_ui(ui, &palette, actions);
        }
        let below_top_bar = ui.ctx().content_rect().with_min_y(CONTROL_HEIGHT + 18.0);
        path_field::ui(ui, below_top_bar, &mut self.path_field, &palette, actions);
        if self.shows_keys {
            keys_list::ui(ui, &palette, actions);
        }
        if self.shows_frame_times {
            self.frame_times_ui(ui, &palette);
        }
    }

    fn windowed_ui(&mut self, ui: &mut Ui, palette: &Palette, actions: &mut Actions) {
        let bar = |vertical| {
            Frame::new()
                .fill(palette.panel)
                .inner_margin(Margin::symmetric(MARGIN as i8, vertical))
        };
        Panel::top("top bar")
            .frame(bar(8))
            .exact_size(CONTROL_HEIGHT + 18.0)
            .show(ui, |ui| self.top_bar_ui(ui, palette, actions));
        Panel::bottom("status bar")
            .frame(bar(2))
            .exact_size(28.0)
            .show(ui, |ui| {
                let (session, engine) = (&self.session, &self.engine);
                let model_menu = &mut self.model_menu;
                status_bar::ui(ui, session, engine, model_menu, palette, actions);
            });
        if self.session.video.is_none() {
            CentralPanel::default()
                .frame(Frame::new().fill(palette.background))
                .show(ui, |ui| {
                    let area = ui.max_rect();
                    let is_hovered = ui.input(|input| !input.raw.hovered_files.is_empty());
                    empty::ui(
                        ui,
                        &self.session,
                        &self.settings,
                        is_hovered,
                        palette,
                        actions,
                    );
                    notices::ui(ui, area, &self.session, palette, actions);
                });
            return;
        }
        let available = ui.available_height();
        let n_lanes = self.session.lanes.len();
        let share = if n_lanes > 4 { 0.5 } else { 0.4 };
        let timeline_height = timeline::height(n_lanes, (share * available).max(110.0));
        Panel::bottom("timeline")
            .frame(bar(0))
            .show_separator_line(false)
            .exact_size(timeline_height + 6.0)
            .show(ui, |ui| self.timeline_ui(ui, palette, actions));
        Panel::bottom("transport")
            .frame(bar(6))
            .show_separator_line(false)
            .exact_size(CONTROL_HEIGHT + 14.0)
            .show(ui, |ui| {
                transport::ui(ui, &self.session, false, palette, actions);
            });
        let width = ui.available_width();
        Panel::right("results")
            .frame(
                Frame::new()
                    .fill(palette.panel)
                    .inner_margin(Margin::same(MARGIN as i8)),
            )
            .resizable(true)
            .default_size((0.26 * width).clamp(272.0, 320.0))
            .size_range(268.0..=(0.5 * width).max(269.0))
            .show(ui, |ui| {
                side::tabs(ui, self.side, palette, actions);
                let (session, thumbnails) = (&self.session, &mut self.thumbnails);
                match self.side {
                    Side::Results => results::ui(ui, session, thumbnails, palette, actions),
                    Side::Teach => {
                        teach::ui(ui, session, &mut self.teach, thumbnails, palette, actions);
                    }
                }
            });
        CentralPanel::default()
            .frame(Frame::new().fill(palette.video_background))
            .show(ui, |ui| {
                let area = ui.max_rect();
                video_view::ui(ui, &self.session, &self.playback.picture, palette, actions);
                drop_hint(ui, area, palette);
                notices::ui(ui, area, &self.session, palette, actions);
                go_to::ui(ui, area, &mut self.go_to, palette, actions);
            });
    }

    fn top_bar_ui(&mut self, ui: &mut Ui, palette: &Palette, actions: &mut Actions) {
        ui.horizontal_centered(|ui| {
            ui.scope(|ui| open_menu::ui(ui, &self.settings, palette, actions));
            ui.add_space(GAP);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                main_menu::ui(ui, &self.settings, palette, actions);
                export_menu::ui(ui, &self.session, palette, actions);
                ui.add_space(GAP);
                let history = &self.settings.history;
                query_bar::ui(
                    ui,
                    &self.session,
                    &mut self.query_bar,
                    history,
                    palette,
                    actions,
                );
            });
        });
    }

    fn timeline_ui(&mut self, ui: &mut Ui, palette: &Palette, actions: &mut Actions) {
        timeline::ui(
            ui,
            &self.session,
            &mut self.timeline,
            self.side == Side::Teach,
            &mut self.thumbnails,
            palette,
            actions,
        );
    }

    fn fullscreen_ui(&mut self, ui: &mut Ui, palette: &Palette, actions: &mut Actions) {
        let rest_secs = ui.input(|input| input.pointer.time_since_last_movement());
        let is_resting = rest_secs > CONTROLS_REST_SECS && self.session.playback.is_playing;
        let bar = Frame::new()
            .fill(palette.panel)
            .inner_margin(Margin::symmetric(MARGIN as i8, 6));
        if is_resting {
            ui.ctx().set_cursor_icon(egui::CursorIcon::None);
        } else {
            Panel::bottom("fullscreen controls")
                .frame(bar)
                .show_separator_line(false)
                .exact_size(CONTROL_HEIGHT + 14.0)
                .show(ui, |ui| {
                    transport::ui(ui, &self.session, true, palette, actions);
                });
            let height = timeline::height(self.session.lanes.len(), 0.3 * ui.available_height());
            Panel::bottom("fullscreen timeline")
                .frame(bar)
                .show_separator_line(false)
                .exact_size(height + 12.0)
                .show(ui, |ui| self.timeline_ui(ui, palette, actions));
        }
        CentralPanel::default()
            .frame(Frame::new().fill(palette.video_background))
            .show(ui, |ui| {
                let area = ui.max_rect();
                video_view::ui(ui, &self.session, &self.playback.picture, palette, actions);
                notices::ui(ui, area, &self.session, palette, actions);
                go_to::ui(ui, area, &mut self.go_to, palette, actions);
            });
    }

    fn frame_times_ui(&self, ui: &Ui, palette: &Palette) {
        let Some(summary) = self.frame_times.summary() else {
            return;
        };
        egui::Area::new(egui::Id::unique("frame times"))
            .order(egui::Order::Tooltip)
            .interactable(false)
            .fixed_pos(egui::pos2(MARGIN, CONTROL_HEIGHT + 26.0))
            .show(ui.ctx(), |ui| {
                Frame::new()
                    .fill(palette.raised)
                    .corner_radius(theme::CORNER)
                    .inner_margin(8)
                    .show(ui, |ui| {
                        ui.label(
                            RichText::new(summary.to_string())
                                .monospace()
                                .color(palette.text),
                        );
                    });
            });
    }
}

/// While a file is held over the window.
fn drop_hint(ui: &Ui, area: Rect, palette: &Palette) {
    if ui.input(|input| input.raw.hovered_files.is_empty()) {
        return;
    }
    let painter = ui.painter();
    painter.rect_filled(area, 0.0, palette.background.gamma_multiply(0.8));
    painter.text(
        area.center(),
        egui::Align2::CENTER_CENTER,
        "Drop to open",
        egui::TextStyle::Heading.resolve(ui.style()),
        palette.text,
    );
}
