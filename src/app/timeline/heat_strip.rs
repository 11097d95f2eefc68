//! The heat strip: the whole curve as colour, readable at a glance and at any height.

use egui::{Color32, Mesh, Rect, Shape};

use crate::app::colours::heat;
use crate::app::timeline::columns::columns;
use crate::app::timeline::strip::Strip;

/// `values` is calibrated saliency, `[n_clips]`.
pub fn paint(strip: &Strip<'_>, values: &[f32], opacity: f32) {
    let Strip {
        painter,
        rect,
        time,
        ..
    } = strip.within(strip.rect);
    let mut mesh = Mesh::default();
    for column in columns(values, time) {
        let colour: Color32 = heat(column.value).gamma_multiply(opacity);
        let area = Rect::from_x_y_ranges(column.left..=column.right, rect.y_range());
        mesh.add_colored_rect(area, colour);
    }
    painter.add(Shape::mesh(mesh));
}
