//! The timeline: a ruler, a filmstrip, and for each query a lane with curve, moments and threshold.
//!
//! ```text
//!            │ 0:00      0:30      1:00      1:30 │  ruler
//!            │ [    ][    ][    ][    ][    ][    │  filmstrip
//!  ● a kite  │ ___/‾\____________/‾‾\____________ │  curve, moments, threshold
//!    92 % ×  │                                    │
//! ```
//! It owns what part of the video is visible, and nothing else: where the playhead is and what was
//! found comes from the [`Session`], and what the user does leaves as [`Actions`].

mod change;
mod columns;
mod curve;
mod ends;
mod filmstrip;
mod gutter;
mod hover;
mod labels;
mod lane;
mod lanes;
mod moments;
mod outline;
mod overview;
mod playhead;
mod ruler;
mod snap;
mod strip;
mod threshold;
mod time_view;
mod words;

use egui::{
    EventFilter, Key, PointerButton, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2,
};

use crate::app::action::{Actions, Play, Teach};
use crate::app::colours::lane_colour;
use crate::app::session::{Lane, OpenVideo, Selection, Session};
use crate::app::theme::Palette;
use crate::app::thumbnails::Thumbnails;
use crate::worker::VideoId;

use lanes::{LanesPlace, Pointed};
use strip::Strip;
use time_view::{TimeScale, TimeView};

const RULER_HEIGHT: f32 = 26.0;

/// What the timeline remembers between frames.
#[derive(Debug, Default)]
pub struct State {
    view: Option<(VideoId, TimeView)>,
    was_playing_inside: bool,
    /// A click on a threshold that may become a double click: when, and where in the video.
    clicked: Option<(f64, f64)>,
    /// Where a selection began that is still being drawn.
    selecting_from_secs: Option<f64>,
    lanes: lanes::State,
}

impl State {
    /// Zooms out to the whole video.
    pub fn show_all(&mut self) {
        self.view = None;
    }

    /// Whether something still changes by itself: a curve, or the outline of graded clips.
    pub fn is_moving(&self) -> bool {
        self.lanes.is_moving() || self.clicked.is_some()
    }
}

/// How high the timeline is in so much height: the same for any number of queries.
pub fn height(available: f32) -> f32 {
    (0.36 * available).clamp(130.0, 420.0).min(available)
}

pub fn ui(
    ui: &mut Ui,
    session: &Session,
    state: &mut State,
    thumbnails: &mut Thumbnails,
    previews: Option<Rect>,
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
    let shape = vec2(video.info.width as f32, video.info.height as f32);
    let film = filmstrip::place(plot.with_min_y(ruler.bottom()));
    filmstrip::ui(ui, &Strip::new(ui, film, &scale), shape, thumbnails);
    let corner = Rect::from_min_max(area.min, pos2(area.left() + gutter_width, ruler.bottom()));
    gutter::close_all(ui, corner, session, actions);
    let lanes_area = area
        .with_min_y(film.bottom() + lanes::GAP)
        .with_max_y(area.bottom() - lanes::GAP);
    let mut pointed = Pointed::default();
    if session.lanes().is_empty() {
        lanes::empty_ui(ui, lanes_area);
    } else {
        let place = LanesPlace {
            area: lanes_area,
            gutter_right: area.left() + gutter_width,
            scale: &scale,
        };
        pointed = lanes::ui(ui, &place, (video, session), &mut state.lanes, actions);
    }
    if state.is_moving() {
        ui.request_repaint();
    }
    state.click_threshold(ui, &pointed, &scale, actions);

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
    hover_ui(ui, &strip, pointed.lane, session, previews, thumbnails);
}

impl State {
    /// A click on a threshold is one on the timeline, unless it is the first of two, which reset it.
    fn click_threshold(
        &mut self,
        ui: &Ui,
        pointed: &Pointed<'_>,
        scale: &TimeScale,
        actions: &mut Actions,
    ) {
        let now_secs = ui.input(|input| input.time);
        let delay = ui.options(|options| options.input_options.max_double_click_delay);
        if pointed.is_double_click {
            self.clicked = None;
        } else if let Some(pointer) = pointed.clicked_at {
            self.clicked = Some((now_secs, scale.secs_at(pointer.x)));
        }
        let Some((at_secs, time_secs)) = self.clicked else {
            return;
        };
        let left = at_secs + delay - now_secs;
        if left > 0.0 {
            let left = std::time::Duration::from_secs_f64(left);
            ui.ctx().request_repaint_after(left);
        } else {
            self.clicked = None;
            actions.push(Play::Seek(time_secs));
        }
    }

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

/// Where a click would go, and what is there: a line, and a preview within `previews`.
fn hover_ui(
    ui: &Ui,
    plot: &Strip<'_>,
    lane: Option<&Lane>,
    session: &Session,
    previews: Option<Rect>,
    thumbnails: &mut Thumbnails,
) {
    let Some(pointer) = ui.input(|input| input.pointer.hover_pos()) else {
        return;
    };
    if !plot.rect.contains(pointer) || !ui.rect_contains_pointer(plot.rect) {
        return;
    }
    playhead::paint_hover(plot, pointer.x);
    let Some(area) = previews else { return };
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
    hover::ui(ui, pointer.x, area, &card, thumbnails);
}
