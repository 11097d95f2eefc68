//! Where each panel is.

use std::time::Duration;

use egui::{Area, CentralPanel, Frame, Id, Margin, Panel, Rect, RichText, Ui, vec2};

use crate::app::action::Actions;
use crate::app::frame_times::Summary;
use crate::app::icons::Icon;
use crate::app::panels::{
    about, empty, export_menu, go_to, keys_list, library, main_menu, model_menu, notices,
    open_menu, path_field, query_bar, results, side, status_bar, teach, transport,
};
use crate::app::pictures::Pictures;
use crate::app::session::{Session, Side};
use crate::app::theme::{self, CONTROL_HEIGHT, GAP, MARGIN, Palette};
use crate::app::thumbnails::Thumbnails;
use crate::app::video_view::Picture;
use crate::app::widgets::IconButton;
use crate::app::{timeline, video_view};

/// In fullscreen the controls disappear when the pointer has rested this long.
const CONTROLS_REST_SECS: f64 = 2.5;

/// What the panels remember between frames for themselves.
pub struct Views {
    pub thumbnails: Thumbnails,
    pub pictures: Pictures,
    pub timeline: timeline::State,
    pub query_bar: query_bar::State,
    pub library: library::State,
    model_menu: model_menu::State,
    go_to: go_to::State,
    path_field: path_field::State,
    teach: teach::State,
    about: about::State,
    /// Where the picture is, or was in the last frame.
    picture_area: Rect,
    /// When it began, by the clock of the frames.
    fullscreen_since: Option<f64>,
}

impl Views {
    pub fn new(ctx: &egui::Context) -> Self {
        Self {
            thumbnails: Thumbnails::new(ctx),
            timeline: timeline::State::default(),
            query_bar: query_bar::State::default(),
            library: library::State::default(),
            model_menu: model_menu::State::default(),
            go_to: go_to::State::default(),
            path_field: path_field::State::default(),
            teach: teach::State::default(),
            about: about::State::default(),
            pictures: Pictures::new(ctx),
            picture_area: Rect::ZERO,
            fullscreen_since: None,
        }
    }

    /// Whether everything that was to be drawn is drawn.
    pub fn is_idle(&self) -> bool {
        self.thumbnails.is_idle() && self.pictures.is_idle() && !self.timeline.is_moving()
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
            self.fullscreen_since = None;
            self.windowed_ui(ui, session, picture, actions);
        }
        let below_top_bar = ui.ctx().content_rect().with_min_y(CONTROL_HEIGHT + 18.0);
        path_field::ui(ui, below_top_bar, session, &mut self.path_field, actions);
        if session.view().shows_keys {
            keys_list::ui(ui, actions);
        }
        if session.view().shows_about {
            about::ui(ui, &mut self.about, actions);
        }
        if let Some(summary) = frame_times {
            frame_times_ui(ui, &summary);
        }
    }

    /// The panel with the results has the whole height of the window; the timeline always takes the
    /// same part of it, so that the picture keeps its size while queries come and go.
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
        if session.shows_library() {
            self.library_ui(ui, session, actions);
            return;
        }
        if session.video().is_none() {
            CentralPanel::default()
                .frame(Frame::new().fill(palette.background))
                .show(ui, |ui| {
                    let area = ui.max_rect();
                    let is_hovered = ui.input(|input| !input.raw.hovered_files.is_empty());
                    empty::ui(ui, session, &mut self.pictures, is_hovered, actions);
                    notices::ui(ui, area, session, actions);
                });
            return;
        }
        let width = ui.available_width();
        Panel::right("results")
            .frame(
                Frame::new()
                    .fill(palette.panel)
                    .inner_margin(Margin::same(MARGIN as i8)),
            )
            .resizable(true)
            .default_size((0.26 * width).clamp(272.0, 340.0))
            .size_range(268.0..=(0.5 * width).max(269.0))
            .show(ui, |ui| self.side_ui(ui, session, actions));
        let height = timeline::height(ui.available_height());
        Panel::bottom("timeline")
            .frame(bar(0))
            .show_separator_line(false)
            .exact_size(height)
            .show(ui, |ui| self.timeline_ui(ui, session, actions));
        Panel::bottom("transport")
            .frame(bar(6))
            .show_separator_line(false)
            .exact_size(CONTROL_HEIGHT + 14.0)
            .show(ui, |ui| transport::ui(ui, session, picture, actions));
        self.video_ui(ui, session, picture, actions);
    }

    fn library_ui(&mut self, ui: &mut Ui, session: &Session, actions: &mut Actions) {
        let palette = Palette::of(ui);
        let area = ui.available_rect_before_wrap();
        let wall = session.shown_wall();
        if let Some(wall) = wall.filter(|_| session.view().side == Side::Teach) {
            let frame = Frame::new()
                .fill(palette.panel)
                .inner_margin(Margin::same(MARGIN as i8));
            Panel::right("teach everywhere")
                .frame(frame)
                .resizable(true)
                .default_size((0.26 * area.width()).clamp(272.0, 340.0))
                .size_range(268.0..=(0.5 * area.width()).max(269.0))
                .show(ui, |ui| {
                    let (teach, pictures) = (&mut self.teach, &mut self.pictures);
                    teach::everywhere_ui(ui, session, wall, teach, pictures, actions);
                });
        }
        library::ui(ui, session, &mut self.library, &mut self.pictures, actions);
        drop_hint(ui, area, "Drop to open, or a folder to add it");
        notices::ui(ui, area, session, actions);
    }

    fn top_bar_ui(&mut self, ui: &mut Ui, session: &Session, actions: &mut Actions) {
        ui.horizontal_centered(|ui| {
            if session.video().is_some() && !session.shelf().is_empty() {
                let back = IconButton::new(Icon::Previous, "Back to all videos");
                if back.hint("Alt+Left").show(ui).clicked() {
                    actions.push(crate::app::action::Library::Back);
                }
            }
            ui.scope(|ui| open_menu::ui(ui, session, &mut self.pictures, actions));
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
        // Whatever lies over the picture is not covered by a preview.
        let view = session.view();
        let is_covered = view.shows_keys
            || view.shows_about
            || view.shows_go_to
            || view.path_question.is_some()
            || egui::Popup::is_any_open(ui.ctx());
        let previews = (!is_covered).then_some(self.picture_area);
        let thumbnails = &mut self.thumbnails;
        timeline::ui(
            ui,
            session,
            &mut self.timeline,
            thumbnails,
            previews,
            actions,
        );
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
                self.picture_area = area;
                video_view::ui(ui, session, picture, actions);
                if !session.view().is_fullscreen {
                    drop_hint(ui, area, "Drop to open");
                }
                notices::ui(ui, area, session, actions);
                go_to::ui(ui, area, session, &mut self.go_to, actions);
            });
    }

    /// The picture has the whole screen; the controls lie over it while the pointer moves.
    fn fullscreen_ui(
        &mut self,
        ui: &mut Ui,
        session: &Session,
        picture: &Picture,
        actions: &mut Actions,
    ) {
        let screen = ui.max_rect();
        self.video_ui(ui, session, picture, actions);
        let now_secs = ui.input(|input| input.time);
        let began_secs = *self.fullscreen_since.get_or_insert(now_secs);
        let since_move = ui.input(|input| input.pointer.time_since_last_movement());
        let rest_secs = f64::from(since_move).min(now_secs - began_secs);
        let height = CONTROL_HEIGHT + 14.0 + timeline::height(screen.height()).min(240.0);
        let controls = screen.with_min_y(screen.bottom() - height);
        let pointer = ui.input(|input| input.pointer.hover_pos());
        let is_used = pointer.is_some_and(|at| controls.contains(at)) && since_move.is_finite();
        if rest_secs > CONTROLS_REST_SECS && !is_used {
            ui.ctx().set_cursor_icon(egui::CursorIcon::None);
            return;
        }
        let left = Duration::from_secs_f64((CONTROLS_REST_SECS - rest_secs).max(0.0));
        ui.ctx()
            .request_repaint_after(left + Duration::from_millis(20));
        self.picture_area = screen.with_max_y(controls.top());
        Area::new(Id::unique("fullscreen controls"))
            .order(egui::Order::Middle)
            .fixed_pos(controls.min)
            .show(ui.ctx(), |ui| {
                let ground = Palette::of(ui).panel.gamma_multiply(0.93);
                ui.painter().rect_filled(controls, 0.0, ground);
                let inner = controls.shrink2(vec2(MARGIN, 6.0));
                let bar = inner.with_max_y(inner.top() + CONTROL_HEIGHT);
                let mut bar_ui = ui.new_child(egui::UiBuilder::new().max_rect(bar));
                transport::ui(&mut bar_ui, session, picture, actions);
                let below = inner.with_min_y(bar.bottom() + 6.0);
                let mut below_ui = ui.new_child(egui::UiBuilder::new().max_rect(below));
                self.timeline_ui(&mut below_ui, session, actions);
                ui.allocate_rect(controls, egui::Sense::hover());
            });
    }
}

fn frame_times_ui(ui: &Ui, summary: &Summary) {
    let palette = Palette::of(ui);
    Area::new(Id::unique("frame times"))
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
fn drop_hint(ui: &Ui, area: Rect, words: &str) {
    if ui.input(|input| input.raw.hovered_files.is_empty()) {
        return;
    }
    let palette = Palette::of(ui);
    let painter = ui.painter();
    painter.rect_filled(area, 0.0, palette.background.gamma_multiply(0.8));
    painter.text(
        area.center(),
        egui::Align2::CENTER_CENTER,
        words,
        egui::TextStyle::Heading.resolve(ui.style()),
        palette.text,
    );
}
