//! The ends of a moment, which can be dragged.

use egui::{Color32, CursorIcon, PointerButton, Rect, Role, Sense, Stroke, Ui, WidgetInfo};

use crate::app::action::{Actions, Find};
use crate::app::session::Lane;
use crate::app::timeline::snap::Snap;
use crate::app::timeline::strip::Strip;
use crate::domain::{TimeSpan, format_timestamp};

/// How far from the end it can still be grabbed.
const REACH: f32 = 4.0;

/// How far away an end snaps to something.
const SNAP: f32 = 7.0;

/// Narrower moments are clicked, not dragged: both ends would lie on each other.
const LEAST_WIDTH: f32 = 24.0;

/// The strongest moments have ends; so many that the keyboard still gets past them.
const MAX_MOMENTS: usize = 20;

/// The controls of a lane, which must come after that of the timeline, so that they lie on top.
pub fn ui(
    ui: &Ui,
    strip: &Strip<'_>,
    lane: &Lane,
    snap: Snap<'_>,
    colour: Color32,
    actions: &mut Actions,
) {
    let Strip { rect, time, .. } = strip;
    // With Shift a drag selects clips, wherever it begins.
    if ui.input(|input| input.modifiers.shift) {
        return;
    }
    let is_free = ui.input(|input| input.modifiers.alt);
    let reach_secs = match is_free {
        true => 0.0,
        false => f64::from(SNAP) * time.secs_per_point(),
    };
    for (i, moment) in lane.moments.iter().take(MAX_MOMENTS).enumerate() {
        let span = moment.span;
        let [left, right] = [span.start_secs, span.end_secs].map(|secs| time.x_of(secs));
        for (end, x) in [("Start", left), ("End", right)] {
            if !rect.x_range().contains(x) || right - left < LEAST_WIDTH {
                continue;
            }
            let area = Rect::from_x_y_ranges(x - REACH..=x + REACH, rect.y_range());
            let id = ui.scope_id().with(("end", lane.id, i, end));
            let response = ui
                .interact(area.intersect(*rect), id, Sense::DRAG)
                .on_hover_and_drag_cursor(CursorIcon::ResizeHorizontal);
            let name = format!("{end} of moment {}", i + 1);
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &name));
            if response.hovered() || response.dragged() {
                let stroke = Stroke::new(2.0, colour);
                strip.painter.vline(x, rect.y_range(), stroke);
            }
            if response.drag_started_by(PointerButton::Primary) {
                let secs = if end == "Start" {
                    span.start_secs
                } else {
                    span.end_secs
                };
                actions.push(Find::LookForChanges(secs));
            }
            if response.dragged_by(PointerButton::Primary)
                && let Some(pointer) = response.interact_pointer_pos()
            {
                paint_changes(strip, snap);
                let secs = snap.at(time.secs_at(pointer.x), reach_secs);
                let ends = match end {
                    "Start" => TimeSpan::new(secs, span.end_secs),
                    _ => TimeSpan::new(span.start_secs, secs),
                };
                actions.push(Find::SetEnds(lane.id, span, ends));
                response.on_hover_text_at_pointer(format_timestamp(secs));
            } else if response.drag_stopped_by(PointerButton::Primary) {
                actions.push(Find::KeepEnds(lane.id));
            }
        }
    }
}

/// Short marks where the picture changes.
fn paint_changes(strip: &Strip<'_>, snap: Snap<'_>) {
    let top = strip.rect.top();
    for secs in snap.changes_secs {
        let x = strip.time.x_of(*secs);
        if strip.rect.x_range().contains(x) {
            let stroke = Stroke::new(1.0, strip.palette.weak_text);
            strip.painter.vline(x, top..=top + 8.0, stroke);
        }
    }
}
