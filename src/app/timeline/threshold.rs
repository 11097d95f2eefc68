//! The threshold: a line across the curve that is dragged to change the moments.

use egui::{
    Align2, CursorIcon, EventFilter, Key, PointerButton, Rect, Response, Role, Sense, Shape,
    Stroke, TextStyle, Ui, WidgetInfo, accesskit,
};

use crate::app::action::{Actions, Find};
use crate::app::session::Lane;
use crate::app::timeline::curve::SaliencyScale;
use crate::app::timeline::strip::Strip;

/// How far from the line it can still be grabbed.
const REACH: f32 = 5.0;

/// One press of a key.
const STEP: f32 = 0.02;

/// The line's own control; a double click resets it. It must come after the control of the
/// timeline, so that it lies on top.
///
/// A click without a drag is left to the timeline: it is in the response.
pub fn ui(
    ui: &mut Ui,
    rect: Rect,
    lane: &Lane,
    scale: &SaliencyScale,
    actions: &mut Actions,
) -> Option<Response> {
    let y = scale.y_of(lane.threshold_level()?);
    let area = Rect::from_x_y_ranges(rect.x_range(), y - REACH..=y + REACH).intersect(rect);
    let id = ui.scope_id().with(("threshold", lane.id));
    // With Shift a drag selects clips, wherever it begins.
    let is_selecting = ui.input(|input| input.modifiers.shift) && !ui.ctx().is_being_dragged(id);
    let sense = if is_selecting {
        Sense::focusable_noninteractive()
    } else {
        Sense::click_and_drag()
    };
    let response = ui
        .interact(area, id, sense)
        .on_hover_and_drag_cursor(CursorIcon::ResizeVertical);
    let name = format!("Threshold of {}", lane.query);
    let threshold = lane.threshold()?;
    response.widget_info(|| WidgetInfo::slider(true, threshold.into(), &name));
    ui.ctx().accesskit_node_builder(id, |node| {
        node.set_role(Role::Slider);
        node.set_min_numeric_value(0.0);
        node.set_max_numeric_value(1.0);
        node.add_action(accesskit::Action::Increment);
        node.add_action(accesskit::Action::Decrement);
    });

    if response.dragged_by(PointerButton::Primary)
        && let Some(pointer) = response.interact_pointer_pos()
        && let Some(threshold) = lane.threshold_at(scale.saliency_at(pointer.y))
    {
        actions.push(Find::SetThreshold(lane.id, Some(threshold)));
    }
    if response.double_clicked() {
        actions.push(Find::SetThreshold(lane.id, None));
    }
    let steps = steps(ui, &response);
    if steps != 0 {
        let threshold = threshold + STEP * steps as f32;
        actions.push(Find::SetThreshold(lane.id, Some(threshold.clamp(0.0, 1.0))));
    }
    Some(response)
}

/// Up and down keys while it has the keyboard, and what a screen reader asks for.
fn steps(ui: &Ui, response: &Response) -> i32 {
    let mut steps = 0;
    if response.has_focus() {
        let filter = EventFilter {
            vertical_arrows: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        ui.input(|input| {
            steps += input.num_presses(Key::ArrowUp) as i32;
            steps -= input.num_presses(Key::ArrowDown) as i32;
        });
    }
    ui.input(|input| {
        use accesskit::Action::{Decrement, Increment};
        steps += input.num_accesskit_action_requests(response.id, Increment) as i32;
        steps -= input.num_accesskit_action_requests(response.id, Decrement) as i32;
    });
    steps
}

pub fn paint(ui: &Ui, strip: &Strip<'_>, lane: &Lane, scale: &SaliencyScale, is_warm: bool) {
    let Strip {
        painter,
        rect,
        palette,
        ..
    } = strip;
    let Some(level) = lane.threshold_level() else {
        return;
    };
    let y = painter.round_to_pixel_center(scale.y_of(level));
    let colour = if is_warm {
        palette.text
    } else {
        palette.weak_text
    };
    let stroke = Stroke::new(if is_warm { 1.5 } else { 1.0 }, colour);
    let ends = [egui::pos2(rect.left(), y), egui::pos2(rect.right(), y)];
    painter.extend(Shape::dashed_line(&ends, stroke, 5.0, 4.0));
    if is_warm {
        let mut label = format!("moments from {:.0} %", 100.0 * level.clamp(0.0, 1.0));
        if lane.chosen_threshold.is_some() {
            label += " · double-click to reset";
        }
        let font = TextStyle::Small.resolve(ui.style());
        let galley = painter.layout_no_wrap(label, font, palette.text);
        let above = y - galley.size().y - 4.0 > rect.top();
        let at = egui::pos2(rect.right() - 8.0, if above { y - 3.0 } else { y + 3.0 });
        let align = if above {
            Align2::RIGHT_BOTTOM
        } else {
            Align2::RIGHT_TOP
        };
        let place = align.anchor_size(at, galley.size());
        painter.rect_filled(place.expand(3.0), 3.0, palette.raised);
        painter.galley(place.min, galley, palette.text);
    }
}
