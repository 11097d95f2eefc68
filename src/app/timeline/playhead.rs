//! The playhead and the line under the pointer.

use egui::{Color32, Painter, Rect, Shape, Stroke, pos2};

use crate::app::timeline::time_view::TimeScale;

/// A line through all lanes with a head on the ruler.
pub fn paint(
    painter: &Painter,
    rect: Rect,
    ruler_bottom: f32,
    time_secs: f64,
    scale: &TimeScale,
    colour: Color32,
    ground: Color32,
) {
    let x = scale.x_of(time_secs);
    if x < rect.left() - 1.0 || x > rect.right() + 1.0 {
        return;
    }
    let y = ruler_bottom..=rect.bottom();
    painter.vline(x, y.clone(), Stroke::new(4.0, ground.gamma_multiply(0.6)));
    painter.vline(x, y, Stroke::new(1.5, colour));
    let head = vec![
        pos2(x - 6.0, ruler_bottom - 11.0),
        pos2(x + 6.0, ruler_bottom - 11.0),
        pos2(x + 6.0, ruler_bottom - 5.0),
        pos2(x, ruler_bottom + 1.0),
        pos2(x - 6.0, ruler_bottom - 5.0),
    ];
    painter.add(Shape::convex_polygon(
        head,
        colour,
        Stroke::new(1.0, ground),
    ));
}

/// Where a click would go.
pub fn paint_hover(painter: &Painter, rect: Rect, x: f32, colour: Color32) {
    painter.vline(
        x,
        rect.y_range(),
        Stroke::new(1.0, colour.gamma_multiply(0.5)),
    );
}
