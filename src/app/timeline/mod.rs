//! The timeline: a ruler, and for each query a lane with heat strip, curve, moments and threshold.
//!
//! ```text
//!            │ 0:00      0:30      1:00      1:30 │  ruler
//!  ● a kite  │ ▓▓▒▒░░░░░▒▒▓▓████▓▒░░░░░░░▒▒▓▓▓▒░░ │  heat strip
//!    92 % ×  │ ___/‾\____________/‾‾\____________ │  curve, moments, threshold
//! ```
//! It owns what part of the video is visible, and nothing else: where the playhead is and what was
//! found comes from the [`Session`], and what the user does leaves as [`Action`]s.

mod change;
mod columns;
mod curve;
mod gutter;
mod heat_strip;
mod hover;
mod labels;
mod lane;
mod moments;
mod overview;
mod playhead;
mod ruler;
mod threshold;
mod time_view;

use egui::scroll_area::ScrollSource;
use egui::{
    Align2, EventFilter, Key, PointerButton, Rect, Response, Role, ScrollArea, Sense, TextStyle,
    Ui, WidgetInfo, pos2, vec2,
};

use crate::app::action::{Action, Actions};
use crate::app::colours::lane_colour;
use crate::app::session::{Lane, Selection, Session};
use crate::app::theme::Palette;
use crate::app::thumbnails::Thumbnails;
use crate::worker::{QueryId, VideoId};

use change::Changes;
use time_view::{TimeScale, TimeView};

const RULER_HEIGHT: f32 = 26.0;
const LANE_GAP: f32 = 4.0;

/// Two lines of words beside it, heat strip and curve in it.
const LEAST_LANE_HEIGHT: f32 = 38.0;

/// What the timeline remembers between frames.
#[derive(Debug, Default)]
pub struct State {
    view: Option<(VideoId, TimeView)>,
    was_playing_inside: bool,
    /// The lane that was last scrolled to.
    shown_selection: Option<QueryId>,
    /// Where a selection began that is still being drawn.
    selecting_from_secs: Option<f64>,
    changes: Changes,
}

impl State {
    /// Zooms out to the whole video.
    pub fn show_all(&mut self) {
        self.view = None;
    }

    /// Whether a curve is still on its way to another one.
    pub fn is_moving(&self) -> bool {
        self.changes.is_moving()
    }
}

/// How high the timeline wants to be, `available` points at most.
pub fn height(n_lanes: usize, available: f32) -> f32 {
    let lane = match n_lanes {
        0 | 1 => 104.0,
        2 => 84.0,
        3 => 70.0,
        4 => 58.0,
        5 => 48.0,
        _ => LEAST_LANE_HEIGHT,
    };
    (RULER_HEIGHT + n_lanes.max(1) as f32 * (lane + LANE_GAP)).min(available)
}

pub fn ui(
    ui: &mut Ui,
    session: &Session,
    state: &mut State,
    is_teaching: bool,
    thumbnails: &mut Thumbnails,
    palette: &Palette,
    actions: &mut Actions,
) {
    let Some(video) = &session.video else { return };
    let area = ui.available_rect_before_wrap();
    ui.allocate_rect(area, Sense::hover());
    let gutter_width = (0.17 * area.width()).clamp(132.0, 220.0);
    let plot = area.with_min_x(area.left() + gutter_width + 8.0);

    let view = match &mut state.view {
        Some((id, view)) if *id == video.id => view,
        other => {
            &mut other
                .insert((video.id, TimeView::whole(video.duration_secs)))
                .1
        }
    };
    view.set_duration(video.duration_secs);
    let position_secs = session.playback.position_secs;
    if session.playback.is_playing && state.was_playing_inside {
        view.follow(position_secs);
    }
    state.was_playing_inside = (view.start_secs()..=view.end_secs()).contains(&position_secs);

    let mut scale = TimeScale {
        view: *view,
        x: plot.x_range(),
    };
    let selecting = &mut state.selecting_from_secs;
    let response = plot_ui(ui, plot, position_secs, &scale, selecting, actions);
    wheel(ui, &response, &mut scale);
    if response.dragged_by(PointerButton::Middle) {
        let by = f64::from(-response.drag_delta().x) * scale.secs_per_point();
        scale.view.pan(by);
    }
    *view = scale.view;

    let ruler = plot.with_max_y(area.top() + RULER_HEIGHT);
    let lanes_area = area.with_min_y(ruler.bottom());
    let mut pointer_lane = None;
    let mut seek_response = response;
    if session.lanes.is_empty() {
        empty_lane(ui, lanes_area, palette);
    } else {
        let n_lanes = session.lanes.len() as f32;
        let lane_height = (lanes_area.height() / n_lanes - LANE_GAP).max(LEAST_LANE_HEIGHT);
        state.changes.begin_frame();
        let changes = &mut state.changes;
        let mut lanes_ui = ui.new_child(egui::UiBuilder::new().max_rect(lanes_area));
        lanes_ui.spacing_mut().item_spacing = vec2(0.0, LANE_GAP);
        // Over the curves the wheel zooms; over the names it goes to the lanes that have no room.
        let names = lanes_area.with_max_x(area.left() + gutter_width);
        let is_on_names = ui.rect_contains_pointer(names);
        let source = ScrollSource {
            mouse_wheel: is_on_names,
            ..ScrollSource::SCROLL_BAR
        };
        let is_newly_selected = state.shown_selection != session.selected;
        state.shown_selection = session.selected;
        ScrollArea::vertical()
            .scroll_source(source)
            .auto_shrink(false)
            .show(&mut lanes_ui, |ui| {
                for lane in &session.lanes {
                    let size = vec2(ui.available_width(), lane_height);
                    let (row, _) = ui.allocate_exact_size(size, Sense::hover());
                    let is_selected = session.selected == Some(lane.id);
                    if is_selected && is_newly_selected {
                        ui.scroll_to_rect(row, None);
                    }
                    let head = row.with_max_x(area.left() + gutter_width);
                    let waiting = session.waiting_for();
                    gutter::ui(ui, head, lane, is_selected, waiting, palette, actions);
                    let body = Rect::from_x_y_ranges(plot.x_range(), row.y_range());
                    let labels = video.labels.of(&lane.query);
                    let teaching = lane::Teaching {
                        labels,
                        shows_labels: is_teaching || labels.is_some(),
                        compares: is_teaching && is_selected,
                    };
                    let line = lane::ui(
                        ui,
                        body,
                        lane,
                        is_selected,
                        waiting,
                        teaching,
                        changes,
                        &scale,
                        palette,
                        actions,
                    );
                    if let Some(line) = line.filter(Response::clicked) {
                        seek_response = line;
                    }
                    let pointer = ui.input(|input| input.pointer.hover_pos());
                    if pointer.is_some_and(|pointer| body.contains(pointer)) {
                        pointer_lane = Some(lane);
                    }
                }
            });
    }
    if state.changes.is_moving() {
        ui.request_repaint();
    }
    // A click on a threshold is one on the timeline.
    if seek_response.clicked()
        && seek_response.id != ui.scope_id().with("plot")
        && let Some(pointer) = seek_response.interact_pointer_pos()
    {
        actions.push(Action::Seek(scale.secs_at(pointer.x)));
    }

    let painter = ui.painter_at(plot.expand2(vec2(7.0, 0.0)));
    if let Some(selection) = session.selection {
        let below = plot.with_min_y(ruler.bottom());
        labels::paint_selection(&painter, below, selection, &scale, palette);
    }
    ruler::paint(ui, &painter, ruler, &scale, palette);
    overview::paint(&painter, ruler, &scale.view, palette);
    playhead::paint(
        &painter,
        plot,
        ruler.bottom(),
        position_secs,
        &scale,
        palette.playhead,
        palette.lane_background,
    );
    hover_ui(ui, plot, &scale, pointer_lane, session, thumbnails, palette);
}

/// The control under all lanes: press to jump, drag to scrub, drag with Shift to select, arrow keys
/// while it has the keyboard.
fn plot_ui(
    ui: &Ui,
    plot: Rect,
    position_secs: f64,
    scale: &TimeScale,
    selecting_from_secs: &mut Option<f64>,
    actions: &mut Actions,
) -> Response {
    let response = ui.interact(plot, ui.scope_id().with("plot"), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::slider(true, position_secs, "Timeline"));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_role(Role::Slider);
        node.set_min_numeric_value(0.0);
        node.set_max_numeric_value(scale.secs_at(f32::INFINITY));
    });
    let is_primary = |input: &egui::InputState| input.pointer.primary_down();
    let was_pressed = ui.input(|input| input.pointer.primary_pressed());
    if let Some(pointer) = response.interact_pointer_pos() {
        let time_secs = scale.secs_at(pointer.x);
        // A tap may be pressed and over within one frame.
        let is_here = response.is_pointer_button_down_on() || response.clicked();
        let was_pressed_here = was_pressed && is_here;
        if was_pressed_here && ui.input(|input| input.modifiers.shift) {
            *selecting_from_secs = Some(time_secs);
        }
        if let Some(from_secs) = *selecting_from_secs {
            let selection = Selection::between(from_secs, time_secs);
            actions.push(Action::Select(Some(selection)));
            if !ui.input(is_primary) {
                *selecting_from_secs = None;
            }
        } else if was_pressed_here || response.drag_stopped_by(PointerButton::Primary) {
            actions.push(Action::Seek(time_secs));
        } else if response.dragged_by(PointerButton::Primary)
            && ui.input(is_primary)
            && response.drag_delta().x != 0.0
        {
            actions.push(Action::Scrub(time_secs));
        }
    }
    if !ui.input(is_primary) {
        *selecting_from_secs = None;
    }
    if response.has_focus() {
        let filter = EventFilter {
            horizontal_arrows: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        let presses = ui.input(|input| {
            input.num_presses(Key::ArrowRight) as i32 - input.num_presses(Key::ArrowLeft) as i32
        });
        if presses != 0 {
            actions.push(Action::SeekBy(5.0 * f64::from(presses)));
        }
        let painter = ui.painter_at(plot.expand(2.0));
        painter.rect_stroke(
            plot,
            4.0,
            egui::Stroke::new(1.5, Palette::of(ui).accent),
            egui::StrokeKind::Outside,
        );
    }
    response
}

/// The wheel zooms at the pointer; with Shift, or sideways, it pans.
fn wheel(ui: &Ui, response: &Response, scale: &mut TimeScale) {
    let Some(pointer) = ui.input(|input| input.pointer.hover_pos()) else {
        return;
    };
    if !response.rect.contains(pointer) || !ui.rect_contains_pointer(response.rect) {
        return;
    }
    let (scroll, pinch) = ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta()));
    if scroll.y != 0.0 || pinch != 1.0 {
        let factor = (-0.004 * f64::from(scroll.y)).exp() / f64::from(pinch);
        scale.view.zoom(factor, scale.secs_at(pointer.x));
    }
    if scroll.x != 0.0 {
        scale
            .view
            .pan(-f64::from(scroll.x) * scale.secs_per_point());
    }
}

fn empty_lane(ui: &Ui, area: Rect, palette: &Palette) {
    let painter = ui.painter_at(area);
    painter.rect_filled(area.shrink2(vec2(0.0, 2.0)), 6.0, palette.lane_background);
    painter.text(
        area.center(),
        Align2::CENTER_CENTER,
        "Say above what you look for: where it happens is shown here",
        TextStyle::Body.resolve(ui.style()),
        palette.weak_text,
    );
}

fn hover_ui(
    ui: &Ui,
    plot: Rect,
    scale: &TimeScale,
    lane: Option<&Lane>,
    session: &Session,
    thumbnails: &mut Thumbnails,
    palette: &Palette,
) {
    let Some(pointer) = ui.input(|input| input.pointer.hover_pos()) else {
        return;
    };
    if !plot.contains(pointer) || !ui.rect_contains_pointer(plot) {
        return;
    }
    playhead::paint_hover(&ui.painter_at(plot), plot, pointer.x, palette.text);
    let shape = session.video.as_ref().map_or(vec2(16.0, 9.0), |video| {
        vec2(video.info.width as f32, video.info.height as f32)
    });
    let lane = lane.or(session.selected_lane());
    let lane = lane.map(|lane| (lane, lane_colour(lane.colour, palette.is_dark)));
    let at = pos2(pointer.x, plot.top());
    hover::card(
        ui,
        at,
        shape,
        scale.secs_at(pointer.x),
        lane,
        thumbnails,
        palette,
    );
}
