//! Where the query is said: a thin strip under the curve.

use egui::{Rect, Role, Sense, Ui, WidgetInfo};

use crate::app::session::Lane;
use crate::app::timeline::strip::Strip;
use crate::domain::format_timestamp;

pub const HEIGHT: f32 = 5.0;

/// At least so wide: words take a moment in a film of hours.
const LEAST_WIDTH: f32 = 3.0;

/// More than the eye can tell apart.
const MAX_SHOWN: usize = 300;

pub fn ui(ui: &Ui, strip: &Strip<'_>, lane: &Lane) {
    let Strip {
        painter,
        rect,
        time,
        palette,
    } = strip.within(strip.rect);
    for said in lane.said.iter().take(MAX_SHOWN) {
        let left = time.x_of(said.span.start_secs);
        let right = time.x_of(said.span.end_secs).max(left + LEAST_WIDTH);
        if right < rect.left() || left > rect.right() {
            continue;
        }
        let bar = Rect::from_x_y_ranges(left..=right, rect.y_range());
        painter.rect_filled(
            bar,
            1.5,
            palette.text.gamma_multiply(0.3 + 0.6 * said.score),
        );
        let start_ms = (1000.0 * said.span.start_secs) as u64;
        let id = ui.scope_id().with(("said", lane.id, start_ms));
        let text = format!(
            "Said at {}: {}",
            format_timestamp(said.span.start_secs),
            said.text
        );
        let response = ui.interact(bar.expand(2.0), id, Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
        response.on_hover_text(text.as_str());
    }
}
