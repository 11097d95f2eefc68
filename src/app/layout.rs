//! Where each panel is.

use egui::{CentralPanel, Frame, Margin, Panel, Rect, RichText, Ui};

use crate::app::action::Actions;
use crate::app::frame_times::Summary;
use crate::app::panels::{
    empty, export_menu, go_to, keys_list, main_menu, model_menu, notices, open_menu, path_field,
    query_bar, results, side, status_bar, teach, transport,
};
use crate::app::session::{Session, Side};
use crate::app::theme::{self, CONTROL_HEIGHT, GAP, MARGIN, Palette};
use crate::app::thumbnails::Thumbnails;
use crate::app::video_view::Picture;
use crate::app::{timeline, video_view};

/// In fullscreen the controls disappear when the pointer has rested this long.
const CONTROLS_REST_SECS: f32 = 2.5;

/// What the panels remember between frames for themselves.
pub struct Views {
    pub thumbnails: Thumbnails,
    pub timeline: timeline::State,
    pub query_bar: query_bar::State,
    model_menu: model_menu::State,
    go_to: go_to::State,
    path_field: path_field::State,
    teach: teach::State,
}

impl Views {
    pub fn new(ctx: &egui::Context) -> Self {
        Self {
            thumbnails: Thumbnails::new(ctx),
            timeline: timeline::State::default(),
            query_bar: query_bar::State::default(),
            model_menu: model_menu::State::default(),
            go_to: go_to::State::default(),
            path_field: path_field::State::default(),
            teach: teach::State::default(),
        }
    }

    /// Whether everything that was to be drawn is drawn.
    pub fn is_idle(&self) -> bool {
        self.thumbnails.is_idle() && !self.timeline.is_moving()
    }

    /// Draws everything and collects what the user did.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        session: &Session,
        picture: &Picture,
        frame_times: Option<Summary>,
        actions: &mut Actions,
    ) {
        if session.view().is_fullscreen {
            self.fullscreen_ui(ui, session, picture, actions);
        } else {
            self.windowed_ui(ui, session, picture, actions);
        }
        let below_top_bar = ui.ctx().content_rect().with_min_y(CONTROL_HEIGHT + 18.0);
        path_field::ui(ui, below_top_bar, session, &mut self.path_field, actions);
        if session.view().shows_keys {
            keys_list::ui(ui, actions);
        }
        if let Some(summary) = frame_times {
            frame_times_ui(ui, &summary);
        }
    }

    fn windowed_ui(
        &mut self,
        ui: &mut Ui,
        session: &Session,
        picture: &Picture,
        actions: &mut Actions,
    ) {
        let palette = Palette::of(ui);
        let bar = |vertical| {
            Frame::new()
                .fill(palette.panel)
                .inner_margin(Margin::symmetric(MARGIN as i8, vertical))
        };
        Panel::top("top bar")
            .frame(bar(8))
            .exact_size(CONTROL_HEIGHT + 18.0)
            .show(ui, |ui| self.top_bar_ui(ui, session, actions));
        Panel::bottom("status bar")
            .frame(bar(2))
            .exact_size(28.0)
            .show(ui, |ui| {
                status_bar::ui(ui, session, &mut self.model_menu, actions);
            });
        if session.video().is_none() {
            CentralPanel::default()
                .frame(Frame::new().fill(palette.background))
                .show(ui, |ui| {
                    let area = ui.max_rect();
                    let is_hovered = ui.input(|input| !input.raw.hovered_files.is_empty());
                    empty::ui(ui, session, is_hovered, actions);
                    notices::ui(ui, area, session, actions);
                });
            return;
        }
        let available = ui.available_height();
        let n_lanes = session.lanes().len();
        let share = if n_lanes > 4 { 0.5 } else { 0.4 };
        let timeline_height = timeline::height(n_lanes, (share * available).max(110.0));
        Panel::bottom("timeline")
            .frame(bar(0))
            .show_separator_line(false)
            .exact_size(timeline_height + 6.0)
            .show(ui, |ui| self.timeline_ui(ui, session, actions));
        Panel::bottom("transport")
            .frame(bar(6))
            .show_separator_line(false)
            .exact_size(CONTROL_HEIGHT + 14.0)
            .show(ui, |ui| transport::ui(ui, session, actions));
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
            .show(ui, |ui| self.side_ui(ui, session, actions));
        self.video_ui(ui, session, picture, actions);
    }

    fn top_bar_ui(&mut self, ui: &mut Ui, session: &Session, actions: &mut Actions) {
        ui.horizontal_centered(|ui| {
            ui.scope(|ui| open_menu::ui(ui, session, actions));
            ui.add_space(GAP);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                main_menu::ui(ui, session, actions);
                export_menu::ui(ui, session, actions);
                ui.add_space(GAP);
                query_bar::ui(ui, session, &mut self.query_bar, actions);
            });
        });
    }

    fn side_ui(&mut self, ui: &mut Ui, session: &Session, actions: &mut Actions) {
        let side = session.view().side;
        side::tabs(ui, side, actions);
        let thumbnails = &mut self.thumbnails;
        match side {
            Side::Results => results::ui(ui, session, thumbnails, actions),
            Side::Teach => teach::ui(ui, session, &mut self.teach, thumbnails, actions),
        }
    }

    fn timeline_ui(&mut self, ui: &mut Ui, session: &Session, actions: &mut Actions) {
        let thumbnails = &mut self.thumbnails;
        timeline::ui(ui, session, &mut self.timeline, thumbnails, actions);
    }

    /// The picture, and what is drawn on it.
    fn video_ui(
        &mut self,
        ui: &mut Ui,
        session: &Session,
        picture: &Picture,
        actions: &mut Actions,
    ) {
        CentralPanel::default()
            .frame(Frame::new().fill(Palette::of(ui).video_background))
            .show(ui, |ui| {
                let area = ui.max_rect();
                video_view::ui(ui, session, picture, actions);
                if !session.view().is_fullscreen {
                    drop_hint(ui, area);
                }
                notices::ui(ui, area, session, actions);
                go_to::ui(ui, area, session, &mut self.go_to, actions);
            });
    }

    fn fullscreen_ui(
        &mut self,
        ui: &mut Ui,
        session: &Session,
        picture: &Picture,
        actions: &mut Actions,
    ) {
        let rest_secs = ui.input(|input| input.pointer.time_since_last_movement());
        let is_resting = rest_secs > CONTROLS_REST_SECS && session.playback().is_playing;
        if is_resting {
            ui.ctx().set_cursor_icon(egui::CursorIcon::None);
        } else {
            let bar = Frame::new()
                .fill(Palette::of(ui).panel)
                .inner_margin(Margin::symmetric(MARGIN as i8, 6));
            Panel::bottom("fullscreen controls")
                .frame(bar)
                .show_separator_line(false)
                .exact_size(CONTROL_HEIGHT + 14.0)
                .show(ui, |ui| transport::ui(ui, session, actions));
            let height = timeline::height(session.lanes().len(), 0.3 * ui.available_height());
            Panel::bottom("fullscreen timeline")
                .frame(bar)
                .show_separator_line(false)
                .exact_size(height + 12.0)
                .show(ui, |ui| self.timeline_ui(ui, session, actions));
        }
        self.video_ui(ui, session, picture, actions);
    }
}

fn frame_times_ui(ui: &Ui, summary: &Summary) {
    let palette = Palette::of(ui);
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
                    let text = RichText::new(summary.to_string());
                    ui.label(text.monospace().color(palette.text));
                });
        });
}

/// While a file is held over the window.
fn drop_hint(ui: &Ui, area: Rect) {
    if ui.input(|input| input.raw.hovered_files.is_empty()) {
        return;
    }
    let palette = Palette::of(ui);
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
