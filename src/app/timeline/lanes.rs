//! All lanes, one below the other.

use egui::scroll_area::ScrollSource;
use egui::{Align2, Pos2, Rect, ScrollArea, Sense, TextStyle, Ui, vec2};

use crate::app::action::Actions;
use crate::app::session::{Lane, OpenVideo, Session, Side};
use crate::app::theme::Palette;
use crate::app::timeline::change::Changes;
use crate::app::timeline::gutter;
use crate::app::timeline::lane::{self, LaneView};
use crate::app::timeline::outline::Outline;
use crate::app::timeline::snap::Snap;
use crate::app::timeline::strip::Strip;
use crate::app::timeline::time_view::TimeScale;
use crate::export::FrameRate;
use crate::worker::QueryId;

pub const GAP: f32 = 4.0;

/// One line of words beside it, and a curve that can be read.
const LEAST_HEIGHT: f32 = 22.0;

/// What the lanes remember between frames.
#[derive(Debug, Default)]
pub struct State {
    /// The lane that was last scrolled to.
    shown_selection: Option<QueryId>,
    changes: Changes,
    outline: Outline,
}

impl State {
    /// Whether something still changes by itself: a curve, or the outline of graded clips.
    pub fn is_moving(&self) -> bool {
        self.changes.is_moving() || self.outline.is_moving()
    }
}

/// Where the lanes are.
pub struct LanesPlace<'a> {
    pub area: Rect,
    /// Where the names end.
    pub gutter_right: f32,
    pub scale: &'a TimeScale,
}

/// What the pointer does on the lanes.
#[derive(Default)]
pub struct Pointed<'a> {
    /// The lane under it.
    pub lane: Option<&'a Lane>,
    /// Where it clicked a threshold.
    pub clicked_at: Option<Pos2>,
    pub is_double_click: bool,
}

/// All lanes, one below the other; they scroll where there is no room.
pub fn ui<'a>(
    ui: &mut Ui,
    place: &LanesPlace<'_>,
    (video, session): (&OpenVideo, &'a Session),
    state: &mut State,
    actions: &mut Actions,
) -> Pointed<'a> {
    let mut pointed = Pointed::default();
    let area = place.area;
    let n_lanes = session.lanes().len() as f32;
    let lane_height = ((area.height() + GAP) / n_lanes - GAP).max(LEAST_HEIGHT);
    let row_height = lane_height + GAP;
    state.changes.begin_frame();
    state.outline.begin_frame(ui, session.graded());
    let mut lanes_ui = ui.new_child(egui::UiBuilder::new().max_rect(area));
    lanes_ui.spacing_mut().item_spacing = vec2(0.0, GAP);
    // Over the curves the wheel zooms; over the names it scrolls to lanes that have no room.
    let names = area.with_max_x(place.gutter_right);
    let source = ScrollSource {
        mouse_wheel: ui.rect_contains_pointer(names),
        ..ScrollSource::SCROLL_BAR
    };
    let is_newly_selected = state.shown_selection != session.selected();
    state.shown_selection = session.selected();
    let is_teaching = session.view().side == Side::Teach;
    let rate = video.info.frame_rate.and_then(|(num, den)| {
        FrameRate::new(u32::try_from(num).ok()?, u32::try_from(den).ok()?).ok()
    });
    ScrollArea::vertical()
        .scroll_source(source)
        .auto_shrink(false)
        .show(&mut lanes_ui, |ui| {
            let top = ui.next_widget_position().y;
            for (i, lane) in session.lanes().iter().enumerate() {
                let size = vec2(ui.available_width(), lane_height);
                let (row, _) = ui.allocate_exact_size(size, Sense::hover());
                let is_selected = session.selected() == Some(lane.id);
                if is_selected && is_newly_selected {
                    ui.scroll_to_rect(row, None);
                }
                if !ui.is_rect_visible(row) {
                    continue;
                }
                let labels = video.labels.of(&lane.query);
                let view = LaneView {
                    lane,
                    is_selected,
                    waiting: session.waiting_for(),
                    labels,
                    shows_labels: is_teaching || labels.is_some(),
                    compares: is_teaching && is_selected,
                    snap: Snap {
                        playhead_secs: session.playback().position_secs,
                        changes_secs: video.moments.changes_secs(),
                        rate,
                    },
                };
                let head = gutter::Head {
                    view,
                    at: i,
                    n: session.lanes().len(),
                    rows: (top, row_height),
                    is_meant: !session.is_beyond_model(),
                    has_library: !session.shelf().is_empty(),
                    lanes: session.lanes(),
                };
                gutter::ui(ui, row.with_max_x(place.gutter_right), &head, actions);
                let body = Rect::from_x_y_ranges(place.scale.x, row.y_range());
                let strip = Strip::new(ui, body, place.scale);
                let line = lane::ui(ui, &strip, view, &mut state.changes, actions);
                if let Some(line) = line {
                    pointed.is_double_click |= line.double_clicked();
                    if line.clicked() {
                        pointed.clicked_at = line.interact_pointer_pos();
                    }
                }
                if let Some(graded) = session.graded().filter(|it| it.query == lane.query) {
                    state.outline.paint(ui, &strip, graded);
                }
                let pointer = ui.input(|input| input.pointer.hover_pos());
                if pointer.is_some_and(|pointer| body.contains(pointer)) {
                    pointed.lane = Some(lane);
                }
            }
        });
    pointed
}

/// Where there is no query yet.
pub fn empty_ui(ui: &Ui, area: Rect) {
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
