//! The timeline: a ruler, and for each query a lane with heat strip, curve, moments and threshold.
//!
//! ```text
//!            │ 0:00      0:30      1:00      1:30 │  ruler
//!  ● a kite  │ ▓▓▒▒░░░░░▒▒▓▓████▓▒░░░░░░░▒▒▓▓▓▒░░ │  heat strip
//!    92 % ×  │ ___/‾\____________/‾‾\____________ │  curve, moments, threshold
//! ```
//! It owns what part of the video is visible, and nothing else: where the playhead is and what was
//! found comes from the [`Session`], and what the user does leaves as [`Actions`].

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
mod strip;
mod threshold;
mod time_view;

use egui::scroll_area::ScrollSource;
use egui::{
    Align2, EventFilter, Key, PointerButton, Pos2, Rect, Response, Role, ScrollArea, Sense,
    TextStyle, Ui, WidgetInfo, pos2, vec2,
};

use crate::app::action::{Actions, Play, Teach};
use crate::app::colours::lane_colour;
use crate::app::session::{Lane, OpenVideo, Selection, Session, Side};
use crate::app::theme::Palette;
use crate::app::thumbnails::Thumbnails;
use crate::worker::{QueryId, VideoId};

use change::Changes;
use lane::LaneView;
use strip::Strip;
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
    thumbnails: &mut Thumbnails,
    actions: &mut Actions,
) {
    let Some(video) = session.video() else { return };
    let area = ui.available_rect_before_wrap();
    ui.allocate_rect(area, Sense::hover());
    let gutter_width = (0.17 * area.width()).clamp(132.0, 220.0);
    let plot = area.with_min_x(area.left() + gutter_width + 8.0);
    let position_secs = session.playback().position_secs;

    let view = state.follow(video, session);
    let mut scale = TimeScale {
        view,
        x: plot.x_range(),
    };
    let response = state.plot_ui(ui, plot, position_secs, &scale, actions);
    wheel(ui, &response, &mut scale);
    if response.dragged_by(PointerButton::Middle) {
        let by = f64::from(-response.drag_delta().x) * scale.secs_per_point();
        scale.view.pan(by);
    }
    state.view = Some((video.id, scale.view));

    let ruler = plot.with_max_y(area.top() + RULER_HEIGHT);
    let lanes_area = area.with_min_y(ruler.bottom());
    let mut pointed = Pointed::default();
    if session.lanes().is_empty() {
        empty_lane(ui, lanes_area);
    } else {
        let place = LanesPlace {
            area: lanes_area,
            gutter_right: area.left() + gutter_width,
            scale: &scale,
        };
        pointed = lanes_ui(ui, &place, (video, session), state, actions);
    }
    if state.changes.is_moving() {
        ui.request_repaint();
    }
    // A click on a threshold is one on the timeline.
    if let Some(pointer) = pointed.clicked_at {
        actions.push(Play::Seek(scale.secs_at(pointer.x)));
    }

    let strip = Strip {
        rect: plot,
        ..Strip::new(ui, plot.expand2(vec2(7.0, 0.0)), &scale)
    };
    if let Some(selection) = session.selection() {
        let below = plot.with_min_y(ruler.bottom());
        labels::paint_selection(&strip.at(below), selection);
    }
    let ruler = strip.at(ruler);
    ruler::paint(ui, &ruler);
    overview::paint(&ruler);
    playhead::paint(&strip, ruler.rect.bottom(), position_secs);
    let strip = Strip::new(ui, plot, &scale);
    hover_ui(ui, &strip, pointed.lane, session, thumbnails);
}

impl State {
    /// The visible part of the video, which follows the playhead while it plays.
    fn follow(&mut self, video: &OpenVideo, session: &Session) -> TimeView {
        let mut view = match self.view {
            Some((id, view)) if id == video.id => view,
            _ => TimeView::whole(video.duration_secs),
        };
        view.set_duration(video.duration_secs);
        let playback = session.playback();
        if playback.is_playing && self.was_playing_inside {
            view.follow(playback.position_secs);
        }
        let visible = view.start_secs()..=view.end_secs();
        self.was_playing_inside = visible.contains(&playback.position_secs);
        view
    }

    /// The control under all lanes: press to jump, drag to scrub, drag with Shift to select, arrow keys
    /// while it has the keyboard.
    fn plot_ui(
        &mut self,
        ui: &Ui,
        plot: Rect,
        position_secs: f64,
        scale: &TimeScale,
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
                self.selecting_from_secs = Some(time_secs);
            }
            if let Some(from_secs) = self.selecting_from_secs {
                let selection = Selection::between(from_secs, time_secs);
                actions.push(Teach::Select(Some(selection)));
                if !ui.input(is_primary) {
                    self.selecting_from_secs = None;
                }
            } else if was_pressed_here || response.drag_stopped_by(PointerButton::Primary) {
                actions.push(Play::Seek(time_secs));
            } else if response.dragged_by(PointerButton::Primary)
                && ui.input(is_primary)
                && response.drag_delta().x != 0.0
            {
                actions.push(Play::Scrub(time_secs));
            }
        }
        if !ui.input(is_primary) {
            self.selecting_from_secs = None;
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
                actions.push(Play::SeekBy(5.0 * f64::from(presses)));
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
}

/// Where the lanes are.
struct LanesPlace<'a> {
    area: Rect,
    /// Where the names end.
    gutter_right: f32,
    scale: &'a TimeScale,
}

/// What the pointer does on the lanes.
#[derive(Default)]
struct Pointed<'a> {
    /// The lane under it.
    lane: Option<&'a Lane>,
    /// Where it clicked a threshold.
    clicked_at: Option<Pos2>,
}

/// All lanes, one below the other; they scroll where there is no room.
fn lanes_ui<'a>(
    ui: &mut Ui,
    place: &LanesPlace<'_>,
    (video, session): (&OpenVideo, &'a Session),
    state: &mut State,
    actions: &mut Actions,
) -> Pointed<'a> {
    let mut pointed = Pointed::default();
    let area = place.area;
    let n_lanes = session.lanes().len() as f32;
    let lane_height = (area.height() / n_lanes - LANE_GAP).max(LEAST_LANE_HEIGHT);
    state.changes.begin_frame();
    let mut lanes_ui = ui.new_child(egui::UiBuilder::new().max_rect(area));
    lanes_ui.spacing_mut().item_spacing = vec2(0.0, LANE_GAP);
    // Over the curves the wheel zooms; over the names it scrolls to lanes that have no room.
    let names = area.with_max_x(place.gutter_right);
    let source = ScrollSource {
        mouse_wheel: ui.rect_contains_pointer(names),
        ..ScrollSource::SCROLL_BAR
    };
    let is_newly_selected = state.shown_selection != session.selected();
    state.shown_selection = session.selected();
    let is_teaching = session.view().side == Side::Teach;
    ScrollArea::vertical()
        .scroll_source(source)
        .auto_shrink(false)
        .show(&mut lanes_ui, |ui| {
            for lane in session.lanes() {
                let size = vec2(ui.available_width(), lane_height);
                let (row, _) = ui.allocate_exact_size(size, Sense::hover());
                let is_selected = session.selected() == Some(lane.id);
                if is_selected && is_newly_selected {
                    ui.scroll_to_rect(row, None);
                }
                let labels = video.labels.of(&lane.query);
                let view = LaneView {
                    lane,
                    is_selected,
                    waiting: session.waiting_for(),
                    labels,
                    shows_labels: is_teaching || labels.is_some(),
                    compares: is_teaching && is_selected,
                };
                gutter::ui(ui, row.with_max_x(place.gutter_right), view, actions);
                let body = Rect::from_x_y_ranges(place.scale.x, row.y_range());
                let strip = Strip::new(ui, body, place.scale);
                let line = lane::ui(ui, &strip, view, &mut state.changes, actions);
                if let Some(line) = line.filter(Response::clicked) {
                    pointed.clicked_at = line.interact_pointer_pos();
                }
                let pointer = ui.input(|input| input.pointer.hover_pos());
                if pointer.is_some_and(|pointer| body.contains(pointer)) {
                    pointed.lane = Some(lane);
                }
            }
        });
    pointed
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

fn empty_lane(ui: &Ui, area: Rect) {
    let palette = Palette::of(ui);
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

/// Where a click would go, and what is there.
fn hover_ui(
    ui: &Ui,
    plot: &Strip<'_>,
    lane: Option<&Lane>,
    session: &Session,
    thumbnails: &mut Thumbnails,
) {
    let Some(pointer) = ui.input(|input| input.pointer.hover_pos()) else {
        return;
    };
    if !plot.rect.contains(pointer) || !ui.rect_contains_pointer(plot.rect) {
        return;
    }
    playhead::paint_hover(plot, pointer.x);
    let shape = session.video().map_or(vec2(16.0, 9.0), |video| {
        vec2(video.info.width as f32, video.info.height as f32)
    });
    let is_dark = plot.palette.is_dark;
    let lane = lane.or(session.selected_lane());
    let card = hover::Card {
        time_secs: plot.time.secs_at(pointer.x),
        shape,
        lane: lane.map(|lane| (lane, lane_colour(lane.colour, is_dark))),
    };
    hover::ui(ui, pos2(pointer.x, plot.rect.top()), &card, thumbnails);
}
