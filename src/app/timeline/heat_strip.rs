//! The heat strip: the whole curve as colour, readable at a glance and at any height.

use egui::{Color32, Mesh, Painter, Rect, Shape};

use crate::app::colours::heat;
use crate::app::timeline::columns::columns;
use crate::app::timeline::time_view::TimeScale;

/// `values` is calibrated saliency, `[n_clips]`.
pub fn paint(painter: &Painter, rect: Rect, values: &[f32], scale: &TimeScale, opacity: f32) {
    let mut mesh = Mesh::default();
    for column in columns(values, scale) {
        let colour: Color32 = heat(column.value).gamma_multiply(opacity);
        let area = Rect::from_x_y_ranges(column.left..=column.right, rect.y_range());
        mesh.add_colored_rect(area, colour);
    }
    painter.with_clip_rect(rect).add(Shape::mesh(mesh));
}
