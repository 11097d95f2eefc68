//! The panel beside the picture: what was found, or where it is corrected.

use egui::{Align2, Rect, Role, Sense, TextStyle, Ui, WidgetInfo, vec2};

use crate::app::action::{Actions, View};
use crate::app::session::Side;
use crate::app::theme::{CORNER, Palette};
use crate::app::widgets::focus_ring;

const HEIGHT: f32 = 30.0;

/// One of two, across the whole width.
pub fn tabs(ui: &mut Ui, shown: Side, actions: &mut Actions) {
    let palette = Palette::of(ui);
    let (area, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    ui.painter().rect_filled(area, CORNER, palette.field);
    let halves = area.split_left_right_at_fraction(0.5);
    for (rect, side, name) in [
        (halves.0, Side::Results, "Results"),
        (halves.1, Side::Teach, "Teach"),
    ] {
        tab(ui, rect.shrink(3.0), (side, name), side == shown, actions);
    }
    ui.add_space(4.0);
}

fn tab(ui: &Ui, rect: Rect, (side, name): (Side, &str), is_shown: bool, actions: &mut Actions) {
    let palette = Palette::of(ui);
    let response = ui.interact(rect, ui.scope_id().with(name), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, is_shown, name));
    let painter = ui.painter();
    if is_shown {
        painter.rect_filled(rect, CORNER - 2, palette.raised);
    } else if response.hovered() {
        painter.rect_filled(rect, CORNER - 2, palette.raised.gamma_multiply(0.5));
    }
    let ink = if is_shown || response.hovered() {
        palette.text
    } else {
        palette.weak_text
    };
    let font = TextStyle::Button.resolve(ui.style());
    painter.text(rect.center(), Align2::CENTER_CENTER, name, font, ink);
    focus_ring(ui, &response);
    if response.clicked() {
        actions.push(View::ShowSide(side));
    }
    response.on_hover_text("T");
}
