//! The saliency curve: a line over a fading ground, on the scale of certainty.

use egui::{Color32, Mesh, Pos2, Rangef, Rect, Shape, Stroke, epaint::PathStroke, pos2};

use crate::app::timeline::columns::columns;
use crate::app::timeline::strip::Strip;
use crate::app::timeline::time_view::TimeScale;

/// Calibrated saliency to height. 0 (as good as any words) and 1 (surely there) are always in it.
#[derive(Clone, Copy, Debug)]
pub struct SaliencyScale {
    low: f32,
    high: f32,
    y: Rangef,
}

impl SaliencyScale {
    pub fn new(range: (f32, f32), rect: Rect) -> Self {
        Self {
            low: range.0.min(0.0),
            high: range.1.max(1.0),
            y: rect.y_range(),
        }
    }

    pub fn y_of(&self, saliency: f32) -> f32 {
        let part = (saliency - self.low) / (self.high - self.low);
        egui::lerp(self.y.max..=self.y.min, part)
    }

    pub fn saliency_at(&self, y: f32) -> f32 {
        let part = (self.y.max - y) / self.y.span().max(1.0);
        self.low + part * (self.high - self.low)
    }
}

pub fn paint(strip: &Strip<'_>, values: &[f32], saliency: &SaliencyScale, colour: Color32) {
    let points = points(values, strip.time, saliency);
    let Strip { painter, rect, .. } = strip.within(strip.rect);
    painter.add(Shape::mesh(ground(&points, rect.bottom(), colour)));
    painter.add(Shape::line(points, PathStroke::new(1.75, colour)));
    // The height of unrelated words.
    let zero = painter.round_to_pixel_center(saliency.y_of(0.0));
    painter.hline(
        rect.x_range(),
        zero,
        Stroke::new(1.0, colour.gamma_multiply(0.18)),
    );
}

/// Another curve to compare with, as a thin dashed line.
pub fn paint_ghost(strip: &Strip<'_>, values: &[f32], saliency: &SaliencyScale, colour: Color32) {
    let points = points(values, strip.time, saliency);
    let Strip { painter, .. } = strip.within(strip.rect);
    painter.extend(Shape::dashed_line(
        &points,
        Stroke::new(1.0, colour),
        3.0,
        3.0,
    ));
}

/// Through the middle of each column, flat from the first and last middle to the ends.
fn points(values: &[f32], time: &TimeScale, saliency: &SaliencyScale) -> Vec<Pos2> {
    let columns = columns(values, time);
    let mut points: Vec<_> = columns
        .iter()
        .map(|column| pos2(column.centre(), saliency.y_of(column.value)))
        .collect();
    if let (Some(first), Some(last)) = (columns.first(), columns.last()) {
        points.insert(0, pos2(first.left, saliency.y_of(first.value)));
        points.push(pos2(last.right, saliency.y_of(last.value)));
    }
    points
}

/// From the line down to the bottom, fading.
fn ground(points: &[Pos2], bottom: f32, colour: Color32) -> Mesh {
    let mut mesh = Mesh::default();
    for pair in points.windows(2) {
        let first = mesh.vertices.len() as u32;
        for point in pair {
            mesh.colored_vertex(*point, colour.gamma_multiply(0.42));
            mesh.colored_vertex(pos2(point.x, bottom), colour.gamma_multiply(0.03));
        }
        mesh.add_triangle(first, first + 1, first + 2);
        mesh.add_triangle(first + 1, first + 3, first + 2);
    }
    mesh
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_not_blown_up() {
        let rect = Rect::from_min_size(pos2(0.0, 0.0), egui::vec2(100.0, 100.0));
        let noise = SaliencyScale::new((0.02, 0.2), rect);
        assert_eq!(noise.y_of(0.0), 100.0);
        assert!(noise.y_of(0.2) > 75.0, "a weak curve stays low");
        let strong = SaliencyScale::new((-0.5, 1.5), rect);
        assert_eq!(strong.y_of(1.5), 0.0);
        assert!((strong.saliency_at(strong.y_of(0.7)) - 0.7).abs() < 1e-5);
    }
}
