//! The playhead and the line under the pointer.

use egui::{Shape, Stroke, pos2};

use crate::app::timeline::strip::Strip;

/// A line through all lanes with a head on the ruler.
pub fn paint(strip: &Strip<'_>, ruler_bottom: f32, time_secs: f64) {
    let Strip {
        painter,
        rect,
        time,
        palette,
    } = strip;
    let (colour, ground) = (palette.playhead, palette.lane_background);
    let x = time.x_of(time_secs);
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
pub fn paint_hover(strip: &Strip<'_>, x: f32) {
    let stroke = Stroke::new(1.0, strip.palette.text.gamma_multiply(0.5));
    strip.painter.vline(x, strip.rect.y_range(), stroke);
}
